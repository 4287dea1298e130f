// Exponentials of x - m <= 0 and their sums: what softmax.ts and crossEntropy.ts have in common. No
// kernels here.
//
// exp(x - m) = 2^t, t = (x - m) log2(e) = n + f: 2^n by its exponent bits, 2^f for |f| <= 1/2 by a
// polynomial. The relative error is at most 2.7 * 2^-24 of the polynomial's and |t| 2^-24 of t's: the
// latter is what half a unit in the last place of x - m, too, amounts to. exp(0) is 1 exactly.
//
// What is stored is 2^32 exp(x - m), for whoever multiplies it by something anyway: where the product
// is subnormal, it is rounded once, although 2^n is a single factor.
import { Tile } from "./reduce/columns";
import { Lanes } from "./reduce/lanes";
import { Constant } from "./simd/constants";
import { F32x4Math } from "./simd/math";

/** Elements that are added up in float32 before their sum goes on in float64. */
const BLOCK: u32 = 1024;

const EXP: usize = memory.data<f32>([
  1.4426950408889634, // 0: log2(e)
  -159, // 1: below, the exponent's bits are 0, and so the result
  12583071, // 2: 1.5 * 2^23 + 32 + 127; adding it rounds to an integer and leaves it in the low bits
  0.001326194149442017, // 3..8: 2^f, found by descent on the greatest error in float32 arithmetic
  0.00967232882976532,
  0.055507298558950424,
  0.2402222454547882,
  0.6931470036506653,
  1,
]);

export class Exp {
  /** By this much the stored terms are too large. */
  static readonly SCALE: f64 = 4294967296;

  /**
   * out = 2^32 exp(x - top), and acc += it, for `count` times four vectors that lie `rowBytes` apart;
   * `step` bytes from one four to the next, `topStep` for top and acc: 0 keeps them the same.
   * Four in lockstep share the constants and hide each other's latency. They are summed as a tree,
   * since V8 orders the instructions of a loop by what its accumulators need.
   */
  static panel(
    x: usize,
    out: usize,
    rowBytes: usize,
    step: usize,
    count: u32,
    top: usize,
    topStep: usize,
    acc: usize,
  ): void {
    const toOut = out - x;
    for (; count > 0; count--) {
      const x1 = x + rowBytes;
      const x2 = x1 + rowBytes;
      const x3 = x2 + rowBytes;
      const m = v128.load(top);
      let c = Constant.f32(EXP, 0);
      let t0 = f32x4.mul(f32x4.sub(v128.load(x), m), c);
      let t1 = f32x4.mul(f32x4.sub(v128.load(x1), m), c);
      let t2 = f32x4.mul(f32x4.sub(v128.load(x2), m), c);
      let t3 = f32x4.mul(f32x4.sub(v128.load(x3), m), c);
      c = Constant.f32(EXP, 1); // NaN passes: pmax keeps its first operand unless it is less
      t0 = f32x4.pmax(t0, c);
      t1 = f32x4.pmax(t1, c);
      t2 = f32x4.pmax(t2, c);
      t3 = f32x4.pmax(t3, c);
      c = Constant.f32(EXP, 2);
      const n0 = f32x4.add(t0, c);
      const n1 = f32x4.add(t1, c);
      const n2 = f32x4.add(t2, c);
      const n3 = f32x4.add(t3, c);
      t0 = f32x4.sub(t0, f32x4.sub(n0, c));
      t1 = f32x4.sub(t1, f32x4.sub(n1, c));
      t2 = f32x4.sub(t2, f32x4.sub(n2, c));
      t3 = f32x4.sub(t3, f32x4.sub(n3, c));
      let p0 = Constant.f32(EXP, 3);
      let p1 = p0;
      let p2 = p0;
      let p3 = p0;
      c = Constant.f32(EXP, 4);
      p0 = f32x4.add(f32x4.mul(p0, t0), c);
      p1 = f32x4.add(f32x4.mul(p1, t1), c);
      p2 = f32x4.add(f32x4.mul(p2, t2), c);
      p3 = f32x4.add(f32x4.mul(p3, t3), c);
      c = Constant.f32(EXP, 5);
      p0 = f32x4.add(f32x4.mul(p0, t0), c);
      p1 = f32x4.add(f32x4.mul(p1, t1), c);
      p2 = f32x4.add(f32x4.mul(p2, t2), c);
      p3 = f32x4.add(f32x4.mul(p3, t3), c);
      c = Constant.f32(EXP, 6);
      p0 = f32x4.add(f32x4.mul(p0, t0), c);
      p1 = f32x4.add(f32x4.mul(p1, t1), c);
      p2 = f32x4.add(f32x4.mul(p2, t2), c);
      p3 = f32x4.add(f32x4.mul(p3, t3), c);
      c = Constant.f32(EXP, 7);
      p0 = f32x4.add(f32x4.mul(p0, t0), c);
      p1 = f32x4.add(f32x4.mul(p1, t1), c);
      p2 = f32x4.add(f32x4.mul(p2, t2), c);
      p3 = f32x4.add(f32x4.mul(p3, t3), c);
      c = Constant.f32(EXP, 8);
      p0 = f32x4.add(f32x4.mul(p0, t0), c);
      p1 = f32x4.add(f32x4.mul(p1, t1), c);
      p2 = f32x4.add(f32x4.mul(p2, t2), c);
      p3 = f32x4.add(f32x4.mul(p3, t3), c);
      p0 = f32x4.mul(p0, i32x4.shl(n0, 23));
      p1 = f32x4.mul(p1, i32x4.shl(n1, 23));
      p2 = f32x4.mul(p2, i32x4.shl(n2, 23));
      p3 = f32x4.mul(p3, i32x4.shl(n3, 23));
      v128.store(x + toOut, p0);
      v128.store(x1 + toOut, p1);
      v128.store(x2 + toOut, p2);
      v128.store(x3 + toOut, p3);
      const sum = f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
      v128.store(acc, f32x4.add(v128.load(acc), sum));
      x += step;
      top += topStep;
      acc += topStep;
    }
  }

  /** Not inlined: for what stands behind the loops. */
  static log(v: v128): v128 {
    return F32x4Math.log(v);
  }
}

/** n consecutive floats. */
export class Row {
  /** The largest, NaN left out: it comes back in the sum of the exponentials. -Infinity of none. */
  static max(x: usize, n: u32): f32 {
    let m0 = f32x4.splat(-Infinity);
    let m1 = m0;
    for (; n >= 8; n -= 8, x += 32) {
      m0 = f32x4.pmax(m0, v128.load(x));
      m1 = f32x4.pmax(m1, v128.load(x, 16));
    }
    m0 = f32x4.pmax(m0, m1);
    for (; n > 0; n--, x += 4) m0 = f32x4.pmax(m0, v128.load32_splat(x));
    m0 = f32x4.pmax(m0, v128.shuffle<u32>(m0, m0, 2, 3, 0, 1));
    m0 = f32x4.pmax(m0, v128.shuffle<u32>(m0, m0, 1, 0, 3, 2));
    return f32x4.extract_lane(m0, 0);
  }

  /** out = 2^32 exp(x - shift), unless `out` is 0; returns the sum of exp(x - shift). */
  static expSum(x: usize, out: usize, n: u32, shift: f32): f64 {
    const top = Tile.acc(0);
    const acc = Tile.acc(1);
    const tail = Tile.area(1);
    v128.store(top, f32x4.splat(shift));
    let sum: f64 = 0;
    while (n > 0) {
      const to = out != 0 ? out : Tile.area(0);
      const block = min(n, BLOCK);
      v128.store(acc, i64x2.splat(0));
      Exp.panel(x, to, 16, 64, block >> 4, top, 0, acc);
      const rest = (block & 15) << 2;
      if (rest != 0) {
        const whole = (block << 2) - rest;
        for (let i: usize = 0; i < 64; i += 16) v128.store(tail + i, f32x4.splat(-Infinity));
        Row.copy(tail, x + whole, rest);
        Exp.panel(tail, tail, 16, 64, 1, top, 0, acc);
        Row.copy(to + whole, tail, rest);
      }
      sum += Lanes.sum(v128.load(acc));
      x += block << 2;
      if (out != 0) out += block << 2;
      n -= block;
    }
    return sum / Exp.SCALE;
  }

  /** A few floats; memory.copy is a call out of the module. */
  private static copy(to: usize, from: usize, bytes: usize): void {
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i));
  }

  /** out *= by / 2^32, which is what expSum's terms want. */
  static scale(out: usize, n: u32, by: f64): void {
    const factor = <f32>(by / Exp.SCALE);
    const v = f32x4.splat(factor);
    for (; n >= 8; n -= 8, out += 32) {
      v128.store(out, f32x4.mul(v128.load(out), v));
      v128.store(out, f32x4.mul(v128.load(out, 16), v), 16);
    }
    for (; n > 0; n--, out += 4) store<f32>(out, load<f32>(out) * factor);
  }

  static log(x: f64): f32 {
    return f32x4.extract_lane(Exp.log(f32x4.splat(<f32>x)), 0);
  }

  /** e^-x for x >= 0. */
  static expNeg(x: f32): f64 {
    const at = Tile.acc(2);
    store<f32>(at, 0);
    return Row.expSum(at, 0, 1, x);
  }
}
