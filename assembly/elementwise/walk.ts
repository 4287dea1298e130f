// Cuts an elementwise kernel's work into blocks that its inner loop can run through without a
// thought: whole vectors, every input either contiguous or a splat, the output contiguous.
//
//   const walk = Walk.begin(...);
//   for (let n = walk.next(); n > 0; n = walk.next()) loop over n vectors
//
// It holds no arithmetic. One inner loop for each op serves every layout: other strides are
// gathered into the scratch first, several short rows make one block, and the elements behind the
// last whole vector go through padded copies, so an element's bits don't depend on where it lies.
//
// A work unit is 1024 columns of a row (or what is left of them).
import { Scratch } from "../abi";
import { Operand, Rows, Strided } from "./rows";

/** Rows up to this long are gathered, several to a block; longer ones are read where they lie. */
const SHORT_ROW: u32 = 256;
const BLOCK: u32 = 1024;

/** Elements' sizes as log2 of bytes: two bits for each input, then (bits 6, 7) the output. */
export class Sizes {
  /** One or two 4-byte inputs, 4-byte output. */
  static readonly WORDS: u32 = 2 | (2 << 2) | (2 << 6);
  /** All bytes: 16 to a vector. */
  static readonly BYTES: u32 = 0;
  /** 4-byte inputs, bool output. */
  static readonly WORDS_TO_BYTES: u32 = 2 | (2 << 2);
  /** Bool input, 4-byte output. */
  static readonly BYTES_TO_WORDS: u32 = 2 << 6;
  /** Bool condition, two 4-byte inputs, 4-byte output. */
  static readonly SELECT_WORDS: u32 = (2 << 2) | (2 << 4) | (2 << 6);
}

@unmanaged
export class Walk {
  /** Where the block's results go. */
  out: usize;
  private count: u32;
  private outShift: u32;
  /** log2 of a vector's elements. */
  private lanesShift: u32;
  /** Elements of the current piece that make no whole vector, and the vectors before them. */
  private rest: u32;
  private vectors: u32;
  /** Where the padded last vector's results belong, and how many bytes of them; 0: none waits. */
  private restOut: usize;
  private restBytes: u32;
  private dims: usize;
  private flat: bool;
  /** Flat: elements left. Otherwise: units left. */
  private left: u32;
  private cols: u32;
  private blocks: u32;
  /** The block of the current row that comes next. */
  private block: u32;
  /** Where the next piece's results go. */
  private nextOut: usize;

  @inline
  input(k: u32): Operand {
    return Operand.at(k);
  }

  /**
   * Prepares units [start, end) of a kernel with `count` inputs and `scalars` scalar slots:
   * pointers of the inputs and the output, rows, cols, inner strides, scalars, rank, outer dims.
   */
  static begin(args: usize, start: u32, end: u32, count: u32, sizes: u32, scalars: u32): Walk {
    const walk = changetype<Walk>(Scratch.base() + 128);
    const shape = args + ((count + 1) << 2);
    const inner = shape + 8;
    const dims = inner + ((count + scalars) << 2);
    const cols = load<u32>(shape, 4);
    const outShift = sizes >> 6;
    walk.count = count;
    walk.outShift = outShift;
    walk.lanesShift = sizes == Sizes.BYTES ? 4 : 2;
    walk.rest = 0;
    walk.restBytes = 0;
    walk.left = 0;
    // Before any division: nothing to do may mean no columns, or an outer dim of size 0.
    if (start >= end) return walk;
    walk.dims = dims;
    walk.cols = cols;
    let flat = load<u32>(dims) == 0;
    for (let k: u32 = 0; k < count; k++) flat = flat && load<u32>(inner + (k << 2)) <= 1;
    walk.flat = flat;
    const blocks = (cols + (BLOCK - 1)) / BLOCK;
    const row = flat || blocks <= 1 ? start : start / blocks;
    walk.blocks = blocks;
    walk.block = flat || blocks <= 1 ? 0 : start % blocks;
    Rows.seek(args, count, sizes, inner, dims, flat ? 0 : row);
    const out = load<usize>(args + (count << 2));
    if (flat) {
      const from = start * BLOCK;
      walk.left = min(end * BLOCK, cols) - from;
      walk.block = start;
      walk.nextOut = out + (from << outShift);
    } else {
      walk.left = end - start;
      walk.nextOut = out + ((row * cols + walk.block * BLOCK) << outShift);
    }
    return walk;
  }

  /** Sets up the next block and returns its vectors; 0 when all is done. */
  next(): u32 {
    if (this.restBytes) {
      Strided.copy(this.restOut, 1, Scratch.base() + 576, 1, this.restBytes, 0);
      this.restBytes = 0;
    }
    if (this.rest) return this.pad();
    if (!this.left) return 0;
    const n = this.flat
      ? this.wholePiece()
      : this.cols <= SHORT_ROW
        ? this.shortRows()
        : this.rowPiece();
    this.out = this.nextOut;
    this.nextOut += n << this.outShift;
    this.vectors = n >> this.lanesShift;
    this.rest = n & ((1 << this.lanesShift) - 1);
    return this.vectors ? this.vectors : this.pad();
  }

  /** One vector out of what is left behind the piece's last whole one. */
  private pad(): u32 {
    const base = Scratch.base() + 512;
    for (let k: u32 = 0; k < this.count; k++) {
      const x = Operand.at(k);
      if (!x.step) continue;
      const copy = base + (k << 4);
      Strided.copy(copy, 1, x.src + x.step * this.vectors, 1, this.rest << x.shift, 0);
      x.src = copy;
    }
    this.restOut = this.out + ((this.vectors << this.lanesShift) << this.outShift);
    this.restBytes = this.rest << this.outShift;
    this.rest = 0;
    this.out = base + 64;
    return 1;
  }

  @inline
  private buffer(k: u32): usize {
    // Not 4096: planes at a power of two fall on the same cache sets.
    return Scratch.base() + 1024 + k * (4096 + 64);
  }

  /** Everything at once: contiguous operands and splats. */
  private wholePiece(): u32 {
    for (let k: u32 = 0; k < this.count; k++) this.place(k, this.block * BLOCK, 0);
    const n = this.left;
    this.left = 0;
    return n;
  }

  /** Up to BLOCK columns of one row. */
  private rowPiece(): u32 {
    const from = this.block * BLOCK;
    const n = min(this.cols - from, BLOCK);
    for (let k: u32 = 0; k < this.count; k++) this.place(k, from, n);
    this.left--;
    if (++this.block == this.blocks) {
      this.block = 0;
      Rows.next(this.count, this.dims);
    }
    return n;
  }

  /** Points operand k at column `from` of its row: contiguous, a splat, or n elements gathered. */
  private place(k: u32, from: u32, n: u32): void {
    const x = Operand.at(k);
    const src = x.row + ((from * x.stride) << x.shift);
    x.src = src;
    x.step = 1 << (this.lanesShift + x.shift);
    if (x.stride == 1) return;
    const buffer = this.buffer(k);
    x.src = buffer;
    if (x.stride == 0) {
      x.step = 0;
      v128.store(buffer, x.shift ? v128.load32_splat(src) : v128.load8_splat(src));
    } else {
      Strided.copy(buffer, 1, src, x.stride, n, x.shift);
    }
  }

  /** As many whole rows as fit a block, gathered. */
  private shortRows(): u32 {
    const cols = this.cols;
    const rows = min(this.left, BLOCK / cols);
    for (let k: u32 = 0; k < this.count; k++) {
      const x = Operand.at(k);
      x.src = this.buffer(k);
      x.step = 1 << (this.lanesShift + x.shift);
    }
    for (let r: u32 = 0; r < rows; r++) {
      for (let k: u32 = 0; k < this.count; k++) {
        const x = Operand.at(k);
        Strided.copy(x.src + ((r * cols) << x.shift), 1, x.row, x.stride, cols, x.shift);
      }
      Rows.next(this.count, this.dims);
    }
    this.left -= rows;
    return rows * cols;
  }
}
