// Cuts an elementwise kernel's work into blocks that its inner loop can run through without a
// thought: whole groups of 16 elements, every input either contiguous or a splat, the output
// contiguous.
//
//   const walk = Walk.begin(...);
//   for (let groups = walk.first; groups > 0; groups = walk.next()) loop over the groups
//
// It holds no arithmetic. One inner loop for each op serves every layout: other strides are
// gathered into the scratch first, several short rows make one block, and the elements behind the
// last whole group go through padded copies, so an element's bits don't depend on where it lies.
//
// A work unit is 1024 columns of a row (or what is left of them).
import { Scratch } from "../abi";
import { Operand, Rows } from "./rows";
import { Strided } from "./strided";

/** Elements of a group: four vectors of words, one of bools. */
const GROUP: u32 = 16;
const BLOCK: u32 = 1024;
/** Rows shorter than this are always taken several to a block. */
const SHORT_ROW: u32 = 64;

/** How an operand's rows get into a block of several. */
class Kind {
  /** They lie there one after the other, as in the output. */
  static readonly DENSE: u32 = 0;
  /** All rows are the same one: a buffer full of it serves every block. */
  static readonly REPEATED: u32 = 1;
  /** Each is copied into a buffer. */
  static readonly GATHERED: u32 = 2;
}

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
  /** Groups of the first block; 0 if there is nothing to do. */
  first: u32;
  /** Whether another block follows. */
  private more: bool;
  private outShift: u32;
  private count: u32;
  /** Groups of the current piece, and elements behind them that fill none. */
  private groups: u32;
  private rest: u32;
  /** Where the next results go. */
  private nextOut: usize;
  /** Bytes of the padded last group's results that wait to be copied to nextOut. */
  private waiting: u32;
  /** Units left that aren't set up. */
  private left: u32;
  private dims: usize;
  private cols: u32;
  /** Units of a row, and which of the current row comes next. */
  private units: u32;
  private unit: u32;
  /** Rows to a block; 0: one row or part of it. */
  private rows: u32;
  private gathers: bool;

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
    walk.first = 0;
    walk.more = false;
    walk.rest = 0;
    walk.waiting = 0;
    walk.left = 0;
    // Before any division: nothing to do may mean no columns, or an outer dim of size 0.
    if (start >= end) return walk;
    const cols = load<u32>(shape, 4);
    const outShift = sizes >> 6;
    walk.count = count;
    walk.outShift = outShift;
    const from = start * BLOCK;
    let flat = load<u32>(dims) == 0;
    for (let k: u32 = 0; k < count; k++) {
      const stride = load<u32>(inner + (k << 2));
      const row = load<usize>(args + (k << 2));
      const shift = (sizes >> (k << 1)) & 3;
      const x = Operand.at(k);
      x.set(row, stride, shift);
      // As `place` does, but a small op has no time for the call.
      x.src = row + (from << shift);
      x.step = GROUP << shift;
      if (stride > 1) flat = false;
      if (stride == 0 && flat) walk.place(x, k, from, 0);
    }
    if (!flat) {
      walk.beginRows(args, start, end, dims, cols);
      return walk;
    }
    walk.out = load<usize>(args + (count << 2)) + (from << outShift);
    const n = min(end * BLOCK, cols) - from;
    walk.first = n % GROUP ? walk.piece(n) : n / GROUP;
    return walk;
  }

  private beginRows(args: usize, start: u32, end: u32, dims: usize, cols: u32): void {
    const units = (cols + (BLOCK - 1)) / BLOCK;
    const row = start / units;
    const unit = start - row * units;
    Rows.advance(this.count, dims, row);
    this.cols = cols;
    this.dims = dims;
    this.units = units;
    this.unit = unit;
    this.left = end - start;
    const out = load<usize>(args + (this.count << 2));
    this.nextOut = out + ((row * cols + unit * BLOCK) << this.outShift);
    this.gathers = false;
    for (let k: u32 = 0; k < this.count; k++) this.classify(k);
    const several = this.gathers ? cols < SHORT_ROW : cols <= BLOCK / 2;
    this.rows = several ? BLOCK / cols : 0;
    if (several) this.fillRepeated();
    this.first = this.step();
  }

  /** dense iff stride = 1 and outer stride[i] = size[i + 1] * stride[i + 1], sizes of 1 aside. */
  private classify(k: u32): void {
    const x = Operand.at(k);
    const dimBytes = (this.count + 1) << 2;
    let dim = this.dims + 4 + load<u32>(this.dims) * dimBytes;
    let dense = x.stride == 1;
    let repeated = true;
    let expected = this.cols;
    for (let d = load<u32>(this.dims); d > 0; d--) {
      dim -= dimBytes;
      const size = load<u32>(dim);
      const stride = load<u32>(dim + 4 + (k << 2));
      if (stride != expected && size != 1) dense = false;
      if (stride) repeated = false;
      expected *= size;
    }
    x.kind = dense ? Kind.DENSE : repeated ? Kind.REPEATED : Kind.GATHERED;
    if (x.kind == Kind.GATHERED) this.gathers = true;
  }

  private fillRepeated(): void {
    const cols = this.cols;
    const rows = min(this.left, this.rows);
    for (let k: u32 = 0; k < this.count; k++) {
      const x = Operand.at(k);
      if (x.kind != Kind.REPEATED) continue;
      const buffer = this.buffer(k);
      Strided.copy(buffer, 1, x.row, x.stride, cols, x.shift);
      Strided.repeat(buffer, cols << x.shift, (rows * cols) << x.shift);
    }
  }

  /** Sets up the next block and returns its groups; 0 when all is done. */
  @inline
  next(): u32 {
    return this.more ? this.step() : 0;
  }

  private step(): u32 {
    if (this.waiting) {
      Strided.copyFew(this.nextOut, Walk.padded(3), this.waiting);
      this.nextOut += this.waiting;
      this.waiting = 0;
    }
    if (this.rest) return this.pad();
    if (!this.left) return 0;
    this.out = this.nextOut;
    return this.piece(this.rows ? this.severalRows() : this.rowPiece());
  }

  /** n elements are set up, at the operands' `src` and at `out`. */
  private piece(n: u32): u32 {
    const groups = n / GROUP;
    const rest = n % GROUP;
    this.groups = groups;
    this.rest = rest;
    this.nextOut = this.out + ((groups * GROUP) << this.outShift);
    this.more = (rest | this.left) != 0;
    return groups ? groups : this.pad();
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
      Strided.copyFew(copy, x.src + x.step * this.groups, rest << x.shift);
      x.src = copy;
    }
    this.out = Walk.padded(3);
    this.waiting = rest << this.outShift;
    this.rest = 0;
    return 1;
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
    for (let k: u32 = 0; k < this.count; k++) this.place(Operand.at(k), k, from, n);
    this.left--;
    if (++this.unit == this.units) {
      this.unit = 0;
      Rows.next(this.count, this.dims);
    }
    return n;
  }

  /** Points operand k at column `from` of its row: contiguous, a splat, or n elements gathered. */
  private place(x: Operand, k: u32, from: u32, n: u32): void {
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

  /** As many whole rows as fit a block. */
  private severalRows(): u32 {
    const cols = this.cols;
    const rows = min(this.left, this.rows);
    for (let k: u32 = 0; k < this.count; k++) {
      const x = Operand.at(k);
      x.src = x.kind == Kind.DENSE ? x.row : this.buffer(k);
      x.step = GROUP << x.shift;
      // With nothing to gather, no odometer runs.
      if (!this.gathers && x.kind == Kind.DENSE) x.row += (rows * cols) << x.shift;
    }
    if (this.gathers) this.gather(rows);
    this.left -= rows;
    return rows * cols;
  }

  private gather(rows: u32): void {
    const cols = this.cols;
    for (let r: u32 = 0; r < rows; r++) {
      for (let k: u32 = 0; k < this.count; k++) {
        const x = Operand.at(k);
        if (x.kind != Kind.GATHERED) continue;
        Strided.copy(x.src + ((r * cols) << x.shift), 1, x.row, x.stride, cols, x.shift);
      }
      Rows.next(this.count, this.dims);
    }
  }
}
