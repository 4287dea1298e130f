// erf, gelu in its exact form, and gelu's slope, on four float32 lanes.
import { Constant, Polynomial } from "./constants";
import { F64Math } from "./double";
import { F32x4Math } from "./math";

const ERF: usize = memory.data<f32>([
  0.12837916612625122, // 0..6: erf(x) / x - 1 in x^2 for |x| <= 1, rel. error of erf(x) 2^-29
  -0.3761262595653534,
  0.11283578723669052,
  -0.026853347197175026,
  0.005187162198126316,
  -0.0007997853099368513,
  0.00007806903886375949,
  0.000341526378178969, // 7..13: -log(erfc(x)) for 1 <= x <= 3.95, rel. error of erf(x) 2^-29
  1.1270891427993774,
  0.6381449699401855,
  0.10310658067464828,
  -0.021837951615452766,
  0.0029476219788193703,
  -0.0001863745565060526,
  1, // 14
  3.95, // 15: above, erf(x) rounds to 1
  -0, // 16
]);

// Both tables: the value near 0, then the tail. They are read by one and the same code.
const GELU: usize = memory.data<f32>([
  0.3989422619342804, // 0..4: (Phi(x) - 1/2) / x in x^2 for |x| <= 0.75; error of Phi(x) 2^-28
  -0.06648989766836166,
  0.009969852864742279,
  -0.0011754217557609081,
  0.00009832985233515501,
  0.3129268288612366, // 5..14: t Phi(-t) e^(t^2 / 2) in u = (t - 25/16) / (t + 5/2),
  0.2676132619380951, // for 0.75 <= t <= 14.6; relative error 2^-27
  -0.3026190996170044,
  0.1289318948984146,
  0.014997961930930614,
  -0.02261842042207718,
  -0.005903182085603476,
  0.0035207404289394617,
  0.004143327474594116,
  -0.0020508768502622843,
  0.75, // 15
  15, // 16: above, t Phi(-t) rounds to 0
  1.5625, // 17
  2.5, // 18
  0.5, // 19
]);

const SLOPE: usize = memory.data<f32>([
  0.7978845238685608, // 0..4: (Phi(x) + x phi(x) - 1/2) / x in x^2, error of the sum 2^-27
  -0.265959769487381,
  0.05982193350791931,
  -0.0094144893810153,
  0.0009957888396456838,
  -0.10414132475852966, // 5..14: (Phi(-t) - t phi(t)) e^(t^2 / 2) / (t + 5/2) in the same u;
  -0.38081640005111694, // error relative to the greater of that and 1/50: 2^-25
  0.1338062584400177,
  -0.056271329522132874,
  0.004106861539185047,
  0.005457418039441109,
  -0.00020295429567340761,
  -0.000835369632113725,
  -0.0002580943109933287,
  0.00020864840189460665,
]);

export class F32x4Erf {
  /** x + x Q(x^2) up to 1, 1 - e^-R(x) above. At most 1.19 ulp, at x = 1.0647223. */
  @inline
  static erf(x: v128): v128 {
    const one = Constant.f32(ERF, 14);
    const a = f32x4.pmin(f32x4.abs(x), Constant.f32(ERF, 15));
    const z = f32x4.mul(a, a);
    const z2 = f32x4.mul(z, z);
    const q01 = f32x4.add(f32x4.mul(z, Constant.f32(ERF, 1)), Constant.f32(ERF, 0));
    const q23 = f32x4.add(f32x4.mul(z, Constant.f32(ERF, 3)), Constant.f32(ERF, 2));
    const q45 = f32x4.add(f32x4.mul(z, Constant.f32(ERF, 5)), Constant.f32(ERF, 4));
    const q46 = f32x4.add(q45, f32x4.mul(z2, Constant.f32(ERF, 6)));
    const q = f32x4.add(q01, f32x4.mul(z2, f32x4.add(q23, f32x4.mul(z2, q46))));
    const near = f32x4.add(a, f32x4.mul(a, q));
    const p01 = f32x4.add(f32x4.mul(a, Constant.f32(ERF, 8)), Constant.f32(ERF, 7));
    const p23 = f32x4.add(f32x4.mul(a, Constant.f32(ERF, 10)), Constant.f32(ERF, 9));
    const p45 = f32x4.add(f32x4.mul(a, Constant.f32(ERF, 12)), Constant.f32(ERF, 11));
    const p46 = f32x4.add(p45, f32x4.mul(z, Constant.f32(ERF, 13)));
    const p = f32x4.add(p01, f32x4.mul(z, f32x4.add(p23, f32x4.mul(z, p46))));
    const far = f32x4.sub(one, F32x4Math.expShort(f32x4.neg(p)));
    const y = v128.bitselect(far, near, f32x4.ge(a, one));
    return v128.or(y, v128.and(x, Constant.f32(ERF, 16)));
  }

  /** 1/2 + x P(x^2) */
  @inline
  private static near(table: usize, x: v128): v128 {
    const z = f32x4.mul(x, x);
    let p = f32x4.add(f32x4.mul(z, Constant.f32(table, 4)), Constant.f32(table, 3));
    p = f32x4.add(f32x4.mul(z, p), Constant.f32(table, 2));
    p = f32x4.add(f32x4.mul(z, p), Constant.f32(table, 1));
    p = f32x4.add(f32x4.mul(z, p), Constant.f32(table, 0));
    return f32x4.add(f32x4.mul(x, p), Constant.f32(GELU, 19));
  }

  /** H((t - a) / (t + c)) e^(-t^2 / 2) */
  @inline
  private static tail(table: usize, t: v128, sum: v128): v128 {
    const u = f32x4.div(f32x4.sub(t, Constant.f32(GELU, 17)), sum);
    const u2 = f32x4.mul(u, u);
    const h34 = f32x4.add(f32x4.mul(u, Constant.f32(table, 9)), Constant.f32(table, 8));
    const h56 = f32x4.add(f32x4.mul(u, Constant.f32(table, 11)), Constant.f32(table, 10));
    const h78 = f32x4.add(f32x4.mul(u, Constant.f32(table, 13)), Constant.f32(table, 12));
    const h36 = f32x4.add(f32x4.mul(u2, h56), h34);
    const h79 = f32x4.add(f32x4.mul(u2, Constant.f32(table, 14)), h78);
    // The last steps one after the other: each is rounded less than the next that way.
    let h = f32x4.add(f32x4.mul(f32x4.mul(u2, u2), h79), h36);
    h = f32x4.add(f32x4.mul(u, h), Constant.f32(table, 7));
    h = f32x4.add(f32x4.mul(u, h), Constant.f32(table, 6));
    h = f32x4.add(f32x4.mul(u, h), Constant.f32(table, 5));
    return F32x4Math.gaussTimes(h, t);
  }

  /**
   * x Phi(x): x (1/2 + x P(x^2)) near 0, max(x, 0) - t Phi(-t) with t = |x| beyond.
   * At most 2.01 ulp, at x = -3.240186.
   */
  @inline
  static gelu(x: v128): v128 {
    const t = f32x4.pmin(f32x4.abs(x), Constant.f32(GELU, 16));
    const w = F32x4Erf.tail(GELU, t, f32x4.add(t, Constant.f32(GELU, 18)));
    const far = f32x4.sub(f32x4.pmax(x, f32x4.splat(0)), w);
    const near = f32x4.mul(F32x4Erf.near(GELU, x), x);
    return v128.bitselect(far, near, f32x4.ge(t, Constant.f32(GELU, 15)));
  }

  /**
   * d/dx x Phi(x) = Phi(x) + x phi(x): s = Phi(-t) - t phi(t) for negative x, 1 - s for others.
   * At most 1.3 ulp, or as much of 1/2 where it is less (it passes through 0).
   */
  @inline
  static geluSlope(x: v128): v128 {
    const t = f32x4.pmin(f32x4.abs(x), Constant.f32(GELU, 16));
    const sum = f32x4.add(t, Constant.f32(GELU, 18));
    const s = f32x4.mul(sum, F32x4Erf.tail(SLOPE, t, sum));
    const far = v128.bitselect(s, f32x4.sub(Constant.f32(ERF, 14), s), f32x4.lt(x, f32x4.splat(0)));
    return v128.bitselect(far, F32x4Erf.near(SLOPE, x), f32x4.ge(t, Constant.f32(GELU, 15)));
  }
}

/** In float64, one number at a time, from the same tables. */
export class F64Erf {
  /** erf(x) for |x| <= 1: relative error 2^-29. */
  @inline
  static near(x: f64): f64 {
    return x + x * Polynomial.at(ERF, 6, x * x);
  }

  /** erfc(x) for 1 <= x <= 10.3: relative error 2^-27. */
  @inline
  static tail(x: f64): f64 {
    const t = x * 1.4142135623730951;
    const h = Polynomial.at(GELU + 5 * 4, 9, (t - 1.5625) / (t + 2.5));
    return ((h + h) / t) * F64Math.exp(-x * x);
  }
}
