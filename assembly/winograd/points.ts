// The one-dimensional transforms of Winograd's F(4, 3) and F(4, 5): four outputs of a filter of three
// (five) taps by six (eight) products instead of twelve (twenty),
//   y = A^T [(G g) * (B^T d)],
// as d(x), g(x) and y(x) are polynomials that are multiplied at the points 0, a, -a, b, -b (, c, -c) and
// infinity:
//   B^T  input     row of point p: the coefficients of the product of (x - q) over the others
//   G    kernel    row of point p: 1, p, p^2, ... over the product of (p - q) over the others
//   A^T  output    column of point p: 1, p, p^2, p^3
// The gradient by g is G^T [(A dy) * (B^T d)]: `spread` is A, `taps` is G^T.
//
// Of six, a = 5/8 and b = 3/2 (as in oneDNN) make half the error of the usual 1 and 2; of eight, 1/2, 1
// and 2 are among the best. But for G's quotients all constants are exact. Each transform is done in four
// lanes and leaves its results `step` bytes apart.
import { Constant } from "../simd/constants";

// Of each pair of points p, -p:
//   0 p    1 p^2    2 p^3    3 the quotient: 1 / (2 p^2 (p^2 - q^2) ...), q being the other pairs
// and in front of them the quotient of the point 0.
const SIX: usize = memory.data<f32>([
  1.1377777777777778, // 1 / (a^2 b^2)
  0.625, // a
  0.390625,
  0.244140625,
  -0.6884033613445378,
  1.5, // b
  2.25,
  3.375,
  0.11951447245564893,
]);
const EIGHT: usize = memory.data<f32>([
  1, // 1 / (a^2 b^2 c^2); its row of B^T has the sign that makes it positive
  0.5, // a
  0.25,
  0.125,
  0.7111111111111111,
  1, // b
  1,
  1,
  -0.2222222222222222,
  2, // c
  4,
  8,
  0.011111111111111112,
]);
const INPUT: usize = memory.data<f32>([
  0.625, // 0: of six: a
  1.5, // 1: b
  0.390625, // 2: a^2
  2.25, // 3: b^2
  0.87890625, // 4: a^2 b^2
  2.640625, // 5: a^2 + b^2
  0.5, // 6: of eight: a
  2, // 7: c
  5.25, // 8: a^2 + b^2 + c^2, and the sum of their products by pairs
  5, // 9: b^2 + c^2
  4, // 10: b^2 c^2
  4.25, // 11: a^2 + c^2
  1.25, // 12: a^2 + b^2
  0.25, // 13: a^2 b^2
]);

export class Points {
  /** x times the i-th constant. */
  @inline
  private static by(i: usize, x: v128): v128 {
    return f32x4.mul(x, Constant.f32(INPUT, i));
  }

  /** The constants of `points` points. */
  @inline
  private static table(points: i32): usize {
    return points == 6 ? SIX : EIGHT;
  }

  /** x + y and x - y. */
  @inline
  private static both(x: v128, y: v128, to: usize, step: usize): void {
    v128.store(to, f32x4.add(x, y));
    v128.store(to + step, f32x4.sub(x, y));
  }

  /** B^T d of six points. */
  @inline
  static input(
    d0: v128,
    d1: v128,
    d2: v128,
    d3: v128,
    d4: v128,
    d5: v128,
    to: usize,
    step: usize,
  ): void {
    v128.store(to, f32x4.add(f32x4.sub(Points.by(4, d0), Points.by(5, d2)), d4));
    let even = f32x4.sub(d4, Points.by(3, d2));
    let odd = Points.by(0, f32x4.sub(d3, Points.by(3, d1)));
    Points.both(even, odd, to + step, step);
    even = f32x4.sub(d4, Points.by(2, d2));
    odd = Points.by(1, f32x4.sub(d3, Points.by(2, d1)));
    Points.both(even, odd, to + 3 * step, step);
    v128.store(to + 5 * step, f32x4.add(f32x4.sub(Points.by(4, d1), Points.by(5, d3)), d5));
  }

  /** B^T d of eight points. */
  static input8(
    d0: v128,
    d1: v128,
    d2: v128,
    d3: v128,
    d4: v128,
    d5: v128,
    d6: v128,
    d7: v128,
    to: usize,
    step: usize,
  ): void {
    v128.store(to, f32x4.add(f32x4.sub(d0, d6), Points.by(8, f32x4.sub(d4, d2))));
    v128.store(to + 7 * step, f32x4.add(f32x4.sub(d7, d1), Points.by(8, f32x4.sub(d3, d5))));
    to += step;
    let even = f32x4.add(f32x4.sub(d6, Points.by(9, d4)), Points.by(10, d2));
    let odd = f32x4.add(f32x4.sub(d5, Points.by(9, d3)), Points.by(10, d1));
    Points.both(even, Points.by(6, odd), to, step);
    even = f32x4.add(f32x4.sub(d6, Points.by(11, d4)), d2);
    odd = f32x4.add(f32x4.sub(d5, Points.by(11, d3)), d1);
    Points.both(even, odd, to + 2 * step, step);
    even = f32x4.add(f32x4.sub(d6, Points.by(12, d4)), Points.by(13, d2));
    odd = f32x4.add(f32x4.sub(d5, Points.by(12, d3)), Points.by(13, d1));
    Points.both(even, Points.by(7, odd), to + 4 * step, step);
  }

  /** A^T m of as many m's as there are points, of vectors `fromStep` bytes apart, each `fromNext` behind the one before. */
  static output(points: i32, from: usize, fromStep: usize, fromNext: usize, to: usize): void {
    const zero = f32x4.splat(0);
    for (let i = points; i > 0; i--) {
      Points.combine(points, from, fromStep, to, 128, zero, false);
      from += fromNext;
      to += 16;
    }
  }

  /** The same of four m's, each of neighbouring vectors; plus b, and turned from tiles in lanes to a row of each tile, 64 bytes apart. */
  static outputTurned(points: i32, from: usize, to: usize, b: v128): void {
    for (let i = 4; i > 0; i--) {
      Points.combine(points, from, 16, to, 64, b, true);
      from += 128;
      to += 16;
    }
  }

  @inline
  private static combine(
    points: i32,
    from: usize,
    fromStep: usize,
    to: usize,
    step: usize,
    b: v128,
    turned: bool,
  ): void {
    const table = Points.table(points);
    const m0 = v128.load(from);
    let m = from + fromStep;
    let x = v128.load(m);
    let y = v128.load(m + fromStep);
    let even = f32x4.add(x, y);
    let odd = f32x4.sub(x, y);
    let y0 = even;
    let y1 = f32x4.mul(odd, Constant.f32(table, 1));
    let y2 = f32x4.mul(even, Constant.f32(table, 2));
    let y3 = f32x4.mul(odd, Constant.f32(table, 3));
    m += 2 * fromStep;
    x = v128.load(m);
    y = v128.load(m + fromStep);
    even = f32x4.add(x, y);
    odd = f32x4.sub(x, y);
    y0 = f32x4.add(y0, even);
    y1 = f32x4.add(y1, f32x4.mul(odd, Constant.f32(table, 5)));
    y2 = f32x4.add(y2, f32x4.mul(even, Constant.f32(table, 6)));
    y3 = f32x4.add(y3, f32x4.mul(odd, Constant.f32(table, 7)));
    m += 2 * fromStep;
    if (points == 8) {
      x = v128.load(m);
      y = v128.load(m + fromStep);
      even = f32x4.add(x, y);
      odd = f32x4.sub(x, y);
      y0 = f32x4.add(y0, even);
      y1 = f32x4.add(y1, f32x4.mul(odd, Constant.f32(table, 9)));
      y2 = f32x4.add(y2, f32x4.mul(even, Constant.f32(table, 10)));
      y3 = f32x4.add(y3, f32x4.mul(odd, Constant.f32(table, 11)));
      m += 2 * fromStep;
    }
    y0 = f32x4.add(m0, y0);
    y3 = f32x4.add(y3, v128.load(m));
    if (turned) {
      y0 = f32x4.add(y0, b);
      y1 = f32x4.add(y1, b);
      y2 = f32x4.add(y2, b);
      y3 = f32x4.add(y3, b);
      x = i32x4.shuffle(y0, y1, 0, 4, 1, 5);
      y = i32x4.shuffle(y2, y3, 0, 4, 1, 5);
      even = i32x4.shuffle(y0, y1, 2, 6, 3, 7);
      odd = i32x4.shuffle(y2, y3, 2, 6, 3, 7);
      y0 = i64x2.shuffle(x, y, 0, 2);
      y1 = i64x2.shuffle(x, y, 1, 3);
      y2 = i64x2.shuffle(even, odd, 0, 2);
      y3 = i64x2.shuffle(even, odd, 1, 3);
    }
    v128.store(to, y0);
    v128.store(to + step, y1);
    v128.store(to + 2 * step, y2);
    v128.store(to + 3 * step, y3);
  }

  /** A d. */
  static spread(points: i32, d0: v128, d1: v128, d2: v128, d3: v128, to: usize, step: usize): void {
    const table = Points.table(points);
    v128.store(to, d0);
    let even = f32x4.add(d0, f32x4.mul(d2, Constant.f32(table, 2)));
    let odd = f32x4.mul(d1, Constant.f32(table, 1));
    odd = f32x4.add(odd, f32x4.mul(d3, Constant.f32(table, 3)));
    Points.both(even, odd, to + step, step);
    even = f32x4.add(d0, f32x4.mul(d2, Constant.f32(table, 6)));
    odd = f32x4.mul(d1, Constant.f32(table, 5));
    odd = f32x4.add(odd, f32x4.mul(d3, Constant.f32(table, 7)));
    Points.both(even, odd, to + 3 * step, step);
    if (points == 8) {
      even = f32x4.add(d0, f32x4.mul(d2, Constant.f32(table, 10)));
      odd = f32x4.mul(d1, Constant.f32(table, 9));
      odd = f32x4.add(odd, f32x4.mul(d3, Constant.f32(table, 11)));
      Points.both(even, odd, to + 5 * step, step);
      to += 2 * step;
    }
    v128.store(to + 5 * step, d3);
  }

  /** G g, of points - 3 vectors `fromStep` bytes apart. */
  @inline
  static kernel(points: i32, from: usize, fromStep: usize, to: usize, step: usize): void {
    let table = Points.table(points);
    const g0 = v128.load(from);
    const g1 = v128.load(from + fromStep);
    let last = v128.load(from + 2 * fromStep);
    v128.store(to, f32x4.mul(g0, Constant.f32(table, 0)));
    if (points == 6) {
      Points.kernelPair(table, g0, g1, last, to + step, step);
      Points.kernelPair(table + 16, g0, g1, last, to + 3 * step, step);
      v128.store(to + 5 * step, last);
    } else {
      const g2 = last;
      const g3 = v128.load(from + 3 * fromStep);
      last = v128.load(from + 4 * fromStep);
      for (const end = table + 48; table < end; table += 16) {
        const square = Constant.f32(table, 2);
        const odd = f32x4.add(g1, f32x4.mul(square, g3));
        to += step;
        Points.kernelPair(table, g0, odd, f32x4.add(g2, f32x4.mul(square, last)), to, step);
        to += step;
      }
      v128.store(to + step, last);
    }
  }

  /** The rows of a pair of points p, -p: g0 + p^2 g2 and p g1, their sum and difference. */
  @inline
  private static kernelPair(
    table: usize,
    g0: v128,
    g1: v128,
    g2: v128,
    to: usize,
    step: usize,
  ): void {
    const quotient = Constant.f32(table, 4);
    const even = f32x4.add(g0, f32x4.mul(g2, Constant.f32(table, 2)));
    const odd = f32x4.mul(g1, Constant.f32(table, 1));
    Points.both(f32x4.mul(quotient, even), f32x4.mul(quotient, odd), to, step);
  }

  /** G^T m, of vectors `fromStep` bytes apart. */
  static taps(points: i32, from: usize, fromStep: usize, to: usize, step: usize): void {
    const last = to + <usize>(points - 4) * step;
    for (let at = to; at <= last; at += step) v128.store(at, f32x4.splat(0));
    let table = Points.table(points);
    const first = f32x4.mul(v128.load(from), Constant.f32(table, 0));
    from += fromStep;
    for (let pair = (points >> 1) - 1; pair > 0; pair--) {
      const x = v128.load(from);
      const y = v128.load(from + fromStep);
      const quotient = Constant.f32(table, 4);
      let even = f32x4.mul(f32x4.add(x, y), quotient);
      let odd = f32x4.mul(f32x4.sub(x, y), quotient);
      odd = f32x4.mul(odd, Constant.f32(table, 1));
      for (let at = to; ; at += 2 * step) {
        v128.store(at, f32x4.add(v128.load(at), even));
        if (at == last) break;
        v128.store(at + step, f32x4.add(v128.load(at + step), odd));
        even = f32x4.mul(even, Constant.f32(table, 2));
        odd = f32x4.mul(odd, Constant.f32(table, 2));
      }
      from += 2 * fromStep;
      table += 16;
    }
    v128.store(to, f32x4.add(first, v128.load(to)));
    v128.store(last, f32x4.add(v128.load(last), v128.load(from)));
  }
}
