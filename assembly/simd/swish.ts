// x sigmoid(y) on four float32 lanes: silu (y = x), and gelu's tanh form, which is just that:
// x (1 + tanh(y / 2)) / 2 = x sigmoid(y) with y = 2 sqrt(2 / pi) (x + 0.044715 x^3).
import { Constant } from "./constants";
import { F64x2Math } from "./double";
import { F32x4Math } from "./math";

const CUBIC: usize = memory.data<f64>([
  -2.302208198144325, // 0: -2 sqrt(2 / pi) log2(e)
  -0.10294323958002349, // 1: 0.044715 times that
  6755399441055712, // 2: 1.5 * 2^52 - 32; adding it rounds to an integer, which the low bits hold
]);

const SWISH: usize = memory.data<f32>([
  1, // 0
  -10.9, // 1: below, x e^y(x) rounds to 0
  7, // 2: above, sigmoid(y(x)) rounds to 1
  1.5957691216057308, // 3, 4: y'(x) = 2 sqrt(2 / pi) (1 + 3 * 0.044715 x^2)
  0.21406444881780075,
  0.3333333333333333, // 5
  -110, // 6: below, x e^x rounds to 0
  60, // 7
  1.4426950408889634, // 8: log2(e)
  12582880, // 9: 1.5 * 2^23 - 32
  0.693145751953125, // 10, 11: ln 2 in two parts
  1.428606820309417e-6,
  2.3283064365386963e-10, // 12: 2^-32
  0.5, // 13
  9.313225746154785e-10, // 14: 2^-30
  0.6931471805599453, // 15: ln 2
  -0, // 16
]);

export class F32x4Swish {
  /**
   * x / (1 + e^-y), where e^-y = 2^k (1 + p) and t holds k - 32. Both sides of the fraction are
   * scaled by 2^-32, since e^-y may overflow where the quotient doesn't vanish yet. Where x is so
   * small that it might suffer, the result is x / 2 anyway.
   */
  @inline
  private static quotient(x: v128, p: v128, t: v128): v128 {
    const y = F32x4Math.logistic(f32x4.mul(x, Constant.f32(SWISH, 12)), p, t);
    const tiny = f32x4.lt(f32x4.abs(x), Constant.f32(SWISH, 14));
    return v128.bitselect(f32x4.mul(x, Constant.f32(SWISH, 13)), y, tiny);
  }

  /** x sigmoid(x); 0 at -Infinity. At most 2.00 ulp, at x = -0.00048834074. */
  @inline
  static silu(x: v128): v128 {
    const least = f32x4.pmax(x, Constant.f32(SWISH, 6));
    const y = f32x4.neg(f32x4.pmin(least, Constant.f32(SWISH, 7)));
    const t = f32x4.add(f32x4.mul(y, Constant.f32(SWISH, 8)), Constant.f32(SWISH, 9));
    const k = f32x4.sub(t, Constant.f32(SWISH, 9));
    const high = f32x4.sub(y, f32x4.mul(k, Constant.f32(SWISH, 10)));
    const p = F32x4Math.expm1Near(high, f32x4.mul(k, Constant.f32(SWISH, 11)));
    return F32x4Swish.quotient(least, p, t);
  }

  /** -y(x) / ln 2 for a pair: in float64, as its absolute error is the exponential's relative one. */
  @inline
  private static cubic(x: v128): v128 {
    const inner = f64x2.mul(f64x2.mul(x, x), Constant.f64(CUBIC, 1));
    return f64x2.mul(x, f64x2.add(inner, Constant.f64(CUBIC, 0)));
  }

  /** x sigmoid(y(x)); 0 at -Infinity. At most 1.99 ulp, at x = -0.0019475123. */
  @inline
  static geluTanh(x: v128): v128 {
    const least = f32x4.pmax(x, Constant.f32(SWISH, 1));
    const c = f32x4.pmin(least, Constant.f32(SWISH, 2));
    const low = F32x4Swish.cubic(F64x2Math.low(c));
    const high = F32x4Swish.cubic(F64x2Math.high(c));
    const magic = Constant.f64(CUBIC, 2);
    const tLow = f64x2.add(low, magic);
    const tHigh = f64x2.add(high, magic);
    const fLow = f64x2.sub(low, f64x2.sub(tLow, magic));
    const fHigh = f64x2.sub(high, f64x2.sub(tHigh, magic));
    const r = f32x4.mul(F64x2Math.join(fLow, fHigh), Constant.f32(SWISH, 15));
    const p = f32x4.add(r, F32x4Math.bend(r));
    return F32x4Swish.quotient(least, p, F64x2Math.joinBits(tLow, tHigh));
  }

  /**
   * d/dx x sigmoid(y) = s + x s (1 - s) y', with s = sigmoid(y(x)). At most 2.13 ulp, or as much of
   * 1/2 where it is less.
   */
  @inline
  static geluTanhSlope(x: v128): v128 {
    const a = f32x4.pmax(v128.or(x, Constant.f32(SWISH, 16)), Constant.f32(SWISH, 1));
    const y0 = Constant.f32(SWISH, 3);
    const slope = f32x4.add(f32x4.mul(f32x4.mul(a, a), Constant.f32(SWISH, 4)), y0);
    // y = x (2 y'(0) + y'(x)) / 3
    const sum = f32x4.add(f32x4.add(y0, y0), slope);
    const less = F32x4Math.sigmoid(f32x4.mul(f32x4.mul(a, sum), Constant.f32(SWISH, 5)));
    const more = f32x4.sub(Constant.f32(SWISH, 0), less);
    const bend = f32x4.mul(f32x4.mul(a, slope), f32x4.mul(less, more));
    // s(-y) = 1 - s(y), so the second term is odd in x.
    const negative = i32x4.shr_s(x, 31);
    return v128.bitselect(f32x4.add(less, bend), f32x4.sub(more, bend), negative);
  }
}
