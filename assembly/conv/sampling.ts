// How a grid of pixels samples the planes of an image: pixel (r, q), tap (i, j), channel c reads
//   plane c at (r * stepH + originH + i * tapH, q * stepW + originW + j * tapW), 0 outside of it.
// A convolution samples x (steps = strides, taps = dilations, origin = -padding); its input
// gradient samples dy, with taps that run backwards. No arithmetic on the values here.
//
// Pixels are taken in blocks: some whole rows, or a part of one. What a block can reach of a run
// of channels is copied to the scratch first with its padding (the slab), so that the packing of
// panels (panels.ts) never looks at an edge.
import { Conv2dDims, Room } from "./dims";

/** Most pixels of a block. src/kernels/units.ts knows this number. */
const BLOCK_PIXELS: i32 = 256;

class Axis {
  /** How many cells a line of pixels reaches. */
  @inline
  static reach(pixels: i32, step: i32, tap: i32, taps: i32): i64 {
    return <i64>(pixels - 1) * step + <i64>abs(tap) * (taps - 1) + 1;
  }
}

@unmanaged
export class Sampling {
  /** The first plane. */
  planes: usize;
  channels: i32;
  H: i32;
  W: i32;
  gridH: i32;
  gridW: i32;
  stepH: i32;
  stepW: i32;
  originH: i32;
  originW: i32;
  tapH: i32;
  tapW: i32;
  tapsH: i32;
  tapsW: i32;

  private blockH: i32;
  private blockW: i32;
  private across: i32;
  /** Whether a block's slab of one channel has room. Else panels are packed cell by cell. */
  fits: bool;
  private slabFloats: i32;

  /** The present block: its first pixel, and how many. */
  row: i32;
  col: i32;
  pixels: i32;
  cols: i32;

  /** The slab: what pixel (row, col) reads by tap (0, 0); its row and plane strides. */
  origin: usize;
  width: i32;
  plane: i32;

  /** Samples x at the outputs, for one group. */
  overX(d: Conv2dDims): void {
    this.channels = d.C / d.groups;
    this.H = d.H;
    this.W = d.W;
    this.gridH = d.OH;
    this.gridW = d.OW;
    this.stepH = d.strideH;
    this.stepW = d.strideW;
    this.originH = -d.padH;
    this.originW = -d.padW;
    this.tapH = d.dilationH;
    this.tapW = d.dilationW;
    this.tapsH = d.kh;
    this.tapsW = d.kw;
  }

  /** Divides a grid into blocks; returns how many there are. The grid of this object may be less. */
  divide(gridH: i32, gridW: i32): i32 {
    if (gridW > BLOCK_PIXELS) {
      const parts = (gridW + BLOCK_PIXELS - 1) / BLOCK_PIXELS;
      this.blockH = 1;
      this.blockW = ((gridW + parts - 1) / parts + 7) & ~7;
    } else {
      const most = BLOCK_PIXELS / gridW;
      const parts = (gridH + most - 1) / most;
      const even = (gridH + parts - 1) / parts;
      // A number of rows that fills panels of 8 pixels, if that is not too many.
      const step = 8 / min(8, gridW & -gridW);
      const full = (even + step - 1) & -step;
      this.blockH = full > most ? even : full;
      this.blockW = gridW;
    }
    this.across = this.blocksIn(gridW, this.blockW);
    return this.across * this.blocksIn(gridH, this.blockH);
  }

  /** To be called when all of the geometry is set. */
  measure(): void {
    const rows = Axis.reach(this.blockH, this.stepH, this.tapH, this.tapsH);
    const cols = Axis.reach(this.blockW, this.stepW, this.tapW, this.tapsW);
    const most = <i64>Room.SLAB_FLOATS;
    this.fits = rows <= most && cols <= most && this.taps <= Room.MAX_DEPTH;
    if (this.fits) {
      const floats = Sampling.planeFloats(<i32>rows, <i32>cols);
      this.fits = floats <= most;
      this.slabFloats = <i32>floats;
    }
  }

  @inline
  get taps(): i32 {
    return this.tapsH * this.tapsW;
  }

  /** How many channels' slabs have room at a time. */
  @inline
  get room(): i32 {
    return Room.SLAB_FLOATS / this.slabFloats;
  }

  /** Goes to block b of the grid that was divided; false if none of it is in this grid. */
  select(b: i32): bool {
    this.row = (b / this.across) * this.blockH;
    this.col = (b % this.across) * this.blockW;
    this.cols = min(this.blockW, this.gridW - this.col);
    const rows = min(this.blockH, this.gridH - this.row);
    this.pixels = rows > 0 && this.cols > 0 ? rows * this.cols : 0;
    return this.pixels > 0;
  }

  /** Copies what the block reaches of channels [from, to) into the slab. */
  stage(from: i32, to: i32): void {
    const backH = min(0, this.tapH * (this.tapsH - 1));
    const backW = min(0, this.tapW * (this.tapsW - 1));
    const rows = <i32>Axis.reach(this.pixels / this.cols, this.stepH, this.tapH, this.tapsH);
    const width = <i32>Axis.reach(this.cols, this.stepW, this.tapW, this.tapsW);
    const top = this.row * this.stepH + this.originH + backH;
    const left = this.col * this.stepW + this.originW + backW;
    this.width = width;
    this.plane = <i32>Sampling.planeFloats(rows, width);
    this.origin = Room.slab() - ((<isize>(backH * width + backW)) << 2);
    // Columns before, inside and behind the plane.
    const before = min(max(-left, 0), width);
    const inside = max(min(left + width, this.W) - max(left, 0), 0);
    const behind = width - before - inside;
    for (let c = from; c < to; c++) {
      const src = this.planes + ((<usize>c * this.H * this.W) << 2);
      let dst = Room.slab() + ((<usize>((c - from) * this.plane)) << 2);
      for (let y = top; y < top + rows; y++) {
        if (y < 0 || y >= this.H || inside == 0) {
          Sampling.zero(dst, width);
        } else {
          Sampling.zero(dst, before);
          Sampling.copy(
            dst + (before << 2),
            src + ((<usize>(y * this.W + max(left, 0))) << 2),
            inside,
          );
          Sampling.zero(dst + ((before + inside) << 2), behind);
        }
        dst += (<usize>width) << 2;
      }
    }
  }

  /** What pixel (row, col) reads of channel c by tap (i, j). */
  cell(c: i32, row: i32, col: i32, i: i32, j: i32): f32 {
    const y = row * this.stepH + this.originH + i * this.tapH;
    const x = col * this.stepW + this.originW + j * this.tapW;
    if (y < 0 || y >= this.H || x < 0 || x >= this.W) return 0;
    return load<f32>(this.planes + (((<usize>c * this.H + y) * this.W + x) << 2));
  }

  /** Four floats, every other one. */
  @inline
  static evens(at: usize): v128 {
    return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
  }

  @inline
  private blocksIn(n: i32, size: i32): i32 {
    return (n + size - 1) / size;
  }

  /** An odd number of cache lines, so that planes don't fall on the same sets. */
  @inline
  private static planeFloats(rows: i32, width: i32): i64 {
    return ((<i64>rows * width + 15) & ~15) | 16;
  }

  /** May write up to three floats too many: what stands there is written afterwards. */
  @inline
  private static zero(dst: usize, n: i32): void {
    for (; n > 0; n -= 4) {
      v128.store(dst, i32x4.splat(0));
      dst += 16;
    }
  }

  /** Reads and writes exactly n floats. */
  @inline
  static copy(dst: usize, src: usize, n: i32): void {
    if (n >= 4) {
      const last = (<usize>(n - 4)) << 2;
      for (let at: usize = 0; at < last; at += 16) v128.store(dst + at, v128.load(src + at));
      v128.store(dst + last, v128.load(src + last));
    } else {
      for (; n > 0; n--) {
        store<u32>(dst, load<u32>(src));
        dst += 4;
        src += 4;
      }
    }
  }
}
