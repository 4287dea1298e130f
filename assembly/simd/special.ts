// Functions that are asked for seldom: float64, one number at a time, in few bytes. Logarithm and
// exponential are good to 2^-37 and 2^-29 there, so a result is nearly always the nearest float32. The
// greatest errors that scripts/measure-ulp.mjs found stand beside each, as float32 sees it (0.53 ulp for
// exp2 and cbrt, 0.51 for log2, log10 and logit); test/kernels/special.test.ts holds them.
import { Polynomial } from "./constants";
import { F64Math } from "./double";
import { F64Erf } from "./erf";

/** atan(t) / t in t^2 for |t| <= tan(pi / 8), relative error 2^-30. */
const ATAN: usize = memory.data<f32>([
  1, -0.3333330750465393, 0.19998210668563843, -0.14239983260631561, 0.1057281494140625,
  -0.060332417488098145,
]);

export class Arc {
  /** The angle of (x, y), in [-pi, pi]; asin, acos and atan come of it. At most 0.52 ulp. */
  static atan2(y: f64, x: f64): f64 {
    const a = abs(x);
    const b = abs(y);
    const steep = b > a;
    let t = steep ? a / b : b / a;
    if (a == b) t = a != a ? NaN : 1;
    if (a == 0 && b == 0) t = 0;
    let start: f64 = 0;
    if (t > 0.41421356237309503) {
      t = (t - 1) / (t + 1);
      start = 0.7853981633974483;
    }
    let angle = start + t * Polynomial.at(ATAN, 5, t * t);
    if (steep) angle = 1.5707963267948966 - angle;
    if (copysign<f64>(1, x) < 0) angle = 3.141592653589793 - angle;
    return copysign<f64>(angle, y);
  }
}

export class Hyperbolic {
  /** By its series below 1/2. At most 0.54 ulp, at x = 0.77511287. */
  static sinh(x: f64): f64 {
    if (abs(x) > 0.5) return (F64Math.exp(x) - F64Math.exp(-x)) / 2;
    const z = x * x;
    return x + x * z * (1 / 6.0 + z * (1 / 120.0 + z * (1 / 5040.0 + z * (1 / 362880.0))));
  }

  /** At most 0.53 ulp. */
  static cosh(x: f64): f64 {
    return (F64Math.exp(x) + F64Math.exp(-x)) / 2;
  }

  /** For a >= 0, by its series near 0. At most 0.51 ulp. */
  static asinh(a: f64): f64 {
    return a < 0.001 ? a - (a * a * a) / 6 : F64Math.log(a + sqrt(a * a + 1));
  }

  /** At most 0.51 ulp. */
  static acosh(x: f64): f64 {
    const t = x - 1; // exact where it matters
    return x < 1 ? NaN : F64Math.log(1 + (t + sqrt(t * (x + 1))));
  }

  /** For a >= 0, by its series near 0. At most 0.51 ulp. */
  static atanh(a: f64): f64 {
    return a < 0.001 ? a + (a * a * a) / 3 : F64Math.log((1 + a) / (1 - a)) / 2;
  }
}

export class Normal {
  /** At most 0.60 ulp. */
  static erfc(x: f64): f64 {
    const a = abs(x);
    if (a <= 1) return 1 - F64Erf.near(x);
    const tail = a > 10.3 ? 0 : F64Erf.tail(a);
    return x > 0 ? tail : x < 0 ? 2 - tail : x;
  }

  /**
   * For 0 <= y: Winitzki's approximation (2008), then Newton's method on erf or erfc.
   * At most 0.55 ulp, at x = 0.83795184.
   */
  static erfinv(y: f64): f64 {
    if (!(y < 1)) return y == 1 ? Infinity : NaN;
    const l = F64Math.log((1 - y) * (1 + y)) / 0.147;
    const h = 4.330746750799873 + l * 0.0735; // 2 / (0.147 pi) + 0.147 l / 2
    let x = y < 0.001 ? y * 0.886226925452758 : sqrt(-l / (sqrt(h * h - l) + h));
    for (let i = 0; i < 3; i++) {
      const error = x <= 1 ? F64Erf.near(x) - y : 1 - y - F64Erf.tail(x);
      x -= error * 0.886226925452758 * F64Math.exp(x * x);
    }
    return x;
  }
}

/**
 * G(s, x): the logarithm of |gamma(x)| for s = 0, minus the digamma function for s = 1, and beyond
 * it the sum over k of 1 / (x + k)^s, all by the Euler-Maclaurin formula. The error of the first two
 * is at most 0.8 and 0.6 ulp of the result, or of 2^-7 where that is less: they have zeros.
 */
export class Gamma {
  static sum(s: i32, x: f64): f64 {
    if (s == 0 && (x == 1 || x == 2)) return 0;
    if (x > 0 || x != x) return Gamma.positive(s, x);
    if (x == floor(x)) return s == 1 ? (x == 0 ? copysign<f64>(Infinity, x) : NaN) : Infinity;
    // The terms below 0 are, mirrored, those from ceil(x) - x up to -x: no trigonometry.
    const mirrored = Gamma.positive(s, ceil(x) - x) - Gamma.positive(s, 1 - x);
    return Gamma.positive(s, x - floor(x)) + (s & 1 ? -mirrored : mirrored);
  }

  private static positive(s: i32, x: f64): f64 {
    let sum: f64 = 0;
    let product: f64 = 1;
    for (; x < <f64>(8 + s); x += 1) {
      if (s) sum += Gamma.power(1 / x, s);
      else product *= x;
    }
    const r = 1 / x;
    const log = F64Math.log(x);
    if (s == 0) sum += (x - 0.5) * (log - 1) + 0.4189385332046727 - F64Math.log(product);
    else sum += s == 1 ? r / 2 - log : Gamma.power(r, s) * (x / (s - 1) + 0.5);
    const r2 = r * r;
    const rise = <f64>((s + 1) * (s + 2));
    const high = <f64>((s + 3) * (s + 4)) * r2;
    const bend = 1 / 12.0 - rise * r2 * (1 / 720.0 - high * (1 / 30240.0));
    return sum + Gamma.power(r, s + 1) * <f64>max(s, 1) * bend;
  }

  private static power(r: f64, n: i32): f64 {
    let y: f64 = 1;
    for (; n > 0; n--) y *= r;
    return y;
  }

  /** The nth derivative of digamma: (-1)^(n+1) n! G(n + 1, x). */
  static polygamma(n: i32, x: f64): f64 {
    let factor: f64 = n & 1 ? 1 : -1;
    for (let i = 2; i <= n; i++) factor *= i;
    return factor * Gamma.sum(n + 1, x);
  }
}
