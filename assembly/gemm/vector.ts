// Products of a row vector and a matrix: what matmul does for fewer than 4 rows. They wait for
// memory, so each element of B is read once, in the order in which it lies, and nothing is packed.
//
// Order of summation and hence the bits: the micro-kernel's (micro.ts).

// Their sizes are offsets. Of an inlined function's arguments none is an offset to AssemblyScript, and
// what is added to a pointer instead takes an instruction each time.
@unmanaged
class At0 {}
@unmanaged
class At16 {
  _: v128;
}
@unmanaged
class At32 extends At16 {
  _1: v128;
}
@unmanaged
class At48 extends At32 {
  _2: v128;
}

export class Vector {
  /**
   * sum[j] += x[p] * B[p][j] over p in order, for rows of B that are contiguous: 4 rows a pass.
   * The steps of x and B's rows count bytes.
   */
  static rows(x: usize, xBytes: usize, b: usize, bBytes: usize, k: u32, n: u32, sum: usize): void {
    const fours = sum + ((n & ~15) << 2);
    const vectors = sum + ((n & ~3) << 2);
    const end = sum + (n << 2);
    for (; k >= 4; k -= 4) {
      const x1 = x + xBytes;
      const x2 = x1 + xBytes;
      const x3 = x2 + xBytes;
      const y0 = v128.load32_splat(x);
      const y1 = v128.load32_splat(x1);
      const y2 = v128.load32_splat(x2);
      const y3 = v128.load32_splat(x3);
      let b0 = b;
      let b1 = b0 + bBytes;
      let b2 = b1 + bBytes;
      let b3 = b2 + bBytes;
      b = b3 + bBytes;
      let at = sum;
      for (; at < fours; at += 64) {
        Vector.add<At0>(at, y0, y1, y2, y3, b0, b1, b2, b3);
        Vector.add<At16>(at, y0, y1, y2, y3, b0, b1, b2, b3);
        Vector.add<At32>(at, y0, y1, y2, y3, b0, b1, b2, b3);
        Vector.add<At48>(at, y0, y1, y2, y3, b0, b1, b2, b3);
        b0 += 64;
        b1 += 64;
        b2 += 64;
        b3 += 64;
      }
      for (; at < vectors; at += 16) {
        Vector.add<At0>(at, y0, y1, y2, y3, b0, b1, b2, b3);
        b0 += 16;
        b1 += 16;
        b2 += 16;
        b3 += 16;
      }
      for (; at < end; at += 4) {
        let s = load<f32>(at) + load<f32>(x) * load<f32>(b0);
        s += load<f32>(x1) * load<f32>(b1);
        s += load<f32>(x2) * load<f32>(b2);
        store<f32>(at, s + load<f32>(x3) * load<f32>(b3));
        b0 += 4;
        b1 += 4;
        b2 += 4;
        b3 += 4;
      }
      x = x3 + xBytes;
    }
    for (; k > 0; k--) {
      const y = load<f32>(x);
      for (let at = sum, from = b; at < end; at += 4, from += 4) {
        store<f32>(at, load<f32>(at) + y * load<f32>(from));
      }
      x += xBytes;
      b += bBytes;
    }
  }

  /** Four columns of it: four products are added, in order. */
  @inline
  private static add<At>(
    at: usize,
    y0: v128,
    y1: v128,
    y2: v128,
    y3: v128,
    b0: usize,
    b1: usize,
    b2: usize,
    b3: usize,
  ): void {
    let s = f32x4.add(v128.load(at, offsetof<At>()), f32x4.mul(y0, v128.load(b0, offsetof<At>())));
    s = f32x4.add(s, f32x4.mul(y1, v128.load(b1, offsetof<At>())));
    s = f32x4.add(s, f32x4.mul(y2, v128.load(b2, offsetof<At>())));
    v128.store(at, f32x4.add(s, f32x4.mul(y3, v128.load(b3, offsetof<At>()))), offsetof<At>());
  }

  /**
   * The same for columns of B that are contiguous, `bBytes` apart: 8 columns at a time, 4 x 4
   * elements transposed in registers. Writes sum[j] for n rounded up to a multiple of 8.
   */
  static columns(
    x: usize,
    xBytes: usize,
    b: usize,
    bBytes: usize,
    k: u32,
    n: u32,
    sum: usize,
  ): void {
    for (let j: u32 = 0; j < n; j += 8) {
      Vector.eight(x, xBytes, b, bBytes, k, min<u32>(8, n - j), sum);
      b += bBytes << 3;
      sum += 32;
    }
  }

  /** Columns past `cols` are replaced by the last one. */
  private static eight(
    x: usize,
    xBytes: usize,
    b: usize,
    bBytes: usize,
    k: i32,
    cols: u32,
    sum: usize,
  ): void {
    const q1 = b + (cols > 1 ? bBytes : 0);
    const q2 = q1 + (cols > 2 ? bBytes : 0);
    const q3 = q2 + (cols > 3 ? bBytes : 0);
    const q4 = q3 + (cols > 4 ? bBytes : 0);
    const q5 = q4 + (cols > 5 ? bBytes : 0);
    const q6 = q5 + (cols > 6 ? bBytes : 0);
    const q7 = q6 + (cols > 7 ? bBytes : 0);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let at: usize = 0;
    while (true) {
      if (k < 4) break;
      const x1 = x + xBytes;
      const x2 = x1 + xBytes;
      const x3 = x2 + xBytes;
      const y0 = v128.load32_splat(x);
      const y1 = v128.load32_splat(x1);
      const y2 = v128.load32_splat(x2);
      const y3 = v128.load32_splat(x3);
      s0 = Vector.four(s0, y0, y1, y2, y3, b + at, q1 + at, q2 + at, q3 + at);
      // Never taken: a barrier to V8, as in micro.ts.
      if (k == -1) break;
      s1 = Vector.four(s1, y0, y1, y2, y3, q4 + at, q5 + at, q6 + at, q7 + at);
      x = x3 + xBytes;
      at += 16;
      k -= 4;
    }
    while (true) {
      if (k <= 0) break;
      const y = v128.load32_splat(x);
      s0 = f32x4.add(s0, f32x4.mul(y, Vector.gather(b + at, q1 + at, q2 + at, q3 + at)));
      s1 = f32x4.add(s1, f32x4.mul(y, Vector.gather(q4 + at, q5 + at, q6 + at, q7 + at)));
      x += xBytes;
      at += 4;
      k--;
    }
    v128.store(sum, s0);
    v128.store(sum, s1, 16);
  }

  /** s plus four products each of four columns, whose next four elements lie at q0 ... q3. */
  @inline
  private static four(
    s: v128,
    y0: v128,
    y1: v128,
    y2: v128,
    y3: v128,
    q0: usize,
    q1: usize,
    q2: usize,
    q3: usize,
  ): v128 {
    const a = v128.load(q0);
    const b = v128.load(q1);
    const c = v128.load(q2);
    const d = v128.load(q3);
    const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5);
    s = f32x4.add(s, f32x4.mul(y0, i64x2.shuffle(abLow, cdLow, 0, 2)));
    s = f32x4.add(s, f32x4.mul(y1, i64x2.shuffle(abLow, cdLow, 1, 3)));
    const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
    s = f32x4.add(s, f32x4.mul(y2, i64x2.shuffle(abHigh, cdHigh, 0, 2)));
    return f32x4.add(s, f32x4.mul(y3, i64x2.shuffle(abHigh, cdHigh, 1, 3)));
  }

  @inline
  private static gather(q0: usize, q1: usize, q2: usize, q3: usize): v128 {
    let v = v128.load32_zero(q0);
    v = v128.load_lane<f32>(q1, v, 1);
    v = v128.load_lane<f32>(q2, v, 2);
    return v128.load_lane<f32>(q3, v, 3);
  }
}
