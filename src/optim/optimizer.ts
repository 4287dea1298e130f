// Optimizer: what all optimisers share. Parameters in groups, state per parameter, saving and resuming.
import { ShapeError, ValueError } from "../core/errors.js";
import { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { sameShape, showShape } from "../core/shape.js";
import { untracked } from "../memory/scope.js";
import { copyOf, withContiguous } from "../ops/convert.js";
import { zerosLike } from "../ops/creation.js";

/** Parameters that share options; those not given are the optimiser's. */
export type ParamGroup<Options> = Partial<Options> & { params: Iterable<Tensor> };

/** What an optimiser keeps for a parameter: tensors of its shape, and numbers. */
export type ParamState = Record<string, Tensor | number>;

/** Enough to continue: numbers, and copies of the tensors. */
export interface OptimizerState<Options> {
  groups: Options[];
  /** One per parameter, in the order of the groups. */
  state: ParamState[];
}

/** What SGD, Adam and AdamW are made of; an optimiser of your own says how to `update` a parameter. */
export abstract class Optimizer<Options extends object> {
  /** The groups; change their options (`lr`, say) between steps as you like. */
  readonly groups: ({ params: Tensor[] } & Options)[];
  private readonly state = new Map<Tensor, ParamState>();

  constructor(
    protected readonly name: string,
    params: Iterable<Tensor> | readonly ParamGroup<Options>[],
    defaults: Options,
  ) {
    const list = listOf<Tensor | ParamGroup<Options>>(name, params);
    const isGroup = (p: object): p is ParamGroup<Options> => Object(p) === p && "params" in p;
    this.groups =
      list.length > 0 && list.every(isGroup)
        ? list.map((g) => ({ ...defaults, ...g, params: listOf(name, g.params) }))
        : [{ ...defaults, params: list as Tensor[] }];
    this.check();
  }

  private check(): void {
    const all = this.groups.flatMap((g) => g.params);
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
    for (const group of this.groups) this.checkOptions(group);
  }

  /** The kernels trust that a state's tensors are as long as the parameter. */
  private checkState(p: Tensor, state: ParamState): void {
    for (const [key, v] of Object.entries(state)) {
      if (typeof v === "number") continue;
      if (!(v instanceof Tensor) || v.dtype !== "float32" || !sameShape(v.shape, p.shape)) {
        throw new ShapeError(
          `${this.name}.loadStateDict`,
          `${key} must be float32 ${showShape(p.shape)}: got ${showShape(v.shape ?? [])}`,
        );
      }
    }
  }

  /** Throws a ValueError for options that make no sense. */
  protected abstract checkOptions(options: Options): void;

  /** Updates one parameter from its gradient (contiguous, like the parameter). */
  protected abstract update(p: Tensor, g: Tensor, options: Options, state: ParamState): void;

  /** The options of a group, without its parameters. */
  protected abstract optionsOf(group: Options): Options;

  /** Updates every parameter that has a gradient. */
  step(): void {
    untracked(() =>
      withGrad(false, () => {
        for (const group of this.groups) {
          for (const p of group.params) {
            const g = p.node?.grad;
            if (g == null) continue;
            let state = this.state.get(p);
            if (state === undefined) this.state.set(p, (state = {}));
            const kept = state;
            withContiguous(g, (g) => this.update(p, g, group, kept));
            p.buffer.version++;
            p.buffer.writer = `${this.name}.step`;
          }
        }
      }),
    );
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const group of this.groups) for (const p of group.params) p.node?.setGrad(null);
  }

  /** The state so far, copied: with `loadStateDict` training continues exactly. */
  stateDict(): OptimizerState<Options> {
    const groups = this.groups.map((group) => this.optionsOf(group));
    const copy = (state: ParamState): ParamState =>
      Object.fromEntries(
        Object.entries(state).map(([key, v]) => [
          key,
          typeof v === "number" ? v : copyOf("stateDict", v),
        ]),
      );
    const state = this.groups.flatMap((g) => g.params.map((p) => copy(this.state.get(p) ?? {})));
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
    untracked(() =>
      all.forEach((p, i) => {
        const entries = Object.entries(from.state[i]!).map(([key, v]) => [
          key,
          typeof v === "number" ? v : copyOf("loadStateDict", v),
        ]);
        this.state.set(p, Object.fromEntries(entries) as ParamState);
      }),
    );
  }
}

function listOf<T>(name: string, items: Iterable<unknown>): T[] {
  if (typeof items[Symbol.iterator] !== "function") {
    throw new ValueError(name, "takes a list of parameters or of groups: model.parameters(), say");
  }
  return [...items] as T[];
}

/** The tensor of zeros that a state keeps under `key`, made when first asked for. */
export function stateTensor(state: ParamState, key: string, p: Tensor): Tensor {
  return (state[key] ??= zerosLike(p)) as Tensor;
}

/** Refuses numbers outside of their range. */
export function checkNumber(
  op: string,
  name: string,
  value: number,
  low: number,
  high = Infinity,
): void {
  if (!(value >= low && value <= high)) {
    throw new ValueError(op, `${name} must lie in [${low}, ${high}]: got ${value}`);
  }
}
