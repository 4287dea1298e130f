// Batch normalisation of contiguous [N, C, inner]: statistics and result; of training the sums that its
// gradients need, the gradient of x. A work unit is a channel: N runs of `inner` elements, C runs
// apart. The order of a sum is that of the runs, in float32 over at most 1024 elements, then float64.
import { Variance } from "../reduce/variance";
import { Lanes } from "../reduce/lanes";

const BLOCK: u32 = 1024;

@unmanaged
class BatchNormArgs {
  x: usize;
  /** [C], or 0. */
  weight: usize;
  /** [C], or 0. */
  bias: usize;
  out: usize;
  /** [C] */
  mean: usize;
  /** [C]: divided by N inner. */
  variance: usize;
  N: u32;
  C: u32;
  inner: u32;
  eps: f32;
  /** Not 0: mean and variance are there, else they are computed and written. */
  known: u32;
}

@unmanaged
class BatchNormGradArgs {
  dy: usize;
  x: usize;
  /** [C], or 0; unused by the sums. */
  weight: usize;
  mean: usize;
  variance: usize;
  /** [C]: the sums of dy. */
  dbias: usize;
  /** [C]: the sums of dy xhat. */
  dweight: usize;
  /** Unused by the sums. */
  dx: usize;
  N: u32;
  C: u32;
  inner: u32;
  eps: f32;
}

class Channel {
  @inline
  static rstd(variance: f32, eps: f32): f64 {
    return 1 / sqrt<f64>(<f64>variance + <f64>eps);
  }

  /** out = (x - mean) a + b, and + dy k unless dy is 0. */
  static run(x: usize, dy: usize, out: usize, n: u32, mean: f32, a: f32, b: f32, k: f32): void {
    const m = f32x4.splat(mean);
    const scale = f32x4.splat(a);
    const shift = f32x4.splat(b);
    const share = f32x4.splat(k);
    for (; n >= 4; n -= 4, x += 16, out += 16) {
      let y = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), m), scale), shift);
      if (dy != 0) {
        y = f32x4.add(y, f32x4.mul(v128.load(dy), share));
        dy += 16;
      }
      v128.store(out, y);
    }
    const v = Lanes.loadTail(x, n, m);
    let y = f32x4.add(f32x4.mul(f32x4.sub(v, m), scale), shift);
    if (dy != 0) y = f32x4.add(y, f32x4.mul(Lanes.loadTail(dy, n, m), share));
    Lanes.storeHead(out, n, y);
  }
}

/** out = (x - mean) / sqrt(variance + eps) * weight + bias for each channel. Units: C. */
export function batchNormF32(args: usize, start: u32, end: u32): void {
  const a = changetype<BatchNormArgs>(args);
  const inner = a.inner;
  const step = (<usize>a.C * inner) << 2;
  const count = <f64>a.N * <f64>inner;
  for (let c = start; c < end; c++) {
    const first = (<usize>c * inner) << 2;
    const last = first + step * a.N;
    if (!a.known) {
      let sum: f64 = 0;
      for (let at = first; at < last; at += step) {
        sum += Variance.mean(a.x + at, inner) * <f64>inner;
      }
      const exact = sum / count;
      let squares: f64 = 0;
      for (let at = first; at < last; at += step) squares += Variance.row(a.x + at, inner, exact);
      store<f32>(a.mean + (c << 2), <f32>exact);
      store<f32>(a.variance + (c << 2), <f32>(squares / count));
    }
    const mean = load<f32>(a.mean + (c << 2));
    const variance = load<f32>(a.variance + (c << 2));
    const weight: f64 = a.weight == 0 ? 1 : <f64>load<f32>(a.weight + (c << 2));
    const scale = <f32>(weight * Channel.rstd(variance, a.eps));
    const bias: f32 = a.bias == 0 ? 0 : load<f32>(a.bias + (c << 2));
    for (let at = first; at < last; at += step) {
      Channel.run(a.x + at, 0, a.out + at, inner, mean, scale, bias, 0);
    }
  }
}

/** dbias = sum of dy, dweight = sum of dy xhat for each channel. Units: C. */
export function batchNormSumsF32(args: usize, start: u32, end: u32): void {
  const a = changetype<BatchNormGradArgs>(args);
  const inner = a.inner;
  const zero = f32x4.splat(0);
  for (let c = start; c < end; c++) {
    const mean = v128.load32_splat(a.mean + (c << 2));
    let sum: f64 = 0;
    let dot: f64 = 0;
    for (let r: u32 = 0; r < a.N; r++) {
      let at: usize = ((r * a.C + c) * inner) << 2;
      for (let left = inner; left > 0;) {
        let n = min(left, BLOCK);
        left -= n;
        let s = zero;
        let d = zero;
        for (; n >= 4; n -= 4, at += 16) {
          const g = v128.load(a.dy + at);
          s = f32x4.add(s, g);
          d = f32x4.add(d, f32x4.mul(g, f32x4.sub(v128.load(a.x + at), mean)));
        }
        if (n > 0) {
          const g = Lanes.loadTail(a.dy + at, n, zero);
          s = f32x4.add(s, g);
          d = f32x4.add(d, f32x4.mul(g, f32x4.sub(Lanes.loadTail(a.x + at, n, mean), mean)));
        }
        sum += Lanes.sum(s);
        dot += Lanes.sum(d);
      }
    }
    const rstd = Channel.rstd(load<f32>(a.variance + (c << 2)), a.eps);
    store<f32>(a.dbias + (c << 2), <f32>sum);
    store<f32>(a.dweight + (c << 2), <f32>(dot * rstd));
  }
}

/** dx = weight rstd (dy - mean(dy) - xhat mean(dy xhat)), the means from batchNormSumsF32. Units: C. */
export function batchNormGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<BatchNormGradArgs>(args);
  const inner = a.inner;
  const step = (<usize>a.C * inner) << 2;
  const count = <f64>a.N * <f64>inner;
  for (let c = start; c < end; c++) {
    const first = (<usize>c * inner) << 2;
    const last = first + step * a.N;
    const rstd = Channel.rstd(load<f32>(a.variance + (c << 2)), a.eps);
    const weight: f64 = a.weight == 0 ? 1 : <f64>load<f32>(a.weight + (c << 2));
    const k = weight * rstd;
    const slope = <f32>((-k * rstd * <f64>load<f32>(a.dweight + (c << 2))) / count);
    const shift = <f32>((-k * <f64>load<f32>(a.dbias + (c << 2))) / count);
    const mean = load<f32>(a.mean + (c << 2));
    for (let at = first; at < last; at += step) {
      Channel.run(a.x + at, a.dy + at, a.dx + at, inner, mean, slope, shift, <f32>k);
    }
  }
}
