// Elementwise functions that are asked for seldom, forward and derivative: one kernel computes them
// all, a number at a time in float64. Bools and int32 compute as float32. Maximum errors in ulp stand
// in assembly/simd/special.ts.
import { checkFloat, is } from "../core/dtype.js";
import { checkInt, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { tidy } from "../memory/scope.js";
import { add, mul, square, sub } from "./arithmetic.js";
import { eq, isnan, lt, where } from "./compare.js";
import { clone } from "./convert.js";
import { apply, clamp, exp, reciprocal, rsqrt, trunc } from "./math.js";

/** A function's place here is its number in assembly/elementwise/special.ts. */
const functions = [
  ...(["exp2", "log2", "log10", "cbrt", "asin", "acos", "atan", "sinh", "cosh"] as const),
  ...(["asinh", "acosh", "atanh", "erfc", "erfinv", "logit", "lgamma", "polygamma"] as const),
] as const;

/** f(x) in float32; `slope` is f'(x), written in ops. n is polygamma's order. */
function special(
  op: (typeof functions)[number],
  x: Tensor,
  slope: (x: Tensor) => Tensor,
  n = 0,
): Tensor {
  const out = apply(op, kernels.specialF32, x, [functions.indexOf(op), n]);
  return record(op, out, [x], { x }, (dy, { x }) => [() => mul(dy, slope(x))]);
}

/** 2^x. */
export function exp2(x: Tensor): Tensor {
  return special("exp2", x, (x) => mul(exp2(x), Math.LN2));
}

/** The logarithm to base 2; -Infinity at 0, NaN below. Exact for powers of 2. */
export function log2(x: Tensor): Tensor {
  return special("log2", x, (x) => reciprocal(mul(x, Math.LN2)));
}

/** The logarithm to base 10; -Infinity at 0, NaN below. */
export function log10(x: Tensor): Tensor {
  return special("log10", x, (x) => reciprocal(mul(x, Math.LN10)));
}

/** The cube root, negative for negative x. */
export function cbrt(x: Tensor): Tensor {
  return special("cbrt", x, (x) => reciprocal(mul(square(cbrt(x)), 3))); // 1 / (3 x^(2/3))
}

/** The angle in [-pi/2, pi/2] whose sine is x; NaN beyond [-1, 1]. */
export function asin(x: Tensor): Tensor {
  return special("asin", x, (x) => rsqrt(sub(1, square(x)))); // 1 / sqrt(1 - x^2)
}

/** The angle in [0, pi] whose cosine is x; NaN beyond [-1, 1]. */
export function acos(x: Tensor): Tensor {
  return special("acos", x, (x) => mul(rsqrt(sub(1, square(x))), -1)); // -1 / sqrt(1 - x^2)
}

/** The angle in [-pi/2, pi/2] whose tangent is x. */
export function atan(x: Tensor): Tensor {
  return special("atan", x, (x) => reciprocal(add(square(x), 1))); // 1 / (1 + x^2)
}

/** The hyperbolic sine, (e^x - e^-x) / 2. */
export function sinh(x: Tensor): Tensor {
  return special("sinh", x, cosh);
}

/** The hyperbolic cosine, (e^x + e^-x) / 2. */
export function cosh(x: Tensor): Tensor {
  return special("cosh", x, sinh);
}

/** The inverse of sinh, ln(x + sqrt(x^2 + 1)). */
export function asinh(x: Tensor): Tensor {
  return special("asinh", x, (x) => rsqrt(add(square(x), 1))); // 1 / sqrt(x^2 + 1)
}

/** The inverse of cosh, ln(x + sqrt(x^2 - 1)); NaN below 1. */
export function acosh(x: Tensor): Tensor {
  return special("acosh", x, (x) => rsqrt(sub(square(x), 1))); // 1 / sqrt(x^2 - 1)
}

/** The inverse of tanh, ln((1 + x) / (1 - x)) / 2; infinite at 1 and -1, NaN beyond. */
export function atanh(x: Tensor): Tensor {
  return special("atanh", x, (x) => reciprocal(sub(1, square(x)))); // 1 / (1 - x^2)
}

/** 1 - erf(x), accurate where that is tiny. */
export function erfc(x: Tensor): Tensor {
  // -2 / sqrt(pi) e^(-x^2)
  return special("erfc", x, (x) => mul(exp(mul(square(x), -1)), -2 / Math.sqrt(Math.PI)));
}

/** The inverse of erf; infinite at 1 and -1, NaN beyond. */
export function erfinv(x: Tensor): Tensor {
  // sqrt(pi) / 2 e^(y^2)
  return special("erfinv", x, (x) => mul(exp(square(erfinv(x))), Math.sqrt(Math.PI) / 2));
}

/** ln |gamma(x)|; infinite at 0, -1, -2, ... */
export function lgamma(x: Tensor): Tensor {
  return special("lgamma", x, digamma);
}

/** The derivative of lgamma; NaN at -1, -2, ..., infinite at 0. */
export function digamma(x: Tensor): Tensor {
  return polygamma(0, x);
}

/**
 * The nth derivative of digamma, n being an integer from 0 to 170: beyond that n! is more than a number holds.
 * @throws ValueError for another n.
 */
export function polygamma(n: number, x: Tensor): Tensor {
  checkInt("polygamma", "n", n, 0, 170);
  return special("polygamma", x, (x) => polygamma(n + 1, x), n);
}

/**
 * ln(x / (1 - x)), the inverse of sigmoid; with `eps`, x is first limited to [eps, 1 - eps]. Without
 * it, NaN beyond [0, 1].
 */
export function logit(x: Tensor, eps: number | null = null): Tensor {
  if (eps !== null) return tidy(() => logit(clamp(x, eps, 1 - eps)));
  return special("logit", x, (x) => {
    const slope = mul(x, sub(1, x)); // 1 / (x (1 - x)), where there is a value
    return reciprocal(where(lt(slope, 0), NaN, slope));
  });
}

/**
 * x - trunc(x): its fraction, with its sign.
 * @throws DTypeError for int32 and bool.
 */
export function frac(x: Tensor): Tensor {
  checkFloat("frac", "x", x);
  return tidy(() => sub(x, trunc(x)));
}

export interface NanToNumOptions {
  /** In the place of NaN. Default: 0. */
  nan?: number;
  /** In the place of Infinity. Default: the greatest float32. */
  posinf?: number;
  /** In the place of -Infinity. Default: the least float32. */
  neginf?: number;
}

/** x with numbers in the place of NaN and infinities, where the gradient is 0; keeps int32 and bool. */
export function nanToNum(x: Tensor, options: NanToNumOptions = {}): Tensor {
  const {
    nan = 0,
    posinf = 3.4028234663852886e38,
    neginf = -3.4028234663852886e38,
  } = checkOptions("nanToNum", options);
  if (!is(x, "float32")) return clone(x);
  return tidy(() => {
    const finite = where(eq(x, Infinity), posinf, where(eq(x, -Infinity), neginf, x));
    return where(isnan(x), nan, finite);
  });
}
