// Softmax, its logarithm and the log-sum-exp. All are stable: the largest element is taken off first.
// Losses that contain them are in losses.ts.
import { is, checkFloat } from "../core/dtype.js";
import { checkDim, checkDims, reducedShape } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import type { Kernel } from "../kernels/loader.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { softmaxUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { add, mul, neg, sub } from "./arithmetic.js";
import { eq, isfinite, where } from "./compare.js";
import { withCast, withContiguous } from "./convert.js";
import { full } from "./creation.js";
import { exp, log } from "./math.js";
import { amax, type Dims, type ReduceOptions, sum } from "./reduce.js";
import { type Middle, middleAt } from "./middle.js";
import { reshape } from "./views.js";

type ForwardKernel = Kernel<[number, number, number, number]>;
type GradKernel = Kernel<[number, number, number, number, number]>;

/** Of a tensor without elements nothing is computed. */
function unitsOf(x: Tensor, { outer, inner }: Middle): number {
  return x.numel() === 0 ? 0 : softmaxUnits(outer, inner);
}

function forward(op: string, kernel: ForwardKernel, x: Tensor, at: number): Tensor {
  return withContiguous(x, (x) => {
    const out = allocateShape(op, x.shape, "float32");
    const m = middleAt(x, at);
    run(kernel, unitsOf(x, m), x.address(), out.address(), m.R, m.inner);
    return out;
  });
}

function gradient(op: string, kernel: GradKernel, dy: Tensor, y: Tensor, at: number): Tensor {
  return withContiguous(dy, (dy) =>
    withContiguous(y, (y) => {
      const out = allocateShape(op, y.shape, "float32");
      const m = middleAt(y, at);
      run(kernel, unitsOf(y, m), dy.address(), y.address(), out.address(), m.R, m.inner);
      return out;
    }),
  );
}

/**
 * exp(x) / sum of exp(x) along a dim. Where all are -Infinity (or one is +Infinity) it is NaN.
 * @example
 * console.log(tensor([0, 0, 0, 0]).softmax(0).toArray()); // [ 0.25, 0.25, 0.25, 0.25 ]
 */
export function softmax(x: Tensor, dim: number): Tensor {
  checkFloat("softmax", "x", x);
  const at = checkDim("softmax", dim, x);
  const out = forward("softmax", kernels.softmaxF32, x, at);
  return record("softmax", out, [x], { out }, (dy, { out }) => [() => softmaxGrad(dy, out, at)]);
}

/** (dy - sum of dy y) y, in one pass. */
function softmaxGrad(dy: Tensor, y: Tensor, at: number): Tensor {
  const out = gradient("softmaxGrad", kernels.softmaxGradF32, dy, y, at);
  return record("softmaxGrad", out, [dy, y], { dy, y }, (g, { dy, y }) => [
    () => softmaxGrad(g, y, at), // the Jacobian is symmetric
    () => {
      // d/dy: g (dy - sum of dy y) - dy (sum of g y)
      const own = mul(g, sub(dy, along(mul(dy, y), at)));
      return sub(own, mul(dy, along(mul(g, y), at)));
    },
  ]);
}

/** ln(softmax(x)) along a dim, without its rounding. */
export function logSoftmax(x: Tensor, dim: number): Tensor {
  checkFloat("logSoftmax", "x", x);
  const at = checkDim("logSoftmax", dim, x);
  const out = forward("logSoftmax", kernels.logSoftmaxF32, x, at);
  return record("logSoftmax", out, [x], { out }, (dy, { out }) => [
    () => logSoftmaxGrad(dy, out, at),
  ]);
}

/** dy - exp(y) sum of dy, in one pass. */
function logSoftmaxGrad(dy: Tensor, y: Tensor, at: number): Tensor {
  const out = gradient("logSoftmaxGrad", kernels.logSoftmaxGradF32, dy, y, at);
  return record("logSoftmaxGrad", out, [dy, y], { dy, y }, (g, { dy, y }) => [
    () => sub(g, along(mul(g, exp(y)), at)), // d/d dy: g - sum of g exp(y)
    () => neg(mul(mul(g, exp(y)), along(dy, at))), // d/dy: -g exp(y) sum of dy
  ]);
}

/** The sum along a dim that stays, with size 1; a scalar is its own. */
function along(x: Tensor, at: number): Tensor {
  return x.ndim === 0 ? x : sum(x, at, { keepdim: true });
}

/** ln(sum of exp(x)) over `dims`, without overflow, in float32; -Infinity over no elements. */
export function logsumexp(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  const over = checkDims("logsumexp", dims, x, options);
  if (!is(x, "float32"))
    return withCast("logsumexp", x, "float32", (x) => logsumexp(x, dims, options));
  const shape = reducedShape(x.shape, over, options.keepdim ?? false);
  const kept = reducedShape(x.shape, over, true);
  const out = tidy(() => noGrad(() => reshape(logOfSums(x, over, kept), shape)));
  return record("logsumexp", out, [x], { x, out }, (dy, { x, out }) => [
    () => {
      // d/dx = exp(x - out): the softmax; 0 where all are -Infinity
      const safe = reshape(where(eq(out, -Infinity), 0, out), kept);
      return mul(reshape(dy, kept), exp(sub(x, safe)));
    },
  ]);
}

function logOfSums(x: Tensor, over: readonly number[], kept: readonly number[]): Tensor {
  if (x.numel() === 0) return full(kept, -Infinity);
  const largest = amax(x, over, { keepdim: true });
  const shift = where(isfinite(largest), largest, 0); // Infinity - Infinity would be NaN
  return add(log(sum(exp(sub(x, shift)), over, { keepdim: true })), shift);
}
