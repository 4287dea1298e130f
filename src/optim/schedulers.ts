// Learning-rate schedulers with a formula, as PyTorch has them, in its chainable form: each makes the
// rate from that of the epoch before, so that several may act on one optimiser. An epoch is whatever
// lies between two calls of `step`.
import { checkNumber } from "../core/shape.js";
import { cos, pow } from "../core/scalarMath.js";
import {
  checkMilestones,
  type Lambdas,
  LRScheduler,
  type Scheduled,
  type ScheduledGroup,
} from "./scheduler.js";

export interface GammaOptions {
  /** Factor of the rate. Default: 0.1. */
  gamma?: number;
}

/** The rate times gamma every `stepSize` epochs. */
export class StepLR extends LRScheduler<{ stepSize: number; gamma: number }> {
  constructor(optimizer: Scheduled, stepSize: number, options?: GammaOptions) {
    super("StepLR", optimizer, { stepSize, gamma: 0.1 }, options);
  }

  protected lr(t: number, { lr }: ScheduledGroup): number {
    return t > 0 && t % this.options.stepSize === 0 ? lr * this.options.gamma : lr;
  }
}

/** The rate times gamma at each of the milestones, in their order (once more for each time that it is named). */
export class MultiStepLR extends LRScheduler<{ milestones: number[]; gamma: number }> {
  constructor(optimizer: Scheduled, milestones: readonly number[], options?: GammaOptions) {
    const epochs = checkMilestones("MultiStepLR", milestones);
    super("MultiStepLR", optimizer, { milestones: epochs, gamma: 0.1 }, options);
  }

  protected lr(t: number, { lr }: ScheduledGroup): number {
    return lr * pow(this.options.gamma, this.options.milestones.filter((m) => m === t).length);
  }
}

/** The rate times gamma every epoch. */
export class ExponentialLR extends LRScheduler<{ gamma: number }> {
  constructor(optimizer: Scheduled, gamma: number) {
    super("ExponentialLR", optimizer, { gamma });
  }

  protected lr(t: number, { lr }: ScheduledGroup): number {
    return t > 0 ? lr * this.options.gamma : lr;
  }
}

export interface ConstantLROptions {
  /** Factor of the rate, 0 to 1, not 0. Default: 1/3. */
  factor?: number;
  /** Epochs with the factor. Default: 5. */
  totalIters?: number;
}

/** The rate times `factor` in the first `totalIters` epochs. */
export class ConstantLR extends LRScheduler<Required<ConstantLROptions>> {
  constructor(optimizer: Scheduled, options?: ConstantLROptions) {
    const defaults = { factor: 1 / 3, totalIters: 5 };
    super("ConstantLR", optimizer, defaults, options);
  }

  protected override begin(): void {
    checkNumber(this.name, "factor", this.options.factor, Number.MIN_VALUE, 1);
  }

  override restart(onTop = false): void {
    super.restart(onTop);
    // As PyTorch: one of no epochs keeps its factor, but not where another was before it.
    if (onTop || this.options.totalIters > 0) return;
    this.reset();
    this.note();
  }

  protected lr(t: number, { lr }: ScheduledGroup): number {
    const { factor, totalIters } = this.options;
    return t === 0 ? lr * factor : t === totalIters ? lr / factor : lr;
  }
}

export interface LinearLROptions {
  /** Factor of the rate in the first epoch, 0 to 1, not 0. Default: 1/3. */
  startFactor?: number;
  /** Factor of the rate after `totalIters` epochs, 0 to 1. Default: 1. */
  endFactor?: number;
  /** Default: 5. */
  totalIters?: number;
}

/**
 * A factor that goes from `startFactor` to `endFactor` in a straight line: warm-up.
 * @example
 * const model = new nn.Linear(2, 1);
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 });
 * const warmUp = new optim.LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * const decay = new optim.CosineAnnealingLR(optimizer, 4);
 * const scheduler = new optim.SequentialLR(optimizer, [warmUp, decay], [2]);
 * const rates = [0, 1, 2, 3, 4].map(() => {
 *   const [lr] = scheduler.getLastLr();
 *   scheduler.step(); // after optimizer.step()
 *   return lr.toFixed(3);
 * });
 * console.log(rates.join(" ")); // 0.250 0.375 0.500 0.427 0.250
 */
export class LinearLR extends LRScheduler<Required<LinearLROptions>> {
  constructor(optimizer: Scheduled, options?: LinearLROptions) {
    const defaults = { startFactor: 1 / 3, endFactor: 1, totalIters: 5 };
    super("LinearLR", optimizer, defaults, options);
  }

  protected override begin(): void {
    checkNumber(this.name, "startFactor", this.options.startFactor, Number.MIN_VALUE, 1);
    checkNumber(this.name, "endFactor", this.options.endFactor, 0, 1);
  }

  protected lr(t: number, { lr }: ScheduledGroup): number {
    const { startFactor, endFactor, totalIters } = this.options;
    if (t === 0) return lr * startFactor;
    if (t > totalIters) return lr;
    const slope = endFactor - startFactor;
    return lr * (1 + slope / (totalIters * startFactor + (t - 1) * slope));
  }
}

export interface PolynomialLROptions {
  /** Epochs until the rate is 0. Default: 5. */
  totalIters?: number;
  /** Default: 1, a straight line. */
  power?: number;
}

/** The rate times (1 - t / totalIters)^power. */
export class PolynomialLR extends LRScheduler<Required<PolynomialLROptions>> {
  constructor(optimizer: Scheduled, options?: PolynomialLROptions) {
    const defaults = { totalIters: 5, power: 1 };
    super("PolynomialLR", optimizer, defaults, options);
  }

  protected lr(t: number, { lr }: ScheduledGroup): number {
    const { totalIters, power } = this.options;
    if (t === 0 || t > totalIters) return lr;
    return lr * pow((1 - t / totalIters) / (1 - (t - 1) / totalIters), power);
  }
}

export interface CosineOptions {
  /** The lowest rate. Default: 0. */
  etaMin?: number;
}

/** Half a cosine from the rate down to `etaMin` in `tMax` epochs, and up again (Loshchilov and Hutter, 2017). */
export class CosineAnnealingLR extends LRScheduler<{ tMax: number; etaMin: number }> {
  constructor(optimizer: Scheduled, tMax: number, options?: CosineOptions) {
    super("CosineAnnealingLR", optimizer, { tMax, etaMin: 0 }, options);
  }

  protected lr(t: number, { lr }: ScheduledGroup, i: number): number {
    const { tMax, etaMin } = this.options;
    if (t === 0) return lr;
    const height = (t: number): number => 1 + cos((Math.PI * t) / tMax);
    // From the lowest point the way up can't be found by a quotient.
    if ((t - 1 - tMax) % (2 * tMax) === 0) {
      return lr + ((this.state.baseLrs[i]! - etaMin) * (1 - cos(Math.PI / tMax))) / 2;
    }
    return (height(t) / height(t - 1)) * (lr - etaMin) + etaMin;
  }
}

export interface WarmRestartOptions extends CosineOptions {
  /** Each period is that many times as long as the one before. Default: 1. */
  tMult?: number;
}

/** Cosine annealing that starts anew after `t0` epochs, then after `t0 tMult`, ... (SGDR: Loshchilov and Hutter, 2017). */
export class CosineAnnealingWarmRestarts extends LRScheduler<
  Required<WarmRestartOptions> & { t0: number }
> {
  constructor(optimizer: Scheduled, t0: number, options?: WarmRestartOptions) {
    super("CosineAnnealingWarmRestarts", optimizer, { t0, tMult: 1, etaMin: 0 }, options);
  }

  protected lr(t: number, _: ScheduledGroup, i: number): number {
    const { t0, tMult, etaMin } = this.options;
    let period = t0;
    if (tMult === 1) t %= t0;
    for (; t >= period; period *= tMult) t -= period;
    return etaMin + ((this.state.baseLrs[i]! - etaMin) * (1 + cos((Math.PI * t) / period))) / 2;
  }
}

/** The first rate times a function of the epoch. */
export class LambdaLR extends LRScheduler {
  constructor(optimizer: Scheduled, lambdas: Lambdas) {
    super("LambdaLR", optimizer, {}, {}, lambdas);
  }

  protected lr(t: number, _: ScheduledGroup, i: number): number {
    return this.state.baseLrs[i]! * this.lambdas[i]!(t);
  }
}

/** The rate times a function of the epoch, from epoch 1 on. */
export class MultiplicativeLR extends LRScheduler {
  constructor(optimizer: Scheduled, lambdas: Lambdas) {
    super("MultiplicativeLR", optimizer, {}, {}, lambdas);
  }

  protected lr(t: number, { lr }: ScheduledGroup, i: number): number {
    return t > 0 ? lr * this.lambdas[i]!(t) : lr;
  }

  /** The rate stays what it is, as in PyTorch. */
  override restart(): void {
    super.restart(true);
  }
}
