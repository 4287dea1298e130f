// conv2d of 3 x 3 taps, a step of 1 and as many groups as channels in and out (depthwise), and its
// gradients. A plane is all that a channel of an image has to do with: it is copied to the scratch with
// its padding, some rows at a time (a band), and two rows of four outputs are computed in registers. With
// the taps turned round and the rest of the padding it is the gradient by the input.
//
// A work unit is a plane of the outputs; of the gradient by the weight, a channel of all images.
// Order of summation: the taps (turned round, too); for the gradient by the weight, four columns apart
// each, all rows of a band (or of 4096 of its columns), then bands and images, then columns.
import { Scratch } from "../abi";
import { relu } from "../gemm/epilogue";
import { Sampling } from "./sampling";

@unmanaged
class DepthwiseArgs {
  x: usize;
  w: usize;
  bias: usize;
  out: usize;
  /** 1: max(result, 0). */
  relu: u32;
  N: i32;
  C: i32;
  H: i32;
  W: i32;
  OH: i32;
  OW: i32;
  padH: i32;
  padW: i32;
  /** 1; or -1: taps are turned round. */
  tapStep: i32;
}

@unmanaged
class DepthwiseWeightGradArgs {
  x: usize;
  dy: usize;
  dw: usize;
  N: i32;
  C: i32;
  H: i32;
  W: i32;
  OH: i32;
  OW: i32;
  padH: i32;
  padW: i32;
}

/** out = bias + conv2d(x, w), or relu of that; bias = 0 is none. */
export function depthwiseF32(args: usize, start: u32, end: u32): void {
  const a = changetype<DepthwiseArgs>(args);
  const most = Band.rows(a.OW);
  for (let unit = start; unit < end; unit++) {
    const c = unit % a.C;
    const x = a.x + ((<usize>unit * a.H * a.W) << 2);
    const w = a.w + ((<usize>c * 9) << 2) + (a.tapStep < 0 ? 32 : 0);
    const bias = a.bias ? v128.load32_splat(a.bias + ((<usize>c) << 2)) : f32x4.splat(0);
    let out = a.out + ((<usize>unit * a.OH * a.OW) << 2);
    for (let row = 0; row < a.OH; row += most) {
      const rows = min(most, a.OH - row);
      Band.stage(x, a.H, a.W, row - a.padH, a.padW, rows + 2, Band.pitch(a.OW));
      Band.convolve(w, a.tapStep << 2, bias, rows, a.OW, out);
      if (a.relu) relu(out, 0, 1, rows * a.OW);
      out += (<usize>rows * a.OW) << 2;
    }
  }
}

/** dw of that, from x and dy. */
export function depthwiseWeightGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<DepthwiseWeightGradArgs>(args);
  const most = Band.rows(a.OW);
  for (let c = start; c < end; c++) {
    memory.fill(Band.sums(), 0, 144);
    for (let n = 0; n < a.N; n++) {
      const plane = <usize>n * a.C + c;
      const x = a.x + ((plane * a.H * a.W) << 2);
      let dy = a.dy + ((plane * a.OH * a.OW) << 2);
      for (let row = 0; row < a.OH; row += most) {
        const rows = min(most, a.OH - row);
        Band.stage(x, a.H, a.W, row - a.padH, a.padW, rows + 2, Band.pitch(a.OW));
        for (let col = 0; col < a.OW; col += Band.FLOATS) {
          Band.correlate(dy, col, min(Band.FLOATS, a.OW - col), rows, a.OW);
        }
        dy += (<usize>rows * a.OW) << 2;
      }
    }
    const dw = a.dw + ((<usize>c * 9) << 2);
    for (let tap: usize = 0; tap < 9; tap++) {
      const sum = v128.load(Band.sums() + (tap << 4));
      const pair = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
      store<f32>(dw + (tap << 2), f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1));
    }
  }
}

class Band {
  /** About what a band holds: a part of the L1 cache. */
  static readonly FLOATS: i32 = 4096;

  /** The sums of nine taps. */
  @inline
  static sums(): usize {
    return Scratch.base();
  }

  /** A vector of which fewer than four outputs are wanted. */
  @inline
  static spare(): usize {
    return Scratch.base() + 192;
  }

  @inline
  static slab(): usize {
    return Scratch.base() + 512;
  }

  /** Floats between the rows of the slab. */
  @inline
  static pitch(OW: i32): i32 {
    return (max(OW, 4) + 5) & ~3;
  }

  /**
   * Rows of outputs of a band, an even number: as far as that is possible. Of long rows there are two, and
   * the scratch must take four of the inputs: src/ops/depthwise.ts comes here with W < 60000 only.
   */
  static rows(OW: i32): i32 {
    return max(2, (Band.FLOATS / Band.pitch(OW) - 2) & ~1);
  }

  /** Copies `rows` rows of a plane from row y on, zeros outside. */
  static stage(x: usize, H: i32, W: i32, y: i32, padW: i32, rows: i32, pitch: i32): void {
    let to = Band.slab();
    const step = (<usize>pitch) << 2;
    const inside = (<usize>padW) << 2;
    for (const end = y + rows; y < end; y++) {
      if (<u32>y < <u32>H) {
        v128.store(to, i32x4.splat(0));
        Sampling.copy(to + inside, x + ((<usize>(y * W)) << 2), W);
        // What is too much of it the next row overwrites.
        v128.store(to + inside + ((<usize>W) << 2), i32x4.splat(0));
      } else {
        memory.fill(to, 0, step);
      }
      to += step;
    }
  }

  /** The outputs of a band; w points at the first tap, the others are `step` bytes apart. */
  static convolve(w: usize, step: i32, bias: v128, rows: i32, OW: i32, out: usize): void {
    const pitch = (<usize>Band.pitch(OW)) << 2;
    const w0 = v128.load32_splat(w);
    const w1 = v128.load32_splat(w + step);
    const w2 = v128.load32_splat(w + 2 * step);
    const w3 = v128.load32_splat(w + 3 * step);
    const w4 = v128.load32_splat(w + 4 * step);
    const w5 = v128.load32_splat(w + 5 * step);
    const w6 = v128.load32_splat(w + 6 * step);
    const w7 = v128.load32_splat(w + 7 * step);
    const w8 = v128.load32_splat(w + 8 * step);
    const width = (<usize>OW) << 2;
    const last = width - 16;
    let line = Band.slab();
    for (let r = 0; r < rows; r += 2) {
      const second = r + 1 < rows ? width : 0;
      let col: usize = 0;
      while (true) {
        let p = line + col;
        let x = v128.load(p);
        let s0 = f32x4.mul(x, w0);
        x = v128.load(p, 4);
        s0 = f32x4.add(s0, f32x4.mul(x, w1));
        x = v128.load(p, 8);
        s0 = f32x4.add(s0, f32x4.mul(x, w2));
        p += pitch;
        x = v128.load(p);
        s0 = f32x4.add(s0, f32x4.mul(x, w3));
        let s1 = f32x4.mul(x, w0);
        x = v128.load(p, 4);
        s0 = f32x4.add(s0, f32x4.mul(x, w4));
        s1 = f32x4.add(s1, f32x4.mul(x, w1));
        x = v128.load(p, 8);
        s0 = f32x4.add(s0, f32x4.mul(x, w5));
        s1 = f32x4.add(s1, f32x4.mul(x, w2));
        p += pitch;
        x = v128.load(p);
        s0 = f32x4.add(s0, f32x4.mul(x, w6));
        s1 = f32x4.add(s1, f32x4.mul(x, w3));
        x = v128.load(p, 4);
        s0 = f32x4.add(s0, f32x4.mul(x, w7));
        s1 = f32x4.add(s1, f32x4.mul(x, w4));
        x = v128.load(p, 8);
        s0 = f32x4.add(s0, f32x4.mul(x, w8));
        s1 = f32x4.add(s1, f32x4.mul(x, w5));
        p += pitch;
        x = v128.load(p);
        s1 = f32x4.add(s1, f32x4.mul(x, w6));
        x = v128.load(p, 4);
        s1 = f32x4.add(s1, f32x4.mul(x, w7));
        x = v128.load(p, 8);
        s1 = f32x4.add(s1, f32x4.mul(x, w8));
        s0 = f32x4.add(bias, s0);
        s1 = f32x4.add(bias, s1);
        if (OW < 4) {
          Band.few(s0, out, width);
          if (second) Band.few(s1, out + second, width);
          break;
        }
        // A single row is written over itself.
        v128.store(out + col + second, s1);
        v128.store(out + col, s0);
        if (col == last) break;
        // The last four columns may be some of those before.
        col = min(col + 16, last);
      }
      line += 2 * pitch;
      out += 2 * width;
    }
  }

  /** The first `bytes` of a vector. */
  static few(x: v128, to: usize, bytes: usize): void {
    v128.store(Band.spare(), x);
    memory.copy(to, Band.spare(), bytes);
  }

  /** Adds the products of dy and x in `cols` columns of a band, nine taps apart, to the sums. */
  static correlate(dy: usize, col: i32, cols: i32, rows: i32, OW: i32): void {
    const pitch = (<usize>Band.pitch(OW)) << 2;
    const sums = Band.sums();
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    let s8 = s0;
    dy += (<usize>col) << 2;
    let line = Band.slab() + ((<usize>col) << 2);
    for (; rows > 0; rows--) {
      let p = line;
      let q = cols;
      for (; q >= 4; q -= 4) {
        const d = v128.load(dy);
        s0 = f32x4.add(s0, f32x4.mul(d, v128.load(p)));
        s1 = f32x4.add(s1, f32x4.mul(d, v128.load(p, 4)));
        s2 = f32x4.add(s2, f32x4.mul(d, v128.load(p, 8)));
        let row = p + pitch;
        s3 = f32x4.add(s3, f32x4.mul(d, v128.load(row)));
        s4 = f32x4.add(s4, f32x4.mul(d, v128.load(row, 4)));
        s5 = f32x4.add(s5, f32x4.mul(d, v128.load(row, 8)));
        row += pitch;
        s6 = f32x4.add(s6, f32x4.mul(d, v128.load(row)));
        s7 = f32x4.add(s7, f32x4.mul(d, v128.load(row, 4)));
        s8 = f32x4.add(s8, f32x4.mul(d, v128.load(row, 8)));
        dy += 16;
        p += 16;
      }
      for (; q > 0; q--) {
        const d = v128.load32_zero(dy);
        s0 = f32x4.add(s0, f32x4.mul(d, v128.load32_zero(p)));
        s1 = f32x4.add(s1, f32x4.mul(d, v128.load32_zero(p, 4)));
        s2 = f32x4.add(s2, f32x4.mul(d, v128.load32_zero(p, 8)));
        let row = p + pitch;
        s3 = f32x4.add(s3, f32x4.mul(d, v128.load32_zero(row)));
        s4 = f32x4.add(s4, f32x4.mul(d, v128.load32_zero(row, 4)));
        s5 = f32x4.add(s5, f32x4.mul(d, v128.load32_zero(row, 8)));
        row += pitch;
        s6 = f32x4.add(s6, f32x4.mul(d, v128.load32_zero(row)));
        s7 = f32x4.add(s7, f32x4.mul(d, v128.load32_zero(row, 4)));
        s8 = f32x4.add(s8, f32x4.mul(d, v128.load32_zero(row, 8)));
        dy += 4;
        p += 4;
      }
      dy += (<usize>(OW - cols)) << 2;
      line += pitch;
    }
    Band.add(sums, s0);
    Band.add(sums + 16, s1);
    Band.add(sums + 32, s2);
    Band.add(sums + 48, s3);
    Band.add(sums + 64, s4);
    Band.add(sums + 80, s5);
    Band.add(sums + 96, s6);
    Band.add(sums + 112, s7);
    Band.add(sums + 128, s8);
  }

  @inline
  static add(to: usize, x: v128): void {
    v128.store(to, f32x4.add(v128.load(to), x));
  }
}
