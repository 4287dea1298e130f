// Small pieces that every reduction needs: the odd elements behind the last whole vector, the sum
// across a vector's lanes. No loops over tensors.

export class Lanes {
  /** The k < 4 floats (or 4-byte integers) at `x`; the other lanes are those of `fill`. */
  static loadTail(x: usize, k: u32, fill: v128): v128 {
    let v = fill;
    if (k > 0) v = v128.load_lane<u32>(x, v, 0);
    if (k > 1) v = v128.load_lane<u32>(x, v, 1, 4);
    if (k > 2) v = v128.load_lane<u32>(x, v, 2, 8);
    return v;
  }

  /** Stores the first k <= 4 lanes. */
  static storeHead(out: usize, k: u32, v: v128): void {
    if (k >= 4) {
      v128.store(out, v);
      return;
    }
    if (k > 0) v128.store_lane<u32>(out, v, 0);
    if (k > 1) v128.store_lane<u32>(out, v, 1, 4);
    if (k > 2) v128.store_lane<u32>(out, v, 2, 8);
  }

  /** The sum of four floats, in float64. */
  @inline
  static sum(v: v128): f64 {
    const s = f64x2.add(Lanes.low(v), Lanes.high(v));
    return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  }

  /** Lanes 0 and 1 in float64. */
  @inline
  static low(v: v128): v128 {
    return f64x2.promote_low_f32x4(v);
  }

  /** Lanes 2 and 3 in float64. */
  @inline
  static high(v: v128): v128 {
    return f64x2.promote_low_f32x4(v128.shuffle<u32>(v, v, 2, 3, 2, 3));
  }

  /** Four float64 as floats. */
  @inline
  static demote(low: v128, high: v128): v128 {
    const a = f32x4.demote_f64x2_zero(low);
    const b = f32x4.demote_f64x2_zero(high);
    return v128.shuffle<u32>(a, b, 0, 1, 4, 5);
  }
}
