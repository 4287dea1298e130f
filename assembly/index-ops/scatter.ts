// Single elements put, added, multiplied, ... into one dim, each at an index of its own
// (torch.scatter and its relatives). Operands have any non-negative strides, in elements. Along the
// dim `out` has n elements at `stride`. What reads at such indices is in gather.ts.
import { Operand, Rows } from "../elementwise/rows";
import { Status } from "./status";

@unmanaged
class ScatterArgs {
  out: usize;
  index: usize;
  src: usize;
  rows: u32;
  cols: u32;
  so: i32;
  si: i32;
  ss: i32;
  status: usize;
  n: u32;
  stride: u32;
  k: u32;
  strideIndex: u32;
  strideSrc: u32;
  mode: u32;
  rank: u32;
}

/** Columns of a work unit. */
const SCATTER_COLS: u32 = 64;

/** What an element becomes when x is written to it. */
class Combine<T extends number> {
  of(_old: T, x: T): T {
    return x;
  }
}

class Put<T extends number> extends Combine<T> {
  @inline
  override of(_old: T, x: T): T {
    return x;
  }
}

class Add<T extends number> extends Combine<T> {
  @inline
  override of(old: T, x: T): T {
    return <T>(old + x);
  }
}

class Mul<T extends number> extends Combine<T> {
  @inline
  override of(old: T, x: T): T {
    return <T>(old * x);
  }
}

/** NaN if either is, for f32. */
class Max<T extends number> extends Combine<T> {
  @inline
  override of(old: T, x: T): T {
    return max<T>(old, x);
  }
}

class Min<T extends number> extends Combine<T> {
  @inline
  override of(old: T, x: T): T {
    return min<T>(old, x);
  }
}

/** The inner of the two loops, and how it goes on: bytes from one step to the next. */
class Line {
  /** out = F(out, src) at `count` indices, in order. */
  static run<T extends number, F extends Combine<T>>(
    args: usize,
    to: usize,
    at: usize,
    from: usize,
    count: u32,
    stepOut: u32,
    stepIndex: u32,
    stepSrc: u32,
  ): void {
    const s = changetype<ScatterArgs>(args);
    const n = s.n;
    const step = s.stride << alignof<T>();
    for (; count > 0; count--) {
      const index = load<u32>(at);
      if (index < n) {
        const place = to + index * step;
        store<T>(place, changetype<F>(0).of(load<T>(place), load<T>(from)));
      } else {
        Status.report(s.status, (<u32>(at - s.index)) >> 2);
      }
      to += stepOut;
      at += stepIndex;
      from += stepSrc;
    }
  }

  /** The mode's loop: 0 puts; 1-4 add, multiply, take the larger, the smaller f32; 5-8 the i32; 9 and on as 0-4 for bools. */
  // prettier-ignore
  static pick(m: u32, args: usize, out: usize, at: usize, src: usize, count: u32, so: u32, si: u32, ss: u32): void {
    if (m == 0) Line.run<u32, Put<u32>>(args, out, at, src, count, so, si, ss);
    else if (m == 1) Line.run<f32, Add<f32>>(args, out, at, src, count, so, si, ss);
    else if (m == 2) Line.run<f32, Mul<f32>>(args, out, at, src, count, so, si, ss);
    else if (m == 3) Line.run<f32, Max<f32>>(args, out, at, src, count, so, si, ss);
    else if (m == 4) Line.run<f32, Min<f32>>(args, out, at, src, count, so, si, ss);
    else if (m == 5) Line.run<i32, Add<i32>>(args, out, at, src, count, so, si, ss);
    else if (m == 6) Line.run<i32, Mul<i32>>(args, out, at, src, count, so, si, ss);
    else if (m == 7) Line.run<i32, Max<i32>>(args, out, at, src, count, so, si, ss);
    else if (m == 8) Line.run<i32, Min<i32>>(args, out, at, src, count, so, si, ss);
    else if (m == 9) Line.run<u8, Put<u8>>(args, out, at, src, count, so, si, ss);
    // Or for sums and the larger, and for products and the smaller.
    else if (m & 1) Line.run<u8, Min<u8>>(args, out, at, src, count, so, si, ss);
    else Line.run<u8, Max<u8>>(args, out, at, src, count, so, si, ss);
  }
}

/** `shift`: log2 of an element's bytes. */
function scatter(args: usize, start: u32, end: u32, mode: u32, shift: u32): void {
  const s = changetype<ScatterArgs>(args);
  const dims = args + offsetof<ScatterArgs>("rank");
  const blocks = (s.cols + SCATTER_COLS - 1) / SCATTER_COLS;
  const shifts = shift | (2 << 2) | (shift << 4);
  const colOut = s.so << shift;
  const colIndex = s.si << 2;
  const colSrc = s.ss << shift;
  const dimIndex = s.strideIndex << 2;
  const dimSrc = s.strideSrc << shift;
  if (start >= end) return;
  let block = start % blocks;
  Rows.seek(args, 3, shifts, args + offsetof<ScatterArgs>("so"), dims, start / blocks);
  for (let unit = start; unit < end;) {
    const last = min(block + (end - unit), blocks);
    unit += last - block;
    const from = block * SCATTER_COLS;
    const cols = min(last * SCATTER_COLS, s.cols) - from;
    let out = Operand.at(0).row + from * colOut;
    let at = Operand.at(1).row + from * colIndex;
    let src = Operand.at(2).row + from * colSrc;
    // The loop in which out's elements lie closer together goes inside; i ascends in either case.
    if (s.stride <= <u32>s.so) {
      for (let c: u32 = 0; c < cols; c++) {
        Line.pick(mode, args, out, at, src, s.k, 0, dimIndex, dimSrc);
        out += colOut;
        at += colIndex;
        src += colSrc;
      }
    } else {
      for (let i: u32 = 0; i < s.k; i++) {
        Line.pick(mode, args, out, at, src, cols, colOut, colIndex, colSrc);
        at += dimIndex;
        src += dimSrc;
      }
    }
    block = 0;
    Rows.next(3, dims);
  }
}

/**
 * out[r, c, index[r, i, c]] = f(itself, src[r, i, c]) for i = 0 ... k - 1 ascending: the order of
 * every sum is fixed, and of several values put at one place the last one stays. Rows and columns
 * run over the dims other than the one of the indices, so work units (64 columns of a row, or what
 * is left of them) never meet in an output. Indices outside of [0, n) are passed over, and `status`
 * gets the smallest offset (in elements, from `index`) at which one lies.
 */
export function scatter32(args: usize, start: u32, end: u32): void {
  scatter(args, start, end, changetype<ScatterArgs>(args).mode, 2);
}

/** The same for bools; modes 0-4. */
export function scatter8(args: usize, start: u32, end: u32): void {
  scatter(args, start, end, changetype<ScatterArgs>(args).mode + 9, 0);
}
