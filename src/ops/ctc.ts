// The loss of connectionist temporal classification, in one kernel with its gradient.
import { checkFloat, shown } from "../core/dtype.js";
import { GradError, IndexError, ValueError } from "../core/errors.js";
import { checkInt, listOf, misfit } from "../core/shape.js";
import { allocateShape, Tensor } from "../autograd/tensor.js";
import { isGradEnabled, noGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { readStatus, run, statusSlot } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { div, mul } from "./arithmetic.js";
import { checkIndex } from "./indexing.js";
import { elementsOf, toTypedArray, withAllContiguous } from "./convert.js";
import { tensor } from "./creation.js";
import { checkReduction, type LossOptions, reduce } from "./lossOptions.js";
import { sum } from "./reduce.js";
import { reshape, unsqueeze } from "./views.js";

export interface CtcOptions extends LossOptions {
  /** The class that stands for no label. Default: 0. */
  blank?: number;
  /** Targets too long for their input have loss and gradient 0, not Infinity and NaN. Default: false. */
  zeroInfinity?: boolean;
}

/** One length a sequence: numbers, or int32 [N]; a number for a single sequence. */
export type Lengths = number | readonly number[] | Tensor;

/**
 * The loss of connectionist temporal classification (Graves et al., 2006): -ln of the probability of all
 * alignments of a sequence with its labels. "mean" divides each loss by the number of labels first.
 *
 * Its gradient is PyTorch's, which takes it that the log-probabilities come from logSoftmax; there is
 * no second derivative.
 * @param logProbs [T, N, C], or [T, C] for a single sequence
 * @param targets int32 labels, [N, S] with anything behind a sequence's last label, or all of them
 *   one after the other in a vector
 * @param inputLengths how many of the T steps each sequence has
 * @param targetLengths how many labels
 * @throws IndexError for a label outside of [0, C)
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options: CtcOptions = {},
): Tensor {
  const reduction = checkReduction("ctcLoss", options);
  checkFloat("ctcLoss", "logProbs", logProbs);
  if (logProbs.ndim === 2) {
    return tidy(() => {
      const x = unsqueeze(logProbs, 1);
      return reshape(ctcLoss(x, targets, inputLengths, targetLengths, options), []);
    });
  }
  if (logProbs.ndim !== 3) misfit("ctcLoss", "logProbs must be [T, N, C] or [T, C]", logProbs);
  const [T, N, C] = logProbs.shape as [number, number, number];
  const { blank = 0, zeroInfinity = false } = options;
  checkInt("ctcLoss", "blank", blank, 0, C - 1);
  const steps = lengths("inputLengths", inputLengths, N, T);
  const [labels, offsets] = labelsOf(targets, targetLengths, N);
  const S = labels.reduce((a, b) => Math.max(a, b), 0);
  const sizes = Int32Array.from(steps.flatMap((n, i) => [n, labels[i]!, offsets[i]!]));
  return tidy(() => {
    const places = tensor(sizes, { shape: [N, 3] });
    const loss = ofSequences(logProbs, targets, places, S, blank, zeroInfinity);
    const mean = reduction === "mean" && N > 0;
    const each = mean ? div(loss, tensor(labels.map((n) => Math.max(n, 1)))) : loss;
    return reduce(each, reduction);
  });
}

/** The lengths as numbers, N from 0 to `most`. */
function lengths(name: string, given: Lengths, N: number, most: number): number[] {
  const list = given instanceof Tensor ? [...toTypedArray(given)] : listOf("ctcLoss", given);
  if (list.length !== N || list.some((n) => !(Number.isInteger(n) && n >= 0 && n <= most))) {
    throw new ValueError(
      "ctcLoss",
      `${name} must be ${N} integers from 0 to ${most}: got ${shown(list)}`,
    );
  }
  return [...list];
}

/** How many labels each sequence has, where they start, and the most that there are. */
function labelsOf(
  targets: Tensor,
  given: Lengths,
  N: number,
): [labels: number[], offsets: number[]] {
  checkIndex("ctcLoss", targets, "targets");
  const total = targets.numel();
  const isPadded = targets.ndim === 2;
  if (isPadded ? targets.shape[0] !== N : targets.ndim !== 1) {
    misfit("ctcLoss", `targets must be [${N}, S] or one vector`, targets);
  }
  const S = isPadded ? targets.shape[1]! : total;
  const labels = lengths("targetLengths", given, N, S);
  let at = 0;
  const offsets = labels.map((n, i) => (isPadded ? i * S : (at += n) - n));
  if (!isPadded && at !== total) {
    throw new ValueError("ctcLoss", `targetLengths must add up to ${total}: got ${shown(labels)}`);
  }
  return [labels, offsets];
}

/** The loss of each sequence of x [T, N, C]. */
function ofSequences(
  x: Tensor,
  targets: Tensor,
  sizes: Tensor,
  S: number,
  blank: number,
  zeroInfinity: boolean,
): Tensor {
  const [T, N, C] = x.shape as [number, number, number];
  const wantsGrad = x.requiresGrad && isGradEnabled();
  const loss = allocateShape("ctcLoss", [N], "float32");
  const grad = wantsGrad ? allocateShape("ctcLoss", [T, N, C], "float32") : null;
  const work = allocateShape("ctcLoss", [N, (wantsGrad ? T : 2) + 2, 2 * S + 1, 2], "float32");
  const bad = withAllContiguous([x, targets], (x, targets) => {
    const status = statusSlot();
    run(
      kernels.ctcLossF32,
      N,
      ...([x.address(), targets.address(), sizes.address(), loss.address()] as const),
      ...([grad?.address() ?? 0, work.address(), status] as const),
      ...([T, N, C, S, blank, zeroInfinity ? 1 : 0] as const),
    );
    return readStatus(status);
  });
  if (bad >= 0) {
    const label = elementsOf(targets)[bad];
    throw new IndexError("ctcLoss", `labels must lie in [0, ${C - 1}]: got ${label} at ${bad}`);
  }
  if (grad === null) return loss;
  return record("ctcLoss", loss, [x], { x, grad }, (dy, { x, grad }) => [
    () => gradOf(dy, x, grad),
  ]);
}

/** dL/dx, from each sequence's own gradient. */
function gradOf(dy: Tensor, x: Tensor, grad: Tensor): Tensor {
  const out = noGrad(() => mul(grad, unsqueeze(dy, -1)));
  return record("ctcLossGrad", out, [dy, x], { grad }, (g, { grad }) => [
    () => sum(mul(g, grad), [0, 2]),
    () => {
      throw new GradError("ctcLoss", "has no second derivative");
    },
  ]);
}
