// Comparisons and tests, which give bools, and casts between the three types.
import { Binary, Unary, binaryTest, unary, unaryFromBool } from "./loops";

class Eq extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.eq(a, b);
  }
}
export function eqF32(args: usize, start: u32, end: u32): void {
  binaryTest<Eq>(args, start, end);
}

class Ne extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.ne(a, b);
  }
}
export function neF32(args: usize, start: u32, end: u32): void {
  binaryTest<Ne>(args, start, end);
}

class Lt extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.lt(a, b);
  }
}
export function ltF32(args: usize, start: u32, end: u32): void {
  binaryTest<Lt>(args, start, end);
}

class Le extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.le(a, b);
  }
}
export function leF32(args: usize, start: u32, end: u32): void {
  binaryTest<Le>(args, start, end);
}

class EqI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.eq(a, b);
  }
}
export function eqI32(args: usize, start: u32, end: u32): void {
  binaryTest<EqI32>(args, start, end);
}

class NeI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.ne(a, b);
  }
}
export function neI32(args: usize, start: u32, end: u32): void {
  binaryTest<NeI32>(args, start, end);
}

class LtI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.lt_s(a, b);
  }
}
export function ltI32(args: usize, start: u32, end: u32): void {
  binaryTest<LtI32>(args, start, end);
}

class LeI32 extends Binary {
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.le_s(a, b);
  }
}
export function leI32(args: usize, start: u32, end: u32): void {
  binaryTest<LeI32>(args, start, end);
}

class CastF32ToI32 extends Unary {
  /** Towards zero; saturates, NaN gives 0. */
  @inline
  apply(x: v128): v128 {
    return i32x4.trunc_sat_f32x4_s(x);
  }
}
export function castF32ToI32(args: usize, start: u32, end: u32): void {
  unary<CastF32ToI32>(args, start, end);
}

class CastI32ToF32 extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.convert_i32x4_s(x);
  }
}
export function castI32ToF32(args: usize, start: u32, end: u32): void {
  unary<CastI32ToF32>(args, start, end);
}

class CastBoolToF32 extends Unary {
  @inline
  apply(x: v128): v128 {
    return f32x4.convert_i32x4_s(x);
  }
}
export function castBoolToF32(args: usize, start: u32, end: u32): void {
  unaryFromBool<CastBoolToF32>(args, start, end);
}

class CastBoolToI32 extends Unary {
  @inline
  apply(x: v128): v128 {
    return x;
  }
}
export function castBoolToI32(args: usize, start: u32, end: u32): void {
  unaryFromBool<CastBoolToI32>(args, start, end);
}
