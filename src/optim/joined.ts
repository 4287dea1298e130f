// Steps of many parameters in one kernel call, for the optimisers whose kernels take them so.
import type { Tensor } from "../autograd/tensor.js";
import type { contract, KernelArgs } from "../kernels/contract.js";
import { kernels } from "../kernels/loader.js";
import type { Param } from "../kernels/param.js";
import { renewal, runList } from "../kernels/run.js";
import { flatUnits } from "../kernels/units.js";
import { Optimizer, type ParamState } from "./optimizer.js";

// All operands of a call lie in the heap at the same time. So few of them do in the smallest heap, even
// if each lies in a page with others; a larger parameter has a call of its own.
const MOST_PARAMS = 32;
const MOST_UNITS = 128;

/** The kernels that take further entries, and the number of operands in each. */
const OPERANDS = { sgdStepF32: 3, adamStepF32: 4, adaptiveStepF32: 5 } as const;
type StepKernel = keyof typeof OPERANDS;

/** An entry's slots behind operands and size. */
type Scalars<P, Behind = false> = P extends readonly [
  infer Head extends Param,
  ...infer Rest extends readonly Param[],
]
  ? Head extends "n: u32"
    ? Scalars<Rest, true>
    : Head extends `${string}: i32...`
      ? readonly []
      : Behind extends true
        ? readonly [...KernelArgs<readonly [Head]>, ...Scalars<Rest, true>]
        : Scalars<Rest>
  : never;

/** A state; none is null. */
type State = Tensor | null;
type Operands = readonly [p: Tensor, g: Tensor, ...states: State[]];

/** Steps to be taken, joined into as few kernel calls as can be. */
export class Steps {
  private kernel: StepKernel | null = null;
  private scalars: readonly number[] = [];
  /** Of each step that was added: its operands, of which the kernel takes the first, and its scalars. */
  private readonly operands: Operands[] = [];
  private readonly scalarsOf: (readonly number[])[] = [];
  private count = 0;
  private units = 0;
  private readonly args: number[] = [];
  private key = NaN;

  /** Whether the key is the same as when this was asked last, and with it scalars that depend on it. */
  same(key: number): boolean {
    const known = key === this.key;
    this.key = key;
    return known;
  }

  /** The kernel, the same for all steps, and the scalars of those that are added next. */
  begin<K extends StepKernel>(kernel: K, scalars: Scalars<(typeof contract)[K]>): void {
    this.kernel = kernel;
    this.scalars = scalars;
  }

  /** A parameter, its gradient and its states, contiguous; they live at least until `flush`. */
  add(p: Tensor, g: Tensor, a: State, b: State = null, c: State = null): void {
    const units = flatUnits(p.numel());
    if (this.count === MOST_PARAMS || this.units + units > MOST_UNITS) this.flush();
    // What was recorded has not moved.
    if (!renewal()) this.operands[this.count] = [p, g, a, b, c];
    this.scalarsOf[this.count++] = this.scalars;
    this.units += units;
  }

  /** Takes the steps that were added, by a list that is used again: small models have no time for garbage. */
  flush(): void {
    const { args, count, units, scalarsOf } = this;
    const kernel = kernels[this.kernel!];
    const perStep = OPERANDS[this.kernel!];
    const renew = renewal();
    let length = 0;
    for (let i = 0; i < count && !renew; i++) {
      const operands = this.operands[i]!;
      for (let k = 0; k < perStep; k++) args[length++] = operands[k]?.address() ?? 0;
      args[length++] = operands[0].numel();
      const scalars = scalarsOf[i]!;
      for (let k = 0; k < scalars.length; k++) args[length++] = scalars[k]!;
    }
    this.forget();
    if (units === 0) return;
    if (renew) return renew(kernel, units, perStep + 1, scalarsOf, count);
    args.length = length;
    runList(kernel, units, args);
  }

  /** Takes back what was added: after an error, too, nothing of it may reach the next step. */
  forget(): void {
    if (!renewal()) this.operands.length = 0;
    this.count = this.units = 0;
    this.key = NaN;
  }
}

/** An optimiser whose steps can be joined. */
export abstract class JoinedOptimizer<Options extends object> extends Optimizer<Options> {
  private readonly steps = new Steps();

  /** Adds the step of one parameter. */
  protected abstract join(
    steps: Steps,
    p: Tensor,
    g: Tensor,
    options: Options,
    state: ParamState,
  ): void;

  protected update(p: Tensor, g: Tensor, options: Options, state: ParamState): void {
    this.join(this.steps, p, g, options, state);
    this.steps.flush();
  }

  protected override updateAll(
    params: readonly Tensor[],
    grads: readonly Tensor[],
    options: Options,
  ): void {
    // A program's own class may do more before and after the update of a parameter.
    if (this.update !== JoinedOptimizer.prototype.update) {
      return super.updateAll(params, grads, options);
    }
    this.steps.forget();
    for (let i = 0; i < params.length; i++) {
      const p = params[i]!;
      this.join(this.steps, p, grads[i]!, options, this.stateOf(p));
    }
    this.steps.flush();
  }
}
