// Elementwise ops of three operands: composed of others, whose derivatives they have.
import { checkFloat } from "../core/dtype.js";
import { commonShape, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, type Operand, sub } from "./arithmetic.js";
import { abs } from "./math.js";
import { lt, where } from "./compare.js";

/**
 * a + weight (b - a), with broadcasting: a at 0, b at 1, counted from the nearer of the two.
 * @throws DTypeError for operands that aren't float32.
 */
export function lerp(a: Tensor, b: Tensor, weight: Operand): Tensor {
  checkFloat("lerp", "a", a);
  checkFloat("lerp", "b", b);
  const w = typeof weight === "number" ? b : weight;
  checkFloat("lerp", "weight", w);
  commonShape("lerp", [a, b, w]);
  return tidy(() => {
    const way = sub(b, a);
    const fromA = (): Tensor => add(a, mul(way, weight));
    if (typeof weight === "number") {
      return Math.abs(weight) < 0.5 ? fromA() : add(b, mul(way, weight - 1));
    }
    const fromB = (): Tensor => add(b, mul(way, sub(weight, 1)));
    return where(
      noGrad(() => lt(abs(weight), 0.5)),
      fromA(),
      fromB(),
    );
  });
}

export interface AddcOptions {
  /** What the product or quotient is multiplied by. Default: 1. */
  value?: number;
}

/** x + value a b, with broadcasting. */
export function addcmul(x: Tensor, a: Tensor, b: Tensor, options: AddcOptions = {}): Tensor {
  checkOptions("addcmul", options);
  commonShape("addcmul", [x, a, b]);
  return tidy(() => add(x, mul(a, b), { alpha: options.value ?? 1 }));
}

/** x + value a / b, with broadcasting; float32. */
export function addcdiv(x: Tensor, a: Tensor, b: Tensor, options: AddcOptions = {}): Tensor {
  checkOptions("addcdiv", options);
  commonShape("addcdiv", [x, a, b]);
  return tidy(() => add(x, div(a, b), { alpha: options.value ?? 1 }));
}
