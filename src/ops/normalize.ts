// Layer and batch normalisation.
import { checkFloat } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import {
  sameShape,
  type Shape,
  showShape,
  sizeOf,
  expectFloats,
  listOf,
  shapeOf,
  checkNumber,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import { allocate, allocateShape, type Tensor } from "../autograd/tensor.js";
import { isGradEnabled, withGrad } from "../autograd/mode.js";
import type { Wanted } from "../autograd/node.js";
import { type Gradients, record, together } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { f32, run } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { add, mul, sub } from "./arithmetic.js";
import { contiguous, copyOf, withAllContiguous, compute } from "./convert.js";
import { ones, zeros } from "./creation.js";
import { freshLayout } from "./dispatch.js";
import { add_, mul_ } from "./inplace.js";
import { rsqrt } from "./math.js";
import { mean, sum, variance } from "./reduce.js";
import { reshape, transpose } from "./views.js";

export interface LayerNormOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias over the last dims (Ba, Kiros and Hinton, 2016).
 * @param normalizedShape the sizes of the dims to normalise over, the last ones of x
 * @param weight in that shape, or null
 * @param bias in that shape, or null
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options: LayerNormOptions = {},
): Tensor {
  const shape = listOf("layerNorm", normalizedShape);
  checkOptions("layerNorm", options);
  const eps = checkNumber("layerNorm", "eps", options.eps ?? 1e-5, 0);
  checkLayerNorm("layerNorm", x, shape, weight, bias);
  const cols = sizeOf(shape);
  const rows = cols === 0 ? 0 : x.numel() / cols;
  const stats = x.shape.map((n, i) => (i < x.ndim - shape.length ? n : 1));
  const means = allocateShape("layerNorm", stats, "float32");
  const rstds = allocateShape("layerNorm", stats, "float32");
  const out = withAllContiguous([x, weight, bias], (x, weight, bias) => {
    const out = allocate("layerNorm", freshLayout(x.layout), "float32");
    const [px, pw, pb] = [x.address(), weight?.address() ?? 0, bias?.address() ?? 0];
    const [po, pm, pr] = [out.address(), means.address(), rstds.address()];
    run(kernels.layerNormF32, rows, px, pw, pb, po, pm, pr, cols, f32(eps));
    return out;
  });
  const saved = { x, means, rstds, weight };
  record("layerNorm", out, [x, weight, bias], saved, (dy, saved, wanted) =>
    layerNormGrads(dy, saved, shape, eps, wanted),
  );
  means.dispose();
  rstds.dispose();
  return out;
}

/** The gradients of x and weight by one kernel; where they are differentiated again, by ops. */
function layerNormGrads(
  dy: Tensor,
  { x, means, rstds, weight }: Record<"x" | "means" | "rstds", Tensor> & { weight: Tensor | null },
  shape: Shape,
  eps: number,
  wanted: Wanted,
): Gradients {
  const dims = [...x.shape.keys()];
  const lead = dims.slice(0, -shape.length);
  const total = (t: Tensor): Tensor => reshape(lead.length === 0 ? t : sum(t, lead), shape);
  if (isGradEnabled()) {
    const scaled = (): Tensor => (weight === null ? dy : mul(dy, weight));
    return composedGrads(dy, x, scaled, dims.slice(-shape.length), eps, total);
  }
  const fused = together([x, weight], wanted, () => {
    const terms =
      weight && wanted(weight.node) ? allocateShape("layerNorm", x.shape, "float32") : null;
    const cols = sizeOf(shape);
    const rows = cols && means.numel();
    const operands = [dy, x, weight, means, rstds, terms] as const;
    const kernel = kernels.layerNormGradF32;
    const dx = compute("layerNormGrad", kernel, rows, operands, x.shape, [cols]);
    return [dx, terms && total(terms)];
  });
  return [...fused, () => total(dy)];
}

/** Refuses an x that doesn't end in `shape`, and weights of another. */
export function checkLayerNorm(
  op: string,
  x: Tensor,
  shape: Shape,
  weight: Tensor | null,
  bias: Tensor | null,
): void {
  if (shape.length === 0 || !sameShape(shapeOf(op, x).slice(-shape.length), shape)) {
    misfit(op, `x must end in ${showShape(shape)}`, x);
  }
  checkFloat(op, "x", x);
  expectFloats(op, "weight", weight, shape);
  expectFloats(op, "bias", bias, shape);
}

/** xhat = (x - mean) rstd and rstd = 1 / sqrt(variance + eps), differentiable. */
function normalised(x: Tensor, over: readonly number[], eps: number): [hat: Tensor, rstd: Tensor] {
  const v = variance(x, over, { correction: 0, keepdim: true });
  const rstd = rsqrt(add(v, eps));
  return [mul(sub(x, mean(x, over, { keepdim: true })), rstd), rstd];
}

/**
 * The gradients of x, weight and bias in differentiable ops. That of x is rstd (g - mean(g) - xhat mean(g xhat)),
 * g = dy weight being what `scaled` gives; `total` adds up to the weight's shape.
 */
function composedGrads(
  dy: Tensor,
  x: Tensor,
  scaled: () => Tensor,
  over: readonly number[],
  eps: number,
  total: (t: Tensor) => Tensor,
): Gradients {
  return [
    () => {
      const g = scaled();
      const [hat, rstd] = normalised(x, over, eps);
      const centred = sub(g, mean(g, over, { keepdim: true }));
      return mul(rstd, sub(centred, mul(hat, mean(mul(g, hat), over, { keepdim: true }))));
    },
    () => total(mul(dy, normalised(x, over, eps)[0])),
    () => total(dy),
  ];
}

export interface BatchNormOptions {
  /** Normalise with the batch's statistics and update the running ones. Default: false. */
  training?: boolean;
  /** How far the running statistics move to the batch's. Default: 0.1. */
  momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias for each channel (Ioffe and Szegedy, 2015).
 * In training the statistics are the batch's, and the running ones, if given, are moved towards
 * them (the variance with n - 1); else the running ones are used, which get no gradients.
 * @param x [N, C] or [N, C, ...]
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options: BatchNormOptions = {},
): Tensor {
  const {
    momentum = 0.1,
    eps = 1e-5,
    training: useBatch = false,
  } = checkOptions("batchNorm", options);
  checkChannels("batchNorm", x, { runningMean, runningVar, weight, bias });
  checkNumber("batchNorm", "momentum", momentum);
  checkNumber("batchNorm", "eps", eps, 0);
  const C = x.shape[1]!;
  const n = C === 0 ? 0 : x.numel() / C;
  if (useBatch && n === 1) {
    throw new ValueError(
      "batchNorm",
      `training needs more than 1 value per channel: got ${showShape(x.shape)}`,
    );
  }
  if (!useBatch && (runningMean === null || runningVar === null)) {
    throw new ValueError("batchNorm", "evaluation needs runningMean and runningVar");
  }
  return tidy(() => {
    // As PyTorch: nothing is to normalise, and the running statistics stay.
    if (useBatch && n === 0) return batchNormBy(x, zeros([C]), ones([C]), weight, bias, eps);
    const [N] = x.shape as [number];
    if (N > 1 && x.numel() < 8 * C * N) {
      // Short runs of a channel's elements: better off as rows.
      const rows = reshape(transpose(x, 0, 1), [1, C, n]);
      const y = batchNorm(rows, runningMean, runningVar, weight, bias, options);
      return contiguous(transpose(reshape(y, [C, N, ...x.shape.slice(2)]), 0, 1));
    }
    if (!useBatch) return batchNormBy(x, runningMean!, runningVar!, weight, bias, eps);
    const { y, means, variances } = fusedBatchNorm(x, weight, bias, eps);
    move(runningMean, means, momentum);
    move(runningVar, mul(variances, n / (n - 1)), momentum);
    return y;
  });
}

/** Refuses what is no batch with channels, and operands that are not one number for each of those. */
export function checkChannels(
  op: string,
  x: Tensor,
  perChannel: Readonly<Record<string, Tensor | null>>,
): void {
  checkFloat(op, "x", x);
  if (x.ndim < 2) misfit(op, "x must be [N, C, ...]", x);
  for (const name in perChannel) expectFloats(op, name, perChannel[name]!, [x.shape[1]!]);
}

/** y * weight + bias, both [C] along dim 1. */
export function affine(y: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor {
  const { perChannel } = channelsOf(y);
  const scaled = weight === null ? y : mul(y, reshape(weight, perChannel));
  return bias === null ? scaled : add(scaled, reshape(bias, perChannel));
}

/** All dims but the channels', and the shape in which [C] goes with x. */
function channelsOf({ shape }: Tensor): { over: number[]; perChannel: number[] } {
  return {
    over: [...shape.keys()].filter((d) => d !== 1),
    perChannel: shape.map((size, i) => (i === 1 ? size : 1)),
  };
}

/** Normalised with the batch's statistics, which come along. */
function fusedBatchNorm(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
): { y: Tensor; means: Tensor; variances: Tensor } {
  const C = x.shape[1]!;
  const means = allocateShape("batchNorm", [C], "float32");
  const variances = allocateShape("batchNorm", [C], "float32");
  const y = runBatchNorm(x, weight, bias, means, variances, eps, 0);
  // Room for the sums of a backward: the graph releases it with what it saved.
  const toWeight = allocateShape("batchNorm", [C], "float32");
  const toBias = allocateShape("batchNorm", [C], "float32");
  const saved = { x, means, variances, toWeight, toBias, weight };
  record("batchNorm", y, [x, weight, bias], saved, (dy, saved) => {
    const { x, weight } = saved;
    if (!isGradEnabled()) return fusedBatchNormGrads(dy, saved, weight, eps);
    const { over } = channelsOf(x);
    const scaled = (): Tensor => affine(dy, weight, null);
    return composedGrads(dy, x, scaled, over, eps, (t) => sum(t, over));
  });
  return { y, means, variances };
}

/** By one kernel: with the statistics that are there, or (`known` = 0) by those that it writes there. */
function runBatchNorm(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  means: Tensor,
  variances: Tensor,
  eps: number,
  known: 0 | 1,
): Tensor {
  const [N, C] = [x.shape[0]!, x.shape[1]!];
  const inner = x.numel() / (N * C);
  const operands = [x, weight, bias, means, variances] as const;
  return withAllContiguous(operands, (x, weight, bias, means, variances) => {
    const y = allocate("batchNorm", freshLayout(x.layout), "float32");
    const [px, pw, pb] = [x.address(), weight?.address() ?? 0, bias?.address() ?? 0];
    const [py, pm, pv] = [y.address(), means.address(), variances.address()];
    run(kernels.batchNormF32, C, px, pw, pb, py, pm, pv, N, C, inner, f32(eps), known);
    return y;
  });
}

/** Normalised with given statistics, which get no gradients. */
function batchNormBy(
  x: Tensor,
  means: Tensor,
  variances: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
): Tensor {
  const y = runBatchNorm(x, weight, bias, means, variances, eps, 1);
  if (!isGradEnabled()) return y;
  // Copies: a later call in training changes the running statistics.
  const centres = copyOf("batchNorm", means);
  const rstd = rsqrt(add(detach(variances), eps));
  const saved = { x, centres, rstd, weight };
  return record("batchNorm", y, [x, weight, bias], saved, (dy, saved) => {
    const { x, centres, rstd, weight } = saved;
    const { over, perChannel } = channelsOf(x);
    return [
      () => affine(dy, weight === null ? rstd : mul(rstd, weight), null),
      () => mul(sum(mul(dy, sub(x, reshape(centres, perChannel))), over), rstd),
      () => sum(dy, over),
    ];
  });
}

/** The sums are what all three need: they are computed at once. */
function fusedBatchNormGrads(
  dy: Tensor,
  saved: Record<"x" | "means" | "variances" | "toWeight" | "toBias", Tensor>,
  weight: Tensor | null,
  eps: number,
): Gradients {
  const { x, means, variances, toWeight, toBias } = saved;
  const [N, C] = [x.shape[0]!, x.shape[1]!];
  const inner = x.numel() / (N * C);
  const grad = (kernel: typeof kernels.batchNormGradF32, dx: Tensor | null): void => {
    withAllContiguous([dy, x, weight], (dy, x, weight) => {
      const [pd, px, pw] = [dy.address(), x.address(), weight?.address() ?? 0];
      const [pm, pv, pb] = [means.address(), variances.address(), toBias.address()];
      const [pt, po] = [toWeight.address(), dx?.address() ?? 0];
      run(kernel, C, pd, px, pw, pm, pv, pb, pt, po, N, C, inner, f32(eps));
    });
  };
  grad(kernels.batchNormSumsF32, null);
  const toX = (): Tensor => {
    const dx = allocate("batchNormGrad", freshLayout(x.layout), "float32");
    grad(kernels.batchNormGradF32, dx);
    return dx;
  };
  const copy = (sums: Tensor) => (): Tensor => copyOf("batchNormGrad", sums);
  return [toX, copy(toWeight), copy(toBias)];
}

/** running = (1 - momentum) running + momentum batch, not recorded. */
export function move(running: Tensor | null, batch: Tensor, momentum: number): void {
  if (running === null) return;
  withGrad(false, () => add_(mul_(running, 1 - momentum), mul(batch, momentum)));
}
