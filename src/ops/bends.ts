// Activation functions composed of other ops, whose derivatives they have: pieces of lines
// (hardtanh, hardshrink, threshold ...) and curves (mish, selu, glu ...).
import { ShapeError, ValueError } from "../core/errors.js";
import { tensorOf } from "../core/dtype.js";
import { shapeOf, checkDim, checkNumber, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { elu, leakyRelu, softplus } from "./activations.js";
import { add, div, mul, neg, sub } from "./arithmetic.js";
import { ge, gt, le, logicalOr, where } from "./compare.js";
import { abs, clamp, expm1, sigmoid, tanh } from "./math.js";
import { generatorOf, type RandomOptions, uniform } from "./random.js";
import { softmax } from "./softmax.js";
import { narrow, reshape } from "./views.js";

/** x limited to [min, max]; the slope is 1 between the two, and 0 at them and beyond. */
export function hardtanh(x: Tensor, min = -1, max = 1): Tensor {
  checkNumber("hardtanh", "min", min, -Infinity, max);
  const out = noGrad(() => clamp(tensorOf("hardtanh", x), min, max));
  return record("hardtanh", out, [x], { x }, (dy, { x }) => [
    () => where(logicalOr(le(x, min), ge(x, max)), 0, dy),
  ]);
}

/** x limited to [0, 6]; the slope at both ends is 0. */
export function relu6(x: Tensor): Tensor {
  return hardtanh(x, 0, 6);
}

/** Sigmoid as a line: (x + 3) / 6 limited to [0, 1]. */
export function hardsigmoid(x: Tensor): Tensor {
  return tidy(() => div(relu6(add(x, 3)), 6));
}

/** x hardsigmoid(x) (Howard and others, 2019); its slopes at -3 and 3 are those of the parabola. */
export function hardswish(x: Tensor): Tensor {
  return tidy(() => div(mul(x, clamp(add(x, 3), 0, 6)), 6));
}

/** x tanh(ln(1 + e^x)) (Misra, 2019). */
export function mish(x: Tensor): Tensor {
  return tidy(() => mul(x, tanh(softplus(x))));
}

/** s elu(x, a) with the constants that keep mean and variance (Klambauer and others, 2017). */
export function selu(x: Tensor): Tensor {
  return tidy(() => mul(elu(x, 1.6732632423543772), 1.0507009873554805));
}

/** x where x > 0, else alpha (e^(x / alpha) - 1). */
export function celu(x: Tensor, alpha = 1): Tensor {
  if (alpha === 0) throw new ValueError("celu", "alpha must not be 0");
  if (alpha === 1) return elu(x);
  return tidy(() => where(gt(x, 0), x, mul(expm1(div(clamp(x, -Infinity, 0), alpha)), alpha)));
}

/**
 * The first half of a dim times the sigmoid of the second (Dauphin and others, 2016).
 * @throws ShapeError for a dim of odd size.
 */
export function glu(x: Tensor, dim = -1): Tensor {
  const at = checkDim("glu", dim, x);
  const size = x.shape[at] ?? 1;
  if (size % 2 !== 0) throw new ShapeError("glu", `dim ${dim} must be of even size: got ${size}`);
  const half = size / 2;
  return tidy(() => mul(narrow(x, at, 0, half), sigmoid(narrow(x, at, half, half))));
}

/**
 * x where x > 0, else weight x. weight has one element, or one for each channel (dim 1).
 * @throws ShapeError for another weight.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const n = tensorOf("prelu", weight).numel();
  const channels = shapeOf("prelu", x)[1] ?? 1;
  if (weight.ndim > 1 || (n !== 1 && n !== channels)) {
    misfit("prelu", "weight must have one element or one a channel", x, weight);
  }
  return tidy(() => {
    const w = reshape(weight, n === 1 ? [] : [n, ...x.shape.slice(2).map(() => 1)]);
    const above = gt(x, 0);
    // 0, not x: an infinite one would make the weight's slope 0 times Infinity.
    return where(above, x, mul(w, where(above, 0, x)));
  });
}

export interface RreluOptions extends Pick<RandomOptions, "generator"> {
  /** The least slope. Default: 1 / 8. */
  lower?: number;
  /** The greatest slope. Default: 1 / 3. */
  upper?: number;
  /** Whether slopes are drawn; without it the slope is the mean of lower and upper. Default: false. */
  training?: boolean;
}

/** x where x > 0, else x times a slope drawn for each element (Xu and others, 2015). */
export function rrelu(x: Tensor, options: RreluOptions = {}): Tensor {
  const generator = generatorOf("rrelu", options);
  const { lower = 1 / 8, upper = 1 / 3, training = false } = options;
  checkNumber("rrelu", "lower", lower, -Infinity, upper);
  if (!training) return leakyRelu(x, (lower + upper) / 2);
  return tidy(() => {
    const slopes = uniform(shapeOf("rrelu", x), lower, upper, { generator });
    return where(gt(x, 0), x, mul(x, slopes));
  });
}

/** x / (1 + |x|). */
export function softsign(x: Tensor): Tensor {
  return tidy(() => div(x, add(abs(x), 1)));
}

/** x - tanh(x). */
export function tanhshrink(x: Tensor): Tensor {
  return tidy(() => sub(x, tanh(x)));
}

/** x moved by lambd towards 0, and 0 where |x| <= lambd. */
export function softshrink(x: Tensor, lambd = 0.5): Tensor {
  checkNumber("softshrink", "lambd", lambd, 0);
  return tidy(() => sub(x, clamp(x, -lambd, lambd)));
}

/** x, but 0 where |x| <= lambd. */
export function hardshrink(x: Tensor, lambd = 0.5): Tensor {
  return tidy(() =>
    where(
      noGrad(() => le(abs(x), lambd)),
      0,
      x,
    ),
  );
}

/** x, but value where x <= threshold. */
export function threshold(x: Tensor, threshold: number, value: number): Tensor {
  return tidy(() => where(le(x, threshold), value, x));
}

/** ln sigmoid(x) = -softplus(-x). */
export function logsigmoid(x: Tensor): Tensor {
  return tidy(() => neg(softplus(neg(x))));
}

/** softmax(-x) along a dim: the smaller, the more. */
export function softmin(x: Tensor, dim: number): Tensor {
  return tidy(() => softmax(neg(x), dim));
}
