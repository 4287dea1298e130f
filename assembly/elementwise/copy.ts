// Copies between layouts: any strides to contiguous (`contiguous()`), and into a strided
// destination (writing through a view).
//
// A work unit is 1024 columns of a row, as for every elementwise kernel.
import { Operand, Rows } from "./rows";
import { Strided } from "./strided";

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
    if (p.rank == 0) {
      const from = start * BLOCK;
      const src = p.x + ((from * p.sx) << shift);
      Strided.copy(p.out + (from << shift), 1, src, p.sx, min(end * BLOCK, cols) - from, shift);
      return;
    }
    const dims = args + offsetof<GatherArgs>("rank");
    const blocks = (cols + (BLOCK - 1)) / BLOCK;
    const row = start / blocks;
    const x = Operand.at(0);
    x.set(p.x, p.sx, shift);
    Rows.advance(1, dims, row);
    let block = start % blocks;
    let out = p.out + ((row * cols + block * BLOCK) << shift);
    const transposed = shift == 2 && p.sx != 1 && Copy.lastStride(dims) == 1;
    for (let unit = start; unit < end;) {
      let rows: u32 = 0;
      if (transposed && block == 0) rows = Copy.tileRows(dims, (end - unit) / blocks, cols);
      if (rows) {
        Strided.transpose(out, x.row, rows, cols, p.sx);
        out += (rows * cols) << shift;
        unit += rows * blocks;
        x.row += (rows - 1) << 2; // which lie side by side
        Rows.skip(rows - 1, dims);
        Rows.next(1, dims);
        continue;
      }
      const from = block * BLOCK;
      const n = min(cols - from, BLOCK);
      Strided.copy(out, 1, x.row + ((from * p.sx) << shift), p.sx, n, shift);
      out += n << shift;
      unit++;
      if (++block == blocks) {
        block = 0;
        Rows.next(1, dims);
      }
    }
  }

  /** The stride of the last outer dim. */
  @inline
  private static lastStride(dims: usize): i32 {
    return load<i32>(dims + (load<u32>(dims) << 3));
  }

  /**
   * How many of the next rows, a multiple of 4, lie side by side in the last outer dim: at most a cache
   * line of them, or a few of few columns.
   */
  private static tileRows(dims: usize, left: u32, cols: u32): u32 {
    const size = load<u32>(dims + (load<u32>(dims) << 3) - 4);
    return min(min(size - Rows.lastIndex(dims), left), cols < 8 ? 64 : 16) & ~3;
  }

  static scatter(args: usize, start: u32, end: u32, shift: u32): void {
    if (start >= end) return;
    const p = changetype<ScatterArgs>(args);
    const cols = p.cols;
    const dims = args + offsetof<ScatterArgs>("rank");
    const blocks = (cols + (BLOCK - 1)) / BLOCK;
    const x = Operand.at(0);
    const out = Operand.at(1);
    x.set(p.x, p.sx, shift);
    out.set(p.out, p.so, shift);
    Rows.advance(2, dims, start / blocks);
    // The last outer dim: its size, and bytes from a row to the next.
    const last = dims + p.rank * 12 - 8;
    const stepX = load<i32>(last, 4) << shift;
    const stepOut = load<i32>(last, 8) << shift;
    let block = start % blocks;
    for (let unit = start; unit < end;) {
      const from = block * BLOCK;
      const n = min(cols - from, BLOCK);
      // Rows of one block: all that follow in that dim.
      const more =
        blocks == 1 && p.rank ? min(load<u32>(last) - Rows.lastIndex(dims), end - unit) - 1 : 0;
      unit += more + 1;
      for (let left = more; ; left--) {
        const src = x.row + ((from * x.stride) << shift);
        const dst = out.row + ((from * out.stride) << shift);
        Strided.copy(dst, out.stride, src, x.stride, n, shift);
        if (!left) break;
        x.row += stepX;
        out.row += stepOut;
      }
      if (++block == blocks) {
        block = 0;
        if (more) Rows.skip(more, dims);
        Rows.next(2, dims);
      }
    }
  }
}
