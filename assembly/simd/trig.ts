// sin, cos and tan on four float32 lanes, for arguments of any size.
//
// x = q pi/2 + r with |r| <= pi/4: in float64 where |x| <= 2^20, and in fixed point with as many
// bits of 2/pi as it takes beyond (Payne and Hanek's way), one lane at a time. r is then rounded
// to float32, which costs up to half an ulp. (How the bounds were found: math.ts.)
import { Constant } from "./constants";
import { F64x2Math } from "./double";

const TRIG: usize = memory.data<f32>([
  -0.16666655242443085, // 0..2: (sin r - r) / r^3 in r^2, |r| <= pi/4, rel. error of sin r 2^-27
  0.008332189172506332,
  -0.0001951828453456983,
  0.04166664555668831, // 3..5: (cos r - 1 + r^2 / 2) / r^4 in r^2, error 2^-33
  -0.0013887310633435845,
  0.000024432757836755365,
  0.5, // 6
  1, // 7
  -0, // 8
  1048576, // 9: beyond this, the reduction in fixed point
]);

const REDUCE: usize = memory.data<f64>([
  0.6366197723675814, // 0: 2/pi
  6755399441055744, // 1: 1.5 * 2^52; adding it rounds to an integer, which the low bits hold
  1.5707963267341256, // 2: pi/2, upper 33 bits: exact times an integer up to 2^20
  6.077100506506192e-11, // 3: pi/2, the rest
  1048576, // 4: beyond this, the reduction in fixed point
  0.33333156579161416, // 5..10: (tan r - r) / r^3 in r^2, rel. error of tan r 2^-25
  0.13338806747105933,
  0.053410657967338314,
  0.024432406976143153,
  0.0031162073995397483,
  0.00938763885587208,
  -1, // 11
]);

/** 2/pi = 0.A2F9836E..., 32 bits a word, a zero word before it. */
const TWO_OVER_PI: usize = memory.data<u32>([
  0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab,
]);

/** x / 2 pi modulo 1 for large x, in fixed point: one number at a time. */
class Turn {
  /** 32 bits of 2/pi, from bit `at` of the table on. */
  @inline
  private static bits(at: u32): u64 {
    const word = TWO_OVER_PI + ((at >> 5) << 2);
    const both = ((<u64>load<u32>(word)) << 32) | load<u32>(word, 4);
    return (both << (at & 31)) >> 32;
  }

  /** In units of 2^-64 turns, exact to 2^-8 of one, for finite |x| >= 2^20. */
  static of(x: f32): u64 {
    const b = reinterpret<u32>(x);
    const m = <u64>((b & 0x7fffff) | 0x800000);
    // |x| = m 2^e; of m (2^(e - 2) 2/pi) turns only what lies behind the point matters.
    const at = max((b >> 23) & 0xff, 147) - 150 - 2 + 32;
    const low = (m * Turn.bits(at + 64)) >> 32;
    const turn = ((m * Turn.bits(at)) << 32) + m * Turn.bits(at + 32) + low;
    return <i32>b < 0 ? 0 - turn : turn;
  }

  /** The nearest number of quarter turns. */
  static quarters(x: f64): u64 {
    return (Turn.of(<f32>x) + (1 << 61)) >> 62;
  }

  /** The angle that remains then, at most pi/4; NaN for an infinite x. */
  static rest(x: f64): f64 {
    return <f64>(<i64>(Turn.of(<f32>x) << 2)) * 8.515303950216386e-20 + (x - x); // pi/2 2^-64
  }
}

/** x = q pi/2 + r for a pair: `steps` holds q in its low bits. */
class Quarters {
  @inline
  private static isFar(x: v128): v128 {
    return f64x2.gt(f64x2.abs(x), Constant.f64(REDUCE, 4));
  }

  /** Whether any of four float32 is so large that farSteps and farRest must be asked. */
  @inline
  static anyFar(x: v128): bool {
    return v128.any_true(f32x4.gt(f32x4.abs(x), Constant.f32(TRIG, 9)));
  }

  @inline
  static steps(x: v128): v128 {
    return f64x2.add(f64x2.mul(x, Constant.f64(REDUCE, 0)), Constant.f64(REDUCE, 1));
  }

  @inline
  static rest(x: v128, t: v128): v128 {
    const q = f64x2.sub(t, Constant.f64(REDUCE, 1));
    const high = f64x2.sub(x, f64x2.mul(q, Constant.f64(REDUCE, 2)));
    return f64x2.sub(high, f64x2.mul(q, Constant.f64(REDUCE, 3)));
  }

  static farSteps(x: v128, t: v128): v128 {
    const first = i64x2.splat(Turn.quarters(f64x2.extract_lane(x, 0)));
    const far = i64x2.replace_lane(first, 1, Turn.quarters(f64x2.extract_lane(x, 1)));
    return v128.bitselect(far, t, Quarters.isFar(x));
  }

  static farRest(x: v128, r: v128): v128 {
    const first = f64x2.splat(Turn.rest(f64x2.extract_lane(x, 0)));
    const far = f64x2.replace_lane(first, 1, Turn.rest(f64x2.extract_lane(x, 1)));
    return v128.bitselect(far, r, Quarters.isFar(x));
  }
}

export class F32x4Trig {
  /** r + r^3 S(r^2); the sign is r's, said for -0. */
  @inline
  private static sinNear(r: v128): v128 {
    const r2 = f32x4.mul(r, r);
    const s12 = f32x4.add(f32x4.mul(r2, Constant.f32(TRIG, 2)), Constant.f32(TRIG, 1));
    const s = f32x4.add(f32x4.mul(r2, s12), Constant.f32(TRIG, 0));
    const y = f32x4.add(r, f32x4.mul(f32x4.mul(r, r2), s));
    return v128.or(y, v128.and(r, Constant.f32(TRIG, 8)));
  }

  /** 1 - r^2 / 2 + r^4 C(r^2) */
  @inline
  private static cosNear(r: v128): v128 {
    const r2 = f32x4.mul(r, r);
    const c45 = f32x4.add(f32x4.mul(r2, Constant.f32(TRIG, 5)), Constant.f32(TRIG, 4));
    const c = f32x4.add(f32x4.mul(r2, c45), Constant.f32(TRIG, 3));
    const start = f32x4.sub(Constant.f32(TRIG, 7), f32x4.mul(r2, Constant.f32(TRIG, 6)));
    return f32x4.add(start, f32x4.mul(f32x4.mul(r2, r2), c));
  }

  /** sin(x + ahead pi/2) */
  @inline
  private static sinAhead(x: v128, ahead: v128): v128 {
    const low = F64x2Math.low(x);
    const high = F64x2Math.high(x);
    let tLow = Quarters.steps(low);
    let tHigh = Quarters.steps(high);
    let rLow = Quarters.rest(low, tLow);
    let rHigh = Quarters.rest(high, tHigh);
    if (Quarters.anyFar(x)) {
      rLow = Quarters.farRest(low, rLow);
      rHigh = Quarters.farRest(high, rHigh);
      tLow = Quarters.farSteps(low, tLow);
      tHigh = Quarters.farSteps(high, tHigh);
    }
    const r = F64x2Math.join(rLow, rHigh);
    const q = i32x4.add(F64x2Math.joinBits(tLow, tHigh), ahead);
    const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
    const y = v128.bitselect(F32x4Trig.cosNear(r), F32x4Trig.sinNear(r), odd);
    const sign = i32x4.shl(i32x4.shr_u(q, 1), 31);
    return v128.xor(y, sign);
  }

  /** At most 1.58 ulp, at x = -1.3164898e36. */
  @inline
  static sin(x: v128): v128 {
    return F32x4Trig.sinAhead(x, i32x4.splat(0));
  }

  /** At most 1.59 ulp, at x = 1.4874547e14. */
  @inline
  static cos(x: v128): v128 {
    return F32x4Trig.sinAhead(x, i32x4.splat(1));
  }

  /** tan r for even q, -1 / tan r for odd q. */
  @inline
  private static tanPair(x: v128, far: bool): v128 {
    let t = Quarters.steps(x);
    let r = Quarters.rest(x, t);
    if (far) {
      r = Quarters.farRest(x, r);
      t = Quarters.farSteps(x, t);
    }
    const r2 = f64x2.mul(r, r);
    let p = f64x2.add(f64x2.mul(r2, Constant.f64(REDUCE, 10)), Constant.f64(REDUCE, 9));
    p = f64x2.add(f64x2.mul(r2, p), Constant.f64(REDUCE, 8));
    p = f64x2.add(f64x2.mul(r2, p), Constant.f64(REDUCE, 7));
    p = f64x2.add(f64x2.mul(r2, p), Constant.f64(REDUCE, 6));
    p = f64x2.add(f64x2.mul(r2, p), Constant.f64(REDUCE, 5));
    const y = f64x2.add(r, f64x2.mul(f64x2.mul(r, r2), p));
    const odd = i64x2.ne(v128.and(t, i64x2.splat(1)), i64x2.splat(0));
    return v128.bitselect(f64x2.div(Constant.f64(REDUCE, 11), y), y, odd);
  }

  /** At most 0.80 ulp, at x = 1.3078907e20. */
  @inline
  static tan(x: v128): v128 {
    const far = Quarters.anyFar(x);
    const low = F32x4Trig.tanPair(F64x2Math.low(x), far);
    return F64x2Math.join(low, F32x4Trig.tanPair(F64x2Math.high(x), far));
  }
}
