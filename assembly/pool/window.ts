// Windows over planes, one side at a time, for max and average pooling.
//
// Strides of 0 stand for adaptive pooling: the windows divide a side of n cells, window o of `outs`
// being floor(o n / outs) ... ceil((o + 1) n / outs) - 1.

export class Window {
  /** The first cell of window o of `outs` along a side of n. */
  @inline
  static from(o: i32, stride: i32, pad: i32, n: i32, outs: i32): i32 {
    return stride ? o * stride - pad : <i32>((<i64>o * n) / outs);
  }

  /** Its taps: k of them, but for adaptive windows. */
  @inline
  static taps(o: i32, from: i32, stride: i32, k: i32, n: i32, outs: i32): i32 {
    return stride ? k : <i32>((<i64>(o + 1) * n + outs - 1) / outs) - from;
  }

  /** The first tap k >= 0 with from + k * step >= 0. */
  @inline
  static first(from: i32, step: i32): i32 {
    return from < 0 ? (step - 1 - from) / step : 0;
  }

  /** Behind the last tap k < taps with from + k * step < n. */
  @inline
  static last(from: i32, step: i32, taps: i32, n: i32): i32 {
    return from < n ? min(taps, (n - from + step - 1) / step) : 0;
  }

  /** Lanes in which v, coming later, wins over `best`. */
  @inline
  static beats(v: v128, best: v128): v128 {
    return v128.or(f32x4.gt(v, best), f32x4.ne(v, v));
  }

  /** Four floats `stride` apart, reading nothing between the first and the last of them. */
  @inline
  static gather(ptr: usize, stride: i32): v128 {
    if (stride == 1) return v128.load(ptr);
    if (stride == 2) return v128.shuffle<f32>(v128.load(ptr), v128.load(ptr, 12), 0, 2, 5, 7);
    const step = (<usize>stride) << 2;
    let v = v128.load32_splat(ptr);
    v = v128.load_lane<f32>(ptr + step, v, 1);
    v = v128.load_lane<f32>(ptr + 2 * step, v, 2);
    return v128.load_lane<f32>(ptr + 3 * step, v, 3);
  }
}

/**
 * Outputs of one row, from column `lo` to `hi` four at a time where no window leaves the plane
 * (the last four may overlap the ones before), one at a time elsewhere.
 */
export class Columns {
  @inline
  static lo(padW: i32, strideW: i32): i32 {
    return strideW ? (padW + strideW - 1) / strideW : 0;
  }

  @inline
  static hi(W: i32, OW: i32, spanW: i32, padW: i32, strideW: i32): i32 {
    const room = W + padW - spanW;
    return room < 0 || strideW == 0 ? 0 : min(OW, room / strideW + 1);
  }
}
