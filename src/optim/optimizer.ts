// Optimizer: what all optimisers share. Parameters in groups, state per parameter, saving and resuming.
import { ValueError } from "../core/errors.js";
import { type Shape, checkNumber, checkObject, checkScalar } from "../core/shape.js";
import { checkGradient, Tensor } from "../autograd/tensor.js";
import { isCapturing, redo, refuseInCapture, revise, withGrad } from "../autograd/mode.js";
import { untracked } from "../memory/scope.js";
import { neg } from "../ops/arithmetic.js";
import { apart, assuming, renewing } from "../ops/step.js";
import { copyOf } from "../ops/convert.js";
import { fullLike } from "../ops/creation.js";

/** Parameters that share options; those not given are the optimiser's. */
export type ParamGroup<Options> = Partial<Options> & { params: Iterable<Tensor> };

/** What an optimiser is made of: parameters, or groups of them. */
export type Params<Options> = Iterable<Tensor> | readonly ParamGroup<Options>[];

/** Options of every optimiser. */
export interface StepOptions {
  /** Learning rate. */
  lr: number;
  /** Climbs instead of descending. Default: false. */
  maximize: boolean;
}

/** What an optimiser keeps for a parameter: tensors of its shape, and numbers. */
export type ParamState = Record<string, Tensor | number>;

/** Enough to continue: numbers, and copies of the tensors. */
export interface OptimizerState<Options> {
  /** The options of each group. */
  groups: Options[];
  /** One per parameter, in the order of the groups. */
  state: ParamState[];
}

/** Options that are no negative number, whichever optimiser has them. */
const NUMBERS = [
  "lr",
  "eps",
  "weightDecay",
  "momentum",
  "alpha",
  "momentumDecay",
  "lrDecay",
  "initialAccumulatorValue",
  "toleranceGrad",
  "toleranceChange",
];

/**
 * What all optimisers are made of; one of your own says how to `update` a parameter.
 *
 * Gradients add up until `zeroGrad`: to accumulate those of several batches, call `step` and
 * `zeroGrad` after the last of them only (and divide each loss by their number for the mean).
 */
export abstract class Optimizer<Options extends object = { lr: number }> {
  /** The groups; change their options (`lr`, say) between steps as you like. */
  readonly groups: ({ params: Tensor[] } & Options)[];
  private readonly state = new Map<Tensor, ParamState>();
  private readonly defaults: Options;
  /**
   * The names of what `update` keeps for a parameter, sorted and joined by commas: `loadStateDict`
   * refuses other states. Default: anything.
   */
  protected readonly stateKeys: RegExp = /^/;

  /** @param defaults all options there are; others are refused @param options those of the program */
  constructor(
    protected readonly name: string,
    params: Params<Options>,
    defaults: Options,
    options: Partial<Options> = {},
  ) {
    this.defaults = optionsFrom(name, defaults, options);
    const list = listOf<Tensor | ParamGroup<Options>>(name, params);
    const areGroups = list.every((p) => (p as Partial<ParamGroup<Options>> | null)?.params);
    const groups = areGroups ? list : [{ params: list }];
    this.groups = groups.map((g) => this.groupOf(g as ParamGroup<Options>));
    this.check(this.groups);
  }

  /**
   * Adds a group of parameters: a part of the model that is thawed later, say.
   * @throws ValueError for what the constructor refuses. Then nothing is changed.
   */
  addParamGroup(group: ParamGroup<Options>): void {
    const added = this.groupOf(group);
    this.check([...this.groups, added]);
    this.groups.push(added);
    revise();
  }

  private groupOf({ params, ...options }: ParamGroup<Options>): { params: Tensor[] } & Options {
    const all = optionsOf(this.name, this.defaults, options as Partial<Options>);
    return redone({ params: listOf<Tensor>(this.name, params), ...all });
  }

  private check(groups: typeof this.groups): void {
    const all = groups.flatMap((g) => g.params);
    if (all.length === 0 || new Set(all).size !== all.length) {
      throw new ValueError(this.name, "takes parameters, none of them twice");
    }
    for (const p of all) {
      if (!(p instanceof Tensor && p.isLeaf && p.layout.contiguous))
        throw new ValueError(
          this.name,
          "parameters must be contiguous leaves, or all of them groups",
        );
    }
    for (const group of groups) this.checkOptions(group);
  }

  /** The shape of what a parameter's state holds. */
  protected stateShape(p: Tensor): Shape {
    return p.shape;
  }

  /** The kernels trust that a state's tensors are there, and as long as the parameter. */
  private checkState(op: string, p: Tensor, state: ParamState): void {
    const shape = this.stateShape(p);
    for (const [key, v] of Object.entries(state)) {
      if (v instanceof Tensor) checkGradient(op, v, shape, key);
      else checkScalar(op, key, v);
    }
    const got = Object.keys(state).sort().join();
    if (got !== "" && !this.stateKeys.test(got)) {
      throw new ValueError(op, `a state must fit ${this.stateKeys}: got ${got}`);
    }
  }

  /** Throws a ValueError for options that make no sense: numbers below 0, decays outside of [0, 1). */
  protected checkOptions(options: Options): void {
    const given = options as Readonly<Record<string, number>>;
    for (const name of NUMBERS) {
      // Where a scheduler sets the rate, it may be any, as in PyTorch.
      const least = name === "lr" && "initialLr" in given ? -Infinity : 0;
      if (name in given) checkNumber(this.name, name, given[name], least);
    }
    if (!("betas" in given)) return;
    const { betas } = options as { readonly betas?: readonly number[] };
    for (const i of [0, 1]) checkNumber(this.name, "betas", betas?.[i], 0, 1 - Number.EPSILON);
  }

  /** Updates one parameter from its gradient (contiguous, like the parameter). */
  protected abstract update(p: Tensor, g: Tensor, options: Options, state: ParamState): void;

  /** Updates those parameters of a group that have gradients, one after the other. */
  protected updateAll(params: readonly Tensor[], grads: readonly Tensor[], options: Options): void {
    params.forEach((p, i) => this.update(p, grads[i]!, options, this.stateOf(p)));
  }

  /** What is kept for a parameter, to read and to write. */
  protected stateOf(p: Tensor): ParamState {
    let state = this.state.get(p);
    if (state === undefined) this.state.set(p, (state = {}));
    return state;
  }

  /**
   * Updates every parameter that has a gradient.
   * @param closure computes the loss anew and its gradients; it is called first, and its loss returned
   */
  step(): undefined;
  step<T>(closure: () => T): T;
  step<T>(closure?: () => T): T | undefined {
    const loss = closure && withGrad(true, closure);
    untracked(() =>
      withGrad(false, () => {
        if (isCapturing()) this.assumeGroups();
        for (const group of this.groups) this.stepGroup(plainOf(group));
      }),
    );
    return loss;
  }

  /** Says that a recorded step is one of these groups, with these options switched on. */
  private assumeGroups(): void {
    assuming(() => this.groups.length);
    this.groups.forEach((group, i) => {
      const plain = plainOf(group);
      assuming(() => (this.groups[i] === group ? switchesOf(plain) : -1));
    });
  }

  private stepGroup(group: { readonly params: Tensor[] } & Options): void {
    const { maximize } = group as Partial<StepOptions>;
    const params: Tensor[] = [];
    const grads: Tensor[] = [];
    const made: Tensor[] = [];
    for (const p of group.params) {
      let g = p.node?.grad;
      if (g == null) continue;
      void p.buffer; // throws when disposed of, before any state has advanced
      if (maximize || !g.layout.contiguous) {
        made.push((g = maximize ? neg(g) : copyOf("contiguous", g)));
      }
      params.push(p);
      grads.push(g);
    }
    renewing(this.name, grads, (own) => this.updateAll(params, own, group));
    for (const g of made) g.dispose();
    const writer = `${this.name}.step`;
    for (const { buffer } of params) {
      buffer.version++;
      buffer.writer = writer;
    }
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const group of this.groups) for (const p of group.params) p.node?.setGrad(null);
  }

  /** The state so far, copied: with `loadStateDict` training continues exactly. */
  stateDict(): OptimizerState<Options> {
    const groups = this.groups.map(({ params: _, ...options }) => options as Options & object);
    const state = this.groups.flatMap((g) => g.params.map((p) => copied(this.state.get(p) ?? {})));
    return { groups, state };
  }

  /**
   * Continues from what `stateDict` gave, for the same parameters in the same order.
   * @throws ValueError or ShapeError for a state of other parameters. Then nothing is changed.
   */
  loadStateDict(from: OptimizerState<Options>): void {
    const op = `${this.name}.loadStateDict`;
    const all = this.groups.flatMap((g) => g.params);
    const counts = [this.groups, all].map((list) => list.length).join();
    const got = [from.groups, from.state].map((list) => list?.length).join();
    if (got !== counts) {
      throw new ValueError(op, `takes ${counts} groups and parameters: got ${got}`);
    }
    for (const group of from.groups) {
      checkNames(op, this.defaults, group);
      this.checkOptions(group);
    }
    all.forEach((p, i) => this.checkState(op, p, from.state[i]!));
    const copies = untracked(() => from.state.map(copied));
    this.groups.forEach((group, i) => Object.assign(group, from.groups[i]));
    all.forEach((p, i) => this.state.set(p, copies[i]!));
    revise();
  }
}

/** Refuses names that are not among the defaults, and their absence; but schedulers note first rates. */
function checkNames(op: string, defaults: object, options: object): void {
  for (const name in { ...defaults, ...options }) {
    if ((name in defaults && name in options) || name === "initialLr") continue;
    const all = Object.keys(defaults).join(", ");
    throw new ValueError(op, `option ${name} is unknown or missing: there are ${all}`);
  }
}

/** `optionsOf` for what keeps state from step to step. @throws CaptureError inside of `capture` */
export function optionsFrom<T extends object>(op: string, defaults: T, options: Partial<T>): T {
  refuseInCapture(op, "begins anew with each call");
  return optionsOf(op, defaults, options);
}

/** Options over their defaults. @throws ValueError for those that are not among the defaults. */
export function optionsOf<T extends object>(op: string, defaults: T, options: Partial<T>): T {
  checkObject(op, options);
  const all = { ...defaults, ...options };
  checkNames(op, defaults, all);
  return all;
}

/** Behind what programs see: a proxy is slow to read. */
const plainGroups = new WeakMap<object, object>();

const plainOf = <T extends object>(group: T): T => (plainGroups.get(group) ?? group) as T;

/** A group as programs see it. An option that a captured function sets is set by a replay, too. */
function redone<T extends object>(plain: T): T {
  const group = new Proxy(plain, {
    set(target, key, value) {
      redo(target, (again) => Reflect.set(again, key, value));
      return Reflect.set(target, key, value);
    },
  });
  plainGroups.set(group, plain);
  return group;
}

/**
 * A bit for each option that is neither 0 nor false, as those turn whole terms of an update on or off,
 * behind the number of parameters.
 */
function switchesOf(options: { readonly params: readonly Tensor[] }): number {
  let bits = options.params.length;
  for (const key in options) bits = 2 * bits + (options[key as keyof object] ? 1 : 0);
  return bits;
}

function copied(state: ParamState): ParamState {
  const copies = Object.entries(state).map(([key, v]) => [
    key,
    typeof v === "number" ? v : copyOf("stateDict", v),
  ]);
  return Object.fromEntries(copies) as ParamState;
}

/** Refuses a module in place of its parameters, say. */
export function listOf<T>(name: string, items: Iterable<unknown> | null): T[] {
  if (typeof items?.[Symbol.iterator] !== "function") {
    throw new ValueError(name, "takes parameters or groups: model.parameters(), say");
  }
  return [...items] as T[];
}

/** The tensor that a state keeps under `key`, made of zeros (or `value`) when first asked for. */
export function stateTensor(state: ParamState, key: string, p: Tensor, value = 0): Tensor {
  return (state[key] ??= apart(() => fullLike(p, value))) as Tensor;
}

/** Counts the steps of a parameter: this one's number, from 1. */
export function stateStep(state: ParamState): number {
  return (state["step"] = ((state["step"] ?? 0) as number) + 1);
}
