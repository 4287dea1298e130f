// Largest and smallest elements of [outer, R, inner] over the middle, and where they stand. NaN
// wins, then the first of equals. R >= 1: an empty dim is refused by the op.
import { Columns, Fold, Tile } from "./columns";
import { Lanes } from "./lanes";

@unmanaged
class ExtremeArgs {
  x: usize;
  out: usize;
  R: u32;
  inner: u32;
}

/** What an extreme is: how two vectors merge, and where `v` replaces the best so far. */
@unmanaged
abstract class Order extends Fold {
  /** Lanes in which v comes before `best`. */
  abstract wins(v: v128, best: v128): v128;
}

@unmanaged
class MaxF32 extends Order {
  @inline
  merge(a: v128, b: v128): v128 {
    return f32x4.max(a, b);
  }
  @inline
  wins(v: v128, best: v128): v128 {
    return v128.or(f32x4.gt(v, best), Nan.only(v, best));
  }
}

@unmanaged
class MinF32 extends Order {
  @inline
  merge(a: v128, b: v128): v128 {
    return f32x4.min(a, b);
  }
  @inline
  wins(v: v128, best: v128): v128 {
    return v128.or(f32x4.lt(v, best), Nan.only(v, best));
  }
}

@unmanaged
class MaxI32 extends Order {
  @inline
  merge(a: v128, b: v128): v128 {
    return i32x4.max_s(a, b);
  }
  @inline
  wins(v: v128, best: v128): v128 {
    return i32x4.gt_s(v, best);
  }
}

@unmanaged
class MinI32 extends Order {
  @inline
  merge(a: v128, b: v128): v128 {
    return i32x4.min_s(a, b);
  }
  @inline
  wins(v: v128, best: v128): v128 {
    return i32x4.lt_s(v, best);
  }
}

class Nan {
  /** v is NaN and best is not: the first NaN wins. */
  @inline
  static only(v: v128, best: v128): v128 {
    return v128.and(f32x4.ne(v, v), f32x4.eq(best, best));
  }
}

class Extreme {
  static all<Op extends Order>(args: usize, start: u32, end: u32): void {
    const a = changetype<ExtremeArgs>(args);
    const R = a.R;
    const inner = a.inner;
    const tiles = Tile.count(inner);
    for (let u = start; u < end; u++) {
      if (inner == 1) {
        v128.store_lane<u32>(a.out + (u << 2), Extreme.row<Op>(a.x + ((u * R) << 2), R), 0);
        continue;
      }
      const o = u / tiles;
      const t = u % tiles;
      const w = Tile.width(t, inner);
      const x = a.x + ((o * R * inner + t * Tile.COLS) << 2);
      Extreme.columns<Op>(x, R, (<usize>inner) << 2, w);
      Tile.store(Tile.acc(0), w, a.out + ((o * inner + t * Tile.COLS) << 2));
    }
  }

  /** The extreme of n >= 1 elements, in lane 0. */
  static row<Op extends Order>(x: usize, n: u32): v128 {
    const op = changetype<Op>(0);
    let best = v128.load32_splat(x);
    let other = best;
    for (; n >= 16; n -= 16, x += 64) {
      // Two chains of pairs: in a single chain a row takes three times as long.
      best = op.merge(best, op.merge(v128.load(x), v128.load(x, 16)));
      other = op.merge(other, op.merge(v128.load(x, 32), v128.load(x, 48)));
    }
    best = op.merge(best, other);
    for (; n >= 4; n -= 4, x += 16) best = op.merge(best, v128.load(x));
    if (n > 0) best = op.merge(best, Lanes.loadTail(x, n, best));
    best = op.merge(best, i32x4.shuffle(best, best, 2, 3, 0, 1));
    return op.merge(best, i32x4.shuffle(best, best, 1, 0, 3, 2));
  }

  /** acc(0) = the extremes of w columns. */
  static columns<Op extends Order>(x: usize, R: u32, ldBytes: usize, w: u32): void {
    const acc = Tile.acc(0);
    const last = Tile.last(w);
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      v128.store(
        acc + j,
        w < 4 ? Lanes.loadTail(x, w, i64x2.splat(0)) : v128.load(x + min(j, last)),
      );
    }
    const pitch = Tile.pitch(ldBytes, w);
    while (R > 0) {
      const n = min(R, Tile.ROWS);
      Columns.fold<Op>(Tile.stage(x, n, ldBytes, w, Tile.area(0)), n, pitch, w, acc);
      x += ldBytes * n;
      R -= n;
    }
  }

  static positions<Op extends Order>(args: usize, start: u32, end: u32): void {
    const a = changetype<ExtremeArgs>(args);
    const R = a.R;
    const inner = a.inner;
    const tiles = Tile.count(inner);
    for (let u = start; u < end; u++) {
      if (inner == 1) {
        store<u32>(a.out + (u << 2), Extreme.rowPosition<Op>(a.x + ((u * R) << 2), R));
        continue;
      }
      const o = u / tiles;
      const t = u % tiles;
      const w = Tile.width(t, inner);
      const x = a.x + ((o * R * inner + t * Tile.COLS) << 2);
      Extreme.columnPositions<Op>(x, R, (<usize>inner) << 2, w);
      Tile.store(Tile.acc(1), w, a.out + ((o * inner + t * Tile.COLS) << 2));
    }
  }

  static rowPosition<Op extends Order>(x: usize, n: u32): u32 {
    const op = changetype<Op>(0);
    let best = v128.load32_splat(x);
    let at: u32 = 0;
    for (let i: u32 = 1; i < n; i++) {
      const v = v128.load32_splat(x + (i << 2));
      if (v128.any_true(op.wins(v, best))) {
        best = v;
        at = i;
      }
    }
    return at;
  }

  /** acc(1) = the rows of the extremes of w columns, whose values are in acc(0). */
  static columnPositions<Op extends Order>(x: usize, R: u32, ldBytes: usize, w: u32): void {
    const op = changetype<Op>(0);
    const last = Tile.last(w);
    for (let r: u32 = 0; r < R; r++) {
      for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
        const v = w < 4 ? Lanes.loadTail(x, w, i64x2.splat(0)) : v128.load(x + min(j, last));
        const best = v128.load(Tile.acc(0) + j);
        const wins = r == 0 ? i32x4.splat(-1) : op.wins(v, best);
        v128.store(Tile.acc(0) + j, v128.bitselect(v, best, wins));
        const at = v128.load(Tile.acc(1) + j);
        v128.store(Tile.acc(1) + j, v128.bitselect(i32x4.splat(r), at, wins));
      }
      x += ldBytes;
    }
  }
}

/** Units of all of these: `foldUnits`. */
export function amaxF32(args: usize, start: u32, end: u32): void {
  Extreme.all<MaxF32>(args, start, end);
}

export function aminF32(args: usize, start: u32, end: u32): void {
  Extreme.all<MinF32>(args, start, end);
}

export function amaxI32(args: usize, start: u32, end: u32): void {
  Extreme.all<MaxI32>(args, start, end);
}

export function aminI32(args: usize, start: u32, end: u32): void {
  Extreme.all<MinI32>(args, start, end);
}

/** int32 positions along the middle. */
export function argmaxF32(args: usize, start: u32, end: u32): void {
  Extreme.positions<MaxF32>(args, start, end);
}

export function argminF32(args: usize, start: u32, end: u32): void {
  Extreme.positions<MinF32>(args, start, end);
}

export function argmaxI32(args: usize, start: u32, end: u32): void {
  Extreme.positions<MaxI32>(args, start, end);
}

export function argminI32(args: usize, start: u32, end: u32): void {
  Extreme.positions<MinI32>(args, start, end);
}
