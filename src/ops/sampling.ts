// Random tensors whose distribution other tensors give, and those made of uniform numbers by ops: from
// the same generators as random.ts. None of them is recorded but gumbelSoftmax.
import { ValueError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import { commonShape, checkDim, checkInt, type Shape, checkNumber, misfit } from "../core/shape.js";
import { allocateShape, Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { readStatus, run, statusSlot } from "../kernels/run.js";
import { permutationCounters, permutationUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, neg, sub } from "./arithmetic.js";
import { eq, lt } from "./compare.js";
import { cast, withContiguous } from "./convert.js";
import { arange, finish } from "./creation.js";
import { renew } from "./inplace.js";
import { clamp, log } from "./math.js";
import {
  bernoulli as bernoulliFilled,
  drawNormal,
  drawUniform,
  generatorOf,
  type Generator,
  normal as normalFilled,
  type RandomOptions,
  uniform,
} from "./random.js";
import { checkWithin } from "./extremes.js";
import { argmax } from "./reduce.js";
import { softmax } from "./softmax.js";
import { reshape } from "./views.js";

export interface MultinomialOptions {
  /** Whether a category may be drawn more than once (from a row). Default: false. */
  replacement?: boolean;
  /** Where the numbers come from. Default: the one that manualSeed seeds. */
  generator?: Generator;
}

/**
 * Categories drawn with probabilities in proportion to a vector's weights, or to each row's of a matrix:
 * int32 [k] or [rows, k].
 * @param weights float32 >= 0, finite; they need not add up to 1
 * @throws ValueError for other weights, for rows without a positive one, and without replacement for
 *   rows with fewer than k
 */
export function multinomial(weights: Tensor, k: number, options: MultinomialOptions = {}): Tensor {
  const generator = generatorOf("multinomial", options);
  const { replacement = false } = options;
  checkFloat("multinomial", "weights", weights);
  const { shape } = weights;
  const C = shape[shape.length - 1] ?? 0;
  if (shape.length < 1 || shape.length > 2 || C === 0) {
    misfit("multinomial", "weights must be [C] or [rows, C], C > 0", weights);
  }
  checkInt("multinomial", "k", k, 1, replacement ? Infinity : C);
  const rows = weights.numel() / C;
  return withContiguous(weights, (weights) => {
    const out = allocateShape("multinomial", [...shape.slice(0, -1), k], "int32");
    const tree = allocateShape("multinomial", [4 * C], "float32"); // 2C float64
    const stream = generator.take(permutationCounters(rows * k));
    const status = statusSlot();
    const at = [weights.address(), tree.address(), out.address(), status] as const;
    const sizes = [rows, C, k, Number(replacement)] as const;
    run(kernels.multinomialI32, permutationUnits(rows * k), ...at, ...sizes, ...stream);
    tree.dispose();
    const bad = readStatus(status, ValueError);
    if (bad < 0) return out;
    out.dispose();
    throw new ValueError(
      "multinomial",
      "weights must be finite, >= 0, and > 0 for all that is drawn",
    );
  });
}

/** Exponentially distributed with rate `lambda` (mean 1 / lambda); float32, never 0. */
export function exponential(shape: Shape, lambda = 1, options: RandomOptions = {}): Tensor {
  checkNumber("exponential", "lambda", lambda, Number.MIN_VALUE);
  return made(options, () => div(standardExponential("exponential", shape, options), lambda));
}

/** -ln(1 - u), where u is 0 the middle of what it stands for: so that a logarithm of it is finite. */
function standardExponential(op: string, shape: Shape, options: RandomOptions): Tensor {
  return clamp(neg(log(sub(1, drawUniform(op, shape, options)))), 2 ** -25);
}

/** The standard Gumbel distribution, -ln of an exponential number; float32. */
export function gumbel(shape: Shape, options: RandomOptions = {}): Tensor {
  return made(options, () => neg(log(standardExponential("gumbel", shape, options))));
}

function made(options: RandomOptions, make: () => Tensor): Tensor {
  return finish(
    withGrad(false, () => tidy(make)),
    options,
  );
}

/** 1 with probability p, else 0; float32: of a shape with one p, or with p for each element. */
export function bernoulli(shape: Shape, p: number, options?: RandomOptions): Tensor;
export function bernoulli(p: Tensor, options?: RandomOptions): Tensor;
export function bernoulli(
  first: Shape | Tensor,
  second: number | RandomOptions = {},
  options: RandomOptions = {},
): Tensor {
  if (!(first instanceof Tensor)) return bernoulliFilled(first, second as number, options);
  const given = second as RandomOptions;
  checkFloat("bernoulli", "p", first);
  checkWithin("bernoulli", "p must lie in [0, 1]", first, 1);
  return made(given, () =>
    cast(lt(drawUniform("bernoulli", first.shape, given), first), "float32"),
  );
}

/**
 * Normally distributed with this mean and standard deviation: float32, of a shape with numbers, or of
 * the shape that they broadcast to where one of them is a tensor.
 */
export function normal(mean: number, std: number, shape: Shape, options?: RandomOptions): Tensor;
export function normal(mean: Tensor, std?: Tensor | number, options?: RandomOptions): Tensor;
export function normal(mean: number, std: Tensor, options?: RandomOptions): Tensor;
export function normal(
  mean: Tensor | number,
  std: Tensor | number = 1,
  third: Shape | RandomOptions = {},
  options: RandomOptions = {},
): Tensor {
  if (typeof mean === "number" && typeof std === "number") {
    return normalFilled(mean, std, third as Shape, options);
  }
  const tensors = [mean, std].filter((t) => typeof t !== "number");
  for (const t of tensors) checkFloat("normal", "mean and std", t);
  const shape = commonShape("normal", tensors);
  if (typeof std !== "number") checkWithin("normal", "std must be >= 0", std, Infinity);
  else checkNumber("normal", "std", std, 0);
  const given = third as RandomOptions;
  return made(given, () => add(mul(drawNormal("normal", shape, given), std), mean));
}

export interface GumbelSoftmaxOptions {
  /** The temperature: small ones bring samples close to one-hot. Default: 1. */
  tau?: number;
  /** One-hot samples, with the gradients of the soft ones. Default: false. */
  hard?: boolean;
  /** The dim of the categories. Default: -1. */
  dim?: number;
  /** Where the numbers come from. Default: the one that manualSeed seeds. */
  generator?: Generator;
}

/** softmax((logits + g) / tau) with Gumbel noise g: differentiable samples of categories. */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  const generator = generatorOf("gumbelSoftmax", options);
  const { tau = 1, hard = false, dim = -1 } = options;
  checkFloat("gumbelSoftmax", "logits", logits);
  const at = checkDim("gumbelSoftmax", dim, logits);
  checkNumber("gumbelSoftmax", "tau", tau, Number.MIN_VALUE);
  return tidy(() => {
    const soft = softmax(div(add(logits, gumbel(logits.shape, { generator })), tau), at);
    if (!hard || soft.numel() === 0) return soft;
    const classes = reshape(
      arange(soft.shape[at] ?? 1),
      soft.shape.map((n, i) => (i === at ? n : 1)),
    );
    const chosen = cast(eq(argmax(soft, at, { keepdim: true }), classes), "float32");
    return record("gumbelSoftmax", chosen, [soft], {}, (dy) => [() => dy]); // straight through
  });
}

export interface DrawOptions {
  /** Where the numbers come from. Default: the one that manualSeed seeds. */
  generator?: Generator;
}

/** Refuses other dtypes than float32, which bernoulli_ alone takes, and renews x. */
function fill(op: string, x: Tensor, make: () => Tensor): Tensor {
  if (op !== "bernoulli_") checkFloat(op, "x", x);
  return renew(op, x, make);
}

/** Fills x, float32, with uniform numbers in [low, high). Returns x. */
export function uniform_(x: Tensor, low = 0, high = 1, options: DrawOptions = {}): Tensor {
  return fill("uniform_", x, () => uniform(x.shape, low, high, options));
}

/** Fills x, float32, with normal numbers. Returns x. */
export function normal_(x: Tensor, mean = 0, std = 1, options: DrawOptions = {}): Tensor {
  return fill("normal_", x, () => normalFilled(mean, std, x.shape, options));
}

/** Fills x, float32, with exponential numbers of rate `lambda`. Returns x. */
export function exponential_(x: Tensor, lambda = 1, options: DrawOptions = {}): Tensor {
  return fill("exponential_", x, () => exponential(x.shape, lambda, options));
}

/** Fills x, of any dtype, with ones with probability p, else zeros. Returns x. */
export function bernoulli_(x: Tensor, p = 0.5, options: DrawOptions = {}): Tensor {
  return fill("bernoulli_", x, () =>
    tidy(() => cast(bernoulliFilled(x.shape, p, options), x.dtype)),
  );
}
