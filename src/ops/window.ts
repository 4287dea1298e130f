// What convolutions and poolings share: kernel, stride, padding and dilation per dim, and the sizes
// that follow from them.
import { checkFloat } from "../core/dtype.js";
import { ShapeError, ValueError } from "../core/errors.js";
import { showShape } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";

/** One number for both dims, or [height, width]. */
export type Pair = number | readonly [number, number];

/** Reads a pair and checks that both are integers of at least `least`. */
export function pair(
  op: string,
  name: string,
  value: Pair,
  least: number,
): readonly [number, number] {
  const both: readonly [number, number] = typeof value === "number" ? [value, value] : value;
  if (both.length !== 2 || !both.every((n) => Number.isInteger(n) && n >= least)) {
    throw new ValueError(
      op,
      `${name} must be one or two integers >= ${least}: got ${String(value)}`,
    );
  }
  return both;
}

/** Outputs along one dim: windows of dilation (kernel - 1) + 1 elements, every stride-th. */
export function outputSize(
  op: string,
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
  ceilMode = false,
): number {
  const reach = kernel < 1 ? -1 : size + 2 * padding - dilation * (kernel - 1) - 1;
  let n = (ceilMode ? Math.ceil(reach / stride) : Math.floor(reach / stride)) + 1;
  // With ceilMode the last window must begin inside of the input or its left padding.
  if (ceilMode && (n - 1) * stride >= size + padding) n--;
  if (reach < 0 || n <= 0) {
    throw new ShapeError(
      op,
      `a kernel of ${kernel} (dilation ${dilation}) does not fit into ${size} with padding ${padding}`,
    );
  }
  return n;
}

/** Refuses what is not a float32 batch of images [N, C, H, W], each with at least one element. */
export function checkImages(op: string, x: Tensor): readonly [number, number, number, number] {
  checkFloat(op, "x", x);
  if (x.ndim !== 4 || x.shape.indexOf(0, 1) > 0) {
    throw new ShapeError(op, `x must be [N, C, H, W], only N may be 0: got ${showShape(x.shape)}`);
  }
  return x.shape as readonly [number, number, number, number];
}
