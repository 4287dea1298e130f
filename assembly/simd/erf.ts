// erf, gelu in its exact form, and gelu's slope, on four float32 lanes.
import { Constant } from "./constants";
import { F64x2Math } from "./double";
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

const GELU: usize = memory.data<f64>([
  0.7552851353622102, // 0..9: (t + 4) e^(t^2 / 2) Phi(-t) in u = (t - 4) / (t + 4),
  -0.6078965865475208, // for 0 <= t <= 14.6; relative error 2^-26
  0.3871369038562229,
  -0.18652348609624889,
  0.060403765079436574,
  -0.007525003177957266,
  -0.003512078976952949,
  0.0015695885516988305,
  0.0001783723331246529,
  -0.00013243249784079448,
  4, // 10
  1, // 11
  -0.7213475204444817, // 12: -log2(e) / 2
  0.3989422804014327, // 13: 1 / sqrt(2 pi)
  15, // 14: above, t Phi(-t) rounds to 0
]);

export class F32x4Erf {
  /** x + x Q(x^2) up to 1, 1 - e^-R(x) above. */
  @inline
  static erf(x: v128): v128 {
    const one = Constant.f32(ERF, 14);
    const a = f32x4.pmin(f32x4.abs(x), Constant.f32(ERF, 15));
    const z = f32x4.mul(a, a);
    const z2 = f32x4.mul(z, z);
    const q01 = f32x4.add(Constant.f32(ERF, 0), f32x4.mul(z, Constant.f32(ERF, 1)));
    const q23 = f32x4.add(Constant.f32(ERF, 2), f32x4.mul(z, Constant.f32(ERF, 3)));
    const q45 = f32x4.add(Constant.f32(ERF, 4), f32x4.mul(z, Constant.f32(ERF, 5)));
    const q46 = f32x4.add(q45, f32x4.mul(z2, Constant.f32(ERF, 6)));
    const q = f32x4.add(q01, f32x4.mul(z2, f32x4.add(q23, f32x4.mul(z2, q46))));
    const near = f32x4.add(a, f32x4.mul(a, q));
    let p = f32x4.add(Constant.f32(ERF, 12), f32x4.mul(a, Constant.f32(ERF, 13)));
    p = f32x4.add(Constant.f32(ERF, 11), f32x4.mul(a, p));
    p = f32x4.add(Constant.f32(ERF, 10), f32x4.mul(a, p));
    p = f32x4.add(Constant.f32(ERF, 9), f32x4.mul(a, p));
    p = f32x4.add(Constant.f32(ERF, 8), f32x4.mul(a, p));
    p = f32x4.add(Constant.f32(ERF, 7), f32x4.mul(a, p));
    const far = f32x4.sub(one, F32x4Math.exp(f32x4.neg(p)));
    const y = v128.bitselect(near, far, f32x4.lt(a, one));
    return v128.or(y, v128.and(x, Constant.f32(ERF, 16)));
  }

  /** e^(t^2 / 2) Phi(-t) (t + 4), for u = (t - 4) / (t + 4). */
  @inline
  private static tail(u: v128): v128 {
    const u2 = f64x2.mul(u, u);
    const u4 = f64x2.mul(u2, u2);
    const h01 = f64x2.add(Constant.f64(GELU, 0), f64x2.mul(u, Constant.f64(GELU, 1)));
    const h23 = f64x2.add(Constant.f64(GELU, 2), f64x2.mul(u, Constant.f64(GELU, 3)));
    const h45 = f64x2.add(Constant.f64(GELU, 4), f64x2.mul(u, Constant.f64(GELU, 5)));
    const h67 = f64x2.add(Constant.f64(GELU, 6), f64x2.mul(u, Constant.f64(GELU, 7)));
    const h89 = f64x2.add(Constant.f64(GELU, 8), f64x2.mul(u, Constant.f64(GELU, 9)));
    const h03 = f64x2.add(h01, f64x2.mul(u2, h23));
    const h47 = f64x2.add(h45, f64x2.mul(u2, h67));
    return f64x2.add(h03, f64x2.mul(u4, f64x2.add(h47, f64x2.mul(u4, h89))));
  }

  /** e^(-t^2 / 2) */
  @inline
  private static gauss(t: v128): v128 {
    return F64x2Math.exp2(f64x2.mul(f64x2.mul(t, t), Constant.f64(GELU, 12)));
  }

  /** x Phi(x) = max(x, 0) - t Phi(-t) for a pair, t = |x|. */
  @inline
  private static geluPair(x: v128): v128 {
    const t = f64x2.pmin(f64x2.abs(x), Constant.f64(GELU, 14));
    const d = f64x2.div(t, f64x2.add(t, Constant.f64(GELU, 10)));
    const h = F32x4Erf.tail(f64x2.sub(f64x2.add(d, d), Constant.f64(GELU, 11)));
    const w = f64x2.mul(f64x2.mul(h, d), F32x4Erf.gauss(t));
    return f64x2.sub(f64x2.pmax(x, f64x2.splat(0)), w);
  }

  /** Phi(x) + x phi(x) for a pair: s = Phi(-t) - t phi(t) for negative x, 1 - s for others. */
  @inline
  private static slopePair(x: v128): v128 {
    const one = Constant.f64(GELU, 11);
    const t = f64x2.pmin(f64x2.abs(x), Constant.f64(GELU, 14));
    const v = f64x2.div(one, f64x2.add(t, Constant.f64(GELU, 10)));
    const d = f64x2.mul(t, v);
    const h = f64x2.mul(v, F32x4Erf.tail(f64x2.sub(f64x2.add(d, d), one)));
    const y = f64x2.sub(h, f64x2.mul(t, Constant.f64(GELU, 13)));
    const s = f64x2.mul(y, F32x4Erf.gauss(t));
    return v128.bitselect(s, f64x2.sub(one, s), f64x2.lt(x, f64x2.splat(0)));
  }

  /** x Phi(x) */
  @inline
  static gelu(x: v128): v128 {
    const low = F32x4Erf.geluPair(F64x2Math.low(x));
    return F64x2Math.join(low, F32x4Erf.geluPair(F64x2Math.high(x)));
  }

  /** d/dx x Phi(x) */
  @inline
  static geluSlope(x: v128): v128 {
    const low = F32x4Erf.slopePair(F64x2Math.low(x));
    return F64x2Math.join(low, F32x4Erf.slopePair(F64x2Math.high(x)));
  }
}
