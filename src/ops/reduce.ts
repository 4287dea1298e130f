// Reductions over any dims: sums, means, extremes, their positions, variance. The kernels reduce the
// middle of [outer, R, inner]: of dims that do not lie together one run after the other, or (variance) all
// at once of a copy. Every order of summation is fixed by the shape alone.
import { DTypeError } from "../core/errors.js";
import { checkFloat, type DType } from "../core/dtype.js";
import {
  checkDim,
  checkDims,
  reducedShape,
  sizeOf,
  checkNumber,
  checkOptions,
} from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import type { Kernel } from "../kernels/loader.js";
import { kernels } from "../kernels/loader.js";
import { f32, run } from "../kernels/run.js";
import { foldUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { div, mul, sub } from "./arithmetic.js";
import { eq, where } from "./compare.js";
import { cast } from "./convert.js";
import { found } from "./indexing.js";
import { sqrt } from "./math.js";
import { checkFilled, shared, whole } from "./extremes.js";
import { reduced, spread, withMiddle } from "./middle.js";
import { reshape } from "./views.js";

/** One dim, several, or (undefined, null, []) all. */
export type Dims = number | readonly number[] | null;

export interface ReduceOptions {
  /** Keep the reduced dims with size 1. Default: false. */
  keepdim?: boolean;
}

type SumKernel = Kernel<[number, number, number, number]>;

function sumOf(
  op: string,
  x: Tensor,
  dims: readonly number[],
  keepdim: boolean,
  mean: boolean,
): Tensor {
  const dtype: DType = x.dtype === "float32" || mean ? "float32" : "int32";
  const from = mean ? cast(x, "float32") : x;
  const out = reduced(op, from, dims, keepdim, dtype, (x, out, { outer, R, inner }) => {
    const units = x.dtype === "bool" ? outer * inner : foldUnits(outer, inner);
    if (dtype === "float32") {
      run(kernels.sumF32, units, x.address(), out.address(), R, inner, f32(mean ? R : 1));
    } else {
      const kernel: SumKernel = x.dtype === "bool" ? kernels.sumBool : kernels.sumI32;
      run(kernel, units, x.address(), out.address(), R, inner);
    }
  });
  if (from !== x) from.dispose();
  return out;
}

/** The sum over `dims`. Bools are counted; bool and int32 give int32. */
export function sum(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  const over = checkDims("sum", dims, x, options);
  return record("sum", sumOf("sum", x, over, options.keepdim ?? false, false), [x], {}, (dy) => [
    (shape) => spread(dy, shape, over), // each element counts once
  ]);
}

/** The arithmetic mean over `dims`; float32. NaN over no elements. */
export function mean(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  const over = checkDims("mean", dims, x, options);
  const n = sizeOf(over.map((d) => x.shape[d]!));
  return record("mean", sumOf("mean", x, over, options.keepdim ?? false, true), [x], {}, (dy) => [
    (shape) => spread(div(dy, n), shape, over), // each element counts 1/n
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
  checkFilled(op, x, dims);
  const kernel = fs[x.dtype];
  return reduced(op, x, dims, keepdim, dtype ?? x.dtype, (x, out, { outer, R, inner }) => {
    run(kernel, foldUnits(outer, inner), x.address(), out.address(), R, inner);
  });
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
  const over = checkDims(op, dims, x, options);
  const among = (y: Tensor): Tensor => fold(op, fs, y, over, options.keepdim ?? false);
  const out = x.dtype === "bool" ? tidy(() => cast(among(whole(x)), "bool")) : among(x);
  return shared(op, out, x, over);
}

/** Values of a reduction along a dim and where they stand in it. */
export interface ValuesAndIndices {
  /** What was found. */
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
  options: ReduceOptions,
): ValuesAndIndices {
  const at = checkDim(op, dim, x);
  checkOptions(op, options);
  return tidy(() => {
    if (x.ndim === 0) return { values: reshape(x, []), indices: cast(mul(detach(x), 0), "int32") };
    return found(x, at, fold(op, fs, whole(x), [at], true, "int32"), options);
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
  const at = dim == null ? null : checkDim(op, dim, x); // one dim, or all: not several
  const over = checkDims(op, at, x, options);
  return fold(op, fs, x, over, options.keepdim ?? false, "int32");
}

export interface VarianceOptions extends ReduceOptions {
  /** Degrees of freedom that are taken off: the divisor is n - correction. Default: 1. */
  correction?: number;
}

/** The variance over `dims`: the sum of (x - mean)^2 / max(0, n - correction), as in PyTorch. */
export function variance(x: Tensor, dims?: Dims, options: VarianceOptions = {}): Tensor {
  const over = checkDims("variance", dims, x, options);
  const correction = checkNumber("variance", "correction", options.correction ?? 1);
  checkFloat("variance", "x", x);
  const shape = reducedShape(x.shape, over, options.keepdim ?? false);
  const n = sizeOf(over.map((d) => x.shape[d]!));
  const out = withMiddle(x, over, (x, { outer, R, inner }) => {
    const out = allocateShape("variance", shape, "float32");
    const units = foldUnits(outer, inner);
    run(kernels.varF32, units, x.address(), out.address(), R, inner, f32(correction));
    return out;
  });
  return record("variance", out, [x], { x }, (dy, { x }) => [
    // d var/dx = 2 (x - mean) / (n - correction)
    () => {
      const centred = sub(x, mean(x, over, { keepdim: true }));
      return mul(spread(dy, x.shape, over), mul(centred, 2 / Math.max(0, n - correction)));
    },
  ]);
}

/** The standard deviation: the square root of the variance. Its gradient is 0 where it is 0. */
export function std(x: Tensor, dims?: Dims, options: VarianceOptions = {}): Tensor {
  const over = checkDims("std", dims, x, options);
  const correction = checkNumber("std", "correction", options.correction ?? 1);
  checkFloat("std", "x", x);
  const n = sizeOf(over.map((d) => x.shape[d]!));
  const out = tidy(() => withGrad(false, () => sqrt(variance(x, dims, options))));
  return record("std", out, [x], { x, out }, (dy, { x, out }) => [
    // d std/dx = (x - mean) / ((n - correction) std)
    () => {
      const slope = where(eq(out, 0), 0, div(dy, mul(out, Math.max(0, n - correction))));
      return mul(spread(slope, x.shape, over), sub(x, mean(x, over, { keepdim: true })));
    },
  ]);
}

function truth(
  op: string,
  kernel: FoldKernel,
  x: Tensor,
  dims: Dims | undefined,
  options: ReduceOptions,
): Tensor {
  const over = checkDims(op, dims, x, options);
  const from = cast(x, "bool");
  const keepdim = options.keepdim ?? false;
  const out = reduced(op, from, over, keepdim, "bool", (x, out, { outer, R, inner }) => {
    run(kernel, outer * inner, x.address(), out.address(), R, inner);
  });
  if (from !== x) from.dispose();
  return out;
}

/** Whether any element over `dims` is not 0; bool. */
export function any(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  return truth("any", kernels.anyBool, x, dims, options);
}

/** Whether all elements over `dims` are not 0; bool. */
export function all(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  return truth("all", kernels.allBool, x, dims, options);
}
