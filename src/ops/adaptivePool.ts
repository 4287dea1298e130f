// Adaptive pooling: the output's size is given, window i of a dim of n elements to `out` outputs is
// floor(i n / out) ... ceil((i + 1) n / out) - 1. Size 1 is global pooling.
import type { Tensor } from "../autograd/tensor.js";
import { checkOptions } from "../core/shape.js";
import { averages, largest, type Side } from "./poolPasses.js";
import { mean, type ValuesAndIndices } from "./reduce.js";
import type { Pooled } from "./pool.js";
import { checkImages, perDim, type PerDim, type Rank } from "./window.js";

/** Sizes of `N` dims, or one for all; null leaves a dim as it is. */
export type AdaptiveSize<N extends Rank> =
  | number
  | (N extends 1
      ? readonly [number | null]
      : N extends 2
        ? readonly [number | null, number | null]
        : readonly [number | null, number | null, number | null]);

export interface AdaptiveMaxPoolOptions<Indices extends boolean = false> {
  /** Return { values, indices }. Default: false. */
  returnIndices?: Indices;
}

/** Means over windows that divide [N, C, L] (or [C, L]) into `outputSize` outputs. */
export function adaptiveAvgPool1d(x: Tensor, outputSize: AdaptiveSize<1>): Tensor {
  return adaptiveAvgPool("adaptiveAvgPool1d", 1, x, outputSize);
}

/** Means over windows that divide [N, C, H, W] (or [C, H, W]) into `outputSize` outputs. */
export function adaptiveAvgPool2d(x: Tensor, outputSize: AdaptiveSize<2>): Tensor {
  return adaptiveAvgPool("adaptiveAvgPool2d", 2, x, outputSize);
}

/** Means over windows that divide [N, C, D, H, W] (or [C, D, H, W]) into `outputSize` outputs. */
export function adaptiveAvgPool3d(x: Tensor, outputSize: AdaptiveSize<3>): Tensor {
  return adaptiveAvgPool("adaptiveAvgPool3d", 3, x, outputSize);
}

/** The largest elements of such windows of [N, C, L] (or [C, L]); indices as maxPool1d's. */
export function adaptiveMaxPool1d<Indices extends boolean = false>(
  x: Tensor,
  outputSize: AdaptiveSize<1>,
  options: AdaptiveMaxPoolOptions<Indices> = {},
): Pooled<Indices> {
  return adaptiveMaxPool("adaptiveMaxPool1d", 1, x, outputSize, options) as Pooled<Indices>;
}

/** The largest elements of such windows of [N, C, H, W] (or [C, H, W]); indices as maxPool2d's. */
export function adaptiveMaxPool2d<Indices extends boolean = false>(
  x: Tensor,
  outputSize: AdaptiveSize<2>,
  options: AdaptiveMaxPoolOptions<Indices> = {},
): Pooled<Indices> {
  return adaptiveMaxPool("adaptiveMaxPool2d", 2, x, outputSize, options) as Pooled<Indices>;
}

/** The largest elements of such windows of [N, C, D, H, W] (or [C, D, H, W]); indices as maxPool3d's. */
export function adaptiveMaxPool3d<Indices extends boolean = false>(
  x: Tensor,
  outputSize: AdaptiveSize<3>,
  options: AdaptiveMaxPoolOptions<Indices> = {},
): Pooled<Indices> {
  return adaptiveMaxPool("adaptiveMaxPool3d", 3, x, outputSize, options) as Pooled<Indices>;
}

function sidesOf(op: string, n: Rank, x: Tensor, size: AdaptiveSize<Rank>): Side[] {
  checkImages(op, x, n, true);
  const sizes = x.shape.slice(-n);
  const given = Array.isArray(size) ? size.map((out, i) => (out ?? sizes[i]!) as number) : size;
  const outs = perDim(op, "outputSize", given as PerDim, n, 0);
  return sizes.map((size, i) => {
    const out = outs[i]!;
    // Windows of one size take the way of other poolings, which is faster.
    const stride = out > 0 && size % out === 0 ? size / out : 0;
    return { n: size, out, kernel: stride, stride, padding: 0, dilation: 1 };
  });
}

function adaptiveAvgPool(op: string, n: Rank, x: Tensor, size: AdaptiveSize<Rank>): Tensor {
  const sides = sidesOf(op, n, x, size);
  const dims = sides.map((_, i) => i - n);
  if (sides.every((side) => side.out === 1)) return mean(x, dims, { keepdim: true });
  return averages(op, x, sides, false, 0);
}

function adaptiveMaxPool(
  op: string,
  n: Rank,
  x: Tensor,
  size: AdaptiveSize<Rank>,
  options: AdaptiveMaxPoolOptions<boolean>,
): Tensor | ValuesAndIndices {
  checkOptions(op, options);
  const found = largest(op, x, sidesOf(op, n, x, size));
  if (options.returnIndices === true) return found;
  found.indices.dispose();
  return found.values;
}
