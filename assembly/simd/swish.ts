// x sigmoid(y) on four float32 lanes: silu (y = x), and gelu's tanh form, which is just that:
// x (1 + tanh(y / 2)) / 2 = x sigmoid(y) with y = 2 sqrt(2 / pi) (x + 0.044715 x^3).
import { Constant } from "./constants";
import { F64x2Math } from "./double";
import { F32x4Math } from "./math";

const SWISH: usize = memory.data<f64>([
  1.5957691216057308, // 0: 2 sqrt(2 / pi)
  0.07135481627260025, // 1: 0.044715 times that
  1.4426950408889634, // 2: log2(e)
  6755399441055744, // 3: 1.5 * 2^52; adding it rounds to an integer, which the low bits hold
  0.6931471805599453, // 4: ln 2
]);

const LIMITS: usize = memory.data<f32>([
  1, // 0
  10.9, // 1: above, x e^-y(x) rounds to 0
  1.5957691216057308, // 2: y'(x) = 2 sqrt(2 / pi) (1 + 3 * 0.044715 x^2)
  0.21406444881780075, // 3
]);

export class F32x4Swish {
  /**
   * x sigmoid(y), where e^-|y| = 2^k m (t holds k) and y has x's sign: x / (1 + e^-y), or for
   * negative x, x e^y / (1 + e^y). The numerator is scaled last: it may be normal where e^y isn't.
   * There, `negative` stands for x, limited.
   */
  @inline
  private static quotient(x: v128, negative: v128, m: v128, t: v128): v128 {
    const e = F32x4Math.scale(m, t);
    const falling = F32x4Math.scale(f32x4.mul(m, negative), t);
    const numerator = v128.bitselect(falling, x, i32x4.shr_s(x, 31));
    return f32x4.div(numerator, f32x4.add(e, Constant.f32(LIMITS, 0)));
  }

  /** x sigmoid(x) */
  @inline
  static silu(x: v128): v128 {
    const y = F32x4Math.negAbs(x);
    const t = F32x4Math.steps(y);
    const m = f32x4.add(F32x4Math.fraction(y, t), Constant.f32(LIMITS, 0));
    return F32x4Swish.quotient(x, y, m, t);
  }

  /** y(a) for a pair of a >= 0; float64, since y's absolute error is its exponential's relative. */
  @inline
  private static cubic(a: v128): v128 {
    const inner = f64x2.mul(f64x2.mul(a, a), Constant.f64(SWISH, 1));
    return f64x2.mul(a, f64x2.add(inner, Constant.f64(SWISH, 0)));
  }

  /** 1.5 * 2^52 - nearest(y / ln 2) */
  @inline
  private static steps(y: v128): v128 {
    return f64x2.sub(Constant.f64(SWISH, 3), f64x2.mul(y, Constant.f64(SWISH, 2)));
  }

  /** -y - k ln 2 */
  @inline
  private static rest(y: v128, t: v128): v128 {
    const k = f64x2.sub(Constant.f64(SWISH, 3), t);
    return f64x2.sub(f64x2.mul(k, Constant.f64(SWISH, 4)), y);
  }

  /** x sigmoid(y(x)) */
  @inline
  static geluTanh(x: v128): v128 {
    const a = f32x4.pmin(f32x4.abs(x), Constant.f32(LIMITS, 1));
    const low = F32x4Swish.cubic(F64x2Math.low(a));
    const high = F32x4Swish.cubic(F64x2Math.high(a));
    const tLow = F32x4Swish.steps(low);
    const tHigh = F32x4Swish.steps(high);
    const r = F64x2Math.join(F32x4Swish.rest(low, tLow), F32x4Swish.rest(high, tHigh));
    const m = f32x4.add(F32x4Math.expm1Near(r, f32x4.splat(0)), Constant.f32(LIMITS, 0));
    return F32x4Swish.quotient(x, f32x4.neg(a), m, F64x2Math.joinBits(tLow, tHigh));
  }

  /** d/dx x sigmoid(y) = s + x s (1 - s) y', with s = sigmoid(y(x)). */
  static geluTanhSlope(x: v128): v128 {
    const one = Constant.f32(LIMITS, 0);
    const a = f32x4.pmin(f32x4.abs(x), Constant.f32(LIMITS, 1));
    const a2 = f32x4.mul(a, a);
    const slope = f32x4.add(Constant.f32(LIMITS, 2), f32x4.mul(a2, Constant.f32(LIMITS, 3)));
    // y = (2 y_0 + y'(x)) x / 3, y_0 = 2 sqrt(2 / pi) being y' at 0.
    const y0 = Constant.f32(LIMITS, 2);
    const y = f32x4.mul(f32x4.mul(a, f32x4.add(f32x4.add(y0, y0), slope)), f32x4.splat(0.33333334));
    const e = F32x4Math.expNegAbs(y);
    const inverse = f32x4.div(one, f32x4.add(one, e));
    const other = f32x4.mul(e, inverse);
    const bend = f32x4.mul(f32x4.mul(a, slope), f32x4.mul(inverse, other));
    // s(-y) = 1 - s(y), so the second term is odd in x.
    const negative = i32x4.shr_s(x, 31);
    return v128.bitselect(f32x4.sub(other, bend), f32x4.add(inverse, bend), negative);
  }
}
