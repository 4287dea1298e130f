// Counter-based random words: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers:
// as easy as 1, 2, 3", SC 2011). No state: a draw's word i is word i % 4 of
//   philox(key = seed, counter = offset + floor(i / 4)),  the counter's upper 64 bits zero,
// so it depends on (seed, offset, i) alone, never on how the work is split.
//
// What the words are made into is the business of the other files in this folder. Not for secrets.
import { Scratch } from "../abi";

/** The words of one work unit: 1024, from 256 counters. */
export const UNIT_WORDS: u32 = 1024;

const ROUNDS: u32 = 10;

/** Each round's key, splatted: 2 x 16 bytes a round at the start of the scratch. */
const KEYS_BYTES: usize = 512;

/** Multipliers, then the lanes' numbers. */
const TABLE = memory.data<u32>(
  [
    0xd2511f53, 0xd2511f53, 0xd2511f53, 0xd2511f53, 0xcd9e8d57, 0xcd9e8d57, 0xcd9e8d57, 0xcd9e8d57,
    0, 1, 2, 3,
  ],
  16,
);

/** The slots of a parameter block that say which random numbers it wants. */
@unmanaged
class Seed {
  seedLo: u32;
  seedHi: u32;
  offsetLo: u32;
  offsetHi: u32;
}

export class Philox {
  /** Scratch bytes that `words` uses; the rest is its caller's. */
  static readonly SCRATCH_BYTES: usize = KEYS_BYTES + UNIT_WORDS * 4;

  /**
   * Address of the `count` <= UNIT_WORDS words of work unit `unit`, and of random words up to the
   * next multiple of 16. `seed` points at four slots: seedLo, seedHi, offsetLo, offsetHi.
   */
  static words(seed: usize, unit: u32, count: u32): usize {
    const draw = changetype<Seed>(seed);
    Philox.spreadKeys(draw.seedLo, draw.seedHi);
    let counter = ((<u64>draw.offsetLo) | ((<u64>draw.offsetHi) << 32)) + unit * (UNIT_WORDS >> 2);
    const words = Scratch.base() + KEYS_BYTES;
    const end = words + (count << 2);
    for (let at = words; at < end; at += 64) {
      Philox.fourCounters(at, counter);
      counter += 4;
    }
    return words;
  }

  private static spreadKeys(key0: u32, key1: u32): void {
    const base = Scratch.base();
    for (let round: u32 = 0; round < ROUNDS; round++) {
      v128.store(base + (round << 5), i32x4.splat(key0));
      v128.store(base + (round << 5), i32x4.splat(key1), 16);
      key0 += 0x9e3779b9;
      key1 += 0xbb67ae85;
    }
  }

  /** 16 words to `at`: four counters side by side, one in each lane. */
  @inline
  private static fourCounters(at: usize, counter: u64): void {
    const low = i32x4.splat(<u32>counter);
    let x0 = i32x4.add(low, v128.load(TABLE, 32));
    // A lane whose low half wrapped round carries: minus its mask of -1.
    let x1 = i32x4.sub(i32x4.splat(<u32>(counter >> 32)), i32x4.lt_u(x0, low));
    let x2 = i32x4.splat(0);
    let x3 = x2;
    const m0 = v128.load(TABLE);
    const m1 = v128.load(TABLE, 16);
    const keysEnd = Scratch.base() + (ROUNDS << 5);
    for (let keys = Scratch.base(); keys < keysEnd; keys += 32) {
      const a = i64x2.extmul_low_i32x4_u(x0, m0);
      const b = i64x2.extmul_high_i32x4_u(x0, m0);
      const c = i64x2.extmul_low_i32x4_u(x2, m1);
      const d = i64x2.extmul_high_i32x4_u(x2, m1);
      const high0 = v128.shuffle<u32>(a, b, 1, 3, 5, 7);
      const high1 = v128.shuffle<u32>(c, d, 1, 3, 5, 7);
      x0 = v128.xor(v128.xor(high1, x1), v128.load(keys));
      x1 = v128.shuffle<u32>(c, d, 0, 2, 4, 6);
      x2 = v128.xor(v128.xor(high0, x3), v128.load(keys, 16));
      x3 = v128.shuffle<u32>(a, b, 0, 2, 4, 6);
    }
    const p = v128.shuffle<u32>(x0, x1, 0, 4, 1, 5);
    const q = v128.shuffle<u32>(x2, x3, 0, 4, 1, 5);
    const r = v128.shuffle<u32>(x0, x1, 2, 6, 3, 7);
    const s = v128.shuffle<u32>(x2, x3, 2, 6, 3, 7);
    v128.store(at, v128.shuffle<u32>(p, q, 0, 1, 4, 5));
    v128.store(at, v128.shuffle<u32>(p, q, 2, 3, 6, 7), 16);
    v128.store(at, v128.shuffle<u32>(r, s, 0, 1, 4, 5), 32);
    v128.store(at, v128.shuffle<u32>(r, s, 2, 3, 6, 7), 48);
  }
}
