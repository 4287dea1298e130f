// Random tensors whose element i is a function of random word i: uniform, integer, Bernoulli,
// dropout. Normal numbers, which take words in pairs, and permutations have files of their own.
//
// A draw of n elements uses counters offset ... offset + ceil(n / 4) - 1. A work unit is 1024
// elements. Words are turned into results where they lie, in the scratch, and then copied out: so
// there are no tails.
import { Scratch } from "../abi";
import { Philox, UNIT_WORDS } from "./philox";

const TWO_24: f32 = 16777216;
const TWO_M24 = memory.data<f32>([5.9604645e-8]);

@unmanaged
class DrawArgs {
  out: usize;
  n: u32;
  seedLo: u32;
  seedHi: u32;
  offsetLo: u32;
  offsetHi: u32;
  /** Two scalars, whose meaning is the distribution's: (low, high), (p, unused). */
  a: f32;
  b: f32;
}

@unmanaged
class RandintArgs {
  out: usize;
  n: u32;
  seedLo: u32;
  seedHi: u32;
  offsetLo: u32;
  offsetHi: u32;
  low: i32;
  range: u32;
}

@unmanaged
class DropoutArgs {
  x: usize;
  out: usize;
  n: u32;
  seedLo: u32;
  seedHi: u32;
  offsetLo: u32;
  offsetHi: u32;
  p: f32;
}

/** Turns four random words into four results. */
abstract class Distribution {
  abstract apply(words: v128, a: v128, b: v128, c: v128): v128;
}

class Word {
  /** The words' upper 24 bits as exact floats: 2^24 times a uniform number in [0, 1). */
  @inline
  static upper24(words: v128): v128 {
    return f32x4.convert_i32x4_s(i32x4.shr_u(words, 8));
  }

  /** The largest float below x. */
  @inline
  static below(x: f32): f32 {
    const bits = reinterpret<i32>(x);
    return x == 0 ? reinterpret<f32>(0x80000001) : reinterpret<f32>(x > 0 ? bits - 1 : bits + 1);
  }
}

function draw<D extends Distribution>(
  args: usize,
  start: u32,
  end: u32,
  a: v128,
  b: v128,
  c: v128,
): void {
  const draw = changetype<DrawArgs>(args);
  for (let unit = start; unit < end; unit++) {
    const first = unit * UNIT_WORDS;
    const count = min(draw.n - first, UNIT_WORDS);
    const words = Philox.words(args + offsetof<DrawArgs>("seedLo"), unit, count);
    const wordsEnd = words + (count << 2);
    for (let at = words; at < wordsEnd; at += 16) {
      v128.store(at, changetype<D>(0).apply(v128.load(at), a, b, c));
    }
    memory.copy(draw.out + (first << 2), words, count << 2);
  }
}

/** min(low + range * u, cap) */
class Uniform extends Distribution {
  @inline
  apply(words: v128, low: v128, range: v128, cap: v128): v128 {
    const u = f32x4.mul(Word.upper24(words), v128.load32_splat(TWO_M24));
    return f32x4.pmin(f32x4.add(low, f32x4.mul(range, u)), cap);
  }
}

/**
 * out = low + (high - low) * u with u a multiple of 2^-24 in [0, 1). Rounding can take that sum up
 * to high; such results become the float below high. low = high gives low.
 */
export function uniformF32(args: usize, start: u32, end: u32): void {
  const low = changetype<DrawArgs>(args).a;
  const high = changetype<DrawArgs>(args).b;
  const cap = low < high ? Word.below(high) : low;
  draw<Uniform>(args, start, end, f32x4.splat(low), f32x4.splat(high - low), f32x4.splat(cap));
}

/** low + floor(word * range / 2^32) */
class Randint extends Distribution {
  @inline
  apply(words: v128, low: v128, range: v128, _: v128): v128 {
    const a = i64x2.extmul_low_i32x4_u(words, range);
    const b = i64x2.extmul_high_i32x4_u(words, range);
    return i32x4.add(low, v128.shuffle<u32>(a, b, 1, 3, 5, 7));
  }
}

/**
 * Integers in [low, low + range). A value's probability differs from 1 / range by less than
 * 2^-32, that is by range / 2^32 of itself: exact where range is a power of two.
 */
export function randintI32(args: usize, start: u32, end: u32): void {
  const low = i32x4.splat(changetype<RandintArgs>(args).low);
  const range = i32x4.splat(changetype<RandintArgs>(args).range);
  draw<Randint>(args, start, end, low, range, range);
}

/** u < p ? 1 : 0 */
class Bernoulli extends Distribution {
  @inline
  apply(words: v128, p24: v128, one: v128, _: v128): v128 {
    return v128.and(one, f32x4.lt(Word.upper24(words), p24));
  }
}

/** 1 with probability p (rounded up to a multiple of 2^-24), else 0. */
export function bernoulliF32(args: usize, start: u32, end: u32): void {
  const p24 = f32x4.splat(changetype<DrawArgs>(args).a * TWO_24);
  const one = f32x4.splat(1);
  draw<Bernoulli>(args, start, end, p24, one, one);
}

/**
 * out = u < p ? 0 : x / (1 - p), with u the same for the same seed and offset: so the gradient is
 * this kernel on dy, and no mask is kept. What is dropped is 0 even where x is NaN or infinite;
 * p = 0 copies, p = 1 gives zeros. `out` may be `x`.
 */
export function dropoutF32(args: usize, start: u32, end: u32): void {
  const draw = changetype<DropoutArgs>(args);
  const p24 = f32x4.splat(draw.p * TWO_24);
  const scale = f32x4.splat(<f32>(1 / (1 - <f64>draw.p)));
  const copy = Scratch.base() + Philox.SCRATCH_BYTES;
  for (let unit = start; unit < end; unit++) {
    const first = unit * UNIT_WORDS;
    const bytes = min(draw.n - first, UNIT_WORDS) << 2;
    const words = Philox.words(args + offsetof<DropoutArgs>("seedLo"), unit, bytes >> 2);
    memory.copy(copy, draw.x + (first << 2), bytes);
    for (let at: usize = 0; at < bytes; at += 16) {
      const keep = f32x4.ge(Word.upper24(v128.load(words + at)), p24);
      v128.store(copy + at, v128.and(keep, f32x4.mul(v128.load(copy + at), scale)));
    }
    memory.copy(draw.out + (first << 2), copy, bytes);
  }
}
