// L-BFGS: a quasi-Newton method for smooth problems whose gradient has no noise.
import { ValueError } from "../core/errors.js";
import { type Shape, checkWord, checkInt } from "../core/shape.js";
import { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { tidy, untracked } from "../memory/scope.js";
import { mul, neg, sub } from "../ops/arithmetic.js";
import { copyOf } from "../ops/convert.js";
import { zeros } from "../ops/creation.js";
import { add_ } from "../ops/inplace.js";
import { abs } from "../ops/math.js";
import { amax, sum } from "../ops/reduce.js";
import { type Point, strongWolfe } from "./lineSearch.js";
import { Optimizer, type Params } from "./optimizer.js";
import { parametersToVector, partsOf, write } from "./vectors.js";

export interface LBFGSOptions {
  /** Length of the first step to try. Default: 1. */
  lr: number;
  /** Iterations in a `step`. Default: 20. */
  maxIter: number;
  /** Evaluations of the loss in a `step`. Default: 5/4 maxIter. */
  maxEval: number;
  /** Ends the step where no entry of the gradient is larger. Default: 1e-7. */
  toleranceGrad: number;
  /** Ends the step where neither the loss nor a parameter changes by more. Default: 1e-9. */
  toleranceChange: number;
  /** Steps that are remembered. Default: 100. */
  historySize: number;
  /** Default: null, steps of length lr. */
  lineSearchFn: "strongWolfe" | null;
}

const number = (make: () => Tensor): number => tidy(() => make().item());
const dot = (a: Tensor, b: Tensor): number => number(() => sum(mul(a, b)));
const largest = (x: Tensor): number => (x.numel() === 0 ? 0 : number(() => amax(abs(x))));

/**
 * L-BFGS (Liu and Nocedal, 1989), as PyTorch has it. `step` takes a closure that computes the loss
 * anew with its gradients; there is one group of parameters.
 * @example
 * const x = tensor([-1, 2], { requiresGrad: true });
 * const optimizer = new optim.LBFGS([x], { lineSearchFn: "strongWolfe" });
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = x.sub(tensor([3, 4])).square().sum();
 *   loss.backward();
 *   return loss;
 * });
 * console.log(x.round().toArray()); // [ 3, 4 ]
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  // Of the first parameter alone; between them lie the steps that are remembered.
  protected override readonly stateKeys = /^(count,)?direction,previousGrad,(.+,)?t\b/;

  constructor(params: Params<LBFGSOptions>, options: Partial<LBFGSOptions> = {}) {
    const { maxIter = 20 } = { ...options }; // whose own check comes below
    const defaults = {
      ...{ lr: 1, maxIter, maxEval: Math.floor(maxIter * 1.25), toleranceGrad: 1e-7 },
      ...{ toleranceChange: 1e-9, historySize: 100, lineSearchFn: null },
    };
    super("LBFGS", params, defaults, options);
    if (this.groups.length > 1) oneGroup();
  }

  /** @throws ValueError: there can be only one group */
  override addParamGroup(): never {
    oneGroup();
  }

  protected override checkOptions(o: LBFGSOptions): void {
    super.checkOptions(o);
    for (const name of ["maxIter", "maxEval"] as const) checkInt("LBFGS", name, o[name], 0);
    checkInt("LBFGS", "historySize", o.historySize, 1);
    checkWord("LBFGS", "lineSearchFn", o.lineSearchFn, ["strongWolfe", null]);
  }

  /** Parameters are updated all at once. */
  protected update(): void {}

  /** The first parameter's state is that of all: vectors of all elements. */
  protected override stateShape(): Shape {
    return [this.params.reduce((n, p) => n + p.numel(), 0)];
  }

  private get params(): Tensor[] {
    return this.groups[0]!.params;
  }

  /** @param closure computes the loss and its gradients; it is called several times */
  override step(): undefined;
  override step<T>(closure: () => T): T;
  override step<T>(closure?: () => T): T | undefined {
    if (closure === undefined) throw new ValueError("LBFGS", "step needs a closure");
    const loss = withGrad(true, closure);
    untracked(() => withGrad(false, () => this.iterate(valueOf(loss), closure)));
    return loss;
  }

  private iterate(loss: number, closure: () => unknown): void {
    const { maxIter, maxEval, toleranceGrad, toleranceChange, lr, lineSearchFn } = this.groups[0]!;
    const state = this.stateOf(this.params[0]!);
    let grad = this.gradient();
    let evaluations = 1;
    const evaluate = (): number => {
      evaluations++;
      return valueOf(untracked(() => withGrad(true, closure)));
    };
    for (let n = 1; n <= maxIter && evaluations < Math.max(maxEval, 2); n++) {
      if (largest(grad) <= toleranceGrad) break;
      const isFirst = state["t"] === undefined;
      this.turn(grad);
      const d = state["direction"] as Tensor;
      const before = loss;
      let t = isFirst ? Math.min(1, 1 / number(() => sum(abs(grad)))) * lr : lr;
      const slope = dot(grad, d);
      state["t"] = t;
      if (slope > -toleranceChange) break;
      if (lineSearchFn === null) {
        this.move(d, t);
        if (n === maxIter) break;
        loss = evaluate();
        grad = this.gradient();
      } else {
        const start = { t: 0, loss, grad, slope };
        ({ loss, grad, t } = tidy(() => this.search(start, t, d, evaluate, toleranceChange)));
        this.move(d, t);
        state["t"] = t;
      }
      if (largest(d) * Math.abs(t) <= toleranceChange) break;
      if (Math.abs(loss - before) < toleranceChange) break;
    }
    if (grad !== state["previousGrad"]) grad.dispose();
  }

  /** Puts a new direction into the state: that of Newton's method, its matrix made of the steps so far. */
  private turn(grad: Tensor): void {
    const state = this.stateOf(this.params[0]!);
    const { historySize } = this.groups[0]!;
    const { direction, previousGrad, t } = state as Record<string, Tensor> & { t?: number };
    if (direction !== undefined) {
      const y = sub(grad, previousGrad!);
      const s = mul(direction, t!);
      const ys = dot(y, s);
      if (ys > 1e-10) {
        const count = (state["count"] ?? 0) as number;
        const at = count % historySize;
        for (const key of ["y", "s"]) (state[`${key}${at}`] as Tensor | undefined)?.dispose();
        Object.assign(state, {
          ...{ [`y${at}`]: y, [`s${at}`]: s, [`rho${at}`]: 1 / ys },
          ...{ count: count + 1, scale: ys / dot(y, y) },
        });
      } else {
        y.dispose();
        s.dispose();
      }
    }
    state["direction"] = this.direction(grad);
    direction?.dispose();
    if (previousGrad !== grad) previousGrad?.dispose();
    state["previousGrad"] = grad;
  }

  /** The two loops over the remembered steps. */
  private direction(grad: Tensor): Tensor {
    const state = this.stateOf(this.params[0]!);
    const { historySize } = this.groups[0]!;
    const count = (state["count"] ?? 0) as number;
    const last = Math.min(count, historySize);
    const [Y, S, rho] = ["y", "s", "rho"].map((key) => (k: number) => {
      return state[`${key}${(count - last + k) % historySize}`];
    }) as [(k: number) => Tensor, (k: number) => Tensor, (k: number) => number];
    return tidy(() => {
      const q = neg(grad);
      const weights: number[] = [];
      for (let k = last - 1; k >= 0; k--) {
        weights[k] = dot(S(k), q) * rho(k);
        tidy(() => void add_(q, mul(Y(k), -weights[k]!)));
      }
      const r = mul(q, state["scale"] ?? 1);
      for (let k = 0; k < last; k++) {
        const beta = dot(Y(k), r) * rho(k);
        tidy(() => void add_(r, mul(S(k), weights[k]! - beta)));
      }
      return r;
    });
  }

  private search(
    start: Point,
    t: number,
    d: Tensor,
    evaluate: () => number,
    toleranceChange: number,
  ): Point {
    const x = this.params.map((p) => copyOf("LBFGS", p));
    const at = (t: number): Point => {
      this.move(d, t);
      const loss = evaluate();
      const grad = this.gradient();
      write(this.params, x);
      return { t, loss, grad, slope: dot(grad, d) };
    };
    return strongWolfe(start, t, at, largest(d), toleranceChange);
  }

  /** p += t d */
  private move(d: Tensor, t: number): void {
    tidy(() => {
      const parts = partsOf(d, this.params);
      this.params.forEach((p, i) => add_(p, mul(parts[i]!, t)));
    });
  }

  private gradient(): Tensor {
    return tidy(() => parametersToVector(this.params.map((p) => p.node?.grad ?? zeros(p.shape))));
  }
}

function oneGroup(): never {
  throw new ValueError("LBFGS", "takes one group of parameters only");
}

/** The loss as a number. */
function valueOf(loss: unknown): number {
  if (loss instanceof Tensor) return loss.item();
  if (typeof loss === "number") return loss;
  throw new ValueError("LBFGS", `the closure must return the loss: got ${String(loss)}`);
}
