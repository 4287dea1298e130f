// Elementwise functions of two operands that are asked for seldom, with broadcasting and promotion
// as in arithmetic.ts: one kernel for float32 computes them all, and one for int32.
import { DTypeError, ValueError } from "../core/errors.js";
import { is, checkWhole, promote } from "../core/dtype.js";
import { checkWord, commonShape } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { f32 } from "../kernels/run.js";
import { kernels } from "../kernels/loader.js";
import { tidy } from "../memory/scope.js";
import {
  add,
  div,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  square,
  sub,
  sumTo,
  withTensors,
} from "./arithmetic.js";
import { eq, ge, isnan, le, logicalAnd, logicalNot, logicalOr, where } from "./compare.js";
import { binaryAs, item } from "./convert.js";
import { zerosLike } from "./creation.js";
import type { BinaryKernel } from "./dispatch.js";
import { log, sigmoid, trunc } from "./math.js";
import { any } from "./reduce.js";

/** Their numbers in assembly/elementwise/special.ts. */
const floats = [
  ...(["atan2", "hypot", "fmax", "fmin", "logaddexp", "xlogy", "fmod", "remainder"] as const),
  "floorDivide",
] as const;
const ints = [
  ...(["divTrunc", "floorDivide", "fmod", "remainder", "bitwiseAnd", "bitwiseOr"] as const),
  ...(["bitwiseXor", "bitwiseLeftShift", "bitwiseRightShift", "pow"] as const),
] as const;

type FloatPair = (typeof floats)[number];
type IntPair = (typeof ints)[number];

/** f(a, b), both as int32. Not recorded. */
export function intPair(op: string, name: IntPair, a: Tensor, b: Tensor): Tensor {
  return binaryAs(op, kernels.specialPairI32, a, b, "int32", "int32", [f32(ints.indexOf(name))]);
}

function floatPair(op: string, name: FloatPair, a: Tensor, b: Tensor): Tensor {
  const code = f32(floats.indexOf(name));
  return binaryAs(op, kernels.specialPairF32, a, b, "float32", "float32", [code]);
}

/** The gradients of a and b, in the shape of their broadcast, from dy. */
type Slopes = (dy: Tensor, a: Tensor, b: Tensor) => readonly [a: () => Tensor, b: () => Tensor];

/** Numbers become tensors, `forward` computes, `slopes` is recorded. */
function pair(
  op: string,
  a: Operand,
  b: Operand,
  forward: (a: Tensor, b: Tensor) => Tensor,
  slopes: Slopes,
): Tensor {
  return withTensors(op, a, b, (x, y) => {
    return record(op, forward(x, y), [x, y], { x, y }, (dy, { x, y }) => {
      const [da, db] = slopes(dy, x, y);
      return [() => sumTo(da(), x.shape), () => sumTo(db(), y.shape)];
    });
  });
}

function float(op: FloatPair, a: Operand, b: Operand, slopes: Slopes): Tensor {
  return pair(op, a, b, (a, b) => floatPair(op, op, a, b), slopes);
}

/** The angle of the point (x, y), in [-pi, pi], for atan2(y, x). The slopes at (0, 0) are 0 (PyTorch: NaN). */
export function atan2(y: Operand, x: Operand): Tensor {
  return float("atan2", y, x, (dy, a, b) => {
    const over = (n: Tensor): Tensor => {
      const size = add(square(a), square(b));
      return mul(dy, where(eq(size, 0), 0, div(n, size)));
    };
    return [() => over(b), () => over(neg(a))]; // x / (x^2 + y^2), -y / (x^2 + y^2)
  });
}

/** sqrt(a^2 + b^2), without overflow on the way. */
export function hypot(a: Operand, b: Operand): Tensor {
  return float("hypot", a, b, (dy, a, b) => [
    () => mul(dy, div(a, hypot(a, b))),
    () => mul(dy, div(b, hypot(a, b))),
  ]);
}

/** The larger of a and b; where one of them is NaN, the other. Where they are equal a has the gradient. */
export function fmax(a: Operand, b: Operand): Tensor {
  return choice("fmax", a, b, maximum, ge);
}

/** The smaller of a and b; where one of them is NaN, the other. Where they are equal a has the gradient. */
export function fmin(a: Operand, b: Operand): Tensor {
  return choice("fmin", a, b, minimum, le);
}

function choice(
  op: "fmax" | "fmin",
  a: Operand,
  b: Operand,
  whole: (a: Tensor, b: Tensor) => Tensor,
  wins: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const forward = (a: Tensor, b: Tensor): Tensor => {
    if (promote(a.dtype, b.dtype) === "float32") return floatPair(op, op, a, b);
    commonShape(op, [a, b]); // under this op's name
    return whole(a, b);
  };
  return pair(op, a, b, forward, (dy, a, b) => {
    const first = (): Tensor => logicalOr(wins(a, b), isnan(b));
    return [() => where(first(), dy, 0), () => where(first(), 0, dy)];
  });
}

/** ln(e^a + e^b), without overflow on the way. */
export function logaddexp(a: Operand, b: Operand): Tensor {
  return float("logaddexp", a, b, (dy, a, b) => [
    () => mul(dy, sigmoid(sub(a, b))), // e^a / (e^a + e^b)
    () => mul(dy, sigmoid(sub(b, a))),
  ]);
}

/** x ln y, and 0 where x is 0 (unless y is NaN). */
export function xlogy(x: Operand, y: Operand): Tensor {
  return float("xlogy", x, y, (dy, x, y) => [
    () => where(logicalAnd(eq(x, 0), le(y, 0)), 0, mul(dy, log(y))),
    () => mul(dy, div(x, y)),
  ]);
}

function refuseZeros(op: string, b: Tensor): void {
  if (tidy(() => item(any(eq(b, 0)))) !== 0)
    throw new ValueError(op, "an int32 divisor must not be 0");
}

/** A quotient or rest: int32 stays int32, and its divisors must not be 0; two bools are refused. */
function division(
  op: string,
  a: Operand,
  b: Operand,
  slopes: Slopes,
  whole: IntPair,
  float: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const forward = (a: Tensor, b: Tensor): Tensor => {
    const dtype = promote(a.dtype, b.dtype);
    if (dtype === "bool") throw new DTypeError(op, "two bools have no quotient: use to() first");
    if (dtype === "float32") return float(a, b);
    commonShape(op, [a, b]);
    refuseZeros(op, b);
    return intPair(op, whole, a, b);
  };
  return pair(op, a, b, forward, slopes);
}

/** The rest of a / b with b's sign, as Python's %; int32 stays int32. */
export function remainder(a: Operand, b: Operand): Tensor {
  const slopes: Slopes = (dy, a, b) => [() => dy, () => neg(mul(dy, floorDivide(a, b)))];
  return rest("remainder", a, b, slopes);
}

/** The rest of a / b with a's sign, as C's fmod; int32 stays int32. */
export function fmod(a: Operand, b: Operand): Tensor {
  const slopes: Slopes = (dy, a, b) => [() => dy, () => neg(mul(dy, trunc(div(a, b))))];
  return rest("fmod", a, b, slopes);
}

function rest(op: "fmod" | "remainder", a: Operand, b: Operand, slopes: Slopes): Tensor {
  return division(op, a, b, slopes, op, (a, b) => floatPair(op, op, a, b));
}

/** The derivative of a step function. */
const flat: Slopes = (dy) => [() => zerosLike(dy), () => zerosLike(dy)];

/** The greatest whole number <= a / b, as Python's //; int32 stays int32. Its derivative is 0. */
export function floorDivide(a: Operand, b: Operand): Tensor {
  return floored("floorDivide", a, b);
}

function floored(op: string, a: Operand, b: Operand): Tensor {
  const float = (a: Tensor, b: Tensor): Tensor => floatPair(op, "floorDivide", a, b);
  return division(op, a, b, flat, "floorDivide", float);
}

/** div with a rounding mode. */
export function divRounded(a: Operand, b: Operand, mode: string): Tensor {
  checkWord("div", "roundingMode", mode, ["trunc", "floor"]);
  if (mode === "floor") return floored("div", a, b);
  const float = (a: Tensor, b: Tensor): Tensor => noGrad(() => tidy(() => trunc(div(a, b))));
  return division("div", a, b, flat, "divTrunc", float);
}

/** Bit by bit; two bools stay bool. */
function bits(op: IntPair, bools: BinaryKernel | null, a: Operand, b: Operand): Tensor {
  return withTensors(op, a, b, (x, y) => {
    const dtype = promote(x.dtype, y.dtype);
    if (dtype === "int32") return intPair(op, op, x, y);
    if (dtype === "bool" && bools !== null) return binaryAs(op, bools, x, y, "bool");
    const allowed = bools === null ? "int32" : "int32 or bool";
    throw new DTypeError(op, `operands must be ${allowed}: got ${x.dtype} and ${y.dtype}`);
  });
}

/**
 * a & b, bit by bit, with broadcasting; bool for two bools, else int32.
 * @throws DTypeError for float32.
 */
export function bitwiseAnd(a: Operand, b: Operand): Tensor {
  return bits("bitwiseAnd", kernels.logicalAndBool, a, b);
}

/** a | b, as bitwiseAnd. */
export function bitwiseOr(a: Operand, b: Operand): Tensor {
  return bits("bitwiseOr", kernels.logicalOrBool, a, b);
}

/** a ^ b (exclusive or), as bitwiseAnd. */
export function bitwiseXor(a: Operand, b: Operand): Tensor {
  return bits("bitwiseXor", kernels.logicalXorBool, a, b);
}

/**
 * ~x, bit by bit: -1 - x for int32, not x for bool.
 * @throws DTypeError for float32.
 */
export function bitwiseNot(x: Tensor): Tensor {
  if (is(x, "bool")) return logicalNot(x);
  checkWhole("bitwiseNot", x);
  return sub(-1, x);
}

/**
 * a << b, with broadcasting; int32. Shifts by fewer than 0 or more than 31 bits give 0.
 * @throws DTypeError for float32 and for two bools.
 */
export function bitwiseLeftShift(a: Operand, b: Operand): Tensor {
  return bits("bitwiseLeftShift", null, a, b);
}

/** a >> b, keeping a's sign, which is what shifts by fewer than 0 or more than 31 bits leave. */
export function bitwiseRightShift(a: Operand, b: Operand): Tensor {
  return bits("bitwiseRightShift", null, a, b);
}
