// Four float32 lanes as two pairs of float64, where float32 can't hold what is needed.

export class Halves {
  /** Lanes 0 and 1. */
  @inline
  static low(x: v128): v128 {
    return f64x2.promote_low_f32x4(x);
  }

  /** Lanes 2 and 3. */
  @inline
  static high(x: v128): v128 {
    return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
  }

  /** Four float32 out of two pairs. */
  @inline
  static join(low: v128, high: v128): v128 {
    return i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  }

  /** The lower 32 bits of each of the four. */
  @inline
  static joinBits(low: v128, high: v128): v128 {
    return i32x4.shuffle(low, high, 0, 2, 4, 6);
  }
}
