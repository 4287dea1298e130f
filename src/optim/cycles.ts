// The scheduler that moves the momentum against the rate, and the one that waits for a metric.
import { ValueError } from "../core/errors.js";
import { checkNumber, checkWord } from "../core/shape.js";
import { cos } from "../core/scalarMath.js";
import { refuseInCapture } from "../autograd/mode.js";
import {
  LRScheduler,
  perGroup,
  type PerGroup,
  type Scheduled,
  type ScheduledGroup,
  Scheduler,
  setMomentum,
} from "./scheduler.js";

export interface OneCycleOptions {
  /** Steps in all; or give `epochs` and `stepsPerEpoch`. */
  totalSteps?: number;
  /** Epochs in all. */
  epochs?: number;
  /** Steps of an epoch. */
  stepsPerEpoch?: number;
  /** The part of the steps in which the rate rises. Default: 0.3. */
  pctStart?: number;
  /** Default: "cos". */
  annealStrategy?: "cos" | "linear";
  /** The first rate is maxLr / divFactor. Default: 25. */
  divFactor?: number;
  /** The last rate is the first one / finalDivFactor. Default: 10000. */
  finalDivFactor?: number;
  /** Falls as long as it rises, then to the last rate in a third phase. Default: false. */
  threePhase?: boolean;
  /** Moves the momentum (or beta1) against the rate. Default: true. */
  cycleMomentum?: boolean;
  /** The momentum where the rate is highest. Default: 0.85. */
  baseMomentum?: PerGroup;
  /** The momentum where the rate is lowest. Default: 0.95. */
  maxMomentum?: PerGroup;
}

/** The one-cycle policy (Smith and Topin, 2017): from a low rate up to `maxLr`, then down to nearly 0. */
export class OneCycleLR extends LRScheduler<Required<OneCycleOptions> & { maxLr: PerGroup }> {
  constructor(optimizer: Scheduled, maxLr: PerGroup, options: OneCycleOptions = {}) {
    const { epochs = 0, stepsPerEpoch = 0 } = { ...options }; // whose own check comes below
    const defaults: Required<OneCycleOptions> = {
      ...{ totalSteps: epochs * stepsPerEpoch, epochs, stepsPerEpoch, pctStart: 0.3 },
      ...{ annealStrategy: "cos", divFactor: 25, finalDivFactor: 1e4, threePhase: false },
      ...{ cycleMomentum: true, baseMomentum: 0.85, maxMomentum: 0.95 },
    };
    super("OneCycleLR", optimizer, { ...defaults, maxLr }, options);
  }

  protected override begin(): void {
    const { name, options: o, optimizer } = this;
    const { groups } = optimizer;
    checkNumber(name, "pctStart", o.pctStart, 0, 1);
    checkWord(name, "annealStrategy", o.annealStrategy, ["cos", "linear"]);
    for (const key of ["maxLr", "maxMomentum", "baseMomentum"] as const) {
      o[key] = perGroup(name, key, o[key], groups);
    }
    this.state.baseLrs = groups.map(
      (g, i) => (g.initialLr = (o.maxLr as number[])[i]! / o.divFactor),
    );
  }

  protected lr(t: number, group: ScheduledGroup, i: number): number {
    const { totalSteps, pctStart, threePhase, cycleMomentum, finalDivFactor, annealStrategy } =
      this.options;
    if (t > totalSteps) {
      throw new ValueError(this.name, `all ${totalSteps} steps are done: this is step ${t + 1}`);
    }
    const first = this.state.baseLrs[i]!;
    const max = (this.options.maxLr as number[])[i]!;
    const low = (this.options.baseMomentum as number[])[i]!;
    const high = (this.options.maxMomentum as number[])[i]!;
    // The steps between which the phases lie; what the rate and the momentum go through.
    const peak = pctStart * totalSteps - 1;
    const inner = threePhase ? [peak, 2 * peak] : [peak];
    const turns = [0, ...inner, totalSteps - 1];
    const last = first / finalDivFactor;
    const rates = threePhase ? [first, max, first, last] : [first, max, last];
    const momenta = [high, low, high, high];
    const phase = inner.filter((turn) => t > turn).length;
    const start = turns[phase]!;
    const span = turns[phase + 1]! - start;
    const part = span === 0 ? 1 : (t - start) / span;
    const between = (values: number[]): number => {
      const [from, to] = [values[phase]!, values[phase + 1]!];
      if (annealStrategy === "linear") return (to - from) * part + from;
      return to + ((from - to) / 2) * (cos(Math.PI * part) + 1);
    };
    if (cycleMomentum) setMomentum(this.name, group, between(momenta));
    return between(rates);
  }
}

export interface PlateauOptions {
  /** Whether a good metric is small or large. Default: "min". */
  mode?: "min" | "max";
  /** Factor of the rate, below 1. Default: 0.1. */
  factor?: number;
  /** Epochs without a better metric before the rate falls. Default: 10. */
  patience?: number;
  /** How much better counts as better. Default: 0.0001. */
  threshold?: number;
  /** Whether the threshold is a part of the best metric or a difference. Default: "rel". */
  thresholdMode?: "rel" | "abs";
  /** Epochs after a fall that do not count. Default: 0. */
  cooldown?: number;
  /** The rate falls no further. Default: 0. */
  minLr?: PerGroup;
  /** A fall by less than this is left out. Default: 1e-8. */
  eps?: number;
}

/** The rate times `factor` where a metric has stopped improving: `step(metric)`. */
export class ReduceLROnPlateau extends Scheduler<Required<PlateauOptions>> {
  constructor(optimizer: Scheduled, options?: PlateauOptions) {
    const defaults: Required<PlateauOptions> = {
      ...{ mode: "min", factor: 0.1, patience: 10, threshold: 1e-4, thresholdMode: "rel" },
      ...{ cooldown: 0, minLr: 0, eps: 1e-8 },
    };
    super("ReduceLROnPlateau", optimizer, defaults, options);
    const { name, options: o } = this;
    checkNumber(name, "factor", o.factor, 0, 1 - Number.EPSILON);
    checkWord(name, "mode", o.mode, ["min", "max"]);
    checkWord(name, "thresholdMode", o.thresholdMode, ["rel", "abs"]);
    o.minLr = perGroup(name, "minLr", o.minLr, optimizer.groups);
    this.restart();
  }

  /** Forgets the metrics so far. */
  restart(): void {
    const best = this.options.mode === "min" ? Infinity : -Infinity;
    Object.assign(this.state, { lastEpoch: 0, best, badEpochs: 0, cooldownLeft: 0 });
  }

  /** @param metric the validation loss, say; NaN counts as no improvement */
  protected advance(metric?: number): void {
    refuseInCapture(this.name, "takes a number that was read");
    if (typeof metric !== "number") {
      throw new ValueError(this.name, `step takes the metric, a number: got ${String(metric)}`);
    }
    const { state, options } = this;
    const { mode, threshold, thresholdMode } = options;
    state.lastEpoch++;
    const best = state.best!;
    const sign = mode === "min" ? -1 : 1;
    const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    const better = sign * metric > sign * bar;
    if (better) state.best = metric;
    state.badEpochs = better ? 0 : state.badEpochs! + 1;
    if (state.cooldownLeft! > 0) {
      state.cooldownLeft!--;
      state.badEpochs = 0;
    }
    if (state.badEpochs > options.patience) {
      state.cooldownLeft = options.cooldown;
      state.badEpochs = 0;
      this.optimizer.groups.forEach((group, i) => {
        const lr = Math.max(group.lr * options.factor, (options.minLr as number[])[i]!);
        if (group.lr - lr > options.eps) group.lr = lr;
      });
    }
  }
}
