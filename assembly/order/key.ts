// What float32 and int32 compare by here: 32 bits in unsigned order. No kernels.

export class Key {
  /** The key of the 4 bytes at `x`: NaN is the largest float, -0 equals 0. */
  @inline
  static of(x: usize, integers: u32): u32 {
    if (integers) return load<u32>(x) ^ 0x80000000;
    const v = load<f32>(x);
    if (v != v) return Key.NAN;
    const bits = reinterpret<i32>(v + 0);
    return bits ^ ((bits >> 31) | 0x80000000);
  }

  /** Of floats no other has this one. */
  static readonly NAN: u32 = 0xffffffff;
}
