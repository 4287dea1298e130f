// conv2d's gradient by the weights, as a matrix product that never exists whole:
//   dw [O/g, C/g * kh * kw] = dy [O/g, pixels] @ (x sampled at the outputs) [pixels, C/g * kh * kw]
//
// A work unit is up to 64 columns of one group's dw (see src/kernels/units.ts), for all images.
// Order of summation: the pixels of a block (sampling.ts), then blocks, then images. Where the step is 1
// and there are fewer than 4 rows (depthwise convolutions above all), or fewer than 4 columns are left for
// the last panel, a block's pixels are summed up in 8 lanes and a rest: packing would cost more than the
// products.
import { Micro } from "../gemm/micro";
import { Conv2dDims, Room } from "./dims";
import { Panels } from "./panels";
import { Sampling } from "./sampling";

@unmanaged
class Conv2dWeightGradArgs {
  x: usize;
  dy: usize;
  dw: usize;
}

/** dw of conv2d, from x and dy. */
export function conv2dWeightGradF32(args: usize, start: u32, end: u32): void {
  if (start >= end) return;
  const a = changetype<Conv2dWeightGradArgs>(args);
  const d = changetype<Conv2dDims>(args + 12);
  const s = changetype<Sampling>(Room.sampling());
  s.overX(d);
  const blocks = d.OH > 0 && d.OW > 0 ? s.divide(d.OH, d.OW) : 0;
  s.measure();
  const K = s.channels * s.taps;
  const rows = d.O / d.groups;
  const step = columns(K);
  const units = (K + step - 1) / step;
  for (let unit = start; unit < end; unit++) {
    const group = unit / units;
    const k0 = (unit - group * units) * step;
    const k1 = min(K, k0 + step);
    const dw = a.dw + ((<usize>group * rows * K) << 2);
    if (d.N * blocks == 0) zero(dw, rows, K, k0, k1);
    for (let n = 0; n < d.N; n++) {
      s.planes = a.x + ((<usize>(n * d.C + group * s.channels) * (d.H * d.W)) << 2);
      const dy = a.dy + ((<usize>(n * d.O + group * rows) * (d.OH * d.OW)) << 2);
      for (let b = 0; b < blocks; b++) {
        s.select(b);
        accumulate(s, dy, dw, rows, K, k0, k1, n + b > 0);
      }
    }
  }
}

/** Columns of a unit: whole panels, at least 8 units to a group where that many panels are. */
function columns(K: i32): i32 {
  return min(8, (((K + 7) >> 3) + 7) >> 3) << 3;
}

/** dw's columns [k0, k1) = or += what the present block gives. */
function accumulate(
  s: Sampling,
  dy: usize,
  dw: usize,
  rows: i32,
  K: i32,
  k0: i32,
  k1: i32,
  add: bool,
): void {
  const panel = Room.panel();
  const a = dy + ((<usize>(s.row * s.gridW + s.col)) << 2);
  const aRow = s.gridH * s.gridW;
  const taps = s.taps;
  const room = s.fits ? s.room : 0;
  const few = rows < 4 && s.stepW == 1;
  let stagedFrom = 0;
  let stagedTo = 0;
  for (let k = k0; k < k1; k += 8) {
    const n = min(8, k1 - k);
    const first = k / taps;
    const last = (k + n - 1) / taps;
    if (last - first >= room) {
      Panels.tapsByCell(s, k, panel);
    } else {
      if (last >= stagedTo) {
        stagedFrom = first;
        stagedTo = min(first + room, (k1 - 1) / taps + 1);
        s.stage(stagedFrom, stagedTo);
      }
      if (few || (n < 4 && s.stepW == 1)) {
        for (let column = k; column < k + n; column++) {
          dots(s, a, dw, rows, K, column, stagedFrom, add);
        }
        continue;
      }
      Panels.taps(s, k, stagedFrom, panel);
    }
    const c = dw + ((<usize>k) << 2);
    Micro.block(a, aRow, 1, panel, 8, 0, rows, n, s.pixels, add ? c : 0, K, c, K);
  }
}

/** Column k of dw: for each row the dot product of dy and x over the block. */
function dots(
  s: Sampling,
  dy: usize,
  dw: usize,
  rows: i32,
  K: i32,
  k: i32,
  stagedFrom: i32,
  add: bool,
): void {
  const c = k / s.taps;
  const tap = k - c * s.taps;
  const i = tap / s.tapsW;
  const cell = i * s.tapH * s.width + (tap - i * s.tapsW) * s.tapW;
  const x = s.origin + (((c - stagedFrom) * s.plane + cell) << 2);
  let to = dw + ((<usize>k) << 2);
  for (let m = 0; m < rows; m++) {
    const sum = dot(s, dy, x);
    store<f32>(to, add ? load<f32>(to) + sum : sum);
    to += (<usize>K) << 2;
    dy += (<usize>(s.gridH * s.gridW)) << 2;
  }
}

function dot(s: Sampling, dy: usize, x: usize): f32 {
  const cols = s.cols;
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let rest: f32 = 0;
  for (let left = s.pixels; left > 0; left -= cols) {
    let at = x;
    let q = cols;
    for (; q >= 8; q -= 8) {
      sum0 = f32x4.add(sum0, f32x4.mul(v128.load(dy), v128.load(at)));
      sum1 = f32x4.add(sum1, f32x4.mul(v128.load(dy, 16), v128.load(at, 16)));
      dy += 32;
      at += 32;
    }
    if (q >= 4) {
      sum0 = f32x4.add(sum0, f32x4.mul(v128.load(dy), v128.load(at)));
      dy += 16;
      at += 16;
    }
    for (q &= 3; q > 0; q--) {
      rest += load<f32>(dy) * load<f32>(at);
      dy += 4;
      at += 4;
    }
    x += (<usize>(s.stepH * s.width)) << 2;
  }
  sum0 = f32x4.add(sum0, sum1);
  const pair = f32x4.add(sum0, v128.shuffle<f32>(sum0, sum0, 2, 3, 0, 1));
  return f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1) + rest;
}

/** Without a single pixel dw is 0. */
function zero(dw: usize, rows: i32, K: i32, k0: i32, k1: i32): void {
  for (let m = 0; m < rows; m++) {
    memory.fill(dw + ((<usize>(m * K + k0)) << 2), 0, (<usize>(k1 - k0)) << 2);
  }
}
