// Optimiser steps, fused: each reads and writes every operand once. PyTorch's formulas, in its
// order of operations, without fused multiply-adds.
//
// All operands are contiguous float32 of n elements. Scalars that depend on the step come in,
// computed in float64. A work unit is 1024 elements.
import { Scratch } from "./abi";

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

/**
 * The loops do 8 elements at a time; those behind the last 8 go through padded copies in the
 * scratch, so that every element sees the same operations.
 */
export class Tail {
  @inline
  static at(k: usize): usize {
    return Scratch.base() + (k << 5);
  }

  @inline
  static take(k: usize, from: usize, bytes: usize): void {
    memory.copy(Tail.at(k), from, bytes);
  }

  @inline
  static giveBack(k: usize, to: usize, bytes: usize): void {
    memory.copy(to, Tail.at(k), bytes);
  }
}

/** What SGD makes of the decayed gradient d: stores the new buf and returns p's direction. */
abstract class Direction {
  abstract of(d: v128, buf: usize, keep: v128, rest: v128, momentum: v128): v128;
}

class Plain extends Direction {
  @inline
  of(d: v128, buf: usize, keep: v128, rest: v128, momentum: v128): v128 {
    return d;
  }
}

class Momentum extends Direction {
  @inline
  of(d: v128, buf: usize, keep: v128, rest: v128, momentum: v128): v128 {
    const b = f32x4.add(f32x4.mul(v128.load(buf), keep), f32x4.mul(rest, d));
    v128.store(buf, b);
    return b;
  }
}

class Nesterov extends Direction {
  @inline
  of(d: v128, buf: usize, keep: v128, rest: v128, momentum: v128): v128 {
    const b = f32x4.add(f32x4.mul(v128.load(buf), keep), f32x4.mul(rest, d));
    v128.store(buf, b);
    return f32x4.add(d, f32x4.mul(momentum, b));
  }
}

function sgdLoop<D extends Direction>(args: usize, p: usize, g: usize, buf: usize, n: u32): void {
  const s = changetype<SgdArgs>(args);
  const lr = f32x4.splat(s.lr);
  const momentum = f32x4.splat(s.momentum);
  const keep = f32x4.splat(s.first ? 0 : s.momentum);
  const rest = f32x4.splat(s.first ? 1 : <f32>1 - s.dampening);
  const weightDecay = f32x4.splat(s.weightDecay);
  // Zeros where there is no decay: then 0 * p, which is NaN for an infinite p, must not count.
  const mask = i32x4.splat(s.weightDecay != 0 ? -1 : 0);
  for (; n > 0; n -= 8) {
    const p0 = v128.load(p);
    const d0 = f32x4.add(v128.load(g), v128.and(mask, f32x4.mul(weightDecay, p0)));
    const c0 = changetype<D>(0).of(d0, buf, keep, rest, momentum);
    v128.store(p, f32x4.sub(p0, f32x4.mul(lr, c0)));
    const p1 = v128.load(p, 16);
    const d1 = f32x4.add(v128.load(g, 16), v128.and(mask, f32x4.mul(weightDecay, p1)));
    const c1 = changetype<D>(0).of(d1, buf + 16, keep, rest, momentum);
    v128.store(p, f32x4.sub(p1, f32x4.mul(lr, c1)), 16);
    p += 32;
    g += 32;
    buf += 32;
  }
}

function sgd(args: usize, p: usize, g: usize, buf: usize, n: u32): void {
  const s = changetype<SgdArgs>(args);
  if (!s.buf) sgdLoop<Plain>(args, p, g, buf, n);
  else if (s.nesterov) sgdLoop<Nesterov>(args, p, g, buf, n);
  else sgdLoop<Momentum>(args, p, g, buf, n);
}

/**
 * d = g + weightDecay p;  buf = momentum buf + (1 - dampening) d, the first time 0 buf + d, so that
 * buf must be finite;  p -= lr * (nesterov ? d + momentum buf : buf).
 * buf = 0: no momentum, p -= lr d.
 */
export function sgdStepF32(args: usize, start: u32, end: u32): void {
  const s = changetype<SgdArgs>(args);
  if (start >= end) return;
  const n = min(end * UNIT, s.n) - start * UNIT;
  const from = start * UNIT * 4;
  const p = s.p + from;
  const g = s.g + from;
  const buf = s.buf + from;
  sgd(args, p, g, buf, n & ~7);
  const whole = (n & ~7) << 2;
  const bytes = (n & 7) << 2;
  if (!bytes) return;
  Tail.take(0, p + whole, bytes);
  Tail.take(1, g + whole, bytes);
  if (s.buf) Tail.take(2, buf + whole, bytes);
  sgd(args, Tail.at(0), Tail.at(1), Tail.at(2), 8);
  Tail.giveBack(0, p + whole, bytes);
  if (s.buf) Tail.giveBack(2, buf + whole, bytes);
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

function adam(args: usize, p: usize, g: usize, m: usize, v: usize, n: u32): void {
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
    v128.store(m, m0);
    v128.store(v, v0);
    const c0 = Adam.change(m0, v0, stepSize, scale, eps);
    v128.store(p, f32x4.sub(f32x4.mul(p0, decay), c0));
    const p1 = v128.load(p, 16);
    let d1 = v128.load(g, 16);
    if (decays) d1 = f32x4.add(d1, f32x4.mul(weightDecay, p1));
    const m1 = Adam.mean(v128.load(m, 16), d1, weight1);
    const v1 = Adam.variance(v128.load(v, 16), d1, beta2, weight2);
    v128.store(m, m1, 16);
    v128.store(v, v1, 16);
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
  const s = changetype<AdamArgs>(args);
  if (start >= end) return;
  const n = min(end * UNIT, s.n) - start * UNIT;
  const from = start * UNIT * 4;
  const p = s.p + from;
  const g = s.g + from;
  const m = s.m + from;
  const v = s.v + from;
  adam(args, p, g, m, v, n & ~7);
  const whole = (n & ~7) << 2;
  const bytes = (n & 7) << 2;
  if (!bytes) return;
  Tail.take(0, p + whole, bytes);
  Tail.take(1, g + whole, bytes);
  Tail.take(2, m + whole, bytes);
  Tail.take(3, v + whole, bytes);
  adam(args, Tail.at(0), Tail.at(1), Tail.at(2), Tail.at(3), 8);
  Tail.giveBack(0, p + whole, bytes);
  Tail.giveBack(2, m + whole, bytes);
  Tail.giveBack(3, v + whole, bytes);
}
