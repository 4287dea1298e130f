// sin, cos and tan on four float32 lanes, for arguments of any size.
//
// x = q pi/2 + r with |r| <= pi/4: in float64 where |x| <= 2^20, and in fixed point with as many
// bits of 2/pi as it takes beyond (Payne and Hanek's way), one lane at a time. r is then rounded
// to float32, which costs up to half an ulp.
import { Constant } from "./constants";
import { Halves } from "./halves";

const TRIG: usize = memory.data<f32>([
  -0.16666655242443085, // 0..2: (sin r - r) / r^3 in r^2, |r| <= pi/4, rel. error of sin r 2^-27
  0.008332189172506332,
  -0.0001951828453456983,
  0.04166664555668831, // 3..5: (cos r - 1 + r^2 / 2) / r^4 in r^2, error 2^-33
  -0.0013887310633435845,
  0.000024432757836755365,
  0.33333155512809753, // 6..11: (tan r - r) / r^3 in r^2, rel. error of tan r 2^-25
  0.1333881914615631,
  0.05341074615716934,
  0.024428972974419594,
  0.0031253176275640726,
  0.009380771778523922,
  0.5, // 12
  1, // 13
  1048576, // 14: beyond this, the exact reduction
  -0, // 15
]);

const REDUCE: usize = memory.data<f64>([
  0.6366197723675814, // 0: 2/pi
  6755399441055744, // 1: 1.5 * 2^52; adding it rounds to an integer, which the low bits hold
  1.5707963267341256, // 2: pi/2, upper 33 bits: exact times an integer up to 2^20
  6.077100506506192e-11, // 3: pi/2, the rest
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
  static quarters(x: f32): u32 {
    return <u32>((Turn.of(x) + (1 << 61)) >> 62);
  }

  /** The angle that remains then, at most pi/4; NaN for an infinite x. */
  static rest(x: f32): f32 {
    const angle = <f64>(<i64>(Turn.of(x) << 2)) * 8.515303950216386e-20; // pi/2 2^-64
    return <f32>angle + (x - x);
  }
}

export class F32x4Trig {
  /** q in the low bits of each lane of a pair. */
  @inline
  private static steps(x: v128): v128 {
    return f64x2.add(f64x2.mul(x, Constant.f64(REDUCE, 0)), Constant.f64(REDUCE, 1));
  }

  /** x - q pi/2. */
  @inline
  private static rest(x: v128, t: v128): v128 {
    const q = f64x2.sub(t, Constant.f64(REDUCE, 1));
    const high = f64x2.sub(x, f64x2.mul(q, Constant.f64(REDUCE, 2)));
    return f64x2.sub(high, f64x2.mul(q, Constant.f64(REDUCE, 3)));
  }

  /** q, with the lanes of large x put right. */
  private static farQuarters(x: v128, q: v128): v128 {
    let far = i32x4.splat(Turn.quarters(f32x4.extract_lane(x, 0)));
    far = i32x4.replace_lane(far, 1, Turn.quarters(f32x4.extract_lane(x, 1)));
    far = i32x4.replace_lane(far, 2, Turn.quarters(f32x4.extract_lane(x, 2)));
    far = i32x4.replace_lane(far, 3, Turn.quarters(f32x4.extract_lane(x, 3)));
    return v128.bitselect(far, q, F32x4Trig.isFar(x));
  }

  /** r, with the lanes of large x put right. */
  private static farRest(x: v128, r: v128): v128 {
    let far = f32x4.splat(Turn.rest(f32x4.extract_lane(x, 0)));
    far = f32x4.replace_lane(far, 1, Turn.rest(f32x4.extract_lane(x, 1)));
    far = f32x4.replace_lane(far, 2, Turn.rest(f32x4.extract_lane(x, 2)));
    far = f32x4.replace_lane(far, 3, Turn.rest(f32x4.extract_lane(x, 3)));
    return v128.bitselect(far, r, F32x4Trig.isFar(x));
  }

  @inline
  private static isFar(x: v128): v128 {
    return f32x4.gt(f32x4.abs(x), Constant.f32(TRIG, 14));
  }

  /** r + r^3 S(r^2); the sign is r's, said for -0. */
  @inline
  private static sinNear(r: v128): v128 {
    const r2 = f32x4.mul(r, r);
    const s12 = f32x4.add(Constant.f32(TRIG, 1), f32x4.mul(r2, Constant.f32(TRIG, 2)));
    const s = f32x4.add(Constant.f32(TRIG, 0), f32x4.mul(r2, s12));
    const y = f32x4.add(r, f32x4.mul(f32x4.mul(r, r2), s));
    return v128.or(y, v128.and(r, Constant.f32(TRIG, 15)));
  }

  /** 1 - r^2 / 2 + r^4 C(r^2) */
  @inline
  private static cosNear(r: v128): v128 {
    const r2 = f32x4.mul(r, r);
    const c45 = f32x4.add(Constant.f32(TRIG, 4), f32x4.mul(r2, Constant.f32(TRIG, 5)));
    const c = f32x4.add(Constant.f32(TRIG, 3), f32x4.mul(r2, c45));
    const start = f32x4.sub(Constant.f32(TRIG, 13), f32x4.mul(r2, Constant.f32(TRIG, 12)));
    return f32x4.add(start, f32x4.mul(f32x4.mul(r2, r2), c));
  }

  /** sin(r + q pi/2) */
  @inline
  private static sinQuarters(r: v128, q: v128): v128 {
    const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
    const y = v128.bitselect(F32x4Trig.cosNear(r), F32x4Trig.sinNear(r), odd);
    const sign = i32x4.shl(i32x4.shr_u(q, 1), 31);
    return v128.xor(y, sign);
  }

  /** sin(x + ahead pi/2) */
  @inline
  private static sinAhead(x: v128, ahead: v128): v128 {
    const low = Halves.low(x);
    const high = Halves.high(x);
    const tLow = F32x4Trig.steps(low);
    const tHigh = F32x4Trig.steps(high);
    let q = Halves.joinBits(tLow, tHigh);
    let r = Halves.join(F32x4Trig.rest(low, tLow), F32x4Trig.rest(high, tHigh));
    if (v128.any_true(F32x4Trig.isFar(x))) {
      q = F32x4Trig.farQuarters(x, q);
      r = F32x4Trig.farRest(x, r);
    }
    return F32x4Trig.sinQuarters(r, i32x4.add(q, ahead));
  }

  static sin(x: v128): v128 {
    return F32x4Trig.sinAhead(x, i32x4.splat(0));
  }

  static cos(x: v128): v128 {
    return F32x4Trig.sinAhead(x, i32x4.splat(1));
  }

  /** tan r for even q, -1 / tan r for odd q. */
  static tan(x: v128): v128 {
    const low = Halves.low(x);
    const high = Halves.high(x);
    const tLow = F32x4Trig.steps(low);
    const tHigh = F32x4Trig.steps(high);
    let q = Halves.joinBits(tLow, tHigh);
    let r = Halves.join(F32x4Trig.rest(low, tLow), F32x4Trig.rest(high, tHigh));
    if (v128.any_true(F32x4Trig.isFar(x))) {
      q = F32x4Trig.farQuarters(x, q);
      r = F32x4Trig.farRest(x, r);
    }
    const r2 = f32x4.mul(r, r);
    let p = f32x4.add(Constant.f32(TRIG, 10), f32x4.mul(r2, Constant.f32(TRIG, 11)));
    p = f32x4.add(Constant.f32(TRIG, 9), f32x4.mul(r2, p));
    p = f32x4.add(Constant.f32(TRIG, 8), f32x4.mul(r2, p));
    p = f32x4.add(Constant.f32(TRIG, 7), f32x4.mul(r2, p));
    p = f32x4.add(Constant.f32(TRIG, 6), f32x4.mul(r2, p));
    const y = f32x4.add(r, f32x4.mul(f32x4.mul(r, r2), p));
    const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
    return v128.bitselect(f32x4.div(f32x4.splat(-1), y), y, odd);
  }
}
