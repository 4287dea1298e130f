// Scheduler: what all learning-rate schedulers share. The rates of an optimiser's groups, and a state
// that is saved and resumed.
import { ValueError } from "../core/errors.js";
import { renewing } from "../ops/step.js";
import { checkNumber } from "./optimizer.js";

/** What a scheduler needs of an optimiser: groups with a rate. */
export interface Scheduled {
  readonly groups: ScheduledGroup[];
}

/** A group; schedulers keep the rate that it had first, as PyTorch's do. */
export interface ScheduledGroup {
  lr: number;
  initialLr?: number;
  momentum?: number;
  betas?: readonly [number, number];
}

/** Enough to continue; plain data, fit for structuredClone. */
export interface SchedulerState {
  options: object;
  state: {
    lastEpoch: number;
    lastLr: number[];
    baseLrs: number[];
    /** ReduceLROnPlateau's: the best metric, the epochs since, and those that don't count yet. */
    best?: number;
    badEpochs?: number;
    cooldownLeft?: number;
  };
  /** Of the schedulers that it is made of. */
  schedulers: SchedulerState[];
}

/** What a rate is multiplied by, from the number of steps so far. */
export type Lambda = (epoch: number) => number;

/** A number for all groups, or one for each. */
export type PerGroup = number | readonly number[];

/** Base class of all schedulers; `lr` of LRScheduler is what a scheduler of your own has to say. */
export abstract class Scheduler<Options extends object = object> {
  protected readonly state: SchedulerState["state"];

  /** @param name for errors @param options plain data, saved with the state */
  constructor(
    protected readonly name: string,
    readonly optimizer: Scheduled,
    protected readonly options: Options,
    protected readonly schedulers: readonly Scheduler[] = [],
  ) {
    for (const [key, value] of Object.entries(options as Record<string, unknown>)) {
      if (typeof value === "number" || value === undefined)
        checkNumber(name, key, value, -Infinity);
    }
    const { groups } = optimizer;
    const baseLrs = groups.map((g) => (g.initialLr ??= g.lr));
    this.state = { lastEpoch: -1, lastLr: groups.map((g) => g.lr), baseLrs };
  }

  /** How often it has stepped. */
  get lastEpoch(): number {
    return this.state.lastEpoch;
  }

  /** The rates of the groups as of the last step. */
  getLastLr(): number[] {
    return [...this.state.lastLr];
  }

  /** Sets the rates for the next epoch (or batch): call it after `optimizer.step()`. */
  step(metric?: number): void {
    if (this.optimizer.groups.length !== this.state.baseLrs.length) {
      throw new ValueError(this.name, "the optimiser got another group");
    }
    renewing(this.name, [], () => this.advance(metric));
  }

  /** What `step` does; a replay of a captured step does it, too. */
  protected abstract advance(metric?: number): void;

  /** Back to epoch 0: what SequentialLR does to the scheduler whose turn it is. */
  abstract restart(): void;

  /** The state so far, copied: with `loadStateDict` (and the optimiser's) training continues exactly. */
  stateDict(): SchedulerState {
    const schedulers = this.schedulers.map((s) => s.stateDict());
    return { options: copyOf(this.options), state: copyOf(this.state), schedulers };
  }

  /**
   * Continues from what `stateDict` gave; functions (lambdas) are not part of it.
   * @throws ValueError for the state of another kind of scheduler, or for other groups
   */
  loadStateDict(from: SchedulerState): void {
    const shape = (s: SchedulerState): string =>
      [...Object.keys(s.options), ...Object.keys(s.state), s.state.lastLr.length].sort().join() +
      `[${s.schedulers.map(shape).join(";")}]`;
    const [got, expected] = [shape(from), shape(this.stateDict())];
    if (got !== expected) {
      throw new ValueError(
        `${this.name}.loadStateDict`,
        `the state must hold ${expected}: got ${got}`,
      );
    }
    Object.assign(this.options, copyOf(from.options));
    Object.assign(this.state, copyOf(from.state));
    this.schedulers.forEach((s, i) => s.loadStateDict(from.schedulers[i]!));
  }

  /** Remembers the rates that the groups have now. */
  protected note(): void {
    this.state.lastLr = this.optimizer.groups.map((g) => g.lr);
  }
}

/** A scheduler with a formula for the rate. */
export abstract class LRScheduler<Options extends object = object> extends Scheduler<Options> {
  constructor(
    name: string,
    optimizer: Scheduled,
    options: Options,
    protected readonly lambdas: readonly Lambda[] = [],
  ) {
    super(name, optimizer, options);
    this.begin();
    this.step();
  }

  /** Checks the options, and prepares the groups. */
  protected begin(): void {}

  /** The rate of group i in epoch t, from its rate in the epoch before. */
  protected abstract lr(t: number, group: ScheduledGroup, i: number): number;

  protected advance(): void {
    const t = ++this.state.lastEpoch;
    this.optimizer.groups.forEach((group, i) => (group.lr = this.lr(t, group, i)));
    this.note();
  }

  restart(): void {
    this.state.lastEpoch = -1;
    this.optimizer.groups.forEach((group, i) => (group.lr = this.state.baseLrs[i]!));
    this.step();
  }
}

/** Numbers, words and lists of numbers, copied. */
function copyOf<T extends object>(plain: T): T {
  const copies = Object.entries(plain).map(([key, value]: [string, unknown]) => [
    key,
    Array.isArray(value) ? [...(value as unknown[])] : value,
  ]);
  return Object.fromEntries(copies) as T;
}

/** One value a group, none of them negative. */
export function perGroup(op: string, name: string, value: PerGroup, groups: object[]): number[] {
  const list = typeof value === "number" ? groups.map(() => value) : [...value];
  if (list.length !== groups.length) {
    throw new ValueError(
      op,
      `${name} must be one for each of ${groups.length} groups: got ${list.length}`,
    );
  }
  for (const v of list) checkNumber(op, name, v);
  return list;
}

/** Refuses what is no whole number >= 1. */
export function checkCount(op: string, name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new ValueError(op, `${name} must be an integer >= 1: got ${value}`);
  }
}

/** The momentum of a group, or Adam's beta1. */
export function setMomentum(op: string, group: ScheduledGroup, value: number): void {
  if (group.betas !== undefined) group.betas = [value, group.betas[1]];
  else if (group.momentum !== undefined) group.momentum = value;
  else throw new ValueError(op, "cycleMomentum needs an optimiser with momentum or betas");
}
