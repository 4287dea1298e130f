// Single elements picked along one dim, each by an index of its own (torch.gather), and its
// gradient (scatter_add). Operands have any non-negative strides; `out` of gather is contiguous.
//
// Along the dim, x (out, in scatterAdd) has n elements at `stride`. Strides are in elements.
import { Operand, Rows } from "../elementwise/rows";
import { Status } from "./status";

/** The slots begin as a binary elementwise kernel's do, with three scalars and then the rank. */
@unmanaged
class GatherArgs {
  x: usize;
  index: usize;
  out: usize;
  rows: u32;
  cols: u32;
  sx: i32;
  si: i32;
  status: usize;
  n: u32;
  stride: u32;
  rank: u32;
}

@unmanaged
class ScatterAddArgs {
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
  rank: u32;
}

/** Columns of a work unit: of gather, of scatterAdd. */
const GATHER_COLS: u32 = 1024;
const SCATTER_COLS: u32 = 64;

const WORDS: u32 = 2;

function gather<T>(args: usize, start: u32, end: u32): void {
  const g = changetype<GatherArgs>(args);
  const dims = args + offsetof<GatherArgs>("rank");
  const blocks = (g.cols + GATHER_COLS - 1) / GATHER_COLS;
  const shifts = (<u32>alignof<T>()) | (WORDS << 2);
  const n = g.n;
  const step = g.stride << alignof<T>();
  const stepX = g.sx << alignof<T>();
  const stepIndex = g.si << 2;
  if (start >= end) return;
  let row = start / blocks;
  let block = start % blocks;
  Rows.seek(args, 2, shifts, args + offsetof<GatherArgs>("sx"), dims, row);
  for (let unit = start; unit < end;) {
    const last = min(block + (end - unit), blocks);
    unit += last - block;
    const from = block * GATHER_COLS;
    const cols = min(last * GATHER_COLS, g.cols) - from;
    let x = Operand.at(0).row + from * stepX;
    let at = Operand.at(1).row + from * stepIndex;
    let out = g.out + ((row * g.cols + from) << alignof<T>());
    for (let c: u32 = 0; c < cols; c++) {
      const index = load<u32>(at);
      if (index < n) {
        store<T>(out, load<T>(x + index * step));
      } else {
        store<T>(out, <T>0);
        Status.report(g.status, (<u32>(at - g.index)) >> 2);
      }
      x += stepX;
      at += stepIndex;
      out += sizeof<T>();
    }
    block = 0;
    row++;
    Rows.next(2, dims);
  }
}

/**
 * out[r, c] = x[r, c, index[r, c]], the last place being x's element along the dim: x's strides for
 * r and c are those of its other dims, and 0 where r or c runs along the dim itself. A work unit
 * is 1024 columns of a row (or what is left of them). An index outside of [0, n) gives 0, and
 * `status` the smallest offset (in elements, from `index`) at which one lies.
 */
export function gather32(args: usize, start: u32, end: u32): void {
  gather<u32>(args, start, end);
}

export function gather8(args: usize, start: u32, end: u32): void {
  gather<u8>(args, start, end);
}

/** The two loops of scatterAdd: counts, and bytes from one step to the next. */
class Scatter {
  static block(
    args: usize,
    out: usize,
    at: usize,
    src: usize,
    outerCount: u32,
    outerOut: u32,
    outerIndex: u32,
    outerSrc: u32,
    innerCount: u32,
    innerOut: u32,
    innerIndex: u32,
    innerSrc: u32,
  ): void {
    const s = changetype<ScatterAddArgs>(args);
    const n = s.n;
    const step = s.stride << 2;
    for (; outerCount > 0; outerCount--) {
      let to = out;
      let i = at;
      let from = src;
      for (let left = innerCount; left > 0; left--) {
        const index = load<u32>(i);
        if (index < n) {
          const sum = to + index * step;
          store<f32>(sum, load<f32>(sum) + load<f32>(from));
        } else {
          Status.report(s.status, (<u32>(i - s.index)) >> 2);
        }
        to += innerOut;
        i += innerIndex;
        from += innerSrc;
      }
      out += outerOut;
      at += outerIndex;
      src += outerSrc;
    }
  }
}

/**
 * out[r, c, index[r, i, c]] += src[r, i, c] for i = 0 ... k - 1 ascending: the order of every sum
 * is fixed. Rows and columns run over the dims other than the one of the indices, so work units
 * (64 columns of a row, or what is left of them) never meet in an output. Bad indices are passed
 * over and reported as gather's.
 */
export function scatterAddF32(args: usize, start: u32, end: u32): void {
  const s = changetype<ScatterAddArgs>(args);
  const dims = args + offsetof<ScatterAddArgs>("rank");
  const blocks = (s.cols + SCATTER_COLS - 1) / SCATTER_COLS;
  const shifts = WORDS | (WORDS << 2) | (WORDS << 4);
  const colOut = s.so << 2;
  const colIndex = s.si << 2;
  const colSrc = s.ss << 2;
  const dimIndex = s.strideIndex << 2;
  const dimSrc = s.strideSrc << 2;
  if (start >= end) return;
  let block = start % blocks;
  Rows.seek(args, 3, shifts, args + offsetof<ScatterAddArgs>("so"), dims, start / blocks);
  for (let unit = start; unit < end;) {
    const last = min(block + (end - unit), blocks);
    unit += last - block;
    const from = block * SCATTER_COLS;
    const cols = min(last * SCATTER_COLS, s.cols) - from;
    const out = Operand.at(0).row + from * colOut;
    const at = Operand.at(1).row + from * colIndex;
    const src = Operand.at(2).row + from * colSrc;
    // The loop in which out's elements lie closer together goes inside; i ascends in either case.
    if (s.stride <= <u32>s.so) {
      Scatter.block(args, out, at, src, cols, colOut, colIndex, colSrc, s.k, 0, dimIndex, dimSrc);
    } else {
      Scatter.block(args, out, at, src, s.k, 0, dimIndex, dimSrc, cols, colOut, colIndex, colSrc);
    }
    block = 0;
    Rows.next(3, dims);
  }
}
