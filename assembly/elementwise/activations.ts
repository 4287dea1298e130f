// Activation functions, the gradient kernel right below its forward: dx = dy * f'(x).
//
// Gradients take x, or, where that is cheaper, the forward's result (`out`).
import { F32x4Erf } from "../simd/erf";
import { F32x4Math } from "../simd/math";
import { F32x4Swish } from "../simd/swish";
import { Binary, BinaryP, Unary, UnaryP } from "./loops";
import { binary, binaryLong, binaryP, unary, unaryLong, unaryP } from "./loops";

class Tanh extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Math.tanh(x);
  }
}
export function tanhF32(args: usize, start: u32, end: u32): void {
  unary<Tanh>(args, start, end);
}

class TanhGrad extends Binary {
  /** dy (1 - out^2) */
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.mul(a, f32x4.sub(f32x4.splat(1), f32x4.mul(b, b)));
  }
}
export function tanhGradF32(args: usize, start: u32, end: u32): void {
  binary<TanhGrad>(args, start, end);
}

class Sigmoid extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Math.sigmoid(x);
  }
}
export function sigmoidF32(args: usize, start: u32, end: u32): void {
  unary<Sigmoid>(args, start, end);
}

class SigmoidGrad extends Binary {
  /** dy out (1 - out) */
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.mul(a, f32x4.mul(b, f32x4.sub(f32x4.splat(1), b)));
  }
}
export function sigmoidGradF32(args: usize, start: u32, end: u32): void {
  binary<SigmoidGrad>(args, start, end);
}

class Relu extends Unary {
  /** max(x, 0) in one instruction: NaN and -0 pass on, as in PyTorch. */
  @inline
  apply(x: v128): v128 {
    return f32x4.pmax(x, f32x4.splat(0));
  }
}
export function reluF32(args: usize, start: u32, end: u32): void {
  unary<Relu>(args, start, end);
}

class ReluGrad extends Binary {
  /** dy where x > 0 (or NaN, as in PyTorch). */
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.andnot(a, f32x4.le(b, f32x4.splat(0)));
  }
}
export function reluGradF32(args: usize, start: u32, end: u32): void {
  binary<ReluGrad>(args, start, end);
}

class LeakyRelu extends UnaryP {
  /** x > 0 ? x : p x */
  @inline
  apply(x: v128, p: v128, q: v128): v128 {
    return v128.bitselect(x, f32x4.mul(x, p), f32x4.gt(x, f32x4.splat(0)));
  }
}
export function leakyReluF32(args: usize, start: u32, end: u32): void {
  unaryP<LeakyRelu>(args, start, end, 1);
}

class LeakyReluGrad extends BinaryP {
  /** x > 0 ? dy : p dy */
  @inline
  apply(a: v128, b: v128, p: v128, q: v128): v128 {
    return v128.bitselect(a, f32x4.mul(a, p), f32x4.gt(b, f32x4.splat(0)));
  }
}
export function leakyReluGradF32(args: usize, start: u32, end: u32): void {
  binaryP<LeakyReluGrad>(args, start, end, 1);
}

class Elu extends UnaryP {
  /** x > 0 ? x : p (e^x - 1) */
  @inline
  apply(x: v128, p: v128, q: v128): v128 {
    return v128.bitselect(f32x4.mul(p, F32x4Math.expm1(x)), x, f32x4.le(x, f32x4.splat(0)));
  }
}
export function eluF32(args: usize, start: u32, end: u32): void {
  unaryP<Elu>(args, start, end, 1);
}

class EluGrad extends BinaryP {
  /** x > 0 ? dy : dy p e^x */
  @inline
  apply(a: v128, b: v128, p: v128, q: v128): v128 {
    const slope = f32x4.mul(p, F32x4Math.exp(b));
    return v128.bitselect(f32x4.mul(a, slope), a, f32x4.le(b, f32x4.splat(0)));
  }
}
export function eluGradF32(args: usize, start: u32, end: u32): void {
  binaryP<EluGrad>(args, start, end, 1);
}

class Gelu extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Erf.gelu(x);
  }
}
export function geluF32(args: usize, start: u32, end: u32): void {
  unaryLong<Gelu>(args, start, end);
}

class GeluGrad extends Binary {
  /** dy (Phi(x) + x phi(x)) */
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.mul(a, F32x4Erf.geluSlope(b));
  }
}
export function geluGradF32(args: usize, start: u32, end: u32): void {
  binaryLong<GeluGrad>(args, start, end);
}

class GeluTanh extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Swish.geluTanh(x);
  }
}
export function geluTanhF32(args: usize, start: u32, end: u32): void {
  unary<GeluTanh>(args, start, end);
}

class GeluTanhGrad extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.mul(a, F32x4Swish.geluTanhSlope(b));
  }
}
export function geluTanhGradF32(args: usize, start: u32, end: u32): void {
  binaryLong<GeluTanhGrad>(args, start, end);
}

class Silu extends Unary {
  /** x sigmoid(x) */
  @inline
  apply(x: v128): v128 {
    return F32x4Swish.silu(x);
  }
}
export function siluF32(args: usize, start: u32, end: u32): void {
  unary<Silu>(args, start, end);
}

class SiluGrad extends Binary {
  /**
   * With s = sigmoid(x): dy (s + x s (1 - s)). As in PyTorch, the rounding error of 1 - s counts x
   * times: up to 12 ulp of 1 about x = 16.
   */
  @inline
  apply(a: v128, b: v128): v128 {
    const one = f32x4.splat(1);
    const s = F32x4Math.sigmoid(b);
    const slope = f32x4.add(s, f32x4.mul(f32x4.mul(b, s), f32x4.sub(one, s)));
    return f32x4.mul(a, slope);
  }
}
export function siluGradF32(args: usize, start: u32, end: u32): void {
  binaryLong<SiluGrad>(args, start, end);
}

class Softplus extends Unary {
  /** log(1 + e^x); x itself above 20, as in PyTorch. */
  @inline
  apply(x: v128): v128 {
    return F32x4Math.softplus(x);
  }
}
export function softplusF32(args: usize, start: u32, end: u32): void {
  unaryLong<Softplus>(args, start, end);
}

class SoftplusGrad extends Binary {
  /** dy sigmoid(x), dy itself above 20. At most 2 ulp. */
  @inline
  apply(a: v128, b: v128): v128 {
    const slope = F32x4Math.sigmoid(b);
    return v128.bitselect(a, f32x4.mul(a, slope), f32x4.gt(b, f32x4.splat(20)));
  }
}
export function softplusGradF32(args: usize, start: u32, end: u32): void {
  binaryLong<SoftplusGrad>(args, start, end);
}

class Clamp extends UnaryP {
  /** min(max(x, p), q); NaN passes on, and what equals a bound (-0). */
  @inline
  apply(x: v128, p: v128, q: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, p), q);
  }
}
export function clampF32(args: usize, start: u32, end: u32): void {
  unaryP<Clamp>(args, start, end, 2);
}

class ClampGrad extends BinaryP {
  /** dy where p <= x <= q, else 0. */
  @inline
  apply(a: v128, b: v128, p: v128, q: v128): v128 {
    return v128.and(a, v128.and(f32x4.ge(b, p), f32x4.le(b, q)));
  }
}
export function clampGradF32(args: usize, start: u32, end: u32): void {
  binaryP<ClampGrad>(args, start, end, 2);
}
