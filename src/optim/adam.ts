// Adam and its kin: AdamW, NAdam, RAdam and Adamax.
import { pow } from "../core/scalarMath.js";
import type { Tensor } from "../autograd/tensor.js";
import { f32 } from "../kernels/run.js";
import { ADAMAX, beginAdaptive, decayOf, TOP } from "./adaptive.js";
import { JoinedOptimizer, type Steps } from "./joined.js";
import {
  type Params,
  type ParamState,
  stateStep,
  type StepOptions,
  stateTensor,
} from "./optimizer.js";

interface MomentOptions extends StepOptions {
  /** Decay of the running means of the gradient and of its square. Default: [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the second mean. Default: 1e-8. */
  eps: number;
  /** L2 penalty. Default: 0. */
  weightDecay: number;
}

export interface AdamOptions extends MomentOptions {
  /** Learning rate. Default: 0.001. */
  lr: number;
  /** Adam: L2 penalty, default 0. AdamW: decoupled decay, default 0.01. */
  weightDecay: number;
  /** Divides by the greatest second mean so far (Reddi et al., 2018). Default: false. */
  amsgrad: boolean;
}

export interface RAdamOptions extends MomentOptions {
  /** Learning rate. Default: 0.001. */
  lr: number;
  /** The weights decay by lr weightDecay themselves, not through the gradient. Default: false. */
  decoupledWeightDecay: boolean;
}

export interface NAdamOptions extends MomentOptions {
  /** Learning rate. Default: 0.002. */
  lr: number;
  /** How fast the momentum grows to beta1. Default: 0.004. */
  momentumDecay: number;
  /** The weights decay by lr weightDecay themselves, not through the gradient. Default: false. */
  decoupledWeightDecay: boolean;
}

export interface AdamaxOptions extends MomentOptions {
  /** Learning rate. Default: 0.002. */
  lr: number;
}

/**
 * 1 - beta^t, by which a mean that began at 0 is divided after t steps. Where (1 - beta) t > 40 it is 1, as
 * beta^t < e^-40 then: not computed, since small models have no time for it.
 */
const debias = (beta: number, t: number): number => ((1 - beta) * t > 40 ? 1 : 1 - pow(beta, t));

const base = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false } as const;

abstract class Moments<O extends MomentOptions & { amsgrad?: boolean }> extends JoinedOptimizer<O> {
  protected override readonly stateKeys: RegExp = /^m,step,v$/;

  protected join(steps: Steps, p: Tensor, g: Tensor, o: O, state: ParamState): void {
    // By names that are the same each time: replays of small models come here more often than anywhere.
    const m = (state["m"] ?? stateTensor(state, "m", p)) as Tensor;
    const v = (state["v"] ?? stateTensor(state, "v", p)) as Tensor;
    this.prepare(steps, o, stateStep(state), state);
    steps.add(p, g, m, v, o.amsgrad ? stateTensor(state, "vMax", p) : null);
  }

  /**
   * Begins the step of number t, from 1: means that began at 0 are divided by 1 - beta^t. Where betas
   * change, all of the past counts as if they had always been the present ones, as in PyTorch.
   */
  protected abstract prepare(steps: Steps, o: O, t: number, state: ParamState): void;

  /** The hot kernel: p -= stepSize m / (sqrt(v) / root + eps), after the means were updated. */
  protected begin(
    steps: Steps,
    o: MomentOptions,
    stepSize: number,
    root: number,
    eps: number,
    decoupled: boolean,
  ): void {
    const [beta1, beta2] = o.betas;
    const { weightDecay, keep } = decayOf(o, decoupled);
    steps.begin("adamStepF32", [
      f32(stepSize),
      f32(1 - beta1),
      f32(beta2),
      f32(1 - beta2),
      f32(root),
      f32(eps),
      f32(weightDecay),
      f32(keep),
    ]);
  }
}

abstract class AdamBase extends Moments<AdamOptions> {
  protected override readonly stateKeys = /^m,step,v(,vMax)?$/;
  /** The weights decay by lr weightDecay themselves, not through the gradient. */
  protected abstract readonly decoupled: boolean;

  protected prepare(steps: Steps, o: AdamOptions, t: number): void {
    if (steps.same(t)) return;
    const { decoupled } = this;
    const [alpha, beta] = o.betas;
    const lr = o.lr / debias(alpha, t);
    const root = Math.sqrt(debias(beta, t));
    if (!o.amsgrad) this.begin(steps, o, lr, root, o.eps, decoupled);
    else {
      beginAdaptive(steps, {
        ...{ mode: TOP, lr, alpha, beta, scale: 1 / root, eps: o.eps },
        ...{ direct: 0, mean: 1, ...decayOf(o, decoupled) },
      });
    }
  }
}

/** Adam (Kingma and Ba, 2015), with PyTorch's order of operations. */
export class Adam extends AdamBase {
  protected readonly decoupled = false;

  constructor(params: Params<AdamOptions>, options?: Partial<AdamOptions>) {
    super("Adam", params, { ...base, lr: 1e-3, amsgrad: false }, options);
  }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, 2019). */
export class AdamW extends AdamBase {
  protected readonly decoupled = true;

  constructor(params: Params<AdamOptions>, options?: Partial<AdamOptions>) {
    super("AdamW", params, { ...base, lr: 1e-3, weightDecay: 0.01, amsgrad: false }, options);
  }
}

/**
 * Adam with Nesterov's momentum (Dozat, 2016): with mu[t] = beta1 (1 - 0.96^(t momentumDecay) / 2)
 * and Adam's v, p -= lr ((1 - mu[t]) / (1 - mu[1] ... mu[t]) g + mu[t+1] / (1 - mu[1] ... mu[t+1]) m)
 * / (sqrt(v / (1 - beta2^t)) + eps).
 */
export class NAdam extends Moments<NAdamOptions> {
  protected override readonly stateKeys = /^m,muProduct,step,v$/;

  constructor(params: Params<NAdamOptions>, options?: Partial<NAdamOptions>) {
    const defaults = { ...base, lr: 2e-3, momentumDecay: 4e-3, decoupledWeightDecay: false };
    super("NAdam", params, defaults, options);
  }

  protected prepare(steps: Steps, o: NAdamOptions, t: number, state: ParamState): void {
    const [alpha, beta] = o.betas;
    const mu = (t: number): number => alpha * (1 - 0.5 * pow(0.96, t * o.momentumDecay));
    const next = mu(t + 1);
    const product = (state["muProduct"] = ((state["muProduct"] ?? 1) as number) * mu(t));
    beginAdaptive(steps, {
      ...{ lr: 1, alpha, beta, scale: 1 / Math.sqrt(debias(beta, t)), eps: o.eps },
      direct: (o.lr * (1 - mu(t))) / (1 - product),
      mean: (o.lr * next) / (1 - product * next),
      ...decayOf(o, o.decoupledWeightDecay),
    });
  }
}

/**
 * Adam whose variance is rectified (Liu et al., 2020): while few gradients were seen, plain
 * momentum, p -= lr m / (1 - beta1^t); later Adam's step times a factor that grows to 1.
 */
export class RAdam extends Moments<RAdamOptions> {
  constructor(params: Params<RAdamOptions>, options?: Partial<RAdamOptions>) {
    super("RAdam", params, { ...base, lr: 1e-3, decoupledWeightDecay: false }, options);
  }

  protected prepare(steps: Steps, o: RAdamOptions, t: number): void {
    const [alpha, beta] = o.betas;
    const most = 2 / (1 - beta) - 1;
    const power = pow(beta, t);
    const length = most - (2 * t * power) / (1 - power);
    const lr = o.lr / debias(alpha, t);
    // Without its root the denominator is 1.
    const rect = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
    const size = lr * Math.sqrt((1 - power) * rect);
    if (length <= 5) this.begin(steps, o, lr, Infinity, 1, o.decoupledWeightDecay);
    else this.begin(steps, o, size, 1, o.eps, o.decoupledWeightDecay);
  }
}

/** Adam by the infinity norm (Kingma and Ba, 2015): u = max(beta2 u, |d| + eps);  p -= lr / (1 - beta1^t) m / u. */
export class Adamax extends Moments<AdamaxOptions> {
  constructor(params: Params<AdamaxOptions>, options?: Partial<AdamaxOptions>) {
    super("Adamax", params, { ...base, lr: 2e-3 }, options);
  }

  protected prepare(steps: Steps, o: AdamaxOptions, t: number): void {
    const [alpha, beta] = o.betas;
    const { weightDecay, eps } = o;
    const lr = o.lr / debias(alpha, t);
    beginAdaptive(steps, { mode: ADAMAX, lr, weightDecay, alpha, beta, eps });
  }
}
