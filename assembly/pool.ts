// Max and average pooling over H x W planes, with their gradients, and max pooling's inverse. A work
// unit is one plane (image x channel), so any split over units gives the same bits.
//
// Strides of 0 stand for adaptive pooling: the OH x OW windows divide the plane, window o of n cells
// being floor(o n / OH) ... ceil((o + 1) n / OH) - 1.
//
// Not here: shapes. OH and OW come from the op (ceilMode only shows in them); windows that reach
// past the plane are clipped here, as in PyTorch.
import { Status } from "./index-ops/status";

/** Shared by the three walks over windows; `indices` and the dilation are max pooling's alone. */
@unmanaged
class PoolArgs {
  x: usize;
  out: usize;
  indices: usize;
  H: i32;
  W: i32;
  OH: i32;
  OW: i32;
  kh: i32;
  kw: i32;
  strideH: i32;
  strideW: i32;
  padH: i32;
  padW: i32;
  dilationH: i32;
  dilationW: i32;
}

@unmanaged
class AvgPoolArgs {
  x: usize;
  out: usize;
  H: i32;
  W: i32;
  OH: i32;
  OW: i32;
  kh: i32;
  kw: i32;
  strideH: i32;
  strideW: i32;
  padH: i32;
  padW: i32;
  countIncludePad: u32;
  /** What sums are divided by; 0: the window's cells. */
  divisor: i32;
}

@unmanaged
class PoolIndexArgs {
  from: usize;
  indices: usize;
  to: usize;
  inPlane: u32;
  outPlane: u32;
}

@unmanaged
class UnpoolArgs {
  x: usize;
  indices: usize;
  out: usize;
  status: usize;
  inPlane: u32;
  outPlane: u32;
}

class Window {
  /** The first cell of window o of `outs` along a side of n. */
  @inline
  static from(o: i32, stride: i32, pad: i32, n: i32, outs: i32): i32 {
    return stride ? o * stride - pad : <i32>((<i64>o * n) / outs);
  }

  /** Its taps: k of them, but for adaptive windows. */
  @inline
  static taps(o: i32, from: i32, stride: i32, k: i32, n: i32, outs: i32): i32 {
    return stride ? k : <i32>((<i64>(o + 1) * n + outs - 1) / outs) - from;
  }

  /** The first tap k >= 0 with from + k * step >= 0. */
  @inline
  static first(from: i32, step: i32): i32 {
    return from < 0 ? (step - 1 - from) / step : 0;
  }

  /** Behind the last tap k < taps with from + k * step < n. */
  @inline
  static last(from: i32, step: i32, taps: i32, n: i32): i32 {
    return from < n ? min(taps, (n - from + step - 1) / step) : 0;
  }

  /** Lanes in which v, coming later, wins over `best`. */
  @inline
  static beats(v: v128, best: v128): v128 {
    return v128.or(f32x4.gt(v, best), f32x4.ne(v, v));
  }

  /** Four floats `stride` apart, reading nothing between the first and the last of them. */
  @inline
  static gather(ptr: usize, stride: i32): v128 {
    if (stride == 1) return v128.load(ptr);
    if (stride == 2) return v128.shuffle<f32>(v128.load(ptr), v128.load(ptr, 12), 0, 2, 5, 7);
    const step = (<usize>stride) << 2;
    let v = v128.load32_splat(ptr);
    v = v128.load_lane<f32>(ptr + step, v, 1);
    v = v128.load_lane<f32>(ptr + 2 * step, v, 2);
    return v128.load_lane<f32>(ptr + 3 * step, v, 3);
  }
}

/**
 * Outputs of one row, from column `lo` to `hi` four at a time where no window leaves the plane
 * (the last four may overlap the ones before), one at a time elsewhere.
 */
class Columns {
  @inline
  static lo(padW: i32, strideW: i32): i32 {
    return strideW ? (padW + strideW - 1) / strideW : 0;
  }

  @inline
  static hi(W: i32, OW: i32, spanW: i32, padW: i32, strideW: i32): i32 {
    const room = W + padW - spanW;
    return room < 0 || strideW == 0 ? 0 : min(OW, room / strideW + 1);
  }
}

/**
 * out = max over the window, indices = where in the plane (row * W + column). The first maximum
 * wins, but a NaN wins over everything before it, as in PyTorch. A window without a single
 * element (possible only with dilation) gives -inf at index -1.
 */
export function maxPool2dF32(args: usize, start: u32, end: u32): void {
  const a = changetype<PoolArgs>(args);
  const lo = Columns.lo(a.padW, a.strideW);
  const hi = Columns.hi(a.W, a.OW, (a.kw - 1) * a.dilationW + 1, a.padW, a.strideW);
  const pairs = a.kw == 2 && a.strideW == 2 && a.dilationW == 1;
  for (let plane = start; plane < end; plane++) {
    const x = a.x + ((<usize>plane * a.H * a.W) << 2);
    for (let oh = 0; oh < a.OH; oh++) {
      const at = (<usize>plane * a.OH + oh) * a.OW;
      // One branch a row: two cost the 2 x 2 windows 4%.
      let fromH = oh * a.strideH - a.padH;
      let taps = a.kh;
      if (a.strideH == 0) {
        fromH = Window.from(oh, 0, 0, a.H, a.OH);
        taps = Window.taps(oh, fromH, 0, 0, a.H, a.OH);
      }
      const first = Window.first(fromH, a.dilationH);
      const rows = Window.last(fromH, a.dilationH, taps, a.H) - first;
      const top = x + ((<usize>((fromH + first * a.dilationH) * a.W)) << 2);
      for (let ow = 0; ow < a.OW;) {
        if (ow >= lo && ow < hi && hi - lo >= 4) {
          if (pairs && rows == 2) {
            maxOfPairs(a, x, top, lo, hi, (at + lo) << 2);
            ow = hi;
            continue;
          }
          ow = min(ow, hi - 4);
          max4(a, x, top, rows, ow, (at + ow) << 2);
          ow += 4;
        } else {
          max1(a, x, top, rows, ow, (at + ow) << 2);
          ow++;
        }
      }
    }
  }
}

/** Four windows; `top` is the address of their first row inside the plane, of `rows` there. */
function max4(a: PoolArgs, x: usize, top: usize, rows: i32, ow: i32, to: usize): void {
  const stride = a.strideW;
  const kw = a.kw;
  const step = (<usize>a.dilationW) << 2;
  const rowStep = (<usize>(a.dilationH * a.W)) << 2;
  const lanes = i32x4.mul(i32x4.splat(stride), i32x4(0, 1, 2, 3));
  let row = top + ((<usize>(ow * stride - a.padW)) << 2);
  let best = f32x4.splat(-Infinity);
  let index = rows > 0 ? i32x4.add(lanes, i32x4.splat(<i32>((row - x) >> 2))) : i32x4.splat(-1);
  for (; rows > 0; rows--) {
    let at = row;
    for (let j = 0; j < kw; j++) {
      const v = Window.gather(at, stride);
      const take = Window.beats(v, best);
      best = v128.bitselect(v, best, take);
      index = v128.bitselect(i32x4.add(lanes, i32x4.splat(<i32>((at - x) >> 2))), index, take);
      at += step;
    }
    row += rowStep;
  }
  v128.store(a.out + to, best);
  v128.store(a.indices + to, index);
}

/** Windows [ow, hi) of 2 x 2, two columns apart: those of most networks, at three times the speed. */
function maxOfPairs(a: PoolArgs, x: usize, top: usize, ow: i32, hi: i32, to: usize): void {
  const rowStep = (<usize>(a.dilationH * a.W)) << 2;
  const down = i32x4.splat(a.dilationH * a.W);
  let at = top + ((<usize>(2 * ow - a.padW)) << 2);
  let index = i32x4.add(i32x4.splat(<i32>((at - x) >> 2)), i32x4(0, 2, 4, 6));
  let left = hi - ow;
  while (true) {
    let low = v128.load(at);
    let high = v128.load(at, 16);
    let v = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
    let best = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
    let take = Window.beats(v, best);
    best = v128.bitselect(v, best, take);
    const above = i32x4.sub(index, take);
    low = v128.load(at + rowStep);
    high = v128.load(at + rowStep, 16);
    v = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
    let below = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
    take = Window.beats(v, below);
    below = v128.bitselect(v, below, take);
    const under = i32x4.sub(i32x4.add(index, down), take);
    take = Window.beats(below, best);
    v128.store(a.out + to, v128.bitselect(below, best, take));
    v128.store(a.indices + to, v128.bitselect(under, above, take));
    left -= 4;
    if (left <= 0) break;
    // The last four begin among the ones before.
    const step = min(4, left);
    index = i32x4.add(index, i32x4.splat(2 * step));
    at += (<usize>step) << 3;
    to += (<usize>step) << 2;
  }
}

/** One window, clipped at the plane's left and right too. */
function max1(a: PoolArgs, x: usize, top: usize, rows: i32, ow: i32, to: usize): void {
  const fromW = Window.from(ow, a.strideW, a.padW, a.W, a.OW);
  const span = Window.taps(ow, fromW, a.strideW, a.kw, a.W, a.OW);
  const first = Window.first(fromW, a.dilationW);
  const taps = Window.last(fromW, a.dilationW, span, a.W) - first;
  const step = (<usize>a.dilationW) << 2;
  const rowStep = (<usize>(a.dilationH * a.W)) << 2;
  let row = top + ((<usize>(fromW + first * a.dilationW)) << 2);
  let best: f32 = -Infinity;
  let index = -1;
  for (; rows > 0; rows--) {
    let at = row;
    for (let j = 0; j < taps; j++) {
      const v = load<f32>(at);
      if (v > best || v != v || index < 0) {
        best = v;
        index = <i32>((at - x) >> 2);
      }
      at += step;
    }
    row += rowStep;
  }
  store<f32>(a.out + to, best);
  store<i32>(a.indices + to, index);
}

/** dx = sum of dy over the windows whose maximum lies there, in the order of the outputs. */
export function maxPool2dGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<PoolIndexArgs>(args);
  for (let plane = start; plane < end; plane++) {
    const dx = a.to + ((<usize>plane * a.inPlane) << 2);
    let at = (<usize>plane * a.outPlane) << 2;
    memory.fill(dx, 0, (<usize>a.inPlane) << 2);
    for (const stop = at + ((<usize>a.outPlane) << 2); at < stop; at += 4) {
      const index = load<u32>(a.indices + at);
      if (index >= a.inPlane) continue;
      const to = dx + ((<usize>index) << 2);
      store<f32>(to, load<f32>(to) + load<f32>(a.from + at));
    }
  }
}

/** out = x (of any dtype of 4 bytes) at the windows' maxima, 0 where there is none: the transpose of maxPool2dGrad. */
export function maxPool2dGather32(args: usize, start: u32, end: u32): void {
  const a = changetype<PoolIndexArgs>(args);
  for (let plane = start; plane < end; plane++) {
    const x = a.from + ((<usize>plane * a.inPlane) << 2);
    let at = (<usize>plane * a.outPlane) << 2;
    for (const stop = at + ((<usize>a.outPlane) << 2); at < stop; at += 4) {
      const index = load<u32>(a.indices + at);
      store<u32>(a.to + at, index < a.inPlane ? load<u32>(x + ((<usize>index) << 2)) : 0);
    }
  }
}

/** out = 0 but for x at the indices: of several x for one place the last stays, as in PyTorch. */
export function maxUnpool2dF32(args: usize, start: u32, end: u32): void {
  const a = changetype<UnpoolArgs>(args);
  for (let plane = start; plane < end; plane++) {
    const out = a.out + ((<usize>plane * a.outPlane) << 2);
    memory.fill(out, 0, (<usize>a.outPlane) << 2);
    for (let i: u32 = 0; i < a.inPlane; i++) {
      const at = plane * a.inPlane + i;
      const index = load<u32>(a.indices + ((<usize>at) << 2));
      if (index >= a.outPlane) Status.report(a.status, at);
      else store<u32>(out + ((<usize>index) << 2), load<u32>(a.x + ((<usize>at) << 2)));
    }
  }
}

class Average {
  /** Window cells that count along one side: padding counts, what lies behind it never does. */
  @inline
  static cells(from: i32, taps: i32, n: i32, pad: i32, countPad: u32): i32 {
    return countPad ? min(from + taps, n + pad) - from : min(from + taps, n) - max(from, 0);
  }

  /** What the window's sum is divided by; the op lets no window lie wholly in the padding. */
  @inline
  static divisor(a: AvgPoolArgs, fromH: i32, fromW: i32, kh: i32, kw: i32): f32 {
    if (a.divisor) return <f32>a.divisor;
    const h = Average.cells(fromH, kh, a.H, a.padH, a.countIncludePad);
    const w = Average.cells(fromW, kw, a.W, a.padW, a.countIncludePad);
    return <f32>(h * w);
  }
}

/** out = sum of the window / its divisor; the sum runs row by row, left to right. */
export function avgPool2dF32(args: usize, start: u32, end: u32): void {
  const a = changetype<AvgPoolArgs>(args);
  const lo = Columns.lo(a.padW, a.strideW);
  const hi = Columns.hi(a.W, a.OW, a.kw, a.padW, a.strideW);
  for (let plane = start; plane < end; plane++) {
    const x = a.x + ((<usize>plane * a.H * a.W) << 2);
    for (let oh = 0; oh < a.OH; oh++) {
      const out = a.out + (((<usize>plane * a.OH + oh) * a.OW) << 2);
      const fromH = Window.from(oh, a.strideH, a.padH, a.H, a.OH);
      const kh = Window.taps(oh, fromH, a.strideH, a.kh, a.H, a.OH);
      for (let ow = 0; ow < a.OW;) {
        if (ow >= lo && ow < hi && hi - lo >= 4) {
          ow = min(ow, hi - 4);
          v128.store(out + ((<usize>ow) << 2), average4(a, x, fromH, kh, ow));
          ow += 4;
        } else {
          store<f32>(out + ((<usize>ow) << 2), average1(a, x, fromH, kh, ow));
          ow++;
        }
      }
    }
  }
}

function average4(a: AvgPoolArgs, x: usize, fromH: i32, kh: i32, ow: i32): v128 {
  const fromW = ow * a.strideW - a.padW;
  const stop = min(fromH + kh, a.H);
  const stride = a.strideW;
  const kw = a.kw;
  let sum = f32x4.splat(0);
  for (let h = max(fromH, 0); h < stop; h++) {
    const row = x + ((<usize>(h * a.W + fromW)) << 2);
    for (let j = 0; j < kw; j++) {
      sum = f32x4.add(sum, Window.gather(row + ((<usize>j) << 2), stride));
    }
  }
  return f32x4.div(sum, f32x4.splat(Average.divisor(a, fromH, fromW, kh, kw)));
}

function average1(a: AvgPoolArgs, x: usize, fromH: i32, kh: i32, ow: i32): f32 {
  const fromW = Window.from(ow, a.strideW, a.padW, a.W, a.OW);
  const kw = Window.taps(ow, fromW, a.strideW, a.kw, a.W, a.OW);
  const stopH = min(fromH + kh, a.H);
  const stopW = min(fromW + kw, a.W);
  let sum: f32 = 0;
  for (let h = max(fromH, 0); h < stopH; h++) {
    for (let w = max(fromW, 0); w < stopW; w++) {
      sum += load<f32>(x + ((<usize>(h * a.W + w)) << 2));
    }
  }
  return sum / Average.divisor(a, fromH, fromW, kh, kw);
}

/** dx = sum of dy / divisor over the windows that hold it, in the order of the outputs. */
export function avgPool2dGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<AvgPoolArgs>(args);
  const inPlane = (<usize>a.H * a.W) << 2;
  for (let plane = start; plane < end; plane++) {
    const dx = a.out + <usize>plane * inPlane;
    let dy = a.x + ((<usize>plane * a.OH * a.OW) << 2);
    memory.fill(dx, 0, inPlane);
    for (let oh = 0; oh < a.OH; oh++) {
      const fromH = Window.from(oh, a.strideH, a.padH, a.H, a.OH);
      const kh = Window.taps(oh, fromH, a.strideH, a.kh, a.H, a.OH);
      for (let ow = 0; ow < a.OW; ow++) {
        const fromW = Window.from(ow, a.strideW, a.padW, a.W, a.OW);
        const kw = Window.taps(ow, fromW, a.strideW, a.kw, a.W, a.OW);
        const value = load<f32>(dy) / Average.divisor(a, fromH, fromW, kh, kw);
        const stopH = min(fromH + kh, a.H);
        const stopW = min(fromW + kw, a.W);
        for (let h = max(fromH, 0); h < stopH; h++) {
          for (let w = max(fromW, 0); w < stopW; w++) {
            const to = dx + ((<usize>(h * a.W + w)) << 2);
            store<f32>(to, load<f32>(to) + value);
          }
        }
        dy += 4;
      }
    }
  }
}
