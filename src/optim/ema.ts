// Averages of the weights over the steps of a training: they often do better than the last weights.
import { ShapeError, ValueError } from "../core/errors.js";
import { showShape, checkNumber } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { f32 } from "../kernels/run.js";
import { refusePromise, untracked } from "../memory/scope.js";
import { renewing } from "../ops/step.js";
import { copyOf } from "../ops/convert.js";
import { Steps } from "./joined.js";
import { listOf, optionsFrom } from "./optimizer.js";
import { write } from "./vectors.js";

export interface EMAOptions {
  /** Weight of the old average. Default: 0.999. */
  decay?: number;
  /** Starts with less: update n has the decay (1 + n) / (10 + n) while that is smaller. Default: false. */
  warmUp?: boolean;
}

/** Enough to continue: copies. */
export interface EMAState {
  /** How many updates there were. */
  updates: number;
  /** In the order of the parameters. */
  averages: Tensor[];
}

/**
 * Exponential moving average of parameters: average += (1 - decay) (parameter - average).
 * @example
 * const model = new nn.Linear(3, 1);
 * const ema = new optim.ExponentialMovingAverage(model.parameters(), { decay: 0.99 });
 * // after each optimizer.step():
 * ema.update();
 * const score = ema.withAverages(() => model.forward(tensor([1, 2, 3])).item());
 */
export class ExponentialMovingAverage {
  /** In the order of the parameters; they start as copies of them. */
  readonly averages: readonly Tensor[];
  private readonly params: readonly Tensor[];
  private readonly options: Required<EMAOptions>;
  private updates = 0;
  private stored: readonly Tensor[] = [];

  constructor(params: Iterable<Tensor>, options: EMAOptions = {}) {
    const defaults = { decay: 0.999, warmUp: false };
    this.options = optionsFrom("ExponentialMovingAverage", defaults, options);
    checkNumber("ExponentialMovingAverage", "decay", this.options.decay, 0, 1);
    this.params = listOf("ExponentialMovingAverage", params);
    // The kernel takes them as they lie.
    if (!this.params.every((p) => p.dtype === "float32" && p.layout.contiguous)) {
      throw new ValueError("ExponentialMovingAverage", "takes contiguous float32 tensors only");
    }
    this.averages = copies("ema", this.params);
  }

  /** Takes the parameters into the averages, in one kernel call. */
  update(): void {
    renewing("ExponentialMovingAverage", [], () => this.average());
    for (const { buffer } of this.averages) buffer.version++;
  }

  private average(): void {
    this.updates++;
    const { decay, warmUp } = this.options;
    const early = (1 + this.updates) / (10 + this.updates);
    const rest = 1 - (warmUp ? Math.min(decay, early) : decay);
    // A step of gradient descent: a -= -rest (p - a), p - a being a "gradient" p that decays by -1.
    const steps = new Steps();
    steps.begin("sgdStepF32", [f32(-rest), f32(0), f32(0), f32(-1), 0, 0]);
    this.averages.forEach((average, i) => steps.add(average, this.params[i]!, null));
    steps.flush();
  }

  /** Keeps copies of the parameters, for `restore`. */
  store(): void {
    this.forget();
    this.stored = copies("ema", this.params);
  }

  /** Copies the averages into the parameters. */
  copyTo(): void {
    write(this.params, this.averages);
  }

  /** Gives the parameters the values that `store` has kept. */
  restore(): void {
    write(this.params, this.stored);
    this.forget();
  }

  /**
   * What `fn` returns while the parameters are the averages; then they are what they were.
   * @throws ValueError for a promise: they would be what they were before it is done
   */
  withAverages<T>(fn: () => T): T {
    const before = copies("ema", this.params);
    this.copyTo();
    try {
      return refusePromise("ExponentialMovingAverage", fn());
    } finally {
      write(this.params, before);
      before.forEach((x) => x.dispose());
    }
  }

  /** The averages so far, copied, and their number: with `loadStateDict` it goes on from there. */
  stateDict(): EMAState {
    return { updates: this.updates, averages: copies("stateDict", this.averages) };
  }

  /** Continues from what `stateDict` gave. @throws ShapeError for the state of other parameters. Then nothing is changed. */
  loadStateDict({ updates, averages }: EMAState): void {
    const shapes = (all: readonly Tensor[] | undefined): string | undefined =>
      all?.map((x) => showShape(x.shape)).join();
    const got = shapes(averages);
    const expected = shapes(this.averages);
    if (got !== expected) {
      throw new ShapeError(
        "ExponentialMovingAverage.loadStateDict",
        `the averages must be ${expected}: got ${got}`,
      );
    }
    write(this.averages, averages);
    this.updates = updates;
  }

  private forget(): void {
    this.stored.forEach((x) => x.dispose());
    this.stored = [];
  }
}

function copies(op: string, all: readonly Tensor[]): Tensor[] {
  return untracked(() => all.map((x) => copyOf(op, x)));
}
