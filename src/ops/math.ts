// Elementwise functions of one operand, forward and derivative. Bools and int32 compute as float32,
// but where an op says otherwise. Maximum errors in ulp stand beside the kernels, in assembly/simd.
import { is } from "../core/dtype.js";
import { checkScalar, checkInt, commonShape, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { f32 } from "../kernels/run.js";
import type { F32Bits } from "../kernels/contract.js";
import { kernels } from "../kernels/loader.js";
import { add, asTensor, div, mul, type Operand, square, sub, sumTo } from "./arithmetic.js";
import { ge, gt, isnan, le, logicalAnd, logicalOr, lt, where } from "./compare.js";
import { tidy } from "../memory/scope.js";
import { cast, clone } from "./convert.js";
import { zerosLike } from "./creation.js";
import { binary, type BinaryKernel, unary, type UnaryKernel } from "./dispatch.js";

/** f(x) in float32. Not recorded. */
export function apply<P extends readonly F32Bits[] = []>(
  op: string,
  kernel: UnaryKernel<P>,
  x: Tensor,
  params?: { readonly [K in keyof P]: number },
): Tensor {
  const bits = params?.map((p) => f32(checkScalar(op, "parameters", p))) as P | undefined;
  const from = cast(x, "float32", op);
  const out = unary(op, kernel, from, "float32", bits);
  if (from !== x) from.dispose();
  return out;
}

/** f(x) in float32, recorded: `grad` is dL/dx from dL/dout and x. */
export function ofInput(
  op: string,
  kernel: UnaryKernel,
  x: Tensor,
  grad: (dy: Tensor, x: Tensor) => Tensor,
): Tensor {
  return record(op, apply(op, kernel, x), [x], { x }, (dy, { x }) => [() => grad(dy, x)]);
}

/** f(x) in float32, recorded: `grad` is dL/dx from dL/dout and f(x). */
export function ofResult(
  op: string,
  kernel: UnaryKernel,
  x: Tensor,
  grad: (dy: Tensor, out: Tensor) => Tensor,
): Tensor {
  const out = apply(op, kernel, x);
  return record(op, out, [x], { out }, (dy, { out }) => [() => grad(dy, out)]);
}

/**
 * dy times a derivative that a kernel computes of x: an op's input or its result. `second` is that
 * derivative's own; null where it is 0.
 */
export function slope<P extends readonly F32Bits[] = []>(
  op: string,
  kernel: BinaryKernel<P>,
  dy: Tensor,
  x: Tensor,
  second: ((x: Tensor) => Tensor) | null = null,
  params?: P,
): Tensor {
  const out = binary(op, kernel, dy, x, "float32", params);
  return record(op, out, [dy, second && x], { dy: second && dy, x }, (g, { dy, x }) => [
    () => slope(op, kernel, g, x, second, params),
    () => mul(mul(g, dy!), second!(x)),
  ]);
}

/** |x|; keeps int32. The slope at 0 is 0. */
export function abs(x: Tensor): Tensor {
  if (is(x, "int32")) return unary("abs", kernels.absI32, x);
  // d|x|/dx = sign(x)
  return ofInput("abs", kernels.absF32, x, (dy, x) => mul(dy, sign(x)));
}

/** -1, 0 or 1 (for NaN too, as in PyTorch); keeps int32 and bool. */
export function sign(x: Tensor): Tensor {
  if (is(x, "bool")) return clone(x);
  if (is(x, "int32")) return tidy(() => cast(sign(cast(x, "float32")), "int32"));
  return flat("sign", kernels.signF32, x);
}

/** A step function: its derivative is 0. */
function flat(op: string, kernel: UnaryKernel, x: Tensor): Tensor {
  if (is(x, "int32")) return clone(x); // whole numbers are their own floor, ceil, round and trunc
  return record(op, apply(op, kernel, x), [x], {}, (dy) => [() => zerosLike(dy)]);
}

/** The largest whole number <= x. */
export function floor(x: Tensor): Tensor {
  return flat("floor", kernels.floorF32, x);
}

/** The smallest whole number >= x. */
export function ceil(x: Tensor): Tensor {
  return flat("ceil", kernels.ceilF32, x);
}

export interface RoundOptions {
  /** Places behind the point to keep; negative: before it. Default: 0. */
  decimals?: number;
}

/**
 * The nearest whole number, or number of so many decimals; halves go to the even one. Its derivative
 * is 0.
 * @throws ValueError for decimals that aren't an integer.
 */
export function round(x: Tensor, options: RoundOptions = {}): Tensor {
  const { decimals = 0 } = checkOptions("round", options);
  checkInt("round", "decimals", decimals);
  if (decimals === 0) return flat("round", kernels.roundF32, x);
  const scale = Number(`1e${Math.abs(decimals)}`);
  return tidy(() =>
    decimals > 0 ? div(round(mul(x, scale)), scale) : mul(round(div(x, scale)), scale),
  );
}

/** x without its fraction. */
export function trunc(x: Tensor): Tensor {
  return flat("trunc", kernels.truncF32, x);
}

/** The square root; NaN for negative x. */
export function sqrt(x: Tensor): Tensor {
  // d sqrt(x)/dx = 1 / (2 sqrt(x))
  return ofResult("sqrt", kernels.sqrtF32, x, (dy, out) => div(dy, mul(out, 2)));
}

/** 1 / sqrt(x). */
export function rsqrt(x: Tensor): Tensor {
  // d x^(-1/2)/dx = -x^(-3/2) / 2
  return ofResult("rsqrt", kernels.rsqrtF32, x, (dy, out) =>
    mul(dy, mul(mul(out, square(out)), -0.5)),
  );
}

/** 1 / x. */
export function reciprocal(x: Tensor): Tensor {
  // d(1/x)/dx = -1/x^2
  return ofResult("reciprocal", kernels.reciprocalF32, x, (dy, out) =>
    mul(dy, mul(square(out), -1)),
  );
}

/** e^x. */
export function exp(x: Tensor): Tensor {
  return ofResult("exp", kernels.expF32, x, (dy, out) => mul(dy, out));
}

/** e^x - 1, accurate near 0. */
export function expm1(x: Tensor): Tensor {
  return ofInput("expm1", kernels.expm1F32, x, (dy, x) => mul(dy, exp(x)));
}

/** The natural logarithm; -Infinity at 0, NaN below. */
export function log(x: Tensor): Tensor {
  // d ln(x)/dx = 1/x
  return ofInput("log", kernels.logF32, x, (dy, x) => div(dy, x));
}

/** ln(1 + x), accurate near 0. */
export function log1p(x: Tensor): Tensor {
  return ofInput("log1p", kernels.log1pF32, x, (dy, x) => div(dy, add(x, 1)));
}

/** The sine; x in radians. */
export function sin(x: Tensor): Tensor {
  return ofInput("sin", kernels.sinF32, x, (dy, x) => mul(dy, cos(x)));
}

/** The cosine; x in radians. */
export function cos(x: Tensor): Tensor {
  return ofInput("cos", kernels.cosF32, x, (dy, x) => mul(dy, mul(sin(x), -1)));
}

/** The tangent; x in radians. */
export function tan(x: Tensor): Tensor {
  // d tan(x)/dx = 1 + tan(x)^2
  return ofResult("tan", kernels.tanF32, x, (dy, out) => mul(dy, add(square(out), 1)));
}

/** The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(x: Tensor): Tensor {
  return ofInput("erf", kernels.erfF32, x, (dy, x) =>
    mul(dy, mul(exp(mul(square(x), -1)), 2 / Math.sqrt(Math.PI))),
  );
}

/** The hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  // d(1-y^2)/dy = -2y
  return ofResult("tanh", kernels.tanhF32, x, (dy, y) =>
    slope("tanhGrad", kernels.tanhGradF32, dy, y, (y) => mul(y, -2)),
  );
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: Tensor): Tensor {
  // d(y(1-y))/dy = 1-2y
  return ofResult("sigmoid", kernels.sigmoidF32, x, (dy, y) =>
    slope("sigmoidGrad", kernels.sigmoidGradF32, dy, y, (y) => sub(1, mul(y, 2))),
  );
}

/**
 * x limited to [min, max], null being no limit; NaN stays NaN, and where a bound is NaN so is the result.
 * int32 stays int32 where the bounds do. Where min > max the result is max. The gradient is 1 inside,
 * bounds included, and 0 outside; a bound that is a tensor (broadcast, promoted) has it where x is beyond
 * it, the lower one only below the upper one.
 */
export function clamp(x: Tensor, low?: Operand | null, high?: Operand | null): Tensor {
  const min = low ?? -Infinity;
  const max = high ?? Infinity;
  const numbers = typeof min === "number" && typeof max === "number";
  if (!numbers || !is(x, "float32") || Number.isNaN(min) || Number.isNaN(max)) {
    return clampBetween(x, low ?? null, high ?? null);
  }
  const out = apply("clamp", kernels.clampF32, x, [min, max]);
  return record("clamp", out, [x], { x }, (dy, { x }) => [
    // dy where min <= x <= max, else 0
    () => slope("clampGrad", kernels.clampGradF32, dy, x, null, [f32(min), f32(max)]),
  ]);
}

/** clamp as a choice: in any dtype, with bounds of any shape. */
function clampBetween(x: Tensor, low: Operand | null, high: Operand | null): Tensor {
  const tensors = [low, high].filter((bound) => typeof (bound ?? 0) !== "number") as Tensor[];
  commonShape("clamp", [x, ...tensors]);
  return tidy(() => {
    const [min, max] = [low, high].map((b) => (b === null ? b : asTensor("clamp", b, x))) as [
      Tensor | null,
      Tensor | null,
    ];
    const out = noGrad(() => limited(gt, limited(lt, clone(x), min), max));
    return record("clamp", out, [x, min, max], { x, min, max }, (dy, { x, min, max }) => {
      const [least, most] = [min ?? -Infinity, max ?? Infinity];
      const part = (mask: Tensor, of: Tensor): Tensor => sumTo(where(mask, dy, 0), of.shape);
      return [
        () => part(logicalAnd(ge(x, least), le(x, most)), x),
        () => part(logicalAnd(lt(x, min!), lt(min!, most)), min!),
        () => part(logicalOr(gt(x, max!), lt(max!, least)), max!),
      ];
    });
  });
}

function limited(
  beyond: (x: Tensor, bound: Operand) => Tensor,
  x: Tensor,
  bound: Tensor | null,
): Tensor {
  return bound === null ? x : where(logicalOr(beyond(x, bound), isnan(bound)), bound, x);
}
