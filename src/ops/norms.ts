// The p-norm, of which vectorNorm, norm and the distances are made, and its gradient.
import { checkDims } from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { div, mul, pow } from "./arithmetic.js";
import { eq, ne, where } from "./compare.js";
import { cast } from "./convert.js";
import { zerosLike } from "./creation.js";
import { abs, sign, sqrt } from "./math.js";
import { ratio } from "./matrix.js";
import { checkFilled } from "./extremes.js";
import { amax, amin, type Dims, type ReduceOptions, sum } from "./reduce.js";
import { squeeze } from "./views.js";

/** The p-norm over sorted dims, kept with size 1. Not recorded. */
export function normOf(x: Tensor, p: number, dims: number[]): Tensor {
  const keep = { keepdim: true };
  if (p === Infinity) return amax(abs(x), dims, keep);
  if (p === -Infinity) return amin(abs(x), dims, keep);
  if (p === 0) return cast(sum(ne(x, 0), dims, keep), "float32");
  if (p === 1) return sum(abs(x), dims, keep);
  if (p === 2) return sqrt(sum(mul(x, x), dims, keep));
  return pow(sum(pow(abs(x), p), dims, keep), 1 / p);
}

/** dL/dx of the p-norm y of x; x, y and dy broadcast. 0 where y is 0. */
export function normGrad(x: Tensor, y: Tensor, dy: Tensor, p: number): Tensor {
  if (p === 0) return zerosLike(x);
  if (p === 1) return mul(sign(x), dy);
  if (p === 2) return mul(x, ratio(dy, y));
  if (Math.abs(p) === Infinity) return mul(mul(sign(x), dy), eq(abs(detach(x)), y));
  // sign(x) (|x| / y)^(p - 1), and 0 for x = 0 whatever p is
  const part = div(where(eq(x, 0), 1, abs(x)), where(eq(y, 0), 1, y));
  return mul(mul(sign(x), pow(part, p - 1)), dy);
}

/** The p-norm for `vectorNorm` and `norm`, which have checked the rest. */
export function pNorm(
  op: string,
  x: Tensor,
  ord: number,
  dims: Dims | undefined,
  options: ReduceOptions,
): Tensor {
  const over = checkDims(op, dims, x, options);
  if (Math.abs(ord) === Infinity) checkFilled(op, x, over);
  return tidy(() => {
    const y = withGrad(false, () => normOf(x, ord, over));
    record(op, y, [x], { x, y }, (dy, { x, y }) => [
      () => {
        if (Math.abs(ord) < Infinity) return normGrad(x, y, dy, ord);
        return normGrad(x, y, div(dy, sum(eq(abs(detach(x)), y), over, { keepdim: true })), ord);
      },
    ]);
    return options.keepdim ? y : squeeze(y, over);
  });
}
