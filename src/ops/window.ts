// What convolutions and poolings share: kernel, stride, padding and dilation per dim, and the sizes
// that follow from them.
import { checkFloat } from "../core/dtype.js";
import { ShapeError, ValueError } from "../core/errors.js";
import { misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";

/** A size of one dim. */
export type Single = number | readonly [number];
/** One number for both dims, or [height, width]. */
export type Pair = number | readonly [number, number];
/** One number for all three dims, or [depth, height, width]. */
export type Triple = number | readonly [number, number, number];
/** How many dims windows have. */
export type Rank = 1 | 2 | 3;
/** A number for all of `Rank` dims, or one for each. */
export type PerDim = Single | Pair | Triple;

/** All sizes of a 2-d convolution, in the order of the kernels' parameters. */
export type ConvSizes = [
  ...[N: number, C: number, H: number, W: number, O: number, kh: number, kw: number],
  ...[OH: number, OW: number, strideH: number, strideW: number, padH: number, padW: number],
  ...[dilationH: number, dilationW: number, groups: number],
];

const COUNTS = ["one integer", "one or two integers", "one or three integers"];

/** A number for each of n dims, from one for all or a list; checks that they are integers of at least `least`. */
export function perDim(
  op: string,
  name: string,
  value: PerDim,
  n: Rank,
  least: number,
): readonly number[] {
  const all: readonly number[] = typeof value === "number" ? repeated(value, n) : value;
  let right = Array.isArray(all) && all.length === n;
  for (let i = 0; right && i < n; i++) right = Number.isInteger(all[i]) && all[i]! >= least;
  if (!right) {
    throw new ValueError(op, `${name} must be ${COUNTS[n - 1]} >= ${least}: got ${String(value)}`);
  }
  return all;
}

/** Written out: a pooling of a few elements takes no longer than this. */
function repeated(value: number, n: Rank): readonly number[] {
  return n === 2 ? [value, value] : n === 1 ? [value] : [value, value, value];
}

/**
 * Outputs along one dim: windows of dilation (kernel - 1) + 1 elements, every stride-th. With ceilMode a
 * window may be wider than what there is, by less than the stride.
 */
export function outputSize(
  op: string,
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
  ceilMode = false,
): number {
  const reach = kernel < 1 ? -stride : size + 2 * padding - dilation * (kernel - 1) - 1;
  let n = (ceilMode ? Math.ceil(reach / stride) : Math.floor(reach / stride)) + 1;
  // With ceilMode the last window must begin inside of the input or its left padding.
  if (ceilMode && (n - 1) * stride >= size + padding) n--;
  if (n <= 0) {
    throw new ShapeError(
      op,
      `a kernel of ${kernel} (dilation ${dilation}) does not fit into ${size} with padding ${padding}`,
    );
  }
  return n;
}

/** A kernel's dims, as errors write them. */
export const KERNEL_DIMS: readonly string[] = ["k", "kh, kw", "kd, kh, kw"];

export const LAYOUTS = ["[N, C, L]", "[N, C, H, W]", "[N, C, D, H, W]"];

/** Refuses what is not a float32 batch of n-d images (or, with `single`, one image), each with at least one element. */
export function checkImages(op: string, x: Tensor, n: Rank, single = false): void {
  checkFloat(op, "x", x);
  const channels = x.ndim - n - 1; // which dim they are
  const fits = channels === 1 || (single && channels === 0);
  if (!fits || x.shape.indexOf(0, channels) >= 0) {
    misfit(op, `x must be ${LAYOUTS[n - 1]}, only N may be 0`, x);
  }
}
