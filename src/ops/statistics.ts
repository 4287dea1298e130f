// Reductions that are made of others: norms, mean and spread together, sums and means without NaN,
// counts, both extremes.
import { ValueError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import { checkDim, checkDims } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { div, mul, pow, square } from "./arithmetic.js";
import { eq, isnan, logicalNot, ne, where } from "./compare.js";
import { cast, to } from "./convert.js";
import { zerosLike } from "./creation.js";
import { abs, sqrt } from "./math.js";
import { spread } from "./middle.js";
import {
  amax,
  amin,
  type Dims,
  mean,
  type ReduceOptions,
  std,
  sum,
  type VarianceOptions,
  variance,
} from "./reduce.js";

/**
 * The p-norm over `dims`: (sum of |x|^p)^(1/p); p = 0 counts what is not 0, Infinity and -Infinity are
 * the largest and the smallest |x|. The gradient is 0 where the norm is, and at elements that are 0.
 * @param p default 2 ("fro" is the same)
 */
export function norm(
  x: Tensor,
  p: number | "fro" = 2,
  dims?: Dims,
  options: ReduceOptions = {},
): Tensor {
  checkFloat("norm", "x", x);
  const power = p === "fro" ? 2 : p;
  if (typeof power !== "number" || Number.isNaN(power)) {
    throw new ValueError("norm", `p must be a number or "fro": got ${String(p)}`);
  }
  const over = checkDims("norm", dims, x.ndim);
  return tidy(() => {
    if (power === Infinity) return amax(abs(x), dims, options);
    if (power === -Infinity) return amin(abs(x), dims, options);
    if (power === 0) return zeroNorm(x, dims, options);
    if (power === 1) return sum(abs(x), dims, options);
    const out = withGrad(false, () => {
      const terms = power === 2 ? square(x) : pow(abs(x), power);
      const total = sum(terms, dims, options);
      return power === 2 ? sqrt(total) : pow(total, 1 / power);
    });
    return record("norm", out, [x], { x, out }, (dy, { x, out }) => [
      () => {
        // d/dx = x |x|^(p-2) out^(1-p), and 0 where x or out is
        const zero = eq(out, 0);
        const safe = where(zero, 1, out);
        const slope = div(where(zero, 0, dy), power === 2 ? safe : pow(safe, power - 1));
        const size = power === 2 ? x : mul(x, pow(abs(where(eq(x, 0), 1, x)), power - 2));
        return mul(size, spread(slope, x.shape, over));
      },
    ]);
  });
}

/** How many elements are not 0: a step function. */
function zeroNorm(x: Tensor, dims: Dims | undefined, options: ReduceOptions): Tensor {
  const out = to(sum(ne(x, 0), dims, options), "float32");
  return record("norm", out, [x], { x }, (_, { x }) => [() => zerosLike(x)]);
}

/** `[variance, mean]` over `dims`. */
export function varMean(
  x: Tensor,
  dims?: Dims,
  options: VarianceOptions = {},
): [variance: Tensor, mean: Tensor] {
  return [variance(x, dims, options), mean(x, dims, options)];
}

/** `[std, mean]` over `dims`. */
export function stdMean(
  x: Tensor,
  dims?: Dims,
  options: VarianceOptions = {},
): [std: Tensor, mean: Tensor] {
  return [std(x, dims, options), mean(x, dims, options)];
}

/** The sum over `dims` of what is not NaN. */
export function nansum(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  checkDims("nansum", dims, x.ndim);
  return tidy(() => sum(x.dtype === "float32" ? where(isnan(x), 0, x) : x, dims, options));
}

/** The mean over `dims` of what is not NaN; NaN where all are. */
export function nanmean(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  checkFloat("nanmean", "x", x);
  checkDims("nanmean", dims, x.ndim);
  return tidy(() => div(nansum(x, dims, options), sum(logicalNot(isnan(x)), dims, options)));
}

/** How many elements over `dims` are not 0; int32. */
export function countNonzero(x: Tensor, dims?: Dims): Tensor {
  checkDims("countNonzero", dims, x.ndim);
  const truth = cast(x, "bool");
  const out = sum(truth, dims);
  if (truth !== x) truth.dispose();
  return out;
}

export interface AminmaxOptions extends ReduceOptions {
  /** The dim to reduce. Default: all. */
  dim?: number | null;
}

/** The smallest and the largest element, of all or along a dim; NaN wins. */
export function aminmax(
  x: Tensor,
  { dim, keepdim = false }: AminmaxOptions = {},
): { min: Tensor; max: Tensor } {
  const over = dim == null ? checkDims("aminmax", dim, x.ndim) : [checkDim("aminmax", dim, x.ndim)];
  return { min: amin(x, over, { keepdim }), max: amax(x, over, { keepdim }) };
}
