// One step of one row: what the gates make of the products, forward and backward.
import { F32x4Math } from "../simd/math";
import { Mode, RecurrentArgs } from "./args";
import { Vec } from "./rows";

/** Called, not inlined: each stands in several places. */
class Gate {
  static tanh(x: v128): v128 {
    return F32x4Math.tanh(x);
  }

  static sigmoid(x: v128): v128 {
    return F32x4Math.sigmoid(x);
  }
}

export class Step {
  /** Vectors of one row at time t: where each array's row begins. */
  static forward(a: RecurrentArgs, row: u32, t: u32, h: usize, c: usize, hidden: usize): void {
    const H = a.H;
    const mode = a.mode;
    const G = Mode.gates(mode);
    const at = (t * a.B + row) * H;
    const x = a.x + ((at * G) << 2);
    const gates = a.gates + ((at * G) << 2);
    const out = a.out + (at << 2);
    const inner = a.inner + (at << 2);
    memory.copy(a.before + (at << 2), h, H << 2);
    const g1 = H << 2;
    for (let j: u32 = 0; j < H; j += 4) {
      const p = hidden + (j << 2);
      const s0 = f32x4.add(Vec.load(x, j, H), v128.load(p));
      let y: v128;
      if (mode < Mode.LSTM) {
        y = mode == Mode.TANH ? Gate.tanh(s0) : f32x4.max(s0, f32x4.splat(0));
        Vec.store(gates, j, H, y);
      } else {
        const first = Gate.sigmoid(s0);
        const second = Gate.sigmoid(f32x4.add(Vec.load(x + g1, j, H), v128.load(p + g1)));
        Vec.store(gates, j, H, first);
        Vec.store(gates + g1, j, H, second);
        const third = Vec.load(x + 2 * g1, j, H);
        const hidden3 = v128.load(p + 2 * g1);
        if (mode == Mode.LSTM) {
          const g = Gate.tanh(f32x4.add(third, hidden3));
          const o = Gate.sigmoid(f32x4.add(Vec.load(x + 3 * g1, j, H), v128.load(p + 3 * g1)));
          const now = f32x4.add(f32x4.mul(second, v128.load(c + (j << 2))), f32x4.mul(first, g));
          Vec.store(gates + 2 * g1, j, H, g);
          Vec.store(gates + 3 * g1, j, H, o);
          Vec.store(inner, j, H, now);
          v128.store(c + (j << 2), now);
          y = f32x4.mul(o, Gate.tanh(now));
        } else {
          const n = Gate.tanh(f32x4.add(third, f32x4.mul(first, hidden3)));
          Vec.store(gates + 2 * g1, j, H, n);
          Vec.store(inner, j, H, hidden3);
          const keep = f32x4.mul(second, v128.load(h + (j << 2)));
          y = f32x4.add(f32x4.mul(f32x4.sub(f32x4.splat(1), second), n), keep);
        }
      }
      Vec.store(out, j, H, y);
      v128.store(h + (j << 2), y);
    }
  }

  /** dx and dhidden at time t from dh and dc, which become those of the step before. */
  static backward(a: RecurrentArgs, row: u32, t: u32, before: usize, dh: usize, dc: usize): void {
    const H = a.H;
    const mode = a.mode;
    const G = Mode.gates(mode);
    const at = (t * a.B + row) * H;
    const gates = a.gates + ((at * G) << 2);
    const dx = a.dx + ((at * G) << 2);
    const dhidden = a.dhidden + ((at * G) << 2);
    const dy = a.dy + (at << 2);
    const one = f32x4.splat(1);
    const g1 = H << 2;
    for (let j: u32 = 0; j < H; j += 4) {
      const d = f32x4.add(Vec.load(dy, j, H), v128.load(dh + (j << 2)));
      const first = Vec.load(gates, j, H);
      if (mode < Mode.LSTM) {
        const slope =
          mode == Mode.TANH
            ? f32x4.mul(d, f32x4.sub(one, f32x4.mul(first, first)))
            : v128.and(d, f32x4.gt(first, f32x4.splat(0)));
        Vec.store(dx, j, H, slope);
        v128.store(dh + (j << 2), f32x4.splat(0));
        continue;
      }
      const second = Vec.load(gates + g1, j, H);
      const third = Vec.load(gates + 2 * g1, j, H);
      const s1 = f32x4.mul(first, f32x4.sub(one, first));
      const s2 = f32x4.mul(second, f32x4.sub(one, second));
      const s3 = f32x4.sub(one, f32x4.mul(third, third));
      const inner = Vec.load(a.inner + (at << 2), j, H);
      if (mode == Mode.LSTM) {
        const o = Vec.load(gates + 3 * g1, j, H);
        const th = Gate.tanh(inner);
        const slope = f32x4.mul(o, f32x4.sub(one, f32x4.mul(th, th)));
        const e = f32x4.add(v128.load(dc + (j << 2)), f32x4.mul(d, slope));
        Vec.store(dx, j, H, f32x4.mul(f32x4.mul(e, third), s1));
        Vec.store(dx + g1, j, H, f32x4.mul(f32x4.mul(e, Vec.load(before, j, H)), s2));
        Vec.store(dx + 2 * g1, j, H, f32x4.mul(f32x4.mul(e, first), s3));
        const so = f32x4.mul(o, f32x4.sub(one, o));
        Vec.store(dx + 3 * g1, j, H, f32x4.mul(f32x4.mul(d, th), so));
        v128.store(dc + (j << 2), f32x4.mul(e, second));
        v128.store(dh + (j << 2), f32x4.splat(0));
      } else {
        const h = Vec.load(a.before + (at << 2), j, H);
        const dn = f32x4.mul(f32x4.mul(d, f32x4.sub(one, second)), s3);
        const dr = f32x4.mul(f32x4.mul(dn, inner), s1);
        const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(h, third)), s2);
        Vec.store(dx, j, H, dr);
        Vec.store(dx + g1, j, H, dz);
        Vec.store(dx + 2 * g1, j, H, dn);
        Vec.store(dhidden, j, H, dr);
        Vec.store(dhidden + g1, j, H, dz);
        Vec.store(dhidden + 2 * g1, j, H, f32x4.mul(dn, first));
        v128.store(dh + (j << 2), f32x4.mul(d, second));
      }
    }
  }

  /** Zeros in the rows of `p` ([T, B, n]) that lie behind the end of a sequence. */
  static clear(p: usize, a: RecurrentArgs, row: u32, n: u32): void {
    for (let t = a.steps(row); t < a.T; t++) {
      memory.fill(p + (((t * a.B + row) * n) << 2), 0, n << 2);
    }
  }
}
