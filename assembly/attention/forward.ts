// Scaled dot-product attention, out = softmax(scale q k^T + mask) v, without the L x S matrix: tile by
// tile, with the greatest score m of each query and the sum of its exp(score - m) so far; when m
// grows, what has been added up shrinks (Dao et al., "FlashAttention", 2022). m and 1 / sum are kept
// as `stats`, so that the gradients compute the same probabilities anew. Who sees no key gets 0.
import { Exp, Row } from "../expSum";
import { Micro } from "../gemm/micro";
import { Pack } from "../gemm/pack";
import { Vector } from "../gemm/vector";
import { AttentionArgs, BLOCK, LD, PITCH, Room, STRIP, Tile } from "./tile";

class Forward {
  /** `rows` queries of head n from i on. */
  static block(p: AttentionArgs, n: u32, i: u32, rows: u32): void {
    const Ev = p.Ev;
    const out = Tile.row(p, p.out, n, i, Ev);
    memory.fill(out, 0, (rows * Ev) << 2);
    memory.fill(Room.sums(), 0, BLOCK << 3);
    Tile.fill(Room.maxima(), 0, BLOCK, -Infinity);
    const end = Tile.seen(p, i + rows - 1);
    const few = Tile.few(p);
    for (let j: u32 = 0; j < end; j += BLOCK) {
      const cols = min(BLOCK, end - j);
      const v = Tile.value(p, n, j);
      if (!few) {
        Pack.panels(Tile.key(p, n, j), 1, p.E, p.E, cols, Room.pack(0));
        Pack.panels(v, Ev, 1, cols, Ev, Room.pack(1));
      }
      for (let r: u32 = 0; r < rows; r += STRIP) {
        const strip = min(STRIP, rows - r);
        const w = Tile.width(p, i + r + strip - 1, j, cols);
        if (w == 0) continue;
        Tile.scores(p, n, i + r, strip, j, w, Room.tile(0));
        const to = out + ((r * Ev) << 2);
        for (let t: u32 = 0; t < strip; t++) Forward.row(p, n, i, r + t, j, w, t, out);
        if (few) {
          for (let t: u32 = 0; t < strip; t++) {
            const y = to + ((t * Ev) << 2);
            Vector.rows(Room.tile(0) + t * PITCH, 4, v, Ev << 2, w, Ev, y);
          }
        } else {
          const panel = Pack.panel(cols);
          Micro.block(Room.tile(0), LD, 1, Room.pack(1), 8, panel, strip, Ev, w, to, Ev, to, Ev);
        }
      }
    }
    Forward.finish(p, n, i, rows, out);
  }

  /** Row t of the tile, scores of query i + r, becomes exp(score - m); its sum and m move on. */
  static row(p: AttentionArgs, n: u32, i: u32, r: u32, j: u32, w: u32, t: u32, out: usize): void {
    const at = Room.tile(0) + t * PITCH;
    const whole = Tile.whole(w);
    const m = Room.maxima() + (r << 2);
    const l = Room.sums() + (r << 3);
    const old = load<f32>(m);
    const top = max(old, Row.max(at, whole));
    if (top > old) {
      store<f32>(m, top);
      if (old > -Infinity) {
        const by = Row.expNeg(top - old);
        store<f64>(l, load<f64>(l) * by);
        Row.scale(out + ((r * p.Ev) << 2), p.Ev, by * Exp.SCALE);
      }
    }
    // Infinity - Infinity would be NaN.
    const sum = Row.expSum(at, at, whole, top > -Infinity ? top : 0, 0);
    store<f64>(l, load<f64>(l) + sum);
    const factors = Tile.factors(p, n, i + r, j, whole, 1 / Exp.SCALE);
    for (let c: usize = 0; c < whole << 2; c += 16) {
      v128.store(at + c, f32x4.mul(v128.load(at + c), v128.load(factors + c)));
    }
  }

  static finish(p: AttentionArgs, n: u32, i: u32, rows: u32, out: usize): void {
    let stats = Tile.row(p, p.stats, n, i, 2);
    for (let r: u32 = 0; r < rows; r++, stats += 8, out += p.Ev << 2) {
      const sum = load<f64>(Room.sums() + (r << 3));
      const m = load<f32>(Room.maxima() + (r << 2));
      const by = sum == 0 ? 0 : 1 / sum;
      Row.scale(out, p.Ev, by * Exp.SCALE);
      store<f32>(stats, m > -Infinity ? m : 0);
      store<f32>(stats, <f32>by, 4);
    }
  }
}

/** Units: N ceil(L / 64). */
export function attentionF32(args: usize, start: u32, end: u32): void {
  const p = changetype<AttentionArgs>(args);
  const blocks = (p.L + (BLOCK - 1)) / BLOCK;
  for (let u = start; u < end; u++) {
    const n = u / blocks;
    const i = (u - n * blocks) * BLOCK;
    Forward.block(p, n, i, min(BLOCK, p.L - i));
  }
}
