// Cold elementwise functions: one kernel an arity, the function chosen by a number. Its lanes are
// computed one by one, in float64 (integers in 64 bits). The numbers are src/ops/special.ts's.
import { F64Math } from "../simd/double";
import { Arc, Gamma, Hyperbolic, Normal } from "../simd/special";
import { BinaryP, binaryP, UnaryP, unaryP } from "./loops";

class One {
  static of(code: i32, x: f64, n: i32): f64 {
    const a = abs(x);
    switch (code) {
      case 0:
        return F64Math.exp2(x);
      case 1:
        return F64Math.log2(x);
      case 2:
        return F64Math.log2(x) * 0.3010299956639812;
      case 3:
        return copysign<f64>(a == 0 ? 0 : F64Math.exp2(F64Math.log2(a) / 3), x);
      case 4:
        return Arc.atan2(x, sqrt((1 - x) * (1 + x)));
      case 5:
        return Arc.atan2(sqrt((1 - x) * (1 + x)), x);
      case 6:
        return Arc.atan2(x, 1);
      case 7:
        return Hyperbolic.sinh(x);
      case 8:
        return Hyperbolic.cosh(x);
      case 9:
        return copysign<f64>(Hyperbolic.asinh(a), x);
      case 10:
        return Hyperbolic.acosh(x);
      case 11:
        return copysign<f64>(Hyperbolic.atanh(a), x);
      case 12:
        return Normal.erfc(x);
      case 13:
        return copysign<f64>(Normal.erfinv(a), x);
      case 14:
        return F64Math.log(x / (1 - x));
      case 15:
        return Gamma.sum(0, x);
      default:
        return Gamma.polygamma(n, x);
    }
  }

  static lanes(x: v128, code: v128, n: v128): v128 {
    const c = <i32>f32x4.extract_lane(code, 0);
    const m = <i32>f32x4.extract_lane(n, 0);
    let y = f32x4.splat(<f32>One.of(c, f32x4.extract_lane(x, 0), m));
    y = f32x4.replace_lane(y, 1, <f32>One.of(c, f32x4.extract_lane(x, 1), m));
    y = f32x4.replace_lane(y, 2, <f32>One.of(c, f32x4.extract_lane(x, 2), m));
    return f32x4.replace_lane(y, 3, <f32>One.of(c, f32x4.extract_lane(x, 3), m));
  }
}

class Special extends UnaryP {
  @inline
  apply(x: v128, p: v128, q: v128): v128 {
    return One.lanes(x, p, q);
  }
}
export function specialF32(args: usize, start: u32, end: u32): void {
  unaryP<Special>(args, start, end, 2);
}

class Two {
  static of(code: i32, a: f64, b: f64): f64 {
    switch (code) {
      case 0:
        return Arc.atan2(a, b);
      case 1:
        return abs(a) == Infinity || abs(b) == Infinity ? Infinity : sqrt(a * a + b * b);
      case 2:
        return a != a ? b : b != b ? a : max(a, b);
      case 3:
        return a != a ? b : b != b ? a : min(a, b);
      case 4:
        return a == b && abs(a) == Infinity
          ? a
          : max(a, b) + F64Math.log(1 + F64Math.exp(-abs(a - b)));
      case 5:
        return a == 0 && b == b ? 0 : a * F64Math.log(b);
      default:
        return Two.quotient(code, <f32>a, <f32>b);
    }
  }

  /** The rest of a / b, of a's sign: what is taken off are b's multiples by powers of 2, none is rounded. */
  private static rest(a: f64, b: f64): f64 {
    const least = abs(b);
    let rest = abs(a);
    if (!(least > 0 && rest < Infinity)) return (a * b) / (a * b);
    let part = least;
    while (part <= rest) part *= 2;
    while (part > least) {
      part /= 2;
      if (part <= rest) rest -= part;
    }
    return copysign<f64>(rest, a);
  }

  /** Python's: the rest has the divisor's sign, the quotient goes down; rounded as PyTorch does. */
  private static quotient(code: i32, a: f32, b: f32): f32 {
    const fmod = <f32>Two.rest(a, b);
    const across = fmod != 0 && b < 0 != fmod < 0;
    if (code == 6) return fmod;
    if (code == 7) return across ? fmod + b : fmod;
    if (b == 0) return a / b;
    const q = (a - fmod) / b - (across ? 1 : 0);
    if (q == 0) return copysign<f32>(0, a / b);
    const down = floor(q);
    return q - down > 0.5 ? down + 1 : down;
  }

  static lanes(a: v128, b: v128, code: v128): v128 {
    const c = <i32>f32x4.extract_lane(code, 0);
    let y = f32x4.splat(<f32>Two.of(c, f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
    y = f32x4.replace_lane(
      y,
      1,
      <f32>Two.of(c, f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)),
    );
    y = f32x4.replace_lane(
      y,
      2,
      <f32>Two.of(c, f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)),
    );
    return f32x4.replace_lane(
      y,
      3,
      <f32>Two.of(c, f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)),
    );
  }
}

class SpecialPair extends BinaryP {
  @inline
  apply(a: v128, b: v128, p: v128, q: v128): v128 {
    return Two.lanes(a, b, p);
  }
}
export function specialPairF32(args: usize, start: u32, end: u32): void {
  binaryP<SpecialPair>(args, start, end, 1);
}

class Whole {
  static of(code: i32, a: i64, b: i64): i64 {
    if (code < 4) {
      if (b == 0) return 0; // refused by the op; here it must not trap
      const rest = a % b;
      const down = rest != 0 && rest < 0 != b < 0;
      if (code == 0) return a / b;
      if (code == 1) return a / b - i64(down);
      if (code == 2) return rest;
      return down ? rest + b : rest;
    }
    if (code == 4) return a & b;
    if (code == 5) return a | b;
    if (code == 6) return a ^ b;
    // As in PyTorch a shift by fewer than 0 or more than 31 bits leaves nothing, or the sign alone.
    const n = <u64>b > 31 ? 32 : b;
    if (code == 7) return a << n;
    if (code == 8) return a >> n;
    return Whole.power(a, b);
  }

  /** Modulo 2^32; a negative power is 0, or what it is for 1 and -1. */
  private static power(a: i64, b: i64): i64 {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    let y: i64 = 1;
    for (; b > 0; b >>= 1) {
      if (b & 1) y *= a;
      a *= a;
    }
    return y;
  }

  static lanes(a: v128, b: v128, code: v128): v128 {
    const c = <i32>f32x4.extract_lane(code, 0);
    let y = i32x4.splat(<i32>Whole.of(c, i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)));
    y = i32x4.replace_lane(
      y,
      1,
      <i32>Whole.of(c, i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)),
    );
    y = i32x4.replace_lane(
      y,
      2,
      <i32>Whole.of(c, i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)),
    );
    return i32x4.replace_lane(
      y,
      3,
      <i32>Whole.of(c, i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)),
    );
  }
}

class WholePair extends BinaryP {
  @inline
  apply(a: v128, b: v128, p: v128, q: v128): v128 {
    return Whole.lanes(a, b, p);
  }
}
export function specialPairI32(args: usize, start: u32, end: u32): void {
  binaryP<WholePair>(args, start, end, 1);
}
