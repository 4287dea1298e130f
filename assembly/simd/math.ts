// Exponential and logarithmic functions on four float32 lanes: exp, expm1, tanh, sigmoid, softplus,
// log, log1p. (trig.ts: sin, cos, tan. erf.ts: erf and gelu. swish.ts: silu, gelu's tanh form.
// pow.ts: pow.)
//
// Every function takes any float32, subnormals, infinities and NaN among them, and gives
// subnormals where they are due. Each lane's result depends on that lane alone. "At most n ulp"
// is the greatest error that scripts/measure-ulp.mjs found over every seventh float32 (over every
// single one for tanh and where the worst of sigmoid, silu and gelu lie), and test/kernels/math.test.ts holds
// it; "ulp" is the unit in the last place of the exact result (2^-149 where that is subnormal).
//
// Minimax polynomials, their coefficients rounded one after the other, from the lowest up;
// evaluated by Estrin's scheme, since the length of the chain is what limits them, but for the
// last steps where those rounding errors would be too many. Sums name the product first and the
// coefficient behind it: engines load in that order, and a coefficient loaded early is spilled.
// No fused multiply-add: the bits are the same everywhere.
import { Constant } from "./constants";

const EXP: usize = memory.data<f32>([
  1.4426950408889634, // 0: log2(e)
  12582912, // 1: 1.5 * 2^23; adding it rounds to an integer, which the low bits then hold
  0.693145751953125, // 2: ln 2, upper 15 bits: its product with an integer below 2^9 is exact
  1.428606820309417e-6, // 3: ln 2, the rest
  0.4999999403953552, // 4..8: (e^r - 1 - r) / r^2 for |r| <= ln(2)/2, rel. error of e^r 2^-28
  0.16666515171527863,
  0.04166824370622635,
  0.008369246497750282,
  0.0013823029585182667,
  1, // 9
  -110, // 10: below, e^x and x e^x round to 0
  89, // 11: above, e^x is infinite
  -18, // 12: below, e^x - 1 rounds to -1
  12582880, // 13: 1.5 * 2^23 - 32
  2.3283064365386963e-10, // 14: 2^-32
  60, // 15
  -0, // 16
  -0.5, // 17
  12582976, // 18: 1.5 * 2^23 + 64
  5.421010862427522e-20, // 19: 2^-64
  2, // 20
  20, // 21: above, tanh(x / 2) rounds to 1
  0.6931471824645996, // 22: ln 2 as one float32
]);

const LOG: usize = memory.data<f32>([
  0.3333333134651184, // 0..7: (log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2),
  -0.250008225440979, // rel. error of log(1 + f) 2^-27
  0.20001259446144104,
  -0.16623340547084808,
  0.14201046526432037,
  -0.13159599900245667,
  0.1276618242263794,
  -0.07641774415969849,
  0.693145751953125, // 8, 9: ln 2 in two parts, as above
  1.428606820309417e-6,
  0.5, // 10
  1, // 11
  1.1754943508222875e-38, // 12: 2^-126, the least normal number
  8388608, // 13: 2^23
  Infinity, // 14
  0.70710678118654752, // 15: sqrt(1/2)
]);

const SOFTPLUS: usize = memory.data<f32>([
  0.4999993145465851, // 0..8: (e - log(1 + e)) / e^2 for 0 <= e <= 1, error of log(1 + e) 2^-27
  -0.33330467343330383,
  0.24958088994026184,
  -0.19692683219909668,
  0.15347233414649963,
  -0.10666309297084808,
  0.0575205460190773,
  -0.020126570016145706,
  0.0033009068574756384,
]);

export class F32x4Math {
  /** k + 1.5 * 2^23 for k = nearest(x / ln 2). */
  @inline
  static steps(x: v128): v128 {
    return f32x4.add(f32x4.mul(x, Constant.f32(EXP, 0)), Constant.f32(EXP, 1));
  }

  /** e^r - 1 - r for |r| <= ln(2) / 2: r^2 q(r). */
  @inline
  static bend(r: v128): v128 {
    const r2 = f32x4.mul(r, r);
    const q01 = f32x4.add(f32x4.mul(r, Constant.f32(EXP, 5)), Constant.f32(EXP, 4));
    const q23 = f32x4.add(f32x4.mul(r, Constant.f32(EXP, 7)), Constant.f32(EXP, 6));
    const q24 = f32x4.add(q23, f32x4.mul(r2, Constant.f32(EXP, 8)));
    return f32x4.mul(r2, f32x4.add(q01, f32x4.mul(r2, q24)));
  }

  /** e^r - 1 for r = high - low, |low| << |high|. */
  @inline
  static expm1Near(high: v128, low: v128): v128 {
    const bend = F32x4Math.bend(f32x4.sub(high, low));
    return f32x4.add(high, f32x4.sub(bend, low));
  }

  /** e^(x - k ln 2) - 1 for t = k + 1.5 * 2^23. */
  @inline
  static fraction(x: v128, t: v128): v128 {
    const k = f32x4.sub(t, Constant.f32(EXP, 1));
    const high = f32x4.sub(x, f32x4.mul(k, Constant.f32(EXP, 2)));
    return F32x4Math.expm1Near(high, f32x4.mul(k, Constant.f32(EXP, 3)));
  }

  /** y 2^k for t = k + 1.5 * 2^23, in two factors, so that it rounds once even if subnormal. */
  @inline
  static scale(y: v128, t: v128): v128 {
    const one = Constant.f32(EXP, 9);
    const half = i32x4.shr_u(t, 1);
    const a = i32x4.add(i32x4.shl(half, 23), one);
    const b = i32x4.add(i32x4.shl(i32x4.sub(t, half), 23), one);
    return f32x4.mul(f32x4.mul(y, a), b);
  }

  @inline
  private static expInRange(x: v128): v128 {
    const t = F32x4Math.steps(x);
    return F32x4Math.scale(f32x4.add(F32x4Math.fraction(x, t), Constant.f32(EXP, 9)), t);
  }

  /** e^x. At most 0.90 ulp, at x = -5.1633878. */
  @inline
  static exp(x: v128): v128 {
    // NaN passes: pmin and pmax keep their first operand unless the second is beyond it.
    const least = f32x4.pmax(x, Constant.f32(EXP, 10));
    return F32x4Math.expInRange(f32x4.pmin(least, Constant.f32(EXP, 11)));
  }

  /**
   * h e^(-t^2 / 2) for 0 <= t <= 15: t^2 in two parts, the first exact, since the exponential's
   * relative error is its argument's absolute one; h + h (e^r - 1), for one rounding less.
   */
  @inline
  static gaussTimes(h: v128, t: v128): v128 {
    const minusHalf = Constant.f32(EXP, 17);
    const head = v128.and(t, i32x4.splat(0xfffff000));
    const x = f32x4.mul(f32x4.mul(head, head), minusHalf);
    const rest = f32x4.mul(f32x4.mul(f32x4.sub(t, head), f32x4.add(t, head)), minusHalf);
    const magic = Constant.f32(EXP, 18);
    const k = f32x4.add(f32x4.mul(x, Constant.f32(EXP, 0)), magic);
    const n = f32x4.sub(k, magic);
    const high = f32x4.sub(x, f32x4.mul(n, Constant.f32(EXP, 2)));
    const low = f32x4.sub(f32x4.mul(n, Constant.f32(EXP, 3)), rest);
    const e = F32x4Math.expm1Near(high, low);
    const y = f32x4.add(f32x4.mul(e, h), h);
    // 2^(k + 64), then 2^-64: it rounds once even if subnormal.
    const scale = i32x4.add(i32x4.shl(k, 23), Constant.f32(EXP, 9));
    return f32x4.mul(f32x4.mul(y, scale), Constant.f32(EXP, 19));
  }

  /** e^x for -80 <= x <= 80. */
  @inline
  static expShort(x: v128): v128 {
    const t = F32x4Math.steps(x);
    const one = Constant.f32(EXP, 9);
    const y = f32x4.add(F32x4Math.fraction(x, t), one);
    return f32x4.mul(y, i32x4.add(i32x4.shl(t, 23), one));
  }

  /** -|x|, but no less than where its exponential is 0. */
  @inline
  static negAbs(x: v128): v128 {
    return f32x4.pmax(f32x4.neg(f32x4.abs(x)), Constant.f32(EXP, 10));
  }

  /** e^-|x|: cheaper than exp by a limit. */
  @inline
  static expNegAbs(x: v128): v128 {
    return F32x4Math.expInRange(F32x4Math.negAbs(x));
  }

  /** e^x - 1 = 2^k ((e^r - 1) + (1 - 2^-k)). At most 1.65 ulp, at x = 0.34802806. */
  @inline
  static expm1(x: v128): v128 {
    const one = Constant.f32(EXP, 9);
    const c = f32x4.pmin(f32x4.pmax(x, Constant.f32(EXP, 12)), Constant.f32(EXP, 11));
    const t = F32x4Math.steps(c);
    // 2^-k, and 0 for k > 126, where its exponent would be below the least.
    const inverse = i32x4.max_s(i32x4.sub(one, i32x4.shl(t, 23)), i32x4.splat(0));
    const y = f32x4.add(F32x4Math.fraction(c, t), f32x4.sub(one, inverse));
    // The sign is x's; said for -0.
    return v128.or(F32x4Math.scale(y, t), v128.and(x, Constant.f32(EXP, 16)));
  }

  /**
   * E / (E + 2) with E = e^(2|x|) - 1 = 2^k (e^r - 1) + (2^k - 1): nothing cancels.
   * At most 2.66 ulp, at x = 0.060193129.
   */
  @inline
  static tanh(x: v128): v128 {
    const one = Constant.f32(EXP, 9);
    const a = f32x4.abs(x);
    const y = f32x4.pmin(f32x4.add(a, a), Constant.f32(EXP, 21));
    const t = F32x4Math.steps(y);
    const power = i32x4.add(i32x4.shl(t, 23), one);
    // One float32 for ln 2: what it lacks grows with k, but the larger E, the less of its error counts.
    const k = f32x4.sub(t, Constant.f32(EXP, 1));
    const r = f32x4.sub(y, f32x4.mul(k, Constant.f32(EXP, 22)));
    const p = f32x4.add(r, F32x4Math.bend(r));
    const e = f32x4.add(f32x4.mul(power, p), f32x4.sub(power, one));
    const positive = f32x4.div(e, f32x4.add(e, Constant.f32(EXP, 20)));
    // The sign is x's; said for -0, too.
    return v128.or(positive, v128.and(x, Constant.f32(EXP, 16)));
  }

  /**
   * 1 / (1 + e^-x), both sides of the fraction scaled by 2^-32, so that nothing overflows.
   * At most 2.00 ulp, at x = -0.0003449918.
   */
  @inline
  static sigmoid(x: v128): v128 {
    const c = f32x4.pmin(f32x4.pmax(x, Constant.f32(EXP, 10)), Constant.f32(EXP, 15));
    const y = f32x4.neg(c);
    const t = f32x4.add(f32x4.mul(y, Constant.f32(EXP, 0)), Constant.f32(EXP, 13));
    const k = f32x4.sub(t, Constant.f32(EXP, 13));
    const high = f32x4.sub(y, f32x4.mul(k, Constant.f32(EXP, 2)));
    const p = F32x4Math.expm1Near(high, f32x4.mul(k, Constant.f32(EXP, 3)));
    return F32x4Math.logistic(Constant.f32(EXP, 14), p, t);
  }

  /** n / (2^-32 (1 + e^y)), where e^y = 2^k (1 + p) and t holds k - 32 in its low bits. */
  @inline
  static logistic(n: v128, p: v128, t: v128): v128 {
    const one = Constant.f32(EXP, 9);
    const scale = i32x4.add(i32x4.shl(t, 23), one);
    const rest = f32x4.add(f32x4.mul(scale, p), Constant.f32(EXP, 14));
    return f32x4.div(n, f32x4.add(rest, scale));
  }

  /**
   * log(1 + e^x) = max(x, 0) + log(1 + e) with e = e^-|x|, by e - e^2 R(e).
   * At most 2.03 ulp, at x = -0.44553149 (what 2 would take costs half as much again).
   */
  @inline
  static softplus(x: v128): v128 {
    const e = F32x4Math.expNegAbs(x);
    const e2 = f32x4.mul(e, e);
    const r23 = f32x4.add(f32x4.mul(e, Constant.f32(SOFTPLUS, 3)), Constant.f32(SOFTPLUS, 2));
    const r45 = f32x4.add(f32x4.mul(e, Constant.f32(SOFTPLUS, 5)), Constant.f32(SOFTPLUS, 4));
    const r67 = f32x4.add(f32x4.mul(e, Constant.f32(SOFTPLUS, 7)), Constant.f32(SOFTPLUS, 6));
    const r25 = f32x4.add(f32x4.mul(e2, r45), r23);
    const r68 = f32x4.add(f32x4.mul(e2, Constant.f32(SOFTPLUS, 8)), r67);
    let r = f32x4.add(f32x4.mul(f32x4.mul(e2, e2), r68), r25);
    r = f32x4.add(f32x4.mul(e, r), Constant.f32(SOFTPLUS, 1));
    r = f32x4.add(f32x4.mul(e, r), Constant.f32(SOFTPLUS, 0));
    // In this order, e - e^2 R(e) isn't rounded on its own where it is the greater part.
    const positive = f32x4.pmax(x, f32x4.splat(0));
    return f32x4.add(f32x4.sub(positive, f32x4.mul(e2, r)), e);
  }

  /** f^2 (f P(f) - 1/2) - n ln2Low: all of log(2^-n (1 + f)) but f - n ln2High. */
  @inline
  private static logTail(f: v128, n: v128): v128 {
    const f2 = f32x4.mul(f, f);
    const f4 = f32x4.mul(f2, f2);
    const p01 = f32x4.add(f32x4.mul(f, Constant.f32(LOG, 1)), Constant.f32(LOG, 0));
    const p23 = f32x4.add(f32x4.mul(f, Constant.f32(LOG, 3)), Constant.f32(LOG, 2));
    const p45 = f32x4.add(f32x4.mul(f, Constant.f32(LOG, 5)), Constant.f32(LOG, 4));
    const p67 = f32x4.add(f32x4.mul(f, Constant.f32(LOG, 7)), Constant.f32(LOG, 6));
    const p03 = f32x4.add(p01, f32x4.mul(f2, p23));
    const p47 = f32x4.add(p45, f32x4.mul(f2, p67));
    const p = f32x4.add(p03, f32x4.mul(f4, p47));
    const y = f32x4.mul(f2, f32x4.sub(f32x4.mul(f, p), Constant.f32(LOG, 10)));
    return f32x4.sub(y, f32x4.mul(n, Constant.f32(LOG, 9)));
  }

  /** The limits: -Infinity at 0, NaN below, Infinity and NaN as they came. */
  @inline
  private static logLimits(y: v128, x: v128): v128 {
    const infinity = Constant.f32(LOG, 14);
    const zero = f32x4.splat(0);
    const finite = v128.bitselect(y, x, f32x4.lt(x, infinity));
    const pole = v128.bitselect(f32x4.neg(infinity), finite, f32x4.eq(x, zero));
    return v128.or(pole, f32x4.lt(x, zero));
  }

  /** The natural logarithm. At most 0.93 ulp, at x = 0.70643079. */
  @inline
  static log(x: v128): v128 {
    const tiny = f32x4.lt(x, Constant.f32(LOG, 12));
    const normal = v128.bitselect(f32x4.mul(x, Constant.f32(LOG, 13)), x, tiny);
    // x = 2^e m, sqrt(1/2) <= m < sqrt(2); subtracting -e leaves +0 and -0 as they should be.
    const exponent = i32x4.shr_s(i32x4.sub(normal, Constant.f32(LOG, 15)), 23);
    const m = i32x4.sub(normal, i32x4.shl(exponent, 23));
    const shift = v128.and(tiny, i32x4.splat(23));
    const n = f32x4.convert_i32x4_s(i32x4.sub(shift, exponent));
    const f = f32x4.sub(m, Constant.f32(LOG, 11));
    const small = f32x4.add(f, F32x4Math.logTail(f, n));
    const y = f32x4.sub(small, f32x4.mul(n, Constant.f32(LOG, 8)));
    return F32x4Math.logLimits(y, x);
  }

  /**
   * log(1 + x): log(u + c) for u = fl(1 + x) and its rounding error c.
   * At most 0.97 ulp, at x = -0.2930136.
   */
  @inline
  static log1p(x: v128): v128 {
    const one = Constant.f32(LOG, 11);
    const u = f32x4.add(one, x);
    const back = f32x4.sub(u, one);
    // -c, exactly.
    const lost = f32x4.add(f32x4.sub(f32x4.sub(u, back), one), f32x4.sub(back, x));
    const exponent = i32x4.shr_s(i32x4.sub(u, Constant.f32(LOG, 15)), 23);
    const m = i32x4.sub(u, i32x4.shl(exponent, 23));
    const inverse = i32x4.max_s(i32x4.sub(one, i32x4.shl(exponent, 23)), i32x4.splat(0)); // 2^-e
    const n = f32x4.convert_i32x4_s(i32x4.neg(exponent));
    // Where 1 + x needs no scaling, x itself is f.
    const near = i32x4.eq(exponent, i32x4.splat(0));
    const f = v128.bitselect(x, f32x4.sub(m, one), near);
    const c = v128.andnot(f32x4.div(f32x4.mul(lost, inverse), m), near);
    const small = f32x4.add(f, f32x4.sub(F32x4Math.logTail(f, n), c));
    const y = f32x4.sub(small, f32x4.mul(n, Constant.f32(LOG, 8)));
    return F32x4Math.logLimits(y, u);
  }
}
