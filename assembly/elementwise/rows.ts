// Walks the rows of up to three strided operands in step: an odometer over their outer dims.
//
// It knows strides and pointers only; what happens to a row is its caller's business. A stride
// of 0 broadcasts, a negative one walks backwards. Its state lies at the start of the scratch:
//   0    operands, 32 bytes each (the fourth is spare)
//   128  the caller's own fields (Walk)
//   256  the odometer's counters, one u32 for each outer dim, 64 at most
//   512  padded groups, 1024 gathered blocks (Walk)
import { Scratch } from "../abi";

/** One operand: where its current row begins and how it goes on. */
@unmanaged
export class Operand {
  /** First element of the current block, and bytes from one group of 16 elements to the next (0: a splat). */
  src: usize;
  step: usize;
  /** First element of the current row. */
  row: usize;
  /** Elements from one column to the next. */
  stride: i32;
  /** log2 of an element's bytes. */
  shift: u32;
  /** For the caller's use. */
  kind: u32;

  @inline
  set(row: usize, stride: i32, shift: u32): void {
    this.row = row;
    this.stride = stride;
    this.shift = shift;
  }

  @inline
  static at(k: u32): Operand {
    return changetype<Operand>(Scratch.base() + (k << 5));
  }
}

export class Rows {
  @inline
  private static counter(d: u32): usize {
    return Scratch.base() + 256 + (d << 2);
  }

  /**
   * Sets the operands to row number `row`. `inner` points at their `count` inner strides, `dims`
   * at the rank, which the outer dims follow: size, then a stride for each operand.
   * Operand k's shift is bits 2k and 2k + 1 of `shifts`.
   */
  static seek(args: usize, count: u32, shifts: u32, inner: usize, dims: usize, row: u32): void {
    for (let k: u32 = 0; k < count; k++) {
      const stride = load<i32>(inner + (k << 2));
      Operand.at(k).set(load<usize>(args + (k << 2)), stride, (shifts >> (k << 1)) & 3);
    }
    Rows.advance(count, dims, row);
  }

  /** The index of the current row in the last outer dim. */
  @inline
  static lastIndex(dims: usize): u32 {
    return load<u32>(Rows.counter(load<u32>(dims) - 1));
  }

  /** Counts rows in the last outer dim. Where the operands stand then is the caller's business. */
  @inline
  static skip(rows: u32, dims: usize): void {
    const counter = Rows.counter(load<u32>(dims) - 1);
    store<u32>(counter, load<u32>(counter) + rows);
  }

  /** The same for operands that stand at row 0 already. */
  static advance(count: u32, dims: usize, row: u32): void {
    const dimBytes = (count + 1) << 2;
    for (let d = load<u32>(dims); d > 0; d--) {
      const dim = dims + 4 + (d - 1) * dimBytes;
      const size = load<u32>(dim);
      const index = row % size;
      row /= size;
      store<u32>(Rows.counter(d - 1), index);
      for (let k: u32 = 0; k < count; k++) {
        const x = Operand.at(k);
        x.row += (index * load<u32>(dim + 4 + (k << 2))) << x.shift;
      }
    }
  }

  /** Steps every operand to the next row (behind the last one: back to the first). */
  static next(count: u32, dims: usize): void {
    const dimBytes = (count + 1) << 2;
    let dim = dims + 4 + load<u32>(dims) * dimBytes;
    for (let d = load<u32>(dims); d > 0; d--) {
      dim -= dimBytes;
      const at = Rows.counter(d - 1);
      const size = load<u32>(dim);
      const index = load<u32>(at) + 1;
      const carry = index == size;
      store<u32>(at, carry ? 0 : index);
      // One step on, or, where this dim is through, size - 1 steps back.
      const steps: u32 = carry ? 1 - size : 1;
      for (let k: u32 = 0; k < count; k++) {
        const x = Operand.at(k);
        x.row += (steps * load<u32>(dim + 4 + (k << 2))) << x.shift;
      }
      if (!carry) return;
    }
  }
}
