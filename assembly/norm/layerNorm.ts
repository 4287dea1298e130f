// Layer normalisation of rows: a pass each for the mean, the variance and the result. The gradient takes
// means and deviations from the forward pass, and makes a pass for its two sums and one for the result.
import { Lanes } from "../reduce/lanes";
import { Variance } from "../reduce/variance";

const BLOCK: usize = 1024;

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
  /** out = (x - mean) rstd weight + bias, with weight and bias where they are not 0. */
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
  const bytes = (<usize>a.cols) << 2;
  for (let u = start; u < end; u++) {
    const row = <usize>u * bytes;
    const mean = load<f32>(a.mean + (u << 2));
    const rstd = load<f32>(a.rstd + (u << 2));
    LayerNormGrad.means(a.dy + row, a.x + row, a.weight, a.cols, mean, rstd);
    const terms = a.terms ? a.terms + row : 0;
    LayerNormGrad.row(a.dy + row, a.x + row, a.weight, terms, a.dx + row, bytes, mean, rstd);
  }
}

class LayerNormGrad {
  /** mean(g) and mean(g xhat) of the row in progress. */
  static g: f32 = 0;
  static gHat: f32 = 0;

  /** Sums in SIMD lanes over blocks of 1024 elements; these and what is behind the last vector in float64. */
  static means(dy: usize, x: usize, w: usize, n: u32, mean: f32, rstd: f32): void {
    const m = f32x4.splat(mean);
    const r = f32x4.splat(rstd);
    let sum: f64 = 0;
    let dot: f64 = 0;
    let i: usize = 0;
    const whole = (<usize>(n & ~3)) << 2;
    while (i < whole) {
      const end = min(whole, i + (BLOCK << 2));
      let s = f32x4.splat(0);
      let d = f32x4.splat(0);
      for (; i < end; i += 16) {
        let g = v128.load(dy + i);
        if (w) g = f32x4.mul(g, v128.load(w + i));
        s = f32x4.add(s, g);
        d = f32x4.add(d, f32x4.mul(g, f32x4.mul(f32x4.sub(v128.load(x + i), m), r)));
      }
      sum += Lanes.sum(s);
      dot += Lanes.sum(d);
    }
    for (; i < (<usize>n) << 2; i += 4) {
      let g = load<f32>(dy + i);
      if (w) g = g * load<f32>(w + i);
      sum += g;
      dot += g * ((load<f32>(x + i) - mean) * rstd);
    }
    LayerNormGrad.g = <f32>(sum / <f64>n);
    LayerNormGrad.gHat = <f32>(dot / <f64>n);
  }

  static row(
    dy: usize,
    x: usize,
    w: usize,
    terms: usize,
    dx: usize,
    bytes: usize,
    mean: f32,
    rstd: f32,
  ): void {
    const mean1 = LayerNormGrad.g;
    const mean2 = LayerNormGrad.gHat;
    const m = f32x4.splat(mean);
    const r = f32x4.splat(rstd);
    const m1 = f32x4.splat(mean1);
    const m2 = f32x4.splat(mean2);
    let i: usize = 0;
    for (const whole = bytes & ~15; i < whole; i += 16) {
      let g = v128.load(dy + i);
      const hat = f32x4.mul(f32x4.sub(v128.load(x + i), m), r);
      if (terms) v128.store(terms + i, f32x4.mul(g, hat));
      if (w) g = f32x4.mul(g, v128.load(w + i));
      v128.store(dx + i, f32x4.mul(r, f32x4.sub(f32x4.sub(g, m1), f32x4.mul(hat, m2))));
    }
    for (; i < bytes; i += 4) {
      let g = load<f32>(dy + i);
      const hat = (load<f32>(x + i) - mean) * rstd;
      if (terms) store<f32>(terms + i, g * hat);
      if (w) g = g * load<f32>(w + i);
      store<f32>(dx + i, rstd * (g - mean1 - hat * mean2));
    }
  }
}
