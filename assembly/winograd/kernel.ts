// The transform of the kernels; points.ts has that of one dimension. It is made once for all tiles
// (winogradKernelF32), or, where these are few, beside the products (conv2d.ts), out of the caches' way.
import { Points } from "./points";
import { Room } from "./tiles";

@unmanaged
class WinogradKernelArgs {
  w: usize;
  out: usize;
  rows: i32;
  depth: i32;
  rowStep: i32;
  depthStep: i32;
  tapStep: i32;
  points: i32;
}

/**
 * out[points * i + j] = (G w G^T)[i][j], a matrix of rows x depth in blocks (see Room). w's element (m, k)
 * has its taps tapStep apart (1; or -1: they are turned round). A unit is a row.
 */
export function winogradKernelF32(args: usize, start: u32, end: u32): void {
  const a = changetype<WinogradKernelArgs>(args);
  const first = <i32>start;
  const plane = Room.plane(a.rows, a.depth);
  const ld = Room.ld(a.depth);
  for (let k = 0; k < a.depth; k += Room.DEPTH) {
    const w = a.w + ((<usize>(first * a.rowStep + k * a.depthStep)) << 2);
    const to = a.out + ((<usize>((k / Room.DEPTH) * a.rows + first) * ld) << 2);
    const depth = min(Room.DEPTH, a.depth - k);
    const rows = <i32>end - first;
    Kernel.block(w, a.rowStep, a.depthStep, a.tapStep, a.points, rows, depth, to, ld, plane);
  }
}

export class Kernel {
  /** Matrices of rows x depth, at most DEPTH: their rows ld, themselves `plane` elements apart. */
  static block(
    w: usize,
    rowStep: i32,
    depthStep: i32,
    tapStep: i32,
    points: i32,
    rows: i32,
    depth: i32,
    to: usize,
    ld: i32,
    plane: i32,
  ): void {
    const side = points - 3;
    if (tapStep < 0) w += (side * side - 1) << 2;
    for (; rows > 0; rows--) {
      for (let k = 0; k < depth; k += 4) {
        Kernel.gather(w, depthStep << 2, tapStep << 2, side * side, k, depth - 1);
        Kernel.transform(points, to + ((<usize>k) << 2), (<usize>plane) << 2);
      }
      w += rowStep << 2;
      to += ld << 2;
    }
  }

  /** Four elements of a row of w from the k-th on; the last one stands for those that are lacking. */
  @inline
  private static gather(
    row: usize,
    depthStep: i32,
    tapStep: i32,
    taps: i32,
    k: i32,
    last: i32,
  ): void {
    let p0 = row + k * depthStep;
    let p1 = row + min(k + 1, last) * depthStep;
    let p2 = row + min(k + 2, last) * depthStep;
    let p3 = row + min(k + 3, last) * depthStep;
    let to = Room.temp();
    for (; taps > 0; taps--) {
      let v = v128.load32_zero(p0);
      v = v128.load32_lane(p1, v, 1);
      v = v128.load32_lane(p2, v, 2);
      v128.store(to, v128.load32_lane(p3, v, 3));
      p0 += tapStep;
      p1 += tapStep;
      p2 += tapStep;
      p3 += tapStep;
      to += 16;
    }
  }

  /** G w G^T of what was gathered: down its columns, then along the rows of that. */
  @inline
  private static transform(points: i32, to: usize, plane: usize): void {
    const side = (<usize>(points - 3)) << 4;
    let from = Room.temp();
    let half = from + ((side * side) >> 4);
    let fromStep = side;
    let step = side;
    let next: usize = 16;
    let nextHalf: usize = 16;
    for (let n = points - 3; ; n = points) {
      for (; n > 0; n--) {
        Points.kernel(points, from, fromStep, half, step);
        from += next;
        half += nextHalf;
      }
      if (next == side) break;
      from = Room.temp() + ((side * side) >> 4);
      fromStep = 16;
      next = side;
      half = to;
      step = plane;
      nextHalf = <usize>points * plane;
    }
  }
}
