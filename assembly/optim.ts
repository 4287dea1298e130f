// Optimiser steps, fused: each reads and writes every operand once, and a call steps many parameters.
// PyTorch's formulas, in its order of operations, without fused multiply-adds.
//
// The parameter block holds one entry after the other, each as the kernel's contract has it: addresses
// of operands, contiguous float32 of n elements; n; scalars, computed in float64 where they depend on
// the step. A work unit is 1024 elements of one entry; those of the first entry come first.
import { Scratch } from "./abi";
import { Constant } from "./simd/constants";

const UNIT: u32 = 1024;

@unmanaged
class SgdArgs {
  p: usize;
  g: usize;
  buf: usize;
  n: u32;
  lr: f32;
  momentum: f32;
  dampening: f32;
  weightDecay: f32;
  nesterov: u32;
  first: u32;
}

@unmanaged
class AdamArgs {
  p: usize;
  g: usize;
  m: usize;
  v: usize;
  n: u32;
  stepSize: f32;
  weight1: f32;
  beta2: f32;
  weight2: f32;
  bc2Sqrt: f32;
  eps: f32;
  weightDecay: f32;
  decay: f32;
}

/** Steps n elements, a multiple of 8. A state that is not there is 0. */
type Part = (args: usize, p: usize, g: usize, a: usize, b: usize, c: usize, n: u32) => void;

class Operand {
  /** The k-th address of an entry with so many, `from` bytes on; 0: there is none. */
  @inline
  static of(entry: usize, operands: usize, k: usize, from: usize): usize {
    const x = k < operands ? load<usize>(entry + (k << 2)) : 0;
    return x ? x + from : 0;
  }
}

/** Steps units [start, end) of the entries from `entry` on, each of `bytes` with so many operands. */
export function stepAll(
  entry: usize,
  bytes: usize,
  operands: usize,
  start: u32,
  end: u32,
  part: Part,
): void {
  while (start < end) {
    const n = load<u32>(entry + (operands << 2));
    const units = (n + (UNIT - 1)) / UNIT;
    const stop = min(units, end);
    if (start < stop) {
      stepOne(entry, operands, start * UNIT, min(stop * UNIT, n) - start * UNIT, part);
      start = stop;
    }
    start -= units;
    end -= units;
    entry += bytes;
  }
}

/**
 * Steps n elements from `first` on. Those behind the last 8 go through padded copies in the scratch,
 * so that every element sees the same operations.
 */
function stepOne(entry: usize, operands: usize, first: u32, n: u32, part: Part): void {
  const from: usize = first << 2;
  const p = Operand.of(entry, operands, 0, from);
  const g = Operand.of(entry, operands, 1, from);
  const a = Operand.of(entry, operands, 2, from);
  const b = Operand.of(entry, operands, 3, from);
  const c = Operand.of(entry, operands, 4, from);
  part(entry, p, g, a, b, c, n & ~7);
  const left = (n & 7) << 2;
  if (!left) return;
  const last = from + ((n & ~7) << 2);
  const pad = Scratch.base();
  for (let k: usize = 0; k < operands; k++) {
    const x = Operand.of(entry, operands, k, last);
    if (x) move(x, pad + (k << 5), left);
  }
  part(entry, pad, pad + 32, a ? pad + 64 : 0, b ? pad + 96 : 0, c ? pad + 128 : 0, 8);
  for (let k: usize = 0; k < operands; k++) {
    const x = Operand.of(entry, operands, k, last);
    if (x && k != 1) move(pad + (k << 5), x, left);
  }
}

/** Copies a few elements: memory.copy takes longer to begin. */
function move(from: usize, to: usize, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i += 4) store<u32>(to + i, load<u32>(from + i));
}

const BITS: usize = memory.data<u32>([
  0x7fffffff, // 0: all but the sign
  0x007fffff, // 1: the greatest subnormal number
  0x00800000, // 2: the least normal one
]);

/**
 * What optimisers keep of x from step to step: 0 for subnormal numbers. Means decay to those where gradients
 * are 0 for long, of words that don't occur or units that no longer fire, and stay there: by rounding, the
 * least of them gets no less. Processors take twenty times as long for them.
 */
export class Kept {
  @inline
  static normal(x: v128): v128 {
    const size = v128.and(x, Constant.f32(BITS, 0));
    return v128.and(x, i32x4.gt_s(size, Constant.f32(BITS, 1)));
  }

  /** The same of x >= 0, or NaN. */
  @inline
  static positive(x: v128): v128 {
    return v128.andnot(x, f32x4.lt(x, Constant.f32(BITS, 2)));
  }
}

/** What SGD makes of the decayed gradient d: stores the new buf and returns p's direction. */
abstract class Direction {
  abstract of(d: v128, buf: usize, keep: v128, rest: v128, s: SgdArgs): v128;
}

class Plain extends Direction {
  @inline
  of(d: v128, buf: usize, keep: v128, rest: v128, s: SgdArgs): v128 {
    return d;
  }
}

class Momentum extends Direction {
  @inline
  of(d: v128, buf: usize, keep: v128, rest: v128, s: SgdArgs): v128 {
    const b = Kept.normal(f32x4.add(f32x4.mul(v128.load(buf), keep), f32x4.mul(rest, d)));
    v128.store(buf, b);
    return s.nesterov ? f32x4.add(d, f32x4.mul(f32x4.splat(s.momentum), b)) : b;
  }
}

function sgdLoop<D extends Direction>(args: usize, p: usize, g: usize, buf: usize, n: u32): void {
  const s = changetype<SgdArgs>(args);
  const lr = f32x4.splat(s.lr);
  const keep = f32x4.splat(s.first ? 0 : s.momentum);
  const rest = f32x4.splat(s.first ? 1 : <f32>1 - s.dampening);
  const weightDecay = f32x4.splat(s.weightDecay);
  // Zeros where there is no decay: then 0 * p, which is NaN for an infinite p, must not count.
  const mask = i32x4.splat(s.weightDecay != 0 ? -1 : 0);
  for (; n > 0; n -= 8) {
    const p0 = v128.load(p);
    const d0 = f32x4.add(v128.load(g), v128.and(mask, f32x4.mul(weightDecay, p0)));
    const c0 = changetype<D>(0).of(d0, buf, keep, rest, s);
    v128.store(p, f32x4.sub(p0, f32x4.mul(lr, c0)));
    const p1 = v128.load(p, 16);
    const d1 = f32x4.add(v128.load(g, 16), v128.and(mask, f32x4.mul(weightDecay, p1)));
    const c1 = changetype<D>(0).of(d1, buf + 16, keep, rest, s);
    v128.store(p, f32x4.sub(p1, f32x4.mul(lr, c1)), 16);
    p += 32;
    g += 32;
    buf += 32;
  }
}

function sgd(args: usize, p: usize, g: usize, a: usize, b: usize, c: usize, n: u32): void {
  if (a) sgdLoop<Momentum>(args, p, g, a, n);
  else sgdLoop<Plain>(args, p, g, a, n);
}

/**
 * d = g + weightDecay p;  buf = momentum buf + (1 - dampening) d, the first time 0 buf + d, so that
 * buf must be finite;  p -= lr * (nesterov ? d + momentum buf : buf).
 * buf = 0: no momentum, p -= lr d.
 */
export function sgdStepF32(args: usize, start: u32, end: u32): void {
  stepAll(args, offsetof<SgdArgs>(), 3, start, end, sgd);
}

class Adam {
  /** m' = m + weight1 (d - m) */
  @inline
  static mean(m: v128, d: v128, weight1: v128): v128 {
    return f32x4.add(m, f32x4.mul(weight1, f32x4.sub(d, m)));
  }

  /** v' = beta2 v + weight2 d^2 */
  @inline
  static variance(v: v128, d: v128, beta2: v128, weight2: v128): v128 {
    return f32x4.add(f32x4.mul(v, beta2), f32x4.mul(f32x4.mul(weight2, d), d));
  }

  /** stepSize m / (scale sqrt(v) + eps) */
  @inline
  static change(m: v128, v: v128, stepSize: v128, scale: v128, eps: v128): v128 {
    const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(v), scale), eps);
    return f32x4.div(f32x4.mul(stepSize, m), denominator);
  }
}

function adam(args: usize, p: usize, g: usize, m: usize, v: usize, c: usize, n: u32): void {
  const s = changetype<AdamArgs>(args);
  const stepSize = f32x4.splat(s.stepSize);
  const weight1 = f32x4.splat(s.weight1);
  const beta2 = f32x4.splat(s.beta2);
  const weight2 = f32x4.splat(s.weight2);
  // A product in place of PyTorch's quotient: within 1 ulp of it, and a sixth less time.
  const scale = f32x4.splat(<f32>(1 / <f64>s.bc2Sqrt));
  const eps = f32x4.splat(s.eps);
  const weightDecay = f32x4.splat(s.weightDecay);
  const decays = s.weightDecay != 0;
  const decay = f32x4.splat(s.decay);
  for (; n > 0; n -= 8) {
    const p0 = v128.load(p);
    let d0 = v128.load(g);
    // A branch, not SGD's mask, for which no register is left.
    if (decays) d0 = f32x4.add(d0, f32x4.mul(weightDecay, p0));
    const m0 = Adam.mean(v128.load(m), d0, weight1);
    const v0 = Adam.variance(v128.load(v), d0, beta2, weight2);
    v128.store(m, Kept.normal(m0));
    v128.store(v, Kept.positive(v0));
    const c0 = Adam.change(m0, v0, stepSize, scale, eps);
    v128.store(p, f32x4.sub(f32x4.mul(p0, decay), c0));
    const p1 = v128.load(p, 16);
    let d1 = v128.load(g, 16);
    if (decays) d1 = f32x4.add(d1, f32x4.mul(weightDecay, p1));
    const m1 = Adam.mean(v128.load(m, 16), d1, weight1);
    const v1 = Adam.variance(v128.load(v, 16), d1, beta2, weight2);
    v128.store(m, Kept.normal(m1), 16);
    v128.store(v, Kept.positive(v1), 16);
    const c1 = Adam.change(m1, v1, stepSize, scale, eps);
    v128.store(p, f32x4.sub(f32x4.mul(p1, decay), c1), 16);
    p += 32;
    g += 32;
    m += 32;
    v += 32;
  }
}

/**
 * Adam and AdamW, with weight1 = 1 - beta1, weight2 = 1 - beta2:
 *   d = g + weightDecay p;  m += weight1 (d - m);  v = beta2 v + weight2 d^2;
 *   p = decay p - stepSize m / (sqrt(v) / bc2Sqrt + eps)
 * stepSize = lr / (1 - beta1^t), bc2Sqrt = sqrt(1 - beta2^t). Adam has decay = 1; AdamW has
 * weightDecay = 0 and decay = 1 - lr * its weight decay.
 */
export function adamStepF32(args: usize, start: u32, end: u32): void {
  stepAll(args, offsetof<AdamArgs>(), 4, start, end, adam);
}
