// Activation functions. Each has a fused gradient kernel; the gradient of that gradient is composed
// of other ops. tanh and sigmoid are in math.ts, softmax in softmax.ts,
// what is composed of other ops in bends.ts.
import { is } from "../core/dtype.js";
import { checkWord, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { f32 } from "../kernels/run.js";
import { kernels } from "../kernels/loader.js";
import { tidy } from "../memory/scope.js";
import { add, div, maximum, mul, square, sub } from "./arithmetic.js";
import { gt, where } from "./compare.js";
import { binary, type BinaryKernel, type UnaryKernel } from "./dispatch.js";
import { apply, clamp, ofInput, ofResult, exp, sigmoid, slope, tanh } from "./math.js";

/** max(x, 0); NaN stays NaN; keeps int32. The slope at 0 is 0. */
export function relu(x: Tensor): Tensor {
  if (is(x, "int32")) return maximum(x, 0);
  return ofResult("relu", kernels.reluF32, x, reluGrad);
}

/** dy where x > 0, else 0. x may be relu's input or its output: their signs agree. */
function reluGrad(dy: Tensor, x: Tensor): Tensor {
  return slope("reluGrad", kernels.reluGradF32, dy, x);
}

/** f(x) with a kernel for dy f'(x), whose own derivative needs f'' as a composition. */
function curve(
  op: string,
  kernel: UnaryKernel,
  grad: BinaryKernel,
  x: Tensor,
  second: (x: Tensor) => Tensor,
): Tensor {
  return ofInput(op, kernel, x, (dy, x) =>
    // Far out all of them are 0, but as 0 times an infinity.
    slope(`${op}Grad`, grad, dy, x, (x) => second(clamp(x, -128, 128))),
  );
}

export interface GeluOptions {
  /** "none": x Phi(x) by erf; "tanh": the approximation 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). Default: "none". */
  approximate?: "none" | "tanh";
}

/** x times the normal distribution function of x (Hendrycks and Gimpel, 2016). */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate = "none" } = checkOptions("gelu", options);
  if (approximate === "tanh") {
    return curve("gelu", kernels.geluTanhF32, kernels.geluTanhGradF32, x, geluTanhSecond);
  }
  checkWord("gelu", "approximate", approximate, ["none", "tanh"]);
  return curve("gelu", kernels.geluF32, kernels.geluGradF32, x, geluSecond);
}

/** (x Phi(x))'' = phi(x) (2 - x^2), phi(x) = exp(-x^2/2) / sqrt(2 pi). */
function geluSecond(x: Tensor): Tensor {
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return mul(density, sub(2, square(x)));
}

/** With u = k (x + c x^3), t = tanh(u): f = x (1 + t)/2, f'' = s u' + x s (u''/2 - t u'^2), s = 1 - t^2. */
function geluTanhSecond(x: Tensor): Tensor {
  const k = Math.sqrt(2 / Math.PI);
  const c = 0.044715;
  const x2 = square(x);
  const t = tanh(mul(mul(x, add(mul(x2, c), 1)), k));
  const s = sub(1, square(t));
  const du = mul(add(mul(x2, 3 * c), 1), k);
  const ddu = mul(x, 6 * c * k);
  return mul(s, add(du, mul(x, sub(mul(ddu, 0.5), mul(t, square(du))))));
}

/** x sigmoid(x), also called swish. */
export function silu(x: Tensor): Tensor {
  return curve("silu", kernels.siluF32, kernels.siluGradF32, x, siluSecond);
}

/** With s = sigmoid(x): (x s)'' = s (1 - s) (2 + x (1 - 2 s)). */
function siluSecond(x: Tensor): Tensor {
  const s = sigmoid(x);
  return mul(mul(s, sub(1, s)), add(mul(x, sub(1, mul(s, 2))), 2));
}

export interface SoftplusOptions {
  /** Default: 1. */
  beta?: number;
  /** Where beta x is above it the result is x itself. Default: 20. */
  threshold?: number;
}

/** ln(1 + e^(beta x)) / beta; x itself above the threshold, where they agree in float32. */
export function softplus(x: Tensor, options: SoftplusOptions = {}): Tensor {
  const { beta = 1, threshold = 20 } = checkOptions("softplus", options);
  if (beta === 1 && threshold >= 20) return softplusPlain(x);
  return tidy(() => {
    const scaled = mul(x, beta);
    return where(gt(scaled, threshold), x, div(softplusPlain(scaled), beta));
  });
}

function softplusPlain(x: Tensor): Tensor {
  return curve("softplus", kernels.softplusF32, kernels.softplusGradF32, x, softplusSecond);
}

/** sigmoid' = s (1 - s). */
function softplusSecond(x: Tensor): Tensor {
  const s = sigmoid(x);
  return mul(s, sub(1, s));
}

/** x where x > 0, else negativeSlope x. */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  const out = apply("leakyRelu", kernels.leakyReluF32, x, [negativeSlope]);
  return record("leakyRelu", out, [x], { x }, (dy, { x }) => [
    () => slope("leakyReluGrad", kernels.leakyReluGradF32, dy, x, null, [f32(negativeSlope)]),
  ]);
}

/** x where x > 0, else alpha (e^x - 1). */
export function elu(x: Tensor, alpha = 1): Tensor {
  const out = apply("elu", kernels.eluF32, x, [alpha]);
  return record("elu", out, [x], { x }, (dy, { x }) => [() => eluGrad(dy, x, alpha)]);
}

/** dy where x > 0, else dy alpha e^x. */
function eluGrad(dy: Tensor, x: Tensor, alpha: number): Tensor {
  const out = binary("eluGrad", kernels.eluGradF32, dy, x, "float32", [f32(alpha)]);
  return record("eluGrad", out, [dy, x], { dy, x }, (g, { dy, x }) => [
    () => eluGrad(g, x, alpha),
    () => where(gt(x, 0), 0, mul(mul(g, dy), mul(exp(x), alpha))),
  ]);
}
