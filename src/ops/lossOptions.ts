// What all losses share: what is checked of their operands, and what becomes of the losses of the elements.
import { checkFloat } from "../core/dtype.js";
import { sameShape, shapeOf, checkOptions, checkWord, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { sub } from "./arithmetic.js";
import { cast } from "./convert.js";
import { mean, sum } from "./reduce.js";

/** What becomes of the losses of the elements (or rows). */
export type Reduction = "mean" | "sum" | "none";

/** Options of every loss. */
export interface LossOptions {
  /** Default: "mean". */
  reduction?: Reduction;
}

/** The reduction that was asked for, "mean" by default. */
export function checkReduction(op: string, options: LossOptions): Reduction {
  const { reduction = "mean" } = checkOptions(op, options);
  checkWord(op, "reduction", reduction, ["mean", "sum", "none"]);
  return reduction;
}

/** All losses, their sum or their mean. */
export function reduce(loss: Tensor, reduction: Reduction): Tensor {
  return reduction === "none" ? loss : reduction === "sum" ? sum(loss) : mean(loss);
}

/** Refuses operands of different shapes: in losses nothing is broadcast. */
export function checkShapes(op: string, x: Tensor, target: Tensor): void {
  if (!sameShape(x.shape, shapeOf(op, target))) {
    misfit(op, "input and target must have one shape", x, target);
  }
}

/** Refuses what is no pair of float32 tensors of one shape. */
export function checkPair(op: string, x: Tensor, target: Tensor): void {
  checkFloat(op, "the target", target);
  checkInput(op, x, target);
}

/** Refuses an input that is not float32 or not of the target's shape; the target may have any dtype. */
export function checkInput(op: string, x: Tensor, target: Tensor): void {
  checkFloat(op, "the input", x);
  checkShapes(op, x, target);
}

/**
 * The loss of each element of x against its target, reduced. `lossOf` may check what else the loss
 * takes before it computes anything.
 */
export function pairLoss(
  op: string,
  x: Tensor,
  target: Tensor,
  options: LossOptions,
  lossOf: () => Tensor,
  check = checkPair,
): Tensor {
  const reduction = checkReduction(op, options);
  check(op, x, target);
  return tidy(() => reduce(lossOf(), reduction));
}

/** `pairLoss` of the distances x - target, whatever the target's dtype. */
export function distanceLoss(
  op: string,
  x: Tensor,
  target: Tensor,
  options: LossOptions,
  lossOf: (d: Tensor) => Tensor,
): Tensor {
  const loss = (): Tensor => lossOf(sub(x, cast(target, "float32")));
  return pairLoss(op, x, target, options, loss, checkInput);
}
