// What is done to results of products and convolutions right where they are made, and what they start from.

/** max(x, 0) of m rows of n elements, `ld` apart, in place: the bits of reluF32 (NaN and -0 stay). */
export function relu(x: usize, ld: u32, m: u32, n: u32): void {
  if (n == ld) {
    n *= m;
    m = 1;
  }
  for (; m > 0; m--) {
    let p = x;
    let left = n;
    for (; left >= 4; left -= 4) {
      v128.store(p, f32x4.pmax(v128.load(p), f32x4.splat(0)));
      p += 16;
    }
    for (; left > 0; left--) {
      v128.store32_lane(p, f32x4.pmax(v128.load32_zero(p), f32x4.splat(0)), 0);
      p += 4;
    }
    x += ld << 2;
  }
}

/** Eight copies of each of n numbers: what rows of a tile start from (Micro.block's fromLd = 8). */
export function spread(x: usize, n: u32, to: usize): void {
  for (; n > 0; n--) {
    const v = v128.load32_splat(x);
    v128.store(to, v);
    v128.store(to, v, 16);
    x += 4;
    to += 32;
  }
}
