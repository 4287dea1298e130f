// Normalisations that are made of others: over groups of channels, over each channel, by the root of
// the mean square, over neighbouring channels.
import { checkFloat } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import {
  checkInt,
  type Shape,
  showShape,
  listOf,
  checkNumber,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { withGrad } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, pow, square } from "./arithmetic.js";
import { pad } from "./padding.js";
import { rsqrt } from "./math.js";
import {
  affine,
  batchNorm,
  checkChannels,
  checkLayerNorm,
  layerNorm,
  type LayerNormOptions,
  move,
} from "./normalize.js";
import { avgPool2d } from "./pool.js";
import { mean, variance } from "./reduce.js";
import { reshape } from "./views.js";

/**
 * Normalises over each of `numGroups` groups of channels of each sample (Wu and He, 2018), then scales and
 * shifts each channel.
 * @param x [N, C, ...] @param weight [C] or null @param bias [C] or null
 */
export function groupNorm(
  x: Tensor,
  numGroups: number,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options: LayerNormOptions = {},
): Tensor {
  checkOptions("groupNorm", options);
  checkChannels("groupNorm", x, { weight, bias });
  const [N, C] = [x.shape[0]!, x.shape[1]!];
  if (!Number.isInteger(numGroups) || numGroups < 1 || C % numGroups !== 0) {
    throw new ValueError("groupNorm", `numGroups must divide the ${C} channels: got ${numGroups}`);
  }
  const n = N === 0 ? 0 : x.numel() / (N * numGroups);
  return tidy(() => {
    const y = layerNorm(reshape(x, [N, numGroups, n]), n, null, null, options);
    return affine(reshape(y, x.shape), weight, bias);
  });
}

export interface InstanceNormOptions {
  /** [C]; moved towards the mean of the samples' means. */
  runningMean?: Tensor | null;
  /** [C]; moved towards the mean of the samples' variances (with n - 1). */
  runningVar?: Tensor | null;
  /** [C] */
  weight?: Tensor | null;
  /** [C] */
  bias?: Tensor | null;
  /** Normalise with the input's statistics; false: with the running ones. Default: true. */
  useInputStats?: boolean;
  /** How far the running statistics move. Default: 0.1. */
  momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}

/**
 * Normalises each channel of each sample (Ulyanov et al., 2016).
 * @param x [N, C, ...] with at least one more dim
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = {}): Tensor {
  const {
    runningMean = null,
    runningVar = null,
    weight = null,
    bias = null,
  } = checkOptions("instanceNorm", options);
  const { useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  checkNumber("instanceNorm", "momentum", momentum);
  checkChannels("instanceNorm", x, { runningMean, runningVar, weight, bias });
  if (!useInputStats) {
    return batchNorm(x, runningMean, runningVar, weight, bias, { eps });
  }
  const [N, C] = [x.shape[0]!, x.shape[1]!];
  const n = N * C === 0 ? 0 : x.numel() / (N * C);
  if (x.ndim < 3 || (n === 1 && N * C > 0)) {
    throw new ValueError(
      "instanceNorm",
      `needs more than 1 value per channel: got ${showShape(x.shape)}`,
    );
  }
  return tidy(() => {
    const rows = reshape(x, [N, C, n]);
    // Of nothing there are no statistics to move to.
    withGrad(false, () => {
      if (n === 0 || N === 0) return;
      if (runningMean !== null) move(runningMean, mean(mean(rows, 2), 0), momentum);
      if (runningVar !== null) move(runningVar, mean(variance(rows, 2), 0), momentum);
    });
    return affine(reshape(layerNorm(rows, n, null, null, { eps }), x.shape), weight, bias);
  });
}

/**
 * x / sqrt(mean(x^2) + eps) * weight over the last dims (Zhang and Sennrich, 2019).
 * @param normalizedShape the sizes of the dims to normalise over, the last ones of x
 * @param weight in that shape, or null
 * @param options.eps Default: 2^-23, the distance from 1 to the next float32.
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  weight: Tensor | null = null,
  options: LayerNormOptions = {},
): Tensor {
  const shape = listOf("rmsNorm", normalizedShape);
  checkLayerNorm("rmsNorm", x, shape, weight, null);
  const over = shape.map((_, i) => i - shape.length);
  checkOptions("rmsNorm", options);
  const eps = checkNumber("rmsNorm", "eps", options.eps ?? 2 ** -23, 0);
  return tidy(() => {
    const square_ = mean(square(x), over, { keepdim: true });
    const y = mul(x, rsqrt(add(square_, eps)));
    return weight === null ? y : mul(y, weight);
  });
}

export interface LocalResponseNormOptions {
  /** Default: 1e-4. */
  alpha?: number;
  /** Default: 0.75. */
  beta?: number;
  /** Default: 1. */
  k?: number;
}

/**
 * x / (k + alpha / size * sum of the squares of `size` neighbouring channels)^beta (Krizhevsky et al., 2012).
 * @param x [N, C, ...]
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  options: LocalResponseNormOptions = {},
): Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = checkOptions("localResponseNorm", options);
  checkFloat("localResponseNorm", "x", x);
  if (x.ndim < 3) {
    misfit("localResponseNorm", "x must be [N, C, ...]", x);
  }
  checkInt("localResponseNorm", "size", size, 1);
  const [N, C] = [x.shape[0]!, x.shape[1]!];
  if (x.numel() === 0) return mul(x, 1);
  return tidy(() => {
    const squares = reshape(square(x), [N, 1, C, x.numel() / (N * C)]);
    const before = Math.floor(size / 2);
    const padded = pad(squares, [0, 0, before, size - 1 - before]);
    const means = reshape(avgPool2d(padded, [size, 1], { stride: 1 }), x.shape);
    return div(x, pow(add(mul(means, alpha), k), beta));
  });
}
