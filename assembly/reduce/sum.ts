// Sums and means of float32, over any dim. Integers and booleans: count.ts.
//
// The order of a float32 sum is fixed by its shape [outer, R, inner]. inner = 1: blocks of 1024
// elements in float32 (sixteen partial sums each), their sums added up in float64. inner > 1:
// blocks of 256 rows in float32, then float64. At last one float64 per CHUNK rows, in order: so
// one long row can be cut into units with the same bits.
import { AddF32, Columns, Tile } from "./columns";
import { Lanes } from "./lanes";

/** Rows whose sum goes into one partial. */
const CHUNK: u32 = 16384;
const BLOCK: u32 = 1024;

@unmanaged
class SumArgs {
  x: usize;
  out: usize;
  R: u32;
  inner: u32;
  /** The sum is divided by it: 1, or the number of elements for a mean. */
  divisor: f32;
}

export class Sum {
  /** The sum of n <= 1024 consecutive floats. */
  static block(x: usize, n: u32): f64 {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (; n >= 16; n -= 16, x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    for (; n >= 4; n -= 4, x += 16) s0 = f32x4.add(s0, v128.load(x));
    if (n > 0) s1 = f32x4.add(s1, Lanes.loadTail(x, n, f32x4.splat(0)));
    return Lanes.sum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  }

  /** The sum of n <= CHUNK consecutive floats. */
  static chunk(x: usize, n: u32): f64 {
    let sum: f64 = 0;
    for (; n > BLOCK; n -= BLOCK, x += BLOCK << 2) sum += Sum.block(x, BLOCK);
    return sum + Sum.block(x, n);
  }

  static row(x: usize, n: u32): f64 {
    let sum: f64 = 0;
    for (; n > CHUNK; n -= CHUNK, x += CHUNK << 2) sum += Sum.chunk(x, CHUNK);
    return sum + Sum.chunk(x, n);
  }

  /** wide(0) = the sums of w columns over rows <= CHUNK. */
  static columnChunk(x: usize, rows: u32, ldBytes: usize, w: u32): void {
    const acc = Tile.acc(0);
    const pitch = Tile.pitch(ldBytes, w);
    Tile.fill(acc, w, f32x4.splat(0));
    Tile.clearWide(Tile.wide(0), w);
    while (rows > 0) {
      const n = min(rows, Tile.ROWS);
      const staged = Tile.stage(x, n, ldBytes, w, Tile.area(0));
      Columns.fold<AddF32>(staged, n, pitch, w, acc);
      Columns.flush(acc, w, Tile.wide(0));
      x += ldBytes * n;
      rows -= n;
    }
  }

  /** wide(1) = the sums of w columns over R rows. */
  static columns(x: usize, R: u32, ldBytes: usize, w: u32): void {
    Tile.clearWide(Tile.wide(1), w);
    while (R > 0) {
      const rows = min(R, CHUNK);
      Sum.columnChunk(x, rows, ldBytes, w);
      Columns.addWide(Tile.wide(0), w, Tile.wide(1));
      x += ldBytes * rows;
      R -= rows;
    }
  }

  /** out = wide(1) / divisor. */
  static writeColumns(out: usize, w: u32, divisor: f64): void {
    const by = f64x2.splat(divisor);
    const acc = Tile.acc(0);
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      const d = Tile.wide(1) + 2 * j;
      const low = f64x2.div(v128.load(d), by);
      v128.store(acc + j, Lanes.demote(low, f64x2.div(v128.load(d, 16), by)));
    }
    Tile.store(acc, w, out);
  }
}

/** out[o, i] = sum over r of x[o, r, i] / divisor. Units: `foldUnits`. */
export function sumF32(args: usize, start: u32, end: u32): void {
  const a = changetype<SumArgs>(args);
  const R = a.R;
  const inner = a.inner;
  const divisor = <f64>a.divisor;
  if (inner == 1) {
    for (let u = start; u < end; u++) {
      store<f32>(a.out + (u << 2), <f32>(Sum.row(a.x + ((u * R) << 2), R) / divisor));
    }
    return;
  }
  const tiles = Tile.count(inner);
  for (let u = start; u < end; u++) {
    const o = u / tiles;
    const t = u % tiles;
    const w = Tile.width(t, inner);
    Sum.columns(a.x + ((o * R * inner + t * Tile.COLS) << 2), R, (<usize>inner) << 2, w);
    Sum.writeColumns(a.out + ((o * inner + t * Tile.COLS) << 2), w, divisor);
  }
}
