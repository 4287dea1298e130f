// softmax and logSoftmax over the middle of contiguous [outer, R, inner], and their gradients.
//
// The order of a sum is fixed by R: blocks of 1024 elements of a row (256 rows of a column) in
// float32, the blocks in float64. inner = 1: a work unit is a row. inner > 1: a work unit is a tile
// of columns (reduce/columns.ts), walked row by row, with the extremes and sums of its columns in
// the scratch. Outputs never overlap operands.
import { Exp, Row } from "./expSum";
import { Columns, Tile } from "./reduce/columns";
import { Lanes } from "./reduce/lanes";

const BLOCK: u32 = 1024;

@unmanaged
class SoftmaxArgs {
  x: usize;
  out: usize;
  R: u32;
  inner: u32;
}

@unmanaged
class SoftmaxGradArgs {
  dy: usize;
  y: usize;
  out: usize;
  R: u32;
  inner: u32;
}

/** Four columns of a tile: all w of them when w < 4. */
class Slot {
  @inline
  static load(x: usize, w: u32): v128 {
    return w >= 4 ? v128.load(x) : Lanes.loadTail(x, w, i64x2.splat(0));
  }

  @inline
  static store(out: usize, w: u32, v: v128): void {
    if (w >= 4) v128.store(out, v);
    else Lanes.storeHead(out, w, v);
  }
}

/** R rows of a tile of w columns, `ldBytes` apart; acc and wide: see Tile. */
class Columnwise {
  /** acc(0) = each column's largest element, NaN left out: it comes back in the sums. */
  static max(x: usize, R: u32, ldBytes: usize, w: u32): void {
    const acc = Tile.acc(0);
    const last = Tile.last(w);
    Tile.fill(acc, w, f32x4.splat(-Infinity));
    for (; R > 0; R--, x += ldBytes) {
      let j: usize = 0;
      while (true) {
        const v = Slot.load(x + min(j, last), w);
        v128.store(acc + j, f32x4.pmax(v128.load(acc + j), v));
        if (j >= last) break;
        j += 16;
      }
    }
  }

  /** out = 2^32 exp(x - acc(0)), wide(0) = the columns' sums of it; uses acc(1..5). */
  static expSum(x: usize, out: usize, R: u32, ldBytes: usize, w: u32): void {
    const top = Tile.acc(0);
    const acc = Tile.acc(1);
    const last = Tile.last(w);
    const whole = (<usize>(w >> 2)) << 4;
    Tile.fill(acc, w, f32x4.splat(0));
    Tile.clearWide(Tile.wide(0), w);
    while (R > 0) {
      const rows = min(R, Tile.ROWS);
      for (let r: u32 = 0; r < rows; r += 4, x += ldBytes << 2, out += ldBytes << 2) {
        if (w < 4 || rows - r < 4) {
          Columnwise.staged(x, out, min(rows - r, 4), ldBytes, w);
          continue;
        }
        Exp.rows(x, out, ldBytes, w >> 2, top, acc);
        if (w & 3) Exp.rows(x + last, out + last, ldBytes, 1, top + whole, acc + whole);
      }
      Columns.flush(acc, w, Tile.wide(0));
      R -= rows;
    }
  }

  /** The same for up to four rows of any width, in a copy with rows of -Infinity behind. */
  private static staged(x: usize, out: usize, rows: u32, ldBytes: usize, w: u32): void {
    const last = Tile.last(w);
    for (let r: u32 = 0; r < 4; r++, x += ldBytes) {
      for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
        const v = r < rows ? Slot.load(x + min(j, last), w) : f32x4.splat(-Infinity);
        v128.store(Tile.acc(2 + r) + j, v);
      }
    }
    const area = Tile.acc(2);
    Exp.rows(area, area, 4096, (w + 3) >> 2, Tile.acc(0), Tile.acc(1));
    for (let r: u32 = 0; r < rows; r++, out += ldBytes) Tile.store(Tile.acc(2 + r), w, out);
  }

  /** acc(1) = 2^-32 / sums, for sums = wide(0) / 2^32. */
  static reciprocals(w: u32): void {
    const one = f64x2.splat(1);
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      const sums = Tile.wide(0) + 2 * j;
      const low = f64x2.div(one, v128.load(sums));
      v128.store(Tile.acc(1) + j, Lanes.demote(low, f64x2.div(one, v128.load(sums, 16))));
    }
  }

  /** acc(k) = wide(0) by. */
  static narrow(k: u32, w: u32, by: f64): void {
    const v = f64x2.splat(by);
    for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
      const sums = Tile.wide(0) + 2 * j;
      const low = f64x2.mul(v128.load(sums), v);
      v128.store(Tile.acc(k) + j, Lanes.demote(low, f64x2.mul(v128.load(sums, 16), v)));
    }
  }

  /** out *= acc(1). */
  static scale(out: usize, R: u32, ldBytes: usize, w: u32): void {
    const by = Tile.acc(1);
    const last = Tile.last(w);
    const lastBy = Tile.lastSlot(by, w);
    for (; R > 0; R--, out += ldBytes) {
      // Read first and written last: it may overlap the slot before.
      const v = Slot.load(out + last, w);
      for (let j: usize = 0; j < last; j += 16) {
        v128.store(out + j, f32x4.mul(v128.load(out + j), v128.load(by + j)));
      }
      Slot.store(out + last, w, f32x4.mul(v, lastBy));
    }
  }

  /** out = (x - acc(0)) - acc(1). */
  static shift(x: usize, out: usize, R: u32, ldBytes: usize, w: u32): void {
    const last = Tile.last(w);
    for (; R > 0; R--, x += ldBytes, out += ldBytes) {
      let j: usize = 0;
      while (true) {
        const at = min(j, last);
        const v = f32x4.sub(Slot.load(x + at, w), v128.load(Tile.acc(0) + j));
        Slot.store(out + at, w, f32x4.sub(v, v128.load(Tile.acc(1) + j)));
        if (j >= last) break;
        j += 16;
      }
    }
  }
}

/** Where work unit u begins, in bytes; a tile's width is in `Tile`. */
class Unit {
  @inline
  static offset(u: u32, R: u32, inner: u32): usize {
    const tiles = Tile.count(inner);
    return ((u / tiles) * R * inner + (u % tiles) * Tile.COLS) << 2;
  }

  @inline
  static width(u: u32, inner: u32): u32 {
    return Tile.width(u % Tile.count(inner), inner);
  }
}

/** out = exp(x - m) / sum of exp(x - m), m = max x. A row of -Infinity (or with +Infinity) is NaN. */
export function softmaxF32(args: usize, start: u32, end: u32): void {
  const a = changetype<SoftmaxArgs>(args);
  const R = a.R;
  const inner = a.inner;
  const ldBytes = (<usize>inner) << 2;
  for (let u = start; u < end; u++) {
    const at = Unit.offset(u, R, inner);
    const x = a.x + at;
    const out = a.out + at;
    if (inner > 1) {
      const w = Unit.width(u, inner);
      Columnwise.max(x, R, ldBytes, w);
      Columnwise.expSum(x, out, R, ldBytes, w);
      Columnwise.reciprocals(w);
      Columnwise.scale(out, R, ldBytes, w);
      continue;
    }
    const ahead = u + 1 < end ? R << 2 : 0;
    Row.scale(out, R, 1 / Row.expSum(x, out, R, Row.max(x, R), ahead));
  }
}

/** out = (x - m) - ln(sum of exp(x - m)), m = max x. */
export function logSoftmaxF32(args: usize, start: u32, end: u32): void {
  const a = changetype<SoftmaxArgs>(args);
  const R = a.R;
  const inner = a.inner;
  const ldBytes = (<usize>inner) << 2;
  for (let u = start; u < end; u++) {
    const at = Unit.offset(u, R, inner);
    let x = a.x + at;
    let out = a.out + at;
    if (inner > 1) {
      const w = Unit.width(u, inner);
      Columnwise.max(x, R, ldBytes, w);
      Columnwise.expSum(x, out, R, ldBytes, w);
      Columnwise.narrow(1, w, 1 / Exp.SCALE);
      for (let j: usize = 0; j < (<usize>w) << 2; j += 16) {
        v128.store(Tile.acc(1) + j, Exp.log(v128.load(Tile.acc(1) + j)));
      }
      Columnwise.shift(x, out, R, ldBytes, w);
      continue;
    }
    const m = Row.max(x, R);
    const ahead = u + 1 < end ? R << 2 : 0;
    const l = Row.log(Row.expSum(x, 0, R, m, ahead));
    let n = R;
    for (; n >= 4; n -= 4, x += 16, out += 16) {
      v128.store(out, f32x4.sub(f32x4.sub(v128.load(x), f32x4.splat(m)), f32x4.splat(l)));
    }
    for (; n > 0; n--, x += 4, out += 4) store<f32>(out, load<f32>(x) - m - l);
  }
}

/** A gradient dx[i] = result(dy[i], z[i], sum over r of term(dy[r], y[r])). */
@unmanaged
abstract class Pullback {
  /** Whether z is 2^32 exp(y); else it is y. */
  abstract exponential(): bool;
  abstract term(dy: v128, y: v128): v128;
  abstract result(dy: v128, z: v128, sum: v128): v128;
}

@unmanaged
class OfSoftmax extends Pullback {
  @inline
  exponential(): bool {
    return false;
  }

  @inline
  term(dy: v128, y: v128): v128 {
    return f32x4.mul(dy, y);
  }

  @inline
  result(dy: v128, y: v128, sum: v128): v128 {
    return f32x4.mul(f32x4.sub(dy, sum), y);
  }
}

@unmanaged
class OfLogSoftmax extends Pullback {
  @inline
  exponential(): bool {
    return true;
  }

  @inline
  term(dy: v128, _y: v128): v128 {
    return dy;
  }

  @inline
  result(dy: v128, z: v128, sum: v128): v128 {
    const e = f32x4.mul(z, f32x4.splat(<f32>(1 / Exp.SCALE)));
    return f32x4.sub(dy, f32x4.mul(e, sum));
  }
}

function gradRow<Op extends Pullback>(dy: usize, y: usize, out: usize, R: u32): void {
  const op = changetype<Op>(0);
  const zero = f32x4.splat(0);
  let wide: f64 = 0;
  let at: usize = 0;
  for (let n = R; n > 0;) {
    let k = min(n, BLOCK);
    n -= k;
    let s0 = zero;
    let s1 = zero;
    for (; k >= 8; k -= 8, at += 32) {
      s0 = f32x4.add(s0, op.term(v128.load(dy + at), v128.load(y + at)));
      s1 = f32x4.add(s1, op.term(v128.load(dy + at, 16), v128.load(y + at, 16)));
    }
    if (k >= 4) {
      s0 = f32x4.add(s0, op.term(v128.load(dy + at), v128.load(y + at)));
      k -= 4;
      at += 16;
    }
    const g = Lanes.loadTail(dy + at, k, zero);
    s1 = f32x4.add(s1, op.term(g, Lanes.loadTail(y + at, k, zero)));
    wide += Lanes.sum(f32x4.add(s0, s1));
  }
  const sum = f32x4.splat(<f32>wide);
  if (op.exponential()) {
    Row.expSum(y, out, R, 0, 0);
    y = out;
  }
  let n = R;
  for (; n >= 4; n -= 4, dy += 16, y += 16, out += 16) {
    v128.store(out, op.result(v128.load(dy), v128.load(y), sum));
  }
  if (n > 0) {
    const g = Lanes.loadTail(dy, n, zero);
    Lanes.storeHead(out, n, op.result(g, Lanes.loadTail(y, n, zero), sum));
  }
}

function gradColumns<Op extends Pullback>(a: SoftmaxGradArgs, at: usize, w: u32): void {
  const op = changetype<Op>(0);
  const acc = Tile.acc(0);
  const ldBytes = (<usize>a.inner) << 2;
  const last = Tile.last(w);
  Tile.fill(acc, w, f32x4.splat(0));
  Tile.clearWide(Tile.wide(0), w);
  let dy = a.dy + at;
  let y = a.y + at;
  for (let R = a.R; R > 0;) {
    let rows = min(R, Tile.ROWS);
    R -= rows;
    for (; rows > 0; rows--, dy += ldBytes, y += ldBytes) {
      let j: usize = 0;
      while (true) {
        const p = min(j, last);
        const term = op.term(Slot.load(dy + p, w), Slot.load(y + p, w));
        v128.store(acc + j, f32x4.add(v128.load(acc + j), term));
        if (j >= last) break;
        j += 16;
      }
    }
    Columns.flush(acc, w, Tile.wide(0));
  }
  const sums = Tile.acc(6);
  Columnwise.narrow(6, w, 1);
  dy = a.dy + at;
  y = a.y + at;
  let out = a.out + at;
  if (op.exponential()) {
    Tile.fill(Tile.acc(0), w, f32x4.splat(0));
    Columnwise.expSum(y, out, a.R, ldBytes, w);
    y = out;
  }
  for (let R = a.R; R > 0; R--, dy += ldBytes, y += ldBytes, out += ldBytes) {
    // Read first and written last: it may overlap the slot before, and y be `out`.
    const g = Slot.load(dy + last, w);
    const z = Slot.load(y + last, w);
    for (let j: usize = 0; j < last; j += 16) {
      const sum = v128.load(sums + j);
      v128.store(out + j, op.result(v128.load(dy + j), v128.load(y + j), sum));
    }
    Slot.store(out + last, w, op.result(g, z, Tile.lastSlot(sums, w)));
  }
}

function gradient<Op extends Pullback>(args: usize, start: u32, end: u32): void {
  const a = changetype<SoftmaxGradArgs>(args);
  const inner = a.inner;
  for (let u = start; u < end; u++) {
    const at = Unit.offset(u, a.R, inner);
    if (inner == 1) gradRow<Op>(a.dy + at, a.y + at, a.out + at, a.R);
    else gradColumns<Op>(a, at, Unit.width(u, inner));
  }
}

/** dx = (dy - sum of dy y) y, y = softmax(x). */
export function softmaxGradF32(args: usize, start: u32, end: u32): void {
  gradient<OfSoftmax>(args, start, end);
}

/** dx = dy - exp(y) sum of dy, y = logSoftmax(x). */
export function logSoftmaxGradF32(args: usize, start: u32, end: u32): void {
  gradient<OfLogSoftmax>(args, start, end);
}
