// Ops that write where `at` reads, into a copy of x or (setAt, and those with a trailing "_") into x
// itself. Where places repeat, the last value stays, in row-major order of the indices.
import { ShapeError, DTypeError, ValueError } from "../core/errors.js";
import { tensorOf } from "../core/dtype.js";
import {
  type Shape,
  stridedLayout,
  expectShape,
  checkList,
  checkDim,
  misfit,
  expandLayout,
  checkOptions,
} from "../core/shape.js";
import { alias, Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { checkInPlace } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { mul, type Operand, sumTo } from "./arithmetic.js";
import { at, type Index, joined, picked, type Picked, type PlainIndex, spelled } from "./at.js";
import { eq, where } from "./compare.js";
import { cast, copyOf, writeInto } from "./convert.js";
import { arange, zeros } from "./creation.js";
import { checkIndex } from "./indexing.js";
import { checkScalarOf, checkWrite, scalar, scatterInto, written } from "./scatter.js";
import { expand, reshape, type Slice, slice } from "./views.js";

interface How {
  accumulate?: boolean;
  inPlace?: boolean;
}

/** The shape of what the indices pick. */
function regionOf({ view, first, tensors, shape }: Picked): Shape {
  const behind = view.shape.slice(first + tensors.length);
  return [...view.shape.slice(0, first), ...shape, ...behind];
}

/** x[...indices] = value, or += value, in x or in a copy of it. */
export function put(
  op: string,
  x: Tensor,
  indices: readonly Index[],
  value: Operand,
  { accumulate = false, inPlace = false }: How = {},
): Tensor {
  const given = typeof value === "number" ? [] : [value];
  tensorOf(op, x);
  given.forEach((t) => tensorOf(op, t));
  for (const index of checkList(op, indices)) {
    if (typeof index === "object" && index !== null && "step" in index && index.step < 0) {
      throw new ValueError(op, `only slices with a step > 0 can be written to: got ${index.step}`);
    }
  }
  if (inPlace) checkInPlace(op, x, given);
  return tidy(() => {
    const plain = spelled(op, x, indices);
    const p = withGrad(false, () => picked(op, x, plain));
    const region = regionOf(p);
    for (const t of given) expandLayout(op, t.layout, region);
    const from = scalar(x, value);
    const own = inPlace && from.buffer === x.buffer ? copyOf(op, from) : cast(from, x.dtype);
    const write = (out: Tensor): void =>
      withGrad(false, () => store(op, out, plain, expand(own, region), accumulate));
    return written(op, x, inPlace, given, write, tensorsOf(plain), (dy, saved) => {
      const again = plain.map((index, i) => saved[i] ?? index);
      return [
        () => (accumulate ? dy : put(op, dy, again, 0)),
        (shape) => {
          const all = at(dy, ...again);
          const repeated = !accumulate && p.tensors.length > 0;
          return sumTo(repeated ? where(isLast(op, dy.shape, again, p), all, 0) : all, shape);
        },
      ];
    });
  });
}

/** The tensors among indices, by their position. */
function tensorsOf(indices: readonly PlainIndex[]): Record<string, Tensor> {
  const found = indices.flatMap((index, i) => (index instanceof Tensor ? [[i, index]] : []));
  return Object.fromEntries(found) as Record<string, Tensor>;
}

/** Which of the elements that the indices pick are the last ones at their place; bool. */
function isLast(op: string, shape: Shape, indices: readonly PlainIndex[], p: Picked): Tensor {
  const k = p.shape.reduce((a, b) => a * b, 1);
  const behind = p.view.shape.slice(p.first + p.tensors.length).map(() => 1);
  const order = reshape(arange(k), [...p.shape, ...behind]);
  const last = put(op, zeros(shape, { dtype: "int32" }), indices, order);
  return eq(at(last, ...indices), order);
}

/** Writes `value`, which has the region's shape, over what the indices pick of `out`. */
function store(
  op: string,
  out: Tensor,
  indices: readonly PlainIndex[],
  value: Tensor,
  accumulate: boolean,
): void {
  const p = picked(op, out, indices);
  const { view, first, tensors } = p;
  const { shape, strides, offset } = view.layout;
  if (tensors.length === 0 && !accumulate) return writeInto(view, view.layout, value);
  const end = first + tensors.length;
  // One index for all dims that tensors stand for, in steps that all of their strides consist of.
  const step = strides.slice(first, end).reduce(divisor, 0) || 1;
  const steps = strides.slice(first, end).map((s) => s / step);
  const index = joined(op, p, steps);
  const n = steps.reduce((n, s, j) => n + s * (shape[first + j]! - 1), 1);
  const around = <T>(list: readonly T[], one: T): T[] => [
    ...list.slice(0, first),
    one,
    ...list.slice(end),
  ];
  const flat = around(shape, index.numel());
  const still = new Array<number>(shape.length).fill(0);
  scatterInto(
    op,
    alias(view, stridedLayout(around(shape, n), around(strides, step), offset)),
    first,
    alias(index, stridedLayout(flat, around(still, 1), 0)),
    reshape(value, flat),
    accumulate ? "add" : "put",
  );
}

/** The greatest common divisor. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/**
 * x[...indices] = value, in place: what `at` reads with these indices is overwritten with `value` (a
 * tensor that broadcasts to its shape and is converted to x's dtype, or a number). Gradients follow
 * the rules of ops in place. Returns x.
 *
 * @throws IndexError for an index out of range; nothing is written then
 * @example
 * const x = zeros([3, 3]);
 * x.setAt([0, slice(1)], 7).setAt([[1, 2], [0, 1]], tensor([4, 5]));
 * console.log(x.toArray()); // [ [ 0, 7, 7 ], [ 4, 0, 0 ], [ 0, 5, 0 ] ]
 */
export function setAt(x: Tensor, indices: readonly Index[], value: Operand): Tensor {
  return put("setAt", x, indices, value, { inPlace: true });
}

export interface IndexPutOptions {
  /** Add to what is there (repeated places more than once) instead of overwriting it. Default: false. */
  accumulate?: boolean;
}

function checkPut(op: string, x: Tensor, values: Operand, options: IndexPutOptions): How {
  checkOptions(op, options);
  if (typeof values !== "number") checkWrite(op, x, "values", values);
  return { accumulate: options.accumulate ?? false };
}

/**
 * A copy of x with `values` (a tensor of its dtype that broadcasts, or a number) at the places that
 * x.at(...indices) reads.
 * @throws IndexError for an index out of range
 */
export function indexPut(
  x: Tensor,
  indices: readonly Index[],
  values: Operand,
  options: IndexPutOptions = {},
): Tensor {
  return put("indexPut", x, indices, values, checkPut("indexPut", x, values, options));
}

/** `indexPut` into x itself, which is returned. */
export function indexPut_(
  x: Tensor,
  indices: readonly Index[],
  values: Operand,
  options: IndexPutOptions = {},
): Tensor {
  const how = checkPut("indexPut_", x, values, options);
  return put("indexPut_", x, indices, values, { ...how, inPlace: true });
}

/** The indices that are `index` at one dim. */
function indexed(op: string, x: Tensor, dim: number, index: Index): Index[] {
  const at = checkDim(op, dim, x);
  if (x.ndim === 0) throw new ShapeError(op, "a scalar has no dim to index");
  return [...new Array<Index>(at).fill(slice()), index];
}

/** The indices that pick a list of entries of one dim. */
function entries(op: string, x: Tensor, dim: number, index: Tensor): Index[] {
  checkIndex(op, index);
  if (index.ndim !== 1) {
    misfit(op, "index must be a vector", index);
  }
  return indexed(op, x, dim, index);
}

/** The same, once there is an entry of `source` for each index. */
function sourced(op: string, x: Tensor, dim: number, index: Tensor, source: Tensor): Index[] {
  const all = entries(op, x, dim, index);
  checkWrite(op, x, "source", source);
  const wanted = x.shape.map((n, i) => (i === all.length - 1 ? index.numel() : n));
  expectShape(op, "source", source, wanted);
  return all;
}

export interface IndexAddOptions {
  /** What source is multiplied by. Default: 1. */
  alpha?: number;
}

function addEntries(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options: IndexAddOptions,
  inPlace: boolean,
): Tensor {
  const { alpha = 1 } = checkOptions(op, options);
  const at = sourced(op, x, dim, index, source);
  if (x.dtype === "int32" && !Number.isInteger(alpha)) {
    throw new DTypeError(op, `alpha must be an integer for int32: got ${alpha}`);
  }
  const how = { accumulate: true, inPlace };
  return tidy(() => put(op, x, at, alpha === 1 ? source : mul(source, alpha), how));
}

/**
 * A copy of x with alpha * source added to entries of a dim: out[index[i]] += alpha * source[i] for
 * dim 0, i ascending. Negative indices count from the end.
 * @param index int32, [k]
 * @param source x's shape, but k along the dim
 */
export function indexAdd(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options: IndexAddOptions = {},
): Tensor {
  return addEntries("indexAdd", x, dim, index, source, options, false);
}

/** `indexAdd` into x itself, which is returned. */
export function indexAdd_(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options: IndexAddOptions = {},
): Tensor {
  return addEntries("indexAdd_", x, dim, index, source, options, true);
}

function copyEntries(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  inPlace: boolean,
): Tensor {
  return put(op, x, sourced(op, x, dim, index, source), source, { inPlace });
}

/**
 * A copy of x with entries of a dim replaced: out[index[i]] = source[i] for dim 0; of repeated indices
 * the last one counts. Negative indices count from the end.
 * @param index int32, [k]
 * @param source x's shape, but k along the dim
 */
export function indexCopy(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  return copyEntries("indexCopy", x, dim, index, source, false);
}

/** `indexCopy` into x itself, which is returned. */
export function indexCopy_(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  return copyEntries("indexCopy_", x, dim, index, source, true);
}

function fillEntries(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  value: Operand,
  inPlace: boolean,
): Tensor {
  const at = entries(op, x, dim, index);
  checkScalarOf(op, x, value);
  return put(op, x, at, value, { inPlace });
}

/** A copy of x with the entries of a dim that `index` ([k], int32) names set to one value. */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
  return fillEntries("indexFill", x, dim, index, value, false);
}

/** `indexFill` into x itself, which is returned. */
export function indexFill_(x: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
  return fillEntries("indexFill_", x, dim, index, value, true);
}

/** Puts `src`, broadcast, where a view was taken of a copy of x; it has x's dtype. */
function replaced(op: string, x: Tensor, dim: number, index: number | Slice, src: Tensor): Tensor {
  const at = indexed(op, x, dim, index);
  checkWrite(op, x, "src", src);
  return put(op, x, at, src);
}

/** A copy of x with x.select(dim, index) replaced by src. */
export function selectScatter(x: Tensor, src: Tensor, dim: number, index: number): Tensor {
  return replaced("selectScatter", x, dim, index, src);
}

export interface SliceScatterOptions extends Partial<Slice> {
  /** Default: 0. */
  dim?: number;
}

/** A copy of x with the slice start:end:step (default: all) of a dim replaced by src. */
export function sliceScatter(x: Tensor, src: Tensor, options: SliceScatterOptions = {}): Tensor {
  const { dim = 0, start, end, step } = checkOptions("sliceScatter", options);
  return replaced("sliceScatter", x, dim, slice(start, end, step), src);
}
