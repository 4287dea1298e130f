// Exponentials of x - m <= 0 and their sums: what softmax.ts and crossEntropy.ts have in common. No
// kernels here.
//
// exp(x - m) = 2^t, t = (x - m) log2(e) = n + f: 2^n by its exponent bits, 2^f for |f| <= 1/2 as the
// square of a polynomial, which is of one degree and one sum less than 2^f itself would be. The
// relative error is at most 5.2 * 2^-24 of 2^f's and |t| 2^-24 of t's: the latter is of the size of
// what rounding x - m costs anyway. exp(0) is 1 exactly.
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
  0.0006006626645103097, // 3..7: 2^(f/2), found by descent on the greatest error in float32 arithmetic
  0.006950873415917158,
  0.06005680188536644,
  0.34657278656959534,
  1,
]);

export class Exp {
  /** By this much the stored terms are too large. */
  static readonly SCALE: f64 = 4294967296;

  /**
   * Four vectors 2^32 exp(v - m), stored `ldBytes` apart, and their sum. In lockstep they share the
   * constants and hide each other's latency; the sum is a tree, since V8 orders the instructions of
   * a loop by what its accumulators need.
   */
  @inline
  private static four(
    v0: v128,
    v1: v128,
    v2: v128,
    v3: v128,
    m: v128,
    out: usize,
    ldBytes: usize,
  ): v128 {
    let c = Constant.f32(EXP, 0);
    let t0 = f32x4.mul(f32x4.sub(v0, m), c);
    let t1 = f32x4.mul(f32x4.sub(v1, m), c);
    let t2 = f32x4.mul(f32x4.sub(v2, m), c);
    let t3 = f32x4.mul(f32x4.sub(v3, m), c);
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
    p0 = f32x4.mul(f32x4.mul(p0, p0), i32x4.shl(n0, 23));
    p1 = f32x4.mul(f32x4.mul(p1, p1), i32x4.shl(n1, 23));
    p2 = f32x4.mul(f32x4.mul(p2, p2), i32x4.shl(n2, 23));
    p3 = f32x4.mul(f32x4.mul(p3, p3), i32x4.shl(n3, 23));
    v128.store(out, p0);
    if (ldBytes == 16) {
      v128.store(out, p1, 16);
      v128.store(out, p2, 32);
      v128.store(out, p3, 48);
    } else {
      v128.store((out += ldBytes), p1);
      v128.store((out += ldBytes), p2);
      v128.store((out += ldBytes), p3);
    }
    return f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
  }

  /**
   * out = 2^32 exp(x - m) for `count` times 16 consecutive floats; their sum. What lies `ahead`
   * bytes further on, the next row, gets into the cache on the way: its maximum is found in a tenth
   * less of the whole time. (A load may trap, so no compiler leaves it out.)
   */
  static line(x: usize, out: usize, count: u32, m: v128, ahead: usize): v128 {
    let sum = f32x4.splat(0);
    for (; count > 0; count--, x += 64, out += 64) {
      load<u32>(x + ahead);
      const v0 = v128.load(x);
      const v1 = v128.load(x, 16);
      const v2 = v128.load(x, 32);
      const v3 = v128.load(x, 48);
      sum = f32x4.add(sum, Exp.four(v0, v1, v2, v3, m, out, 16));
    }
    return sum;
  }

  /** out = 2^32 exp(x - top) for four rows of `count` vectors, and acc += their sum. */
  static rows(x: usize, out: usize, ldBytes: usize, count: u32, top: usize, acc: usize): void {
    for (; count > 0; count--, x += 16, out += 16, top += 16, acc += 16) {
      let at = x;
      const v0 = v128.load(at);
      const v1 = v128.load((at += ldBytes));
      const v2 = v128.load((at += ldBytes));
      const v3 = v128.load((at += ldBytes));
      const sum = Exp.four(v0, v1, v2, v3, v128.load(top), out, ldBytes);
      v128.store(acc, f32x4.add(v128.load(acc), sum));
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
    let m2 = m0;
    let m3 = m0;
    for (; n >= 16; n -= 16, x += 64) {
      m0 = f32x4.pmax(m0, v128.load(x));
      m1 = f32x4.pmax(m1, v128.load(x, 16));
      m2 = f32x4.pmax(m2, v128.load(x, 32));
      m3 = f32x4.pmax(m3, v128.load(x, 48));
    }
    m0 = f32x4.pmax(f32x4.pmax(m0, m1), f32x4.pmax(m2, m3));
    for (; n > 0; n--, x += 4) m0 = f32x4.pmax(m0, v128.load32_splat(x));
    m0 = f32x4.pmax(m0, v128.shuffle<u32>(m0, m0, 2, 3, 0, 1));
    m0 = f32x4.pmax(m0, v128.shuffle<u32>(m0, m0, 1, 0, 3, 2));
    return f32x4.extract_lane(m0, 0);
  }

  /**
   * out = 2^32 exp(x - shift), unless `out` is 0; returns the sum of exp(x - shift). n more floats
   * lie `ahead` bytes after x, to be read next; 0: none do.
   */
  static expSum(x: usize, out: usize, n: u32, shift: f32, ahead: usize): f64 {
    const m = f32x4.splat(shift);
    const tail = Tile.area(1);
    let sum: f64 = 0;
    while (n > 0) {
      const to = out != 0 ? out : Tile.area(0);
      const block = min(n, BLOCK);
      let terms = Exp.line(x, to, block >> 4, m, ahead);
      const rest = (block & 15) << 2;
      if (rest != 0) {
        const whole = (block << 2) - rest;
        for (let i: usize = 0; i < 64; i += 16) v128.store(tail + i, f32x4.splat(-Infinity));
        Row.copy(tail, x + whole, rest);
        terms = f32x4.add(terms, Exp.line(tail, tail, 1, m, 0));
        Row.copy(to + whole, tail, rest);
      }
      sum += Lanes.sum(terms);
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
    for (; n >= 16; n -= 16, out += 64) {
      v128.store(out, f32x4.mul(v128.load(out), v));
      v128.store(out, f32x4.mul(v128.load(out, 16), v), 16);
      v128.store(out, f32x4.mul(v128.load(out, 32), v), 32);
      v128.store(out, f32x4.mul(v128.load(out, 48), v), 48);
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
    return Row.expSum(at, 0, 1, x, 0);
  }
}
