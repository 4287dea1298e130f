// Where a mask is true: counted block by block, then written in row-major order.

@unmanaged
class MaskArgs {
  x: usize;
  counts: usize;
  out: usize;
  n: u32;
}

@unmanaged
class UnravelArgs {
  x: usize;
  out: usize;
  k: u32;
  rank: u32;
}

/** Elements of a work unit. */
const BLOCK: u32 = 4096;
const POSITIONS: u32 = 1024;

/** counts[b] = how many of block b's bytes (each 0 or 1) are 1. A unit is a block; `out` is not looked at. */
export function countTrueBool(args: usize, start: u32, end: u32): void {
  const m = changetype<MaskArgs>(args);
  for (let b = start; b < end; b++) {
    let at = m.x + b * BLOCK;
    const stop = m.x + min((b + 1) * BLOCK, m.n);
    let count: u32 = 0;
    for (; at + 8 <= stop; at += 8) count += <u32>popcnt(load<u64>(at));
    for (; at < stop; at++) count += load<u8>(at);
    store<u32>(m.counts + (b << 2), count);
  }
}

/** The positions of x's ones, ascending, given countTrueBool's counts. A unit is a block. */
export function trueIndexBool(args: usize, start: u32, end: u32): void {
  const m = changetype<MaskArgs>(args);
  let out = m.out;
  for (let b: u32 = 0; b < start; b++) out += load<u32>(m.counts + (b << 2)) << 2;
  for (let b = start; b < end; b++) {
    const stop = min((b + 1) * BLOCK, m.n);
    let i = b * BLOCK;
    for (let left = load<u32>(m.counts + (b << 2)); left > 0;) {
      if ((i & 7) == 0 && i + 8 <= stop && load<u64>(m.x + i) == 0) {
        i += 8;
        continue;
      }
      // Written in any case: a branch that goes either way takes three times as long.
      store<u32>(out, i);
      const one = <u32>load<u8>(m.x + i);
      out += one << 2;
      left -= one;
      i++;
    }
  }
}

/** out[i, :] = the index of position x[i] in each of `rank` dims, whose sizes follow. Units: 1024 positions. */
export function unravelI32(args: usize, start: u32, end: u32): void {
  const u = changetype<UnravelArgs>(args);
  const sizes = args + offsetof<UnravelArgs>("rank") + 4;
  const stop = min(end * POSITIONS, u.k);
  for (let i = start * POSITIONS; i < stop; i++) {
    let rest = load<u32>(u.x + (i << 2));
    const out = u.out + ((i * u.rank) << 2);
    for (let d = u.rank; d > 0; d--) {
      const size = load<u32>(sizes + ((d - 1) << 2));
      store<u32>(out + ((d - 1) << 2), rest % size);
      rest /= size;
    }
  }
}

@unmanaged
class IsinArgs {
  x: usize;
  y: usize;
  out: usize;
  n: u32;
  m: u32;
}

function isin<T extends number>(args: usize, start: u32, end: u32): void {
  const s = changetype<IsinArgs>(args);
  const stop = min(end * POSITIONS, s.n);
  for (let i = start * POSITIONS; i < stop; i++) {
    const x = load<T>(s.x + (i << 2));
    // The last of y's elements <= x, if there is any, lies in the `rest` from `y` on.
    let y = s.y;
    for (let rest = s.m; rest > 1;) {
      const half = rest >> 1;
      const middle = y + (half << 2);
      y = select(middle, y, load<T>(middle) <= x);
      rest -= half;
    }
    store<u8>(s.out + i, s.m && load<T>(y) == x ? 1 : 0);
  }
}

/** out[i] = whether x[i] equals any of y's m elements, which ascend, NaN last; NaN equals none. Units: 1024 elements. */
export function isinF32(args: usize, start: u32, end: u32): void {
  isin<f32>(args, start, end);
}

export function isinI32(args: usize, start: u32, end: u32): void {
  isin<i32>(args, start, end);
}
