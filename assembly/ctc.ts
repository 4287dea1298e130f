// Connectionist temporal classification (Graves et al., 2006): the loss of one sequence a work unit, and
// its gradient. Everything is added up as base-2 logarithms in float64, since a path's probability
// underflows; log2 and 2^x to a relative 2^-29 are simd/double.ts's.
import { Status } from "./index-ops/status";
import { F64Math } from "./simd/double";

@unmanaged
class CtcArgs {
  /** Log-probabilities, [T, N, C]. */
  logp: usize;
  /** Classes, int32: those of sequence n from its offset on. */
  targets: usize;
  /** Per sequence its steps, its classes and their offset, int32 [N, 3]. */
  sizes: usize;
  loss: usize;
  /** d loss[n] / d logp, [T, N, C]; 0: none is wanted. */
  grad: usize;
  /** (rows + 2) (2 S + 1) float64 a sequence, rows = T with a gradient, else 2. */
  work: usize;
  status: usize;
  T: u32;
  N: u32;
  C: u32;
  /** The most classes of a sequence. */
  S: u32;
  blank: i32;
  zeroInfinity: u32;
}

const LOG2_E: f64 = 1.4426950408889634;
const LN_2: f64 = 0.6931471805599453;

class Log {
  /** log2(2^a + 2^b + 2^c), the greatest of which counts as exactly 1: what is certain stays so for any T. */
  static add(a: f64, b: f64, c: f64): f64 {
    const m = max(max(a, b), c);
    if (m == -Infinity) return m;
    const middle = max(min(a, b), min(max(a, b), c));
    const sum = 1 + F64Math.exp2(middle - m) + F64Math.exp2(min(min(a, b), c) - m);
    return m + F64Math.log2(sum);
  }
}

/** One sequence: states 0 ... 2 L are blank, class, blank, class, ..., blank. */
class Sequence {
  /** The class of state s. */
  @inline
  static label(a: CtcArgs, targets: usize, s: u32): i32 {
    return s & 1 ? load<i32>(targets + ((s >> 1) << 2)) : a.blank;
  }

  /** log2 of the probability of state s at time t. */
  @inline
  static chance(a: CtcArgs, at: usize, targets: usize, s: u32): f64 {
    return <f64>load<f32>(at + (Sequence.label(a, targets, s) << 2)) * LOG2_E;
  }

  /** Whether a path may go from state s to s + 2: between classes that differ. */
  @inline
  static skips(targets: usize, s: u32): bool {
    if (!(s & 1)) return false;
    const at = targets + ((s >> 1) << 2);
    return load<i32>(at) != load<i32>(at, 4);
  }

  /**
   * A row of alphas (step 1: from the states before) or betas (step -1: from those behind) out of the
   * row before; `states` in all, each with its own probability.
   */
  static row(
    a: CtcArgs,
    at: usize,
    targets: usize,
    states: i32,
    from: usize,
    to: usize,
    step: i32,
  ): void {
    for (let s = 0; s < states; s++) {
      const one = s - step;
      const two = one - step;
      const hasOne = one >= 0 && one < states;
      const hasTwo = two >= 0 && two < states && Sequence.skips(targets, min(s, two));
      const sum = Log.add(
        load<f64>(from + (s << 3)),
        hasOne ? load<f64>(from + (one << 3)) : -Infinity,
        hasTwo ? load<f64>(from + (two << 3)) : -Infinity,
      );
      store<f64>(to + (s << 3), sum + Sequence.chance(a, at, targets, s));
    }
  }

  /**
   * The row before the first: a path that is certain to be in state `only`, an end, from where the row
   * rule leads on to the two states that a path may begin (or, backwards, end) in.
   */
  static start(row: usize, states: i32, only: i32): void {
    for (let s = 0; s < states; s++) store<f64>(row + (s << 3), s == only ? 0 : -Infinity);
  }
}

/** The gradient at one time: (e^logp - the probability that a path is in a state of the class). */
function gradient(
  a: CtcArgs,
  at: usize,
  out: usize,
  targets: usize,
  states: i32,
  alpha: usize,
  beta: usize,
  total: f64,
): void {
  for (let s = 0; s < states; s++) {
    const path = load<f64>(alpha + (s << 3)) + load<f64>(beta + (s << 3));
    if (path == -Infinity) continue;
    const to = out + (Sequence.label(a, targets, s) << 2);
    const p = F64Math.exp2(path - Sequence.chance(a, at, targets, s) - total);
    store<f32>(to, load<f32>(to) - <f32>p);
  }
  for (let c: u32 = 0; c < a.C; c++) {
    const lp = <f64>load<f32>(at + (c << 2)) * LOG2_E;
    const to = out + (c << 2);
    // An impossible target has no gradient: NaN, as in PyTorch.
    const value = total == -Infinity ? NaN : <f64>load<f32>(to) + F64Math.exp2(lp);
    store<f32>(to, <f32>value);
  }
}

function one(a: CtcArgs, n: u32): void {
  const sizes = a.sizes + n * 12;
  const steps = load<u32>(sizes);
  const labels = load<u32>(sizes, 4);
  const first = load<u32>(sizes, 8);
  const targets = a.targets + (first << 2);
  for (let i: u32 = 0; i < labels; i++) {
    if (load<u32>(targets + (i << 2)) < a.C) continue;
    Status.report(a.status, first + i);
    return;
  }
  const states = <i32>(2 * labels + 1);
  const rowBytes = (2 * a.S + 1) << 3;
  const rows = a.grad ? a.T : 2;
  const ld = (a.N * a.C) << 2;
  const x = a.logp + ((n * a.C) << 2);
  const alphas = a.work + n * (rows + 2) * rowBytes;
  const betas = alphas + rows * rowBytes;
  Sequence.start(betas, states, 0);
  let last = betas;
  for (let t: u32 = 0; t < steps; t++) {
    const to = alphas + (t % rows) * rowBytes;
    Sequence.row(a, x + t * ld, targets, states, last, to, 1);
    last = to;
  }
  const end = last + (states << 3);
  const total = Log.add(
    load<f64>(end - 8),
    states > 1 ? load<f64>(end - 16) : -Infinity,
    -Infinity,
  );
  const lost = total == -Infinity && a.zeroInfinity != 0;
  store<f32>(a.loss + (n << 2), lost ? 0 : <f32>(-total * LN_2));
  if (!a.grad) return;
  for (let t: u32 = 0; t < a.T; t++) memory.fill(a.grad + t * ld + ((n * a.C) << 2), 0, a.C << 2);
  if (lost) return;
  for (let t = steps; t-- > 0;) {
    const beta = betas + (t & 1) * rowBytes;
    const from = betas + (~t & 1) * rowBytes;
    if (t + 1 == steps) Sequence.start(from, states, states - 1);
    Sequence.row(a, x + t * ld, targets, states, from, beta, -1);
    const out = a.grad + t * ld + ((n * a.C) << 2);
    gradient(a, x + t * ld, out, targets, states, alphas + t * rowBytes, beta, total);
  }
}

/**
 * loss[n] = -ln of the summed probability of all paths through the first steps of sequence n that
 * spell its classes (Infinity where there is none; 0 then with zeroInfinity), and PyTorch's gradient,
 * which takes it that logp comes from logSoftmax: e^logp - posterior. A class outside of [0, C) is
 * reported by its place among the targets.
 */
export function ctcLossF32(args: usize, start: u32, end: u32): void {
  const a = changetype<CtcArgs>(args);
  for (let n = start; n < end; n++) one(a, n);
}
