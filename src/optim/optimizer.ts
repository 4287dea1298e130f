// Optimizer: what all optimisers share. Parameters in groups, state per parameter, saving and resuming.
import { ShapeError, ValueError } from "../core/errors.js";
import { Tensor } from "../autograd/tensor.js";
import { revise, withGrad } from "../autograd/mode.js";
import { sameShape, type Shape, showShape } from "../core/shape.js";
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
  "maxIter",
  "maxEval",
  "toleranceGrad",
  "toleranceChange",
];

/**
 * What all optimisers are made of; one of your own says how to `update` a parameter.
 *
 * Gradients add up until `zeroGrad`: to accumulate those of several batches, call `step` and
 * `zeroGrad` after the last of them only (and divide each loss by their number for the mean).
 */
export abstract class Optimizer<Options extends object> {
  /** The groups; change their options (`lr`, say) between steps as you like. */
  readonly groups: ({ params: Tensor[] } & Options)[];
  private readonly state = new Map<Tensor, ParamState>();

  constructor(
    protected readonly name: string,
    params: Params<Options>,
    private readonly defaults: Options,
  ) {
    const list = listOf<Tensor | ParamGroup<Options>>(name, params);
    const isGroup = (p: object): p is ParamGroup<Options> => Object(p) === p && "params" in p;
    const groups = list.length > 0 && list.every(isGroup) ? list : [{ params: list as Tensor[] }];
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

  private groupOf(group: ParamGroup<Options>): { params: Tensor[] } & Options {
    return { ...this.defaults, ...group, params: listOf<Tensor>(this.name, group.params) };
  }

  private check(groups: typeof this.groups): void {
    const all = groups.flatMap((g) => g.params);
    if (all.length === 0) throw new ValueError(this.name, "got no parameters");
    if (new Set(all).size !== all.length)
      throw new ValueError(this.name, "a parameter was given twice");
    for (const p of all) {
      if (!(p instanceof Tensor))
        throw new ValueError(this.name, "parameters must be tensors, or all of them groups");
      if (!p.isLeaf)
        throw new ValueError(this.name, "parameters must be leaves, not results of ops");
      if (!p.layout.contiguous) throw new ValueError(this.name, "parameters must be contiguous");
    }
    for (const group of groups) this.checkOptions(group);
  }

  /** The shape of what a parameter's state holds. */
  protected stateShape(p: Tensor): Shape {
    return p.shape;
  }

  /** The kernels trust that a state's tensors are as long as the parameter. */
  private checkState(p: Tensor, state: ParamState): void {
    const shape = this.stateShape(p);
    for (const [key, v] of Object.entries(state)) {
      if (typeof v === "number") continue;
      if (!(v instanceof Tensor) || v.dtype !== "float32" || !sameShape(v.shape, shape)) {
        throw new ShapeError(
          `${this.name}.loadStateDict`,
          `${key} must be float32 ${showShape(shape)}: got ${showShape(v.shape ?? [])}`,
        );
      }
    }
  }

  /** Throws a ValueError for options that make no sense: numbers below 0, decays outside of [0, 1). */
  protected checkOptions(options: Options): void {
    const given = options as Readonly<Record<string, unknown>>;
    for (const name of NUMBERS) {
      if (name in this.defaults) checkNumber(this.name, name, given[name] as number | undefined);
    }
    if (!("betas" in this.defaults)) return;
    const { betas } = given;
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw new ValueError(this.name, `betas must be two numbers: got ${String(betas)}`);
    }
    for (const beta of betas) {
      checkNumber(this.name, "betas", beta as number, 0, 1 - Number.EPSILON);
    }
  }

  /** Updates one parameter from its gradient (contiguous, like the parameter). */
  protected abstract update(p: Tensor, g: Tensor, options: Options, state: ParamState): void;

  /** Updates those parameters of a group that have gradients, one after the other. */
  protected updateAll(params: readonly Tensor[], grads: readonly Tensor[], options: Options): void {
    for (const [i, p] of params.entries()) this.update(p, grads[i]!, options, this.stateOf(p));
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
        for (const group of this.groups) {
          assuming(() => switchesOf(group));
          this.stepGroup(group);
        }
      }),
    );
    return loss;
  }

  private stepGroup(group: { readonly params: Tensor[] } & Options): void {
    const { maximize } = group as Partial<StepOptions>;
    const params: Tensor[] = [];
    const grads: Tensor[] = [];
    const made: Tensor[] = [];
    for (const p of group.params) {
      let g = p.node?.grad;
      if (g == null) continue;
      if (maximize || !g.layout.contiguous) {
        made.push((g = maximize ? neg(g) : copyOf("contiguous", g)));
      }
      params.push(p);
      grads.push(g);
    }
    renewing(this.name, grads, (...grads) => this.updateAll(params, grads, group));
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
    const all = this.groups.flatMap((g) => g.params);
    if (from.groups.length !== this.groups.length || from.state.length !== all.length) {
      throw new ValueError(
        `${this.name}.loadStateDict`,
        `groups and parameters must match: got ${from.groups.length} and ${from.state.length}, ` +
          `expected ${this.groups.length} and ${all.length}`,
      );
    }
    for (const group of from.groups) this.checkOptions(group);
    all.forEach((p, i) => this.checkState(p, from.state[i]!));
    this.groups.forEach((group, i) => Object.assign(group, from.groups[i]));
    revise();
    untracked(() =>
      all.forEach((p, i) => {
        this.state.set(p, copied(from.state[i]!));
      }),
    );
  }
}

/** A bit for each option that is neither 0 nor false: those turn whole terms of an update on or off. */
function switchesOf(options: object): number {
  let bits = 1;
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

function listOf<T>(name: string, items: Iterable<unknown>): T[] {
  if (typeof items[Symbol.iterator] !== "function") {
    throw new ValueError(name, "takes a list of parameters or of groups: model.parameters(), say");
  }
  return [...items] as T[];
}

/** The tensor that a state keeps under `key`, made of zeros (or `value`) when first asked for. */
export function stateTensor(state: ParamState, key: string, p: Tensor, value = 0): Tensor {
  return (state[key] ??= apart(() => fullLike(p, value))) as Tensor;
}

/** Counts the steps of a parameter: this one's number, from 1. */
export function stateStep(state: ParamState): number {
  return (state["step"] = ((state["step"] as number | undefined) ?? 0) + 1);
}

/** Multiplies the number that a state keeps under `key`, 1 at first: Math.pow's last bits differ between engines. */
export function stateProduct(state: ParamState, key: string, factor: number): number {
  return (state[key] = ((state[key] as number | undefined) ?? 1) * factor);
}

/** Refuses numbers outside of their range. */
export function checkNumber(
  op: string,
  name: string,
  value: number | undefined,
  low = 0,
  high = Infinity,
): void {
  if (!(value !== undefined && value >= low && value <= high)) {
    throw new ValueError(op, `${name} must lie in [${low}, ${high}]: got ${value}`);
  }
}
