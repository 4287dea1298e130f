// Variances of [outer, R, inner] over the middle, in two passes: the mean, then the squared
// distances from it, both in float64. So a mean far larger than the spread costs no accuracy.
import { Tile } from "./columns";
import { Lanes } from "./lanes";
import { Sum } from "./sum";

@unmanaged
class VarArgs {
  x: usize;
  out: usize;
  R: u32;
  inner: u32;
  /** The divisor is R - correction. */
  correction: f32;
}

export class Variance {
  /** The mean of n consecutive floats, summed up in float64: exact where all are equal. */
  static mean(x: usize, n: u32): f64 {
    const count = <f64>n;
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    for (; n >= 4; n -= 4, x += 16) {
      const v = v128.load(x);
      s0 = f64x2.add(s0, Lanes.low(v));
      s1 = f64x2.add(s1, Lanes.high(v));
    }
    const s = f64x2.add(s0, s1);
    let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
    for (; n > 0; n--, x += 4) sum += <f64>load<f32>(x);
    return sum / count;
  }

  /** The sum of (x - mean)^2 over n consecutive floats. */
  static row(x: usize, n: u32, mean: f64): f64 {
    const m = f64x2.splat(mean);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    for (; n >= 4; n -= 4, x += 16) {
      const v = v128.load(x);
      const a = f64x2.sub(Lanes.low(v), m);
      const b = f64x2.sub(Lanes.high(v), m);
      s0 = f64x2.add(s0, f64x2.mul(a, a));
      s1 = f64x2.add(s1, f64x2.mul(b, b));
    }
    const s = f64x2.add(s0, s1);
    let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
    for (; n > 0; n--, x += 4) {
      const d = <f64>load<f32>(x) - mean;
      sum += d * d;
    }
    return sum;
  }

  /** wide(1) = the means of w columns over R rows, summed up in float64. */
  private static means(x: usize, R: u32, ldBytes: usize, w: u32): void {
    Tile.clearWide(Tile.wide(1), w);
    const last = Tile.last(w);
    for (let r: u32 = 0; r < R; r++) {
      for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
        const v = w < 4 ? Lanes.loadTail(x, w, i64x2.splat(0)) : v128.load(x + min(j, last));
        const to = Tile.wide(1) + 2 * j;
        v128.store(to, f64x2.add(v128.load(to), Lanes.low(v)));
        v128.store(to, f64x2.add(v128.load(to, 16), Lanes.high(v)), 16);
      }
      x += ldBytes;
    }
    const n = f64x2.splat(<f64>R);
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      const mean = Tile.wide(1) + 2 * j;
      v128.store(mean, f64x2.div(v128.load(mean), n));
      v128.store(mean, f64x2.div(v128.load(mean, 16), n), 16);
    }
  }

  /** wide(2) = the sums of (x - mean)^2 over R rows of w columns. */
  static columns(x: usize, R: u32, ldBytes: usize, w: u32): void {
    Variance.means(x, R, ldBytes, w);
    Tile.clearWide(Tile.wide(2), w);
    const last = Tile.last(w);
    for (let r: u32 = 0; r < R; r++) {
      for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
        const v = w < 4 ? Lanes.loadTail(x, w, i64x2.splat(0)) : v128.load(x + min(j, last));
        const mean = Tile.wide(1) + 2 * j;
        const to = Tile.wide(2) + 2 * j;
        const a = f64x2.sub(Lanes.low(v), v128.load(mean));
        const b = f64x2.sub(Lanes.high(v), v128.load(mean, 16));
        v128.store(to, f64x2.add(v128.load(to), f64x2.mul(a, a)));
        v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(b, b)), 16);
      }
      x += ldBytes;
    }
  }
}

/** out = sum (x - mean)^2 / (R - correction); NaN or infinite where that is <= 0. Units: `foldUnits`. */
export function varF32(args: usize, start: u32, end: u32): void {
  const a = changetype<VarArgs>(args);
  const R = a.R;
  const inner = a.inner;
  const divisor = max<f64>(0, <f64>R - <f64>a.correction);
  const tiles = Tile.count(inner);
  for (let u = start; u < end; u++) {
    if (inner == 1) {
      const x = a.x + ((u * R) << 2);
      const mean = Variance.mean(x, R);
      store<f32>(a.out + (u << 2), <f32>(Variance.row(x, R, mean) / divisor));
      continue;
    }
    const o = u / tiles;
    const t = u % tiles;
    const w = Tile.width(t, inner);
    const x = a.x + ((o * R * inner + t * Tile.COLS) << 2);
    const ldBytes = (<usize>inner) << 2;
    Variance.columns(x, R, ldBytes, w);
    memory.copy(Tile.wide(1), Tile.wide(2), ((w + 3) & ~3) << 3);
    Sum.writeColumns(a.out + ((o * inner + t * Tile.COLS) << 2), w, divisor);
  }
}
