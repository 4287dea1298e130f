// Initialisations of parameters, in place and unrecorded, with PyTorch's names and defaults. What draws
// takes float32 alone (else a DTypeError); constants go into every dtype.
import { checkFloat, shown } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import {
  checkInt,
  checkList,
  checkWord,
  shapeOf,
  type Shape,
  checkOptions,
} from "../core/shape.js";
import { withGrad } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { add, mul, sub } from "../ops/arithmetic.js";
import { lt, where } from "../ops/compare.js";
import { eye, tensor } from "../ops/creation.js";
import { qr } from "../ops/decompose.js";
import { copy_, fill_ } from "../ops/inplace.js";
import { clamp, erf, sign } from "../ops/math.js";
import { tile } from "../ops/movement.js";
import { pad } from "../ops/padding.js";
import { checkProbability, normal, rand, randn, uniform } from "../ops/random.js";
import { argsort } from "../ops/sort.js";
import { erfinv } from "../ops/special.js";
import { diagonal } from "../ops/strided.js";
import { reshape, transpose, unbind } from "../ops/views.js";
import { lasting } from "./module.js";

function write(x: Tensor, make: () => Tensor): Tensor {
  // No inputs: bounds that divide by them are infinite, and there is nothing to write.
  return x.numel() === 0 ? x : lasting(() => copy_(x, make()));
}

function draw(x: Tensor, make: () => Tensor): Tensor {
  checkFloat("init", "x", x);
  return write(x, make);
}

function checkRank(x: { readonly shape: Shape }, least: number, most?: number): void {
  checkInt("init", "the number of dims", shapeOf("init", x).length, least, most);
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
 * Normal, but drawn again where it falls outside of [a, b]: by the inverse of the distribution function, as in
 * PyTorch. Default: mean 0, standard deviation 1, [-2, 2].
 * @throws ValueError for a standard deviation that is not above 0, a > b, no finite mean
 */
export function truncNormal_(x: Tensor, mean = 0, std = 1, a = -2, b = 2): Tensor {
  if (!(std > 0 && a <= b && Math.abs(mean) < Infinity)) {
    throw new ValueError("init", `std must be > 0, a <= b: got ${shown([mean, std, a, b])}`);
  }
  return draw(x, () => {
    const unit = std * Math.SQRT2;
    const [low, high] = unbind(erf(tensor([(a - mean) / unit, (b - mean) / unit])));
    const y = erfinv(add(low!, mul(rand(x.shape), sub(high!, low!))));
    return clamp(add(mul(y, unit), mean), a, b);
  });
}

/** The identity: 1 at [i, i], else 0. @throws ValueError unless x is a matrix */
export function eye_(x: Tensor): Tensor {
  checkRank(x, 2, 2);
  return write(x, () => eye(x.shape[0]!, x.shape[1], { dtype: x.dtype }));
}

/**
 * A convolution's weight [out, in / groups, ...kernel] that passes on its inputs, as many as there are outputs:
 * in each group 1 in the middle of kernel [i, i], else 0.
 * @throws ValueError unless x has 3 to 5 dims, the first of which `groups` divides
 */
export function dirac_(x: Tensor, groups = 1): Tensor {
  checkRank(x, 3, 5);
  checkInt("init", "groups", groups, 1);
  const [out, cols, ...kernel] = x.shape as [number, number, ...number[]];
  checkInt("init", "out / groups", out / groups);
  return write(x, () => {
    const one = eye(out / groups, cols, { dtype: x.dtype });
    const all = tile(one, [groups, 1]);
    const points = reshape(all, [out, cols, ...kernel.map(() => 1)]);
    return pad(points, kernel.reverse().flatMap((k) => [k >> 1, (k - 1) >> 1])); // prettier-ignore
  });
}

/**
 * A matrix with orthonormal rows or columns, whichever are fewer, times `gain`; of more dims, all but the first
 * are its columns (Saxe et al., 2013). Uniformly distributed among all such matrices.
 * @throws ValueError for fewer than 2 dims
 */
export function orthogonal_(x: Tensor, gain = 1): Tensor {
  checkRank(x, 2);
  return draw(x, () => {
    const rows = x.shape[0]!;
    const cols = x.numel() / rows;
    const { Q, R } = qr(randn([Math.max(rows, cols), Math.min(rows, cols)]));
    // The signs that make R's diagonal positive: without them Q is not uniform.
    const q = mul(Q, mul(sign(diagonal(R)), gain));
    return reshape(rows < cols ? transpose(q, 0, 1) : q, x.shape);
  });
}

/**
 * Normal with mean 0, but 0 in a part of each column: in ceil(sparsity rows) of its elements (Martens, 2010).
 * @throws ValueError unless x is a matrix and the sparsity lies in [0, 1]
 */
export function sparse_(x: Tensor, sparsity: number, std = 0.01): Tensor {
  checkRank(x, 2, 2);
  checkProbability("init", sparsity, "sparsity");
  return draw(x, () => {
    const places = argsort(rand(x.shape), 0);
    return where(lt(places, Math.ceil(sparsity * x.shape[0]!)), 0, normal(0, std, x.shape));
  });
}

/**
 * Values that one output is summed from, and outputs that one input goes to: for a weight
 * [out, in, ...kernel], in and out times the kernel's elements.
 */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  checkRank({ shape: checkList("init", shape) }, 2);
  const kernel = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1]! * kernel, fanOut: shape[0]! * kernel };
}

/** What follows a layer: `calculateGain` has a factor for each. */
export type Nonlinearity =
  | "linear"
  | `conv${1 | 2 | 3}d`
  | `convTranspose${1 | 2 | 3}d`
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leakyRelu"
  | "selu";

/** 2 / gain^2: what divides the variance that a relu needs. */
function divisor(nonlinearity: Nonlinearity, slope: number): number {
  const all: Record<Nonlinearity, number> = {
    ...{ linear: 2, conv1d: 2, conv2d: 2, conv3d: 2 },
    ...{ convTranspose1d: 2, convTranspose2d: 2, convTranspose3d: 2 },
    ...{ sigmoid: 2, tanh: 18 / 25, relu: 1, leakyRelu: 1 + slope * slope, selu: 32 / 9 },
  };
  checkWord("init", "nonlinearity", nonlinearity, Object.keys(all));
  return all[nonlinearity];
}

/**
 * By what a layer's weights are multiplied so that the values keep their variance through a nonlinearity: 1
 * (linear, convolutions, sigmoid), 5/3 (tanh), sqrt(2) (relu), sqrt(2 / (1 + slope^2)) (leakyRelu), 3/4 (selu).
 * @param slope of leakyRelu. Default: 0.01.
 * @throws ValueError for another nonlinearity
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  return Math.sqrt(2 / divisor(nonlinearity, slope));
}

export interface KaimingOptions {
  /** What keeps its variance: values forward, or gradients backward. Default: "fanIn". */
  mode?: "fanIn" | "fanOut";
  /** What follows the layer; `a` is the slope of "leakyRelu" alone. Default: "leakyRelu". */
  nonlinearity?: Nonlinearity;
}

/** 2 fan / gain^2 */
function kaiming(x: Tensor, a: number, options: KaimingOptions): number {
  const { mode = "fanIn", nonlinearity = "leakyRelu" } = checkOptions("init", options);
  const all = fans(shapeOf("init", x));
  checkWord("init", "mode", mode, Object.keys(all));
  return divisor(nonlinearity, a) * all[mode];
}

/**
 * He et al. (2015): uniform within gain sqrt(3 / fan), gain being that of calculateGain.
 * @param a negative slope of the leaky relu that follows. Default: 0.
 * @throws ValueError for fewer than 2 dims, and words that an option doesn't know
 */
export function kaimingUniform_(x: Tensor, a = 0, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(6 / kaiming(x, a, options));
  return uniform_(x, -bound, bound);
}

/**
 * He et al. (2015): normal with standard deviation gain / sqrt(fan).
 * @param a negative slope of the leaky relu that follows. Default: 0.
 * @throws ValueError for fewer than 2 dims, and words that an option doesn't know
 */
export function kaimingNormal_(x: Tensor, a = 0, options: KaimingOptions = {}): Tensor {
  return normal_(x, 0, Math.sqrt(2 / kaiming(x, a, options)));
}

/**
 * Glorot and Bengio (2010): uniform within gain sqrt(6 / (fanIn + fanOut)).
 * @throws ValueError for fewer than 2 dims
 */
export function xavierUniform_(x: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans(shapeOf("init", x));
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(x, -bound, bound);
}

/**
 * Glorot and Bengio (2010): normal with standard deviation gain sqrt(2 / (fanIn + fanOut)).
 * @throws ValueError for fewer than 2 dims
 */
export function xavierNormal_(x: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans(shapeOf("init", x));
  return normal_(x, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}
