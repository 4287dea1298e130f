// Gradients of scaled dot-product attention, tile by tile, from what the forward kept of each query.
//
// A unit is a key/value head with all the query heads that read it: no two units write the same
// output, and what dk and dv need of a tile serves dq as well. That makes five products; apart, by
// blocks of queries and by blocks of keys, they would be seven.
import { Row } from "../expSum";
import { Micro } from "../gemm/micro";
import { Pack } from "../gemm/pack";
import { Lanes } from "../reduce/lanes";
import { AttentionArgs, BLOCK, LD, PITCH, Room, STRIP, Tile } from "./tile";

/**
 * With P the probabilities, D the dropout's factors and dP = D (dy v^T):
 * dS = scale P (dP - rowsum(dy out)), dq = dS k, dk = dS^T q, dv = (D P)^T dy.
 */
class Backward {
  /** All that one key/value head takes part in. */
  static head(p: AttentionArgs, kv: u32): void {
    const S = p.S;
    const E = p.E;
    const Ev = p.Ev;
    const first = kv * p.group;
    if (p.dq) memory.fill(Tile.row(p, p.dq, first, 0, E), 0, (p.group * p.L * E) << 2);
    if (p.dk) memory.fill(p.dk + ((kv * S * E) << 2), 0, (S * E) << 2);
    if (p.dv) memory.fill(p.dv + ((kv * S * Ev) << 2), 0, (S * Ev) << 2);
    for (let j: u32 = 0; j < S; j += BLOCK) {
      const cols = min(BLOCK, S - j);
      const k = Tile.key(p, first, j);
      Pack.panels(k, 1, E, E, cols, Room.pack(0));
      Pack.panels(Tile.value(p, first, j), 1, Ev, Ev, cols, Room.pack(1));
      if (p.dq) Pack.panels(k, E, 1, cols, E, Room.pack(2));
      for (let n = first; n < first + p.group; n++) {
        for (let i: u32 = 0; i < p.L; i += BLOCK) {
          const rows = min(BLOCK, p.L - i);
          if (Tile.seen(p, i + rows - 1) > j) Backward.tile(p, n, i, rows, j, cols);
        }
      }
    }
  }

  static tile(p: AttentionArgs, n: u32, i: u32, rows: u32, j: u32, cols: u32): void {
    const E = p.E;
    const Ev = p.Ev;
    const kv = n / p.group;
    const v = Room.pack(1);
    for (let r: u32 = 0; r < rows; r += STRIP) {
      const strip = min(STRIP, rows - r);
      const w = Tile.width(p, i + r + strip - 1, j, cols);
      const P = Room.tile(0) + r * PITCH;
      const dS = Room.tile(1) + r * PITCH;
      if (w > 0) {
        const dy = Tile.row(p, p.dy, n, i + r, Ev);
        Tile.scores(p, n, i + r, strip, j, w, P);
        Micro.block(dy, Ev, 1, v, 8, Pack.panel(Ev), strip, w, Ev, 0, 0, dS, LD);
      }
      for (let t: u32 = 0; t < strip; t++) {
        Backward.row(p, n, i + r + t, j, w, P + t * PITCH, dS + t * PITCH);
      }
      if (p.dq && w > 0) {
        const dq = Tile.row(p, p.dq, n, i + r, E);
        Micro.block(dS, LD, 1, Room.pack(2), 8, Pack.panel(cols), strip, E, w, dq, E, dq, E);
      }
    }
    if (p.dv) {
      const dy = Tile.row(p, p.dy, n, i, Ev);
      Backward.keys(p, 0, i, rows, j, cols, dy, Ev, p.dv + (((kv * p.S + j) * Ev) << 2));
    }
    if (p.dk) {
      const q = Tile.row(p, p.q, n, i, E);
      Backward.keys(p, 1, i, rows, j, cols, q, E, p.dk + (((kv * p.S + j) * E) << 2));
    }
  }

  /** Scores become D P, and dy v^T becomes dS; 0 behind what is seen of the tile. */
  static row(p: AttentionArgs, n: u32, i: u32, j: u32, w: u32, P: usize, dS: usize): void {
    const whole = Tile.whole(w);
    const Ev = p.Ev;
    const stats = Tile.row(p, p.stats, n, i, 2);
    Row.expSum(P, P, whole, load<f32>(stats), 0);
    Row.scale(P, whole, load<f32>(stats, 4));
    Tile.fill(P, whole, BLOCK, 0);
    Tile.fill(dS, w, BLOCK, 0);
    const dot = Backward.dot(Tile.row(p, p.dy, n, i, Ev), Tile.row(p, p.out, n, i, Ev), Ev);
    const delta = f32x4.splat(dot);
    const scale = f32x4.splat(p.scale);
    const factors = Tile.factors(p, n, i, j, whole, 1);
    for (let c: usize = 0; c < whole << 2; c += 16) {
      const y = v128.load(P + c);
      const factor = v128.load(factors + c);
      const dy = f32x4.mul(v128.load(dS + c), factor);
      v128.store(P + c, f32x4.mul(y, factor));
      v128.store(dS + c, f32x4.mul(f32x4.mul(y, f32x4.sub(dy, delta)), scale));
    }
  }

  static dot(a: usize, b: usize, n: u32): f32 {
    let sum = f32x4.splat(0);
    for (; n >= 4; n -= 4, a += 16, b += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
    }
    let rest: f64 = 0;
    for (; n > 0; n--, a += 4, b += 4) rest += load<f32>(a) * load<f32>(b);
    return <f32>(Lanes.sum(sum) + rest);
  }

  /** to[cols x N] += (tile t)^T b[rows x N]; queries that don't see a strip of keys are left out. */
  static keys(
    p: AttentionArgs,
    t: u32,
    i: u32,
    rows: u32,
    j: u32,
    cols: u32,
    b: usize,
    N: u32,
    to: usize,
  ): void {
    const turned = Room.tile(2);
    const packed = Room.pack(3 + t);
    Pack.panels(b, N, 1, rows, N, packed);
    Pack.transpose(Room.tile(t), LD, 1, rows, cols, turned, LD);
    for (let c: u32 = 0; c < cols; c += STRIP) {
      // Query i + r sees key j + c where r > j + c - i - reach.
      const first = <u32>max<i32>(<i32>(j + c + 1 - i) - p.reach, 0);
      if (first >= rows) break;
      const a = turned + c * PITCH + (first << 2);
      const strip = min(STRIP, cols - c);
      const from = packed + (first << 5);
      const panel = Pack.panel(rows);
      const out = to + ((c * N) << 2);
      Micro.block(a, LD, 1, from, 8, panel, strip, N, rows - first, out, N, out, N);
    }
  }
}

/** Units: key/value heads, N / group. */
export function attentionGradF32(args: usize, start: u32, end: u32): void {
  const p = changetype<AttentionArgs>(args);
  for (let kv = start; kv < end; kv++) Backward.head(p, kv);
}
