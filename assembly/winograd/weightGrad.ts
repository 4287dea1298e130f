// The gradient by the weights of the convolutions of conv2d.ts: 36 products of matrices
//   [O x tiles] @ [tiles x C],
// dy spread to 6 x 6 points against the transformed x, summed up in a workspace, then G^T m G. For at
// least one output.
//
// A work unit is 16 channels of x, for all tiles. Units of one call share dy's transforms: call for many.
// Order of summation: the tiles of a block, then blocks.
import { Micro } from "../gemm/micro";
import { Points } from "./points";
import { Room, Tiles } from "./tiles";

/** Channels of a unit. */
const UNIT: i32 = 16;

@unmanaged
class WinogradWeightGradArgs {
  x: usize;
  dy: usize;
  work: usize;
  dw: usize;
  N: i32;
  C: i32;
  H: i32;
  W: i32;
  O: i32;
  OH: i32;
  OW: i32;
  padH: i32;
  padW: i32;
}

/** dw of conv2d, from x and dy; work: 36 matrices of O x C in blocks (see Room). */
export function winogradWeightGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<WinogradWeightGradArgs>(args);
  const tiles = Tiles.at();
  const all = a.N * tiles.divide(a.OH, a.OW);
  const from = <i32>start * UNIT;
  const to = min(a.C, <i32>end * UNIT);
  for (let o = 0; o < a.O; o += Room.ROWS) {
    const rows = min(Room.ROWS, a.O - o);
    for (let first = 0; first < all; first += Room.TILES) {
      const count = min(Room.TILES, all - first);
      WeightGrad.toGradients(tiles, a);
      tiles.select(first, count, 1);
      WeightGrad.gradients(tiles, a, o, rows, count);
      WeightGrad.toInputs(tiles, a);
      tiles.select(first, count, 4);
      for (let c = from; c < to;) {
        const cols = min(to - c, Room.DEPTH - (c & (Room.DEPTH - 1)));
        WeightGrad.inputs(tiles, a, c, cols, count);
        WeightGrad.products(a, o, rows, c, cols, count, first > 0);
        c += cols;
      }
    }
  }
  for (let o = 0; o < a.O; o++) WeightGrad.finish(a, o, from, to);
}

class WeightGrad {
  @inline
  static toGradients(tiles: Tiles, a: WinogradWeightGradArgs): void {
    tiles.H = a.OH;
    tiles.W = a.OW;
    tiles.padH = 0;
    tiles.padW = 0;
    tiles.side = 4;
    tiles.image = (<usize>(a.O * a.OH * a.OW)) << 2;
  }

  @inline
  static toInputs(tiles: Tiles, a: WinogradWeightGradArgs): void {
    tiles.H = a.H;
    tiles.W = a.W;
    tiles.padH = a.padH;
    tiles.padW = a.padW;
    tiles.side = 6;
    tiles.image = (<usize>(a.C * a.H * a.W)) << 2;
  }

  /** The left operands: rows of TILES tiles. */
  static gradients(tiles: Tiles, a: WinogradWeightGradArgs, o: i32, rows: i32, count: i32): void {
    const step = (<usize>(a.OH * a.OW)) << 2;
    let to = Room.operands();
    for (let r = 0; r < rows; r++) {
      tiles.stages(a.dy + <usize>(o + r) * step, 0, 1);
      tiles.plane(Room.stage(), count, to, 32, (<usize>Room.PLANE) << 2);
      to += Room.TILES << 2;
    }
  }

  /** The right operands: panels of eight channels, a row for each tile. */
  static inputs(tiles: Tiles, a: WinogradWeightGradArgs, c: i32, cols: i32, count: i32): void {
    const step = (<usize>(a.H * a.W)) << 2;
    const planes = Room.operands() + ((<usize>(36 * Room.PLANE)) << 2);
    for (let i = 0; i < cols; i += 4) {
      const n = min(4, cols - i);
      tiles.stages(a.x + <usize>(c + i) * step, step, n);
      // The last channel stands for those that are lacking.
      const s1 = <usize>min(1, n - 1) * Room.STAGE;
      const s2 = <usize>min(2, n - 1) * Room.STAGE;
      const s3 = <usize>min(3, n - 1) * Room.STAGE;
      let to = planes + ((<usize>((i & ~7) * Room.TILES + (i & 4))) << 2);
      for (let t = 0; t < count; t++) {
        const p = Room.stage() + load<usize>(Room.lanes() + (t << 2));
        tiles.rows(p, p + s1, p + s2, p + s3, to, (<usize>Room.PLANE) << 2);
        to += 32;
      }
    }
  }

  /** work's rows [o, o + rows) of channels [c, c + cols) = or += the products. */
  static products(
    a: WinogradWeightGradArgs,
    o: i32,
    rows: i32,
    c: i32,
    cols: i32,
    count: i32,
    add: bool,
  ): void {
    const ld = Room.ld(a.C);
    const T = Room.TILES;
    let z = Room.operands();
    let v = z + ((<usize>(36 * Room.PLANE)) << 2);
    let to = WeightGrad.at(a, o, c);
    for (let i = 0; i < 36; i++) {
      Micro.block(z, T, 1, v, 8, 8 * T, rows, (cols + 7) & ~7, count, add ? to : 0, ld, to, ld);
      z += (<usize>Room.PLANE) << 2;
      v += (<usize>Room.PLANE) << 2;
      to += (<usize>Room.plane(a.O, a.C)) << 2;
    }
  }

  @inline
  static at(a: WinogradWeightGradArgs, o: i32, c: i32): usize {
    const ld = Room.ld(a.C);
    const inside = c & (Room.DEPTH - 1);
    return a.work + ((<usize>((c - inside) * a.O + o * ld + inside)) << 2);
  }

  /** dw's channels [from, to) of row o. */
  static finish(a: WinogradWeightGradArgs, o: i32, from: i32, to: i32): void {
    const plane = (<usize>Room.plane(a.O, a.C)) << 2;
    const half = Room.temp();
    const done = half + 288;
    for (let c = from; c < to; c += 4) {
      const m = WeightGrad.at(a, o, c);
      for (let j: usize = 0; j < 6; j++) {
        Points.taps(m + j * plane, 6 * plane, half + (j << 4), 96);
      }
      for (let r: usize = 0; r < 3; r++) Points.taps(half + r * 96, 16, done + r * 48, 16);
      let dw = a.dw + ((<usize>((o * a.C + c) * 9)) << 2);
      for (let lane = done; lane < done + ((<usize>min(4, to - c)) << 2); lane += 4) {
        for (let tap = lane; tap < lane + 144; tap += 16) {
          store<u32>(dw, load<u32>(tap));
          dw += 4;
        }
      }
    }
  }
}
