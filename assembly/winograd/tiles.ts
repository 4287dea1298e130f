// Tiles of 4 x 4 outputs, counted across rows, rows of tiles, then images; and the transform of what
// they read. A block is up to TILES of them. What a plane of an image gives to it is transformed
// down its columns into the stage, where all runs of neighbouring tiles lie side by side, zeros around
// them; across its rows it is transformed on the way from there into the operands of the product.
import { Scratch } from "../abi";
import { Points } from "./points";

/** How the scratch is divided. */
export class Room {
  /** Most tiles of a block. src/kernels/units/winograd.ts knows these numbers. */
  static readonly TILES: i32 = 32;
  /** Of the outputs of eight points: there are more of them, and the scratch is the same. */
  static readonly TILES_8: i32 = 24;
  /** Bytes between the rows of the stage: 12 floats for a tile that has no neighbour. */
  static readonly PITCH: usize = 1600;
  /** Bytes of the stage of a plane: up to eight rows. */
  static readonly STAGE: usize = 12800;

  @inline
  static tiles(): usize {
    return Scratch.base();
  }

  /** Up to eight row pointers. */
  @inline
  static rows(): usize {
    return Scratch.base() + 128;
  }

  /** A row of zeros: 4 * TILES + 8 floats. */
  @inline
  static zeros(): usize {
    return Scratch.base() + 192;
  }

  /** For each run of tiles: where it reads, its first row, its columns, where it lies in the stage. */
  @inline
  static runs(): usize {
    return Scratch.base() + 768;
  }

  /** For each tile: where it lies in the stage. */
  @inline
  static lanes(): usize {
    return Scratch.base() + 1280;
  }

  /** For each tile: where its outputs go, and how many rows and columns of them there are. */
  @inline
  static outs(): usize {
    return Scratch.base() + 1408;
  }

  /** Two times 8 x 8 vectors. */
  @inline
  static temp(): usize {
    return Scratch.base() + 2048;
  }

  /** The stages of four planes. */
  @inline
  static stage(): usize {
    return Scratch.base() + 4096;
  }

  /** The operands of the product. */
  @inline
  static operands(): usize {
    return Scratch.base() + 55296;
  }

  /** Channels that make a block of the inner dim of a product, or of its columns. */
  static readonly DEPTH: i32 = 64;
  /** Rows of a product that are computed in one go. */
  static readonly ROWS: i32 = 64;
  /** The same where the transform of the kernels is made beside it: their room is what is left. */
  static readonly FEW: i32 = 8;
  /**
   * A matrix of rows x cols in a workspace lies in blocks of DEPTH columns, one behind the other: this
   * is the distance of the rows in a block.
   */
  @inline
  static ld(cols: i32): i32 {
    return min(Room.DEPTH, (cols + 7) & ~7);
  }

  /** Elements between such matrices: an odd number of cache lines. src/kernels/units/winograd.ts knows it. */
  @inline
  static plane(rows: i32, cols: i32): i32 {
    return ((((cols + 63) >> 6) * rows * Room.ld(cols) + 15) & ~15) | 16;
  }
}

@unmanaged
export class Tiles {
  /** The planes that are read, and the zeros in front of them. */
  H: i32;
  W: i32;
  padH: i32;
  padW: i32;
  /** Bytes of an image. */
  image: usize;
  /** Tiles of an image. */
  down: i32;
  across: i32;
  /** Points of a transform: 6, or 8 of kernels of 5 x 5. */
  points: i32;
  /** Most tiles of a block. */
  most: i32;
  /** Bytes between the planes of an operand of DEPTH channels; there are points x points of them. */
  spacing: usize;
  /** Rows and columns that a tile reads: as many as there are points, or 4 of a gradient. */
  side: i32;
  private runs: i32;

  @inline
  static at(points: i32, most: i32): Tiles {
    const tiles = changetype<Tiles>(Room.tiles());
    tiles.points = points;
    tiles.most = most;
    tiles.spacing = tiles.spacingOf(Room.DEPTH);
    return tiles;
  }

  /** Bytes between the planes of an operand of so many channels: an odd number of cache lines. */
  @inline
  spacingOf(channels: i32): usize {
    return (<usize>(this.most * channels + 16)) << 2;
  }

  /** Tiles of OH x OW outputs. */
  divide(OH: i32, OW: i32): i32 {
    this.down = (OH + 3) >> 2;
    this.across = (OW + 3) >> 2;
    return this.down * this.across;
  }

  /** Goes to tiles [first, first + count); clears the stages of `planes` planes. */
  select(first: i32, count: i32, planes: i32): void {
    memory.fill(Room.zeros(), 0, (4 * Room.TILES + 8) << 2);
    memory.fill(Room.stage(), 0, <usize>planes * Room.STAGE);
    const over = this.side - 4;
    let run = Room.runs();
    let stage: usize = 0;
    this.runs = 0;
    let lane = Room.lanes();
    for (let t = 0; t < count;) {
      const q = (first + t) % this.across;
      const line = (first + t) / this.across;
      const n = min(count - t, this.across - q);
      const top = (line % this.down) * 4 - this.padH;
      const left = q * 4 - this.padW;
      const from = max(left, 0);
      const at = <usize>(line / this.down) * this.image + ((<usize>(top * this.W + from)) << 2);
      store<usize>(run, at);
      store<i32>(run, top, 4);
      store<i32>(run, max(min(left + 4 * n + over, this.W) - from, 0), 8);
      store<usize>(run, stage + ((<usize>(from - left)) << 2), 12);
      run += 16;
      this.runs++;
      for (let i = 0; i < n; i++) {
        store<usize>(lane, stage + ((<usize>i) << 4));
        lane += 4;
      }
      stage += ((<usize>n) << 4) + 32;
      t += n;
    }
    // A panel is eight tiles: the last one stands for those that it lacks.
    for (let t = count; t & 7; t++) {
      store<u32>(lane, load<u32>(lane - 4));
      lane += 4;
    }
  }

  /** What the block reads of the plane at `plane` (of image 0), transformed down its columns. */
  private stage(plane: usize, stage: usize): void {
    const rows = Room.rows();
    let run = Room.runs();
    for (let r = this.runs; r > 0; r--) {
      const n = load<i32>(run, 8);
      let at = plane + load<usize>(run);
      for (let y = load<i32>(run, 4), i = 0; i < this.side; i++) {
        store<usize>(rows + (i << 2), <u32>(y + i) < <u32>this.H ? at : Room.zeros());
        at += this.W << 2;
      }
      const to = stage + load<usize>(run, 12);
      this.columns(n >> 2, to);
      if (n & 3) {
        this.patch((<usize>(n & ~3)) << 2, n & 3);
        this.columns(1, to + ((<usize>(n & ~3)) << 2));
      }
      run += 16;
    }
  }

  /** The same of `n` planes `step` bytes apart, one stage behind the other. */
  stages(plane: usize, step: usize, n: i32): void {
    let stage = Room.stage();
    for (; n > 0; n--) {
      this.stage(plane, stage);
      plane += step;
      stage += Room.STAGE;
    }
  }

  /** Four times n columns. */
  private columns(n: i32, to: usize): void {
    const rows = Room.rows();
    const r0 = load<usize>(rows);
    const r1 = load<usize>(rows, 4);
    const r2 = load<usize>(rows, 8);
    const r3 = load<usize>(rows, 12);
    const r4 = load<usize>(rows, 16);
    const r5 = load<usize>(rows, 20);
    const end = (<usize>n) << 4;
    if (this.side == 8) {
      const r6 = load<usize>(rows, 24);
      const r7 = load<usize>(rows, 28);
      for (let i: usize = 0; i < end; i += 16) {
        const d0 = v128.load(r0 + i);
        const d1 = v128.load(r1 + i);
        const d2 = v128.load(r2 + i);
        const d3 = v128.load(r3 + i);
        const d4 = v128.load(r4 + i);
        const d5 = v128.load(r5 + i);
        const d6 = v128.load(r6 + i);
        const d7 = v128.load(r7 + i);
        Points.input8(d0, d1, d2, d3, d4, d5, d6, d7, to + i, Room.PITCH);
      }
    } else if (this.side == 6) {
      for (let i: usize = 0; i < end; i += 16) {
        const d0 = v128.load(r0 + i);
        const d1 = v128.load(r1 + i);
        const d2 = v128.load(r2 + i);
        const d3 = v128.load(r3 + i);
        const d4 = v128.load(r4 + i);
        const d5 = v128.load(r5 + i);
        Points.input(d0, d1, d2, d3, d4, d5, to + i, Room.PITCH);
      }
    } else {
      for (let i: usize = 0; i < end; i += 16) {
        const d0 = v128.load(r0 + i);
        const d1 = v128.load(r1 + i);
        const d2 = v128.load(r2 + i);
        const d3 = v128.load(r3 + i);
        Points.spread(this.points, d0, d1, d2, d3, to + i, Room.PITCH);
      }
    }
  }

  /** The last n < 4 columns, `at` bytes into the rows: a copy with zeros behind. */
  private patch(at: usize, n: i32): void {
    const rows = Room.rows();
    let to = Room.temp();
    for (let i = 0; i < this.side; i++) {
      const from = load<usize>(rows + (i << 2)) + at;
      v128.store(to, i32x4.splat(0));
      for (let j = 0; j < n; j++) store<u32>(to + (j << 2), load<u32>(from + (j << 2)));
      store<usize>(rows + (i << 2), to);
      to += 16;
    }
  }

  /** Four tiles out of the stage, their rows transformed: points x points vectors, `step` bytes apart. */
  rows(p0: usize, p1: usize, p2: usize, p3: usize, to: usize, step: usize): void {
    for (let i = 0; i < this.points; i++) {
      let x = v128.load(p0);
      let y = v128.load(p1);
      let z = v128.load(p2);
      let w = v128.load(p3);
      const xy = i32x4.shuffle(x, y, 0, 4, 1, 5);
      const zw = i32x4.shuffle(z, w, 0, 4, 1, 5);
      const d0 = i64x2.shuffle(xy, zw, 0, 2);
      const d1 = i64x2.shuffle(xy, zw, 1, 3);
      x = i32x4.shuffle(x, y, 2, 6, 3, 7);
      z = i32x4.shuffle(z, w, 2, 6, 3, 7);
      const d2 = i64x2.shuffle(x, z, 0, 2);
      const d3 = i64x2.shuffle(x, z, 1, 3);
      if (this.side == 6) {
        x = i32x4.shuffle(v128.load64_zero(p0, 16), v128.load64_zero(p1, 16), 0, 4, 1, 5);
        z = i32x4.shuffle(v128.load64_zero(p2, 16), v128.load64_zero(p3, 16), 0, 4, 1, 5);
        const d4 = i64x2.shuffle(x, z, 0, 2);
        const d5 = i64x2.shuffle(x, z, 1, 3);
        Points.input(d0, d1, d2, d3, d4, d5, to, step);
      } else if (this.side == 8) {
        x = v128.load(p0, 16);
        y = v128.load(p1, 16);
        z = v128.load(p2, 16);
        w = v128.load(p3, 16);
        const xy8 = i32x4.shuffle(x, y, 0, 4, 1, 5);
        const zw8 = i32x4.shuffle(z, w, 0, 4, 1, 5);
        const d4 = i64x2.shuffle(xy8, zw8, 0, 2);
        const d5 = i64x2.shuffle(xy8, zw8, 1, 3);
        x = i32x4.shuffle(x, y, 2, 6, 3, 7);
        z = i32x4.shuffle(z, w, 2, 6, 3, 7);
        const d6 = i64x2.shuffle(x, z, 0, 2);
        const d7 = i64x2.shuffle(x, z, 1, 3);
        Points.input8(d0, d1, d2, d3, d4, d5, d6, d7, to, step);
      } else {
        Points.spread(this.points, d0, d1, d2, d3, to, step);
      }
      to += <usize>this.points * step;
      p0 += Room.PITCH;
      p1 += Room.PITCH;
      p2 += Room.PITCH;
      p3 += Room.PITCH;
    }
  }

  /** The tiles of one plane, whose stage is at s: four at a time, `toStep` bytes to the second eight. */
  plane(s: usize, count: i32, to: usize, toStep: usize, step: usize): void {
    let lanes = Room.lanes();
    for (let t = 0; t < count; t += 4) {
      const at = to + <usize>(t >> 3) * toStep + ((t & 4) << 2);
      const p0 = s + load<usize>(lanes);
      const p1 = s + load<usize>(lanes, 4);
      const p2 = s + load<usize>(lanes, 8);
      const p3 = s + load<usize>(lanes, 12);
      this.rows(p0, p1, p2, p3, at, step);
      lanes += 16;
    }
  }
}
