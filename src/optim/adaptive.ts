// RMSprop, Adagrad, Adadelta and Lion, and the kernel that they share with Adam's kin.
import type { Tensor } from "../autograd/tensor.js";
import { checkNumber } from "../core/shape.js";
import { f32 } from "../kernels/run.js";
import { JoinedOptimizer, type Steps } from "./joined.js";
import {
  type Params,
  type ParamState,
  stateStep,
  type StepOptions,
  stateTensor,
} from "./optimizer.js";

/** The kernel's modes; those below Adamax are bits. */
export const TOP = 1;
export const ADAMAX = 4;
const CENTERED = 2;
const ADADELTA = 5;
const LION = 6;

/** What the kernel makes of p and g: its formulas stand in assembly/adaptive.ts. */
interface Step {
  lr: number;
  mode?: number;
  weightDecay?: number;
  keep?: number;
  alpha?: number;
  beta: number;
  restB?: number;
  scale?: number;
  eps?: number;
  direct?: number;
  mean?: number;
  momentum?: number;
}

/** The numbers for the steps that are added next. */
export function beginAdaptive(steps: Steps, step: Step): void {
  // prettier-ignore
  const {
    mode = 0, lr, weightDecay = 0, keep = 1, alpha = 0, beta, restB = 1 - beta,
    scale = 1, eps = 0, direct = 1, mean = 0, momentum = 0,
  } = step;
  steps.begin("adaptiveStepF32", [
    mode,
    f32(weightDecay),
    f32(keep),
    f32(lr),
    f32(alpha),
    f32(1 - alpha),
    f32(beta),
    f32(restB),
    f32(scale),
    f32(eps),
    f32(direct),
    f32(mean),
    f32(momentum),
  ]);
}

/** What weight decay does to a step: through the gradient, or to the weights themselves. */
export function decayOf(
  { lr, weightDecay }: { readonly lr: number; readonly weightDecay: number },
  decoupled: boolean,
): { weightDecay: number; keep: number } {
  return decoupled ? { weightDecay: 0, keep: 1 - lr * weightDecay } : { weightDecay, keep: 1 };
}

export interface RMSpropOptions extends StepOptions {
  /** Learning rate. Default: 0.01. */
  lr: number;
  /** Decay of the mean of the squared gradient. Default: 0.99. */
  alpha: number;
  /** Added to the root. Default: 1e-8. */
  eps: number;
  /** L2 penalty. Default: 0. */
  weightDecay: number;
  /** Default: 0. */
  momentum: number;
  /** Divides by the standard deviation of the gradient: the mean of the squares less the square of the mean. Default: false. */
  centered: boolean;
}

/**
 * RMSprop (Hinton, 2012; centered: Graves, 2013):
 * v = alpha v + (1 - alpha) d^2;  u = d / (sqrt(v) + eps);  p -= lr u, or with momentum
 * buf = momentum buf + u;  p -= lr buf. Where rounding makes a centered v negative it counts as 0.
 */
export class RMSprop extends JoinedOptimizer<RMSpropOptions> {
  protected override readonly stateKeys = /^(mean,)?(momentum,)?v$/;

  constructor(params: Params<RMSpropOptions>, options?: Partial<RMSpropOptions>) {
    const defaults = { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0 };
    super("RMSprop", params, { ...defaults, centered: false, maximize: false }, options);
  }

  protected join(steps: Steps, p: Tensor, g: Tensor, o: RMSpropOptions, state: ParamState): void {
    const { lr, alpha, eps, weightDecay, momentum, centered } = o;
    const b = stateTensor(state, "v", p);
    const a = centered ? stateTensor(state, "mean", p) : null;
    const c = momentum > 0 ? stateTensor(state, "momentum", p) : null;
    const mode = centered ? CENTERED : 0;
    beginAdaptive(steps, { mode, lr, weightDecay, alpha, beta: alpha, eps, momentum });
    steps.add(p, g, a, b, c);
  }
}

export interface AdagradOptions extends StepOptions {
  /** Learning rate. Default: 0.01. */
  lr: number;
  /** Step t has the rate lr / (1 + (t - 1) lrDecay). Default: 0. */
  lrDecay: number;
  /** L2 penalty. Default: 0. */
  weightDecay: number;
  /** What the sums of squares start from. Default: 0. */
  initialAccumulatorValue: number;
  /** Added to the root. Default: 1e-10. */
  eps: number;
}

/** Adagrad (Duchi et al., 2011): sum += d^2;  p -= lr d / (sqrt(sum) + eps). */
export class Adagrad extends JoinedOptimizer<AdagradOptions> {
  protected override readonly stateKeys = /^step,sum$/;

  constructor(params: Params<AdagradOptions>, options?: Partial<AdagradOptions>) {
    const defaults = { lr: 1e-2, lrDecay: 0, weightDecay: 0, eps: 1e-10, maximize: false };
    super("Adagrad", params, { ...defaults, initialAccumulatorValue: 0 }, options);
  }

  protected join(steps: Steps, p: Tensor, g: Tensor, o: AdagradOptions, state: ParamState): void {
    const { weightDecay, eps } = o;
    const b = stateTensor(state, "sum", p, o.initialAccumulatorValue);
    const lr = o.lr / (1 + (stateStep(state) - 1) * o.lrDecay);
    beginAdaptive(steps, { lr, weightDecay, beta: 1, restB: 1, eps });
    steps.add(p, g, null, b);
  }
}

export interface AdadeltaOptions extends StepOptions {
  /** Factor of the step. Default: 1. */
  lr: number;
  /** Decay of both means of squares. Default: 0.9. */
  rho: number;
  /** Added under both roots. Default: 1e-6. */
  eps: number;
  /** L2 penalty. Default: 0. */
  weightDecay: number;
}

/**
 * Adadelta (Zeiler, 2012): v = rho v + (1 - rho) d^2;  u = sqrt(w + eps) / sqrt(v + eps) d;
 * w = rho w + (1 - rho) u^2;  p -= lr u.
 */
export class Adadelta extends JoinedOptimizer<AdadeltaOptions> {
  protected override readonly stateKeys = /^delta,v$/;

  constructor(params: Params<AdadeltaOptions>, options?: Partial<AdadeltaOptions>) {
    const defaults = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false };
    super("Adadelta", params, defaults, options);
  }

  protected override checkOptions(o: AdadeltaOptions): void {
    super.checkOptions(o);
    checkNumber("Adadelta", "rho", o.rho, 0, 1);
  }

  protected join(steps: Steps, p: Tensor, g: Tensor, o: AdadeltaOptions, state: ParamState): void {
    const a = stateTensor(state, "delta", p);
    const b = stateTensor(state, "v", p);
    const { lr, rho, eps, weightDecay } = o;
    beginAdaptive(steps, { mode: ADADELTA, lr, weightDecay, beta: rho, eps });
    steps.add(p, g, a, b);
  }
}

export interface LionOptions extends StepOptions {
  /** Learning rate: three to ten times smaller than Adam's. Default: 0.0001. */
  lr: number;
  /** Weights of the old mean in the step and in the new mean. Default: [0.9, 0.99]. */
  betas: readonly [number, number];
  /** Decoupled decay. Default: 0. */
  weightDecay: number;
}

/**
 * Lion (Chen et al., 2023), which PyTorch lacks: u = sign(beta1 m + (1 - beta1) g);
 * p = (1 - lr weightDecay) p - lr u;  m = beta2 m + (1 - beta2) g.
 */
export class Lion extends JoinedOptimizer<LionOptions> {
  protected override readonly stateKeys = /^m$/;

  constructor(params: Params<LionOptions>, options?: Partial<LionOptions>) {
    const betas = [0.9, 0.99] as const;
    super("Lion", params, { lr: 1e-4, betas, weightDecay: 0, maximize: false }, options);
  }

  protected join(steps: Steps, p: Tensor, g: Tensor, o: LionOptions, state: ParamState): void {
    const a = stateTensor(state, "m", p);
    const [alpha, beta] = o.betas;
    beginAdaptive(steps, { mode: LION, lr: o.lr, ...decayOf(o, true), alpha, beta });
    steps.add(p, g, a);
  }
}
