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
  static product(out: usize, first: usize, h: usize, w: Weights): void {
    const rowBytes = w.rowBytes;
    const kBytes: usize = w.count << 2;
    let j: u32 = 0;
    for (; j + 16 <= w.n; j += 16) {
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
      let left = w.strip(j);
      let right = left + w.stripBytes;
      for (let k: usize = 0; k < kBytes; k += 4) {
        const x = v128.load32_splat(h + k);
        s0 = f32x4.add(s0, f32x4.mul(x, v128.load(left)));
        s1 = f32x4.add(s1, f32x4.mul(x, v128.load(left, 16)));
        s2 = f32x4.add(s2, f32x4.mul(x, v128.load(right)));
        s3 = f32x4.add(s3, f32x4.mul(x, v128.load(right, 16)));
        left += rowBytes;
        right += rowBytes;
      }
      v128.store(out + at, s0);
      v128.store(out + at, s1, 16);
      v128.store(out + at, s2, 32);
      v128.store(out + at, s3, 48);
    }
    Vec.rest(out, first, h, w, j);
  }

  /** Columns from j on. */
  static rest(out: usize, first: usize, h: usize, w: Weights, j: u32): void {
    const n = w.n;
    const count = w.count;
    const pitch = n << 2;
    for (; j < n; j += 4) {
      let sum = first ? Vec.load(first, j, n) : f32x4.splat(0);
      let row = w.data;
      for (let k: u32 = 0; k < count; k++, row += pitch) {
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(h + (k << 2)), Vec.load(row, j, n)));
      }
      v128.store(out + (j << 2), sum);
    }
  }

  /** Four products at once, of the h that four pointers at `rows` lead to; each w is loaded once. */
  static product4(out: usize, outBytes: usize, first: usize, rows: usize, w: Weights): void {
    const h0 = load<usize>(rows);
    const h1 = load<usize>(rows, 4);
    const h2 = load<usize>(rows, 8);
    const h3 = load<usize>(rows, 12);
    const rowBytes = w.rowBytes;
    const kBytes: usize = w.count << 2;
    let j: u32 = 0;
    for (; j + 8 <= w.n; j += 8) {
      const at = j << 2;
      let s00 = f32x4.splat(0);
      let s01 = s00;
      if (first) {
        s00 = v128.load(first + at);
        s01 = v128.load(first + at, 16);
      }
      let s10 = s00;
      let s11 = s01;
      let s20 = s00;
      let s21 = s01;
      let s30 = s00;
      let s31 = s01;
      let row = w.strip(j);
      for (let k: usize = 0; k < kBytes; k += 4, row += rowBytes) {
        const w0 = v128.load(row);
        const w1 = v128.load(row, 16);
        let x = v128.load32_splat(h0 + k);
        s00 = f32x4.add(s00, f32x4.mul(x, w0));
        s01 = f32x4.add(s01, f32x4.mul(x, w1));
        x = v128.load32_splat(h1 + k);
        s10 = f32x4.add(s10, f32x4.mul(x, w0));
        s11 = f32x4.add(s11, f32x4.mul(x, w1));
        x = v128.load32_splat(h2 + k);
        s20 = f32x4.add(s20, f32x4.mul(x, w0));
        s21 = f32x4.add(s21, f32x4.mul(x, w1));
        x = v128.load32_splat(h3 + k);
        s30 = f32x4.add(s30, f32x4.mul(x, w0));
        s31 = f32x4.add(s31, f32x4.mul(x, w1));
      }
      let to = out + at;
      v128.store(to, s00);
      v128.store(to, s01, 16);
      to += outBytes;
      v128.store(to, s10);
      v128.store(to, s11, 16);
      to += outBytes;
      v128.store(to, s20);
      v128.store(to, s21, 16);
      to += outBytes;
      v128.store(to, s30);
      v128.store(to, s31, 16);
    }
    if (j === w.n) return;
    for (let r: u32 = 0; r < 4; r++) {
      Vec.rest(out + <usize>r * outBytes, first, load<usize>(rows + (r << 2)), w, j);
    }
  }
}

/** The matrix [count, n] that h is multiplied with, in strips of 8 columns. */
@unmanaged
class Weights {
  data: usize;
  count: u32;
  n: u32;
  /** Where the first strip begins, and how far it is to the next row of it, and to the next strip. */
  first: usize;
  rowBytes: usize;
  stripBytes: usize;

  @inline
  strip(j: u32): usize {
    return this.first + <usize>(j >> 3) * this.stripBytes;
  }

  /**
   * Copies whole strips to `to`, one behind the other, where `room` is enough: rows of a matrix that lie
   * a power of two apart share a few sets of the first cache, and four rows of h would miss it each time.
   */
  pack(to: usize, room: usize): void {
    const strips: usize = this.n >> 3;
    const bytes: usize = this.count << 5;
    if (strips * bytes > room) return;
    for (let i: usize = 0; i < strips; i++) {
      let from = this.data + (i << 5);
      const end = to + (i + 1) * bytes;
      for (let p = to + i * bytes; p < end; p += 32) {
        v128.store(p, v128.load(from));
        v128.store(p, v128.load(from, 16), 16);
        from += this.n << 2;
      }
    }
    this.first = to;
    this.rowBytes = 32;
    this.stripBytes = bytes;
  }
}

/**
 * The scratch: the weights' block, the addresses of what rows in lockstep multiply with, those rows'
 * vectors (two of H floats, one of G H), and strips of weights.
 */
class Rows {
  static at: usize = 0;
  static bytes: usize = 0;
  static stride: usize = 0;

  /** Lays out the scratch for products with w [count, n]. */
  static begin(a: RecurrentArgs, count: u32, n: u32): void {
    const w = Rows.weights();
    w.data = a.w;
    w.count = count;
    w.n = n;
    w.first = a.w;
    w.rowBytes = n << 2;
    w.stripBytes = 32;
    Rows.bytes = (a.H << 2) + 16;
    Rows.stride = Rows.bytes * (2 + Mode.gates(a.mode));
    Rows.at = Scratch.base() + 64;
    const used: usize = Rows.stride * 4 + 128;
    // One pass over the weights: for a few steps it would not pay.
    if (used < Scratch.BYTES && a.T >= 4)
      w.pack(Scratch.base() + (used & ~63), Scratch.BYTES - used);
  }

  /** How many of the rows from `row` on go in lockstep: four or one. The bits are the same. */
  static group(row: u32, end: u32): u32 {
    return row + 4 <= end && Rows.stride * 4 + 128 <= Scratch.BYTES ? 4 : 1;
  }

  @inline
  static weights(): Weights {
    return changetype<Weights>(Scratch.base());
  }

  /** h or dh of row r of the group. */
  @inline
  static h(r: u32): usize {
    return Rows.at + <usize>r * Rows.stride;
  }

  /** c or dc. */
  @inline
  static c(r: u32): usize {
    return Rows.h(r) + Rows.bytes;
  }

  /** The product. */
  @inline
  static product(r: u32): usize {
    return Rows.c(r) + Rows.bytes;
  }

  static setOperand(r: u32, h: usize): void {
    store<usize>(Scratch.base() + (r << 2), h, 32);
  }

  /** The products of all rows of the group with the weights. */
  static multiply(group: u32, first: usize): void {
    const rows = Scratch.base() + 32;
    const out = Rows.product(0);
    if (group === 4) Vec.product4(out, Rows.stride, first, rows, Rows.weights());
    else Vec.product(out, first, load<usize>(rows), Rows.weights());
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

/** The most steps that a row of the group has. */
function longest(a: RecurrentArgs, row: u32, group: u32): u32 {
  let most: u32 = 0;
  for (let r: u32 = 0; r < group; r++) most = max(most, a.steps(row + r));
  return most;
}

/** Fills out, before, inner and gates. */
export function recurrentF32(args: usize, start: u32, end: u32): void {
  const a = changetype<RecurrentArgs>(args);
  Rows.begin(a, a.H, Mode.gates(a.mode) * a.H);
  for (let row = start; row < end;) {
    const group = Rows.group(row, end);
    forwardRows(a, row, group);
    row += group;
  }
}

function forwardRows(a: RecurrentArgs, first: u32, group: u32): void {
  const H = a.H;
  const bytes = H << 2;
  const isLSTM = a.mode == Mode.LSTM;
  for (let r: u32 = 0; r < group; r++) {
    memory.copy(Rows.h(r), a.h0 + (first + r) * bytes, bytes);
    if (isLSTM) memory.copy(Rows.c(r), a.c0 + (first + r) * bytes, bytes);
    Rows.setOperand(r, Rows.h(r));
  }
  const most = longest(a, first, group);
  for (let s: u32 = 0; s < most; s++) {
    Rows.multiply(group, a.bias);
    for (let r: u32 = 0; r < group; r++) {
      const row = first + r;
      const steps = a.steps(row);
      if (s >= steps) continue;
      Step.forward(a, row, a.time(s, steps), Rows.h(r), Rows.c(r), Rows.product(r));
    }
  }
  const last = a.out + a.T * a.B * bytes;
  for (let r: u32 = 0; r < group; r++) {
    const row = first + r;
    memory.copy(last + row * bytes, Rows.h(r), bytes);
    if (isLSTM) memory.copy(last + (a.B + row) * bytes, Rows.c(r), bytes);
    Step.clear(a.out, a, row, H);
    Step.clear(a.before, a, row, H);
  }
}

/** Fills dx, dhidden, dh0 and dc0 from dy, laid out as out is. */
export function recurrentGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<RecurrentArgs>(args);
  Rows.begin(a, Mode.gates(a.mode) * a.H, a.H);
  for (let row = start; row < end;) {
    const group = Rows.group(row, end);
    backwardRows(a, row, group);
    row += group;
  }
}

function backwardRows(a: RecurrentArgs, first: u32, group: u32): void {
  const bytes = a.H << 2;
  const isLSTM = a.mode == Mode.LSTM;
  const last = a.dy + a.T * a.B * bytes;
  for (let r: u32 = 0; r < group; r++) {
    memory.copy(Rows.h(r), last + (first + r) * bytes, bytes);
    if (isLSTM) memory.copy(Rows.c(r), last + (a.B + first + r) * bytes, bytes);
    // A row that has fewer steps multiplies something until its turn comes.
    Rows.setOperand(r, a.w);
  }
  for (let s = longest(a, first, group); s > 0; s--) backwardStep(a, first, group, s);
  const G = Mode.gates(a.mode);
  for (let r: u32 = 0; r < group; r++) {
    const row = first + r;
    memory.copy(a.dh0 + row * bytes, Rows.h(r), bytes);
    if (isLSTM) memory.copy(a.dc0 + row * bytes, Rows.c(r), bytes);
    Step.clear(a.dx, a, row, G * a.H);
    if (a.dhidden != a.dx) Step.clear(a.dhidden, a, row, G * a.H);
  }
}

function backwardStep(a: RecurrentArgs, first: u32, group: u32, s: u32): void {
  const H = a.H;
  const bytes = H << 2;
  const wide = Mode.gates(a.mode) * H;
  for (let r: u32 = 0; r < group; r++) {
    const row = first + r;
    const steps = a.steps(row);
    if (s > steps) continue;
    const t = a.time(s - 1, steps);
    const c = s == 1 ? a.c0 + row * bytes : a.inner + (a.time(s - 2, steps) * a.B + row) * bytes;
    Step.backward(a, row, t, c, Rows.h(r), Rows.c(r));
    Rows.setOperand(r, a.dhidden + (((t * a.B + row) * wide) << 2));
  }
  Rows.multiply(group, 0);
  for (let r: u32 = 0; r < group; r++) {
    if (s > a.steps(first + r)) continue;
    const dh = Rows.h(r);
    const back = Rows.product(r);
    for (let j: u32 = 0; j < bytes; j += 16) {
      v128.store(dh + j, f32x4.add(v128.load(dh + j), v128.load(back + j)));
    }
  }
}
