// The losses in most use, with PyTorch's options and meaning. Targets that are class indices go through
// fused kernels; everything else is composed of other ops. More: likelihoods.ts, margins.ts, ctc.ts.
import { DTypeError, IndexError, ValueError, GradError } from "../core/errors.js";
import { tensorOf, is, checkFloat } from "../core/dtype.js";
import {
  type Shape,
  sizeOf,
  sameShape,
  expectFloats,
  showShape,
  shapeOf,
  checkNumber,
  checkInt,
  misfit,
  broadcastShapes,
  checkOptions,
} from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { isGradEnabled, noGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { f32, readStatus, run, statusSlot } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, neg, square, sub } from "./arithmetic.js";
import { softplus } from "./activations.js";
import { eq, ne, where } from "./compare.js";
import { cast, compute, elementsOf, withAllContiguous } from "./convert.js";
import { arange } from "./creation.js";
import {
  checkReduction,
  type LossOptions,
  distanceLoss,
  pairLoss,
  reduce,
  type Reduction,
} from "./lossOptions.js";
import { abs } from "./math.js";
import { sum } from "./reduce.js";
import { logSoftmax, softmax } from "./softmax.js";
import { movedim } from "./dims.js";
import { reshape, unsqueeze } from "./views.js";

export interface NllOptions extends LossOptions {
  /** A factor per class, float32 [C]. "mean" divides by the sum of the rows' factors. Default: 1. */
  weight?: Tensor;
  /** Rows of this class count for nothing. Default: -100. */
  ignoreIndex?: number;
}

export interface CrossEntropyOptions extends NllOptions {
  /** How much of each target is spread evenly over all classes, 0 to 1. Default: 0. */
  labelSmoothing?: number;
}

export interface BceOptions extends LossOptions {
  /** A factor per element, broadcast to x. Default: 1. */
  weight?: Tensor;
  /** A factor for positive targets, broadcast to x. Default: 1. */
  posWeight?: Tensor;
}

/**
 * The cross-entropy between logits and targets:
 * -ln(softmax(logits)[target]), or -(target ln(softmax(logits))) summed over the classes.
 * @param logits [N, C], [N, C, d1, ...] or, for one sample, [C]
 * @param target int32 classes of logits' shape without C, or float32 probabilities of logits' shape
 * @throws IndexError when a class lies outside of [0, C) and is not `ignoreIndex`
 * @example
 * const loss = crossEntropy(tensor([[0, 0]]), tensor([1], { dtype: "int32" }));
 * console.log(loss.item().toFixed(4)); // 0.6931
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { labelSmoothing = 0 } = checkOptions("crossEntropy", options);
  checkNumber("crossEntropy", "labelSmoothing", labelSmoothing, 0, 1);
  if (is(target, "float32") && sameShape(target.shape, shapeOf("crossEntropy", logits))) {
    return softCrossEntropy(logits, target, options, labelSmoothing);
  }
  return ofClasses("crossEntropy", logits, target, options, labelSmoothing);
}

/**
 * The negative log-likelihood: -logp[target], logp being log-probabilities as logSoftmax gives them.
 * @param logp [N, C], [N, C, d1, ...] or, for one sample, [C]
 * @param target int32 classes of logp's shape without C
 * @throws IndexError when a class lies outside of [0, C) and is not `ignoreIndex`
 */
export function nllLoss(logp: Tensor, target: Tensor, options: NllOptions = {}): Tensor {
  return ofClasses("nllLoss", logp, target, options, 0);
}

/** Dim of the classes: the second, or the only one. */
function classDim(x: Tensor): number {
  return x.ndim === 1 ? 0 : 1;
}

function checkLogits(op: string, x: Tensor, weight: Tensor | null): void {
  checkFloat(op, "the input", x);
  if (x.ndim === 0) misfit(op, "the input must be [C], [N, C] or [N, C, ...]", x);
  expectFloats(op, "weight", weight, [x.shape[classDim(x)]!]);
}

function checkClasses(op: string, x: Tensor, target: Tensor, { weight }: NllOptions): Shape {
  const rows = x.shape.filter((_, i) => i !== classDim(x));
  if (tensorOf(op, target).dtype !== "int32") {
    const soft = op === "crossEntropy" ? ` or float32 ${showShape(x.shape)}` : "";
    const got = `${target.dtype} ${showShape(target.shape)}`;
    throw new DTypeError(op, `targets must be int32 classes${soft}: got ${got}`);
  }
  if (!sameShape(target.shape, rows)) {
    misfit(op, `targets must be ${showShape(rows)} (the input without its classes)`, x, target);
  }
  if (weight?.requiresGrad && isGradEnabled()) {
    throw new GradError(op, "weight has no derivative where targets are classes: detach() it");
  }
  return rows;
}

/** What both losses of classes have, once checked. */
interface Settings {
  op: "crossEntropy" | "nllLoss";
  reduction: Reduction;
  weight: Tensor | null;
  ignoreIndex: number;
  smoothing: number;
  /** Whether x is logits, not log-probabilities. */
  logits: boolean;
}

function ofClasses(
  op: Settings["op"],
  x: Tensor,
  target: Tensor,
  options: NllOptions,
  smoothing: number,
): Tensor {
  const reduction = checkReduction(op, options);
  const { weight = null, ignoreIndex = -100 } = options;
  checkInt(op, "ignoreIndex", ignoreIndex, -(2 ** 31), 2 ** 31 - 1);
  checkLogits(op, x, weight);
  const shape = checkClasses(op, x, target, options);
  const logits = op === "crossEntropy";
  const settings: Settings = { op, reduction, weight, ignoreIndex, smoothing, logits };
  if (x.ndim === 2) return ofRows(x, target, settings);
  return tidy(() => {
    const M = sizeOf(shape);
    const at = classDim(x);
    let y = x;
    if (logits && smoothing === 0 && x.ndim > 2) {
      // Of neighbouring pixels at once: half the time of rows of a few classes.
      y = logSoftmax(x, at);
      settings.logits = false;
    }
    const rows = reshape(movedim(y, at, -1), [M, x.shape[at]!]);
    const loss = ofRows(rows, reshape(target, [M]), settings);
    return reduction === "none" ? reshape(loss, shape) : loss;
  });
}

/** The loss of x [M, C] against target [M]. */
function ofRows(x: Tensor, target: Tensor, settings: Settings): Tensor {
  const { op, reduction, weight } = settings;
  return tidy(() => {
    const { loss, lse, rowWeight } = withAllContiguous([x, target, weight], (x, target, weight) =>
      lossOfRows(x, target, weight, settings),
    );
    const total = reduction === "mean" ? sum(rowWeight) : null;
    const added = reduction === "none" ? loss : sum(loss);
    const out = total === null ? added : div(added, total);
    const saved = { logits: settings.logits ? x : null, target, lse, total, weight };
    return record<Saved>(op, out, [x], saved, (dy, saved) => [
      (shape) => {
        const g = saved.total === null ? dy : div(dy, saved.total);
        return (isGradEnabled() ? smoothGrad : fusedGrad)(g, saved, shape, settings);
      },
    ]);
  });
}

/** What backward needs; weight and total where there are any, logits and lse where x is logits. */
type Saved = { target: Tensor } & Record<"logits" | "lse" | "total" | "weight", Tensor | null>;

interface Rows {
  loss: Tensor;
  rowWeight: Tensor;
  lse: Tensor | null;
}

/** Loss and weight of each row, and for crossEntropy what the gradient needs of the softmax. */
function lossOfRows(x: Tensor, target: Tensor, weight: Tensor | null, settings: Settings): Rows {
  const { op, ignoreIndex, smoothing } = settings;
  const [M, C] = x.shape as [number, number];
  const loss = allocateShape(op, [M], "float32");
  const rowWeight = allocateShape(op, [M], "float32");
  const lse = settings.logits ? allocateShape(op, [M, 2], "float32") : null;
  const operands = [x.address(), target.address(), weight?.address() ?? 0, loss.address()] as const;
  const pw = rowWeight.address();
  const status = statusSlot();
  if (lse !== null) {
    const pl = lse.address();
    run(kernels.crossEntropyF32, M, ...operands, pl, pw, status, C, ignoreIndex, f32(smoothing));
  } else {
    run(kernels.nllLossF32, M, ...operands, pw, status, C, ignoreIndex);
  }
  const bad = readStatus(status);
  if (bad >= 0) {
    const value = elementsOf(target)[bad];
    throw new IndexError(
      op,
      `classes must lie in [0, ${C - 1}] or be ignoreIndex (${ignoreIndex}): got ${value} in row ${bad}`,
    );
  }
  return { loss, rowWeight, lse };
}

/** dL/dx in one pass, g being dL/dloss of all rows or of each. */
function fusedGrad(
  g: Tensor,
  { logits, target, lse, weight }: Saved,
  shape: Shape,
  settings: Settings,
): Tensor {
  const { ignoreIndex, smoothing } = settings;
  const [M, C] = shape as [number, number];
  const operands = [target, weight, g] as const;
  const sizes = [C, g.ndim, ignoreIndex] as const; // rows lie g.ndim apart in g: 0 or 1
  return lse === null
    ? compute("nllLossGrad", kernels.nllLossGradF32, M, operands, shape, sizes)
    : compute(
        "crossEntropyGrad",
        kernels.crossEntropyGradF32,
        M,
        [logits, lse, ...operands],
        shape,
        [...sizes, f32(smoothing)],
      );
}

/** The same gradient in differentiable ops: g (p W - q), q the weights of the classes in each row's loss, W their sum. */
function smoothGrad(
  g: Tensor,
  { logits, target, weight }: Saved,
  [, C = 0]: Shape,
  { ignoreIndex, smoothing }: Settings,
): Tensor {
  const rows = unsqueeze(target, 1);
  const factor = g.ndim === 0 ? g : unsqueeze(g, 1);
  const q = noGrad(() => {
    const hit = mul(cast(eq(rows, arange(C)), "float32"), 1 - smoothing);
    const spread = smoothing === 0 ? hit : add(hit, smoothing / C);
    return weight === null ? spread : mul(spread, weight);
  });
  const slope = logits ? sub(mul(softmax(logits, 1), sum(q, 1, { keepdim: true })), q) : neg(q);
  return where(ne(rows, ignoreIndex), mul(factor, slope), 0);
}

/** Targets that are probabilities: -(target ln(softmax(x))) w summed over the classes; "mean" divides by the rows. */
function softCrossEntropy(
  x: Tensor,
  target: Tensor,
  options: CrossEntropyOptions,
  smoothing: number,
): Tensor {
  const reduction = checkReduction("crossEntropy", options);
  const { weight = null, ignoreIndex = -100 } = options;
  checkLogits("crossEntropy", x, weight);
  if (ignoreIndex >= 0) {
    throw new ValueError(
      "crossEntropy",
      `ignoreIndex is for classes, not for probabilities: got ${ignoreIndex}`,
    );
  }
  const at = classDim(x);
  const C = x.shape[at]!;
  return tidy(() => {
    const p = smoothing === 0 ? target : add(mul(target, 1 - smoothing), smoothing / C);
    const terms = mul(logSoftmax(x, at), p);
    const perClass = x.shape.map((_, i) => (i === at ? C : 1));
    const weighted = weight === null ? terms : mul(terms, reshape(weight, perClass));
    return reduce(neg(sum(weighted, at)), reduction);
  });
}

/**
 * The squared error, (x - target)^2, by default its mean.
 * @param target of any dtype
 * @throws ShapeError unless the shapes are the same: nothing is broadcast
 */
export function mseLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return distanceLoss("mseLoss", x, target, options, square);
}

/**
 * The absolute error, |x - target|, by default its mean.
 * @param target of any dtype
 * @throws ShapeError unless the shapes are the same: nothing is broadcast
 */
export function l1Loss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return distanceLoss("l1Loss", x, target, options, abs);
}

/** Refuses factors that don't broadcast to x. */
export function checkFactor(op: string, name: string, factor: Tensor | undefined, x: Tensor): void {
  if (factor === undefined) return;
  checkFloat(op, name, factor);
  if (!sameShape(broadcastShapes(op, x.shape, factor.shape), x.shape)) {
    misfit(op, `${name} must broadcast to the input`, x, factor);
  }
}

/**
 * The binary cross-entropy of sigmoid(x) against targets from 0 to 1, elementwise:
 * posWeight target softplus(-x) + (1 - target) softplus(x), since -ln sigmoid(x) = softplus(-x).
 * Both terms are positive, so nothing cancels however sure x is.
 * @throws ShapeError unless x and target have one shape
 */
export function bceWithLogits(x: Tensor, target: Tensor, options: BceOptions = {}): Tensor {
  return pairLoss("bceWithLogits", x, target, options, () => {
    const { weight, posWeight } = options;
    checkFactor("bceWithLogits", "weight", weight, x);
    checkFactor("bceWithLogits", "posWeight", posWeight, x);
    const positive = posWeight === undefined ? target : mul(target, posWeight);
    const loss = add(mul(positive, softplus(neg(x))), mul(sub(1, target), softplus(x)));
    return weight === undefined ? loss : mul(loss, weight);
  });
}
