// Losses of element against element: robust ones, likelihoods of distributions, and those of
// segmentation. Composed of other ops.
import { ValueError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import { sameShape, showShape, checkNumber, misfit, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, neg, pow, square, sub } from "./arithmetic.js";
import { eq, gt, where } from "./compare.js";
import { bceWithLogits, checkFactor } from "./losses.js";
import {
  checkInput,
  distanceLoss,
  type LossOptions,
  pairLoss,
  type Reduction,
} from "./lossOptions.js";
import { abs, clamp, exp, log, log1p, sigmoid } from "./math.js";
import { bounds, checkWithin } from "./extremes.js";
import { sum } from "./reduce.js";
import { unsqueeze } from "./views.js";

const LOG_2PI = 1.8378770664093453;

export interface SmoothL1Options extends LossOptions {
  /** Below this distance the loss is a square. Default: 1; 0 gives l1Loss. */
  beta?: number;
}

/** (x - target)^2 / (2 beta) where the distance is below beta, else |x - target| - beta / 2; target of any dtype. */
export function smoothL1Loss(x: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const { beta = 1 } = checkOptions("smoothL1Loss", options);
  checkNumber("smoothL1Loss", "beta", beta, 0);
  return distanceLoss("smoothL1Loss", x, target, options, (d) =>
    beta === 0 ? abs(d) : div(huber(d, beta), beta),
  );
}

export interface HuberOptions extends LossOptions {
  /** Below this distance the loss is a square; greater than 0. Default: 1. */
  delta?: number;
}

/** (x - target)^2 / 2 where the distance is at most delta, else delta (|x - target| - delta / 2); target of any dtype. */
export function huberLoss(x: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const { delta = 1 } = checkOptions("huberLoss", options);
  checkNumber("huberLoss", "delta", delta, Number.MIN_VALUE);
  return distanceLoss("huberLoss", x, target, options, (d) => huber(d, delta));
}

/** With c = d limited to delta: c (d - c / 2). No branch, so that infinite distances have a slope. */
function huber(d: Tensor, delta: number): Tensor {
  const c = clamp(d, -delta, delta);
  return mul(c, sub(d, mul(c, 0.5)));
}

export interface WeightedOptions extends LossOptions {
  /** A factor per element, broadcast to x. Default: 1. */
  weight?: Tensor;
}

/**
 * The binary cross-entropy of probabilities: -(target ln x + (1 - target) ln(1 - x)), no logarithm
 * below -100. From logits bceWithLogits is faster and more exact.
 * @throws ValueError for probabilities outside of [0, 1]
 */
export function bce(x: Tensor, target: Tensor, options: WeightedOptions = {}): Tensor {
  return pairLoss("bce", x, target, options, () => {
    const { weight } = options;
    checkFactor("bce", "weight", weight, x);
    checkWithin("bce", "probabilities must lie in [0, 1]", x, 1);
    const loss = bceOf(x, target);
    return weight === undefined ? loss : mul(loss, weight);
  });
}

/** Recorded with PyTorch's slope, which is finite at 0 and 1. */
function bceOf(x: Tensor, target: Tensor): Tensor {
  const yes = (x: Tensor): Tensor => clamp(log(x), -100);
  const no = (x: Tensor): Tensor => clamp(log1p(neg(x)), -100);
  const out = noGrad(() => sub(mul(sub(target, 1), no(x)), mul(target, yes(x))));
  return record("bce", out, [x, target], { x, target }, (dy, { x, target }) => [
    // d/dx = (x - target) / (x (1 - x)), the divisor at least 1e-12
    () => mul(dy, div(sub(x, target), clamp(mul(x, sub(1, x)), 1e-12))),
    () => mul(dy, sub(no(x), yes(x))),
  ]);
}

export interface KLDivOptions extends Omit<LossOptions, "reduction"> {
  /** "batchmean" divides the sum by the size of dim 0: the divergence as mathematics defines it. Default: "mean". */
  reduction?: Reduction | "batchmean";
  /** The target holds logarithms, too. Default: false. */
  logTarget?: boolean;
}

/** The Kullback-Leibler divergence, elementwise target (ln target - x), x being log-probabilities. */
export function klDiv(x: Tensor, target: Tensor, options: KLDivOptions = {}): Tensor {
  const { reduction = "mean", logTarget = false } = checkOptions("klDiv", options);
  if (reduction === "batchmean") {
    return tidy(() => div(klDiv(x, target, { logTarget, reduction: "sum" }), x.shape[0] ?? 1));
  }
  return pairLoss("klDiv", x, target, { reduction }, () =>
    logTarget
      ? mul(exp(target), sub(target, x))
      : // 0 ln 0 = 0
        sub(mul(target, log(where(eq(target, 0), 1, target))), mul(target, x)),
  );
}

export interface PoissonNLLOptions extends LossOptions {
  /** x is the logarithm of the rate. Default: true. */
  logInput?: boolean;
  /** Adds Stirling's approximation of ln(target!). Default: false. */
  full?: boolean;
  /** Added to the rate under the logarithm where x is no logarithm. Default: 1e-8. */
  eps?: number;
}

/** The negative log-likelihood of counts, of any dtype: e^x - target x, or x - target ln(x + eps). */
export function poissonNLLLoss(x: Tensor, target: Tensor, options: PoissonNLLOptions = {}): Tensor {
  const { logInput = true, full = false, eps = 1e-8 } = checkOptions("poissonNLLLoss", options);
  checkNumber("poissonNLLLoss", "eps", eps);
  const lossOf = (): Tensor => {
    const [rate, logRate] = logInput ? [exp(x), x] : [x, log(add(x, eps))];
    const loss = sub(rate, mul(target, logRate));
    if (!full) return loss;
    // t ln t - t + ln(2 pi t) / 2 where t > 1
    const isLarge = gt(target, 1);
    const t = where(isLarge, target, 1);
    const logT = log(t);
    const stirling = add(sub(mul(t, logT), t), mul(add(logT, LOG_2PI), 0.5));
    return add(loss, where(isLarge, stirling, 0));
  };
  return pairLoss("poissonNLLLoss", x, target, options, lossOf, checkInput);
}

export interface GaussianNLLOptions extends LossOptions {
  /** Adds the constant ln(2 pi) / 2. Default: false. */
  full?: boolean;
  /** No variance counts as less, though gradients pass. Default: 1e-6. */
  eps?: number;
}

/**
 * The negative log-likelihood of a normal distribution: (ln variance + (x - target)^2 / variance) / 2.
 * @param variance x's shape, or that without the last dim, or with a last dim of 1
 * @throws ValueError for a negative variance
 */
export function gaussianNLLLoss(
  x: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNLLOptions = {},
): Tensor {
  const { full = false, eps = 1e-6 } = checkOptions("gaussianNLLLoss", options);
  checkNumber("gaussianNLLLoss", "eps", eps, Number.MIN_VALUE);
  const lossOf = (): Tensor => {
    checkFloat("gaussianNLLLoss", "variance", variance);
    const outer = x.shape.slice(0, -1);
    const lacksDim = x.ndim > 0 && sameShape(variance.shape, outer);
    if (!lacksDim && ![x.shape, [...outer, 1]].some((s) => sameShape(variance.shape, s))) {
      misfit(
        "gaussianNLLLoss",
        `variance must be one for each element or row of ${showShape(x.shape)}`,
        variance,
      );
    }
    const [low] = bounds(variance);
    if (low < 0) throw new ValueError("gaussianNLLLoss", `no variance may be negative: got ${low}`);
    const given = lacksDim ? unsqueeze(variance, -1) : variance;
    const lack = noGrad(() => clamp(sub(eps, given), 0));
    const v = add(given, lack);
    const loss = mul(add(log(v), div(square(sub(x, target)), v)), 0.5);
    return full ? add(loss, LOG_2PI / 2) : loss;
  };
  return pairLoss("gaussianNLLLoss", x, target, options, lossOf, checkInput);
}

export interface FocalOptions extends Omit<LossOptions, "reduction"> {
  /** Default: "none", as in torchvision. */
  reduction?: Reduction;
  /** Weight of positive targets, 1 - alpha that of negative ones; negative: no weights. Default: 0.25. */
  alpha?: number;
  /** How much less the elements count that are right already. Default: 2. */
  gamma?: number;
}

/**
 * The focal loss of sigmoid(x) (Lin et al., 2017), as torchvision's sigmoid_focal_loss: the binary
 * cross-entropy times (1 - p)^gamma, p being the probability of the target.
 */
export function focalLoss(x: Tensor, target: Tensor, options: FocalOptions = {}): Tensor {
  const { alpha = 0.25, gamma = 2, reduction = "none" } = checkOptions("focalLoss", options);
  checkNumber("focalLoss", "alpha", alpha);
  checkNumber("focalLoss", "gamma", gamma, 0);
  return pairLoss("focalLoss", x, target, { reduction }, () => {
    const rest = sub(1, target);
    const wrong = add(mul(sigmoid(x), rest), mul(sigmoid(neg(x)), target));
    const loss = mul(bceWithLogits(x, target, { reduction: "none" }), pow(wrong, gamma));
    return alpha < 0 ? loss : mul(loss, add(mul(target, alpha), mul(rest, 1 - alpha)));
  });
}

export interface DiceOptions extends LossOptions {
  /** Added above and below, so that empty masks agree. Default: 1e-5. */
  smooth?: number;
}

/**
 * The Dice loss of masks (Milletari et al., 2016), as MONAI's DiceLoss: for each sample and channel
 * 1 - (2 sum(x target) + smooth) / (sum(x) + sum(target) + smooth).
 * @param x probabilities, [N, C, d1, ...]: those of each mask are added up over the dims behind C
 */
export function diceLoss(x: Tensor, target: Tensor, options: DiceOptions = {}): Tensor {
  const { smooth = 1e-5 } = checkOptions("diceLoss", options);
  checkNumber("diceLoss", "smooth", smooth, 0);
  return pairLoss("diceLoss", x, target, options, () => {
    if (x.ndim < 3) {
      misfit("diceLoss", "the input must be [N, C, d1, ...]", x);
    }
    const dims = x.shape.slice(2).map((_, i) => i + 2);
    const both = add(mul(sum(mul(x, target), dims), 2), smooth);
    const all = add(add(sum(x, dims), sum(target, dims)), smooth);
    return sub(1, div(both, all));
  });
}

function penalty(op: string, params: Tensor | Iterable<Tensor>, f: (p: Tensor) => Tensor): Tensor {
  const list = params as Partial<Iterable<Tensor>> | null | undefined;
  const all = list?.[Symbol.iterator] ? [...(list as Iterable<Tensor>)] : [params as Tensor];
  if (all.length === 0) throw new ValueError(op, "got no parameters");
  for (const p of all) checkFloat(op, "a parameter", p);
  return tidy(() => all.map((p) => sum(f(p))).reduce((a, b) => add(a, b)));
}

/** The sum of the absolute values of all parameters: a penalty that makes them sparse. */
export function l1Penalty(params: Tensor | Iterable<Tensor>): Tensor {
  return penalty("l1Penalty", params, abs);
}

/** The sum of the squares of all parameters: what weight decay subtracts the slope of, times 1/2. */
export function l2Penalty(params: Tensor | Iterable<Tensor>): Tensor {
  return penalty("l2Penalty", params, square);
}
