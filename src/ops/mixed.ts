// Elementwise ops of three operands, and addmm: composed of others, whose derivatives they have.
import { checkFloat } from "../core/dtype.js";
import { ShapeError } from "../core/errors.js";
import { broadcastShapes, expandLayout, showShape } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, type Operand, sub } from "./arithmetic.js";
import { abs } from "./math.js";
import { lt, where } from "./compare.js";
import { matmul } from "./matmul.js";

/** Refuses, before anything is made, operands that don't broadcast together. */
function checkTogether(op: string, x: Tensor, a: Tensor, b: Tensor): void {
  broadcastShapes(op, x.shape, broadcastShapes(op, a.shape, b.shape));
}

/**
 * a + weight (b - a), with broadcasting: a at 0, b at 1, counted from the nearer of the two.
 * @throws DTypeError for operands that aren't float32.
 */
export function lerp(a: Tensor, b: Tensor, weight: Operand): Tensor {
  checkFloat("lerp", "a", a);
  checkFloat("lerp", "b", b);
  const w = typeof weight === "number" ? b : weight;
  checkFloat("lerp", "weight", w);
  checkTogether("lerp", a, b, w);
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
  checkTogether("addcmul", x, a, b);
  return tidy(() => add(x, mul(a, b), { alpha: options.value ?? 1 }));
}

/** x + value a / b, with broadcasting; float32. */
export function addcdiv(x: Tensor, a: Tensor, b: Tensor, options: AddcOptions = {}): Tensor {
  checkTogether("addcdiv", x, a, b);
  return tidy(() => add(x, div(a, b), { alpha: options.value ?? 1 }));
}

export interface AddmmOptions {
  /** What x is multiplied by; at 0 x is left out, NaN and all. Default: 1. */
  beta?: number;
  /** What the product is multiplied by. Default: 1. */
  alpha?: number;
}

/**
 * beta x + alpha a @ b for matrices a and b, with x broadcast to their product's shape.
 * @throws ShapeError for other than matrices, or where x doesn't broadcast.
 */
export function addmm(x: Tensor, a: Tensor, b: Tensor, options: AddmmOptions = {}): Tensor {
  const { beta = 1, alpha = 1 } = options;
  if (a.ndim !== 2 || b.ndim !== 2) {
    throw new ShapeError(
      "addmm",
      `a and b must be matrices: got a=${showShape(a.shape)}, b=${showShape(b.shape)}`,
    );
  }
  expandLayout("addmm", x.layout, [a.shape[0]!, b.shape[1]!]);
  return tidy(() => {
    const product = matmul(a, b);
    const scaled = alpha === 1 ? product : mul(product, alpha);
    return beta === 0 ? scaled : add(scaled, x, { alpha: beta });
  });
}
