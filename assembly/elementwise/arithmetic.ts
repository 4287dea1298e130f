// Elementwise arithmetic of one or two instructions, and pow; logic on bools.
//
// Integers wrap round. Maxima and minima pass NaN on, whichever operand it is, as PyTorch's do.
import { F32x4Pow } from "../simd/pow";
import { Binary, Unary, binary, binaryBool, binaryLong, unary } from "./loops";

class Neg extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.neg(x);
  }
}
export function negF32(args: usize, start: u32, end: u32): void {
  unary<Neg>(args, start, end);
}

class Abs extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.abs(x);
  }
}
export function absF32(args: usize, start: u32, end: u32): void {
  unary<Abs>(args, start, end);
}

class Sign extends Unary {
  /** -1, 0 or 1; 0 for NaN, as in PyTorch. */
  @inline
  apply(x: v128): v128 {
    const one = f32x4.splat(1);
    const zero = f32x4.splat(0);
    return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
  }
}
export function signF32(args: usize, start: u32, end: u32): void {
  unary<Sign>(args, start, end);
}

class Square extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.mul(x, x);
  }
}
export function squareF32(args: usize, start: u32, end: u32): void {
  unary<Square>(args, start, end);
}

class Sqrt extends Unary {
  /** Rounded correctly, by IEEE 754. */
  @inline
  apply(x: v128): v128 {
    return f32x4.sqrt(x);
  }
}
export function sqrtF32(args: usize, start: u32, end: u32): void {
  unary<Sqrt>(args, start, end);
}

class Rsqrt extends Unary {
  /** Rounded twice: at most 1.50 ulp. */
  @inline
  apply(x: v128): v128 {
    return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
  }
}
export function rsqrtF32(args: usize, start: u32, end: u32): void {
  unary<Rsqrt>(args, start, end);
}

class Reciprocal extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.div(f32x4.splat(1), x);
  }
}
export function reciprocalF32(args: usize, start: u32, end: u32): void {
  unary<Reciprocal>(args, start, end);
}

class Floor extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.floor(x);
  }
}
export function floorF32(args: usize, start: u32, end: u32): void {
  unary<Floor>(args, start, end);
}

class Ceil extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.ceil(x);
  }
}
export function ceilF32(args: usize, start: u32, end: u32): void {
  unary<Ceil>(args, start, end);
}

class Round extends Unary {
  /** Halves to even. */
  @inline
  apply(x: v128): v128 {
    return f32x4.nearest(x);
  }
}
export function roundF32(args: usize, start: u32, end: u32): void {
  unary<Round>(args, start, end);
}

class Trunc extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.trunc(x);
  }
}
export function truncF32(args: usize, start: u32, end: u32): void {
  unary<Trunc>(args, start, end);
}

class Add extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}
export function addF32(args: usize, start: u32, end: u32): void {
  binary<Add>(args, start, end);
}

class Sub extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}
export function subF32(args: usize, start: u32, end: u32): void {
  binary<Sub>(args, start, end);
}

class Mul extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}
export function mulF32(args: usize, start: u32, end: u32): void {
  binary<Mul>(args, start, end);
}

class Div extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}
export function divF32(args: usize, start: u32, end: u32): void {
  binary<Div>(args, start, end);
}

class Maximum extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.max(a, b);
  }
}
export function maximumF32(args: usize, start: u32, end: u32): void {
  binary<Maximum>(args, start, end);
}

class Minimum extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.min(a, b);
  }
}
export function minimumF32(args: usize, start: u32, end: u32): void {
  binary<Minimum>(args, start, end);
}

class Pow extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return F32x4Pow.pow(a, b);
  }
}
export function powF32(args: usize, start: u32, end: u32): void {
  binaryLong<Pow>(args, start, end);
}

class NegI32 extends Unary {
  @inline
  apply(x: v128): v128 {
    return i32x4.neg(x);
  }
}
export function negI32(args: usize, start: u32, end: u32): void {
  unary<NegI32>(args, start, end);
}

class AbsI32 extends Unary {
  @inline
  apply(x: v128): v128 {
    return i32x4.abs(x);
  }
}
export function absI32(args: usize, start: u32, end: u32): void {
  unary<AbsI32>(args, start, end);
}

class AddI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.add(a, b);
  }
}
export function addI32(args: usize, start: u32, end: u32): void {
  binary<AddI32>(args, start, end);
}

class SubI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.sub(a, b);
  }
}
export function subI32(args: usize, start: u32, end: u32): void {
  binary<SubI32>(args, start, end);
}

class MulI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.mul(a, b);
  }
}
export function mulI32(args: usize, start: u32, end: u32): void {
  binary<MulI32>(args, start, end);
}

class MaximumI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.max_s(a, b);
  }
}
export function maximumI32(args: usize, start: u32, end: u32): void {
  binary<MaximumI32>(args, start, end);
}

class MinimumI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.min_s(a, b);
  }
}
export function minimumI32(args: usize, start: u32, end: u32): void {
  binary<MinimumI32>(args, start, end);
}

class LogicalAndBool extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(a, b);
  }
}
export function logicalAndBool(args: usize, start: u32, end: u32): void {
  binaryBool<LogicalAndBool>(args, start, end);
}

class LogicalOrBool extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.or(a, b);
  }
}
export function logicalOrBool(args: usize, start: u32, end: u32): void {
  binaryBool<LogicalOrBool>(args, start, end);
}

class LogicalXorBool extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.xor(a, b);
  }
}
export function logicalXorBool(args: usize, start: u32, end: u32): void {
  binaryBool<LogicalXorBool>(args, start, end);
}
