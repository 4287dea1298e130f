// Reductions that are made of others: norms, mean and spread together, sums and means without NaN,
// counts, both extremes.
import { ValueError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import { checkDim, checkNumber, checkDims, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { div } from "./arithmetic.js";
import { isnan, logicalNot, where } from "./compare.js";
import { withCast } from "./convert.js";
import { matrixNorm } from "./distances.js";
import { pNorm } from "./norms.js";
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
 * @param p default 2 ("fro" is the same); "nuc", over two dims, is `matrixNorm`'s
 */
export function norm(
  x: Tensor,
  p: number | "fro" | "nuc" = 2,
  dims?: Dims,
  options: ReduceOptions = {},
): Tensor {
  checkFloat("norm", "x", x);
  if (p === "nuc") {
    const over = checkDims("norm", dims, x);
    if (over.length !== 2) throw new ValueError("norm", `"nuc" takes two dims: got ${over.length}`);
    return matrixNorm(x, p, over as [number, number], options);
  }
  const power = p === "fro" ? 2 : p;
  return pNorm("norm", x, checkNumber("norm", "p", power), dims, options);
}

/** `[variance, mean]` over `dims`. */
export function varMean(
  x: Tensor,
  dims?: Dims,
  options: VarianceOptions = {},
): [variance: Tensor, mean: Tensor] {
  checkOptions("varMean", options);
  return [variance(x, dims, options), mean(x, dims, options)];
}

/** `[std, mean]` over `dims`. */
export function stdMean(
  x: Tensor,
  dims?: Dims,
  options: VarianceOptions = {},
): [std: Tensor, mean: Tensor] {
  checkOptions("stdMean", options);
  return [std(x, dims, options), mean(x, dims, options)];
}

/** The sum over `dims` of what is not NaN. */
export function nansum(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  checkDims("nansum", dims, x, options);
  return tidy(() => sum(x.dtype === "float32" ? where(isnan(x), 0, x) : x, dims, options));
}

/** The mean over `dims` of what is not NaN; NaN where all are. */
export function nanmean(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  checkFloat("nanmean", "x", x);
  checkDims("nanmean", dims, x, options);
  return tidy(() => div(nansum(x, dims, options), sum(logicalNot(isnan(x)), dims, options)));
}

/** How many elements over `dims` are not 0; int32. */
export function countNonzero(x: Tensor, dims?: Dims): Tensor {
  checkDims("countNonzero", dims, x);
  return withCast("countNonzero", x, "bool", (truth) => sum(truth, dims));
}

export interface AminmaxOptions extends ReduceOptions {
  /** The dim to reduce. Default: all. */
  dim?: number | null;
}

/** The smallest and the largest element, of all or along a dim; NaN wins. */
export function aminmax(x: Tensor, options: AminmaxOptions = {}): { min: Tensor; max: Tensor } {
  const { dim, keepdim = false } = checkOptions("aminmax", options);
  const over = checkDims("aminmax", dim == null ? null : checkDim("aminmax", dim, x), x);
  return { min: amin(x, over, { keepdim }), max: amax(x, over, { keepdim }) };
}
