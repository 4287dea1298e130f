// conv2d and its gradient by the input, both as a matrix product A @ B (product.ts):
//   forward     A = w [O/g, C/g * kh * kw],             B = x sampled at the outputs
//   gradient    A = w transposed [C/g, O/g * taps],     B = dy sampled at the inputs
// dx at (h, w) sums the taps (i, j) for which (h + padH - i * dilationH) / strideH is whole, and
// likewise across. So the inputs fall into strideH * strideW phases (h mod strideH, w mod
// strideW), each with its own taps, each an ordinary convolution of dy with a step of 1: no
// product is wasted, and each element of dx is written by one unit alone.
//
// A work unit is a block of pixels (sampling.ts) of one image of one phase of one group; units
// count blocks fastest, groups slowest. Neighbouring units share packed weights: call for many.
// Order of summation: channels, then taps, in blocks of a size fixed by the shape.
import { Conv2dDims, Room } from "./dims";
import { Product } from "./product";
import { Sampling } from "./sampling";

@unmanaged
class Conv2dArgs {
  x: usize;
  w: usize;
  bias: usize;
  out: usize;
  /** 1: max(result, 0). */
  relu: u32;
}

@unmanaged
class Conv2dInputGradArgs {
  dy: usize;
  w: usize;
  dx: usize;
}

/** out = bias + conv2d(x, w), or relu of that; bias = 0 is none. */
export function conv2dF32(args: usize, start: u32, end: u32): void {
  if (start >= end) return;
  const a = changetype<Conv2dArgs>(args);
  const d = changetype<Conv2dDims>(args + 20);
  const s = changetype<Sampling>(Room.sampling());
  const p = Product.at();
  const channels = d.C / d.groups;
  const rows = d.O / d.groups;
  const K = channels * d.kh * d.kw;
  s.overX(d);
  const blocks = s.divide(d.OH, d.OW);
  s.measure();
  p.mStep = K;
  p.inPlace = true;
  p.relu = a.relu;
  p.m = rows;
  p.inputImage = d.C * d.H * d.W;
  p.plane = d.OH * d.OW;
  p.outImage = d.O * p.plane;
  p.rowStep = d.OW;
  p.colStep = 1;
  const units = d.N * blocks;
  for (let unit = <i32>start; unit < <i32>end;) {
    const group = unit / units;
    const first = group * units;
    const stop = min(<i32>end, first + units);
    p.w = a.w + ((<usize>group * rows * K) << 2);
    p.bias = a.bias ? a.bias + ((<usize>(group * rows)) << 2) : 0;
    p.input = a.x + ((<usize>(group * channels) * (d.H * d.W)) << 2);
    p.out = a.out + ((<usize>(group * rows) * p.plane) << 2);
    p.run(s, unit - first, stop - first, blocks);
    unit = stop;
  }
}

/** dx of conv2d, from dy and w. */
export function conv2dInputGradF32(args: usize, start: u32, end: u32): void {
  if (start >= end) return;
  const a = changetype<Conv2dInputGradArgs>(args);
  const d = changetype<Conv2dDims>(args + 12);
  const s = changetype<Sampling>(Room.sampling());
  const p = Product.at();
  const channels = d.O / d.groups;
  const rows = d.C / d.groups;
  const taps = d.kh * d.kw;
  const phases = d.strideH * d.strideW;
  const blocks = s.divide((d.H - 1) / d.strideH + 1, (d.W - 1) / d.strideW + 1);
  s.channels = channels;
  s.H = d.OH;
  s.W = d.OW;
  s.stepH = 1;
  s.stepW = 1;
  p.mStep = taps;
  p.cStep = rows * taps;
  p.inPlace = false;
  p.relu = 0;
  p.m = rows;
  p.bias = 0;
  p.plane = d.H * d.W;
  p.inputImage = d.O * d.OH * d.OW;
  p.outImage = d.C * p.plane;
  p.rowStep = d.strideH * d.W;
  p.colStep = d.strideW;
  const units = d.N * blocks;
  for (let unit = <i32>start; unit < <i32>end;) {
    const run = unit / units;
    const first = run * units;
    const stop = min(<i32>end, first + units);
    const group = run / phases;
    p.w = a.w + ((<usize>(group * channels * rows * taps)) << 2);
    p.input = a.dy + ((<usize>(group * channels) * (d.OH * d.OW)) << 2);
    p.out = a.dx + ((<usize>(group * rows) * p.plane) << 2);
    toPhase(s, p, d, run - group * phases);
    p.run(s, unit - first, stop - first, blocks);
    unit = stop;
  }
}

/** Narrows a group's product to one phase: its taps, and where its pixels lie in dx. */
function toPhase(s: Sampling, p: Product, d: Conv2dDims, phase: i32): void {
  const phaseH = phase / d.strideW;
  const phaseW = phase - phaseH * d.strideW;
  p.out += (<usize>(phaseH * d.W + phaseW)) << 2;
  let side = Phase.of(phaseH, d.H, d.strideH, d.padH, d.dilationH, d.kh);
  s.gridH = side.grid;
  s.originH = side.origin;
  s.tapH = side.tap;
  s.tapsH = side.taps;
  p.iStep = side.period * d.kw;
  p.w += (<usize>(side.first * d.kw)) << 2;
  side = Phase.of(phaseW, d.W, d.strideW, d.padW, d.dilationW, d.kw);
  s.gridW = side.grid;
  s.originW = side.origin;
  s.tapW = side.tap;
  s.tapsW = side.taps;
  p.jStep = side.period;
  p.w += (<usize>side.first) << 2;
  s.measure();
}

/** One side of a phase: cells phase, phase + stride, ... below n. */
@unmanaged
class Phase {
  grid: i32;
  /** The taps that hit it: first, first + period, ... */
  first: i32;
  period: i32;
  taps: i32;
  /** Its cell 0 reads dy at origin by the first tap, at origin + tap by the second. */
  origin: i32;
  tap: i32;

  static of(phase: i32, n: i32, stride: i32, pad: i32, dilation: i32, k: i32): Phase {
    const p = changetype<Phase>(Room.phase());
    let first = 0;
    while (first < k && (phase + pad - first * dilation) % stride != 0) first++;
    let period = 1;
    while ((period * dilation) % stride != 0) period++;
    p.grid = (n - phase + stride - 1) / stride;
    p.first = first;
    p.period = period;
    p.taps = (k - first + period - 1) / period;
    p.origin = (phase + pad - first * dilation) / stride;
    p.tap = -(period * dilation) / stride;
    return p;
  }
}
