// The float32 matrix-multiply micro-kernel, and the loop over its tiles. Matmul (matmul.ts) and the
// convolutions are built on it. Not here: packing (pack.ts), blocking over K and caches.
//
//   Micro.block    C[m x n] = from + A[m x k] @ B[k x n], any m, n, k
//
// Strides and leading dimensions count elements, and may be any value, also 0 or negative.
// - A is read where it lies, element (i, p) at a + 4 * (i * aRow + p * aCol).
// - B comes in panels of 8 columns. Panel j begins at b + 4 * j * bPanel and its row p lies
//   bRow elements further a row: 8 contiguous floats. Packed: bRow = 8, bPanel = 8 * k or more.
//   Unpacked with contiguous rows: bRow = its leading dimension, bPanel = 8. All 8 columns of the
//   last panel are read, so pad it when n is no multiple of 8 (their values don't matter).
// - Fastest by 15% are a packed B (bRow = 8) and rows of A that are contiguous (aCol = 1), whose
//   addresses need no arithmetic in the inner loop: 17 rows or columns pay for a copy.
// - from = 0: nothing to start from. Else element (i, j) of it is added to the sum: a bias
//   (fromLd = 0; fromLd = 8: one for each row, eight times) or the partial sums of earlier blocks of k
//   (from = c, fromLd = ldc).
// - The last 128 bytes of the scratch are used for tiles at the edges.
//
// Order of summation: every element is from + (((0 + a0 * b0) + a1 * b1) + ...), in a full tile as
// at an edge, so its bits depend on k alone. Zeros are never skipped: 0 * inf is NaN.
import { Scratch } from "../abi";
import { Fused } from "./fused";

export class Micro {
  /** C[m x n] = from + A[m x k] @ B[k x n], panel by panel: B's panel stays in the L1 cache. */
  static block(
    a: usize,
    aRow: i32,
    aCol: i32,
    b: usize,
    bRow: i32,
    bPanel: i32,
    m: u32,
    n: u32,
    k: u32,
    from: usize,
    fromLd: i32,
    c: usize,
    ldc: i32,
  ): void {
    const fast = aCol == 1 && bRow == 8;
    for (let j: u32 = 0; j < n; j += 8) {
      const cols = min<u32>(8, n - j);
      let ai = a;
      let ci = c;
      let fi = from;
      let rows: u32 = 0;
      for (let i: u32 = 0; i < m; i += rows) {
        rows = min<u32>(4, m - i);
        if (ASC_FEATURE_RELAXED_SIMD && fast && cols == 8 && Fused.takes(m - i)) {
          rows = Fused.ROWS;
          Fused.f32_6x8(ai, aRow, b, k, fi, fromLd, ci, ldc);
        } else if (rows != 4 || cols != 8) {
          Micro.edge(ai, aRow, aCol, rows, cols, b, bRow, k, fi, fromLd, ci, ldc);
        } else if (fast) {
          rows = (m - i) & ~3;
          Micro.f32_4x8<u32>(ai, aRow, aCol, rows, b, bRow, k, fi, fromLd, ci, ldc);
        } else {
          Micro.f32_4x8<f32>(ai, aRow, aCol, rows, b, bRow, k, fi, fromLd, ci, ldc);
        }
        ai += (rows * aRow) << 2;
        ci += (rows * ldc) << 2;
        if (from) fi += (rows * fromLd) << 2;
      }
      b += bPanel << 2;
      c += 32;
      if (from && fromLd != 8) from += 32;
    }
  }

  /** A tile of fewer rows or columns: the full one in scratch, of which the part is copied. */
  private static edge(
    a: usize,
    aRow: i32,
    aCol: i32,
    rows: u32,
    cols: u32,
    b: usize,
    bRow: i32,
    k: u32,
    from: usize,
    fromLd: i32,
    c: usize,
    ldc: i32,
  ): void {
    const tile = Scratch.base() + Scratch.BYTES - 128;
    Micro.f32_4x8<f32>(a, aRow, aCol, rows, b, bRow, k, 0, 0, tile, 8);
    for (let i: u32 = 0; i < rows; i++) {
      for (let j: u32 = 0; j < cols; j++) {
        let sum = load<f32>(tile + ((i * 8 + j) << 2));
        if (from) sum = load<f32>(from + (j << 2)) + sum;
        store<f32>(c + (j << 2), sum);
      }
      c += ldc << 2;
      if (from) from += fromLd << 2;
    }
  }

  /**
   * One tile; rows of A past `rows` are replaced by the last one, all four rows of C are written.
   * W is an integer type where aCol = 1 and bRow = 8, so that all offsets are constants, and tiles for
   * any multiple of four rows are computed one below the other: a call takes as long as two steps.
   *
   * Unrolled by 4, with constant offsets by 8 (3% faster). The breaks between steps, and those in the
   * middle that never happen (k is not negative there), are barriers to V8: without them it moves all
   * loads of a step to its beginning, which spills sums or starves the adders (34 against 39 GFLOP/s of
   * 50).
   */
  private static f32_4x8<W>(
    a: usize,
    aRow: i32,
    aCol: i32,
    rows: i32,
    panel: usize,
    bRow: i32,
    depth: i32,
    from: usize,
    fromLd: i32,
    c: usize,
    ldc: i32,
  ): void {
    const aStep = aCol << 2;
    const bStep = bRow << 2;
    do {
      let b = panel;
      let k = depth;
      let r0 = a;
      let r1 = isInteger<W>() || rows > 1 ? r0 + (aRow << 2) : r0;
      let r2 = isInteger<W>() || rows > 2 ? r1 + (aRow << 2) : r1;
      let r3 = isInteger<W>() || rows > 3 ? r2 + (aRow << 2) : r2;
      let c00 = f32x4.splat(0);
      let c01 = f32x4.splat(0);
      let c10 = f32x4.splat(0);
      let c11 = f32x4.splat(0);
      let c20 = f32x4.splat(0);
      let c21 = f32x4.splat(0);
      let c30 = f32x4.splat(0);
      let c31 = f32x4.splat(0);
      let x: v128;
      let y0: v128;
      let y1: v128;
      while (true) {
        if (k == 0) break;
        y0 = v128.load(b);
        y1 = v128.load(b, 16);
        if (!isInteger<W>()) b += bStep;
        x = v128.load32_splat(r0);
        if (!isInteger<W>()) r0 += aStep;
        c00 = f32x4.add(c00, f32x4.mul(x, y0));
        c01 = f32x4.add(c01, f32x4.mul(x, y1));
        x = v128.load32_splat(r1);
        if (!isInteger<W>()) r1 += aStep;
        c10 = f32x4.add(c10, f32x4.mul(x, y0));
        c11 = f32x4.add(c11, f32x4.mul(x, y1));
        if (k == -1) break;
        x = v128.load32_splat(r2);
        if (!isInteger<W>()) r2 += aStep;
        c20 = f32x4.add(c20, f32x4.mul(x, y0));
        c21 = f32x4.add(c21, f32x4.mul(x, y1));
        x = v128.load32_splat(r3);
        if (!isInteger<W>()) r3 += aStep;
        c30 = f32x4.add(c30, f32x4.mul(x, y0));
        c31 = f32x4.add(c31, f32x4.mul(x, y1));
        if (k == 1) break;
        y0 = v128.load(b, isInteger<W>() ? 32 : 0);
        y1 = v128.load(b, isInteger<W>() ? 48 : 16);
        if (!isInteger<W>()) b += bStep;
        x = v128.load32_splat(r0, isInteger<W>() ? 4 : 0);
        if (!isInteger<W>()) r0 += aStep;
        c00 = f32x4.add(c00, f32x4.mul(x, y0));
        c01 = f32x4.add(c01, f32x4.mul(x, y1));
        x = v128.load32_splat(r1, isInteger<W>() ? 4 : 0);
        if (!isInteger<W>()) r1 += aStep;
        c10 = f32x4.add(c10, f32x4.mul(x, y0));
        c11 = f32x4.add(c11, f32x4.mul(x, y1));
        if (k == -2) break;
        x = v128.load32_splat(r2, isInteger<W>() ? 4 : 0);
        if (!isInteger<W>()) r2 += aStep;
        c20 = f32x4.add(c20, f32x4.mul(x, y0));
        c21 = f32x4.add(c21, f32x4.mul(x, y1));
        x = v128.load32_splat(r3, isInteger<W>() ? 4 : 0);
        if (!isInteger<W>()) r3 += aStep;
        c30 = f32x4.add(c30, f32x4.mul(x, y0));
        c31 = f32x4.add(c31, f32x4.mul(x, y1));
        if (k == 2) break;
        y0 = v128.load(b, isInteger<W>() ? 64 : 0);
        y1 = v128.load(b, isInteger<W>() ? 80 : 16);
        if (!isInteger<W>()) b += bStep;
        x = v128.load32_splat(r0, isInteger<W>() ? 8 : 0);
        if (!isInteger<W>()) r0 += aStep;
        c00 = f32x4.add(c00, f32x4.mul(x, y0));
        c01 = f32x4.add(c01, f32x4.mul(x, y1));
        x = v128.load32_splat(r1, isInteger<W>() ? 8 : 0);
        if (!isInteger<W>()) r1 += aStep;
        c10 = f32x4.add(c10, f32x4.mul(x, y0));
        c11 = f32x4.add(c11, f32x4.mul(x, y1));
        if (k == -3) break;
        x = v128.load32_splat(r2, isInteger<W>() ? 8 : 0);
        if (!isInteger<W>()) r2 += aStep;
        c20 = f32x4.add(c20, f32x4.mul(x, y0));
        c21 = f32x4.add(c21, f32x4.mul(x, y1));
        x = v128.load32_splat(r3, isInteger<W>() ? 8 : 0);
        if (!isInteger<W>()) r3 += aStep;
        c30 = f32x4.add(c30, f32x4.mul(x, y0));
        c31 = f32x4.add(c31, f32x4.mul(x, y1));
        if (k == 3) break;
        y0 = v128.load(b, isInteger<W>() ? 96 : 0);
        y1 = v128.load(b, isInteger<W>() ? 112 : 16);
        if (!isInteger<W>()) b += bStep;
        x = v128.load32_splat(r0, isInteger<W>() ? 12 : 0);
        if (!isInteger<W>()) r0 += aStep;
        c00 = f32x4.add(c00, f32x4.mul(x, y0));
        c01 = f32x4.add(c01, f32x4.mul(x, y1));
        x = v128.load32_splat(r1, isInteger<W>() ? 12 : 0);
        if (!isInteger<W>()) r1 += aStep;
        c10 = f32x4.add(c10, f32x4.mul(x, y0));
        c11 = f32x4.add(c11, f32x4.mul(x, y1));
        if (k == -4) break;
        x = v128.load32_splat(r2, isInteger<W>() ? 12 : 0);
        if (!isInteger<W>()) r2 += aStep;
        c20 = f32x4.add(c20, f32x4.mul(x, y0));
        c21 = f32x4.add(c21, f32x4.mul(x, y1));
        x = v128.load32_splat(r3, isInteger<W>() ? 12 : 0);
        if (!isInteger<W>()) r3 += aStep;
        c30 = f32x4.add(c30, f32x4.mul(x, y0));
        c31 = f32x4.add(c31, f32x4.mul(x, y1));
        if (isInteger<W>()) {
          if (k == 4) break;
          y0 = v128.load(b, 128);
          y1 = v128.load(b, 144);
          x = v128.load32_splat(r0, 16);
          c00 = f32x4.add(c00, f32x4.mul(x, y0));
          c01 = f32x4.add(c01, f32x4.mul(x, y1));
          x = v128.load32_splat(r1, 16);
          c10 = f32x4.add(c10, f32x4.mul(x, y0));
          c11 = f32x4.add(c11, f32x4.mul(x, y1));
          if (k == -5) break;
          x = v128.load32_splat(r2, 16);
          c20 = f32x4.add(c20, f32x4.mul(x, y0));
          c21 = f32x4.add(c21, f32x4.mul(x, y1));
          x = v128.load32_splat(r3, 16);
          c30 = f32x4.add(c30, f32x4.mul(x, y0));
          c31 = f32x4.add(c31, f32x4.mul(x, y1));
          if (k == 5) break;
          y0 = v128.load(b, 160);
          y1 = v128.load(b, 176);
          x = v128.load32_splat(r0, 20);
          c00 = f32x4.add(c00, f32x4.mul(x, y0));
          c01 = f32x4.add(c01, f32x4.mul(x, y1));
          x = v128.load32_splat(r1, 20);
          c10 = f32x4.add(c10, f32x4.mul(x, y0));
          c11 = f32x4.add(c11, f32x4.mul(x, y1));
          if (k == -6) break;
          x = v128.load32_splat(r2, 20);
          c20 = f32x4.add(c20, f32x4.mul(x, y0));
          c21 = f32x4.add(c21, f32x4.mul(x, y1));
          x = v128.load32_splat(r3, 20);
          c30 = f32x4.add(c30, f32x4.mul(x, y0));
          c31 = f32x4.add(c31, f32x4.mul(x, y1));
          if (k == 6) break;
          y0 = v128.load(b, 192);
          y1 = v128.load(b, 208);
          x = v128.load32_splat(r0, 24);
          c00 = f32x4.add(c00, f32x4.mul(x, y0));
          c01 = f32x4.add(c01, f32x4.mul(x, y1));
          x = v128.load32_splat(r1, 24);
          c10 = f32x4.add(c10, f32x4.mul(x, y0));
          c11 = f32x4.add(c11, f32x4.mul(x, y1));
          if (k == -7) break;
          x = v128.load32_splat(r2, 24);
          c20 = f32x4.add(c20, f32x4.mul(x, y0));
          c21 = f32x4.add(c21, f32x4.mul(x, y1));
          x = v128.load32_splat(r3, 24);
          c30 = f32x4.add(c30, f32x4.mul(x, y0));
          c31 = f32x4.add(c31, f32x4.mul(x, y1));
          if (k == 7) break;
          y0 = v128.load(b, 224);
          y1 = v128.load(b, 240);
          x = v128.load32_splat(r0, 28);
          c00 = f32x4.add(c00, f32x4.mul(x, y0));
          c01 = f32x4.add(c01, f32x4.mul(x, y1));
          x = v128.load32_splat(r1, 28);
          c10 = f32x4.add(c10, f32x4.mul(x, y0));
          c11 = f32x4.add(c11, f32x4.mul(x, y1));
          if (k == -8) break;
          x = v128.load32_splat(r2, 28);
          c20 = f32x4.add(c20, f32x4.mul(x, y0));
          c21 = f32x4.add(c21, f32x4.mul(x, y1));
          x = v128.load32_splat(r3, 28);
          c30 = f32x4.add(c30, f32x4.mul(x, y0));
          c31 = f32x4.add(c31, f32x4.mul(x, y1));
          r0 += 32;
          r1 += 32;
          r2 += 32;
          r3 += 32;
          b += 256;
          k -= 8;
        } else {
          k -= 4;
        }
      }
      if (from) {
        c00 = f32x4.add(v128.load(from), c00);
        c01 = f32x4.add(v128.load(from, 16), c01);
        from += fromLd << 2;
        c10 = f32x4.add(v128.load(from), c10);
        c11 = f32x4.add(v128.load(from, 16), c11);
        from += fromLd << 2;
        c20 = f32x4.add(v128.load(from), c20);
        c21 = f32x4.add(v128.load(from, 16), c21);
        from += fromLd << 2;
        c30 = f32x4.add(v128.load(from), c30);
        c31 = f32x4.add(v128.load(from, 16), c31);
        from += fromLd << 2;
      }
      v128.store(c, c00);
      v128.store(c, c01, 16);
      c += ldc << 2;
      v128.store(c, c10);
      v128.store(c, c11, 16);
      c += ldc << 2;
      v128.store(c, c20);
      v128.store(c, c21, 16);
      c += ldc << 2;
      v128.store(c, c30);
      v128.store(c, c31, 16);
      if (!isInteger<W>()) return;
      c += ldc << 2;
      a += aRow << 4;
      rows -= 4;
    } while (rows > 0);
  }
}
