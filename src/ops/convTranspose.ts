// Transposed convolutions of 1, 2 and 3 dims: what conv1d, conv2d and conv3d do to the gradient of
// their input, as ops of their own. The kernels and the gradients are the convolutions' (conv.ts).
import { shown } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import { expectShape, shapeOf, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add } from "./arithmetic.js";
import { checkOperands, type ConvGeometry, inputGrad, planeSizes, planeWeight } from "./conv.js";
import { depthSum, toSlices } from "./depth.js";
import { reshape, squeeze, unsqueeze } from "./views.js";
import {
  KERNEL_DIMS,
  type Pair,
  perDim,
  type PerDim,
  type Rank,
  type Single,
  type Triple,
} from "./window.js";

/** Options of a transposed convolution; `Size` is a number, or one for each dim. */
export interface ConvTransposeOptions<Size extends PerDim> {
  /** Distance of the inputs in the output. Default: 1. */
  stride?: Size;
  /** What is cut off on every side. Default: 0. */
  padding?: Size;
  /** Added to the output's size at the end; less than the stride or the dilation. Default: 0. */
  outputPadding?: Size;
  /** Channels are convolved in so many separate groups. Default: 1. */
  groups?: number;
  /** Distance between the kernel's elements. Default: 1. */
  dilation?: Size;
}

/** Options of convTranspose1d. */
export type ConvTranspose1dOptions = ConvTransposeOptions<Single>;
/** Options of convTranspose2d. */
export type ConvTranspose2dOptions = ConvTransposeOptions<Pair>;
/** Options of convTranspose3d. */
export type ConvTranspose3dOptions = ConvTransposeOptions<Triple>;

/**
 * @param x [N, C, L], or [C, L] without a batch
 * @param weight [C, O / groups, k]
 * @param bias [O], or null
 * @returns [N, O, OL], OL = (L - 1) stride - 2 padding + dilation (k - 1) + outputPadding + 1
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose1dOptions = {},
): Tensor {
  return transposed("convTranspose1d", 1, x, weight, bias, options);
}

/**
 * @param x [N, C, H, W], or [C, H, W] without a batch
 * @param weight [C, O / groups, kh, kw]
 * @param bias [O], or null
 * @returns [N, O, OH, OW], OH = (H - 1) stride - 2 padding + dilation (kh - 1) + outputPadding + 1
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose2dOptions = {},
): Tensor {
  return transposed("convTranspose2d", 2, x, weight, bias, options);
}

/**
 * @param x [N, C, D, H, W], or [C, D, H, W] without a batch
 * @param weight [C, O / groups, kd, kh, kw]
 * @param bias [O], or null
 * @returns [N, O, OD, OH, OW], each as convTranspose2d's
 */
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose3dOptions = {},
): Tensor {
  return transposed("convTranspose3d", 3, x, weight, bias, options);
}

function transposed(
  op: string,
  n: Rank,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTransposeOptions<PerDim>,
): Tensor {
  if (shapeOf(op, x).length === n + 1) {
    return tidy(() => squeeze(transposed(op, n, unsqueeze(x, 0), weight, bias, options), 0));
  }
  const g = geometryOf(op, n, x, weight, bias, options);
  return tidy(() => {
    const planes = n === 2 ? x : n === 1 ? unsqueeze(x, 2) : toSlices(x);
    const rows = n === 2 ? weight : planeWeight(weight);
    const sum = inputGrad(op, planes, rows, planeSizes(g));
    const out = n === 2 ? sum : n === 1 ? squeeze(sum, 2) : depthSum(sum, g);
    return bias === null ? out : add(out, reshape(bias, [g.C, ...g.input.map(() => 1)]));
  });
}

/** The convolution that leads back: its input is our output. */
function geometryOf(
  op: string,
  n: Rank,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTransposeOptions<PerDim>,
): ConvGeometry {
  const [groups, stride, dilation] = checkOperands(op, n, x, weight, bias, options);
  const [N, O, ...output] = x.shape as [number, number, ...number[]];
  const [rows, per, ...kernel] = weight.shape as [number, number, ...number[]];
  if (weight.ndim !== n + 2 || rows !== O || O % groups !== 0 || kernel.includes(0)) {
    const rule = `[C, O / groups, ${KERNEL_DIMS[n - 1]}], groups (${groups}) dividing C`;
    misfit(op, `of x [N, C, ...] weight must be ${rule}`, x, weight);
  }
  const C = per * groups;
  if (bias !== null) expectShape(op, "bias", bias, [C]);
  const padding = perDim(op, "padding", options.padding ?? 0, n, 0);
  const extra = perDim(op, "outputPadding", options.outputPadding ?? 0, n, 0);
  if (extra.some((e, i) => e >= Math.max(stride[i]!, dilation[i]!))) {
    throw new ValueError(
      op,
      `outputPadding must be less than stride or dilation: got ${shown(extra)}`,
    );
  }
  const input = output.map(
    (size, i) =>
      (size - 1) * stride[i]! - 2 * padding[i]! + dilation[i]! * (kernel[i]! - 1) + extra[i]! + 1,
  );
  if (input.some((size) => size < 1)) {
    misfit(op, "padding leaves nothing of the output", { shape: input });
  }
  return { N, C, O, groups, input, kernel, output, stride, padding, dilation };
}
