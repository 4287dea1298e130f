// Ops that read at positions given by int32 tensors; those that write are in scatter.ts and put.ts.
// The kernels check every index, so that none is ever read out of bounds; the first bad one comes back
// through a status slot.
import { ShapeError, IndexError, ValueError } from "../core/errors.js";
import { bytesOf, expectDType } from "../core/dtype.js";
import { checkDim, checkInt, misfit } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { readStatus, run, statusSlot } from "../kernels/run.js";
import { gatherUnits, scatterUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { eq, ne, where } from "./compare.js";
import { cast, compute, elementsOf, withContiguous } from "./convert.js";
import { arange, fillContiguous, zeros } from "./creation.js";
import { collapse } from "./dispatch.js";
import { bounds } from "./extremes.js";
import type { ReduceOptions, ValuesAndIndices } from "./reduce.js";
import { middleAt } from "./middle.js";
import { scatterAdd } from "./scatter.js";
import { reshape, squeeze, unsqueeze } from "./views.js";

/** Refuses indices (or counts) that aren't int32. */
export function checkIndex(op: string, index: Tensor, name = "index"): void {
  expectDType(op, name, index, "int32");
}

/** Refuses an index that has an element outside of [0, n). */
function outOfRange(op: string, index: Tensor, n: number): never {
  const values = elementsOf(index);
  const at = values.findIndex((i) => i < 0 || i >= n);
  throw new IndexError(
    op,
    `indices must lie in [0, ${n - 1}]: got ${values[at]} at position ${at}`,
  );
}

/** The same, where a kernel has reported one: its result `out` is released. */
export function checkReport(
  op: string,
  status: number,
  index: Tensor,
  n: number,
  out?: Tensor,
): void {
  if (readStatus(status) < 0) return;
  out?.dispose();
  outOfRange(op, index, n);
}

/**
 * The entries of a dim that a list of indices names, in its order.
 * @param index int32, [k] or a scalar
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  checkIndex("indexSelect", index);
  if (index.ndim > 1) {
    misfit("indexSelect", "index must be a vector", index);
  }
  const at = checkDim("indexSelect", dim, x);
  if (x.ndim === 0) throw new ShapeError("indexSelect", "a scalar has no dim to select from");
  return pick("indexSelect", x, at, index);
}

/**
 * x[..., index, ...]: the dim `at` is replaced by index's dims, or by one as long as a scalar index.
 * Rows of `skip` get no gradient.
 */
export function pick(op: string, x: Tensor, at: number, index: Tensor, skip = -1): Tensor {
  const dims = op === "indexSelect" ? [index.numel()] : index.shape;
  const shape = [...x.shape.slice(0, at), ...dims, ...x.shape.slice(at + 1)];
  const { outer, R: n, inner } = middleAt(x, at);
  const k = index.numel();
  const kernel = bytesOf(x.dtype) === 4 ? kernels.indexSelect32 : kernels.indexSelect8;
  const status = statusSlot();
  const units = outer * k;
  const out = compute(op, kernel, units, [x, index], shape, [status, n, k, inner], x.dtype);
  checkReport(op, status, index, n, out);
  return record(op, out, [x], { index }, (dy, { index }) => [
    (shape) => spreadAdd(op, dy, shape, at, index, skip),
  ]);
}

/** Zeros of `shape` with x's entries added at `index` of a dim, but for `skip`: the transpose of `pick`. */
export function spreadAdd(
  op: string,
  x: Tensor,
  shape: readonly number[],
  at: number,
  index: Tensor,
  skip: number,
): Tensor {
  const out = allocateShape(op, shape, "float32");
  fillContiguous(out, 0);
  addRows(op, out, at, index, x, skip);
  return record(op, out, [x], { index }, (dy, { index }) => [
    () => {
      const back = pick(op, dy, at, index);
      if (skip < 0) return back;
      const inner = shape.slice(at + 1).map(() => 1);
      return where(ne(reshape(index, [...index.shape, ...inner]), skip), back, 0);
    },
  ]);
}

/** out[..., index[i], ...] += src[..., i, ...], i ascending. `out` is contiguous. */
function addRows(
  op: string,
  out: Tensor,
  at: number,
  index: Tensor,
  src: Tensor,
  skip: number,
): void {
  const { outer, R: n, inner } = middleAt(out, at);
  withContiguous(src, (src) =>
    withContiguous(index, (index) => {
      const status = statusSlot();
      const [po, pi, ps] = [out.address(), index.address(), src.address()];
      const units = scatterUnits(outer, inner);
      run(kernels.indexAddF32, units, po, pi, ps, status, n, index.numel(), inner, skip);
      checkReport(op, status, index, n);
    }),
  );
}

/** Strides of the dims other than `at`, which gets 0: where the walk of a gather stands. */
function withoutDim(strides: readonly number[], at: number): number[] {
  return strides.map((s, i) => (i === at ? 0 : s));
}

/** Refuses an index that does not fit x along dim `at`. */
export function checkAlong(op: string, x: Tensor, at: number, index: Tensor): void {
  checkIndex(op, index);
  if (index.ndim !== x.ndim || index.shape.some((n, i) => i !== at && n > x.shape[i]!)) {
    misfit(op, `index must have x's dims and, but for dim ${at}, at most its sizes`, x, index);
  }
}

/** `gather` of what has been checked. Not recorded. */
function gathered(x: Tensor, at: number, index: Tensor): Tensor {
  const out = allocateShape("gather", index.shape, x.dtype);
  const n = x.shape[at]!;
  const own = x.layout.strides;
  const { rows, cols, inner, rank, dims } = collapse(index.shape, [
    withoutDim(own, at),
    index.layout.strides,
  ]);
  const kernel = bytesOf(x.dtype) === 4 ? kernels.gather32 : kernels.gather8;
  const units = out.numel() === 0 ? 0 : gatherUnits(rows, cols);
  const [px, pi, po] = [x.address(), index.address(), out.address()];
  const [sx, si] = inner as [number, number];
  const status = statusSlot();
  run(kernel, units, px, pi, po, rows, cols, sx, si, status, n, own[at]!, rank, ...dims);
  checkReport("gather", status, index, n, out);
  return out;
}

/** out[i][j][k] = x[i][index[i][j][k]][k] for dim 1, and so on; out has index's shape. */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  const at = checkDim("gather", dim, x);
  checkAlong("gather", x, at, index);
  if (x.ndim === 0) {
    return tidy(() => reshape(gather(reshape(x, [1]), 0, reshape(index, [1])), []));
  }
  const out = gathered(x, at, index);
  return record("gather", out, [x], { index }, (dy, { index }) => [
    (shape) => scatterAdd(zeros(shape), at, index, dy),
  ]);
}

/** The elements of x at indices of size 1 along `at`, and those; without `keepdim` the dim goes. */
export function found(
  x: Tensor,
  at: number,
  indices: Tensor,
  { keepdim = false }: ReduceOptions,
): ValuesAndIndices {
  const values = gather(x, at, indices);
  return keepdim
    ? { values, indices }
    : { values: squeeze(values, at), indices: squeeze(indices, at) };
}

/** Refuses an index that has an element outside of [0, n); gives the greatest, or -1. */
export function checkRange(op: string, index: Tensor, n: number): number {
  const [low, high] = bounds(index);
  if (low < 0 || high >= n) outOfRange(op, index, n);
  return high;
}

/**
 * int32 classes as vectors of zeros with a 1: [...] gives [..., classes]; int32.
 * @param classes how many there are; -1 (default): one more than the largest of x
 * @throws IndexError for a class outside of [0, classes)
 */
export function oneHot(x: Tensor, classes = -1): Tensor {
  checkIndex("oneHot", x);
  const given = classes !== -1;
  if (given) checkInt("oneHot", "classes", classes, 1);
  else if (x.numel() === 0) {
    throw new ValueError("oneHot", "classes must be given where x has no elements");
  }
  return tidy(() => {
    const greatest = checkRange("oneHot", x, given ? classes : Infinity);
    const n = given ? classes : greatest + 1;
    return cast(eq(unsqueeze(x, -1), arange(n)), "int32");
  });
}
