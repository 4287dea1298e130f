// Pairs of float64, for what float32 can't hold on the way: log2 and 2^x to a relative 2^-29, as
// much as a float32 result needs.
import { Constant } from "./constants";

const DOUBLE: usize = memory.data<f64>([
  2.8853900817900855, // 0..4: log2(m) / s in s^2, s = (m - 1) / (m + 1), sqrt(1/2) <= m <= sqrt(2):
  0.9617966733427381, // relative error 2^-37
  0.577083584809843,
  0.41167272637899177,
  0.3407300002337279,
  1.0000000005553034, // 5..11: 2^f for |f| <= 1/2, relative error 2^-29
  0.693147205767295,
  0.2402264688466754,
  0.05550328711517839,
  0.00961848937485524,
  0.001339995782618547,
  0.00015345758492421382,
  1, // 12
  0.7071067811865476, // 13: sqrt(1/2)
  4503599627371520, // 14: 2^52 + 1024
  4503599627370496, // 15: 2^52; its low bits or-ed with an integer hold that integer
  6755399441055744, // 16: 1.5 * 2^52; adding it rounds to an integer, held by the low bits
  Infinity, // 17
  -900, // 18
  900, // 19
]);

export class F64x2Math {
  /** Lanes 0 and 1 of four float32. */
  @inline
  static low(x: v128): v128 {
    return f64x2.promote_low_f32x4(x);
  }

  /** Lanes 2 and 3 of four float32. */
  @inline
  static high(x: v128): v128 {
    return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
  }

  /** Four float32 out of two pairs. */
  @inline
  static join(low: v128, high: v128): v128 {
    return i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  }

  /** The lower 32 bits of each of the four. */
  @inline
  static joinBits(low: v128, high: v128): v128 {
    return i32x4.shuffle(low, high, 0, 2, 4, 6);
  }

  /** log2(x) for x >= 0. */
  @inline
  static log2(x: v128): v128 {
    // x = 2^e m; the exponent plus 1024 is positive.
    const bias = i64x2.splat(1024 << 52);
    const exponent = i64x2.shr_u(i64x2.add(i64x2.sub(x, Constant.f64(DOUBLE, 13)), bias), 52);
    const e = f64x2.sub(v128.or(exponent, Constant.f64(DOUBLE, 15)), Constant.f64(DOUBLE, 14));
    const m = i64x2.sub(x, i64x2.sub(i64x2.shl(exponent, 52), bias));
    const one = Constant.f64(DOUBLE, 12);
    const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
    const z = f64x2.mul(s, s);
    let p = f64x2.add(f64x2.mul(z, Constant.f64(DOUBLE, 4)), Constant.f64(DOUBLE, 3));
    p = f64x2.add(f64x2.mul(z, p), Constant.f64(DOUBLE, 2));
    p = f64x2.add(f64x2.mul(z, p), Constant.f64(DOUBLE, 1));
    p = f64x2.add(f64x2.mul(z, p), Constant.f64(DOUBLE, 0));
    const y = f64x2.add(e, f64x2.mul(s, p));
    const infinity = Constant.f64(DOUBLE, 17);
    const finite = v128.bitselect(y, x, f64x2.lt(x, infinity));
    return v128.bitselect(f64x2.neg(infinity), finite, f64x2.eq(x, f64x2.splat(0)));
  }

  /** 2^x for |x| < 1000. */
  @inline
  static exp2(x: v128): v128 {
    const t = f64x2.add(x, Constant.f64(DOUBLE, 16));
    const f = f64x2.sub(x, f64x2.sub(t, Constant.f64(DOUBLE, 16)));
    const f2 = f64x2.mul(f, f);
    const p01 = f64x2.add(f64x2.mul(f, Constant.f64(DOUBLE, 6)), Constant.f64(DOUBLE, 5));
    const p23 = f64x2.add(f64x2.mul(f, Constant.f64(DOUBLE, 8)), Constant.f64(DOUBLE, 7));
    const p45 = f64x2.add(f64x2.mul(f, Constant.f64(DOUBLE, 10)), Constant.f64(DOUBLE, 9));
    const p46 = f64x2.add(p45, f64x2.mul(f2, Constant.f64(DOUBLE, 11)));
    const p = f64x2.add(p01, f64x2.mul(f2, f64x2.add(p23, f64x2.mul(f2, p46))));
    return f64x2.mul(p, i64x2.add(i64x2.shl(t, 52), Constant.f64(DOUBLE, 12)));
  }

  /** x between -900 and 900: as a power of 2 in float32, nothing beyond makes a difference. */
  @inline
  static limit(x: v128): v128 {
    const least = f64x2.pmax(x, Constant.f64(DOUBLE, 18));
    return f64x2.pmin(least, Constant.f64(DOUBLE, 19));
  }
}

/** One float64 at a time, for cold functions; relative errors 2^-37 and 2^-29. */
export class F64Math {
  /** log2(x); -Infinity at 0, NaN below. */
  static log2(x: f64): f64 {
    return x < 0 ? NaN : f64x2.extract_lane(F64x2Math.log2(f64x2.splat(x)), 0);
  }

  /** The natural logarithm. */
  static log(x: f64): f64 {
    return F64Math.log2(x) * 0.6931471805599453;
  }

  /** 2^x, as a float32 sees it: limited to 2^900, and to 2^-900. */
  static exp2(x: f64): f64 {
    return f64x2.extract_lane(F64x2Math.exp2(F64x2Math.limit(f64x2.splat(x))), 0);
  }

  /** e^x, limited likewise. */
  static exp(x: f64): f64 {
    return F64Math.exp2(x * 1.4426950408889634);
  }
}
