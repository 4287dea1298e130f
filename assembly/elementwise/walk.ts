// Cuts an elementwise kernel's work into blocks that its inner loop can run through without a
// thought: whole groups of 16 elements, every input either contiguous or a splat, the output
// contiguous.
//
//   const walk = Walk.begin(...);
//   for (let groups = walk.next(); groups > 0; groups = walk.next()) loop over the groups
//
// It holds no arithmetic. One inner loop for each op serves every layout: other strides are
// gathered into the scratch first, several short rows make one block, and the elements behind the
// last whole group go through padded copies, so an element's bits don't depend on where it lies.
//
// A work unit is 1024 columns of a row (or what is left of them).
import { Scratch } from "../abi";
import { Operand, Rows, Strided } from "./rows";

/** Elements of a group: four vectors of words, one of bools. */
const GROUP: u32 = 16;
const BLOCK: u32 = 1024;
/** Rows up to this long are gathered, several to a block; longer ones are read where they lie. */
const SHORT_ROW: u32 = 64;

/** Elements' sizes as log2 of bytes: two bits for each input, then (bits 6, 7) the output. */
export class Sizes {
  /** One or two 4-byte inputs, 4-byte output. */
  static readonly WORDS: u32 = 2 | (2 << 2) | (2 << 6);
  /** All bytes. */
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
  private outShift: u32;
  private count: u32;
  /** Groups that are set up, and not yet handed out. */
  private ready: u32;
  /** Elements behind them that fill no group, and where the first of them goes. */
  private rest: u32;
  private restOut: usize;
  /** Groups that lie between the operands' `src` and the rest. */
  private before: u32;
  /** The padded last group's results that wait to be copied out to restOut. */
  private waiting: u32;
  /** Units left that aren't set up. */
  private left: u32;
  private dims: usize;
  private cols: u32;
  /** Units of a row, and which of the current row comes next. */
  private units: u32;
  private unit: u32;

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
    const out = load<usize>(args + (count << 2));
    walk.count = count;
    walk.outShift = sizes >> 6;
    walk.cols = cols;
    walk.ready = 0;
    walk.rest = 0;
    walk.waiting = 0;
    walk.left = 0;
    // Before any division: nothing to do may mean no columns, or an outer dim of size 0.
    if (start >= end) return walk;
    let flat = load<u32>(dims) == 0;
    for (let k: u32 = 0; k < count; k++) flat = flat && load<u32>(inner + (k << 2)) <= 1;
    if (flat) {
      const from = start * BLOCK;
      for (let k: u32 = 0; k < count; k++) {
        const x = Operand.at(k);
        x.row = load<usize>(args + (k << 2));
        x.stride = load<i32>(inner + (k << 2));
        x.shift = (sizes >> (k << 1)) & 3;
        walk.place(k, from, 0);
      }
      walk.out = out + (from << walk.outShift);
      walk.piece(min(end * BLOCK, cols) - from);
    } else {
      walk.beginRows(args, start, end, sizes, inner, dims, out);
    }
    return walk;
  }

  private beginRows(
    args: usize,
    start: u32,
    end: u32,
    sizes: u32,
    inner: usize,
    dims: usize,
    out: usize,
  ): void {
    const cols = this.cols;
    const units = (cols + (BLOCK - 1)) / BLOCK;
    const row = start / units;
    const unit = start - row * units;
    Rows.seek(args, this.count, sizes, inner, dims, row);
    this.dims = dims;
    this.units = units;
    this.unit = unit;
    this.left = end - start;
    this.restOut = out + ((row * cols + unit * BLOCK) << this.outShift);
  }

  /** Sets up the next block and returns its groups; 0 when all is done. */
  next(): u32 {
    const ready = this.ready;
    if (ready) {
      this.ready = 0;
      return ready;
    }
    if (this.waiting) this.flush();
    if (this.rest) return this.pad();
    if (!this.left) return 0;
    this.out = this.restOut;
    this.piece(this.cols < SHORT_ROW ? this.shortRows() : this.rowPiece());
    return this.next();
  }

  /** n elements are set up, at the operands' `src` and at `out`. */
  @inline
  private piece(n: u32): void {
    const groups = n / GROUP;
    this.ready = groups;
    this.before = groups;
    this.rest = n % GROUP;
    this.restOut = this.out + ((groups * GROUP) << this.outShift);
  }

  @inline
  private static padded(k: u32): usize {
    return Scratch.base() + 512 + (k << 6);
  }

  /** One group out of what is left behind the piece's last whole one. */
  private pad(): u32 {
    const rest = this.rest;
    for (let k: u32 = 0; k < this.count; k++) {
      const x = Operand.at(k);
      if (!x.step) continue;
      const copy = Walk.padded(k);
      Strided.copyFew(copy, x.src + x.step * this.before, rest << x.shift);
      x.src = copy;
    }
    this.out = Walk.padded(3);
    this.waiting = rest << this.outShift;
    this.rest = 0;
    return 1;
  }

  private flush(): void {
    Strided.copyFew(this.restOut, Walk.padded(3), this.waiting);
    this.restOut += this.waiting;
    this.waiting = 0;
  }

  @inline
  private buffer(k: u32): usize {
    // Not 4096: planes at a power of two fall on the same cache sets.
    return Scratch.base() + 1024 + k * (4096 + 64);
  }

  /** Up to BLOCK columns of one row. */
  private rowPiece(): u32 {
    const from = this.unit * BLOCK;
    const n = min(this.cols - from, BLOCK);
    for (let k: u32 = 0; k < this.count; k++) this.place(k, from, n);
    this.left--;
    if (++this.unit == this.units) {
      this.unit = 0;
      Rows.next(this.count, this.dims);
    }
    return n;
  }

  /** Points operand k at column `from` of its row: contiguous, a splat, or n elements gathered. */
  private place(k: u32, from: u32, n: u32): void {
    const x = Operand.at(k);
    const src = x.row + ((from * x.stride) << x.shift);
    x.src = src;
    x.step = GROUP << x.shift;
    if (x.stride == 1) return;
    const buffer = this.buffer(k);
    x.src = buffer;
    if (x.stride == 0) {
      x.step = 0;
      const splat = x.shift ? v128.load32_splat(src) : v128.load8_splat(src);
      v128.store(buffer, splat);
      v128.store(buffer, splat, 16);
      v128.store(buffer, splat, 32);
      v128.store(buffer, splat, 48);
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
      x.step = GROUP << x.shift;
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
