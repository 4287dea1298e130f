// Losses of N rows of C classes, contiguous [N, C], against one class index (int32) per row:
// cross-entropy on logits and negative log-likelihood on log-probabilities, and their gradients.
// Rows whose target is `ignoreIndex` have loss, weight and gradient 0. A target outside of [0, C) is
// reported in `status` and reads nothing. A work unit is a row; reductions over rows are not here.
import { Row } from "./expSum";
import { Status } from "./index-ops/status";
import { Lanes } from "./reduce/lanes";
import { Sum } from "./reduce/sum";

@unmanaged
class CrossEntropyArgs {
  x: usize;
  target: usize;
  /** One factor per class; 0: all are 1. */
  weight: usize;
  loss: usize;
  /** Per row m = max x and l = ln(sum of exp(x - m)): apart, since m + l would round l away. */
  lse: usize;
  rowWeight: usize;
  status: usize;
  C: u32;
  ignoreIndex: i32;
  labelSmoothing: f32;
}

@unmanaged
class CrossEntropyGradArgs {
  x: usize;
  lse: usize;
  target: usize;
  weight: usize;
  /** dL/dloss per row, `sg` elements apart. */
  g: usize;
  out: usize;
  C: u32;
  sg: i32;
  ignoreIndex: i32;
  labelSmoothing: f32;
}

@unmanaged
class NllLossArgs {
  x: usize;
  target: usize;
  weight: usize;
  loss: usize;
  rowWeight: usize;
  status: usize;
  C: u32;
  ignoreIndex: i32;
}

@unmanaged
class NllLossGradArgs {
  target: usize;
  weight: usize;
  g: usize;
  out: usize;
  C: u32;
  sg: i32;
  ignoreIndex: i32;
}

class Classes {
  /** The class of a row; -1 when the row is ignored or (reported) the class out of range. */
  @inline
  static at(target: usize, row: u32, C: u32, ignoreIndex: i32, status: usize): i32 {
    const y = load<i32>(target + (row << 2));
    if (y == ignoreIndex) return -1;
    if (<u32>y < C) return y;
    if (status != 0) Status.report(status, row);
    return -1;
  }

  @inline
  static weight(weight: usize, y: i32): f32 {
    return weight == 0 ? 1 : load<f32>(weight + (y << 2));
  }

  /** Four weights; lanes from k on are 0. */
  @inline
  static weights(weight: usize, at: usize, k: u32): v128 {
    const w = weight == 0 ? ones : weight + at;
    return k >= 4 ? v128.load(w) : Lanes.loadTail(w, k, f32x4.splat(0));
  }

  /** The sum over c of w[c] (l - (x[c] - m)): what label smoothing adds. */
  static smooth(x: usize, weight: usize, C: u32, m: f32, l: f32): f64 {
    let wide: f64 = 0;
    let at: usize = 0;
    while (C > 0) {
      let k = min<u32>(C, 1024);
      C -= k;
      let s = f32x4.splat(0);
      while (k > 0) {
        const n = min<u32>(k, 4);
        // The lanes behind the end: weight 0, distance l, which is finite wherever the rest is.
        const v = n == 4 ? v128.load(x + at) : Lanes.loadTail(x + at, n, f32x4.splat(m));
        const distance = f32x4.sub(f32x4.splat(l), f32x4.sub(v, f32x4.splat(m)));
        s = f32x4.add(s, f32x4.mul(Classes.weights(weight, at, n), distance));
        at += 16;
        k -= n;
      }
      wide += Lanes.sum(s);
    }
    return wide;
  }
}

const ones: usize = memory.data<f32>([1, 1, 1, 1]);

/**
 * With e = labelSmoothing, y the target, p = softmax(x):
 * loss = (1 - e) w[y] (-ln p[y]) + e/C sum over c of w[c] (-ln p[c]).
 */
export function crossEntropyF32(args: usize, start: u32, end: u32): void {
  const a = changetype<CrossEntropyArgs>(args);
  const C = a.C;
  const smoothing = <f64>a.labelSmoothing;
  for (let row = start; row < end; row++) {
    const y = Classes.at(a.target, row, C, a.ignoreIndex, a.status);
    let loss: f64 = 0;
    let m: f32 = 0;
    let l: f32 = 0;
    let w: f32 = 0;
    if (y >= 0) {
      const x = a.x + ((row * C) << 2);
      m = Row.max(x, C);
      const ahead = row + 1 < end ? C << 2 : 0;
      l = Row.log(Row.expSum(x, 0, C, m, ahead));
      w = Classes.weight(a.weight, y);
      loss = <f64>w * <f64>(l - (load<f32>(x + (y << 2)) - m));
      if (smoothing != 0) {
        const rest = Classes.smooth(x, a.weight, C, m, l);
        loss = (1 - smoothing) * loss + (smoothing / <f64>C) * rest;
      }
    }
    store<f32>(a.loss + (row << 2), <f32>loss);
    store<f32>(a.lse + (row << 3), m);
    store<f32>(a.lse + (row << 3), l, 4);
    store<f32>(a.rowWeight + (row << 2), w);
  }
}

/** dx[c] = g ((1 - e) w[y] (p[c] - [c = y]) + e/C (p[c] W - w[c])), W = sum of w, p = softmax(x). */
export function crossEntropyGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<CrossEntropyGradArgs>(args);
  const C = a.C;
  const share = <f64>a.labelSmoothing / <f64>C;
  const total = a.weight == 0 ? <f64>C : share == 0 ? 0 : Sum.row(a.weight, C);
  for (let row = start; row < end; row++) {
    const out = a.out + ((row * C) << 2);
    const y = Classes.at(a.target, row, C, a.ignoreIndex, 0);
    if (y < 0) {
      memory.fill(out, 0, C << 2);
      continue;
    }
    const g = <f64>load<f32>(a.g + <i32>row * a.sg * 4);
    const hit = g * (1 - <f64>a.labelSmoothing) * <f64>Classes.weight(a.weight, y);
    const scale = hit + g * share * total;
    const m = load<f32>(a.lse + (row << 3));
    const l = load<f32>(a.lse + (row << 3), 4);
    const x = a.x + ((row * C) << 2);
    Row.expSum(x, out, C, m, 0);
    Row.scale(out, C, Row.expNeg(l) * scale);
    if (share != 0) subtractShare(out, a.weight, C, <f32>(g * share));
    const at = out + (y << 2);
    store<f32>(at, load<f32>(at) - <f32>hit);
  }
}

/** out -= s w. */
function subtractShare(out: usize, weight: usize, n: u32, s: f32): void {
  let at: usize = 0;
  while (n > 0) {
    const k = min<u32>(n, 4);
    const v = k == 4 ? v128.load(out + at) : Lanes.loadTail(out + at, k, f32x4.splat(0));
    const w = f32x4.mul(Classes.weights(weight, at, k), f32x4.splat(s));
    Lanes.storeHead(out + at, k, f32x4.sub(v, w));
    at += 16;
    n -= k;
  }
}

/** loss = -w[y] x[y], x being log-probabilities. */
export function nllLossF32(args: usize, start: u32, end: u32): void {
  const a = changetype<NllLossArgs>(args);
  for (let row = start; row < end; row++) {
    const y = Classes.at(a.target, row, a.C, a.ignoreIndex, a.status);
    let loss: f32 = 0;
    let w: f32 = 0;
    if (y >= 0) {
      w = Classes.weight(a.weight, y);
      loss = -w * load<f32>(a.x + ((row * a.C + y) << 2));
    }
    store<f32>(a.loss + (row << 2), loss);
    store<f32>(a.rowWeight + (row << 2), w);
  }
}

/** dx[c] = -g w[y] where c = y, else 0. */
export function nllLossGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<NllLossGradArgs>(args);
  const rowBytes = a.C << 2;
  for (let row = start; row < end; row++) {
    const out = a.out + row * rowBytes;
    memory.fill(out, 0, rowBytes);
    const y = Classes.at(a.target, row, a.C, a.ignoreIndex, 0);
    if (y < 0) continue;
    const g = load<f32>(a.g + <i32>row * a.sg * 4);
    store<f32>(out + (y << 2), -g * Classes.weight(a.weight, y));
  }
}
