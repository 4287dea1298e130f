// Copies between layouts: any strides to contiguous (`contiguous()`), and into a strided
// destination (writing through a view).
//
// A work unit is 1024 columns of a row, as for every elementwise kernel.
import { Operand, Rows, Strided } from "./rows";

const BLOCK: u32 = 1024;

export function copy32(args: usize, start: u32, end: u32): void {
  Copy.gather(args, start, end, 2);
}

export function copy8(args: usize, start: u32, end: u32): void {
  Copy.gather(args, start, end, 0);
}

export function scatterCopy32(args: usize, start: u32, end: u32): void {
  Copy.scatter(args, start, end, 2);
}

export function scatterCopy8(args: usize, start: u32, end: u32): void {
  Copy.scatter(args, start, end, 0);
}

@unmanaged
class GatherArgs {
  x: usize;
  out: usize;
  rows: u32;
  cols: u32;
  sx: i32;
  rank: u32;
}

@unmanaged
class ScatterArgs {
  x: usize;
  out: usize;
  rows: u32;
  cols: u32;
  sx: i32;
  so: i32;
  rank: u32;
}

class Copy {
  static gather(args: usize, start: u32, end: u32, shift: u32): void {
    if (start >= end) return;
    const p = changetype<GatherArgs>(args);
    const cols = p.cols;
    const inner = args + offsetof<GatherArgs>("sx");
    const dims = args + offsetof<GatherArgs>("rank");
    const blocks = (cols + (BLOCK - 1)) / BLOCK;
    const row = start / blocks;
    Rows.seek(args, 1, shift, inner, dims, row);
    let block = start % blocks;
    let out = p.out + ((row * cols + block * BLOCK) << shift);
    const x = Operand.at(0);
    for (let unit = start; unit < end; unit++) {
      const from = block * BLOCK;
      const n = min(cols - from, BLOCK);
      Strided.copy(out, 1, x.row + ((from * x.stride) << shift), x.stride, n, shift);
      out += n << shift;
      if (++block == blocks) {
        block = 0;
        Rows.next(1, dims);
      }
    }
  }

  static scatter(args: usize, start: u32, end: u32, shift: u32): void {
    if (start >= end) return;
    const cols = changetype<ScatterArgs>(args).cols;
    const inner = args + offsetof<ScatterArgs>("sx");
    const dims = args + offsetof<ScatterArgs>("rank");
    const blocks = (cols + (BLOCK - 1)) / BLOCK;
    Rows.seek(args, 2, shift | (shift << 2), inner, dims, start / blocks);
    let block = start % blocks;
    const x = Operand.at(0);
    const out = Operand.at(1);
    for (let unit = start; unit < end; unit++) {
      const from = block * BLOCK;
      const src = x.row + ((from * x.stride) << shift);
      const dst = out.row + ((from * out.stride) << shift);
      Strided.copy(dst, out.stride, src, x.stride, min(cols - from, BLOCK), shift);
      if (++block == blocks) {
        block = 0;
        Rows.next(2, dims);
      }
    }
  }
}
