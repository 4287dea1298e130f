// What ops that pick elements along dims have in common: extremes, medians, norms. No ops.
import { ValueError } from "../core/errors.js";
import { reducedShape, sizeOf, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { div, mul } from "./arithmetic.js";
import { eq, isnan, where } from "./compare.js";
import { cast, item } from "./convert.js";
import { spread } from "./middle.js";
import { amax, amin, sum } from "./reduce.js";

/** Refuses to make elements of a result from an empty dim. */
export function checkFilled(op: string, x: Tensor, dims: readonly number[]): void {
  if (x.numel() === 0 && sizeOf(reducedShape(x.shape, dims, false)) > 0) {
    misfit(op, "an empty dim has no elements", x);
  }
}

/** Bools have an order, too: as 0 and 1. */
export function whole(x: Tensor): Tensor {
  return x.dtype === "bool" ? cast(x, "int32") : x;
}

/** The least and the greatest element, as numbers; 0 and -1 where there are none. */
export function bounds(x: Tensor): [least: number, greatest: number] {
  if (x.numel() === 0) return [0, -1];
  return tidy(() => noGrad(() => [item(amin(x)), item(amax(x))]));
}

/** Refuses what isn't in [0, high]; gives the greatest element. */
export function checkWithin(op: string, rule: string, x: Tensor, high: number): number {
  const [least, most] = bounds(x);
  if (least >= 0 && most <= high) return most;
  throw new ValueError(op, `${rule}: got ${least} to ${most}`);
}

/** Records `out`, elements of x over dims: those that equal it, NaN also, share the gradient evenly. */
export function shared(op: string, out: Tensor, x: Tensor, over: readonly number[]): Tensor {
  return record(op, out, [x], { x, out }, (dy, { x, out }) => [
    () => {
      const all = spread(out, x.shape, over);
      const winners = cast(where(isnan(all), isnan(x), eq(x, all)), "float32");
      const share = div(winners, sum(winners, over, { keepdim: true })); // 1/k for k winners
      return mul(spread(dy, x.shape, over), share);
    },
  ]);
}
