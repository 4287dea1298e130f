// h times the recurrent weights, for one row or for four in lockstep: the products that a step waits for.
//
// Order of summation: the micro-kernel's (gemm/micro.ts), the bias last, whichever way is taken.
import { Scratch } from "../abi";
import { Micro } from "../gemm/micro";
import { Lanes } from "../reduce/lanes";
import { Mode, RecurrentArgs } from "./args";

export class Vec {
  /** Up to four of the n floats from `at`; 0 behind them. */
  @inline
  static load(p: usize, at: u32, n: u32): v128 {
    return at + 4 <= n
      ? v128.load(p + (at << 2))
      : Lanes.loadTail(p + (at << 2), n - at, f32x4.splat(0));
  }

  @inline
  static store(p: usize, at: u32, n: u32, v: v128): void {
    if (at + 4 <= n) v128.store(p + (at << 2), v);
    else Lanes.storeHead(p + (at << 2), n - at, v);
  }

  /** Copies n floats: for a few, memory.copy takes longer to begin. */
  static copy(to: usize, from: usize, n: u32): void {
    if (n > 32) memory.copy(to, from, n << 2);
    else for (let j: u32 = 0; j < n; j += 4) Vec.store(to, j, n, Vec.load(from, j, n));
  }

  /** out[n] = first[n] (or 0) + the sum over k < count of h[k] w[k, n]; out has room for whole vectors. */
  static product(out: usize, first: usize, h: usize, w: Weights): void {
    const rowBytes = w.rowBytes;
    const kBytes: usize = w.count << 2;
    let j: u32 = 0;
    for (; j + 16 <= w.n; j += 16) {
      const at = j << 2;
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      let left = w.strip(j);
      let right = left + w.stripBytes;
      for (let k: usize = 0; k < kBytes; k += 4) {
        const x = v128.load32_splat(h + k);
        s0 = f32x4.add(s0, f32x4.mul(x, v128.load(left)));
        s1 = f32x4.add(s1, f32x4.mul(x, v128.load(left, 16)));
        s2 = f32x4.add(s2, f32x4.mul(x, v128.load(right)));
        s3 = f32x4.add(s3, f32x4.mul(x, v128.load(right, 16)));
        left += rowBytes;
        right += rowBytes;
      }
      if (first) {
        s0 = f32x4.add(v128.load(first + at), s0);
        s1 = f32x4.add(v128.load(first + at, 16), s1);
        s2 = f32x4.add(v128.load(first + at, 32), s2);
        s3 = f32x4.add(v128.load(first + at, 48), s3);
      }
      v128.store(out + at, s0);
      v128.store(out + at, s1, 16);
      v128.store(out + at, s2, 32);
      v128.store(out + at, s3, 48);
    }
    Vec.rest(out, first, h, w, j);
  }

  /** Columns from j on. */
  static rest(out: usize, first: usize, h: usize, w: Weights, j: u32): void {
    const n = w.n;
    const count = w.count;
    const pitch = n << 2;
    for (; j < n; j += 4) {
      let sum = f32x4.splat(0);
      let row = w.data;
      for (let k: u32 = 0; k < count; k++, row += pitch) {
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(h + (k << 2)), Vec.load(row, j, n)));
      }
      if (first) sum = f32x4.add(Vec.load(first, j, n), sum);
      v128.store(out + (j << 2), sum);
    }
  }

  /** Four products, of the h that four pointers at `rows` lead to: in tiles where those lie evenly apart. */
  static product4(out: usize, outBytes: usize, first: usize, rows: usize, w: Weights): void {
    const h = load<usize>(rows);
    const apart = load<usize>(rows, 4) - h;
    let j: u32 = 0;
    if (load<usize>(rows, 8) - h == 2 * apart && load<usize>(rows, 12) - h == 3 * apart) {
      j = w.n & ~7;
      const row = (<i32>w.rowBytes) >> 2;
      const panel = (<i32>w.stripBytes) >> 2;
      const ld = (<i32>outBytes) >> 2;
      Micro.block(h, (<i32>apart) >> 2, 1, w.first, row, panel, 4, j, w.count, first, 0, out, ld);
    }
    for (let r: u32 = 0; r < 4; r++) {
      const to = out + <usize>r * outBytes;
      const own = load<usize>(rows + (r << 2));
      if (j) Vec.rest(to, first, own, w, j);
      else Vec.product(to, first, own, w);
    }
  }
}

/** The matrix [count, n] that h is multiplied with, in strips of 8 columns. */
@unmanaged
export class Weights {
  data: usize;
  count: u32;
  n: u32;
  /** Where the first strip begins, and how far it is to the next row of it, and to the next strip. */
  first: usize;
  rowBytes: usize;
  stripBytes: usize;

  @inline
  strip(j: u32): usize {
    return this.first + <usize>(j >> 3) * this.stripBytes;
  }

  /**
   * Copies whole strips to `to`, one behind the other, where `room` is enough: rows of a matrix that lie
   * a power of two apart share a few sets of the first cache, and four rows of h would miss it each time.
   */
  pack(to: usize, room: usize): void {
    const strips: usize = this.n >> 3;
    const bytes: usize = this.count << 5;
    if (strips * bytes > room) return;
    for (let i: usize = 0; i < strips; i++) {
      let from = this.data + (i << 5);
      const end = to + (i + 1) * bytes;
      for (let p = to + i * bytes; p < end; p += 32) {
        v128.store(p, v128.load(from));
        v128.store(p, v128.load(from, 16), 16);
        from += this.n << 2;
      }
    }
    this.first = to;
    this.rowBytes = 32;
    this.stripBytes = bytes;
  }
}

/**
 * The scratch: the weights' block, the addresses of what rows in lockstep multiply with, room for eight
 * floats, those rows' vectors (two of H floats, one of G H), and strips of weights.
 */
export class Rows {
  static at: usize = 0;
  static bytes: usize = 0;
  static stride: usize = 0;

  /** Lays out the scratch for products with w [count, n]. */
  static begin(a: RecurrentArgs, count: u32, n: u32): void {
    const w = Rows.weights();
    w.data = a.w;
    w.count = count;
    w.n = n;
    w.first = a.w;
    w.rowBytes = n << 2;
    w.stripBytes = 32;
    Rows.bytes = (a.H << 2) + 16;
    Rows.stride = Rows.bytes * (2 + Mode.gates(a.mode));
    Rows.at = Scratch.base() + 96;
    const used = Rows.lockstep();
    // One pass over the weights: for a few steps it would not pay.
    if (used < Scratch.BYTES && a.T >= 4)
      w.pack(Scratch.base() + (used & ~63), Scratch.BYTES - used);
  }

  /** How many of the rows from `row` on go in lockstep: four or one. The bits are the same. */
  static group(row: u32, end: u32): u32 {
    return row + 4 <= end && Rows.lockstep() <= Scratch.BYTES ? 4 : 1;
  }

  /** Bytes of the scratch that four rows in lockstep take. */
  @inline
  private static lockstep(): usize {
    return Rows.stride * 4 + 160;
  }

  @inline
  static weights(): Weights {
    return changetype<Weights>(Scratch.base());
  }

  /** Room for eight floats. */
  @inline
  static pad(): usize {
    return Scratch.base() + 64;
  }

  /** h or dh of row r of the group. */
  @inline
  static h(r: u32): usize {
    return Rows.at + <usize>r * Rows.stride;
  }

  /** c or dc. */
  @inline
  static c(r: u32): usize {
    return Rows.h(r) + Rows.bytes;
  }

  /** The product. */
  @inline
  static product(r: u32): usize {
    return Rows.c(r) + Rows.bytes;
  }

  static setOperand(r: u32, h: usize): void {
    store<usize>(Scratch.base() + (r << 2), h, 32);
  }

  /** The products of all rows of the group with the weights. */
  static multiply(group: u32, first: usize): void {
    const rows = Scratch.base() + 32;
    const out = Rows.product(0);
    if (group === 4) Vec.product4(out, Rows.stride, first, rows, Rows.weights());
    else Vec.product(out, first, load<usize>(rows), Rows.weights());
  }
}
