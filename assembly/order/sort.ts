// Stable order of the elements along the middle of [outer, R, inner], and of whole rows: an insertion
// sort for short lines, radix passes of 8 bits for the others. What is sorted are pairs in 64 bits: the
// key above, whose unsigned order is the one wanted, the position below.
import { Scratch } from "../abi";
import { Key } from "./key";

@unmanaged
class ArgsortArgs {
  x: usize;
  out: usize;
  work: usize;
  R: u32;
  inner: u32;
  stride: u32;
  keys: u32;
  integers: u32;
  descending: u32;
  first: u32;
}

/** Lines up to here are sorted by insertion. */
const SHORT: u32 = 32;
const BINS: usize = 256;
const HISTOGRAMS: usize = 4 * BINS * 4;
/** Bits of a key by which those are chosen that may be among the first. */
const CHOICE: u32 = 11;

class Pairs {
  static insertion(p: usize, n: u32): void {
    for (let i: usize = 1; i < n; i++) {
      const pair = load<u64>(p + (i << 3));
      const key = pair >> 32;
      let at = p + (i << 3);
      while (at > p && load<u64>(at - 8) >> 32 > key) {
        store<u64>(at, load<u64>(at - 8));
        at -= 8;
      }
      store<u64>(at, pair);
    }
  }

  /** Sorts the n pairs at `p`, using as much room at `q`; returns where they are then. */
  static radix(p: usize, q: usize, n: u32, counts: usize): usize {
    memory.fill(counts, 0, HISTOGRAMS);
    for (let i: u32 = 0; i < n; i++) {
      const key = load<u32>(p + (i << 3), 4);
      for (let d: u32 = 0; d < 4; d++) {
        const bin = counts + (((d << 8) + ((key >> (d << 3)) & 255)) << 2);
        store<u32>(bin, load<u32>(bin) + 1);
      }
    }
    for (let d: u32 = 0; d < 4; d++) {
      const bins = counts + ((<usize>d) << 10);
      const shift: u64 = 32 + (d << 3);
      // A digit that all have in common needs no pass.
      if (load<u32>(bins + <usize>(((load<u64>(p) >> shift) & 255) << 2)) == n) continue;
      let begin: u32 = 0;
      for (let b: usize = 0; b < BINS << 2; b += 4) {
        const count = load<u32>(bins + b);
        store<u32>(bins + b, begin);
        begin += count;
      }
      for (let i: u32 = 0; i < n; i++) {
        const pair = load<u64>(p + (i << 3));
        const bin = bins + <usize>(((pair >> shift) & 255) << 2);
        const to = load<u32>(bin);
        store<u32>(bin, to + 1);
        store<u64>(q + (to << 3), pair);
      }
      const sorted = q;
      q = p;
      p = sorted;
    }
    return p;
  }
}

/**
 * Writes to `p` the positions of those that are the first, and of others whose keys begin like the last of
 * them, by a histogram of the beginnings; returns how many.
 */
function choose(p: usize, x: usize, a: ArgsortArgs, invert: u32, bins: usize): u32 {
  memory.fill(bins, 0, 4 << CHOICE);
  for (let i: u32 = 0; i < a.R; i++) {
    const key = Key.of(x + ((i * a.stride) << 2), a.integers) ^ invert;
    const bin = bins + ((key >> (32 - CHOICE)) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
  let end: u32 = 0;
  for (let left = <i32>a.first; left > 0; end++) left -= load<u32>(bins + (end << 2));
  let n: u32 = 0;
  for (let i: u32 = 0; i < a.R; i++) {
    const key = Key.of(x + ((i * a.stride) << 2), a.integers) ^ invert;
    store<u64>(p + (n << 3), <u64>i);
    n += key >> (32 - CHOICE) < end ? 1 : 0;
  }
  return n;
}

/** Sorts the elements whose n positions are at `p`, using as much room behind R pairs; returns where they are then. */
function order(p: usize, n: u32, src: usize, a: ArgsortArgs, invert: u32, counts: usize): usize {
  let q = p + ((<usize>a.R) << 3);
  for (let k = a.keys; k > 0; k--) {
    const x = src + ((k - 1) << 2);
    for (let i: u32 = 0; i < n; i++) {
      const r = load<u32>(p + (i << 3));
      store<u32>(p + (i << 3), Key.of(x + ((r * a.stride) << 2), a.integers) ^ invert, 4);
    }
    if (n <= SHORT) {
      Pairs.insertion(p, n);
    } else {
      const sorted = Pairs.radix(p, q, n, counts);
      q = p + q - sorted;
      p = sorted;
    }
  }
  return p;
}

/**
 * out = the first positions of 0 ... R-1 in the order of the elements, int32. Element r of a line is x[r * stride];
 * with keys > 1 (one unit) x is [R, keys], and its rows are compared from their first element on.
 * `work`: 16 R bytes for each unit, or 0 where that fits into the scratch (R <= 65280). Units: lines.
 */
export function argsort32(args: usize, start: u32, end: u32): void {
  const a = changetype<ArgsortArgs>(args);
  const R = a.R;
  const inner = a.inner;
  const counts = Scratch.base();
  const invert: u32 = a.descending ? 0xffffffff : 0;
  if (R == 0) return;
  for (let u = start; u < end; u++) {
    const line = (u / inner) * R * inner + (u % inner);
    let p = a.work ? a.work + <usize>u * R * 16 : counts + HISTOGRAMS;
    const src = a.x + (line << 2);
    if (a.first <= R >> 3) {
      p = order(p, choose(p, src, a, invert, counts), src, a, invert, counts);
    } else {
      for (let i: u32 = 0; i < R; i++) store<u64>(p + (i << 3), <u64>i);
      p = order(p, R, src, a, invert, counts);
    }
    const out = a.out + (((u / inner) * a.first * inner + (u % inner)) << 2);
    for (let i: u32 = 0; i < a.first; i++) {
      store<u32>(out + ((i * inner) << 2), load<u32>(p + (i << 3)));
    }
  }
}
