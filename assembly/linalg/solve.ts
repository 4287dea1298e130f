// Linear systems, inverses and determinants, computed in float64 and rounded once: Gaussian
// elimination with partial pivoting on [A | B], whose left half becomes U and whose right half the
// solution. A unit is a matrix; its workspace is [n, n + r] float64.
import { F64Math } from "../simd/double";
import { Status } from "../index-ops/status";

@unmanaged
class SolveArgs {
  /** [n, n] a unit. */
  a: usize;
  /** By the mode: [n, r], a determinant, or its sign and the logarithm of its magnitude. */
  out: usize;
  work: usize;
  /** The first unit whose matrix is singular. */
  status: usize;
  n: u32;
  r: u32;
  /** One of Mode's. */
  mode: u32;
  /** [n, r] a unit; 0 is the unit matrix. */
  b: usize;
}

class Mode {
  /** The triangle is all there is: bit 0, upper; bit 1, ones on the diagonal. */
  static readonly TRIANGLE: u32 = 4;
  static readonly DET: u32 = 8;
  static readonly SLOGDET: u32 = 9;
  /** The inverse times the determinant, which exists for singular matrices, too. */
  static readonly ADJUGATE: u32 = 10;
}

/** Numbers so large or small that products of a few stay in range; powers of 2 lose nothing. */
const HUGE: f64 = 2.037035976334486e90; // 2^300
const TINY: f64 = 7.888609052210118e-31; // 2^-100

/** The determinant as mantissa times 2^exponent. */
let mantissa: f64 = 1;
let exponent: i32 = 0;

class Elimination {
  /** Address of an element of the workspace. */
  @inline
  static at(work: usize, ld: u32, i: u32, j: u32): usize {
    return work + ((<usize>i * ld + j) << 3);
  }

  /** [A | B] in float64. */
  static load(a: usize, b: usize, work: usize, n: u32, r: u32): void {
    for (let i: u32 = 0; i < n; i++) {
      for (let j: u32 = 0; j < n; j++, a += 4, work += 8) store<f64>(work, <f64>load<f32>(a));
      for (let j: u32 = 0; j < r; j++, work += 8) {
        store<f64>(work, b ? <f64>load<f32>(b + ((i * r + j) << 2)) : i == j ? 1 : 0);
      }
    }
  }

  /** To upper triangular form, and the determinant. False for a singular matrix. */
  static run(work: usize, n: u32, ld: u32, perturb: bool): bool {
    let regular = true;
    mantissa = 1;
    exponent = 0;
    for (let k: u32 = 0; k < n; k++) {
      let best = k;
      let most: f64 = -1;
      for (let i = k; i < n; i++) {
        const size = abs(load<f64>(Elimination.at(work, ld, i, k)));
        // NaN is taken, too: nothing is greater than it, so it must not be lost behind a 0.
        if (size > most || size != size) {
          most = size;
          best = i;
        }
      }
      const top = Elimination.at(work, ld, k, 0);
      if (best != k) {
        const other = Elimination.at(work, ld, best, 0);
        for (let j: usize = 0; j < (<usize>ld) << 3; j += 8) {
          const x = load<f64>(top + j);
          store<f64>(top + j, load<f64>(other + j));
          store<f64>(other + j, x);
        }
        mantissa = -mantissa;
      }
      const diagonal = top + ((<usize>k) << 3);
      if (load<f64>(diagonal) == 0) {
        regular = false;
        if (perturb) store<f64>(diagonal, TINY);
      }
      const pivot = load<f64>(diagonal);
      Elimination.scale(pivot);
      if (pivot == 0) continue;
      for (let i = k + 1; i < n; i++) {
        const row = Elimination.at(work, ld, i, 0);
        const f = load<f64>(row + ((<usize>k) << 3)) / pivot;
        for (let j = (<usize>k + 1) << 3; j < (<usize>ld) << 3; j += 8) {
          store<f64>(row + j, load<f64>(row + j) - f * load<f64>(top + j));
        }
      }
    }
    return regular;
  }

  /** The determinant times a factor. */
  static scale(by: f64): void {
    mantissa *= by;
    if (abs(mantissa) > HUGE) {
      mantissa /= HUGE;
      exponent += 300;
    } else if (abs(mantissa) < 1 / HUGE && mantissa != 0) {
      mantissa *= HUGE;
      exponent -= 300;
    }
  }

  /** x times 2^exponent. */
  static power(x: f64): f64 {
    for (let e = exponent; e > 0; e -= 300) x *= HUGE;
    for (let e = exponent; e < 0; e += 300) x /= HUGE;
    return x;
  }

  /** Substitution: the right half becomes the solution of triangle * X = right half. */
  static substitute(work: usize, n: u32, ld: u32, upper: bool, unit: bool): void {
    for (let done: u32 = 0; done < n; done++) {
      const i = upper ? n - 1 - done : done;
      const row = Elimination.at(work, ld, i, 0);
      const pivot: f64 = unit ? 1 : load<f64>(row + ((<usize>i) << 3));
      for (let j = (<usize>n) << 3; j < (<usize>ld) << 3; j += 8) {
        let x = load<f64>(row + j);
        for (let s: u32 = 0; s < done; s++) {
          const k = upper ? i + 1 + s : s;
          x -= load<f64>(row + ((<usize>k) << 3)) * load<f64>(Elimination.at(work, ld, k, 0) + j);
        }
        store<f64>(row + j, x / pivot);
      }
    }
  }
}

/**
 * Mode 0: out = A^-1 B. Mode 4 and more: the same, A being a triangle of `a`. 8: out = det A. 9: out =
 * its sign and ln |det A|. 10: out = det(A) A^-1, for singular matrices as the limit of A + 2^-100 E.
 * Units: matrices.
 */
export function solveF32(args: usize, start: u32, end: u32): void {
  const a = changetype<SolveArgs>(args);
  const n = a.n;
  const r = a.r;
  const ld = n + r;
  const mode = a.mode;
  for (let u = start; u < end; u++) {
    const work = a.work + ((<usize>u * n * ld) << 3);
    const b = a.b ? a.b + ((<usize>u * n * r) << 2) : 0;
    Elimination.load(a.a + ((<usize>u * n * n) << 2), b, work, n, r);
    const triangle = mode >= Mode.TRIANGLE && mode < Mode.DET;
    if (!triangle && !Elimination.run(work, n, ld, mode == Mode.ADJUGATE)) {
      Status.report(a.status, u);
    }
    if (mode == Mode.DET) {
      store<f32>(a.out + (u << 2), <f32>Elimination.power(mantissa));
      continue;
    }
    if (mode == Mode.SLOGDET) {
      const sign = mantissa > 0 ? 1 : mantissa < 0 ? -1 : mantissa;
      const log2 = F64Math.log2(abs(mantissa));
      store<f32>(a.out + (u << 3), <f32>sign);
      store<f32>(a.out + (u << 3) + 4, <f32>((log2 + <f64>exponent) * 0.6931471805599453));
      continue;
    }
    const upper = !triangle || (mode & 1) != 0;
    Elimination.substitute(work, n, ld, upper, triangle && (mode & 2) != 0);
    let out = a.out + ((<usize>u * n * r) << 2);
    for (let i: u32 = 0; i < n; i++) {
      for (let j: u32 = 0; j < r; j++, out += 4) {
        const x = load<f64>(Elimination.at(work, ld, i, n + j));
        store<f32>(out, <f32>(mode == Mode.ADJUGATE ? Elimination.power(x * mantissa) : x));
      }
    }
  }
}
