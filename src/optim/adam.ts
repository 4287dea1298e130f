// Adam and AdamW.
import { ValueError } from "../core/errors.js";
import type { Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import { f32, run } from "../kernels/run.js";
import { flatUnits } from "../kernels/units.js";
import {
  checkNumber,
  Optimizer,
  type ParamGroup,
  type ParamState,
  stateTensor,
} from "./optimizer.js";

export interface AdamOptions {
  /** Learning rate. Default: 0.001. */
  lr: number;
  /** Decay of the running means of the gradient and of its square. Default: [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the second mean. Default: 1e-8. */
  eps: number;
  /** Adam: L2 penalty, default 0. AdamW: decoupled decay, default 0.01. */
  weightDecay: number;
}

abstract class AdamBase extends Optimizer<AdamOptions> {
  protected checkOptions({ lr, betas, eps, weightDecay }: AdamOptions): void {
    checkNumber(this.name, "lr", lr, 0);
    checkNumber(this.name, "eps", eps, 0);
    checkNumber(this.name, "weightDecay", weightDecay, 0);
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw new ValueError(this.name, `betas must be two numbers: got ${String(betas)}`);
    }
    for (const beta of betas)
      checkNumber(this.name, "betas", beta as number, 0, 1 - Number.EPSILON);
  }

  protected optionsOf({ lr, betas, eps, weightDecay }: AdamOptions): AdamOptions {
    return { lr, betas, eps, weightDecay };
  }

  /** @param decoupled the weights decay by lr weightDecay themselves, not through the gradient */
  protected adam(
    p: Tensor,
    g: Tensor,
    o: AdamOptions,
    state: ParamState,
    decoupled: boolean,
  ): void {
    const m = stateTensor(state, "m", p);
    const v = stateTensor(state, "v", p);
    const [beta1, beta2] = o.betas;
    // beta^t by multiplication: Math.pow's last bits differ between engines.
    const power1 = (state["beta1Power"] =
      ((state["beta1Power"] as number | undefined) ?? 1) * beta1);
    const power2 = (state["beta2Power"] =
      ((state["beta2Power"] as number | undefined) ?? 1) * beta2);
    const n = p.numel();
    const [pp, pg, pm, pv] = [p.address(), g.address(), m.address(), v.address()];
    const [lr, a1] = [f32(o.lr / (1 - power1)), f32(1 - beta1)];
    const [b2, a2] = [f32(beta2), f32(1 - beta2)];
    const [root, eps] = [f32(Math.sqrt(1 - power2)), f32(o.eps)];
    const decay = f32(decoupled ? 0 : o.weightDecay);
    const keep = f32(decoupled ? 1 - o.lr * o.weightDecay : 1);
    const units = flatUnits(n);
    run(kernels.adamStepF32, units, pp, pg, pm, pv, n, lr, a1, b2, a2, root, eps, decay, keep);
  }
}

/** Adam (Kingma and Ba, 2015), with PyTorch's order of operations. */
export class Adam extends AdamBase {
  constructor(
    params: Iterable<Tensor> | readonly ParamGroup<AdamOptions>[],
    options: Partial<AdamOptions> = {},
  ) {
    super("Adam", params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, ...options });
  }

  protected update(p: Tensor, g: Tensor, o: AdamOptions, state: ParamState): void {
    this.adam(p, g, o, state, false);
  }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, 2019). */
export class AdamW extends AdamBase {
  constructor(
    params: Iterable<Tensor> | readonly ParamGroup<AdamOptions>[],
    options: Partial<AdamOptions> = {},
  ) {
    super("AdamW", params, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0.01,
      ...options,
    });
  }

  protected update(p: Tensor, g: Tensor, o: AdamOptions, state: ParamState): void {
    this.adam(p, g, o, state, true);
  }
}
