// float32 matrix products: batches, blocks of 64 columns, packing where B cannot be read in place.
// The tile arithmetic is in micro.ts.
import { Scratch } from "../abi";
import { Micro } from "./micro";

@unmanaged
class MatmulArgs {
  a: usize;
  b: usize;
  out: usize;
  /** [N], added to every row; 0 = none. */
  bias: usize;
  M: u32;
  N: u32;
  K: u32;
  aRow: i32;
  aCol: i32;
  bRow: i32;
  bCol: i32;
  batch: u32;
  /** Batch dims, outermost first: size, stride of a, stride of b. */
  batchRank: u32;
}

class Matmul {
  /** Columns of a work unit, and of a packed block. */
  static readonly COLS: u32 = 64;
  /** Rows of a packed block: 512 x 64 floats, 128 KiB. Sums are carried in `out` from block to block. */
  static readonly DEPTH: u32 = 512;
  /** Bytes of the fixed slots of MatmulArgs: behind them lie the batch dims. */
  static readonly FIXED: usize = 52;

  /** Offset in elements of a batch of operand `which` (1 = a, 2 = b). */
  static batchOffset(args: usize, rank: u32, index: u32, which: u32): i32 {
    let offset: i32 = 0;
    for (let d: i32 = rank - 1; d >= 0; d--) {
      const dim = args + Matmul.FIXED + d * 12;
      const size = load<u32>(dim);
      offset += <i32>(index % size) * load<i32>(dim + (which << 2));
      index /= size;
    }
    return offset;
  }

  /** Panels of 8 columns: panel j at to + 32 j depth, row p of it 32 p further. Missing columns are 0. */
  static pack(b: usize, bRow: i32, bCol: i32, depth: u32, n: u32, to: usize): void {
    for (let j: u32 = 0; j < n; j += 8) {
      const cols = min<u32>(8, n - j);
      const from = b + ((<i32>j * bCol) << 2);
      if (cols == 8 && bCol == 1) Matmul.packRows(from, bRow, depth, to);
      else if (cols == 8 && bRow == 1) Matmul.packColumns(from, bCol, depth, to);
      else Matmul.packAny(from, bRow, bCol, depth, cols, to);
      to += depth << 5;
    }
  }

  static packRows(from: usize, bRow: i32, depth: u32, to: usize): void {
    for (let p: u32 = 0; p < depth; p++) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      from += bRow << 2;
      to += 32;
    }
  }

  /** Columns of B are contiguous: 4 x 4 transposes, two side by side. */
  static packColumns(from: usize, bCol: i32, depth: u32, to: usize): void {
    const step = bCol << 2;
    let p: u32 = 0;
    for (; p + 4 <= depth; p += 4) {
      Matmul.transpose4(from + (p << 2), step, to + (p << 5));
      Matmul.transpose4(from + (p << 2) + 4 * step, step, to + (p << 5) + 16);
    }
    if (p < depth) Matmul.packAny(from + (p << 2), 1, bCol, depth - p, 8, to + (p << 5));
  }

  /** Four columns of four: rows of `to` are 32 bytes apart. */
  @inline
  static transpose4(from: usize, step: i32, to: usize): void {
    const a = v128.load(from);
    const b = v128.load(from + step);
    const c = v128.load(from + 2 * step);
    const d = v128.load(from + 3 * step);
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
    v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 32);
    v128.store(to, i64x2.shuffle(abHigh, cdHigh, 0, 2), 64);
    v128.store(to, i64x2.shuffle(abHigh, cdHigh, 1, 3), 96);
  }

  static packAny(from: usize, bRow: i32, bCol: i32, depth: u32, cols: u32, to: usize): void {
    for (let p: u32 = 0; p < depth; p++) {
      for (let j: u32 = 0; j < 8; j++) {
        const value = j < cols ? load<f32>(from + ((<i32>j * bCol) << 2)) : 0;
        store<f32>(to + (j << 2), value);
      }
      from += bRow << 2;
      to += 32;
    }
  }

  /** Columns [j, j + n) of one product. */
  static columns(args: usize, a: usize, b: usize, c: usize, j: u32, n: u32): void {
    const p = changetype<MatmulArgs>(args);
    const bRow = p.bRow;
    const bCol = p.bCol;
    const N = p.N;
    const bias = p.bias ? p.bias + (j << 2) : 0;
    b += (<i32>j * bCol) << 2;
    c += j << 2;
    // In place where rows of B are short or few rows of A would pay for the packing.
    const inPlace = bCol == 1 && (n & 7) == 0 && (N <= 256 || p.M <= 8);
    let k: u32 = 0;
    do {
      const depth = min(Matmul.DEPTH, p.K - k);
      const at = b + ((<i32>k * bRow) << 2);
      const from = k ? c : bias;
      const fromLd = k ? N : 0;
      const ai = a + ((<i32>k * p.aCol) << 2);
      if (inPlace) {
        Micro.block(ai, p.aRow, p.aCol, at, bRow, 8, p.M, n, depth, from, fromLd, c, N);
      } else {
        const to = Scratch.base();
        Matmul.pack(at, bRow, bCol, depth, n, to);
        Micro.block(ai, p.aRow, p.aCol, to, 8, depth << 3, p.M, n, depth, from, fromLd, c, N);
      }
      k += depth;
    } while (k < p.K);
  }
}

/** out[z] = a[z] @ b[z] + bias. Units: batch x blocks of 64 columns. */
export function matmulF32(args: usize, start: u32, end: u32): void {
  const p = changetype<MatmulArgs>(args);
  const blocks = (p.N + Matmul.COLS - 1) / Matmul.COLS;
  for (let u = start; u < end; u++) {
    const z = u / blocks;
    const j = (u % blocks) * Matmul.COLS;
    const a = p.a + (Matmul.batchOffset(args, p.batchRank, z, 1) << 2);
    const b = p.b + (Matmul.batchOffset(args, p.batchRank, z, 2) << 2);
    const c = p.out + ((z * p.M * p.N) << 2);
    Matmul.columns(args, a, b, c, j, min(Matmul.COLS, p.N - j));
  }
}
