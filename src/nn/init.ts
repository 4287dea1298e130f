// Initialisations of parameters, in place and unrecorded, with PyTorch's names and defaults. What draws
// takes float32 alone (else a DTypeError); constants go into every dtype.
import { checkFloat } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import type { Shape } from "../core/shape.js";
import { withGrad } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { copy_, fill_ } from "../ops/inplace.js";
import { normal, uniform } from "../ops/random.js";

function draw(x: Tensor, make: () => Tensor): Tensor {
  checkFloat("init", "x", x);
  // No inputs: bounds that divide by them are infinite, and there is nothing to draw.
  if (x.numel() === 0) return x;
  return withGrad(false, () => {
    const values = make();
    copy_(x, values);
    values.dispose();
    return x;
  });
}

/** Uniform in [low, high). Default: [0, 1). */
export function uniform_(x: Tensor, low = 0, high = 1): Tensor {
  return draw(x, () => uniform(x.shape, low, high));
}

/** Normal. Default: mean 0, standard deviation 1. */
export function normal_(x: Tensor, mean = 0, std = 1): Tensor {
  return draw(x, () => normal(mean, std, x.shape));
}

/** All equal to `value`. */
export function constant_(x: Tensor, value: number): Tensor {
  return withGrad(false, () => fill_(x, value));
}

/** All 0. */
export function zeros_(x: Tensor): Tensor {
  return constant_(x, 0);
}

/** All 1. */
export function ones_(x: Tensor): Tensor {
  return constant_(x, 1);
}

/**
 * Values that one output is summed from, and outputs that one input goes to: for a weight
 * [out, in, ...kernel], in and out times the kernel's elements.
 */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) throw new ValueError("init", "fans need a weight of at least 2 dims");
  const kernel = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1]! * kernel, fanOut: shape[0]! * kernel };
}

/**
 * He et al. (2015): uniform within sqrt(6 / ((1 + a^2) fanIn)).
 * @param a negative slope of the leaky relu that follows. Default: 0.
 */
export function kaimingUniform_(x: Tensor, a = 0): Tensor {
  const bound = Math.sqrt(6 / ((1 + a * a) * fans(x.shape).fanIn));
  return uniform_(x, -bound, bound);
}

/** He et al. (2015): normal with standard deviation sqrt(2 / ((1 + a^2) fanIn)). */
export function kaimingNormal_(x: Tensor, a = 0): Tensor {
  return normal_(x, 0, Math.sqrt(2 / ((1 + a * a) * fans(x.shape).fanIn)));
}

/** Glorot and Bengio (2010): uniform within gain sqrt(6 / (fanIn + fanOut)). */
export function xavierUniform_(x: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans(x.shape);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(x, -bound, bound);
}

/** Glorot and Bengio (2010): normal with standard deviation gain sqrt(2 / (fanIn + fanOut)). */
export function xavierNormal_(x: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans(x.shape);
  return normal_(x, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}
