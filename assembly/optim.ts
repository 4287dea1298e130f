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

/** The elements behind the last whole vector go through padded copies in the scratch. */
class Tail {
  @inline
  static at(k: usize): usize {
    return Scratch.base() + (k << 4);
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

function sgd(args: usize, p: usize, g: usize, buf: usize, vectors: u32): void {
  const s = changetype<SgdArgs>(args);
  const lr = f32x4.splat(s.lr);
  const momentum = f32x4.splat(s.momentum);
  const rest = f32x4.splat(<f32>1 - s.dampening);
  const weightDecay = f32x4.splat(s.weightDecay);
  const decays = s.weightDecay != 0;
  const nesterov = s.nesterov != 0;
  const first = s.first != 0;
  for (; vectors > 0; vectors--) {
    const weight = v128.load(p);
    let d = v128.load(g);
    if (decays) d = f32x4.add(d, f32x4.mul(weightDecay, weight));
    if (buf) {
      const b = first ? d : f32x4.add(f32x4.mul(v128.load(buf), momentum), f32x4.mul(rest, d));
      v128.store(buf, b);
      d = nesterov ? f32x4.add(d, f32x4.mul(momentum, b)) : b;
      buf += 16;
    }
    v128.store(p, f32x4.sub(weight, f32x4.mul(lr, d)));
    p += 16;
    g += 16;
  }
}

/**
 * d = g + weightDecay p;  buf = momentum buf + (1 - dampening) d (the first time: d);
 * p -= lr * (nesterov ? d + momentum buf : buf).  buf = 0: no momentum, p -= lr d.
 */
export function sgdStepF32(args: usize, start: u32, end: u32): void {
  const s = changetype<SgdArgs>(args);
  if (start >= end) return;
  const n = min(end * UNIT, s.n) - start * UNIT;
  const from = start * UNIT * 4;
  const p = s.p + from;
  const g = s.g + from;
  const buf = s.buf ? s.buf + from : 0;
  sgd(args, p, g, buf, n >> 2);
  const whole = (n & ~3) << 2;
  const bytes = (n & 3) << 2;
  if (!bytes) return;
  Tail.take(0, p + whole, bytes);
  Tail.take(1, g + whole, bytes);
  if (buf) Tail.take(2, buf + whole, bytes);
  sgd(args, Tail.at(0), Tail.at(1), buf ? Tail.at(2) : 0, 1);
  Tail.giveBack(0, p + whole, bytes);
  if (buf) Tail.giveBack(2, buf + whole, bytes);
}

function adam(args: usize, p: usize, g: usize, m: usize, v: usize, vectors: u32): void {
  const s = changetype<AdamArgs>(args);
  const stepSize = f32x4.splat(s.stepSize);
  const weight1 = f32x4.splat(s.weight1);
  const beta2 = f32x4.splat(s.beta2);
  const weight2 = f32x4.splat(s.weight2);
  const bc2Sqrt = f32x4.splat(s.bc2Sqrt);
  const eps = f32x4.splat(s.eps);
  const weightDecay = f32x4.splat(s.weightDecay);
  const decay = f32x4.splat(s.decay);
  const decays = s.weightDecay != 0;
  for (; vectors > 0; vectors--) {
    const weight = v128.load(p);
    let d = v128.load(g);
    if (decays) d = f32x4.add(d, f32x4.mul(weightDecay, weight));
    const m0 = v128.load(m);
    const m1 = f32x4.add(m0, f32x4.mul(weight1, f32x4.sub(d, m0)));
    const v1 = f32x4.add(f32x4.mul(v128.load(v), beta2), f32x4.mul(f32x4.mul(weight2, d), d));
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(v1), bc2Sqrt), eps);
    const change = f32x4.div(f32x4.mul(stepSize, m1), denominator);
    v128.store(m, m1);
    v128.store(v, v1);
    v128.store(p, f32x4.sub(f32x4.mul(weight, decay), change));
    p += 16;
    g += 16;
    m += 16;
    v += 16;
  }
}

/**
 * Adam and AdamW, with weight1 = 1 - beta1, weight2 = 1 - beta2:
 *   d = g + weightDecay p;  m += weight1 (d - m);  v = beta2 v + weight2 d^2;
 *   p = decay p - stepSize m / (sqrt(v) / bc2Sqrt + eps)
 * stepSize = lr / (1 - beta1^t), bc2Sqrt = sqrt(1 - beta2^t). Adam has decay = 1, AdamW
 * weightDecay = 0 and decay = 1 - lr weightDecay.
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
  adam(args, p, g, m, v, n >> 2);
  const whole = (n & ~3) << 2;
  const bytes = (n & 3) << 2;
  if (!bytes) return;
  Tail.take(0, p + whole, bytes);
  Tail.take(1, g + whole, bytes);
  Tail.take(2, m + whole, bytes);
  Tail.take(3, v + whole, bytes);
  adam(args, Tail.at(0), Tail.at(1), Tail.at(2), Tail.at(3), 1);
  Tail.giveBack(0, p + whole, bytes);
  Tail.giveBack(2, m + whole, bytes);
  Tail.giveBack(3, v + whole, bytes);
}
