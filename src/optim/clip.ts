// Gradients kept within bounds, between `backward` and `step`.
import { tensorOf } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import { checkNumber } from "../core/shape.js";
import { Tensor } from "../autograd/tensor.js";
import { refuseInCapture, withGrad } from "../autograd/mode.js";
import { tidy, untracked } from "../memory/scope.js";
import { add, div, mul } from "../ops/arithmetic.js";
import { item } from "../ops/convert.js";
import { zeros } from "../ops/creation.js";
import { vectorNorm } from "../ops/distances.js";
import { clamp } from "../ops/math.js";
import { stack } from "../ops/join.js";
import { listOf, optionsOf } from "./optimizer.js";

export interface ClipGradNormOptions {
  /** Which norm: 1, 2, ..., or Infinity for the largest entry. Default: 2. */
  normType?: number;
  /** Throws a ValueError when the norm is infinite or NaN. Default: false, gradients become NaN then. */
  errorIfNonfinite?: boolean;
}

/** Those that have gradients. */
function graded(op: string, params: Iterable<Tensor> | Tensor): Tensor[] {
  const all = params instanceof Tensor ? [params] : listOf<Tensor>(op, params);
  return all.filter((p) => tensorOf(op, p).node?.grad != null && p.numel() > 0);
}

/** Gives each parameter a new gradient: the old one may be another's, too. */
function replace(params: readonly Tensor[], fn: (g: Tensor) => Tensor): void {
  untracked(() =>
    withGrad(false, () => {
      for (const p of params) p.node!.setGrad(fn(p.node!.grad!));
    }),
  );
}

/**
 * Multiplies all gradients by one factor, at most 1, so that the norm of all of them together is at most
 * `maxNorm` (but for the 1e-6 that is added to the norm, as in PyTorch).
 * @returns the norm that they had, a scalar
 * @throws ValueError for a norm that is infinite or NaN, with `errorIfNonfinite`; gradients are unchanged then
 */
export function clipGradNorm(
  params: Iterable<Tensor> | Tensor,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  const defaults = { normType: 2, errorIfNonfinite: false };
  const { normType, errorIfNonfinite } = optionsOf("clipGradNorm", defaults, options);
  checkNumber("clipGradNorm", "maxNorm", maxNorm, 0);
  checkNumber("clipGradNorm", "normType", normType, Number.MIN_VALUE);
  if (errorIfNonfinite) refuseInCapture("clipGradNorm", "looks at the norm (errorIfNonfinite)");
  const all = graded("clipGradNorm", params);
  const clip = (): Tensor => {
    const norms = all.map(({ node }) => vectorNorm(node!.grad!, normType));
    const total = norms.length === 0 ? zeros([]) : vectorNorm(stack(norms), normType);
    const value = errorIfNonfinite ? item(total) : 0;
    if (!Number.isFinite(value)) {
      throw new ValueError("clipGradNorm", `the norm of the gradients is ${value}`);
    }
    const factor = clamp(div(maxNorm, add(total, 1e-6)), null, 1);
    replace(all, (g) => mul(g, factor));
    return total;
  };
  return withGrad(false, () => tidy(clip));
}

/** Limits every entry of the gradients to [-clipValue, clipValue]. */
export function clipGradValue(params: Iterable<Tensor> | Tensor, clipValue: number): void {
  checkNumber("clipGradValue", "clipValue", clipValue, 0);
  replace(graded("clipGradValue", params), (g) => clamp(g, -clipValue, clipValue));
}
