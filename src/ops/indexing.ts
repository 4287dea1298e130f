// Ops that read or write at positions given by int32 tensors. The kernels check every index, so that
// none is ever read out of bounds; the first bad one comes back through a status slot.
import { DTypeError, IndexError, ShapeError, ValueError } from "../core/errors.js";
import { checkFloat, bytesOf } from "../core/dtype.js";
import { checkDim, contiguousLayout, showShape, sizeOf } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { run, scalarOperand } from "../kernels/run.js";
import { gatherUnits, indexAddUnits, indexSelectUnits, scatterAddUnits } from "../kernels/units.js";
import { heapI32 } from "../memory/heap.js";
import { tidy } from "../memory/scope.js";
import { clone, copyOf, toTypedArray, withContiguous } from "./convert.js";
import { arange, fillContiguous } from "./creation.js";
import { collapse } from "./dispatch.js";

/** The status slot of the next kernel call, set to "fine". */
export function statusSlot(): number {
  return scalarOperand(-1, false, 1);
}

/** What the last kernel call left in the status slot: -1, or where the first bad index stands. */
export function readStatus(slot: number): number {
  return heapI32[slot >>> 2]!;
}

/** Refuses indices (or counts) that aren't int32. */
export function checkIndex(op: string, index: Tensor): void {
  if (index.dtype !== "int32") throw new DTypeError(op, `index must be int32: got ${index.dtype}`);
}

function outOfRange(op: string, index: Tensor, at: number, n: number): never {
  const value = toTypedArray(index)[at];
  throw new IndexError(op, `indices must lie in [0, ${n - 1}]: got ${value} at position ${at}`);
}

/**
 * The entries of a dim that a list of indices names, in its order.
 * @param index int32, [k] or a scalar
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  checkIndex("indexSelect", index);
  if (index.ndim > 1) {
    throw new ShapeError("indexSelect", `index must be a vector: got ${showShape(index.shape)}`);
  }
  const at = checkDim("indexSelect", dim, x.ndim);
  if (x.ndim === 0) throw new ShapeError("indexSelect", "a scalar has no dim to select from");
  return select("indexSelect", x, at, index);
}

/** x[..., index, ...]: the dim `at` is replaced by index's dims. */
function select(op: string, x: Tensor, at: number, index: Tensor, skip = -1): Tensor {
  const indexShape = op === "embedding" ? index.shape : [index.numel()];
  const shape = [...x.shape.slice(0, at), ...indexShape, ...x.shape.slice(at + 1)];
  const outer = sizeOf(x.shape.slice(0, at));
  const n = x.shape[at]!;
  const k = index.numel();
  const inner = sizeOf(x.shape.slice(at + 1));
  const out = withContiguous(x, (x) =>
    withContiguous(index, (index) => {
      const out = allocateShape(op, shape, x.dtype);
      const kernel = bytesOf(x.dtype) === 4 ? kernels.indexSelect32 : kernels.indexSelect8;
      const status = statusSlot();
      const units = indexSelectUnits(outer, k);
      run(kernel, units, x.address(), index.address(), out.address(), status, n, k, inner);
      const bad = readStatus(status);
      if (bad >= 0) {
        out.dispose();
        outOfRange(op, index, bad, n);
      }
      return out;
    }),
  );
  const from = x.shape;
  return record(op, out, [x], { index }, (dy, { index }) => [
    () => spreadAdd(op, dy, from, at, index, skip),
  ]);
}

/** Zeros of `shape` with x's entries added at `index` of a dim: the transpose of `select`. */
function spreadAdd(
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
    () => select(op, dy, at, index, skip),
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
  const outer = sizeOf(out.shape.slice(0, at));
  const inner = sizeOf(out.shape.slice(at + 1));
  const n = out.shape[at]!;
  withContiguous(src, (src) =>
    withContiguous(index, (index) => {
      const status = statusSlot();
      const [po, pi, ps] = [out.address(), index.address(), src.address()];
      const units = indexAddUnits(outer, inner);
      run(kernels.indexAddF32, units, po, pi, ps, status, n, index.numel(), inner, skip);
      const bad = readStatus(status);
      if (bad >= 0) outOfRange(op, index, bad, n);
    }),
  );
}

export interface EmbeddingOptions {
  /** Rows of this index get no gradient. Negative counts from the end. Default: none. */
  paddingIdx?: number | null;
}

/**
 * Rows of a table: out[..., :] = weight[ids[...], :].
 * @param ids int32, any shape
 * @param weight [num, dim]
 * @throws IndexError when an id lies outside of [0, num)
 */
export function embedding(ids: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  checkIndex("embedding", ids);
  if (weight.ndim !== 2) {
    throw new ShapeError("embedding", `weight must be [num, dim]: got ${showShape(weight.shape)}`);
  }
  const n = weight.shape[0]!;
  const skip = options.paddingIdx ?? null;
  if (skip !== null && (!Number.isInteger(skip) || skip < -n || skip >= n)) {
    throw new IndexError("embedding", `paddingIdx must lie in [${-n}, ${n - 1}]: got ${skip}`);
  }
  return select("embedding", weight, 0, ids, skip === null ? -1 : skip < 0 ? skip + n : skip);
}

/** Strides of the dims other than `at`, which gets 0: where the walk of a gather stands. */
function withoutDim(strides: readonly number[], at: number): number[] {
  return strides.map((s, i) => (i === at ? 0 : s));
}

function checkAlong(op: string, x: Tensor, at: number, index: Tensor): void {
  checkIndex(op, index);
  if (index.ndim !== x.ndim || index.shape.some((n, i) => i !== at && n > x.shape[i]!)) {
    throw new ShapeError(
      op,
      `index must have x's dims and, but for dim ${at}, at most its sizes: ` +
        `got x=${showShape(x.shape)}, index=${showShape(index.shape)}`,
    );
  }
}

/** out[i][j][k] = x[i][index[i][j][k]][k] for dim 1, and so on; out has index's shape. */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  const at = checkDim("gather", dim, x.ndim);
  checkAlong("gather", x, at, index);
  if (x.ndim === 0) return clone(x);
  const out = allocateShape("gather", index.shape, x.dtype);
  const n = x.shape[at]!;
  const stride = x.layout.strides[at]!;
  const { rows, cols, inner, rank, dims } = collapse(index.shape, [
    withoutDim(x.layout.strides, at),
    index.layout.strides,
  ]);
  const kernel = bytesOf(x.dtype) === 4 ? kernels.gather32 : kernels.gather8;
  const units = out.numel() === 0 ? 0 : gatherUnits(rows, cols);
  const [px, pi, po] = [x.address(), index.address(), out.address()];
  const status = statusSlot();
  run(
    kernel,
    units,
    px,
    pi,
    po,
    rows,
    cols,
    inner[0]!,
    inner[1]!,
    status,
    n,
    stride,
    rank,
    ...dims,
  );
  if (readStatus(status) >= 0) {
    out.dispose();
    outOfRange("gather", index, firstBad(index, n), n);
  }
  const from = x.shape;
  return record("gather", out, [x], { index }, (dy, { index }) => [
    () => {
      const zero = allocateShape("gather", from, "float32");
      fillContiguous(zero, 0);
      return scatterAdd(zero, at, index, dy);
    },
  ]);
}

function firstBad(index: Tensor, n: number): number {
  const flat = index.toTypedArray();
  return flat.findIndex((i) => i < 0 || i >= n);
}

/**
 * A copy of x with src added at `index` along a dim: out[i][index[i][j]] += src[i][j] for dim 1.
 * Only the part of src that index covers is used. The order of additions is fixed.
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  const at = checkDim("scatterAdd", dim, x.ndim);
  checkAlong("scatterAdd", x, at, index);
  checkFloat("scatterAdd", "x", x);
  checkFloat("scatterAdd", "src", src);
  if (src.ndim !== x.ndim || index.shape.some((n, i) => n > src.shape[i]!)) {
    throw new ShapeError(
      "scatterAdd",
      `src must cover index: got src=${showShape(src.shape)}, index=${showShape(index.shape)}`,
    );
  }
  if (x.ndim === 0) throw new ShapeError("scatterAdd", "a scalar has no dim to scatter along");
  const out = copyOf("scatterAdd", x);
  const n = x.shape[at]!;
  const k = index.shape[at]!;
  const others = index.shape.map((size, i) => (i === at ? 1 : size));
  const { strides } = contiguousLayout(x.shape);
  const { rows, cols, inner, rank, dims } = collapse(others, [
    strides,
    index.layout.strides,
    src.layout.strides,
  ]);
  const units = sizeOf(others) === 0 || k === 0 ? 0 : scatterAddUnits(rows, cols);
  const [po, pi, ps] = [out.address(), index.address(), src.address()];
  const status = statusSlot();
  const [so, si, ss] = inner as [number, number, number];
  run(
    kernels.scatterAddF32,
    units,
    ...([po, pi, ps, rows, cols, so, si, ss, status, n, strides[at]!] as const),
    ...([k, index.layout.strides[at]!, src.layout.strides[at]!, rank] as const),
    ...dims,
  );
  if (readStatus(status) >= 0) {
    out.dispose();
    outOfRange("scatterAdd", index, firstBad(index, n), n);
  }
  const part = src.shape;
  return record("scatterAdd", out, [x, src], { index }, (dy, { index }) => [
    () => dy,
    () => {
      const taken = gather(dy, at, index);
      const padding = part.flatMap((_, i) => [
        0,
        part[part.length - 1 - i]! - index.shape[part.length - 1 - i]!,
      ]);
      return padding.some((p) => p > 0) ? taken.pad(padding) : taken;
    },
  ]);
}

/** int32 classes as vectors of zeros with a 1: [...] gives [..., classes]; int32. */
export function oneHot(x: Tensor, classes: number): Tensor {
  checkIndex("oneHot", x);
  if (!Number.isInteger(classes) || classes <= 0) {
    throw new ValueError("oneHot", `classes must be an integer > 0: got ${classes}`);
  }
  return tidy(() => {
    if (x.numel() > 0 && (x.amin().item() < 0 || x.amax().item() >= classes)) {
      outOfRange("oneHot", x, firstBad(x, classes), classes);
    }
    return x.unsqueeze(-1).eq(arange(classes)).to("int32");
  });
}
