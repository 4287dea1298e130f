// The one-dimensional transforms of Winograd's F(4, 3): four outputs of a filter of three taps by six
// products instead of twelve,
//   y = A^T [(G g) * (B^T d)],
// as d(x), g(x) and y(x) are polynomials that are multiplied at the points 0, a, -a, b, -b and infinity:
//   B^T  6 x 6   input     row of point p: the coefficients of the product of (x - q) over the others
//   G    6 x 3   kernel    row of point p: 1, p, p^2, over the product of (p - q) over the others
//   A^T  4 x 6   output    column of point p: 1, p, p^2, p^3
// The gradient by g is G^T [(A dy) * (B^T d)]: `spread` is A, `taps` is G^T.
//
// a = 5/8 and b = 3/2 (as in oneDNN) make half the error of the usual 1 and 2; but for G's quotients
// all constants are exact. Each transform is done in four lanes and leaves its results `step` bytes
// apart.
import { Constant } from "../simd/constants";

const TABLE: usize = memory.data<f32>([
  0.625, // 0: a
  1.5, // 1: b
  0.390625, // 2: a^2
  2.25, // 3: b^2
  0.87890625, // 4: a^2 b^2
  2.640625, // 5: a^2 + b^2
  0.244140625, // 6: a^3
  3.375, // 7: b^3
  1.1377777777777778, // 8: 1 / (a^2 b^2), the quotient of the point 0
  -0.6884033613445378, // 9: 1 / (2 a^2 (a^2 - b^2)), of a and -a
  0.11951447245564893, // 10: 1 / (2 b^2 (b^2 - a^2)), of b and -b
]);

export class Points {
  /** x times the i-th constant. */
  @inline
  private static by(i: usize, x: v128): v128 {
    return f32x4.mul(x, Constant.f32(TABLE, i));
  }

  /** x + y and x - y. */
  @inline
  private static both(x: v128, y: v128, to: usize, step: usize): void {
    v128.store(to, f32x4.add(x, y));
    v128.store(to + step, f32x4.sub(x, y));
  }

  /** B^T d. */
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

  /** A^T m, of six vectors `fromStep` bytes apart. */
  static output(from: usize, fromStep: usize, to: usize, step: usize): void {
    const m1 = v128.load(from + fromStep);
    const m2 = v128.load(from + 2 * fromStep);
    const m3 = v128.load(from + 3 * fromStep);
    const m4 = v128.load(from + 4 * fromStep);
    const evenA = f32x4.add(m1, m2);
    const evenB = f32x4.add(m3, m4);
    const oddA = f32x4.sub(m1, m2);
    const oddB = f32x4.sub(m3, m4);
    v128.store(to, f32x4.add(v128.load(from), f32x4.add(evenA, evenB)));
    v128.store(to + step, f32x4.add(Points.by(0, oddA), Points.by(1, oddB)));
    v128.store(to + 2 * step, f32x4.add(Points.by(2, evenA), Points.by(3, evenB)));
    const odd = f32x4.add(Points.by(6, oddA), Points.by(7, oddB));
    v128.store(to + 3 * step, f32x4.add(odd, v128.load(from + 5 * fromStep)));
  }

  /** A d. */
  @inline
  static spread(d0: v128, d1: v128, d2: v128, d3: v128, to: usize, step: usize): void {
    v128.store(to, d0);
    let even = f32x4.add(d0, Points.by(2, d2));
    let odd = f32x4.add(Points.by(0, d1), Points.by(6, d3));
    Points.both(even, odd, to + step, step);
    even = f32x4.add(d0, Points.by(3, d2));
    odd = f32x4.add(Points.by(1, d1), Points.by(7, d3));
    Points.both(even, odd, to + 3 * step, step);
    v128.store(to + 5 * step, d3);
  }

  /** G g, of three vectors `fromStep` bytes apart. */
  @inline
  static kernel(from: usize, fromStep: usize, to: usize, step: usize): void {
    const g0 = v128.load(from);
    const g1 = v128.load(from + fromStep);
    const g2 = v128.load(from + 2 * fromStep);
    v128.store(to, Points.by(8, g0));
    let even = Points.by(9, f32x4.add(g0, Points.by(2, g2)));
    let odd = Points.by(9, Points.by(0, g1));
    Points.both(even, odd, to + step, step);
    even = Points.by(10, f32x4.add(g0, Points.by(3, g2)));
    odd = Points.by(10, Points.by(1, g1));
    Points.both(even, odd, to + 3 * step, step);
    v128.store(to + 5 * step, g2);
  }

  /** G^T m, of six vectors `fromStep` bytes apart. */
  static taps(from: usize, fromStep: usize, to: usize, step: usize): void {
    const m1 = v128.load(from + fromStep);
    const m2 = v128.load(from + 2 * fromStep);
    const m3 = v128.load(from + 3 * fromStep);
    const m4 = v128.load(from + 4 * fromStep);
    const evenA = Points.by(9, f32x4.add(m1, m2));
    const evenB = Points.by(10, f32x4.add(m3, m4));
    const oddA = Points.by(9, f32x4.sub(m1, m2));
    const oddB = Points.by(10, f32x4.sub(m3, m4));
    v128.store(to, f32x4.add(Points.by(8, v128.load(from)), f32x4.add(evenA, evenB)));
    v128.store(to + step, f32x4.add(Points.by(0, oddA), Points.by(1, oddB)));
    const even = f32x4.add(Points.by(2, evenA), Points.by(3, evenB));
    v128.store(to + 2 * step, f32x4.add(even, v128.load(from + 5 * fromStep)));
  }
}
