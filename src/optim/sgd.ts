// Stochastic gradient descent.
import { ValueError } from "../core/errors.js";
import { checkNumber } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { f32 } from "../kernels/run.js";
import { JoinedOptimizer, type Steps } from "./joined.js";
import { type Params, type ParamState, type StepOptions, stateTensor } from "./optimizer.js";

export interface SGDOptions extends StepOptions {
  /** Learning rate. Default: 0.001. */
  lr: number;
  /** Default: 0. */
  momentum: number;
  /** Default: 0. */
  dampening: number;
  /** L2 penalty. Default: 0. */
  weightDecay: number;
  /** Default: false; needs momentum and no dampening. */
  nesterov: boolean;
}

/**
 * d = g + weightDecay p;  buf = momentum buf + (1 - dampening) d (the first time d);
 * p -= lr (nesterov ? d + momentum buf : buf). As in PyTorch (Sutskever et al., 2013, differs in
 * where lr stands).
 */
export class SGD extends JoinedOptimizer<SGDOptions> {
  protected override readonly stateKeys = /^momentum$/;

  constructor(params: Params<SGDOptions>, options?: Partial<SGDOptions>) {
    const defaults = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false };
    super("SGD", params, { ...defaults, maximize: false }, options);
  }

  protected override checkOptions(o: SGDOptions): void {
    super.checkOptions(o);
    checkNumber("SGD", "dampening", o.dampening);
    if (o.nesterov && (o.momentum <= 0 || o.dampening !== 0)) {
      throw new ValueError("SGD", "nesterov needs a momentum and no dampening");
    }
  }

  protected join(steps: Steps, p: Tensor, g: Tensor, o: SGDOptions, state: ParamState): void {
    const first = o.momentum !== 0 && state["momentum"] === undefined ? 1 : 0;
    if (!steps.same(first)) {
      steps.begin("sgdStepF32", [
        f32(o.lr),
        f32(o.momentum),
        f32(o.dampening),
        f32(o.weightDecay),
        o.nesterov ? 1 : 0,
        first,
      ]);
    }
    steps.add(p, g, o.momentum === 0 ? null : stateTensor(state, "momentum", p));
  }
}
