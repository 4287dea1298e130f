// Recurrent layers: a whole sequence of one layer in one direction, forward and backward through time. The
// input's part of the gates comes ready (one matrix product for all steps); what is left is sequential.
//
// T steps, B rows, H hidden units, G gates (1; LSTM 4: i f g o; GRU 3: r z n). A work unit is a row.
import { Scratch } from "./abi";
import { Lanes } from "./reduce/lanes";
import { F32x4Math } from "./simd/math";

class Mode {
  static readonly TANH: u32 = 0;
  static readonly RELU: u32 = 1;
  static readonly LSTM: u32 = 2;
  static readonly GRU: u32 = 3;

  @inline
  static gates(mode: u32): u32 {
    return mode < Mode.LSTM ? 1 : mode == Mode.LSTM ? 4 : 3;
  }
}

/** Both kernels' blocks: forward reads x, h0, c0 and writes the others; backward reads all but the d... */
@unmanaged
class RecurrentArgs {
  /** [T, B, G H]: W_ih x + b_ih */
  x: usize;
  /** Forward: [H, G H], W_hh transposed; backward: [G H, H]. */
  w: usize;
  /** [G H], or 0 */
  bias: usize;
  /** [B, H]; c0: LSTM */
  h0: usize;
  c0: usize;
  /** [B]: steps of each row, or 0: all have T. What lies behind gives 0. */
  lengths: usize;
  /** [T, B, H], then the last h [B, H], then (LSTM) the last c [B, H] */
  out: usize;
  /** [T, B, H]: h before each step */
  before: usize;
  /** [T, B, H]: LSTM: c after each step; GRU: W_hn h + b_hn */
  inner: usize;
  /** [T, B, G H]: the gates after their functions */
  gates: usize;
  /** [T, B, G H]: dL/dx; dhidden, dL/d(W_hh h + b_hh), differs from it for GRU only. */
  dy: usize;
  dx: usize;
  dhidden: usize;
  dh0: usize;
  dc0: usize;
  T: u32;
  B: u32;
  H: u32;
  mode: u32;
  reverse: u32;

  /** The time of a row's step `s`. */
  @inline
  time(s: u32, steps: u32): u32 {
    return this.reverse ? steps - 1 - s : s;
  }

  @inline
  steps(row: u32): u32 {
    return this.lengths ? load<u32>(this.lengths + (row << 2)) : this.T;
  }
}

/** Called, not inlined: each stands in several places. */
class Gate {
  static tanh(x: v128): v128 {
    return F32x4Math.tanh(x);
  }

  static sigmoid(x: v128): v128 {
    return F32x4Math.sigmoid(x);
  }
}

class Vec {
  /** Up to four of the n floats from `at`; 0 behind them. */
  static load(p: usize, at: u32, n: u32): v128 {
    return at + 4 <= n
      ? v128.load(p + (at << 2))
      : Lanes.loadTail(p + (at << 2), n - at, f32x4.splat(0));
  }

  static store(p: usize, at: u32, n: u32, v: v128): void {
    Lanes.storeHead(p + (at << 2), min(n - at, 4), v);
  }

  /** out[n] = first[n] (or 0) + sum over k < count of h[k] w[k, n]; out has room for whole vectors. */
  static product(out: usize, first: usize, h: usize, w: usize, count: u32, n: u32): void {
    const pitch = n << 2;
    let j: u32 = 0;
    for (; j + 16 <= n; j += 16) {
      const at = j << 2;
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      if (first) {
        s0 = v128.load(first + at);
        s1 = v128.load(first + at, 16);
        s2 = v128.load(first + at, 32);
        s3 = v128.load(first + at, 48);
      }
      let row = w + at;
      for (let k: u32 = 0; k < count; k++, row += pitch) {
        const x = v128.load32_splat(h + (k << 2));
        s0 = f32x4.add(s0, f32x4.mul(x, v128.load(row)));
        s1 = f32x4.add(s1, f32x4.mul(x, v128.load(row, 16)));
        s2 = f32x4.add(s2, f32x4.mul(x, v128.load(row, 32)));
        s3 = f32x4.add(s3, f32x4.mul(x, v128.load(row, 48)));
      }
      v128.store(out + at, s0);
      v128.store(out + at, s1, 16);
      v128.store(out + at, s2, 32);
      v128.store(out + at, s3, 48);
    }
    for (; j < n; j += 4) {
      let sum = first ? Vec.load(first, j, n) : f32x4.splat(0);
      let row = w;
      for (let k: u32 = 0; k < count; k++, row += pitch) {
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(h + (k << 2)), Vec.load(row, j, n)));
      }
      v128.store(out + (j << 2), sum);
    }
  }
}

class Step {
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
    Vec.product(hidden, a.bias, h, a.w, H, G * H);
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

/** Fills out, before, inner and gates. Scratch: (G + 2) (H + 4) floats. */
export function recurrentF32(args: usize, start: u32, end: u32): void {
  const a = changetype<RecurrentArgs>(args);
  const H = a.H;
  const bytes = H << 2;
  const h = Scratch.base();
  const c = h + bytes + 16;
  const hidden = c + bytes + 16;
  const last = a.out + a.T * a.B * bytes;
  for (let row = start; row < end; row++) {
    memory.copy(h, a.h0 + row * bytes, bytes);
    if (a.mode == Mode.LSTM) memory.copy(c, a.c0 + row * bytes, bytes);
    const steps = a.steps(row);
    for (let s: u32 = 0; s < steps; s++) Step.forward(a, row, a.time(s, steps), h, c, hidden);
    memory.copy(last + row * bytes, h, bytes);
    if (a.mode == Mode.LSTM) memory.copy(last + (a.B + row) * bytes, c, bytes);
    Step.clear(a.out, a, row, H);
    Step.clear(a.before, a, row, H);
  }
}

/** Fills dx, dhidden, dh0 and dc0 from dy, laid out as out is. Scratch as above. */
export function recurrentGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<RecurrentArgs>(args);
  const H = a.H;
  const G = Mode.gates(a.mode);
  const bytes = H << 2;
  const dh = Scratch.base();
  const dc = dh + bytes + 16;
  const back = dc + bytes + 16;
  const last = a.dy + a.T * a.B * bytes;
  for (let row = start; row < end; row++) {
    memory.copy(dh, last + row * bytes, bytes);
    if (a.mode == Mode.LSTM) memory.copy(dc, last + (a.B + row) * bytes, bytes);
    const steps = a.steps(row);
    for (let s = steps; s > 0; s--) {
      const t = a.time(s - 1, steps);
      const c = s == 1 ? a.c0 + row * bytes : a.inner + (a.time(s - 2, steps) * a.B + row) * bytes;
      Step.backward(a, row, t, c, dh, dc);
      const from = a.dhidden + (((t * a.B + row) * G * H) << 2);
      Vec.product(back, 0, from, a.w, G * H, H);
      for (let j: u32 = 0; j < bytes; j += 16) {
        v128.store(dh + j, f32x4.add(v128.load(dh + j), v128.load(back + j)));
      }
    }
    memory.copy(a.dh0 + row * bytes, dh, bytes);
    if (a.mode == Mode.LSTM) memory.copy(a.dc0 + row * bytes, dc, bytes);
    Step.clear(a.dx, a, row, G * H);
    if (a.dhidden != a.dx) Step.clear(a.dhidden, a, row, G * H);
  }
}
