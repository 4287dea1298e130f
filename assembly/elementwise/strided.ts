// Copies of strided elements of 1 or 4 bytes; everything that only moves data ends here.
//
// `shift` is the log2 of an element's bytes: 0 or 2.

export class Strided {
  /** Repeats the first `period` bytes of a buffer up to `bytes`, or a little beyond. */
  static repeat(buffer: usize, period: usize, bytes: usize): void {
    const end = buffer + bytes;
    let to = buffer + period;
    if (period >= 16) {
      for (; to < end; to += 16) v128.store(to, v128.load(to - period));
    } else {
      for (; to < end; to++) store<u8>(to, load<u8>(to - period));
    }
  }

  /** Fewer than 64 contiguous bytes: too few for memory.copy, which is a call into the engine. */
  static copyFew(dst: usize, src: usize, bytes: u32): void {
    for (; bytes >= 16; bytes -= 16) {
      v128.store(dst, v128.load(src));
      dst += 16;
      src += 16;
    }
    for (; bytes >= 4; bytes -= 4) {
      store<u32>(dst, load<u32>(src));
      dst += 4;
      src += 4;
    }
    for (; bytes > 0; bytes--) store<u8>(dst++, load<u8>(src++));
  }

  /** Contiguous bytes, in registers while they are few: memory.copy is a call into the engine. */
  static copyBytes(dst: usize, src: usize, bytes: usize): void {
    if (bytes > 1024) {
      memory.copy(dst, src, bytes);
      return;
    }
    for (; bytes >= 64; bytes -= 64) {
      const a = v128.load(src);
      const b = v128.load(src, 16);
      const c = v128.load(src, 32);
      const d = v128.load(src, 48);
      v128.store(dst, a);
      v128.store(dst, b, 16);
      v128.store(dst, c, 32);
      v128.store(dst, d, 48);
      dst += 64;
      src += 64;
    }
    Strided.copyFew(dst, src, <u32>bytes);
  }

  /** n copies of the 4-byte or 1-byte element at src. */
  private static fill(dst: usize, src: usize, n: u32, shift: u32): void {
    const splat = shift ? v128.load32_splat(src) : v128.load8_splat(src);
    const end = dst + (n << shift);
    for (; dst + 16 <= end; dst += 16) v128.store(dst, splat);
    if (shift) for (; dst < end; dst += 4) store<u32>(dst, load<u32>(src));
    else for (; dst < end; dst++) store<u8>(dst, load<u8>(src));
  }

  /** dst[i * dstStride] = src[i * srcStride] for i < n; strides in elements of 1 << shift bytes. */
  static copy(dst: usize, dstStride: i32, src: usize, srcStride: i32, n: u32, shift: u32): void {
    if (dstStride == 1) {
      if (srcStride == 1) return Strided.copyBytes(dst, src, n << shift);
      if (srcStride == 0) return Strided.fill(dst, src, n, shift);
    }
    const dstStep = dstStride << shift;
    const srcStep = srcStride << shift;
    if (shift == 2) {
      for (; n > 0; n--) {
        store<u32>(dst, load<u32>(src));
        dst += dstStep;
        src += srcStep;
      }
    } else {
      for (; n > 0; n--) {
        store<u8>(dst, load<u8>(src));
        dst += dstStep;
        src += srcStep;
      }
    }
  }

  /**
   * Four rows at a time of a transposed matrix of words: element (r, c) is at src + 4 (r +
   * c * stride). rows is a multiple of 4. Eight columns' cache lines are used up before moving on.
   */
  static transpose(dst: usize, src: usize, rows: u32, cols: u32, stride: i32): void {
    const step = stride << 2;
    const whole = cols & ~3;
    for (let first: u32 = 0; first < whole; first += 8) {
      const end = min(first + 8, whole);
      for (let r: u32 = 0; r < rows; r += 4) {
        for (let c = first; c < end; c += 4) {
          Strided.tile(dst + ((r * cols + c) << 2), cols << 2, src + (r << 2) + c * step, step);
        }
      }
    }
    for (let c = whole; c < cols; c++) {
      let to = dst + (c << 2);
      for (let r: u32 = 0; r < rows; r += 4) {
        const four = v128.load(src + (r << 2) + c * step);
        v128.store_lane<u32>(to, four, 0);
        v128.store_lane<u32>(to + (cols << 2), four, 1);
        v128.store_lane<u32>(to + (cols << 3), four, 2);
        v128.store_lane<u32>(to + cols * 12, four, 3);
        to += cols << 4;
      }
    }
  }

  /** 4 x 4 words, transposed. */
  @inline
  private static tile(dst: usize, dstStep: usize, src: usize, srcStep: usize): void {
    const a = v128.load(src);
    const b = v128.load(src + srcStep);
    const c = v128.load(src + 2 * srcStep);
    const d = v128.load(src + 3 * srcStep);
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const ef = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const gh = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(dst, i64x2.shuffle(ab, cd, 0, 2));
    v128.store(dst + dstStep, i64x2.shuffle(ab, cd, 1, 3));
    v128.store(dst + 2 * dstStep, i64x2.shuffle(ef, gh, 0, 2));
    v128.store(dst + 3 * dstStep, i64x2.shuffle(ef, gh, 1, 3));
  }
}
