// The micro-kernel's tile where multiplication and addition are one instruction (the relaxed build): six
// rows instead of four. Its twelve sums, two vectors of B and one of A are the fifteen registers that V8
// has; with separate instructions the product would need a sixteenth. Twelve sums also cover the latency
// of two fused units, which eight just do.
//
// Sums are those of micro.ts, in the same order.

/** The tile, and when it is used. */
export class Fused {
  /** Rows of a tile. */
  static readonly ROWS: u32 = 6;

  /** Whether six of the last rows go first: not where fours divide them and sixes leave two. */
  @inline
  static takes(rows: u32): bool {
    return rows >= 6 && rows != 8;
  }

  /** Six rows and eight columns of from + A @ B; A's rows are contiguous, B is packed (bRow = 8). */
  static f32_6x8(
    a: usize,
    aRow: i32,
    b: usize,
    k: i32,
    from: usize,
    fromLd: i32,
    c: usize,
    ldc: i32,
  ): void {
    const step = aRow << 2;
    let r0 = a;
    let r1 = r0 + step;
    let r2 = r1 + step;
    let r3 = r2 + step;
    let r4 = r3 + step;
    let r5 = r4 + step;
    let c00 = f32x4.splat(0);
    let c01 = f32x4.splat(0);
    let c10 = f32x4.splat(0);
    let c11 = f32x4.splat(0);
    let c20 = f32x4.splat(0);
    let c21 = f32x4.splat(0);
    let c30 = f32x4.splat(0);
    let c31 = f32x4.splat(0);
    let c40 = f32x4.splat(0);
    let c41 = f32x4.splat(0);
    let c50 = f32x4.splat(0);
    let c51 = f32x4.splat(0);
    let x: v128;
    let y0: v128;
    let y1: v128;
    while (true) {
      if (k == 0) break;
      y0 = v128.load(b);
      y1 = v128.load(b, 16);
      x = v128.load32_splat(r0);
      c00 = f32x4.add(c00, f32x4.mul(x, y0));
      c01 = f32x4.add(c01, f32x4.mul(x, y1));
      x = v128.load32_splat(r1);
      c10 = f32x4.add(c10, f32x4.mul(x, y0));
      c11 = f32x4.add(c11, f32x4.mul(x, y1));
      x = v128.load32_splat(r2);
      c20 = f32x4.add(c20, f32x4.mul(x, y0));
      c21 = f32x4.add(c21, f32x4.mul(x, y1));
      if (k == -1) break;
      x = v128.load32_splat(r3);
      c30 = f32x4.add(c30, f32x4.mul(x, y0));
      c31 = f32x4.add(c31, f32x4.mul(x, y1));
      x = v128.load32_splat(r4);
      c40 = f32x4.add(c40, f32x4.mul(x, y0));
      c41 = f32x4.add(c41, f32x4.mul(x, y1));
      x = v128.load32_splat(r5);
      c50 = f32x4.add(c50, f32x4.mul(x, y0));
      c51 = f32x4.add(c51, f32x4.mul(x, y1));
      if (k == 1) break;
      y0 = v128.load(b, 32);
      y1 = v128.load(b, 48);
      x = v128.load32_splat(r0, 4);
      c00 = f32x4.add(c00, f32x4.mul(x, y0));
      c01 = f32x4.add(c01, f32x4.mul(x, y1));
      x = v128.load32_splat(r1, 4);
      c10 = f32x4.add(c10, f32x4.mul(x, y0));
      c11 = f32x4.add(c11, f32x4.mul(x, y1));
      x = v128.load32_splat(r2, 4);
      c20 = f32x4.add(c20, f32x4.mul(x, y0));
      c21 = f32x4.add(c21, f32x4.mul(x, y1));
      if (k == -2) break;
      x = v128.load32_splat(r3, 4);
      c30 = f32x4.add(c30, f32x4.mul(x, y0));
      c31 = f32x4.add(c31, f32x4.mul(x, y1));
      x = v128.load32_splat(r4, 4);
      c40 = f32x4.add(c40, f32x4.mul(x, y0));
      c41 = f32x4.add(c41, f32x4.mul(x, y1));
      x = v128.load32_splat(r5, 4);
      c50 = f32x4.add(c50, f32x4.mul(x, y0));
      c51 = f32x4.add(c51, f32x4.mul(x, y1));
      if (k == 2) break;
      y0 = v128.load(b, 64);
      y1 = v128.load(b, 80);
      x = v128.load32_splat(r0, 8);
      c00 = f32x4.add(c00, f32x4.mul(x, y0));
      c01 = f32x4.add(c01, f32x4.mul(x, y1));
      x = v128.load32_splat(r1, 8);
      c10 = f32x4.add(c10, f32x4.mul(x, y0));
      c11 = f32x4.add(c11, f32x4.mul(x, y1));
      x = v128.load32_splat(r2, 8);
      c20 = f32x4.add(c20, f32x4.mul(x, y0));
      c21 = f32x4.add(c21, f32x4.mul(x, y1));
      if (k == -3) break;
      x = v128.load32_splat(r3, 8);
      c30 = f32x4.add(c30, f32x4.mul(x, y0));
      c31 = f32x4.add(c31, f32x4.mul(x, y1));
      x = v128.load32_splat(r4, 8);
      c40 = f32x4.add(c40, f32x4.mul(x, y0));
      c41 = f32x4.add(c41, f32x4.mul(x, y1));
      x = v128.load32_splat(r5, 8);
      c50 = f32x4.add(c50, f32x4.mul(x, y0));
      c51 = f32x4.add(c51, f32x4.mul(x, y1));
      if (k == 3) break;
      y0 = v128.load(b, 96);
      y1 = v128.load(b, 112);
      x = v128.load32_splat(r0, 12);
      c00 = f32x4.add(c00, f32x4.mul(x, y0));
      c01 = f32x4.add(c01, f32x4.mul(x, y1));
      x = v128.load32_splat(r1, 12);
      c10 = f32x4.add(c10, f32x4.mul(x, y0));
      c11 = f32x4.add(c11, f32x4.mul(x, y1));
      x = v128.load32_splat(r2, 12);
      c20 = f32x4.add(c20, f32x4.mul(x, y0));
      c21 = f32x4.add(c21, f32x4.mul(x, y1));
      if (k == -4) break;
      x = v128.load32_splat(r3, 12);
      c30 = f32x4.add(c30, f32x4.mul(x, y0));
      c31 = f32x4.add(c31, f32x4.mul(x, y1));
      x = v128.load32_splat(r4, 12);
      c40 = f32x4.add(c40, f32x4.mul(x, y0));
      c41 = f32x4.add(c41, f32x4.mul(x, y1));
      x = v128.load32_splat(r5, 12);
      c50 = f32x4.add(c50, f32x4.mul(x, y0));
      c51 = f32x4.add(c51, f32x4.mul(x, y1));
      r0 += 16;
      r1 += 16;
      r2 += 16;
      r3 += 16;
      r4 += 16;
      r5 += 16;
      b += 128;
      k -= 4;
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
      c40 = f32x4.add(v128.load(from), c40);
      c41 = f32x4.add(v128.load(from, 16), c41);
      from += fromLd << 2;
      c50 = f32x4.add(v128.load(from), c50);
      c51 = f32x4.add(v128.load(from, 16), c51);
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
    c += ldc << 2;
    v128.store(c, c40);
    v128.store(c, c41, 16);
    c += ldc << 2;
    v128.store(c, c50);
    v128.store(c, c51, 16);
  }
}
