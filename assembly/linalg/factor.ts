// Cholesky and QR, computed in float64 and rounded once. A unit is a matrix.
import { Status } from "../index-ops/status";

@unmanaged
class CholeskyArgs {
  /** [n, n] a unit; only the lower triangle is read. */
  a: usize;
  out: usize;
  /** [n, n] float64 a unit. */
  work: usize;
  /** The first unit whose matrix is not positive definite. */
  status: usize;
  n: u32;
}

@unmanaged
class QrArgs {
  /** [m, n] a unit. */
  a: usize;
  /** Q [m, p] and R [p, n] a unit. */
  out: usize;
  /** [m, n + p + 1] float64 a unit. */
  work: usize;
  /** Left alone: every matrix has a QR decomposition. */
  status: usize;
  m: u32;
  n: u32;
  /** Columns of Q: min(m, n), m or 0. */
  p: u32;
}

/** out out^T = a, out lower triangular. Units: matrices. */
export function choleskyF32(args: usize, start: u32, end: u32): void {
  const a = changetype<CholeskyArgs>(args);
  const n = a.n;
  for (let u = start; u < end; u++) {
    const matrix = <usize>u * n * n;
    const work = a.work + (matrix << 3);
    for (let i: u32 = 0; i < n; i++) {
      const row = work + ((<usize>i * n) << 3);
      for (let j: u32 = 0; j < n; j++) {
        const at = (matrix + i * n + j) << 2;
        if (j > i) {
          store<f32>(a.out + at, 0);
          continue;
        }
        const other = work + ((<usize>j * n) << 3);
        let x = <f64>load<f32>(a.a + at);
        for (let k: usize = 0; k < (<usize>j) << 3; k += 8) {
          x -= load<f64>(row + k) * load<f64>(other + k);
        }
        if (j < i) {
          x /= load<f64>(other + ((<usize>j) << 3));
        } else {
          if (!(x > 0)) Status.report(a.status, u);
          x = sqrt(x);
        }
        store<f64>(row + ((<usize>j) << 3), x);
        store<f32>(a.out + at, <f32>x);
      }
    }
  }
}

/** Householder reflections H = I - tau v v^T; v stands below the diagonal, its first element 1 unsaid. */
class Householder {
  /** The reflection that takes column k (from row k on) to a multiple of the first unit vector: LAPACK's. */
  static make(work: usize, m: u32, ld: u32, k: u32): f64 {
    const column = work + ((<usize>k * ld + k) << 3);
    const step = (<usize>ld) << 3;
    let rest: f64 = 0;
    for (let i = k + 1, x = column + step; i < m; i++, x += step) {
      rest += load<f64>(x) * load<f64>(x);
    }
    if (rest == 0) return 0;
    const alpha = load<f64>(column);
    const norm = sqrt(alpha * alpha + rest);
    const beta = alpha >= 0 ? -norm : norm;
    for (let i = k + 1, x = column + step; i < m; i++, x += step) {
      store<f64>(x, load<f64>(x) / (alpha - beta));
    }
    store<f64>(column, beta);
    return (beta - alpha) / beta;
  }

  /** Columns [from, to) = H columns, H being reflection k. */
  static apply(work: usize, m: u32, ld: u32, k: u32, tau: f64, from: u32, to: u32): void {
    const step = (<usize>ld) << 3;
    const v = work + ((<usize>k * ld + k) << 3);
    for (let j = from; j < to; j++) {
      const top = work + ((<usize>k * ld + j) << 3);
      let s = load<f64>(top);
      for (let i = k + 1, at = step; i < m; i++, at += step) {
        s += load<f64>(v + at) * load<f64>(top + at);
      }
      s *= tau;
      store<f64>(top, load<f64>(top) - s);
      for (let i = k + 1, at = step; i < m; i++, at += step) {
        store<f64>(top + at, load<f64>(top + at) - s * load<f64>(v + at));
      }
    }
  }
}

/**
 * a = Q R by Householder reflections, the signs on R's diagonal as LAPACK gives them. p = 0: R alone,
 * with min(m, n) rows. Units: matrices.
 */
export function qrF32(args: usize, start: u32, end: u32): void {
  const a = changetype<QrArgs>(args);
  const m = a.m;
  const n = a.n;
  const p = a.p;
  const k = min(m, n);
  const ld = n + p + 1; // A, which becomes v and R; Q; the taus
  const rows = p ? p : k;
  let out = a.out + ((<usize>start * (m * p + rows * n)) << 2);
  for (let u = start; u < end; u++) {
    const work = a.work + ((<usize>u * m * ld) << 3);
    for (let i: u32 = 0; i < m; i++) {
      const row = work + ((<usize>i * ld) << 3);
      const x = a.a + ((<usize>u * m * n + i * n) << 2);
      for (let j: u32 = 0; j < n; j++) store<f64>(row + (j << 3), <f64>load<f32>(x + (j << 2)));
      for (let j: u32 = 0; j < p; j++) store<f64>(row + ((n + j) << 3), i == j ? 1 : 0);
    }
    for (let c: u32 = 0; c < k; c++) {
      const tau = Householder.make(work, m, ld, c);
      Householder.apply(work, m, ld, c, tau, c + 1, n);
      store<f64>(work + ((<usize>c * ld + n + p) << 3), tau);
    }
    for (let c = k; c > 0; c--) {
      const tau = load<f64>(work + ((<usize>(c - 1) * ld + n + p) << 3));
      Householder.apply(work, m, ld, c - 1, tau, n, n + p);
    }
    for (let i: u32 = 0; i < m; i++) {
      for (let j: u32 = 0; j < p; j++, out += 4) {
        store<f32>(out, <f32>load<f64>(work + ((<usize>i * ld + n + j) << 3)));
      }
    }
    for (let i: u32 = 0; i < rows; i++) {
      for (let j: u32 = 0; j < n; j++, out += 4) {
        store<f32>(out, j < i ? 0 : <f32>load<f64>(work + ((<usize>i * ld + j) << 3)));
      }
    }
  }
}
