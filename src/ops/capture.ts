// capture: a function whose kernel calls are recorded once and then run again by WASM alone, without
// the checks, allocations and graph nodes that led to them. Here is which call is recorded and which is
// replayed; a recorded one is step.ts's.
import { CaptureError } from "../core/errors.js";
import { checkFunction } from "../core/shape.js";
import { isCapturing, withCapturing } from "../autograd/mode.js";
import { Tensor } from "../autograd/tensor.js";
import { refusePromise, scoped, tidy } from "../memory/scope.js";
import { mapTensors } from "./mapTensors.js";
import { type CaptureArgument, Signature } from "./signature.js";
import { fresh, GONE, Step } from "./step.js";

/** Recordings that a captured function keeps: one for each combination of shapes and other arguments. */
const MOST = 16;

function check(args: readonly CaptureArgument[]): void {
  for (const [i, x] of args.entries()) {
    if (x instanceof Tensor) {
      if (x.node === null) continue;
      throw new CaptureError("capture", `argument ${i} requires gradients: pass x.detach()`);
    }
    if (Object(x) === x) {
      throw new CaptureError(
        "capture",
        `argument ${i} is no tensor, number, string, boolean or null`,
      );
    }
  }
}

/** A call as it would be without `capture`, but for what a replay could not do. */
function eagerly(
  fn: (...args: readonly CaptureArgument[]) => unknown,
  args: readonly CaptureArgument[],
) {
  const run = (): unknown => fn(...args.map((x) => (x instanceof Tensor ? fresh(x) : x)));
  return tidy(() => mapTensors(refusePromise("capture", run()), fresh));
}

/**
 * A function that does what `fn` does, faster: its first call runs it, its second records every
 * kernel call with its addresses, later ones run that list inside of WASM. For a training step
 * (forward, backward and the optimiser's step) or a forward pass, above all with small tensors.
 *
 * - Results are bit for bit those of `fn`; they are detached copies, and so are the arguments in it.
 * - Other shapes, dtypes, numbers or strings among the arguments lead to a recording of their own; so
 *   do `train()`, `eval()`, freezing and other changes of a model or an optimiser.
 * - Everything that is no tensor happens in the first two calls only: numbers computed in `fn` stay as
 *   they are (pass what changes as an argument), `if` is decided once. An optimiser's rate and step
 *   count, schedulers that change it outside, and random numbers advance. Options of an optimiser,
 *   modes and `requiresGrad` that `fn` sets are set again.
 * - Tensors from outside are those of the recording: what a variable or a field is made to hold later is
 *   not seen. Change the tensor itself (`copy_`, `loadStateDict`).
 * - Tensors that `fn` makes and does not return are released; gradients of parameters stay, and the
 *   next call overwrites them where `fn` begins with `zeroGrad()`.
 *
 * @param fn takes tensors (and numbers, strings, booleans, null) and returns tensors, alone or in arrays
 *   and plain objects; synchronous
 * @throws CaptureError for reading a value (`item`, `toArray`, ops whose result's shape depends on values)
 *   inside of `fn`: return the tensor and read it outside; for making an optimiser, a scheduler or an
 *   average in it, whose state a replay would not begin anew
 * @throws ValueError when `fn` is no function or returns a promise
 * @example
 * const model = new nn.Linear(2, 1);
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * const step = capture((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad();
 *   const loss = mseLoss(model.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * for (let i = 0; i < 100; i++) step(randn([8, 2]), ones([8, 1]));
 */
export function capture<A extends readonly CaptureArgument[], R>(
  fn: (...args: A) => R,
): (...args: A) => R;
export function capture(
  fn: (...args: readonly CaptureArgument[]) => unknown,
): (...args: readonly CaptureArgument[]) => unknown {
  checkFunction("capture", "fn", fn);
  const seen: Signature[] = [];
  const steps: Step[] = [];
  const record = (args: readonly CaptureArgument[]): unknown => {
    const step = new Step(new Signature(args));
    const result = step.record(fn, args);
    if (step.sound) steps.unshift(step);
    else step.discard();
    while (steps.length > MOST) steps.pop()!.discard();
    return result;
  };
  const replayed = (args: readonly CaptureArgument[]): unknown => {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      if (!step.fits(args) || !step.isExpected()) continue;
      const result = step.sound ? scoped(step.replay, args) : GONE;
      if (result !== GONE) return result;
      steps.splice(i--, 1);
      step.discard();
    }
    return GONE;
  };
  return (...args) => {
    if (isCapturing()) return fn(...args);
    const result = replayed(args);
    if (result !== GONE) return result;
    check(args);
    return withCapturing(true, () => {
      if (seen.some((signature) => signature.fits(args))) return record(args);
      const result = eagerly(fn, args);
      if (seen.push(new Signature(args)) > MOST) seen.shift();
      return result;
    });
  };
}
