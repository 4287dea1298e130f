// Steps of many parameters in one kernel call, for the optimisers whose kernels take them so.
import type { Tensor } from "../autograd/tensor.js";
import type { contract, KernelArgs } from "../kernels/contract.js";
import { kernels } from "../kernels/loader.js";
import type { Param } from "../kernels/param.js";
import { isRenewing, runList } from "../kernels/run.js";
import { flatUnits } from "../kernels/units.js";
import { Optimizer, type ParamState } from "./optimizer.js";

// All operands of a call lie in the heap at the same time. So few of them do in the smallest heap, even
// if each lies in a page with others; a larger parameter has a call of its own.
const MOST_PARAMS = 32;
const MOST_ELEMENTS = 1 << 17;

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

/** Steps to be taken, joined into as few kernel calls as can be. */
export class Steps {
  private kernel: StepKernel | null = null;
  private scalars: readonly number[] = [];
  /** Of each step that was added: its five operands, of which the kernel takes the first, and its scalars. */
  private readonly operands: (Tensor | null)[] = [];
  private readonly scalarsOf: (readonly number[])[] = [];
  private count = 0;
  private elements = 0;
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
  add(
    p: Tensor,
    g: Tensor,
    a: Tensor | null,
    b: Tensor | null = null,
    c: Tensor | null = null,
  ): void {
    const n = p.numel();
    if (this.count === MOST_PARAMS || this.elements + n > MOST_ELEMENTS) this.flush();
    const { operands } = this;
    const at = this.count * 5;
    operands[at] = p;
    operands[at + 1] = g;
    operands[at + 2] = a;
    operands[at + 3] = b;
    operands[at + 4] = c;
    this.scalarsOf[this.count++] = this.scalars;
    this.elements += n;
  }

  /** Takes the steps that were added, by lists that are used again: small models have no time for garbage. */
  flush(): void {
    const { args, operands, scalarsOf } = this;
    const kernel = this.kernel!;
    const perStep = OPERANDS[kernel];
    const asks = !isRenewing(); // what was recorded has not moved
    let units = 0;
    let length = 0;
    for (let i = 0; i < this.count; i++) {
      const first = i * 5;
      for (let k = first; k < first + perStep; k++) {
        args[length++] = asks ? (operands[k]?.address() ?? 0) : NaN;
      }
      const n = operands[first]!.numel();
      args[length++] = n;
      const scalars = scalarsOf[i]!;
      for (let k = 0; k < scalars.length; k++) args[length++] = scalars[k]!;
      units += flatUnits(n);
    }
    args.length = length;
    this.forget();
    if (units > 0) runList(kernels[kernel], units, args);
  }

  /** Takes back what was added: after an error, too, nothing of it may reach the next step. */
  forget(): void {
    this.operands.fill(null, 0, 5 * this.count);
    this.count = this.elements = 0;
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
