// Max unpooling: puts the values of a max pooling back to where they came from, among zeros.
import { ValueError } from "../core/errors.js";
import {
  type Shape,
  showShape,
  sizeOf,
  expectShape,
  checkList,
  checkOptions,
} from "../core/shape.js";
import { type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { statusSlot } from "../kernels/run.js";
import { compute } from "./convert.js";
import { checkReport, checkIndex } from "./indexing.js";
import { atWinners, type Places } from "./poolPasses.js";
import {
  checkImages,
  type Pair,
  perDim,
  type PerDim,
  type Rank,
  type Single,
  type Triple,
} from "./window.js";

/** The pooling's stride and padding; `Size` is a number, or one for each dim. */
export interface MaxUnpoolOptions<Size extends PerDim> {
  /** Default: the kernel's size. */
  stride?: Size;
  /** Default: 0. */
  padding?: Size;
  /**
   * The size of what was pooled (its last dims, or its whole shape), which the others do not tell
   * exactly: less than a stride away from the default, (n - 1) stride - 2 padding + kernel.
   */
  outputSize?: Shape | null;
}

/**
 * Zeros, but for x at the places that maxPool1d's indices name. Of several values for one place the
 * last stays.
 * @param x [N, C, L], or [C, L] without a batch
 * @throws IndexError for indices outside of the output
 */
export function maxUnpool1d(
  x: Tensor,
  indices: Tensor,
  kernel: Single,
  options: MaxUnpoolOptions<Single> = {},
): Tensor {
  return maxUnpool("maxUnpool1d", 1, x, indices, kernel, options);
}

/**
 * The same for maxPool2d.
 * @example
 * const { values, indices } = maxPool2d(tensor([[[1, 2], [4, 3]]]), 2, { returnIndices: true });
 * console.log(maxUnpool2d(values, indices, 2).toArray()); // [ [ [ 0, 0 ], [ 4, 0 ] ] ]
 */
export function maxUnpool2d(
  x: Tensor,
  indices: Tensor,
  kernel: Pair,
  options: MaxUnpoolOptions<Pair> = {},
): Tensor {
  return maxUnpool("maxUnpool2d", 2, x, indices, kernel, options);
}

/** The same for maxPool3d. */
export function maxUnpool3d(
  x: Tensor,
  indices: Tensor,
  kernel: Triple,
  options: MaxUnpoolOptions<Triple> = {},
): Tensor {
  return maxUnpool("maxUnpool3d", 3, x, indices, kernel, options);
}

function maxUnpool(
  op: string,
  n: Rank,
  x: Tensor,
  indices: Tensor,
  kernel: PerDim,
  options: MaxUnpoolOptions<PerDim>,
): Tensor {
  const at = placesOf(op, n, x, indices, sizeAfter(op, n, x, kernel, options));
  const operands = [x, indices] as const;
  const args = [statusSlot(), at.outPlane, at.inPlane] as const;
  const units = at.planes;
  const out = compute(op, kernels.maxUnpool2dF32, units, operands, at.from, args);
  checkReport(op, args[0], indices, at.inPlane, out);
  return record(op, out, [x], { indices }, (dy, { indices }) => [
    () => atWinners(op, dy, indices, at),
  ]);
}

/** `from` is the unpooled shape: the pooling led from there. */
function placesOf(op: string, n: Rank, x: Tensor, indices: Tensor, size: Shape): Places {
  checkIndex(op, indices, "indices");
  expectShape(op, "indices", indices, x.shape);
  const lead = x.shape.slice(0, -n);
  const from = [...lead, ...size];
  const outPlane = sizeOf(x.shape.slice(-n));
  return { planes: sizeOf(lead), inPlane: sizeOf(size), outPlane, from, to: x.shape };
}

function sizeAfter(
  op: string,
  n: Rank,
  x: Tensor,
  kernel: PerDim,
  options: MaxUnpoolOptions<PerDim>,
): Shape {
  checkOptions(op, options);
  checkImages(op, x, n, true);
  const kernels = perDim(op, "kernel", kernel, n, 1);
  const stride = perDim(op, "stride", options.stride ?? kernel, n, 1);
  const padding = perDim(op, "padding", options.padding ?? 0, n, 0);
  const usual = kernels.map(
    (k, i) => (x.shape[x.ndim - n + i]! - 1) * stride[i]! - 2 * padding[i]! + k,
  );
  const size = checkList(op, options.outputSize ?? usual).slice(-n);
  const near = (s: number, i: number): boolean => Math.abs(s - usual[i]!) < stride[i]!;
  if (size.length !== n || !size.every((s, i) => Number.isInteger(s) && s > 0 && near(s, i))) {
    throw new ValueError(
      op,
      `outputSize must be less than a stride away from ${showShape(usual)}: got ${showShape(size)}`,
    );
  }
  return size;
}
