// Optimiser steps that are taken less often than those in optim.ts: NAdam, Adagrad, RMSprop and Adam's
// amsgrad, which are one formula, and Adamax, Adadelta and Lion. All in PyTorch's order of operations,
// without fused multiply-adds; what the mode leaves out costs a branch that always goes the same way.
//
// Entries and work units: see optim.ts.
import { Kept, stepAll } from "./optim";

@unmanaged
class AdaptiveArgs {
  p: usize;
  g: usize;
  /** The state: what each mode keeps where is said below. 0: it keeps none. */
  a: usize;
  b: usize;
  c: usize;
  n: u32;
  mode: u32;
  /** L2 penalty. */
  weightDecay: f32;
  /** Decoupled weight decay: what remains of p. */
  keep: f32;
  lr: f32;
  alpha: f32;
  restA: f32;
  beta: f32;
  restB: f32;
  scale: f32;
  eps: f32;
  direct: f32;
  mean: f32;
  momentum: f32;
}

/** Bits of the mode for the one formula. */
const TOP: u32 = 1;
const CENTERED: u32 = 2;
const ADAMAX: u32 = 4;
const ADADELTA: u32 = 5;
const LION: u32 = 6;

/** Four elements of every operand. */
class Four {
  /** keep x + weight y, x lying at `at`; stored there. */
  @inline
  static blend(at: usize, keep: f32, y: v128, weight: f32): v128 {
    const z = f32x4.add(
      f32x4.mul(v128.load(at), f32x4.splat(keep)),
      f32x4.mul(y, f32x4.splat(weight)),
    );
    const kept = Kept.normal(z);
    v128.store(at, kept);
    return kept;
  }

  /** v = beta v + restB d^2, stored. */
  @inline
  static square(s: AdaptiveArgs, at: usize, d: v128): v128 {
    return Four.blend(at, s.beta, f32x4.mul(d, d), s.restB);
  }

  /** The one formula's direction; see adaptiveStepF32. */
  @inline
  static usual(s: AdaptiveArgs, d: v128, a: usize, b: usize, c: usize): v128 {
    let v = Four.square(s, b, d);
    let up = f32x4.mul(d, f32x4.splat(s.direct));
    if (a) {
      const m = Four.blend(a, s.alpha, d, s.restA);
      up = f32x4.add(up, f32x4.mul(m, f32x4.splat(s.mean)));
      // What rounding takes below 0 must not become NaN.
      if (s.mode & CENTERED) v = f32x4.max(f32x4.sub(v, f32x4.mul(m, m)), f32x4.splat(0));
    }
    if (s.mode & TOP) v128.store(c, (v = f32x4.max(v128.load(c), v)));
    v = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(s.scale)), f32x4.splat(s.eps));
    const q = f32x4.div(up, v);
    return s.momentum != 0 ? Four.blend(c, s.momentum, q, 1) : q;
  }

  @inline
  static adamax(s: AdaptiveArgs, d: v128, a: usize, b: usize): v128 {
    const m = Four.blend(a, s.alpha, d, s.restA);
    const old = f32x4.mul(v128.load(b), f32x4.splat(s.beta));
    const norm = f32x4.max(old, f32x4.add(f32x4.abs(d), f32x4.splat(s.eps)));
    v128.store(b, norm);
    return f32x4.div(m, norm);
  }

  @inline
  static adadelta(s: AdaptiveArgs, d: v128, a: usize, b: usize): v128 {
    const eps = f32x4.splat(s.eps);
    const std = f32x4.sqrt(f32x4.add(Four.square(s, b, d), eps));
    const delta = f32x4.mul(f32x4.div(f32x4.sqrt(f32x4.add(v128.load(a), eps)), std), d);
    Four.square(s, a, delta);
    return delta;
  }

  @inline
  static lion(s: AdaptiveArgs, d: v128, a: usize): v128 {
    const m = v128.load(a);
    const u = f32x4.add(f32x4.mul(m, f32x4.splat(s.alpha)), f32x4.mul(d, f32x4.splat(s.restA)));
    Four.blend(a, s.beta, d, s.restB);
    // The sign: 1 with u's sign bit where u is less or greater than 0; 0 and NaN stay what they are.
    const one = v128.bitselect(u, f32x4.splat(1), i32x4.splat(0x80000000));
    return v128.bitselect(one, u, f32x4.gt(f32x4.abs(u), f32x4.splat(0)));
  }
}

function adaptive(args: usize, p: usize, g: usize, a: usize, b: usize, c: usize, n: u32): void {
  const s = changetype<AdaptiveArgs>(args);
  for (; n > 0; n -= 4) {
    const x = v128.load(p);
    let d = v128.load(g);
    // Without decay 0 * p, which is NaN for an infinite p, must not count.
    if (s.weightDecay != 0) d = f32x4.add(d, f32x4.mul(x, f32x4.splat(s.weightDecay)));
    if (s.mode == ADAMAX) d = Four.adamax(s, d, a, b);
    else if (s.mode == ADADELTA) d = Four.adadelta(s, d, a, b);
    else if (s.mode == LION) d = Four.lion(s, d, a);
    else d = Four.usual(s, d, a, b, c);
    const kept = f32x4.mul(x, f32x4.splat(s.keep));
    v128.store(p, f32x4.sub(kept, f32x4.mul(d, f32x4.splat(s.lr))));
    p += 16;
    g += 16;
    // What is not there stays 0.
    if (a) a += 16;
    b += 16;
    c += 16;
  }
}

/**
 * d = g + weightDecay p;  p = keep p - lr u, the direction u being
 *
 * mode 0..3, one formula for NAdam, Adagrad, RMSprop and Adam with amsgrad:
 *   b = beta b + restB d^2;  a = alpha a + restA d (unless a is 0);
 *   v = b, - a^2 where mode has CENTERED;  c = v = max(c, v) where it has TOP;
 *   u = (direct d + mean a) / (scale sqrt(v) + eps);  c = u = momentum c + u unless momentum is 0.
 * mode 4, Adamax:   a = alpha a + restA d;  b = max(beta b, |d| + eps);  u = a / b.
 * mode 5, Adadelta: b = beta b + restB d^2;  u = sqrt(a + eps) / sqrt(b + eps) d;
 *                   a = beta a + restB u^2.
 * mode 6, Lion:     u = sign(alpha a + restA d);  a = beta a + restB d.
 */
export function adaptiveStepF32(args: usize, start: u32, end: u32): void {
  stepAll(args, offsetof<AdaptiveArgs>(), 5, start, end, adaptive);
}
