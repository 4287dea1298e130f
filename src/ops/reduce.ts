// Reductions over any dims: sums, means, extremes, their positions, variance. The kernels reduce the
// middle of [outer, R, inner]; dims that do not lie together are first brought there. Every order
// of summation is fixed by the shape alone.
import { DTypeError, ShapeError } from "../core/errors.js";
import { checkFloat, type DType } from "../core/dtype.js";
import { checkDim, checkDims, reducedShape, showShape, sizeOf } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import type { Kernel } from "../kernels/loader.js";
import { kernels } from "../kernels/loader.js";
import { f32 } from "../kernels/run.js";
import { countUnits, foldUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { div, mul, sub } from "./arithmetic.js";
import { eq, where } from "./compare.js";
import { cast, withCast } from "./convert.js";
import { sqrt } from "./math.js";
import { reduceOver, spread } from "./middle.js";
import { reshape } from "./views.js";

/** One dim, several, or (undefined, null, []) all. */
export type Dims = number | readonly number[] | null;

export interface ReduceOptions {
  /** Keep the reduced dims with size 1. Default: false. */
  keepdim?: boolean;
}

/** The sum of float32 over `dims`, divided by `divisor`. Not recorded. */
function sumF32(
  op: string,
  x: Tensor,
  dims: readonly number[],
  keepdim: boolean,
  divisor: number,
): Tensor {
  return reduceOver(op, kernels.sumF32, foldUnits, x, dims, keepdim, "float32", f32(divisor));
}

/** The number that a mean over `dims` divides by. */
function countOf({ shape }: Tensor, dims: readonly number[]): number {
  return sizeOf(dims.map((d) => shape[d]!));
}

/** The sum over `dims`. Bools are counted; bool and int32 give int32. */
export function sum(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  const over = checkDims("sum", dims, x.ndim);
  const { shape } = x;
  const { keepdim = false } = options;
  const out =
    x.dtype === "float32"
      ? sumF32("sum", x, over, keepdim, 1)
      : x.dtype === "int32"
        ? reduceOver("sum", kernels.sumI32, foldUnits, x, over, keepdim, "int32")
        : reduceOver("sum", kernels.sumBool, countUnits, x, over, keepdim, "int32");
  return record("sum", out, [x], {}, (dy) => [
    () => spread(dy, shape, over), // each element counts once
  ]);
}

/** The arithmetic mean over `dims`; float32. NaN over no elements. */
export function mean(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  const over = checkDims("mean", dims, x.ndim);
  const { shape } = x;
  const n = countOf(x, over);
  const { keepdim = false } = options;
  const out = withCast(x, "float32", (x) => sumF32("mean", x, over, keepdim, n));
  return record("mean", out, [x], {}, (dy) => [
    () => spread(div(dy, n), shape, over), // each element counts 1/n
  ]);
}

type FoldKernel = Kernel<[number, number, number, number]>;

/** A kernel per dtype; bools fold as int32. */
interface Folds {
  float32: FoldKernel;
  int32: FoldKernel;
}

function fold(
  op: string,
  fs: Folds,
  x: Tensor,
  dims: readonly number[],
  keepdim: boolean,
  dtype?: DType,
): Tensor {
  if (x.dtype === "bool") throw new DTypeError(op, "takes float32 or int32: got bool");
  if (countOf(x, dims) === 0 && sizeOf(reducedShape(x.shape, dims, false)) > 0) {
    throw new ShapeError(op, `an empty dim has no extreme: got shape ${showShape(x.shape)}`);
  }
  return reduceOver(op, fs[x.dtype], foldUnits, x, dims, keepdim, dtype ?? x.dtype);
}

const maxima = { float32: kernels.amaxF32, int32: kernels.amaxI32 };
const minima = { float32: kernels.aminF32, int32: kernels.aminI32 };
const maximaAt = { float32: kernels.argmaxF32, int32: kernels.argmaxI32 };
const minimaAt = { float32: kernels.argminF32, int32: kernels.argminI32 };

/** The largest element over `dims`; NaN wins. Equal extremes share the gradient evenly. */
export function amax(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  return extreme("amax", maxima, x, dims, options);
}

/** The smallest element over `dims`; NaN wins. Equal extremes share the gradient evenly. */
export function amin(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  return extreme("amin", minima, x, dims, options);
}

function extreme(
  op: string,
  fs: Folds,
  x: Tensor,
  dims: Dims | undefined,
  options: ReduceOptions,
): Tensor {
  const over = checkDims(op, dims, x.ndim);
  const out = fold(op, fs, x, over, options.keepdim ?? false);
  return record(op, out, [x], { x, out }, (dy, { x, out }) => [
    () => {
      const winners = eq(x, spread(out, x.shape, over)).to("float32");
      const share = div(winners, sum(winners, over, { keepdim: true })); // 1/k for k winners
      return mul(spread(dy, x.shape, over), share);
    },
  ]);
}

/** Values of a reduction along a dim and where they stand in it. */
export interface ValuesAndIndices {
  values: Tensor;
  /** int32 */
  indices: Tensor;
}

/** The largest element of all (as `amax`), or with `dim` the largest along it and where. The first of equals wins. */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function max(
  x: Tensor,
  dim?: number,
  options: ReduceOptions = {},
): Tensor | ValuesAndIndices {
  if (dim === undefined) return extreme("max", maxima, x, null, {});
  return along("max", maximaAt, x, dim, options);
}

/** The smallest element of all (as `amin`), or with `dim` the smallest along it and where. The first of equals wins. */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function min(
  x: Tensor,
  dim?: number,
  options: ReduceOptions = {},
): Tensor | ValuesAndIndices {
  if (dim === undefined) return extreme("min", minima, x, null, {});
  return along("min", minimaAt, x, dim, options);
}

function along(
  op: string,
  fs: Folds,
  x: Tensor,
  dim: number,
  { keepdim = false }: ReduceOptions,
): ValuesAndIndices {
  const at = checkDim(op, dim, x.ndim);
  return tidy(() => {
    if (x.ndim === 0) return { values: reshape(x, []), indices: cast(mul(x.detach(), 0), "int32") };
    const indices = fold(op, fs, x, [at], true, "int32");
    const values = x.gather(at, indices);
    return keepdim
      ? { values, indices }
      : { values: values.squeeze(at), indices: indices.squeeze(at) };
  });
}

/** Where the largest element stands: along `dim`, or in row-major order of all; int32. NaN wins, then the first. */
export function argmax(x: Tensor, dim?: number | null, options: ReduceOptions = {}): Tensor {
  return position("argmax", maximaAt, x, dim, options);
}

/** Where the smallest element stands: along `dim`, or in row-major order of all; int32. NaN wins, then the first. */
export function argmin(x: Tensor, dim?: number | null, options: ReduceOptions = {}): Tensor {
  return position("argmin", minimaAt, x, dim, options);
}

function position(
  op: string,
  fs: Folds,
  x: Tensor,
  dim: number | null | undefined,
  options: ReduceOptions,
): Tensor {
  const over = dim == null ? checkDims(op, null, x.ndim) : [checkDim(op, dim, x.ndim)];
  return fold(op, fs, x, x.ndim === 0 ? [] : over, options.keepdim ?? false, "int32");
}

export interface VarianceOptions extends ReduceOptions {
  /** Degrees of freedom that are taken off: the divisor is n - correction. Default: 1. */
  correction?: number;
}

/** The variance over `dims`: the sum of (x - mean)^2 / (n - correction); NaN when that is 0. */
export function variance(x: Tensor, dims?: Dims, options: VarianceOptions = {}): Tensor {
  const over = checkDims("var", dims, x.ndim);
  const { correction = 1, keepdim = false } = options;
  checkFloat("var", "x", x);
  const n = countOf(x, over);
  const [kernel, taken] = [kernels.varF32, f32(correction)];
  const out = reduceOver("var", kernel, foldUnits, x, over, keepdim, "float32", taken);
  return record("var", out, [x], { x }, (dy, { x }) => [
    // d var/dx = 2 (x - mean) / (n - correction)
    () => {
      const centred = sub(x, mean(x, over, { keepdim: true }));
      return mul(spread(dy, x.shape, over), mul(centred, 2 / (n - correction)));
    },
  ]);
}

/** The standard deviation: the square root of the variance. Its gradient is 0 where it is 0. */
export function std(x: Tensor, dims?: Dims, options: VarianceOptions = {}): Tensor {
  const over = checkDims("std", dims, x.ndim);
  const { correction = 1 } = options;
  const n = countOf(x, over);
  const out = tidy(() => withGrad(false, () => sqrt(variance(x, dims, options))));
  return record("std", out, [x], { x, out }, (dy, { x, out }) => [
    // d std/dx = (x - mean) / ((n - correction) std)
    () => {
      const slope = where(eq(out, 0), 0, div(dy, mul(out, n - correction)));
      return mul(spread(slope, x.shape, over), sub(x, mean(x, over, { keepdim: true })));
    },
  ]);
}

function truth(
  op: string,
  kernel: FoldKernel,
  x: Tensor,
  dims: Dims | undefined,
  { keepdim = false }: ReduceOptions,
): Tensor {
  const over = checkDims(op, dims, x.ndim);
  return withCast(x, "bool", (x) => reduceOver(op, kernel, countUnits, x, over, keepdim, "bool"));
}

/** Whether any element over `dims` is not 0; bool. */
export function any(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  return truth("any", kernels.anyBool, x, dims, options);
}

/** Whether all elements over `dims` are not 0; bool. */
export function all(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  return truth("all", kernels.allBool, x, dims, options);
}
