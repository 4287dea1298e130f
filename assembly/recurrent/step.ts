// One step of one row: what the gates make of the products, forward and backward.
import { Unary } from "../elementwise/loops";
import { F32x4Math } from "../simd/math";
import { Mode, RecurrentArgs } from "./args";
import { Rows, Vec } from "./rows";

class Tanh extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Math.tanh(x);
  }
}

class Sigmoid extends Unary {
  @inline
  apply(x: v128): v128 {
    return F32x4Math.sigmoid(x);
  }
}

/** p[n] = f(p[n]), two vectors at a time: they hide each other's latency. */
function apply<F extends Unary>(p: usize, n: u32): void {
  const end = p + ((n & ~7) << 2);
  for (; p < end; p += 32) {
    const y0 = changetype<F>(0).apply(v128.load(p));
    const y1 = changetype<F>(0).apply(v128.load(p, 16));
    v128.store(p, y0);
    v128.store(p, y1, 16);
  }
  const left = n & 7;
  if (!left) return;
  Vec.copy(Rows.pad(), p, left);
  apply<F>(Rows.pad(), 8);
  Vec.copy(p, Rows.pad(), left);
}

export class Step {
  /**
   * Vectors of one row at time t: where each array's row begins. The gates are computed where `hidden`,
   * the products, lies: in the scratch, with room behind it for whole vectors.
   */
  static forward(a: RecurrentArgs, row: u32, t: u32, h: usize, c: usize, hidden: usize): void {
    const H = a.H;
    const mode = a.mode;
    const G = Mode.gates(mode);
    const at = (t * a.B + row) * H;
    const x = a.x + ((at * G) << 2);
    const g1 = H << 2;
    const inner = a.inner + (at << 2);
    Vec.copy(a.before + (at << 2), h, H);
    const isGRU = mode == Mode.GRU;
    if (isGRU) Vec.copy(inner, hidden + 2 * g1, H);
    Step.add(hidden, x, isGRU ? 2 * H : G * H);
    if (mode == Mode.TANH) apply<Tanh>(hidden, H);
    else if (mode == Mode.RELU) Step.relu(hidden, H);
    else {
      apply<Sigmoid>(hidden, 2 * H);
      const third = hidden + 2 * g1;
      if (isGRU) Step.reset(third, hidden, x + 2 * g1, H);
      else apply<Sigmoid>(third + g1, H);
      apply<Tanh>(third, H);
    }
    Vec.copy(a.gates + ((at * G) << 2), hidden, G * H);
    if (mode < Mode.LSTM) Vec.copy(h, hidden, H);
    else if (isGRU) Step.blend(h, hidden, H);
    else {
      Step.cell(c, h, hidden, H);
      Vec.copy(inner, c, H);
      apply<Tanh>(h, H);
      Step.times(h, hidden + 3 * g1, H);
    }
    Vec.copy(a.out + (at << 2), h, H);
  }

  /** p = x + p */
  private static add(p: usize, x: usize, n: u32): void {
    for (let j: u32 = 0; j < n; j += 4) {
      const to = p + (j << 2);
      v128.store(to, f32x4.add(Vec.load(x, j, n), v128.load(to)));
    }
  }

  private static relu(p: usize, n: u32): void {
    for (const end = p + (n << 2); p < end; p += 16) {
      v128.store(p, f32x4.pmax(v128.load(p), f32x4.splat(0)));
    }
  }

  /** n = x + r n, before its tanh. */
  private static reset(n: usize, r: usize, x: usize, H: u32): void {
    for (let j: u32 = 0; j < H; j += 4) {
      const to = n + (j << 2);
      const part = f32x4.mul(v128.load(r + (j << 2)), v128.load(to));
      v128.store(to, f32x4.add(Vec.load(x, j, H), part));
    }
  }

  /** h = (1 - z) n + z h */
  private static blend(h: usize, gates: usize, H: u32): void {
    const g1 = H << 2;
    for (const end = h + g1; h < end; h += 16) {
      const z = v128.load(gates + g1);
      const keep = f32x4.mul(z, v128.load(h));
      const n = v128.load(gates + 2 * g1);
      v128.store(h, f32x4.add(f32x4.mul(f32x4.sub(f32x4.splat(1), z), n), keep));
      gates += 16;
    }
  }

  /** c = f c + i g, into h as well. */
  private static cell(c: usize, h: usize, gates: usize, H: u32): void {
    const g1 = H << 2;
    for (const end = c + g1; c < end; c += 16) {
      const keep = f32x4.mul(v128.load(gates + g1), v128.load(c));
      const now = f32x4.add(keep, f32x4.mul(v128.load(gates), v128.load(gates + 2 * g1)));
      v128.store(c, now);
      v128.store(h, now);
      gates += 16;
      h += 16;
    }
  }

  /** h = o h */
  private static times(h: usize, o: usize, H: u32): void {
    for (const end = h + (H << 2); h < end; h += 16) {
      v128.store(h, f32x4.mul(v128.load(o), v128.load(h)));
      o += 16;
    }
  }

  /**
   * dx and dhidden at time t from dh and dc, which become those of the step before. `th` is room for a
   * row, with some behind it.
   */
  static backward(
    a: RecurrentArgs,
    row: u32,
    t: u32,
    before: usize,
    dh: usize,
    dc: usize,
    th: usize,
  ): void {
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
    if (mode == Mode.LSTM) {
      Vec.copy(th, a.inner + (at << 2), H);
      apply<Tanh>(th, H);
    }
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
      if (mode == Mode.LSTM) {
        const o = Vec.load(gates + 3 * g1, j, H);
        const y = v128.load(th + (j << 2));
        const slope = f32x4.mul(o, f32x4.sub(one, f32x4.mul(y, y)));
        const e = f32x4.add(v128.load(dc + (j << 2)), f32x4.mul(d, slope));
        Vec.store(dx, j, H, f32x4.mul(f32x4.mul(e, third), s1));
        Vec.store(dx + g1, j, H, f32x4.mul(f32x4.mul(e, Vec.load(before, j, H)), s2));
        Vec.store(dx + 2 * g1, j, H, f32x4.mul(f32x4.mul(e, first), s3));
        const so = f32x4.mul(o, f32x4.sub(one, o));
        Vec.store(dx + 3 * g1, j, H, f32x4.mul(f32x4.mul(d, y), so));
        v128.store(dc + (j << 2), f32x4.mul(e, second));
        v128.store(dh + (j << 2), f32x4.splat(0));
      } else {
        const inner = Vec.load(a.inner + (at << 2), j, H);
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
