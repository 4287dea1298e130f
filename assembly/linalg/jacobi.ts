// Eigenvalues of symmetric matrices and singular values, by cyclic Jacobi rotations in float64 and
// rounded once. A unit is a matrix.
//
// The singular values of A are the roots of the eigenvalues of A^T A. In float64 that loses nothing
// which float32 could hold: they are right to 1e-8 of the greatest.
import { Status } from "../index-ops/status";

@unmanaged
class EighArgs {
  /** [n, n] a unit; only the lower triangle is read. */
  a: usize;
  /** Eigenvectors [n, n], as columns, and eigenvalues [n], ascending, a unit. */
  out: usize;
  /** [2, n, n] float64 a unit. */
  work: usize;
  /** The first unit with an element that is not finite. */
  status: usize;
  n: u32;
}

@unmanaged
class SvdArgs {
  /** [m, n] a unit, m >= n. */
  a: usize;
  /** U [m, p], S [n] and V^T [n, n] a unit. */
  out: usize;
  /** [2 n n + m p] float64 a unit. */
  work: usize;
  status: usize;
  m: u32;
  n: u32;
  /** Columns of U: n or m. */
  p: u32;
}

/** Rotations after which an off-diagonal element matters no more: squared, 2^-108. */
const NEGLIGIBLE: f64 = 3.0814879110195774e-33;
/** Singular values below this part of the greatest are noise, and so is what A makes of their vectors. */
const NOISE: f64 = 1e-9;
const SWEEPS = 40;

class Jacobi {
  /** (x, y) = (c x - s y, s x + c y), element by element. */
  @inline
  static rotate(x: usize, y: usize, n: u32, stepBytes: usize, c: f64, s: f64): void {
    for (; n > 0; n--, x += stepBytes, y += stepBytes) {
      const a = load<f64>(x);
      const b = load<f64>(y);
      store<f64>(x, c * a - s * b);
      store<f64>(y, s * a + c * b);
    }
  }

  /** w [n, n] becomes diagonal, the rows of v the eigenvectors; both sorted, ascending. */
  static run(w: usize, v: usize, n: u32): void {
    const ld = (<usize>n) << 3;
    memory.fill(v, 0, ld * n);
    for (let i: usize = 0; i < n; i++) store<f64>(v + i * (ld + 8), 1);
    let busy = true;
    for (let sweep = 0; busy && sweep < SWEEPS; sweep++) {
      busy = false;
      for (let p: usize = 0; p < n; p++) {
        for (let q = p + 1; q < n; q++) {
          const app = load<f64>(w + p * (ld + 8));
          const aqq = load<f64>(w + q * (ld + 8));
          const apq = load<f64>(w + p * ld + (q << 3));
          if (!(apq * apq > NEGLIGIBLE * abs(app * aqq))) continue;
          busy = true;
          const theta = (aqq - app) / (2 * apq);
          const t = (theta < 0 ? -1 : 1) / (abs(theta) + sqrt(theta * theta + 1));
          const c = 1 / sqrt(t * t + 1);
          const s = t * c;
          Jacobi.rotate(w + (p << 3), w + (q << 3), n, ld, c, s);
          Jacobi.rotate(w + p * ld, w + q * ld, n, 8, c, s);
          Jacobi.rotate(v + p * ld, v + q * ld, n, 8, c, s);
          store<f64>(w + p * ld + (q << 3), 0);
          store<f64>(w + q * ld + (p << 3), 0);
        }
      }
    }
    for (let i: usize = 0; i < n; i++) {
      let least = i;
      for (let j = i + 1; j < n; j++) {
        if (load<f64>(w + j * (ld + 8)) < load<f64>(w + least * (ld + 8))) least = j;
      }
      if (least == i) continue;
      const x = load<f64>(w + i * (ld + 8));
      store<f64>(w + i * (ld + 8), load<f64>(w + least * (ld + 8)));
      store<f64>(w + least * (ld + 8), x);
      Jacobi.rotate(v + i * ld, v + least * ld, n, 8, 0, -1);
    }
  }

  /** Whether n float32 are finite. */
  static finite(x: usize, n: u32): bool {
    for (; n > 0; n--, x += 4) if (!(abs(load<f32>(x)) < Infinity)) return false;
    return true;
  }
}

/** a = V diag(L) V^T. Units: matrices. */
export function eighF32(args: usize, start: u32, end: u32): void {
  const a = changetype<EighArgs>(args);
  const n = a.n;
  const size = <usize>n * n;
  for (let u: usize = start; u < end; u++) {
    const w = a.work + u * (size << 4);
    const v = w + (size << 3);
    const x = a.a + ((u * size) << 2);
    const out = a.out + ((u * (size + n)) << 2);
    for (let i: u32 = 0; i < n; i++) {
      for (let j: u32 = 0; j <= i; j++) {
        const value = load<f32>(x + ((i * n + j) << 2));
        if (!Jacobi.finite(x + ((i * n + j) << 2), 1)) Status.report(a.status, <u32>u);
        store<f64>(w + ((<usize>i * n + j) << 3), <f64>value);
        store<f64>(w + ((<usize>j * n + i) << 3), <f64>value);
      }
    }
    Jacobi.run(w, v, n);
    for (let i: u32 = 0; i < n; i++) {
      for (let j: u32 = 0; j < n; j++) {
        store<f32>(out + ((i * n + j) << 2), <f32>load<f64>(v + ((<usize>j * n + i) << 3)));
      }
      store<f32>(out + ((size + i) << 2), <f32>load<f64>(w + ((<usize>i * (n + 1)) << 3)));
    }
  }
}

/** The left singular vectors, as rows of m float64. */
class Left {
  /** Row j made orthogonal to those before it and 1 long; returns its length before. */
  static normalise(rows: usize, j: usize, m: u32): f64 {
    const ld = (<usize>m) << 3;
    const row = rows + j * ld;
    for (let other = rows; other < row; other += ld) {
      const s = Left.dot(row, other, m);
      for (let k: usize = 0; k < ld; k += 8) {
        store<f64>(row + k, load<f64>(row + k) - s * load<f64>(other + k));
      }
    }
    const norm = sqrt(Left.dot(row, row, m));
    for (let k: usize = 0; k < ld; k += 8) store<f64>(row + k, load<f64>(row + k) / norm);
    return norm;
  }

  static dot(x: usize, y: usize, n: u32): f64 {
    let s: f64 = 0;
    for (; n > 0; n--, x += 8, y += 8) s += load<f64>(x) * load<f64>(y);
    return s;
  }

  /** Row j: a unit vector that the rows before it don't hold, made orthogonal to them once. */
  static complete(rows: usize, j: usize, m: u32): void {
    const ld = (<usize>m) << 3;
    const row = rows + j * ld;
    // Of m unit vectors one at least has (m - j) / m of its square outside of the j rows.
    const enough = sqrt(<f64>(<usize>m - j) / <f64>m) * 0.99;
    for (let i: usize = 0; i < m; i++) {
      memory.fill(row, 0, ld);
      store<f64>(row + (i << 3), 1);
      if (Left.normalise(rows, j, m) >= enough) break;
    }
  }
}

/** w = x^T x, of x [m, n] in float32. */
function gram(x: usize, w: usize, m: u32, n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    for (let j: u32 = 0; j < n; j++) {
      let s: f64 = 0;
      for (let k: u32 = 0; k < m; k++) {
        const row = x + ((<usize>k * n) << 2);
        s += <f64>load<f32>(row + (i << 2)) * <f64>load<f32>(row + (j << 2));
      }
      store<f64>(w + ((<usize>i * n + j) << 3), s);
    }
  }
}

/** out [m] = x vector, of x [m, n] in float32. */
function product(x: usize, vector: usize, out: usize, m: u32, n: u32): void {
  for (let i: u32 = 0; i < m; i++) {
    let s: f64 = 0;
    for (let k: u32 = 0; k < n; k++) {
      s += <f64>load<f32>(x + ((<usize>i * n + k) << 2)) * load<f64>(vector + (k << 3));
    }
    store<f64>(out + ((<usize>i) << 3), s);
  }
}

/** out = U [m, p], n that stay as they are, and V^T [n, n], of which `left` and v have the vectors as rows. */
function write(out: usize, left: usize, v: usize, m: u32, n: u32, p: u32): void {
  for (let i: u32 = 0; i < m; i++) {
    for (let j: u32 = 0; j < p; j++, out += 4) {
      store<f32>(out, <f32>load<f64>(left + ((<usize>j * m + i) << 3)));
    }
  }
  out += n << 2;
  for (let j = n; j > 0; j--) {
    for (let k: u32 = 0; k < n; k++, out += 4) {
      store<f32>(out, <f32>load<f64>(v + ((<usize>(j - 1) * n + k) << 3)));
    }
  }
}

/** a = U diag(S) V^T, S descending; columns of U beyond n complete its basis. Units: matrices. */
export function svdF32(args: usize, start: u32, end: u32): void {
  const a = changetype<SvdArgs>(args);
  const m = a.m;
  const n = a.n;
  const p = a.p;
  const size = <usize>n * n;
  for (let u: usize = start; u < end; u++) {
    const w = a.work + ((u * (2 * size + m * p)) << 3);
    const v = w + (size << 3);
    const left = v + (size << 3);
    const x = a.a + ((<usize>u * m * n) << 2);
    const out = a.out + ((u * (<usize>m * p + n + size)) << 2);
    if (!Jacobi.finite(x, m * n)) {
      Status.report(a.status, <u32>u);
      continue;
    }
    gram(x, w, m, n);
    Jacobi.run(w, v, n);
    let greatest: f64 = 0;
    let last: f64 = Infinity;
    for (let j: u32 = 0; j < p; j++) {
      const row = left + ((<usize>j * m) << 3);
      let norm: f64 = 0;
      if (j < n) {
        // Eigenvalues ascend, singular values descend.
        product(x, v + ((<usize>(n - 1 - j) * n) << 3), row, m, n);
        // |A v| holds more digits than the root of the eigenvalue, but noise comes in any order.
        last = norm = min(last, sqrt(Left.dot(row, row, m)));
        greatest = max(greatest, norm);
        store<f32>(out + ((<usize>m * p + j) << 2), <f32>norm);
      }
      if (norm > greatest * NOISE) Left.normalise(left, j, m);
      else Left.complete(left, j, m);
      Left.normalise(left, j, m);
    }
    write(out, left, v, m, n, p);
  }
}
