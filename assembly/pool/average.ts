// Average pooling over H x W planes, with its gradient. A work unit is one plane (image x channel), so
// any split over units gives the same bits. OH and OW come from the op, as in max.ts.
import { Columns, Window } from "./window";

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
