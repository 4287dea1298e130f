// What is done to results of products and convolutions right where they are made.

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
      if (load<f32>(p) < 0) store<f32>(p, 0);
      p += 4;
    }
    x += ld << 2;
  }
}
