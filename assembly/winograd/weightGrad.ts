// The gradient by the weights of the convolutions of conv2d.ts: 36 or 64 products of matrices
//   [O x tiles] @ [tiles x C],
// dy spread to 6 x 6 or 8 x 8 points against the transformed x, summed up in a workspace; then, in a call of
// its own, G^T m G. For at least one output.
//
// A work unit is a part of the tiles with a workspace of its own, where there are several parts, or else
// 16 channels of x for all tiles: units of one call share dy's transforms then, so call for many.
// Order of summation: the tiles of a block, the blocks of a part, then parts.
import { Micro } from "../gemm/micro";
import { Points } from "./points";
import { Room, Tiles } from "./tiles";

/** Channels of a unit where there is one part. */
const UNIT: i32 = 16;

@unmanaged
class WinogradWeightGradArgs {
  x: usize;
  dy: usize;
  work: usize;
  N: i32;
  C: i32;
  H: i32;
  W: i32;
  O: i32;
  OH: i32;
  OW: i32;
  padH: i32;
  padW: i32;
  points: i32;
  parts: i32;
}

/**
 * For each part points x points matrices of O x C in blocks (see Room), behind one another in `work`. With
 * no parts, of at most TILES tiles, `work` is dw itself.
 */
export function winogradWeightGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<WinogradWeightGradArgs>(args);
  const tiles = Tiles.at(a.points, Room.TILES);
  const all = a.N * tiles.divide(a.OH, a.OW);
  if (a.parts <= 1) {
    WeightGrad.sum(a, tiles, a.work, 0, all, <i32>start * UNIT, min(a.C, <i32>end * UNIT));
    return;
  }
  const blocks = (all + tiles.most - 1) / tiles.most;
  for (let part = <i32>start; part < <i32>end; part++) {
    const first = ((blocks * part) / a.parts) * tiles.most;
    const last = min(all, ((blocks * (part + 1)) / a.parts) * tiles.most);
    WeightGrad.sum(
      a,
      tiles,
      WeightGrad.partOf(a.work, a.points, a.O, a.C, part),
      first,
      last,
      0,
      a.C,
    );
  }
}

@unmanaged
class WinogradTapsArgs {
  work: usize;
  dw: usize;
  O: i32;
  C: i32;
  points: i32;
  parts: i32;
}

/** dw from what winogradWeightGradF32 has left in `work`, whose first part gets the sum of all. Units: O. */
export function winogradTapsF32(args: usize, start: u32, end: u32): void {
  const a = changetype<WinogradTapsArgs>(args);
  for (let o = <i32>start; o < <i32>end; o++) {
    for (let part = 1; part < a.parts; part++) Taps.add(a, o, part);
    Taps.finish(a, o);
  }
}

class WeightGrad {
  /** `work`'s channels [from, to) = the products of tiles [begin, end). */
  static sum(
    a: WinogradWeightGradArgs,
    tiles: Tiles,
    work: usize,
    begin: i32,
    end: i32,
    from: i32,
    to: i32,
  ): void {
    for (let o = 0; o < a.O; o += Room.ROWS) {
      const rows = min(Room.ROWS, a.O - o);
      for (let first = begin; first < end; first += tiles.most) {
        const count = min(tiles.most, end - first);
        WeightGrad.toGradients(tiles, a);
        tiles.select(first, count, 1);
        WeightGrad.gradients(tiles, a, o, rows, count);
        WeightGrad.toInputs(tiles, a);
        tiles.select(first, count, 4);
        for (let c = from; c < to;) {
          const most = WeightGrad.columns(tiles);
          const cols = min(to - c, most - (c & (most - 1)));
          WeightGrad.inputs(tiles, a, c, cols, count);
          if (a.parts) {
            const to = WeightGrad.at(work, a.O, a.C, o, c);
            const plane = Room.plane(a.O, a.C);
            const add = first > begin;
            WeightGrad.products(tiles, 0, rows, cols, count, to, Room.ld(a.C), plane, add);
          } else {
            WeightGrad.finished(tiles, a, o, rows, c, cols, count);
          }
          c += cols;
        }
      }
    }
  }

  /** Where a part begins. */
  @inline
  static partOf(work: usize, points: i32, O: i32, C: i32, part: i32): usize {
    return work + ((<usize>(points * points * part) * Room.plane(O, C)) << 2);
  }

  /** Channels of x that are taken in one go: of eight points there is room for fewer. */
  @inline
  static columns(tiles: Tiles): i32 {
    return tiles.points == 6 ? Room.DEPTH : Room.DEPTH / 2;
  }

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
    tiles.side = a.points;
    tiles.image = (<usize>(a.C * a.H * a.W)) << 2;
  }

  /** The left operands: rows of TILES tiles. */
  static gradients(tiles: Tiles, a: WinogradWeightGradArgs, o: i32, rows: i32, count: i32): void {
    const step = (<usize>(a.OH * a.OW)) << 2;
    let to = Room.operands();
    for (let r = 0; r < rows; r++) {
      tiles.stages(a.dy + <usize>(o + r) * step, 0, 1);
      tiles.plane(Room.stage(), count, to, 32, tiles.spacing);
      to += tiles.most << 2;
    }
  }

  /** The right operands: panels of eight channels, a row for each tile. */
  static inputs(tiles: Tiles, a: WinogradWeightGradArgs, c: i32, cols: i32, count: i32): void {
    const step = (<usize>(a.H * a.W)) << 2;
    const spacing = tiles.spacingOf(WeightGrad.columns(tiles));
    const planes = Room.operands() + <usize>(tiles.points * tiles.points) * tiles.spacing;
    for (let i = 0; i < cols; i += 4) {
      const n = min(4, cols - i);
      tiles.stages(a.x + <usize>(c + i) * step, step, n);
      // The last channel stands for those that are lacking.
      const s1 = <usize>min(1, n - 1) * Room.STAGE;
      const s2 = <usize>min(2, n - 1) * Room.STAGE;
      const s3 = <usize>min(3, n - 1) * Room.STAGE;
      let to = planes + ((<usize>((i & ~7) * tiles.most + (i & 4))) << 2);
      for (let t = 0; t < count; t++) {
        const p = Room.stage() + load<usize>(Room.lanes() + (t << 2));
        tiles.rows(p, p + s1, p + s2, p + s3, to, spacing);
        to += 32;
      }
    }
  }

  /** `rows` rows of the left operands from `row` on times the right ones: to `to`, or added to it. */
  static products(
    tiles: Tiles,
    row: i32,
    rows: i32,
    cols: i32,
    count: i32,
    to: usize,
    ld: i32,
    plane: i32,
    add: bool,
  ): void {
    const T = tiles.most;
    const spacing = tiles.spacingOf(WeightGrad.columns(tiles));
    const matrices = tiles.points * tiles.points;
    let z = Room.operands();
    let v = z + <usize>matrices * tiles.spacing;
    z += (<usize>(row * T)) << 2;
    for (let i = 0; i < matrices; i++) {
      Micro.block(z, T, 1, v, 8, 8 * T, rows, (cols + 7) & ~7, count, add ? to : 0, ld, to, ld);
      z += tiles.spacing;
      v += spacing;
      to += (<usize>plane) << 2;
    }
  }

  /** dw's rows [o, o + rows) of channels [c, c + cols) from one block of tiles, a few rows at a time. */
  static finished(
    tiles: Tiles,
    a: WinogradWeightGradArgs,
    o: i32,
    rows: i32,
    c: i32,
    cols: i32,
    count: i32,
  ): void {
    const spacing = tiles.spacing + tiles.spacingOf(WeightGrad.columns(tiles));
    const m = Room.operands() + <usize>(tiles.points * tiles.points) * spacing;
    const plane = Room.plane(Room.FEW, Room.DEPTH);
    const taps = (a.points - 3) * (a.points - 3);
    for (let r = 0; r < rows; r += Room.FEW) {
      const n = min(Room.FEW, rows - r);
      WeightGrad.products(tiles, r, n, cols, count, m, Room.DEPTH, plane, false);
      for (let i = 0; i < n; i++) {
        const dw = a.work + ((<usize>(((o + r + i) * a.C + c) * taps)) << 2);
        Taps.row(a.points, m + ((<usize>(i * Room.DEPTH)) << 2), (<usize>plane) << 2, cols, dw);
      }
    }
  }

  /** Where element (o, c) of the first matrix lies. */
  @inline
  static at(work: usize, O: i32, C: i32, o: i32, c: i32): usize {
    const inside = c & (Room.DEPTH - 1);
    return work + ((<usize>((c - inside) * O + o * Room.ld(C) + inside)) << 2);
  }
}

class Taps {
  /** Adds row o of a part to that of the first. */
  static add(a: WinogradTapsArgs, o: i32, part: i32): void {
    const plane = (<usize>Room.plane(a.O, a.C)) << 2;
    const distance = WeightGrad.partOf(0, a.points, a.O, a.C, part);
    for (let c = 0; c < a.C; c += 4) {
      let to = WeightGrad.at(a.work, a.O, a.C, o, c);
      for (let i = a.points * a.points; i > 0; i--) {
        v128.store(to, f32x4.add(v128.load(to), v128.load(to + distance)));
        to += plane;
      }
    }
  }

  /** dw's row o. */
  static finish(a: WinogradTapsArgs, o: i32): void {
    const plane = (<usize>Room.plane(a.O, a.C)) << 2;
    const taps = (a.points - 3) * (a.points - 3);
    for (let c = 0; c < a.C; c += Room.DEPTH) {
      const dw = a.dw + ((<usize>((o * a.C + c) * taps)) << 2);
      const cols = min(Room.DEPTH, a.C - c);
      Taps.row(a.points, WeightGrad.at(a.work, a.O, a.C, o, c), plane, cols, dw);
    }
  }

  /** G^T m G of `cols` channels of a row, whose matrices lie `plane` bytes apart. */
  static row(points: i32, m: usize, plane: usize, cols: i32, dw: usize): void {
    const side = (<usize>(points - 3)) << 4;
    const half = Room.temp();
    const done = half + <usize>points * side;
    const taps = (side * side) >> 4;
    for (let c = 0; c < cols; c += 4) {
      for (let j = 0; j < points; j++) {
        const column = m + <usize>j * plane;
        Points.taps(points, column, <usize>points * plane, half + (j << 4), (<usize>points) << 4);
      }
      for (let r: usize = 0; r < <usize>points - 3; r++) {
        Points.taps(points, half + r * ((<usize>points) << 4), 16, done + r * side, 16);
      }
      for (let lane = done; lane < done + ((<usize>min(4, cols - c)) << 2); lane += 4) {
        for (let tap = lane; tap < lane + taps; tap += 16) {
          store<u32>(dw, load<u32>(tap));
          dw += 4;
        }
      }
      m += 16;
    }
  }
}
