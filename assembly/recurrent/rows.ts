// h times the recurrent weights, for one row or for four in lockstep: the products that a step waits for.
import { Scratch } from "../abi";
import { Lanes } from "../reduce/lanes";
import { Mode, RecurrentArgs } from "./args";

export class Vec {
  /** Up to four of the n floats from `at`; 0 behind them. */
  static load(p: usize, at: u32, n: u32): v128 {
    return at + 4 <= n
      ? v128.load(p + (at << 2))
      : Lanes.loadTail(p + (at << 2), n - at, f32x4.splat(0));
  }

  static store(p: usize, at: u32, n: u32, v: v128): void {
    Lanes.storeHead(p + (at << 2), min(n - at, 4), v);
  }

  /** out[n] = first[n] (or 0) + sum over k < count of h[k] w[k, n]; out has room for whole vectors. */
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
      if (first) {
        s0 = v128.load(first + at);
        s1 = v128.load(first + at, 16);
        s2 = v128.load(first + at, 32);
        s3 = v128.load(first + at, 48);
      }
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
      let sum = first ? Vec.load(first, j, n) : f32x4.splat(0);
      let row = w.data;
      for (let k: u32 = 0; k < count; k++, row += pitch) {
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(h + (k << 2)), Vec.load(row, j, n)));
      }
      v128.store(out + (j << 2), sum);
    }
  }

  /** Four products at once, of the h that four pointers at `rows` lead to; each w is loaded once. */
  static product4(out: usize, outBytes: usize, first: usize, rows: usize, w: Weights): void {
    const h0 = load<usize>(rows);
    const h1 = load<usize>(rows, 4);
    const h2 = load<usize>(rows, 8);
    const h3 = load<usize>(rows, 12);
    const rowBytes = w.rowBytes;
    const kBytes: usize = w.count << 2;
    let j: u32 = 0;
    for (; j + 8 <= w.n; j += 8) {
      const at = j << 2;
      let s00 = f32x4.splat(0);
      let s01 = s00;
      if (first) {
        s00 = v128.load(first + at);
        s01 = v128.load(first + at, 16);
      }
      let s10 = s00;
      let s11 = s01;
      let s20 = s00;
      let s21 = s01;
      let s30 = s00;
      let s31 = s01;
      let row = w.strip(j);
      for (let k: usize = 0; k < kBytes; k += 4, row += rowBytes) {
        const w0 = v128.load(row);
        const w1 = v128.load(row, 16);
        let x = v128.load32_splat(h0 + k);
        s00 = f32x4.add(s00, f32x4.mul(x, w0));
        s01 = f32x4.add(s01, f32x4.mul(x, w1));
        x = v128.load32_splat(h1 + k);
        s10 = f32x4.add(s10, f32x4.mul(x, w0));
        s11 = f32x4.add(s11, f32x4.mul(x, w1));
        x = v128.load32_splat(h2 + k);
        s20 = f32x4.add(s20, f32x4.mul(x, w0));
        s21 = f32x4.add(s21, f32x4.mul(x, w1));
        x = v128.load32_splat(h3 + k);
        s30 = f32x4.add(s30, f32x4.mul(x, w0));
        s31 = f32x4.add(s31, f32x4.mul(x, w1));
      }
      let to = out + at;
      v128.store(to, s00);
      v128.store(to, s01, 16);
      to += outBytes;
      v128.store(to, s10);
      v128.store(to, s11, 16);
      to += outBytes;
      v128.store(to, s20);
      v128.store(to, s21, 16);
      to += outBytes;
      v128.store(to, s30);
      v128.store(to, s31, 16);
    }
    if (j === w.n) return;
    for (let r: u32 = 0; r < 4; r++) {
      Vec.rest(out + <usize>r * outBytes, first, load<usize>(rows + (r << 2)), w, j);
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
 * The scratch: the weights' block, the addresses of what rows in lockstep multiply with, those rows'
 * vectors (two of H floats, one of G H), and strips of weights.
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
    Rows.at = Scratch.base() + 64;
    const used: usize = Rows.stride * 4 + 128;
    // One pass over the weights: for a few steps it would not pay.
    if (used < Scratch.BYTES && a.T >= 4)
      w.pack(Scratch.base() + (used & ~63), Scratch.BYTES - used);
  }

  /** How many of the rows from `row` on go in lockstep: four or one. The bits are the same. */
  static group(row: u32, end: u32): u32 {
    return row + 4 <= end && Rows.stride * 4 + 128 <= Scratch.BYTES ? 4 : 1;
  }

  @inline
  static weights(): Weights {
    return changetype<Weights>(Scratch.base());
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
