// The inner loops, one for each arity and each pair of element sizes, generic in the op.
//
// An op is a trait class: it has no instances, and its `apply` is inlined into the loop. A result
// depends on its own lane only, so it makes no difference which vector an element falls into.
// A group is 16 elements. All four vectors are computed before the first is stored: a store is a
// barrier to the engine's scheduler, and between barriers four chains hide each other's latency
// (exp: 1.6 times as fast as one vector at a time).
import { Sizes, Walk } from "./walk";

/** Slots before the scalars: pointers, rows, cols, inner strides. */
const UNARY_SCALARS: usize = 5 * 4;
const BINARY_SCALARS: usize = 7 * 4;

export abstract class Unary {
  abstract apply(x: v128): v128;
}

/** With scalar parameters, splatted; an op with one of them leaves q alone. */
export abstract class UnaryP {
  abstract apply(x: v128, p: v128, q: v128): v128;
}

export abstract class Binary {
  abstract apply(a: v128, b: v128): v128;
}

export abstract class BinaryP {
  abstract apply(a: v128, b: v128, p: v128, q: v128): v128;
}

class Four {
  @inline
  static store(out: usize, a: v128, b: v128, c: v128, d: v128): void {
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
  }

  /** Sixteen 32-bit masks to sixteen bools. */
  @inline
  static storeMasks(out: usize, a: v128, b: v128, c: v128, d: v128): void {
    const low = i16x8.narrow_i32x4_s(a, b);
    const bytes = i8x16.narrow_i16x8_s(low, i16x8.narrow_i32x4_s(c, d));
    v128.store(out, i8x16.neg(bytes));
  }
}

/** Words to words. */
export function unary<Op extends Unary>(args: usize, start: u32, end: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 1, Sizes.WORDS, 0);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let x = walk.input(0).src;
    const step = walk.input(0).step;
    let out = walk.out;
    for (; n > 0; n--) {
      const y0 = op.apply(v128.load(x));
      const y1 = op.apply(v128.load(x, 16));
      const y2 = op.apply(v128.load(x, 32));
      Four.store(out, y0, y1, y2, op.apply(v128.load(x, 48)));
      x += step;
      out += 64;
    }
  }
}

/** The same for long ops: with four at a time most of what they hold would be spilled. */
export function unaryLong<Op extends Unary>(args: usize, start: u32, end: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 1, Sizes.WORDS, 0);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let x = walk.input(0).src;
    const step = walk.input(0).step;
    let out = walk.out;
    for (; n > 0; n--) {
      for (let v: usize = 0; v < 64; v += 32) {
        const y0 = op.apply(v128.load(x + v));
        const y1 = op.apply(v128.load(x + v, 16));
        v128.store(out + v, y0);
        v128.store(out + v, y1, 16);
      }
      x += step;
      out += 64;
    }
  }
}

/** Words to words, with `scalars` scalar slots (1 or 2). */
export function unaryP<Op extends UnaryP>(args: usize, start: u32, end: u32, scalars: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 1, Sizes.WORDS, scalars);
  const p = v128.load32_splat(args + UNARY_SCALARS);
  const q = v128.load32_splat(args + UNARY_SCALARS + 4);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let x = walk.input(0).src;
    const step = walk.input(0).step;
    let out = walk.out;
    for (; n > 0; n--) {
      const y0 = op.apply(v128.load(x), p, q);
      const y1 = op.apply(v128.load(x, 16), p, q);
      const y2 = op.apply(v128.load(x, 32), p, q);
      Four.store(out, y0, y1, y2, op.apply(v128.load(x, 48), p, q));
      x += step;
      out += 64;
    }
  }
}

/** Bools to words: `apply` is given them widened to 0 or 1. */
export function unaryFromBool<Op extends Unary>(args: usize, start: u32, end: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 1, Sizes.BYTES_TO_WORDS, 0);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let x = walk.input(0).src;
    const step = walk.input(0).step;
    let out = walk.out;
    for (; n > 0; n--) {
      const low = i16x8.extend_low_i8x16_u(v128.load(x));
      const high = i16x8.extend_high_i8x16_u(v128.load(x));
      const y0 = op.apply(i32x4.extend_low_i16x8_u(low));
      const y1 = op.apply(i32x4.extend_high_i16x8_u(low));
      const y2 = op.apply(i32x4.extend_low_i16x8_u(high));
      Four.store(out, y0, y1, y2, op.apply(i32x4.extend_high_i16x8_u(high)));
      x += step;
      out += 64;
    }
  }
}

/** Words to words. */
export function binary<Op extends Binary>(args: usize, start: u32, end: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 2, Sizes.WORDS, 0);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let a = walk.input(0).src;
    let b = walk.input(1).src;
    const stepA = walk.input(0).step;
    const stepB = walk.input(1).step;
    let out = walk.out;
    for (; n > 0; n--) {
      const y0 = op.apply(v128.load(a), v128.load(b));
      const y1 = op.apply(v128.load(a, 16), v128.load(b, 16));
      const y2 = op.apply(v128.load(a, 32), v128.load(b, 32));
      Four.store(out, y0, y1, y2, op.apply(v128.load(a, 48), v128.load(b, 48)));
      a += stepA;
      b += stepB;
      out += 64;
    }
  }
}

/** The same for long ops; one at a time, as a second costs more bytes than it saves time. */
export function binaryLong<Op extends Binary>(args: usize, start: u32, end: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 2, Sizes.WORDS, 0);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let a = walk.input(0).src;
    let b = walk.input(1).src;
    const stepA = walk.input(0).step;
    const stepB = walk.input(1).step;
    let out = walk.out;
    for (; n > 0; n--) {
      for (let v: usize = 0; v < 64; v += 16) {
        v128.store(out + v, op.apply(v128.load(a + v), v128.load(b + v)));
      }
      a += stepA;
      b += stepB;
      out += 64;
    }
  }
}

/** Words to words, with `scalars` scalar slots (1 or 2). */
export function binaryP<Op extends BinaryP>(args: usize, start: u32, end: u32, scalars: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 2, Sizes.WORDS, scalars);
  const p = v128.load32_splat(args + BINARY_SCALARS);
  const q = v128.load32_splat(args + BINARY_SCALARS + 4);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let a = walk.input(0).src;
    let b = walk.input(1).src;
    const stepA = walk.input(0).step;
    const stepB = walk.input(1).step;
    let out = walk.out;
    for (; n > 0; n--) {
      const y0 = op.apply(v128.load(a), v128.load(b), p, q);
      const y1 = op.apply(v128.load(a, 16), v128.load(b, 16), p, q);
      const y2 = op.apply(v128.load(a, 32), v128.load(b, 32), p, q);
      Four.store(out, y0, y1, y2, op.apply(v128.load(a, 48), v128.load(b, 48), p, q));
      a += stepA;
      b += stepB;
      out += 64;
    }
  }
}

/** Words to bools: `apply` gives masks. */
export function binaryTest<Op extends Binary>(args: usize, start: u32, end: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 2, Sizes.WORDS_TO_BYTES, 0);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let a = walk.input(0).src;
    let b = walk.input(1).src;
    const stepA = walk.input(0).step;
    const stepB = walk.input(1).step;
    let out = walk.out;
    for (; n > 0; n--) {
      const y0 = op.apply(v128.load(a), v128.load(b));
      const y1 = op.apply(v128.load(a, 16), v128.load(b, 16));
      const y2 = op.apply(v128.load(a, 32), v128.load(b, 32));
      Four.storeMasks(out, y0, y1, y2, op.apply(v128.load(a, 48), v128.load(b, 48)));
      a += stepA;
      b += stepB;
      out += 16;
    }
  }
}

/** Bools to bools. */
export function binaryBool<Op extends Binary>(args: usize, start: u32, end: u32): void {
  const op = changetype<Op>(0);
  const walk = Walk.begin(args, start, end, 2, Sizes.BYTES, 0);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let a = walk.input(0).src;
    let b = walk.input(1).src;
    const stepA = walk.input(0).step;
    const stepB = walk.input(1).step;
    let out = walk.out;
    for (; n > 0; n--) {
      v128.store(out, op.apply(v128.load(a), v128.load(b)));
      a += stepA;
      b += stepB;
      out += 16;
    }
  }
}
