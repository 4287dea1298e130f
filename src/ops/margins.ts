// Losses that ask for a margin: between classes, between two inputs, or to a bound. Composed of other ops.
import { checkFloat } from "../core/dtype.js";
import {
  type Shape,
  sameShape,
  expectFloats,
  shapeOf,
  checkFunction,
  checkNumber,
  checkWord,
  misfit,
  checkOptions,
} from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { relu, softplus } from "./activations.js";
import { add, div, minimum, mul, neg, square, sub } from "./arithmetic.js";
import { eq, ge, lt, ne, where } from "./compare.js";
import { cast } from "./convert.js";
import { arange, zeros } from "./creation.js";
import { pairwiseDistance } from "./distances.js";
import { gather, indexSelect, checkIndex } from "./indexing.js";
import { scatterAdd } from "./scatter.js";
import type { WeightedOptions } from "./likelihoods.js";
import { bceWithLogits, checkFactor } from "./losses.js";
import { checkInput, checkPair, checkShapes, type LossOptions, pairLoss } from "./lossOptions.js";
import { clamp, sqrt } from "./math.js";
import { matmul } from "./matmul.js";
import { mean, sum } from "./reduce.js";
import { reshape, unsqueeze } from "./views.js";

export interface MarginOptions extends LossOptions {
  /** Default: 1 for hingeEmbeddingLoss, 0 for the others. */
  margin?: number;
}

/** x where target is 1, max(0, margin - x) where it is -1. The target's dtype is up to you. */
export function hingeEmbeddingLoss(x: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin = 1 } = checkOptions("hingeEmbeddingLoss", options);
  checkNumber("hingeEmbeddingLoss", "margin", margin);
  const lossOf = (): Tensor => {
    const apart = where(ne(target, 1), clamp(sub(margin, x), 0), 0);
    return add(apart, where(ne(target, -1), x, 0));
  };
  return pairLoss("hingeEmbeddingLoss", x, target, options, lossOf, checkInput);
}

/** ln(1 + e^(-target x)), target being 1 or -1. */
export function softMarginLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const lossOf = (): Tensor => softplus(neg(mul(x, target)));
  return pairLoss("softMarginLoss", x, target, options, lossOf, checkInput);
}

export interface MultiMarginOptions extends LossOptions {
  /** The power of each term, 1 or 2. Default: 1. */
  p?: 1 | 2;
  /** Default: 1. */
  margin?: number;
  /** A factor per class, [C]. Default: 1. */
  weight?: Tensor;
}

/** Refuses what is no [N, C] or [C] beside a class for each row. */
function checkClasses(op: string, x: Tensor, target: Tensor): void {
  const rows = shapeOf(op, x).slice(0, -1);
  // A single row's class may come as [1].
  checkRows(op, x, target, rows.length === 0 && target?.ndim ? [1] : rows, "[N] or []");
}

/** Refuses what is no [N, C] or [C] beside as many labels. */
function checkLabels(op: string, x: Tensor, target: Tensor): void {
  checkRows(op, x, target, shapeOf(op, x), "the same");
}

function checkRows(op: string, x: Tensor, target: Tensor, wanted: Shape, words: string): void {
  checkFloat(op, "the input", x);
  checkIndex(op, target, "targets");
  if (x.ndim < 1 || x.ndim > 2 || !sameShape(target.shape, wanted)) {
    misfit(op, `the input must be [N, C] or [C], targets ${words}`, x, target);
  }
}

/**
 * A hinge between classes: the sum over the classes c but the target's of
 * weight[target] max(0, margin - x[target] + x[c])^p, divided by C.
 * @param x [N, C], or [C]
 * @param target int32 classes, [N]; for x [C] a scalar or [1]
 */
export function multiMarginLoss(
  x: Tensor,
  target: Tensor,
  options: MultiMarginOptions = {},
): Tensor {
  const op = "multiMarginLoss";
  const { p = 1, margin = 1, weight = null } = checkOptions(op, options);
  checkNumber(op, "margin", margin);
  checkWord(op, "p", p, [1, 2]);
  const lossOf = (): Tensor => {
    const C = x.shape.at(-1)!;
    expectFloats(op, "weight", weight, [C]);
    const y = unsqueeze(target, -1);
    const rows = reshape(x, [...target.shape, C]);
    const z = relu(add(sub(rows, gather(rows, -1, y)), margin));
    const others = where(eq(y, arange(C)), 0, p === 1 ? z : square(z));
    const loss = div(sum(others, -1), C);
    return weight ? mul(loss, reshape(indexSelect(weight, 0, target), target.shape)) : loss;
  };
  return pairLoss(op, x, target, options, lossOf, checkClasses);
}

/**
 * A hinge between the classes that are meant and all others: the sum over meant classes y and others c
 * of max(0, 1 - x[y] + x[c]), divided by C.
 * @param target int32, x's shape: in each row the classes that are meant, up to the first -1
 */
export function multilabelMarginLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const lossOf = (): Tensor => {
    const C = x.shape.at(-1)!;
    const [y, counts, others] = noGrad(() => {
      // How many negative ones stand at or before a place: those that count have none.
      const float = (b: Tensor): Tensor => cast(b, "float32");
      const ends = float(lt(target, 0));
      const upTo = float(ge(arange(C), unsqueeze(arange(C), 1)));
      const counts = float(eq(matmul(ends, upTo), 0));
      const y = cast(where(eq(counts, 0), 0, target), "int32");
      const meant = scatterAdd(zeros(x.shape), -1, y, counts);
      return [y, counts, float(eq(meant, 0))];
    });
    // [N, y, c]
    const gaps = sub(add(unsqueeze(x, -2), 1), unsqueeze(gather(x, -1, y), -1));
    const pairs = mul(unsqueeze(counts, -1), unsqueeze(others, -2));
    return div(sum(mul(relu(gaps), pairs), [-2, -1]), C);
  };
  return pairLoss("multilabelMarginLoss", x, target, options, lossOf, checkLabels);
}

/**
 * The mean over the classes (the last dim) of the binary cross-entropies of sigmoid(x).
 * @param target which classes are meant, 1 or 0, of any dtype
 * @param options.weight a factor per class, [C]
 */
export function multilabelSoftMarginLoss(
  x: Tensor,
  target: Tensor,
  options: WeightedOptions = {},
): Tensor {
  const op = "multilabelSoftMarginLoss";
  return pairLoss(
    op,
    x,
    target,
    options,
    () => {
      checkFactor(op, "weight", options.weight, x);
      const y = cast(target, "float32");
      return mean(bceWithLogits(x, y, { ...options, reduction: "none" }), -1);
    },
    checkInput,
  );
}

/** max(0, margin - target (x1 - x2)): target is 1 where x1 should be the larger one, else -1. */
export function marginRankingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  const op = "marginRankingLoss";
  const { margin = 0 } = checkOptions(op, options);
  checkNumber(op, "margin", margin);
  return pairLoss(op, x1, x2, options, () => {
    checkShapes(op, x1, target);
    return clamp(sub(margin, mul(sub(x1, x2), target)), 0);
  });
}

/**
 * Of the cosine between two vectors, 1 - cos where target is 1 and max(0, cos - margin) where it is -1.
 * @param x1 [N, D], or [D]
 * @param target [N], or a scalar
 */
export function cosineEmbeddingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  const op = "cosineEmbeddingLoss";
  const { margin = 0 } = checkOptions(op, options);
  checkNumber(op, "margin", margin);
  return pairLoss(op, x1, x2, options, () => {
    if (x1.ndim < 1 || x1.ndim > 2 || !sameShape(shapeOf(op, target), x1.shape.slice(0, -1))) {
      misfit(op, "inputs must be [N, D] or [D], the target [N] or []", x1, target);
    }
    const length = (x: Tensor): Tensor => add(sum(square(x), -1), 1e-12);
    const cos = div(sum(mul(x1, x2), -1), sqrt(mul(length(x1), length(x2))));
    const near = where(eq(target, 1), sub(1, cos), 0);
    return add(near, where(eq(target, -1), clamp(sub(cos, margin), 0), 0));
  });
}

export interface TripletDistanceOptions extends LossOptions {
  /** The distance of two tensors, one for each row. Default: the Euclidean one. */
  distanceFunction?: (a: Tensor, b: Tensor) => Tensor;
  /** Default: 1. */
  margin?: number;
  /** Takes the distance from positive to negative where that is less. Default: false. */
  swap?: boolean;
}

export interface TripletMarginOptions extends Omit<TripletDistanceOptions, "distanceFunction"> {
  /** Which norm: Infinity for the largest entry. Default: 2. */
  p?: number;
  /** Added to each difference. Default: 1e-6. */
  eps?: number;
}

/**
 * max(0, margin + |anchor - positive| - |anchor - negative|), distances along the last dim.
 * @throws ShapeError unless all three have one shape
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor {
  const { p = 2, eps = 1e-6 } = checkOptions("tripletMarginLoss", options);
  checkNumber("tripletMarginLoss", "p", p, Number.MIN_VALUE);
  checkNumber("tripletMarginLoss", "eps", eps);
  return triplet("tripletMarginLoss", anchor, positive, negative, options, (a, b) =>
    pairwiseDistance(a, b, p, eps),
  );
}

/** The same with a distance of your own. */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletDistanceOptions = {},
): Tensor {
  const op = "tripletMarginWithDistanceLoss";
  const { distanceFunction = pairwiseDistance } = checkOptions(op, options);
  checkFunction(op, "distanceFunction", distanceFunction);
  return triplet(op, anchor, positive, negative, options, distanceFunction);
}

function triplet(
  op: string,
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletDistanceOptions,
  distance: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const { margin = 1, swap = false } = options;
  checkNumber(op, "margin", margin);
  return pairLoss(op, anchor, positive, options, () => {
    checkPair(op, anchor, negative);
    const far = distance(anchor, negative);
    const least = swap ? minimum(far, distance(positive, negative)) : far;
    return clamp(add(sub(distance(anchor, positive), least), margin), 0);
  });
}
