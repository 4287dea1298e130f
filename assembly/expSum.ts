// Maxima and sums of exponentials along a row: what softmax.ts and crossEntropy.ts have in common.
// No kernels here.
import { Lanes } from "./reduce/lanes";
import { F32x4Math } from "./simd/math";

/** Elements that are added up in float32 before their sum goes on in float64. */
const BLOCK: u32 = 1024;

/** Functions of one vector that are not inlined: for what stands behind the loops. */
export class Once {
  static exp(v: v128): v128 {
    return F32x4Math.exp(v);
  }

  static log(v: v128): v128 {
    return F32x4Math.log(v);
  }
}

/** n consecutive floats. */
export class Row {
  /** The largest; NaN if there is one, -Infinity of none. */
  static max(x: usize, n: u32): f32 {
    const none = f32x4.splat(-Infinity);
    let m0 = none;
    let m1 = none;
    for (; n >= 8; n -= 8, x += 32) {
      m0 = f32x4.max(m0, v128.load(x));
      m1 = f32x4.max(m1, v128.load(x, 16));
    }
    if (n >= 4) {
      m0 = f32x4.max(m0, v128.load(x));
      n -= 4;
      x += 16;
    }
    if (n > 0) m1 = f32x4.max(m1, Lanes.loadTail(x, n, none));
    const m = f32x4.max(m0, m1);
    const low = max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1));
    return max(low, max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)));
  }

  /** The sum of exp(x - shift); the terms go to `out` unless that is 0. */
  static expSum(x: usize, out: usize, n: u32, shift: f32): f64 {
    const by = f32x4.splat(shift);
    let sum: f64 = 0;
    while (n > 0) {
      let k = min(n, BLOCK);
      n -= k;
      let s0 = f32x4.splat(0);
      let s1 = s0;
      for (; k >= 8; k -= 8, x += 32) {
        const e0 = F32x4Math.exp(f32x4.sub(v128.load(x), by));
        const e1 = F32x4Math.exp(f32x4.sub(v128.load(x, 16), by));
        s0 = f32x4.add(s0, e0);
        s1 = f32x4.add(s1, e1);
        if (out != 0) {
          v128.store(out, e0);
          v128.store(out, e1, 16);
          out += 32;
        }
      }
      if (k >= 4) {
        const e = Once.exp(f32x4.sub(v128.load(x), by));
        s0 = f32x4.add(s0, e);
        if (out != 0) {
          v128.store(out, e);
          out += 16;
        }
        k -= 4;
        x += 16;
      }
      if (k > 0) {
        const v = Lanes.loadTail(x, k, f32x4.splat(-Infinity)); // the others' exp is 0
        const e = Once.exp(f32x4.sub(v, by));
        s1 = f32x4.add(s1, e);
        if (out != 0) Lanes.storeHead(out, k, e);
      }
      sum += Lanes.sum(f32x4.add(s0, s1));
    }
    return sum;
  }

  static log(x: f64): f32 {
    return f32x4.extract_lane(Once.log(f32x4.splat(<f32>x)), 0);
  }
}
