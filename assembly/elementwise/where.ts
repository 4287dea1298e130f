// out = cond ? a : b, for 4-byte elements.
import { Sizes, Walk } from "./walk";

export function where32(args: usize, start: u32, end: u32): void {
  const walk = Walk.begin(args, start, end, 3, Sizes.SELECT_WORDS, 0);
  for (let n = walk.first; n > 0; n = walk.next()) {
    let cond = walk.input(0).src;
    let a = walk.input(1).src;
    let b = walk.input(2).src;
    const stepCond = walk.input(0).step;
    const stepA = walk.input(1).step;
    const stepB = walk.input(2).step;
    let out = walk.out;
    for (; n > 0; n--) {
      // 0 or 1 in a byte; negated, a mask of the element's width.
      const low = i16x8.extend_low_i8x16_s(i8x16.neg(v128.load(cond)));
      const high = i16x8.extend_high_i8x16_s(i8x16.neg(v128.load(cond)));
      const y0 = v128.bitselect(v128.load(a), v128.load(b), i32x4.extend_low_i16x8_s(low));
      const y1 = v128.bitselect(v128.load(a, 16), v128.load(b, 16), i32x4.extend_high_i16x8_s(low));
      const y2 = v128.bitselect(v128.load(a, 32), v128.load(b, 32), i32x4.extend_low_i16x8_s(high));
      const y3 = v128.bitselect(
        v128.load(a, 48),
        v128.load(b, 48),
        i32x4.extend_high_i16x8_s(high),
      );
      v128.store(out, y0);
      v128.store(out, y1, 16);
      v128.store(out, y2, 32);
      v128.store(out, y3, 48);
      cond += stepCond;
      a += stepA;
      b += stepB;
      out += 64;
    }
  }
}
