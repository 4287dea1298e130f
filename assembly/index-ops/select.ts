// Whole slices picked along one dim by a list of k indices, and its gradient. All operands are
// contiguous: x [outer, n, inner], index [k], out [outer, k, inner]. An embedding is outer = 1.
// (The kernels are not told outer: it only shows in the number of work units.)
//
// Where every element has an index of its own, see gather.ts.
import { Status } from "./status";

@unmanaged
class SelectArgs {
  x: usize;
  index: usize;
  out: usize;
  status: usize;
  n: u32;
  k: u32;
  inner: u32;
}

@unmanaged
class IndexAddArgs {
  out: usize;
  index: usize;
  src: usize;
  status: usize;
  n: u32;
  k: u32;
  inner: u32;
  skip: i32;
}

/** Columns of a work unit of indexAddF32. */
const COLS: u32 = 64;

class Row {
  /** Copies a row; the last piece may overlap the one before. */
  @inline
  static copy(dst: usize, src: usize, bytes: u32): void {
    if (bytes == 4) {
      store<u32>(dst, load<u32>(src));
    } else if (bytes >= 1024) {
      memory.copy(dst, src, bytes);
    } else if (bytes >= 16) {
      const last = bytes - 16;
      for (let at: u32 = 0; at < last; at += 16) v128.store(dst + at, v128.load(src + at));
      v128.store(dst + last, v128.load(src + last));
    } else if (bytes >= 4) {
      const last = bytes - 4;
      for (let at: u32 = 0; at < last; at += 4) store<u32>(dst + at, load<u32>(src + at));
      store<u32>(dst + last, load<u32>(src + last));
    } else {
      for (let at: u32 = 0; at < bytes; at++) store<u8>(dst + at, load<u8>(src + at));
    }
  }

  /** dst += src; each element's sum is the same in a vector and behind the last one. */
  @inline
  static add(dst: usize, src: usize, cols: u32): void {
    const vectorsEnd = dst + ((cols & ~3) << 2);
    const end = dst + (cols << 2);
    for (; dst < vectorsEnd; dst += 16) {
      v128.store(dst, f32x4.add(v128.load(dst), v128.load(src)));
      src += 16;
    }
    for (; dst < end; dst += 4) {
      store<f32>(dst, load<f32>(dst) + load<f32>(src));
      src += 4;
    }
  }
}

/** Elements have 1 << shift bytes. */
function select(args: usize, start: u32, end: u32, shift: u32): void {
  if (start >= end) return;
  const s = changetype<SelectArgs>(args);
  const k = s.k;
  const n = s.n;
  const rowBytes = s.inner << shift;
  let x = s.x + (start / k) * n * rowBytes;
  let out = s.out + start * rowBytes;
  let i = start % k;
  for (let row = start; row < end; row++) {
    const index = load<u32>(s.index + (i << 2));
    if (index < n) {
      Row.copy(out, x + index * rowBytes, rowBytes);
    } else {
      memory.fill(out, 0, rowBytes);
      Status.report(s.status, i);
    }
    out += rowBytes;
    if (++i == k) {
      i = 0;
      x += n * rowBytes;
    }
  }
}

/**
 * out[o, i, :] = x[o, index[i], :]. A work unit is a row of out. An index outside of [0, n) gives
 * zeros, and `status` the position of the first one.
 */
export function indexSelect32(args: usize, start: u32, end: u32): void {
  select(args, start, end, 2);
}

export function indexSelect8(args: usize, start: u32, end: u32): void {
  select(args, start, end, 0);
}

/**
 * out[o, index[i], :] += src[o, i, :], i ascending: the order of every sum is fixed. Indices equal
 * to `skip` are passed over, those outside of [0, n) too, and reported.
 * A work unit is 64 columns of one o, or what is left of them.
 */
export function indexAddF32(args: usize, start: u32, end: u32): void {
  const s = changetype<IndexAddArgs>(args);
  const blocks = (s.inner + COLS - 1) / COLS;
  const rowBytes = s.inner << 2;
  for (let unit = start; unit < end;) {
    const o = unit / blocks;
    const block = unit % blocks;
    // Neighbouring blocks in one go.
    const last = min(block + (end - unit), blocks);
    unit += last - block;
    const from = block * COLS;
    const cols = min(last * COLS, s.inner) - from;
    const out = s.out + o * s.n * rowBytes + (from << 2);
    let src = s.src + o * s.k * rowBytes + (from << 2);
    for (let i: u32 = 0; i < s.k; i++) {
      const index = load<u32>(s.index + (i << 2));
      if (index >= s.n) Status.report(s.status, i);
      else if (index != s.skip) Row.add(out + index * rowBytes, src, cols);
      src += rowBytes;
    }
  }
}
