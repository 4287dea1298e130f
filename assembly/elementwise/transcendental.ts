// Elementwise transcendental functions; the maths is in ../simd.
import { F32x4Erf } from "../simd/erf";
import { F32x4Math } from "../simd/math";
import { F32x4Trig } from "../simd/trig";
import { Unary, unary, unaryLong } from "./loops";

class Exp extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Math.exp(x);
  }
}
export function expF32(args: usize, start: u32, end: u32): void {
  unary<Exp>(args, start, end);
}

class Expm1 extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Math.expm1(x);
  }
}
export function expm1F32(args: usize, start: u32, end: u32): void {
  unaryLong<Expm1>(args, start, end);
}

class Log extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Math.log(x);
  }
}
export function logF32(args: usize, start: u32, end: u32): void {
  unary<Log>(args, start, end);
}

class Log1p extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Math.log1p(x);
  }
}
export function log1pF32(args: usize, start: u32, end: u32): void {
  unaryLong<Log1p>(args, start, end);
}

class Sin extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Trig.sin(x);
  }
}
export function sinF32(args: usize, start: u32, end: u32): void {
  unaryLong<Sin>(args, start, end);
}

class Cos extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Trig.cos(x);
  }
}
export function cosF32(args: usize, start: u32, end: u32): void {
  unaryLong<Cos>(args, start, end);
}

class Tan extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Trig.tan(x);
  }
}
export function tanF32(args: usize, start: u32, end: u32): void {
  unaryLong<Tan>(args, start, end);
}

class Erf extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Erf.erf(x);
  }
}
export function erfF32(args: usize, start: u32, end: u32): void {
  unaryLong<Erf>(args, start, end);
}
