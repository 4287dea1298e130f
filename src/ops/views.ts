// Ops that only change the layout: the result shares the memory of its input. Their gradients are
// the inverse views. `reshape` and `slice` copy where no strides can express the result.
import { tensorOf, shown } from "../core/dtype.js";
import { IndexError, ShapeError, ValueError } from "../core/errors.js";
import {
  checkDim,
  checkInt,
  checkShape,
  checkSizes,
  listOf,
  contiguousLayout,
  expandLayout,
  type Layout,
  type Shape,
  showShape,
  sizeOf,
  stridedLayout,
  checkPlace,
  shapeOf,
  checkList,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { allocateShape, alias, Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { sumTo } from "./arithmetic.js";
import { copyOf, writeInto } from "./convert.js";
import { fillContiguous } from "./creation.js";

/**
 * The elements in row-major order in another shape; one size may be -1 and is inferred. Shares the
 * memory where strides can express it, else copies.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const sizes = inferred(shape, tensorOf("reshape", x).numel(), "reshape");
  const layout = reshaped(x.layout, sizes);
  let out: Tensor;
  if (layout !== null) {
    out = alias(x, layout);
  } else {
    out = copyOf("reshape", x);
    out.layout = contiguousLayout(sizes);
  }
  return record("reshape", out, [x], {}, (dy) => [(shape) => reshape(dy, shape)]);
}

/**
 * The elements in row-major order in another shape, always in the same memory.
 * @throws ShapeError where no strides can express that: use reshape
 */
export function view(x: Tensor, shape: Shape): Tensor {
  if (reshaped(tensorOf("view", x).layout, inferred(shape, x.numel(), "view")) === null) {
    throw new ShapeError("view", `${showShape(shape)} needs a copy of this memory: use reshape()`);
  }
  return reshape(x, shape);
}

/** `shape` with its -1 resolved, so that it holds `size` elements. */
export function inferred(shape: Shape, size: number, op: string): Shape {
  const unknown = checkList(op, shape).indexOf(-1);
  const known = shape.map((n, i) => (i === unknown ? 1 : n));
  checkShape(op, known);
  const rest = sizeOf(known);
  if (unknown >= 0) known[unknown] = rest === 0 ? 0 : size / rest;
  if (sizeOf(known) !== size || !Number.isInteger(known[unknown] ?? 0)) {
    throw new ShapeError(op, `${size} elements do not fill the shape ${showShape(shape)}`);
  }
  return known;
}

/** Strides that show `layout`'s row-major order in another shape, or null when there are none. */
function reshaped(layout: Layout, shape: Shape): Layout | null {
  if (layout.contiguous) {
    const { strides } = contiguousLayout(shape);
    return stridedLayout(shape, strides, layout.offset);
  }
  const strides = new Array<number>(shape.length).fill(0);
  let i = layout.shape.length - 1;
  let k = shape.length - 1;
  while (i >= 0 || k >= 0) {
    // Take dims from both sides until they hold the same number of elements.
    let step = i >= 0 ? layout.strides[i]! : 1;
    let have = i >= 0 ? layout.shape[i]! : 1;
    let want = k >= 0 ? shape[k]! : 1;
    const first = k;
    i--;
    k--;
    while (have !== want) {
      if (have < want) {
        const outer = layout.strides[i]!;
        if (have === 1) step = outer;
        else if (layout.shape[i]! !== 1 && outer !== have * step) return null;
        have *= layout.shape[i--]!;
      } else {
        want *= shape[k--]!;
      }
    }
    for (let d = first; d > k; d--) {
      strides[d] = step;
      step *= shape[d]!;
    }
  }
  return stridedLayout(shape, strides, layout.offset);
}

/** Joins the dims from `start` to `end` (both included) into one. */
export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  const first = checkDim("flatten", start, x);
  const last = checkDim("flatten", end, x);
  if (first > last)
    throw new ValueError("flatten", `start must not lie behind end: got ${start}, ${end}`);
  const joined = sizeOf(x.shape.slice(first, last + 1));
  return reshape(x, [...x.shape.slice(0, first), joined, ...x.shape.slice(last + 1)]);
}

/** Reorders the dims: dim i of the result is dim dims[i] of x. */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  const order = listOf("permute", dims).map((d) => checkDim("permute", d, x));
  if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
    throw new ValueError(
      "permute",
      `dims must name each of ${x.ndim} dims once: got ${showShape(order)}`,
    );
  }
  const back = order.map((_, i) => order.indexOf(i));
  return record("permute", alias(x, ofDims(x.layout, order)), [x], {}, (dy) => [
    () => permute(dy, back),
  ]);
}

/** Swaps two dims. */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  const a = checkDim("transpose", dim0, x);
  const b = checkDim("transpose", dim1, x);
  const order = x.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return permute(x, order);
}

/** The transpose of a matrix; vectors and scalars stay as they are. */
export function t(x: Tensor): Tensor {
  if (shapeOf("t", x).length > 2) misfit("t", "takes at most 2 dims", x);
  return permute(x, [...x.shape.keys()].reverse());
}

/** Removes dims of size 1 (those of another size stay): one, several, or by default all of them. */
export function squeeze(x: Tensor, dim?: number | readonly number[]): Tensor {
  const which = listOf("squeeze", dim ?? shapeOf("squeeze", x).map((_, i) => i));
  const at = which.map((d) => checkDim("squeeze", d, x));
  const kept = x.shape.flatMap((n, i) => (n === 1 && at.includes(i) ? [] : [i]));
  const out = alias(x, ofDims(x.layout, kept));
  return record("squeeze", out, [x], {}, (dy) => [(shape) => reshape(dy, shape)]);
}

/** The layout of some dims, in their order: all others are of size 1. */
export function ofDims({ shape, strides, offset }: Layout, dims: readonly number[]): Layout {
  return stridedLayout(
    dims.map((d) => shape[d]!),
    dims.map((d) => strides[d]!),
    offset,
  );
}

/** Inserts a dim of size 1 before `dim`; -1 appends it. */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const at = checkPlace("unsqueeze", "dim", dim, shapeOf("unsqueeze", x).length + 1);
  const { shape, strides, offset } = x.layout;
  const insert = (list: readonly number[], n: number) => [
    ...list.slice(0, at),
    n,
    ...list.slice(at),
  ];
  const layout = stridedLayout(insert(shape, 1), insert(strides, 1), offset);
  return record("unsqueeze", alias(x, layout), [x], {}, (dy) => [() => squeeze(dy, at)]);
}

/** Repeats dims of size 1 without copying; -1 leaves a size as it is; new dims may come in front. */
export function expand(x: Tensor, shape: Shape): Tensor {
  const lead = checkList("expand", shape).length - shapeOf("expand", x).length;
  const sizes = shape.map((n, i) => (n === -1 && i >= lead ? x.shape[i - lead]! : n));
  const layout = expandLayout("expand", x.layout, checkShape("expand", sizes));
  return record("expand", alias(x, layout), [x], {}, (dy) => [(shape) => sumTo(dy, shape)]);
}

/** Which dim `dim` is; a scalar has none, though checkDim lets 0 and -1 pass. */
function dimIn(op: string, dim: number, x: Tensor): number {
  const at = checkDim(op, dim, x);
  if (x.ndim === 0) throw new ShapeError(op, `a scalar has no dim to ${op}`);
  return at;
}

/** The part [start, start + length) of a dim. */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  const at = dimIn("narrow", dim, x);
  const n = x.shape[at]!;
  const from = start < 0 ? start + n : start;
  const whole = Number.isInteger(start) && Number.isInteger(length);
  if (!whole || from < 0 || length < 0 || from + length > n) {
    throw new IndexError(
      "narrow",
      `[start, start + length) must lie in [0, ${n}]: got ${start}, ${length}`,
    );
  }
  return window(x, at, from, length, 1, "narrow");
}

/** One index of a dim, which disappears; -1 is the last. */
export function select(x: Tensor, dim: number, index: number): Tensor {
  const at = dimIn("select", dim, x);
  const place = checkPlace("select", "index", index, x.shape[at]!);
  const one = window(x, at, place, 1, 1, "select");
  const out = squeeze(one, at);
  one.dispose();
  return out;
}

export interface SliceOptions {
  /** Default: 0. */
  dim?: number;
  /** Every step-th element; negative: backwards, which copies. Default: 1. */
  step?: number;
}

/** A slice of whatever dim it is used at, Python's start:end:step; null is all the way. */
export interface Slice {
  /** The first element. */
  readonly start: number | null;
  /** Behind the last element. */
  readonly end: number | null;
  /** Every step-th element; negative: backwards. */
  readonly step: number;
}

/**
 * Elements start, start + step, ... before `end` of a dim, with Python's rules: negative bounds count
 * from the end, bounds outside are clipped, null or undefined mean all the way.
 *
 * Without a tensor, a slice for `at` and `setAt`: slice(1, null, 2) is Python's 1::2, slice() is ":".
 * @example
 * console.log(arange(5).slice(1, 4).toArray()); // [ 1, 2, 3 ]
 * console.log(arange(5).slice(null, null, { step: -2 }).toArray()); // [ 4, 2, 0 ]
 */
export function slice(start?: number | null, end?: number | null, step?: number): Slice;
export function slice(
  x: Tensor,
  start?: number | null,
  end?: number | null,
  options?: SliceOptions,
): Tensor;
export function slice(
  x?: Tensor | number | null,
  start?: number | null,
  end?: number | null,
  options: SliceOptions = {},
): Tensor | Slice {
  if (!(x instanceof Tensor)) return { start: x ?? null, end: start ?? null, step: end ?? 1 };
  const dim = dimIn("slice", checkOptions("slice", options).dim ?? 0, x);
  const step = options.step ?? 1;
  if (!Number.isInteger(step) || step === 0) {
    throw new ValueError("slice", `step must be an integer other than 0: got ${step}`);
  }
  const n = x.shape[dim]!;
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const bound = (value: number | null | undefined, all: number): number => {
    if (value == null) return all;
    checkInt("slice", "bounds", value);
    return Math.min(high, Math.max(low, value < 0 ? value + n : value));
  };
  const first = bound(start, step > 0 ? 0 : n - 1);
  const last = bound(end, step > 0 ? n : -1);
  const count = Math.max(0, Math.ceil((last - first) / step));
  const view = window(x, dim, count === 0 ? 0 : first, count, step, "slice");
  if (step > 0) return view;
  const out = record("slice", copyOf("slice", view), [view], {}, (dy) => [() => dy]);
  view.dispose();
  return out;
}

/** `length` elements of a dim from `start` on, every step-th. */
function window(
  x: Tensor,
  dim: number,
  start: number,
  length: number,
  step: number,
  op: string,
): Tensor {
  return viewAt(op, x, ({ shape, strides, offset }) =>
    stridedLayout(
      shape.map((n, i) => (i === dim ? length : n)),
      strides.map((s, i) => (i === dim ? s * step : s)),
      offset + start * strides[dim]!,
    ),
  );
}

/** The elements that `where` names, given any layout of x's shape: each at most once. */
export function viewAt(op: string, x: Tensor, where: (layout: Layout) => Layout): Tensor {
  return record(op, alias(x, where(x.layout)), [x], {}, (dy) => [
    (shape) => placeAt(op, dy, shape, where), // zeros elsewhere
  ]);
}

/** Zeros of `shape` with `x` where `where` says: the transpose of `viewAt`. */
export function placeAt(
  op: string,
  x: Tensor,
  shape: Shape,
  where: (layout: Layout) => Layout,
): Tensor {
  const out = allocateShape(op, shape, x.dtype);
  fillContiguous(out, 0);
  writeInto(out, where(out.layout), x);
  return record(op, out, [x], {}, (dy) => [() => viewAt(op, dy, where)]);
}

/** The slices along a dim, each without it. */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  const at = dimIn("unbind", dim, x);
  return Array.from({ length: x.shape[at]! }, (_, i) => select(x, at, i));
}

/** Pieces of a dim: of `size` each (the last may be smaller), or of the sizes listed. */
export function split(x: Tensor, size: number | readonly number[], dim = 0): Tensor[] {
  const at = dimIn("split", dim, x);
  const n = x.shape[at]!;
  const sizes = typeof size === "number" ? equalParts(n, size) : checkSizes("split", size);
  if (sizes.reduce((a, b) => a + b, 0) !== n) {
    throw new ShapeError("split", `sizes must add up to ${n}: got ${shown(sizes)}`);
  }
  let start = 0;
  return sizes.map((length) => {
    const part = narrow(x, at, start, length);
    start += length;
    return part;
  });
}

function equalParts(n: number, size: number): number[] {
  checkInt("split", "size", size, 1);
  return Array.from({ length: Math.max(1, Math.ceil(n / size)) }, (_, i) =>
    Math.min(size, n - i * size),
  );
}

/** Empty pieces take memory, too: no list of tensors is made longer than this for a number alone. */
export const MOST_PIECES = 2 ** 20;

/** At most `chunks` pieces of a dim, all but the last of equal size; of an empty dim so many empty ones. */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  const at = dimIn("chunk", dim, x);
  checkInt("chunk", "chunks", chunks, 1, MOST_PIECES);
  const n = x.shape[at]!;
  return split(x, n === 0 ? new Array<number>(chunks).fill(0) : Math.ceil(n / chunks), at);
}
