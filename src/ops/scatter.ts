// Ops that write single elements into one dim, each at an index of its own, into a copy of x or (those
// with a trailing "_") into x itself. Their order is fixed: ascending along the dim, so that of several
// values put at one place the last one stays. What reads at such indices is in indexing.ts.
import { ShapeError, DTypeError } from "../core/errors.js";
import { bytesOf, tensorOf } from "../core/dtype.js";
import { type Shape, sizeOf, checkDim, checkWord, misfit, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { checkInPlace, type Gradients, record, recordInPlace } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { run, statusSlot } from "../kernels/run.js";
import { scatterUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { div, maximum, mul, type Operand } from "./arithmetic.js";
import { eq, logicalAnd, where } from "./compare.js";
import { cast, copyOf } from "./convert.js";
import { arange, full, ones, zeros } from "./creation.js";
import { collapse } from "./dispatch.js";
import { checkAlong, checkRange, checkReport, gather } from "./indexing.js";
import { expand, narrow, reshape } from "./views.js";

/** What becomes of an element that is written to; of bools, "add" and "amax" are "or", "prod" and "amin" "and". */
export type Write = "put" | "add" | "prod" | "amax" | "amin";
const WRITES: readonly Write[] = ["put", "add", "prod", "amax", "amin"];

/** Refuses a second operand of another dtype. */
export function checkWrite(op: string, x: Tensor, name: string, src: Tensor): void {
  if (tensorOf(op, src).dtype !== tensorOf(op, x).dtype) {
    throw new DTypeError(op, `${name} must be ${x.dtype}, as x is: got ${src.dtype}`);
  }
}

/** Refuses a value that is neither a number nor a scalar of x's dtype. */
export function checkScalarOf(op: string, x: Tensor, value: Operand): void {
  if (typeof value === "number") return;
  checkWrite(op, x, "value", value);
  if (value.ndim > 0) {
    misfit(op, "value must be a scalar", value);
  }
}

/** A number as a scalar of x's dtype; a tensor as it is. */
export function scalar(x: Tensor, value: Operand): Tensor {
  return typeof value === "number" ? full([], value, { dtype: x.dtype }) : value;
}

/**
 * Writes src's elements into `out`, each at its index along dim `at`; `index` and `src` may be
 * views of any strides, and only the part of src that index covers is used. Not recorded.
 */
export function scatterInto(
  op: string,
  out: Tensor,
  at: number,
  index: Tensor,
  src: Tensor,
  write: Write,
): void {
  const n = out.shape[at]!;
  const k = index.shape[at]!;
  const operands = [out.layout.strides, index.layout.strides, src.layout.strides] as const;
  const others = index.shape.map((size, i) => (i === at ? 1 : size));
  const { rows, cols, inner, rank, dims } = collapse(others, operands);
  const units = sizeOf(others) === 0 || k === 0 ? 0 : scatterUnits(rows, cols);
  const kernel = bytesOf(out.dtype) === 4 ? kernels.scatter32 : kernels.scatter8;
  const mode = WRITES.indexOf(write) + (write !== "put" && out.dtype === "int32" ? 4 : 0);
  const [po, pi, ps] = [out.address(), index.address(), src.address()];
  const status = statusSlot();
  const [so, si, ss] = inner as [number, number, number];
  const [strideOut, strideIndex, strideSrc] = operands.map((s) => s[at]!);
  run(
    kernel,
    units,
    ...([po, pi, ps, rows, cols, so, si, ss, status, n, strideOut!] as const),
    ...([k, strideIndex!, strideSrc!, mode, rank] as const),
    ...dims,
  );
  checkReport(op, status, index, n);
}

/**
 * Lets `write` change x itself or a copy of it, and records that.
 * In place, `write` must refuse what it refuses before it writes.
 * The caller's scope releases the copy if it throws.
 */
export function written<S extends Record<string, Tensor>>(
  op: string,
  x: Tensor,
  inPlace: boolean,
  others: readonly Tensor[],
  write: (out: Tensor) => void,
  saved: S,
  backward: (dy: Tensor, saved: S) => Gradients,
): Tensor {
  if (inPlace) {
    write(x);
    return recordInPlace(op, x, others, saved, backward);
  }
  const out = copyOf(op, x);
  write(out);
  return record(op, out, [x, ...others], saved, backward);
}

function checkScatter(op: string, x: Tensor, dim: number, index: Tensor, src: Operand): number {
  const at = checkDim(op, dim, x);
  checkAlong(op, x, at, index);
  if (typeof src !== "number") {
    checkWrite(op, x, "src", src);
    if (src.ndim !== x.ndim || index.shape.some((n, i) => n > src.shape[i]!)) {
      misfit(op, "src must cover index", src, index);
    }
  }
  if (x.ndim === 0) throw new ShapeError(op, "a scalar has no dim to scatter along");
  return at;
}

function along(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Operand,
  write: Write,
  inPlace = false,
): Tensor {
  const at = checkScatter(op, x, dim, index, src);
  const given = typeof src === "number" ? [] : [src];
  if (inPlace) {
    checkInPlace(op, x, given);
    checkRange(op, index, x.shape[at]!);
  }
  return tidy(() => {
    const used =
      typeof src === "number" ? expand(scalar(x, src), index.shape) : cropped(src, index.shape);
    // A copy first, where what is read would be written over.
    const own = (t: Tensor): Tensor => (inPlace && t.buffer === x.buffer ? copyOf(op, t) : t);
    const [values, places] = [own(used), own(index)];
    const fill = (out: Tensor): void => scatterInto(op, out, at, places, values, write);
    return written(op, x, inPlace, [used], fill, { places }, (dy, { places: index }) => [
      () => (write === "add" ? dy : scatter(dy, at, index, 0)),
      () => {
        const all = gather(dy, at, index);
        return write === "put" ? where(isLast(dy.shape, at, index), all, 0) : all;
      },
    ]);
  });
}

/** The part of src that an index covers. */
function cropped(src: Tensor, shape: Shape): Tensor {
  return shape.reduce((x, n, i) => (x.shape[i] === n ? x : narrow(x, i, 0, n)), src);
}

/** Which elements of an index are the last ones to name their place in `shape`; bool. */
function isLast(shape: Shape, at: number, index: Tensor): Tensor {
  const k = index.shape[at]!;
  const line = index.shape.map((_, i) => (i === at ? k : 1));
  const order = expand(reshape(arange(k), line), index.shape);
  const last = zeros(shape, { dtype: "int32" });
  scatterInto("scatter", last, at, index, order, "put");
  return eq(gather(last, at, index), order);
}

/**
 * A copy of x with src (a tensor, or one number for all) put at `index` along a dim:
 * out[i][index[i][j]] = src[i][j] for dim 1. Where places repeat, the last one stays, and it alone
 * gets a gradient.
 * @param index int32, with x's dims; none of its sizes exceeds src's, nor x's but along `dim`
 * @throws IndexError for an index outside of [0, size of dim)
 */
export function scatter(x: Tensor, dim: number, index: Tensor, src: Operand): Tensor {
  return along("scatter", x, dim, index, src, "put");
}

/** `scatter` into x itself, which is returned. */
export function scatter_(x: Tensor, dim: number, index: Tensor, src: Operand): Tensor {
  return along("scatter_", x, dim, index, src, "put", true);
}

/**
 * A copy of x with src added at `index` along a dim: out[i][index[i][j]] += src[i][j] for dim 1.
 * Only the part of src that index covers is used. The order of additions is fixed.
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  return along("scatterAdd", x, dim, index, src, "add");
}

/** `scatterAdd` into x itself, which is returned. */
export function scatterAdd_(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  return along("scatterAdd_", x, dim, index, src, "add", true);
}

export interface ScatterReduceOptions {
  /** Whether x's own element is one of those reduced, where any are written. Default: true. */
  includeSelf?: boolean;
}

/** Where a reduction starts that leaves x's own element out. */
const START = { sum: 0, mean: 0, prod: 1, amax: -Infinity, amin: Infinity };
const LEAST = { float32: -Infinity, int32: -(2 ** 31), bool: 0 };

/**
 * A copy of x with src reduced into it at `index` along a dim. Of "amax" and "amin", all elements
 * that are equal to the result share its gradient.
 * @param reduce "sum", "prod", "mean" (rounded down for int32; not of bools), "amax" or "amin"
 * @throws IndexError for an index outside of [0, size of dim)
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: "sum" | "prod" | "mean" | "amax" | "amin",
  options: ScatterReduceOptions = {},
): Tensor {
  checkOptions("scatterReduce", options);
  const op = "scatterReduce";
  checkWord(op, "reduce", reduce, Object.keys(START));
  tensorOf(op, src);
  const at = checkScatter(op, x, dim, index, src);
  const { dtype } = x;
  if (reduce === "mean" && dtype === "bool") throw new DTypeError(op, "a bool has no mean");
  checkRange(op, index, x.shape[at]!);
  const { includeSelf = true } = options;
  return tidy(() => {
    const least = Math.max(START[reduce], LEAST[dtype]);
    const start = dtype === "int32" ? Math.min(least, 2 ** 31 - 1) : least;
    const base = includeSelf ? x : scatter(x, at, index, start);
    const used = cropped(src, index.shape);
    if (reduce === "sum") return scatterAdd(base, at, index, used);
    if (reduce !== "mean") return folded(base, at, index, used, reduce);
    const own = full(x.shape, Number(includeSelf), { dtype });
    const count = scatterAdd(own, at, index, ones(index.shape, { dtype }));
    const roundingMode = dtype === "int32" ? "floor" : null;
    return div(scatterAdd(base, at, index, used), maximum(count, 1), { roundingMode });
  });
}

/** The reductions whose gradients depend on the values; src has index's shape. */
function folded(
  x: Tensor,
  at: number,
  index: Tensor,
  src: Tensor,
  reduce: "prod" | "amax" | "amin",
): Tensor {
  const out = copyOf("scatterReduce", x);
  scatterInto("scatterReduce", out, at, index, src, reduce);
  return record("scatterReduce", out, [x, src], { x, index, src, out }, (dy, saved) =>
    reduce === "prod" ? prodGradients(dy, at, saved) : extremeGradients(dy, at, saved),
  );
}

type Folded = Record<"x" | "index" | "src" | "out", Tensor>;

function prodGradients(dy: Tensor, at: number, { x, index, src, out }: Folded): Gradients {
  return [
    () => mul(dy, folded(ones(x.shape), at, index, src, "prod")), // the product of the others
    () => {
      const zero = eq(src, 0);
      const count = scatterAdd(zeros(x.shape), at, index, cast(zero, "float32"));
      // The only 0 of its product: the product of the others is that with a 1 in its place.
      const only = logicalAnd(zero, eq(gather(count, at, index), 1));
      const others = folded(x, at, index, where(only, 1, src), "prod");
      const divided = div(gather(mul(dy, out), at, index), where(zero, 1, src));
      return where(only, gather(mul(dy, others), at, index), divided);
    },
  ];
}

function extremeGradients(dy: Tensor, at: number, { x, index, src, out }: Folded): Gradients {
  // Steps of 0 and 1, whose own derivative is 0.
  const mine = (): Tensor => cast(eq(x, out), "float32");
  const theirs = (): Tensor =>
    withGrad(false, () => cast(eq(src, gather(out, at, index)), "float32"));
  const share = (): Tensor => div(dy, scatterAdd(mine(), at, index, theirs()));
  return [() => mul(mine(), share()), () => mul(theirs(), gather(share(), at, index))];
}
