// Gradients kept within bounds, between `backward` and `step`.
import { ValueError } from "../core/errors.js";
import type { Tensor } from "../autograd/tensor.js";
import { refuseInCapture, withGrad } from "../autograd/mode.js";
import { tidy, untracked } from "../memory/scope.js";
import { add, div, mul } from "../ops/arithmetic.js";
import { item } from "../ops/convert.js";
import { zeros } from "../ops/creation.js";
import { vectorNorm } from "../ops/distances.js";
import { clamp } from "../ops/math.js";
import { stack } from "../ops/join.js";
import { checkNumber } from "./optimizer.js";

export interface ClipGradNormOptions {
  /** Which norm: 1, 2, ..., or Infinity for the largest entry. Default: 2. */
  normType?: number;
  /** Throws a ValueError when the norm is infinite or NaN. Default: false, gradients become NaN then. */
  errorIfNonfinite?: boolean;
}

type Parameters = Iterable<Tensor> | Tensor;

function graded(params: Parameters): Tensor[] {
  const all = Symbol.iterator in params ? [...params] : [params];
  return all.filter((p) => p.node?.grad != null && p.numel() > 0);
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
  params: Parameters,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  const { normType = 2, errorIfNonfinite = false } = options;
  checkNumber("clipGradNorm", "maxNorm", maxNorm);
  checkNumber("clipGradNorm", "normType", normType, Number.MIN_VALUE);
  if (errorIfNonfinite) refuseInCapture("clipGradNorm", "looks at the norm (errorIfNonfinite)");
  const all = graded(params);
  return withGrad(false, () => {
    const norms = (): Tensor[] => all.map(({ node }) => vectorNorm(node!.grad!, normType));
    const total = tidy(() => (all.length === 0 ? zeros([]) : vectorNorm(stack(norms()), normType)));
    if (errorIfNonfinite && !Number.isFinite(item(total))) {
      const value = item(total);
      total.dispose();
      throw new ValueError("clipGradNorm", `the norm of the gradients is ${value}`);
    }
    const factor = tidy(() => clamp(div(maxNorm, add(total, 1e-6)), null, 1));
    replace(all, (g) => mul(g, factor));
    factor.dispose();
    return total;
  });
}

/** Limits every entry of the gradients to [-clipValue, clipValue]. */
export function clipGradValue(params: Parameters, clipValue: number): void {
  checkNumber("clipGradValue", "clipValue", clipValue);
  replace(graded(params), (g) => clamp(g, -clipValue, clipValue));
}
