// Gradients kept within bounds, between `backward` and `step`.
import { ValueError } from "../core/errors.js";
import { pow } from "../core/scalarMath.js";
import type { Tensor } from "../autograd/tensor.js";
import { refuseInCapture, withGrad } from "../autograd/mode.js";
import { tidy, untracked } from "../memory/scope.js";
import { mul, pow as powOf, square } from "../ops/arithmetic.js";
import { abs, clamp } from "../ops/math.js";
import { amax, sum } from "../ops/reduce.js";
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
 * Scales all gradients by one factor, so that the norm of all of them together is at most `maxNorm`.
 * @returns the norm that they had
 */
export function clipGradNorm(
  params: Parameters,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): number {
  refuseInCapture("clipGradNorm", "returns the norm as a number");
  const { normType: p = 2, errorIfNonfinite = false } = options;
  checkNumber("clipGradNorm", "maxNorm", maxNorm);
  checkNumber("clipGradNorm", "normType", p, Number.MIN_VALUE);
  const all = graded(params);
  const norms = withGrad(false, () =>
    all.map(({ node }) => {
      const g = node!.grad!;
      const measure = (): Tensor =>
        p === 2 ? sum(square(g)) : p === Infinity ? amax(abs(g)) : sum(powOf(abs(g), p));
      const one = tidy(measure);
      const value = one.item();
      one.dispose();
      return value;
    }),
  );
  const added = norms.reduce((a, b) => a + b, 0);
  const most = norms.reduce((a, b) => Math.max(a, b), 0);
  const total = p === 2 ? Math.sqrt(added) : p === Infinity ? most : pow(added, 1 / p);
  if (errorIfNonfinite && !Number.isFinite(total)) {
    throw new ValueError("clipGradNorm", `the norm of the gradients is ${total}`);
  }
  const factor = maxNorm / (total + 1e-6);
  // Not below 1, unless it is NaN.
  if (!(factor >= 1)) replace(all, (g) => mul(g, factor));
  return total;
}

/** Limits every entry of the gradients to [-clipValue, clipValue]. */
export function clipGradValue(params: Parameters, clipValue: number): void {
  checkNumber("clipGradValue", "clipValue", clipValue);
  replace(graded(params), (g) => clamp(g, -clipValue, clipValue));
}
