// Layer normalisation of rows: one pass for the statistics, one for the result.
import { Variance } from "../reduce/variance";

@unmanaged
class LayerNormArgs {
  x: usize;
  /** [cols], or 0. */
  weight: usize;
  /** [cols], or 0. */
  bias: usize;
  out: usize;
  /** [rows] */
  mean: usize;
  /** [rows]: 1 / sqrt(variance + eps) */
  rstd: usize;
  cols: u32;
  eps: f32;
}

@unmanaged
class LayerNormGradArgs {
  dy: usize;
  x: usize;
  weight: usize;
  mean: usize;
  rstd: usize;
  /** dy xhat, whose sum over the rows is dL/dweight, or 0. */
  terms: usize;
  dx: usize;
  cols: u32;
}

class Affine {
  /** out = (x - mean) rstd weight + bias; a vector where `at` elements from the ends fit, else scalar. */
  static row(x: usize, w: usize, b: usize, out: usize, n: u32, mean: f32, rstd: f32): void {
    const m = f32x4.splat(mean);
    const r = f32x4.splat(rstd);
    let i: usize = 0;
    const whole = (<usize>(n & ~3)) << 2;
    for (; i < whole; i += 16) {
      let v = f32x4.mul(f32x4.sub(v128.load(x + i), m), r);
      if (w) v = f32x4.mul(v, v128.load(w + i));
      if (b) v = f32x4.add(v, v128.load(b + i));
      v128.store(out + i, v);
    }
    for (; i < (<usize>n) << 2; i += 4) {
      let v = (load<f32>(x + i) - mean) * rstd;
      if (w) v = v * load<f32>(w + i);
      if (b) v = v + load<f32>(b + i);
      store<f32>(out + i, v);
    }
  }
}

/** out = (x - mean) / sqrt(variance + eps) * weight + bias, row by row. Units: rows. */
export function layerNormF32(args: usize, start: u32, end: u32): void {
  const a = changetype<LayerNormArgs>(args);
  const n = a.cols;
  for (let u = start; u < end; u++) {
    const row = (u * n) << 2;
    const exact = Variance.mean(a.x + row, n);
    const mean = <f32>exact;
    const variance = Variance.row(a.x + row, n, exact) / <f64>n;
    const rstd = <f32>(1 / sqrt<f64>(variance + <f64>a.eps));
    store<f32>(a.mean + (u << 2), mean);
    store<f32>(a.rstd + (u << 2), rstd);
    Affine.row(a.x + row, a.weight, a.bias, a.out + row, n, mean, rstd);
  }
}

/**
 * dx = rstd (g - mean(g) - xhat mean(g xhat)) with g = dy weight, xhat = (x - mean) rstd;  terms = dy xhat.
 * Units: rows.
 */
export function layerNormGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<LayerNormGradArgs>(args);
  const n = a.cols;
  const bytes = (<usize>n) << 2;
  const whole = (<usize>(n & ~3)) << 2;
  const w = a.weight;
  for (let u = start; u < end; u++) {
    const dy = a.dy + <usize>u * bytes;
    const x = a.x + <usize>u * bytes;
    const dx = a.dx + <usize>u * bytes;
    const terms = a.terms ? a.terms + <usize>u * bytes : 0;
    const mean = load<f32>(a.mean + (u << 2));
    const rstd = load<f32>(a.rstd + (u << 2));
    const m = f32x4.splat(mean);
    const r = f32x4.splat(rstd);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    for (let i: usize = 0; i < whole; i += 16) {
      let g = v128.load(dy + i);
      if (w) g = f32x4.mul(g, v128.load(w + i));
      s1 = f32x4.add(s1, g);
      s2 = f32x4.add(s2, f32x4.mul(g, f32x4.mul(f32x4.sub(v128.load(x + i), m), r)));
    }
    let sum1 = LayerNormGrad.across(s1);
    let sum2 = LayerNormGrad.across(s2);
    for (let i = whole; i < bytes; i += 4) {
      let g = load<f32>(dy + i);
      if (w) g = g * load<f32>(w + i);
      sum1 += g;
      sum2 += g * ((load<f32>(x + i) - mean) * rstd);
    }
    const mean1 = <f32>(sum1 / <f64>n);
    const mean2 = <f32>(sum2 / <f64>n);
    const m1 = f32x4.splat(mean1);
    const m2 = f32x4.splat(mean2);
    for (let i: usize = 0; i < whole; i += 16) {
      let g = v128.load(dy + i);
      const hat = f32x4.mul(f32x4.sub(v128.load(x + i), m), r);
      if (terms) v128.store(terms + i, f32x4.mul(g, hat));
      if (w) g = f32x4.mul(g, v128.load(w + i));
      v128.store(dx + i, f32x4.mul(r, f32x4.sub(f32x4.sub(g, m1), f32x4.mul(hat, m2))));
    }
    for (let i = whole; i < bytes; i += 4) {
      let g = load<f32>(dy + i);
      const hat = (load<f32>(x + i) - mean) * rstd;
      if (terms) store<f32>(terms + i, g * hat);
      if (w) g = g * load<f32>(w + i);
      store<f32>(dx + i, rstd * (g - mean1 - hat * mean2));
    }
  }
}

class LayerNormGrad {
  /** The sum of the lanes, in float64. */
  static across(v: v128): f64 {
    return (
      <f64>f32x4.extract_lane(v, 0) +
      <f64>f32x4.extract_lane(v, 1) +
      (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3))
    );
  }
}
