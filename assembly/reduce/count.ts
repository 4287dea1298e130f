// Exact sums: int32 (wrapping), and booleans (their number, any, all). Any order gives the same
// bits. Booleans are bytes, 0 or 1.
import { Columns, Fold, Tile } from "./columns";
import { Lanes } from "./lanes";

@unmanaged
class FoldArgs {
  x: usize;
  out: usize;
  R: u32;
  inner: u32;
}

@unmanaged
class AddI32 extends Fold {
  @inline
  merge(a: v128, b: v128): v128 {
    return i32x4.add(a, b);
  }
}

class Count {
  static rowI32(x: usize, n: u32): i32 {
    let s0 = i32x4.splat(0);
    let s1 = s0;
    for (; n >= 8; n -= 8, x += 32) {
      s0 = i32x4.add(s0, v128.load(x));
      s1 = i32x4.add(s1, v128.load(x, 16));
    }
    if (n >= 4) {
      s0 = i32x4.add(s0, v128.load(x));
      n -= 4;
      x += 16;
    }
    s0 = i32x4.add(i32x4.add(s0, s1), Lanes.loadTail(x, n, i32x4.splat(0)));
    return Count.lanes(s0);
  }

  static columnsI32(x: usize, R: u32, ldBytes: usize, w: u32): void {
    Tile.fill(Tile.acc(0), w, i32x4.splat(0));
    while (R > 0) {
      const n = min(R, Tile.ROWS);
      const staged = Tile.stage(x, n, ldBytes, w, Tile.area(0));
      Columns.fold<AddI32>(staged, n, Tile.pitch(ldBytes, w), w, Tile.acc(0));
      x += ldBytes * n;
      R -= n;
    }
  }

  /** How many of n bytes are 1. */
  static rowBool(x: usize, n: u32): i32 {
    let sum = i32x4.splat(0);
    for (; n >= 16; n -= 16, x += 16) {
      const pairs = i16x8.extadd_pairwise_i8x16_u(v128.load(x));
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(pairs));
    }
    let count = Count.lanes(sum);
    for (; n > 0; n--, x++) count += load<u8>(x);
    return count;
  }

  static columnBool(x: usize, n: u32, ld: usize): i32 {
    let count = 0;
    for (; n > 0; n--, x += ld) count += load<u8>(x);
    return count;
  }

  @inline
  static lanes(v: v128): i32 {
    const s = i32x4.add(v, v128.shuffle<u32>(v, v, 2, 3, 0, 1));
    return i32x4.extract_lane(s, 0) + i32x4.extract_lane(s, 1);
  }

  @inline
  static bools(a: FoldArgs, u: u32): i32 {
    const inner = a.inner;
    if (inner == 1) return Count.rowBool(a.x + u * a.R, a.R);
    return Count.columnBool(a.x + (u / inner) * a.R * inner + (u % inner), a.R, inner);
  }
}

/** Units: `foldUnits`. */
export function sumI32(args: usize, start: u32, end: u32): void {
  const a = changetype<FoldArgs>(args);
  const R = a.R;
  const inner = a.inner;
  const tiles = Tile.count(inner);
  for (let u = start; u < end; u++) {
    if (inner == 1) {
      store<i32>(a.out + (u << 2), Count.rowI32(a.x + ((u * R) << 2), R));
      continue;
    }
    const o = u / tiles;
    const t = u % tiles;
    const w = Tile.width(t, inner);
    Count.columnsI32(a.x + ((o * R * inner + t * Tile.COLS) << 2), R, (<usize>inner) << 2, w);
    Tile.store(Tile.acc(0), w, a.out + ((o * inner + t * Tile.COLS) << 2));
  }
}

/** The number of trues, int32. A unit is one output. */
export function sumBool(args: usize, start: u32, end: u32): void {
  const a = changetype<FoldArgs>(args);
  for (let u = start; u < end; u++) store<i32>(a.out + (u << 2), Count.bools(a, u));
}

export function anyBool(args: usize, start: u32, end: u32): void {
  const a = changetype<FoldArgs>(args);
  for (let u = start; u < end; u++) store<u8>(a.out + u, Count.bools(a, u) > 0 ? 1 : 0);
}

export function allBool(args: usize, start: u32, end: u32): void {
  const a = changetype<FoldArgs>(args);
  for (let u = start; u < end; u++) store<u8>(a.out + u, <u32>Count.bools(a, u) == a.R ? 1 : 0);
}
