// Methods of elementwise functions, binary and ternary ops, bitwise ops, activations.
import { allclose, equal, isclose } from "../ops/closeness.js";
import { Tensor } from "../autograd/tensor.js";
import { relu } from "../ops/activations.js";
import { neg, pow, square } from "../ops/arithmetic.js";
import { becomes } from "../ops/inplace.js";
import {
  abs,
  ceil,
  clamp,
  cos,
  exp,
  expm1,
  floor,
  log,
  log1p,
  reciprocal,
  round,
  rsqrt,
  sigmoid,
  sin,
  sqrt,
  tanh,
  trunc,
} from "../ops/math.js";
import { hardshrink, prelu } from "../ops/bends.js";
import { addcdiv, addcmul, lerp } from "../ops/mixed.js";
import {
  atan2,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  floorDivide,
  fmax,
  fmin,
  fmod,
  hypot,
  logaddexp,
  remainder,
  xlogy,
} from "../ops/pairs.js";
import {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cbrt,
  cosh,
  digamma,
  erfc,
  erfinv,
  exp2,
  frac,
  lgamma,
  log10,
  log2,
  logit,
  nanToNum,
  sinh,
} from "../ops/special.js";

type Op = (x: Tensor, ...rest: never[]) => Tensor;
type Twins<F> = { [K in keyof F as `${K & string}_`]: F[K] };

/** x.exp_() and so on: the op's result in x's own memory, where its shape and dtype allow it. */
function twins<F extends object>(ops: F): Twins<F> {
  // Without a constraint on F: it would be checked against Tensor, which has these very methods.
  const made = (Object.entries(ops) as [string, Op][]).map(([name, op]) => [
    `${name}_`,
    (x: Tensor, ...rest: never[]) => {
      const others = rest.filter((a: unknown) => a instanceof Tensor);
      return becomes(`${name}_`, x, others, (x) => op(x, ...rest));
    },
  ]);
  return Object.fromEntries(made) as Twins<F>;
}

export const pointwiseMethods = {
  ...{ exp2, log2, log10, cbrt, asin, acos, atan, sinh, cosh, asinh, acosh, atanh },
  ...{ erfc, erfinv, lgamma, digamma, logit, frac, nanToNum },
  ...{ atan2, hypot, fmax, fmin, logaddexp, xlogy, remainder, fmod, floorDivide },
  ...{ bitwiseAnd, bitwiseOr, bitwiseXor, bitwiseNot, bitwiseLeftShift, bitwiseRightShift },
  ...{ lerp, addcmul, addcdiv, isclose, allclose, equal },
  // Of the rarer activations those that PyTorch's tensors have, too.
  ...{ prelu, hardshrink },
  ...twins({ abs, ceil, clamp, cos, exp, expm1, floor, log, log1p, neg, pow, reciprocal, relu }),
  ...twins({ round, rsqrt, sigmoid, sin, sqrt, square, tanh, trunc, nanToNum, erfinv }),
  ...twins({ remainder, fmod, floorDivide, bitwiseAnd, bitwiseOr, bitwiseXor, bitwiseNot }),
  ...twins({ lerp, addcmul, addcdiv }),
};
