// Reductions over a dim that is not the last: [outer, R, inner] seen as `outer` matrices of R rows
// whose columns are folded. The matrix is walked row by row (as memory likes it), eight rows at a
// time, with one accumulator per column in the scratch; a work unit is a tile of columns.
//
// A tile's w columns are held in ceil(w / 4) slots of one vector. Where 4 does not divide w, the
// last slot holds the last four columns, some of them for the second time: no tails, same bits.
// Matrices of two or three columns are copied, 256 rows at a time, to rows of four (`stage`).
import { Scratch } from "../abi";
import { Lanes } from "./lanes";

export class Tile {
  static readonly COLS: u32 = 512;
  /** Rows that are folded in float32 before their sum goes on in float64. */
  static readonly ROWS: u32 = 256;

  /** Tiles in a row of `inner` columns; the last one takes what is left: fewer than 2 * COLS. */
  @inline
  static count(inner: u32): u32 {
    return max<u32>(1, inner / Tile.COLS);
  }

  /** The width of tile t. */
  @inline
  static width(t: u32, inner: u32): u32 {
    return t + 1 == Tile.count(inner) ? inner - t * Tile.COLS : Tile.COLS;
  }

  /** One of eight float32 accumulators of a tile (4 KiB each). */
  @inline
  static acc(k: u32): usize {
    return Scratch.base() + k * 4096;
  }

  /** One of four float64 accumulators of a tile (8 KiB each). */
  @inline
  static wide(k: u32): usize {
    return Scratch.base() + 32768 + k * 8192;
  }

  /** One of four staging areas of 256 rows of four columns. */
  @inline
  static area(k: u32): usize {
    return Scratch.base() + 65536 + k * 4096;
  }

  /** Bytes from one row to the next once the rows are staged. */
  @inline
  static pitch(ldBytes: usize, w: u32): usize {
    return w < 4 ? 16 : ldBytes;
  }

  /** Where `rows` rows of w columns can be read four columns at a time: `x`, or their copy. */
  static stage(x: usize, rows: u32, ldBytes: usize, w: u32, area: usize): usize {
    if (w >= 4) return x;
    for (let r: u32 = 0; r < rows; r++) {
      v128.store(area + (r << 4), Lanes.loadTail(x, w, i64x2.splat(0)));
      x += ldBytes;
    }
    return area;
  }

  /** Where the last slot's columns begin, in bytes. */
  @inline
  static last(w: u32): usize {
    return w < 4 ? 0 : ((<usize>w) << 2) - 16;
  }

  /** An accumulator's last slot. */
  @inline
  static lastSlot(acc: usize, w: u32): v128 {
    return v128.load(acc + (((<usize>w + 3) & ~3) << 2) - 16);
  }

  static fill(acc: usize, w: u32, v: v128): void {
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) v128.store(acc + j, v);
  }

  static clearWide(wide: usize, w: u32): void {
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      v128.store(wide + 2 * j, i64x2.splat(0));
      v128.store(wide + 2 * j, i64x2.splat(0), 16);
    }
  }

  /** Writes a tile's accumulators to w consecutive elements. */
  static store(acc: usize, w: u32, out: usize): void {
    if (w < 4) {
      Lanes.storeHead(out, w, v128.load(acc));
      return;
    }
    const last = Tile.last(w);
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      v128.store(out + min(j, last), v128.load(acc + j));
    }
  }
}

@unmanaged
export abstract class Fold {
  abstract merge(a: v128, b: v128): v128;
}

@unmanaged
export class AddF32 extends Fold {
  @inline
  merge(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}

export class Columns {
  /** acc[j] = op(acc[j], x[0][j], x[1][j], ...); w >= 4. */
  static fold<Op extends Fold>(x: usize, rows: u32, ldBytes: usize, w: u32, acc: usize): void {
    const op = changetype<Op>(0);
    const last = Tile.last(w);
    for (; rows >= 8; rows -= 8) {
      let j: usize = 0;
      while (true) {
        // One pointer that walks down the rows: eight pointers would not fit the registers.
        let p = x + min(j, last);
        const v0 = v128.load(p);
        const v1 = v128.load((p += ldBytes));
        const v2 = v128.load((p += ldBytes));
        const v3 = v128.load((p += ldBytes));
        const v4 = v128.load((p += ldBytes));
        const v5 = v128.load((p += ldBytes));
        const v6 = v128.load((p += ldBytes));
        const v7 = v128.load((p += ldBytes));
        const low = op.merge(op.merge(v0, v1), op.merge(v2, v3));
        const high = op.merge(op.merge(v4, v5), op.merge(v6, v7));
        v128.store(acc + j, op.merge(v128.load(acc + j), op.merge(low, high)));
        if (j >= last) break;
        j += 16;
      }
      x += ldBytes << 3;
    }
    for (; rows > 0; rows--) {
      let j: usize = 0;
      while (true) {
        const v = v128.load(x + min(j, last));
        v128.store(acc + j, op.merge(v128.load(acc + j), v));
        if (j >= last) break;
        j += 16;
      }
      x += ldBytes;
    }
  }

  /** wide[j] += more[j]. */
  static addWide(more: usize, w: u32, wide: usize): void {
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      const d = wide + 2 * j;
      const m = more + 2 * j;
      v128.store(d, f64x2.add(v128.load(d), v128.load(m)));
      v128.store(d, f64x2.add(v128.load(d, 16), v128.load(m, 16)), 16);
    }
  }

  /** wide[j] += acc[j], and acc = 0. */
  static flush(acc: usize, w: u32, wide: usize): void {
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      const v = v128.load(acc + j);
      v128.store(acc + j, i64x2.splat(0));
      const d = wide + 2 * j;
      v128.store(d, f64x2.add(v128.load(d), Lanes.low(v)));
      v128.store(d, f64x2.add(v128.load(d, 16), Lanes.high(v)), 16);
    }
  }
}
