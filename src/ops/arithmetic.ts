// + - * / and friends on two operands, with broadcasting and PyTorch's promotion: bool < int32 <
// float32; an integer number leaves an int32 tensor int32 and makes a bool one int32, any other makes
// them float32. docs/dtypes.md has the table.
import { DTypeError, ValueError } from "../core/errors.js";
import { type DType, tensorOf, is, isInt32, promote } from "../core/dtype.js";
import { type Shape, sameShape, checkScalar } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { record, recorded } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { kernels } from "../kernels/loader.js";
import { binaryAs, cast } from "./convert.js";
import { binary, type BinaryKernel, binaryScalar, unary, type UnaryKernel } from "./dispatch.js";
import { log, reciprocal, rsqrt, sqrt } from "./math.js";
import { divRounded, intPair } from "./pairs.js";
import { eq, ge, gt, logicalAnd, lt, where } from "./compare.js";
import { sum } from "./reduce.js";
import { reshape } from "./views.js";
import { full, zerosLike } from "./creation.js";

/** A tensor, or a number that is broadcast to the other operand's shape. */
export type Operand = Tensor | number;

/** An op's kernels by dtype; where one is missing the next wider dtype computes. */
interface Kernels {
  float32: BinaryKernel;
  int32?: BinaryKernel;
  bool?: BinaryKernel;
}

function computeType(fs: Kernels, dtype: DType): DType {
  if (fs[dtype]) return dtype;
  return dtype === "bool" && fs.int32 ? "int32" : "float32";
}

/** out = f(a, b) in the promoted dtype. Not recorded. */
function arithmetic(op: string, fs: Kernels, a: Tensor, b: Tensor): Tensor {
  const ta = tensorOf(op, a).dtype;
  const tb = tensorOf(op, b).dtype;
  if (ta === "float32" && tb === "float32") return binary(op, fs.float32, a, b);
  const dtype = computeType(fs, promote(ta, tb));
  return binaryAs(op, fs[dtype]!, a, b, dtype);
}

/** out = f(x, s), or f(s, x) with `scalarFirst`. Not recorded. */
function withScalar(op: string, fs: Kernels, x: Tensor, s: number, scalarFirst = false): Tensor {
  const dtype = computeType(fs, promote(tensorOf(op, x).dtype, isWhole(s) ? "int32" : "float32"));
  const y = cast(x, dtype);
  const out = binaryScalar(op, fs[dtype]!, y, s, dtype, scalarFirst);
  if (y !== x) y.dispose();
  return out;
}

/** Adds up the dims that broadcasting to dy's shape had stretched: the gradient of broadcasting. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const lead = dy.ndim - shape.length;
  const dims = dy.shape.flatMap((n, i) =>
    i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : [],
  );
  return reshape(dims.length === 0 ? dy : sum(dy, dims, { keepdim: true }), shape);
}

const [or, and] = [kernels.logicalOrBool, kernels.logicalAndBool];
const adds = { float32: kernels.addF32, int32: kernels.addI32, bool: or };
const subs = { float32: kernels.subF32, int32: kernels.subI32 };
const muls = { float32: kernels.mulF32, int32: kernels.mulI32, bool: and };
const divs = { float32: kernels.divF32 };
const pows = { float32: kernels.powF32 };
const maxima = { float32: kernels.maximumF32, int32: kernels.maximumI32, bool: or };
const minima = { float32: kernels.minimumF32, int32: kernels.minimumI32, bool: and };

export interface AddOptions {
  /** What b is multiplied by. Default: 1. */
  alpha?: number;
}

/** `fn` of a and alpha b. */
function scaled(op: string, fn: typeof add, a: Operand, b: Operand, alpha: number): Tensor {
  checkScalar(op, "alpha", alpha);
  if (!Number.isInteger(alpha) && isWhole(a) && isWhole(b)) {
    throw new DTypeError(op, `alpha must be an integer for int32 operands: got ${alpha}`);
  }
  if (typeof b === "number") return fn(a, b * alpha);
  return tidy(() => {
    const scaled = mul(b, alpha);
    const bools = is(a, "bool") && is(b, "bool");
    return fn(a, bools ? cast(scaled, "bool") : scaled);
  });
}

/**
 * out = a + alpha b, with broadcasting. Two bools give their "or".
 * @throws DTypeError for a fractional alpha where no operand is float32.
 */
export function add(a: Operand, b: Operand, options?: AddOptions): Tensor {
  const alpha = options?.alpha ?? 1;
  if (alpha !== 1) return scaled("add", add, a, b, alpha);
  if (typeof b === "number") {
    const x = a as Tensor; // or withScalar refuses it
    return record("add", withScalar("add", adds, x, b), [x], {}, (dy) => [() => dy]);
  }
  if (typeof a === "number") return add(b, a);
  const out = arithmetic("add", adds, a, b);
  if (!recorded(a, b)) return out;
  return record("add", out, [a, b], {}, (dy) => [
    (shape) => sumTo(dy, shape), // d(a+b)/da = 1
    (shape) => sumTo(dy, shape), // d(a+b)/db = 1
  ]);
}

function refuseBool(op: string, x: Operand): void {
  if (is(x, "bool")) {
    throw new DTypeError(op, "a bool can't be subtracted or negated: use logicalNot or logicalXor");
  }
}

/**
 * out = a - alpha b, with broadcasting.
 * @throws DTypeError for a bool operand, and for a fractional alpha where no operand is float32.
 */
export function sub(a: Operand, b: Operand, options?: AddOptions): Tensor {
  refuseBool("sub", a);
  refuseBool("sub", b);
  const alpha = options?.alpha ?? 1;
  if (alpha !== 1) return scaled("sub", sub, a, b, alpha);
  if (typeof b === "number") {
    const x = a as Tensor;
    return record("sub", withScalar("sub", subs, x, b), [x], {}, (dy) => [() => dy]);
  }
  if (typeof a === "number") {
    return record("sub", withScalar("sub", subs, b, a, true), [b], {}, (dy) => [() => neg(dy)]);
  }
  const out = arithmetic("sub", subs, a, b);
  if (!recorded(a, b)) return out;
  return record("sub", out, [a, b], {}, (dy) => [
    (shape) => sumTo(dy, shape), // d(a-b)/da = 1
    (shape) => neg(sumTo(dy, shape)), // d(a-b)/db = -1
  ]);
}

/** out = a * b, with broadcasting. Two bools give their "and". */
export function mul(a: Operand, b: Operand): Tensor {
  if (typeof b === "number") return mulScalar(a as Tensor, b);
  if (typeof a === "number") return mulScalar(b, a);
  const out = arithmetic("mul", muls, a, b);
  if (!recorded(a, b)) return out;
  return record("mul", out, [a, b], { a, b }, (dy, { a, b }) => [
    () => sumTo(mul(dy, b), a.shape), // d(ab)/da = b
    () => sumTo(mul(dy, a), b.shape), // d(ab)/db = a
  ]);
}

function mulScalar(x: Tensor, s: number): Tensor {
  return record("mul", withScalar("mul", muls, x, s), [x], {}, (dy) => [() => mul(dy, s)]);
}

export interface DivOptions {
  /** "trunc" or "floor": a whole quotient, int32 for int32 operands; its derivative is 0. */
  roundingMode?: "trunc" | "floor" | null;
}

/**
 * out = a / b, with broadcasting; float32 but for a `roundingMode`.
 * @throws ValueError for an int32 divisor that is 0, where the quotient is rounded.
 */
export function div(a: Operand, b: Operand, options?: DivOptions): Tensor {
  const mode = options?.roundingMode ?? null;
  if (mode !== null) return divRounded(a, b, mode);
  if (typeof b === "number") {
    const x = a as Tensor;
    return record("div", withScalar("div", divs, x, b), [x], {}, (dy) => [() => div(dy, b)]);
  }
  if (typeof a === "number") {
    const out = withScalar("div", divs, b, a, true);
    return record("div", out, [b], { b, out }, (dy, { b, out }) => [
      () => neg(div(mul(dy, out), b)), // d(s/b)/db = -out/b
    ]);
  }
  const out = arithmetic("div", divs, a, b);
  if (!recorded(a, b)) return out;
  return record("div", out, [a, b], { b, out }, (dy, { b, out }) => [
    (shape) => sumTo(div(dy, b), shape), // d(a/b)/da = 1/b
    () => sumTo(neg(div(mul(dy, out), b)), b.shape), // d(a/b)/db = -out/b
  ]);
}

/**
 * out = -x.
 * @throws DTypeError for a bool.
 */
export function neg(x: Tensor): Tensor {
  refuseBool("neg", x);
  const kernel: UnaryKernel = is(x, "int32") ? kernels.negI32 : kernels.negF32;
  const out = unary("neg", kernel, x);
  return record("neg", out, [x], {}, (dy) => [() => neg(dy)]);
}

/** out = x * x. A bool gives int32. */
export function square(x: Tensor): Tensor {
  if (is(x, "bool")) return cast(x, "int32");
  if (is(x, "int32")) return mul(x, x);
  return record("square", unary("square", kernels.squareF32, x), [x], { x }, (dy, { x }) => [
    () => mul(mul(dy, x), 2), // d(x^2)/dx = 2x
  ]);
}

/**
 * out = a to the power of b, with broadcasting. As in C99: pow(x, 0) = 1 whatever x is, a negative
 * base takes integer exponents only and gives NaN else; but the numbers 0.5 and -0.5 are `sqrt` and
 * `rsqrt`, as in PyTorch. int32 and whole numbers give int32, modulo 2^32.
 * @throws DTypeError for two bools; ValueError for int32 to the power of a negative whole number.
 */
export function pow(a: Operand, b: Operand): Tensor {
  if (typeof b === "number") {
    const x = tensorOf("pow", a as Tensor);
    return isWhole(x) && isWhole(b) ? powWhole(x, b) : powScalar(x, b);
  }
  if (isWhole(a) && isWhole(b)) return powWhole(a, b);
  if (typeof a === "number") {
    const out = withScalar("pow", pows, b, a, true);
    return record("pow", out, [b], { b, out }, (dy, { b, out }) => [
      () => exponentGrad(dy, full([], a), b, out),
    ]);
  }
  const out = arithmetic("pow", pows, a, b);
  return record("pow", out, [a, b], { a, b, out }, (dy, { a, b, out }) => [
    // d(a^b)/da = b a^(b-1), and 0 where b = 0 (a^(b-1) may be infinite there)
    () => sumTo(mul(dy, where(eq(b, 0), 0, mul(b, pow(a, add(b, -1))))), a.shape),
    () => sumTo(exponentGrad(dy, a, b, out), b.shape),
  ]);
}

/** dL/db of out = a^b: d(a^b)/db = a^b ln a, but 0 where a = 0 and b >= 0, as PyTorch defines it there. */
function exponentGrad(dy: Tensor, a: Tensor, b: Tensor, out: Tensor): Tensor {
  return mul(dy, where(logicalAnd(eq(a, 0), ge(b, 0)), 0, mul(out, log(a))));
}

/** Whether x counts as int32 (or bool) beside others. */
function isWhole(x: Operand): boolean {
  return typeof x === "number" ? isInt32(x) : !is(x, "float32");
}

function powWhole(a: Operand, b: Operand): Tensor {
  if (typeof b === "number" && b < 0) {
    throw new ValueError("pow", `int32 takes no negative whole power: got ${b}`);
  }
  return withTensors("pow", a, b, (x, y) => {
    if (promote(x.dtype, y.dtype) === "bool") {
      throw new DTypeError("pow", "two bools have no power: use to() first");
    }
    return intPair("pow", "pow", x, y);
  });
}

/** Powers that ops of their own compute, as in PyTorch: in a tenth of the time. */
const powers: Readonly<Record<number, (x: Tensor) => Tensor>> = {
  [-1]: reciprocal,
  [-0.5]: rsqrt,
  0.5: sqrt,
  2: square,
  3: (x) => tidy(() => mul(square(x), x)),
};

function powScalar(x: Tensor, s: number): Tensor {
  const direct = powers[s];
  if (direct !== undefined) return direct(x);
  const out = withScalar("pow", pows, x, s);
  return record("pow", out, [x], { x }, (dy, { x }) => [
    // d(x^s)/dx = s x^(s-1)
    () => (s === 0 ? zerosLike(dy) : mul(dy, mul(pow(x, s - 1), s))),
  ]);
}

/** The larger of a and b, elementwise; NaN if either is. Where they are equal each gets half the gradient. */
export function maximum(a: Operand, b: Operand): Tensor {
  return extremum("maximum", maxima, a, b, lt);
}

/** The smaller of a and b, elementwise; NaN if either is. Where they are equal each gets half the gradient. */
export function minimum(a: Operand, b: Operand): Tensor {
  return extremum("minimum", minima, a, b, gt);
}

function extremum(
  op: string,
  fs: Kernels,
  a: Operand,
  b: Operand,
  loses: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  return withTensors(op, a, b, (x, y) =>
    record(op, arithmetic(op, fs, x, y), [x, y], { x, y }, (dy, { x, y }) => [
      () => sumTo(share(dy, x, y, loses), x.shape),
      () => sumTo(share(dy, y, x, loses), y.shape),
    ]),
  );
}

/** dy where x is the result, half of it where both are, and all of it for both where one is NaN. */
function share(dy: Tensor, x: Tensor, y: Tensor, loses: (a: Tensor, b: Tensor) => Tensor): Tensor {
  return where(loses(x, y), 0, where(eq(x, y), mul(dy, 0.5), dy));
}

/** `fn` of both as tensors; those made of numbers are released. */
export function withTensors(
  op: string,
  a: Operand,
  b: Operand,
  fn: (x: Tensor, y: Tensor) => Tensor,
): Tensor {
  const x = asTensor(op, a, b);
  const y = asTensor(op, b, a);
  try {
    return fn(x, y);
  } finally {
    if (x !== a) x.dispose();
    if (y !== b) y.dispose();
  }
}

/** The dtype that a has beside `other`. */
export function operandType(op: string, a: Operand, other: Operand): DType {
  if (typeof a !== "number") return tensorOf(op, a).dtype;
  return isWhole(a) && typeof other !== "number" && isWhole(other) ? "int32" : "float32";
}

/** x itself, or, if it is a number, a scalar tensor of the dtype that it has beside `other`. */
export function asTensor(op: string, x: Operand, other: Operand): Tensor {
  if (typeof x !== "number") return tensorOf(op, x);
  return full([], x, { dtype: operandType(op, x, tensorOf(op, other as Tensor)) });
}
