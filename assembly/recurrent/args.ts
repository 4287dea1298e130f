// The parameter block of the recurrent kernels.

export class Mode {
  static readonly TANH: u32 = 0;
  static readonly RELU: u32 = 1;
  static readonly LSTM: u32 = 2;
  static readonly GRU: u32 = 3;

  @inline
  static gates(mode: u32): u32 {
    return mode < Mode.LSTM ? 1 : mode == Mode.LSTM ? 4 : 3;
  }
}

/** Both kernels' blocks: forward reads x, h0, c0 and writes the others; backward reads all but the d... */
@unmanaged
export class RecurrentArgs {
  /** [T, B, G H]: W_ih x + b_ih */
  x: usize;
  /** Forward: [H, G H], W_hh transposed; backward: [G H, H]. */
  w: usize;
  /** [G H], or 0 */
  bias: usize;
  /** [B, H]; c0: LSTM */
  h0: usize;
  c0: usize;
  /** [B]: steps of each row, or 0: all have T. What lies behind gives 0. */
  lengths: usize;
  /** [T, B, H], then the last h [B, H], then (LSTM) the last c [B, H] */
  out: usize;
  /** [T, B, H]: h before each step */
  before: usize;
  /** [T, B, H]: LSTM: c after each step; GRU: W_hn h + b_hn */
  inner: usize;
  /** [T, B, G H]: the gates after their functions */
  gates: usize;
  /** [T, B, G H]: dL/dx; dhidden, dL/d(W_hh h + b_hh), differs from it for GRU only. */
  dy: usize;
  dx: usize;
  dhidden: usize;
  dh0: usize;
  dc0: usize;
  T: u32;
  B: u32;
  H: u32;
  mode: u32;
  reverse: u32;

  /** The time of a row's step `s`. */
  @inline
  time(s: u32, steps: u32): u32 {
    return this.reverse ? steps - 1 - s : s;
  }

  @inline
  steps(row: u32): u32 {
    return this.lengths ? load<u32>(this.lengths + (row << 2)) : this.T;
  }
}
