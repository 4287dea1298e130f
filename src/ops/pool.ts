// Pooling over windows of 1, 2 and 3 dims of [N, C, ...]: max, average and Lp. The passes over planes
// and their gradients are in poolPasses.ts.
import { shown } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import { checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { mul, pow } from "./arithmetic.js";
import { eq, where } from "./compare.js";
import { averages, largest, type Side } from "./poolPasses.js";
import type { ValuesAndIndices } from "./reduce.js";
import {
  checkImages,
  outputSize,
  type Pair,
  perDim,
  type PerDim,
  type Rank,
  type Single,
  type Triple,
} from "./window.js";

/** Options of a pooling; `Size` is a number, or one for each dim. */
export interface PoolOptions<Size extends PerDim> {
  /** Default: the kernel's size, so that windows do not overlap. */
  stride?: Size;
  /** At most half of the kernel. Default: 0. */
  padding?: Size;
  /** Let a last window reach over the edge instead of leaving elements out. Default: false. */
  ceilMode?: boolean;
}

export interface MaxPoolOptions<
  Size extends PerDim,
  Indices extends boolean = false,
> extends PoolOptions<Size> {
  /** Distance between a window's elements. Default: 1. */
  dilation?: Size;
  /** Return { values, indices }, for maxUnpool. Default: false. */
  returnIndices?: Indices;
}

export interface AvgPoolOptions<Size extends PerDim> extends PoolOptions<Size> {
  /** Count padded zeros as elements of the mean. Default: true. */
  countIncludePad?: boolean;
  /** What the sums are divided by, whatever the windows hold: an integer other than 0. Default: null. */
  divisorOverride?: number | null;
}

/** Options of lpPool: those of a pooling, without padding. */
export type LPPoolOptions<Size extends PerDim> = Omit<PoolOptions<Size>, "padding">;

/** Options of maxPool1d. */
export type MaxPool1dOptions<Indices extends boolean = false> = MaxPoolOptions<Single, Indices>;
/** Options of maxPool2d. */
export type MaxPool2dOptions<Indices extends boolean = false> = MaxPoolOptions<Pair, Indices>;
/** Options of maxPool3d. */
export type MaxPool3dOptions<Indices extends boolean = false> = MaxPoolOptions<Triple, Indices>;
/** Options of avgPool1d. */
export type AvgPool1dOptions = AvgPoolOptions<Single>;
/** Options of avgPool2d. */
export type AvgPool2dOptions = AvgPoolOptions<Pair>;
/** Options of avgPool3d. */
export type AvgPool3dOptions = AvgPoolOptions<Triple>;

/** What a max pooling returns: with returnIndices values and indices. */
export type Pooled<Indices extends boolean> = Indices extends true ? ValuesAndIndices : Tensor;

/**
 * The largest element of each window of [N, C, L] (or [C, L]); see maxPool2d.
 * @returns [N, C, OL]; with returnIndices also int32 places in L
 */
export function maxPool1d<Indices extends boolean = false>(
  x: Tensor,
  kernel: Single,
  options: MaxPool1dOptions<Indices> = {},
): Pooled<Indices> {
  return maxPool("maxPool1d", 1, x, kernel, options) as Pooled<Indices>;
}

/**
 * The largest element of each window of [N, C, H, W] (or [C, H, W]); the first of equals gets the
 * gradient; NaN wins.
 * @returns [N, C, OH, OW]; with returnIndices also int32 places in H x W: row * W + column
 * @example
 * console.log(maxPool2d(tensor([[[1, 2], [4, 3]]]), 2).toArray()); // [ [ [ 4 ] ] ]
 */
export function maxPool2d<Indices extends boolean = false>(
  x: Tensor,
  kernel: Pair,
  options: MaxPool2dOptions<Indices> = {},
): Pooled<Indices> {
  return maxPool("maxPool2d", 2, x, kernel, options) as Pooled<Indices>;
}

/**
 * The largest element of each window of [N, C, D, H, W] (or [C, D, H, W]); see maxPool2d.
 * @returns [N, C, OD, OH, OW]; with returnIndices also int32 places in D x H x W
 */
export function maxPool3d<Indices extends boolean = false>(
  x: Tensor,
  kernel: Triple,
  options: MaxPool3dOptions<Indices> = {},
): Pooled<Indices> {
  return maxPool("maxPool3d", 3, x, kernel, options) as Pooled<Indices>;
}

/** The mean of each window of [N, C, L] (or [C, L]). */
export function avgPool1d(x: Tensor, kernel: Single, options: AvgPool1dOptions = {}): Tensor {
  return avgPool("avgPool1d", 1, x, kernel, options);
}

/** The mean of each window of [N, C, H, W] (or [C, H, W]). */
export function avgPool2d(x: Tensor, kernel: Pair, options: AvgPool2dOptions = {}): Tensor {
  return avgPool("avgPool2d", 2, x, kernel, options);
}

/** The mean of each window of [N, C, D, H, W] (or [C, D, H, W]). */
export function avgPool3d(x: Tensor, kernel: Triple, options: AvgPool3dOptions = {}): Tensor {
  return avgPool("avgPool3d", 3, x, kernel, options);
}

/**
 * (sum of x^p over each window)^(1/p) of [N, C, L] (or [C, L]). As in PyTorch no absolute values are
 * taken, and a window that ceilMode clips counts for a whole one.
 */
export function lpPool1d(
  x: Tensor,
  normType: number,
  kernel: Single,
  options: LPPoolOptions<Single> = {},
): Tensor {
  return lpPool("lpPool1d", 1, x, normType, kernel, options);
}

/** The same of [N, C, H, W] (or [C, H, W]). */
export function lpPool2d(
  x: Tensor,
  normType: number,
  kernel: Pair,
  options: LPPoolOptions<Pair> = {},
): Tensor {
  return lpPool("lpPool2d", 2, x, normType, kernel, options);
}

function sidesOf(
  op: string,
  n: Rank,
  x: Tensor,
  kernel: PerDim,
  options: MaxPoolOptions<PerDim, boolean>,
): Side[] {
  checkOptions(op, options);
  checkImages(op, x, n, true);
  const kernels = perDim(op, "kernel", kernel, n, 1);
  const strides = perDim(op, "stride", options.stride ?? kernel, n, 1);
  const paddings = perDim(op, "padding", options.padding ?? 0, n, 0);
  const dilations = perDim(op, "dilation", options.dilation ?? 1, n, 1);
  if (paddings.some((p, i) => p > kernels[i]! / 2)) {
    throw new ValueError(op, `padding must be at most half of the kernel: got ${shown(paddings)}`);
  }
  return kernels.map((kernel, i) => {
    const size = x.shape[x.ndim - n + i]!;
    const [stride, padding, dilation] = [strides[i]!, paddings[i]!, dilations[i]!];
    const out = outputSize(op, size, kernel, stride, padding, dilation, options.ceilMode);
    return { n: size, out, kernel, stride, padding, dilation };
  });
}

function maxPool(
  op: string,
  n: Rank,
  x: Tensor,
  kernel: PerDim,
  options: MaxPoolOptions<PerDim, boolean>,
): Tensor | ValuesAndIndices {
  const found = largest(op, x, sidesOf(op, n, x, kernel, options));
  if (options.returnIndices === true) return found;
  found.indices.dispose();
  return found.values;
}

function avgPool(
  op: string,
  n: Rank,
  x: Tensor,
  kernel: PerDim,
  options: AvgPoolOptions<PerDim>,
): Tensor {
  const divisor = checkOptions(op, options).divisorOverride ?? null;
  if (divisor !== null && (!Number.isInteger(divisor) || divisor === 0)) {
    throw new ValueError(op, `divisorOverride must be an integer other than 0: got ${divisor}`);
  }
  const sides = sidesOf(op, n, x, kernel, options);
  return averages(op, x, sides, options.countIncludePad ?? true, divisor ?? 0);
}

function lpPool(
  op: string,
  n: Rank,
  x: Tensor,
  p: number,
  kernel: PerDim,
  options: LPPoolOptions<PerDim>,
): Tensor {
  if (!Number.isFinite(p) || p === 0) {
    throw new ValueError(op, `normType must be a finite number other than 0: got ${p}`);
  }
  const { stride = kernel, ceilMode = false } = checkOptions(op, options);
  const sides = sidesOf(op, n, x, kernel, { stride, ceilMode });
  const elements = sides.reduce((product, side) => product * side.kernel, 1);
  return tidy(() => {
    const mean = averages(op, pow(x, p), sides, true, 0);
    // The root's slope at 0, infinite, is left out.
    const zero = eq(mean, 0);
    return where(zero, p > 0 ? 0 : Infinity, pow(mul(where(zero, 1, mean), elements), 1 / p));
  });
}
