// The inner loops, one for each arity and each pair of element sizes, generic in the op.
//
// An op is a trait class: it has no instances, and its `apply` is inlined into the loop. A result
// depends on its own lane only, so it makes no difference which vector an element falls into.
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

/** Packs four 32-bit masks to four bytes of 0 or 1. */
class Mask {
  @inline
  static store(out: usize, mask: v128): void {
    const halves = i16x8.narrow_i32x4_s(mask, mask);
    const bytes = i8x16.narrow_i16x8_s(halves, halves);
    store<u32>(out, i32x4.extract_lane(bytes, 0) & 0x01010101);
  }
}

/** 16 bytes to 16 bytes: four words, or sixteen bools. */
function unaryLoop<Op extends Unary>(walk: Walk): void {
  for (let n = walk.next(); n > 0; n = walk.next()) {
    let x = walk.input(0).src;
    const step = walk.input(0).step;
    let out = walk.out;
    for (; n > 0; n--) {
      v128.store(out, changetype<Op>(0).apply(v128.load(x)));
      x += step;
      out += 16;
    }
  }
}

function binaryLoop<Op extends Binary>(walk: Walk): void {
  for (let n = walk.next(); n > 0; n = walk.next()) {
    let a = walk.input(0).src;
    let b = walk.input(1).src;
    const stepA = walk.input(0).step;
    const stepB = walk.input(1).step;
    let out = walk.out;
    for (; n > 0; n--) {
      v128.store(out, changetype<Op>(0).apply(v128.load(a), v128.load(b)));
      a += stepA;
      b += stepB;
      out += 16;
    }
  }
}

/** Words to words. */
export function unary<Op extends Unary>(args: usize, start: u32, end: u32): void {
  unaryLoop<Op>(Walk.begin(args, start, end, 1, Sizes.WORDS, 0));
}

/** Bools to bools. */
export function unaryBool<Op extends Unary>(args: usize, start: u32, end: u32): void {
  unaryLoop<Op>(Walk.begin(args, start, end, 1, Sizes.BYTES, 0));
}

/** Words to words, with `scalars` scalar slots (1 or 2). */
export function unaryP<Op extends UnaryP>(args: usize, start: u32, end: u32, scalars: u32): void {
  const walk = Walk.begin(args, start, end, 1, Sizes.WORDS, scalars);
  const p = v128.load32_splat(args + UNARY_SCALARS);
  const q = v128.load32_splat(args + UNARY_SCALARS + 4);
  for (let n = walk.next(); n > 0; n = walk.next()) {
    let x = walk.input(0).src;
    const step = walk.input(0).step;
    let out = walk.out;
    for (; n > 0; n--) {
      v128.store(out, changetype<Op>(0).apply(v128.load(x), p, q));
      x += step;
      out += 16;
    }
  }
}

/** Words to bools: `apply` gives masks. */
export function unaryTest<Op extends Unary>(args: usize, start: u32, end: u32): void {
  const walk = Walk.begin(args, start, end, 1, Sizes.WORDS_TO_BYTES, 0);
  for (let n = walk.next(); n > 0; n = walk.next()) {
    let x = walk.input(0).src;
    const step = walk.input(0).step;
    let out = walk.out;
    for (; n > 0; n--) {
      Mask.store(out, changetype<Op>(0).apply(v128.load(x)));
      x += step;
      out += 4;
    }
  }
}

/** Bools to words: `apply` is given them widened to 0 or 1. */
export function unaryFromBool<Op extends Unary>(args: usize, start: u32, end: u32): void {
  const walk = Walk.begin(args, start, end, 1, Sizes.BYTES_TO_WORDS, 0);
  for (let n = walk.next(); n > 0; n = walk.next()) {
    let x = walk.input(0).src;
    const step = walk.input(0).step;
    let out = walk.out;
    for (; n > 0; n--) {
      const halves = i16x8.extend_low_i8x16_u(v128.load32_zero(x));
      v128.store(out, changetype<Op>(0).apply(i32x4.extend_low_i16x8_u(halves)));
      x += step;
      out += 16;
    }
  }
}

/** Words to words. */
export function binary<Op extends Binary>(args: usize, start: u32, end: u32): void {
  binaryLoop<Op>(Walk.begin(args, start, end, 2, Sizes.WORDS, 0));
}

/** Bools to bools. */
export function binaryBool<Op extends Binary>(args: usize, start: u32, end: u32): void {
  binaryLoop<Op>(Walk.begin(args, start, end, 2, Sizes.BYTES, 0));
}

/** Words to words, with `scalars` scalar slots (1 or 2). */
export function binaryP<Op extends BinaryP>(args: usize, start: u32, end: u32, scalars: u32): void {
  const walk = Walk.begin(args, start, end, 2, Sizes.WORDS, scalars);
  const p = v128.load32_splat(args + BINARY_SCALARS);
  const q = v128.load32_splat(args + BINARY_SCALARS + 4);
  for (let n = walk.next(); n > 0; n = walk.next()) {
    let a = walk.input(0).src;
    let b = walk.input(1).src;
    const stepA = walk.input(0).step;
    const stepB = walk.input(1).step;
    let out = walk.out;
    for (; n > 0; n--) {
      v128.store(out, changetype<Op>(0).apply(v128.load(a), v128.load(b), p, q));
      a += stepA;
      b += stepB;
      out += 16;
    }
  }
}

/** Words to bools: `apply` gives masks. */
export function binaryTest<Op extends Binary>(args: usize, start: u32, end: u32): void {
  const walk = Walk.begin(args, start, end, 2, Sizes.WORDS_TO_BYTES, 0);
  for (let n = walk.next(); n > 0; n = walk.next()) {
    let a = walk.input(0).src;
    let b = walk.input(1).src;
    const stepA = walk.input(0).step;
    const stepB = walk.input(1).step;
    let out = walk.out;
    for (; n > 0; n--) {
      Mask.store(out, changetype<Op>(0).apply(v128.load(a), v128.load(b)));
      a += stepA;
      b += stepB;
      out += 4;
    }
  }
}
