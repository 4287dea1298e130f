// conv2d of 3 x 3 or 5 x 5 taps, a step of 1 and one group by Winograd's F(4 x 4, 3 x 3) or
// F(4 x 4, 5 x 5): 36 (64) products of matrices, [O x C] @ [C x tiles], instead of 144 (400). With w
// turned round and transposed it is the gradient by the input. points.ts has the transforms. For at least
// one output.
//
// A work unit is 64 channels of the outputs of a block of tiles (tiles.ts), channels fastest: the units
// of one block share its transformed inputs, so call for many.
// Order of summation: channels in blocks of 64, whose outputs are added up.
import { Micro } from "../gemm/micro";
import { Kernel } from "./kernel";
import { Points } from "./points";
import { Room, Tiles } from "./tiles";

@unmanaged
class WinogradArgs {
  x: usize;
  u: usize;
  bias: usize;
  out: usize;
  /** 1: max(result, 0). */
  relu: u32;
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
  rowStep: i32;
  depthStep: i32;
  tapStep: i32;
}

/**
 * out = bias + conv2d(x, w), or relu of that, u being w's transform if tapStep is 0, else w itself, with steps as of
 * winogradKernelF32; bias = 0 is none.
 */
export function winogradConv2dF32(args: usize, start: u32, end: u32): void {
  const a = changetype<WinogradArgs>(args);
  const tiles = Tiles.at(a.points, a.points == 6 ? Room.TILES : Room.TILES_8);
  const all = a.N * tiles.divide(a.OH, a.OW);
  tiles.H = a.H;
  tiles.W = a.W;
  tiles.padH = a.padH;
  tiles.padW = a.padW;
  tiles.image = (<usize>(a.C * a.H * a.W)) << 2;
  tiles.side = a.points;
  const units = (a.O + Room.ROWS - 1) / Room.ROWS;
  const blocks = (all + tiles.most - 1) / tiles.most;
  const size = ((all + blocks - 1) / blocks + 7) & ~7;
  for (let unit = <i32>start; unit < <i32>end;) {
    const block = unit / units;
    const first = unit - block * units;
    const stop = min(units, first + <i32>end - unit);
    const count = min(size, all - block * size);
    if (count > 0) {
      tiles.select(block * size, count, 4);
      Winograd.targets(tiles, a, block * size, count);
      Winograd.block(tiles, a, count, first * Room.ROWS, min(a.O, stop * Room.ROWS));
    }
    unit += stop - first;
  }
}

class Winograd {
  /** Where the tiles' outputs lie, from those of a channel of image 0 on. */
  static targets(tiles: Tiles, a: WinogradArgs, first: i32, count: i32): void {
    let out = Room.outs();
    for (let t = first; t < first + count; t++) {
      const line = t / tiles.across;
      const row = (line % tiles.down) * 4;
      const col = (t - line * tiles.across) * 4;
      const image = <usize>(line / tiles.down) * (a.O * a.OH * a.OW);
      store<usize>(out, (image + row * a.OW + col) << 2);
      store<i32>(out, min(4, a.OH - row), 4);
      store<i32>(out, min(4, a.OW - col), 8);
      out += 12;
    }
  }

  /** Output channels [from, to) of a block of tiles. */
  static block(tiles: Tiles, a: WinogradArgs, count: i32, from: i32, to: i32): void {
    const ld = Room.ld(a.C);
    const most = a.tapStep ? Room.FEW : Room.ROWS;
    const distance = a.tapStep ? Room.plane(most, Room.DEPTH) : Room.plane(a.O, a.C);
    const v = Room.operands();
    const operand = <usize>(tiles.points * tiles.points) * tiles.spacing;
    const m = v + operand;
    const step = (<usize>(a.H * a.W)) << 2;
    const plane = (<usize>(a.OH * a.OW)) << 2;
    let least = f32x4.splat(-Infinity);
    for (let c = 0; c < a.C; c += Room.DEPTH) {
      const depth = min(Room.DEPTH, a.C - c);
      if (a.relu && c + depth == a.C) least = f32x4.splat(0);
      Winograd.inputs(tiles, a.x + <usize>c * step, step, depth, count, v);
      for (let o = from; o < to; o += most) {
        const rows = min(most, to - o);
        let u = a.u + ((<usize>(c * a.O + o * ld)) << 2);
        if (a.tapStep) {
          const w = a.u + ((<usize>(o * a.rowStep + c * a.depthStep)) << 2);
          u = m + operand;
          Kernel.block(
            w,
            a.rowStep,
            a.depthStep,
            a.tapStep,
            a.points,
            rows,
            depth,
            u,
            ld,
            distance,
          );
        }
        Winograd.products(tiles, u, ld, distance, v, m, rows, count, depth);
        for (let r = o; r < o + rows; r++) {
          const bias = a.bias && c == 0 ? a.bias + ((<usize>r) << 2) : 0;
          const mr = m + ((<usize>(r - o)) << 5);
          const out = a.out + <usize>r * plane;
          Winograd.outputs(tiles, mr, count, bias, c > 0, out, a.OW << 2, least);
        }
      }
    }
  }

  /** The products, by panels of eight tiles. */
  static products(
    tiles: Tiles,
    u: usize,
    ld: i32,
    plane: i32,
    v: usize,
    m: usize,
    rows: i32,
    count: i32,
    depth: i32,
  ): void {
    for (let i = tiles.points * tiles.points; i > 0; i--) {
      for (let t = 0; t < count; t += 8) {
        const panel = (<usize>(t * 64)) << 2;
        Micro.block(u, ld, 1, v + panel, 8, 0, rows, 8, depth, 0, 0, m + panel, 8);
      }
      u += (<usize>plane) << 2;
      v += tiles.spacing;
      m += tiles.spacing;
    }
  }

  /** Panels of eight tiles, a row for each channel. */
  static inputs(tiles: Tiles, x: usize, step: usize, depth: i32, count: i32, to: usize): void {
    for (let c = 0; c < depth; c++) {
      if ((c & 3) == 0) tiles.stages(x + <usize>c * step, step, min(4, depth - c));
      const s = Room.stage() + <usize>(c & 3) * Room.STAGE;
      tiles.plane(s, count, to + ((<usize>c) << 5), Room.DEPTH << 5, tiles.spacing);
    }
  }

  /** The outputs of one channel: A^T m A, four tiles at a time. */
  static outputs(
    tiles: Tiles,
    m: usize,
    count: i32,
    bias: usize,
    add: bool,
    out: usize,
    rowBytes: usize,
    least: v128,
  ): void {
    const points = tiles.points;
    const half = Room.temp();
    const rows = half + 512;
    const b = bias ? v128.load32_splat(bias) : f32x4.splat(0);
    const plane = tiles.spacing;
    let target = Room.outs();
    for (let t = 0; t < count; t += 4) {
      const from = m + ((<usize>(t & ~7)) << 8) + ((t & 4) << 2);
      Points.output(points, from, <usize>points * plane, plane, half);
      Points.outputTurned(points, half, rows, b);
      const lanes = min(4, count - t);
      for (let lane = 0; lane < lanes; lane++) {
        Winograd.write(rows + (lane << 6), target, add, out, rowBytes, least);
        target += 12;
      }
    }
  }

  /** One tile, as far as it lies in the plane; what is less than `least` becomes that. */
  @inline
  static write(
    from: usize,
    target: usize,
    add: bool,
    out: usize,
    rowBytes: usize,
    least: v128,
  ): void {
    const cols = load<i32>(target, 8);
    let to = out + load<usize>(target);
    for (let r = load<i32>(target, 4); r > 0; r--) {
      if (cols == 4) {
        let v = v128.load(from);
        if (add) v = f32x4.add(v128.load(to), v);
        v128.store(to, f32x4.pmax(v, least));
      } else {
        for (let i = 0; i < cols << 2; i += 4) {
          let v = load<f32>(from + i);
          if (add) v = load<f32>(to + i) + v;
          const l = f32x4.extract_lane(least, 0);
          store<f32>(to + i, v < l ? l : v);
        }
      }
      from += 16;
      to += rowBytes;
    }
  }
}
