// Single elements picked along one dim, each by an index of its own (torch.gather). Operands have
// any non-negative strides, in elements; `out` is contiguous. Along the dim x has n elements at
// `stride`. What writes at such indices is in scatter.ts.
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

/** Columns of a work unit. */
const GATHER_COLS: u32 = 1024;

/** For T = i32 it joins indices: see joinIndexI32. */
function gather<T extends number>(args: usize, start: u32, end: u32): void {
  const g = changetype<GatherArgs>(args);
  const dims = args + offsetof<GatherArgs>("rank");
  const blocks = (g.cols + GATHER_COLS - 1) / GATHER_COLS;
  const shifts = (<u32>alignof<T>()) | (2 << 2);
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
      let index = load<u32>(at);
      if (isSigned<T>() && <i32>index < 0) index += n;
      if (index < n) {
        if (isSigned<T>()) store<T>(out, <T>(load<T>(x) + index * g.stride));
        else store<T>(out, load<T>(x + index * step));
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

/**
 * out[r, c] = x[r, c] + index[r, c] * stride, indices of [-n, -1] counting from the end: one of
 * several indices joins those before it. Bad ones give 0 and are reported as gather's.
 */
export function joinIndexI32(args: usize, start: u32, end: u32): void {
  gather<i32>(args, start, end);
}
