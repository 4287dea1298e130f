// Scheduler: what all learning-rate schedulers share. The rates of an optimiser's groups, and a state
// that is saved and resumed.
import { ValueError } from "../core/errors.js";
import { shown } from "../core/dtype.js";
import { checkNumber, checkInt, checkFunction, checkList } from "../core/shape.js";
import { renewing } from "../ops/step.js";
import { optionsFrom } from "./optimizer.js";

/** What a scheduler needs of an optimiser: groups with a rate. */
export interface Scheduled {
  /** The groups, whose rates change. */
  readonly groups: ScheduledGroup[];
}

/** A group; schedulers keep the rate that it had first, as PyTorch's do. */
export interface ScheduledGroup {
  /** The present rate. */
  lr: number;
  /** The first rate; noted by the first scheduler. */
  initialLr?: number;
  /** Of optimisers that have it: OneCycleLR moves it. */
  momentum?: number;
  /** Adam's: OneCycleLR moves the first. */
  betas?: readonly [number, number];
}

/** Enough to continue; plain data, fit for structuredClone. */
export interface SchedulerState {
  /** Those of the constructor. */
  options: object;
  /** Where it stands: the epoch, the rates of the groups now and at first. */
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

/** A function for all groups, or one for each. */
export type Lambdas = Lambda | readonly Lambda[];

/** A number for all groups, or one for each. */
export type PerGroup = number | readonly number[];

/** Options that count, and the least that each can be; other numbers may be any but NaN. */
const COUNTS: Readonly<Record<string, number>> = {
  ...{ stepSize: 1, tMax: 1, t0: 1, tMult: 1, totalIters: 0 },
  ...{ totalSteps: 1, patience: 0, cooldown: 0 },
};

/**
 * Base class of all schedulers; `lr` of LRScheduler is what a scheduler of your own has to say. To resume, load
 * the states of the optimiser and of a new scheduler: they have what PyTorch's last_epoch would say, and more.
 */
export abstract class Scheduler<Options extends object = object> {
  protected readonly state: SchedulerState["state"];
  protected readonly options: Options;

  /**
   * @param name for errors
   * @param defaults all options there are, plain data, saved with the state
   * @param options those of the program; others than the defaults are refused
   */
  constructor(
    protected readonly name: string,
    readonly optimizer: Scheduled,
    defaults: Options,
    options: Partial<Options> = {},
    protected readonly schedulers: readonly Scheduler[] = [],
  ) {
    this.options = optionsFrom(name, defaults, options);
    for (const [key, usual] of Object.entries(defaults)) {
      const value = this.options[key as keyof Options] as number;
      const least = COUNTS[key];
      // Words and lists have checks of their own; a switch is on or off whatever it is.
      if (!/^[sb]/.test(typeof usual) && !Array.isArray(value))
        checkNumber(name, key, value, least, undefined, least !== undefined);
    }
    const groups = (optimizer as Partial<Scheduled> | null | undefined)?.groups;
    if (groups === undefined) {
      throw new ValueError(name, `needs an optimiser: got ${shown(optimizer)}`);
    }
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
    renewing(this.name, [], () => {
      this.advance(metric);
      this.note();
    });
  }

  /** What `step` does; a replay of a captured step does it, too. */
  protected abstract advance(metric?: number): void;

  /**
   * Back to epoch 0: what SequentialLR does to the scheduler whose turn it is.
   * @param onTop begins from the rates that the groups have, as another scheduler has left them,
   *   instead of those they had first. Default: false
   */
  abstract restart(onTop?: boolean): void;

  /** The state so far, copied: with `loadStateDict` (and the optimiser's) training continues exactly. */
  stateDict(): SchedulerState {
    const { options, state, schedulers } = this;
    const parts = schedulers.map((s) => s.stateDict());
    return { ...structuredClone({ options, state }), schedulers: parts };
  }

  /**
   * Continues from what `stateDict` gave; functions (lambdas) are not part of it.
   * @throws ValueError for the state of another kind of scheduler, or for other groups
   */
  loadStateDict(from: SchedulerState): void {
    const got = kindOf(from);
    const expected = kindOf(this.stateDict());
    if (got !== expected) {
      throw new ValueError(`${this.name}.loadStateDict`, `takes ${expected}: got ${got}`);
    }
    const { options, state } = structuredClone(from);
    Object.assign(this.options, options);
    Object.assign(this.state, state);
    this.schedulers.forEach((s, i) => s.loadStateDict(from.schedulers[i]!));
  }

  /** Gives the groups the rates that they had first. */
  protected reset(): void {
    this.optimizer.groups.forEach((group, i) => (group.lr = this.state.baseLrs[i]!));
  }

  /** Remembers the rates that the groups have now. */
  protected note(): void {
    this.state.lastLr = this.optimizer.groups.map((g) => g.lr);
  }
}

/** A scheduler with a formula for the rate. */
export abstract class LRScheduler<Options extends object = object> extends Scheduler<Options> {
  protected readonly lambdas: readonly Lambda[];

  constructor(
    name: string,
    optimizer: Scheduled,
    defaults: Options,
    options: Partial<Options> = {},
    lambdas: Lambdas = () => 1,
  ) {
    super(name, optimizer, defaults, options);
    this.lambdas = perGroup(name, "lambdas", lambdas, optimizer.groups);
    for (const f of this.lambdas) checkFunction(name, "lambdas", f);
    this.begin();
    this.step();
  }

  /** Checks the options, and prepares the groups. */
  protected begin(): void {}

  /** The rate of group i in epoch t, from its rate in the epoch before. */
  protected abstract lr(t: number, group: ScheduledGroup, i: number): number;

  protected advance(): void {
    const t = ++this.state.lastEpoch;
    this.optimizer.groups.forEach((group, i) => {
      group.lr = checkNumber(this.name, "the rate", this.lr(t, group, i));
    });
  }

  restart(onTop = false): void {
    this.state.lastEpoch = -1;
    if (!onTop) this.reset();
    this.step();
  }
}

/** What a state holds: names and types of fields, how many groups, the same of its parts. */
function kindOf(state: SchedulerState): string {
  return JSON.stringify(state, (key, v: unknown) => {
    if (Array.isArray(v) && !/Lr|schedulers/.test(key)) return "list";
    return typeof v === "object" ? v : typeof v;
  });
}

/** One value a group; numbers must not be negative. */
export function perGroup<T extends number | Lambda>(
  op: string,
  name: string,
  value: T | readonly T[],
  groups: object[],
): T[] {
  const list = typeof value === "object" ? [...checkList(op, value)] : groups.map(() => value);
  if (list.length !== groups.length) {
    throw new ValueError(
      op,
      `${name} must be one for each of ${groups.length} groups: got ${list.length}`,
    );
  }
  for (const v of list) if (typeof v === "number") checkNumber(op, name, v, 0);
  return list;
}

/** A copy; refuses epochs that never come, or not in this order. */
export function checkMilestones(op: string, all: readonly number[]): number[] {
  checkList(op, all).forEach((m, i) => checkInt(op, "milestones", m, all[i - 1] ?? 0));
  return [...all];
}

/** The momentum of a group, or Adam's beta1. */
export function setMomentum(op: string, group: ScheduledGroup, value: number): void {
  if (group.betas !== undefined) group.betas = [value, group.betas[1]];
  else if (group.momentum !== undefined) group.momentum = value;
  else throw new ValueError(op, "cycleMomentum needs an optimiser with momentum or betas");
}
