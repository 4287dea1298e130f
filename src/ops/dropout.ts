// Dropout of whole channels, and the dropout that keeps the mean and variance of SELU's outputs.
import { checkFloat } from "../core/dtype.js";
import { type Shape, checkRank } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add, mul, sub } from "./arithmetic.js";
import { ones } from "./creation.js";
import {
  bernoulli,
  checkProbability,
  dropout,
  type DropoutOptions,
  generatorOf,
} from "./random.js";

/** [N, C, 1, ...]: a channel's elements share their fate. */
function channels(op: string, x: Tensor): Shape {
  checkFloat(op, "x", x);
  checkRank(op, x, 2);
  return x.shape.map((n, i) => (i < 2 ? n : 1));
}

/**
 * Zeroes whole channels with probability p and multiplies the others by 1 / (1 - p) (Tompson et al., 2015).
 * @param x [N, C, ...] with any number of dims behind the channels'
 */
export function featureDropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  const shape = channels("featureDropout", x);
  const generator = generatorOf("featureDropout", options);
  checkProbability("featureDropout", p);
  if (options.training === false || p === 0) return x;
  return tidy(() => mul(x, dropout(ones(shape), p, { generator })));
}

/** What SELU tends to for very negative inputs: -lambda alpha (Klambauer et al., 2017). */
const SELU_LOW = -1.7580993408473766;

/**
 * Sets elements to SELU's lower limit with probability p, then scales and shifts all, so that mean 0 and
 * variance 1 stay (Klambauer et al., 2017).
 */
export function alphaDropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  checkFloat("alphaDropout", "x", x);
  return alphaDropped("alphaDropout", x, x.shape, p, options);
}

/** `alphaDropout` of whole channels of [N, C, ...]. */
export function featureAlphaDropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  return alphaDropped("featureAlphaDropout", x, channels("featureAlphaDropout", x), p, options);
}

function alphaDropped(
  op: string,
  x: Tensor,
  shape: Shape,
  p: number,
  options: DropoutOptions,
): Tensor {
  const generator = generatorOf(op, options);
  checkProbability(op, p);
  if (options.training === false || p === 0) return x;
  if (p === 1) return mul(x, 0);
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * SELU_LOW * SELU_LOW));
  return tidy(() => {
    const kept = bernoulli(shape, 1 - p, { generator });
    // scale (x kept + low (1 - kept)) - scale p low
    const shift = mul(sub(1 - p, kept), scale * SELU_LOW);
    return add(mul(x, mul(kept, scale)), shift);
  });
}
