// Max pooling over H x W planes, with its gradient, that one's transpose, and its inverse. A work unit
// is one plane (image x channel), so any split over units gives the same bits.
//
// Not here: shapes. OH and OW come from the op (ceilMode only shows in them); windows that reach
// past the plane are clipped here, as in PyTorch.
import { Status } from "../index-ops/status";
import { Columns, Window } from "./window";

@unmanaged
class MaxPoolArgs {
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

/**
 * out = max over the window, indices = where in the plane (row * W + column). The first maximum
 * wins, but a NaN wins over everything before it, as in PyTorch. A window without a single
 * element (possible only with dilation) gives -inf at index -1.
 */
export function maxPool2dF32(args: usize, start: u32, end: u32): void {
  const a = changetype<MaxPoolArgs>(args);
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
function max4(a: MaxPoolArgs, x: usize, top: usize, rows: i32, ow: i32, to: usize): void {
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
function maxOfPairs(a: MaxPoolArgs, x: usize, top: usize, ow: i32, hi: i32, to: usize): void {
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
function max1(a: MaxPoolArgs, x: usize, top: usize, rows: i32, ow: i32, to: usize): void {
  const fromW = Window.from(ow, a.strideW, a.padW, a.W, a.OW);
  const stop = fromW + Window.taps(ow, fromW, a.strideW, a.kw, a.W, a.OW) * a.dilationW;
  let best: f32 = -Infinity;
  let index = -1;
  for (; rows > 0; rows--) {
    for (let w = fromW; w < stop; w += a.dilationW) {
      if (<u32>w >= <u32>a.W) continue;
      const at = top + ((<usize>w) << 2);
      const v = load<f32>(at);
      if (v > best || v != v || index < 0) {
        best = v;
        index = <i32>((at - x) >> 2);
      }
    }
    top += (<usize>(a.dilationH * a.W)) << 2;
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
