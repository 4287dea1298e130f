// Convolutions (cross-correlations, as everywhere in deep learning) of 1, 2 and 3 dims, [N, C, ...].
// The 2-d one and its two gradients are linear in each operand, so the gradients of each are the
// other two: derivatives of any order; convPlanes.ts chooses their kernels. 1-d is 2-d of height 1; 3-d
// gathers windows along the depth (depth.ts) and takes the kernel's depth for channels. Their transposes:
// convTranspose.ts.
import { checkFloat, shown } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import { expectShape, checkInt, checkOptions, shapeOf, misfit } from "../core/shape.js";
import { type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { planesForward, planesInputGrad, planesWeightGrad } from "./convPlanes.js";
import { depthWindows, fromSlices } from "./depth.js";
import { sum } from "./reduce.js";
import { reshape, squeeze, unsqueeze } from "./views.js";
import {
  checkImages,
  type ConvSizes,
  KERNEL_DIMS,
  outputSize,
  type Pair,
  perDim,
  type PerDim,
  type Rank,
  type Single,
  type Triple,
} from "./window.js";
import { tidy } from "../memory/scope.js";

/** Options of a convolution; `Size` is a number, or one for each dim. */
export interface ConvOptions<Size extends PerDim> {
  /** Default: 1. */
  stride?: Size;
  /**
   * Zeros added on every side; "valid": none; "same": as many as make the output as large as the
   * input, the odd one at the end (stride 1 only). Default: 0.
   */
  padding?: Size | "same" | "valid";
  /** Distance between the kernel's elements. Default: 1. */
  dilation?: Size;
  /** Channels are convolved in so many separate groups. Default: 1. */
  groups?: number;
}

/** Options of conv1d. */
export type Conv1dOptions = ConvOptions<Single>;
/** Options of conv2d. */
export type Conv2dOptions = ConvOptions<Pair>;
/** Options of conv3d. */
export type Conv3dOptions = ConvOptions<Triple>;

/** What a convolution is made of, checked; the lists have a number for each dim. */
export interface ConvGeometry {
  readonly N: number;
  readonly C: number;
  readonly O: number;
  readonly groups: number;
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly output: readonly number[];
  readonly stride: readonly number[];
  /** In front; behind it is what the output's size asks for. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/**
 * @param x [N, C, L], or [C, L] without a batch
 * @param weight [O, C / groups, k]
 * @param bias [O], or null
 * @returns [N, O, OL] with OL = floor((L + 2 padding - dilation (k - 1) - 1) / stride) + 1
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv1dOptions = {},
): Tensor {
  return convolve("conv1d", 1, x, weight, bias, options);
}

/**
 * Kernels of 3 x 3 and 5 x 5 go by Winograd's algorithm where that is faster: setConvAlgorithm says how
 * exact that is, and turns it off.
 *
 * @param x [N, C, H, W], or [C, H, W] without a batch
 * @param weight [O, C / groups, kh, kw]
 * @param bias [O], or null
 * @returns [N, O, OH, OW] with OH = floor((H + 2 padding - dilation (kh - 1) - 1) / stride) + 1
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv2dOptions = {},
): Tensor {
  return convolve("conv2d", 2, x, weight, bias, options);
}

/**
 * @param x [N, C, D, H, W], or [C, D, H, W] without a batch
 * @param weight [O, C / groups, kd, kh, kw]
 * @param bias [O], or null
 * @returns [N, O, OD, OH, OW], each as conv2d's
 */
export function conv3d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv3dOptions = {},
): Tensor {
  return convolve("conv3d", 3, x, weight, bias, options);
}

function convolve(
  op: string,
  n: Rank,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvOptions<PerDim>,
): Tensor {
  if (shapeOf(op, x).length === n + 1) {
    return tidy(() => squeeze(convolve(op, n, unsqueeze(x, 0), weight, bias, options), 0));
  }
  const g = geometryOf(op, n, x, weight, bias, options);
  if (n === 2) return convolution(op, x, weight, bias, planeSizes(g));
  return tidy(() => {
    const planes = n === 1 ? unsqueeze(x, 2) : depthWindows(x, g);
    const out = convolution(op, planes, planeWeight(weight), bias, planeSizes(g));
    return n === 1 ? squeeze(out, 2) : fromSlices(out, g.N, g.output[0]!);
  });
}

function geometryOf(
  op: string,
  n: Rank,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvOptions<PerDim>,
): ConvGeometry {
  const [groups, stride, dilation] = checkOperands(op, n, x, weight, bias, options);
  const [N, C, ...input] = x.shape as [number, number, ...number[]];
  const [O, per, ...kernel] = weight.shape as [number, number, ...number[]];
  if (weight.ndim !== n + 2 || per * groups !== C || O % groups !== 0) {
    const rule = `[O, C / groups, ${KERNEL_DIMS[n - 1]}], groups (${groups}) dividing O and C`;
    misfit(op, `of x [N, C, ...] weight must be ${rule}`, x, weight);
  }
  if (bias !== null) expectShape(op, "bias", bias, [O]);
  const same = isSame(op, options.padding, stride);
  const wider = kernel.map((k, i) => (same ? dilation[i]! * (k - 1) : 0));
  const given = perDim(op, "padding", amount(options.padding), n, 0);
  const output = input.map((size, i) =>
    outputSize(op, size + wider[i]!, kernel[i]!, stride[i]!, given[i]!, dilation[i]!),
  );
  const padding = same ? wider.map((w) => Math.floor(w / 2)) : given;
  return { N, C, O, groups, input, kernel, output, stride, padding, dilation };
}

/** Whether a padding is "same", which strides other than 1 refuse. */
export function isSame(op: string, padding: unknown, stride: readonly number[]): boolean {
  const same = padding === "same";
  if (same && stride.some((s) => s !== 1)) {
    throw new ValueError(op, `padding "same" needs a stride of 1: got ${shown(stride)}`);
  }
  return same;
}

/** A padding as numbers, as far as it is not left to the other sizes. */
export function amount(padding: ConvOptions<PerDim>["padding"] = 0): PerDim {
  // What else may be written as a string is refused with the numbers that are none.
  return padding === "same" || padding === "valid" ? 0 : padding;
}

/** Refuses operands that are not float32 and options that are no sizes; gives those that all convolutions have. */
export function checkOperands(
  op: string,
  n: Rank,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: { groups?: number; stride?: PerDim; dilation?: PerDim },
): [groups: number, stride: readonly number[], dilation: readonly number[]] {
  checkImages(op, x, n);
  const { groups = 1 } = checkOptions(op, options);
  checkFloat(op, "weight", weight);
  checkFloat(op, "bias", bias ?? weight);
  checkInt(op, "groups", groups, 1);
  const stride = perDim(op, "stride", options.stride ?? 1, n, 1);
  const dilation = perDim(op, "dilation", options.dilation ?? 1, n, 1);
  return [groups, stride, dilation];
}

/** The sizes of the 2-d convolution that does the work; of 3 dims, the slices are its images. */
export function planeSizes(g: ConvGeometry): ConvSizes {
  const { N, C, O, groups, input, kernel, output, stride, padding, dilation } = g;
  const w = input.length - 1; // the last dim; the one before it is the height, if there is one
  const at = (list: readonly number[], none: number): number => (w > 0 ? list[w - 1]! : none);
  const [slices, depth] = w === 2 ? [output[0]!, kernel[0]!] : [1, 1];
  return [
    ...([N * slices, C * depth, at(input, 1), input[w]!, O, at(kernel, 1), kernel[w]!] as const),
    ...([at(output, 1), output[w]!, at(stride, 1), stride[w]!] as const),
    ...([at(padding, 0), padding[w]!, at(dilation, 1), dilation[w]!, groups] as const),
  ];
}

/** A weight of 1 or 3 dims for the 2-d convolution that does the work. */
export function planeWeight(weight: Tensor): Tensor {
  const [O, per, ...kernel] = weight.shape as [number, number, ...number[]];
  if (kernel.length === 1) return unsqueeze(weight, 2);
  return reshape(weight, [O, per * kernel[0]!, ...kernel.slice(1)]);
}

/** conv2d of checked sizes. */
export function convolution(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  sizes: ConvSizes,
): Tensor {
  const out = planesForward(op, x, weight, bias, sizes);
  return record(op, out, [x, weight, bias], { x, weight }, (dy, { x, weight }) => [
    () => inputGrad(op, dy, weight, sizes),
    () => weightGrad(op, x, dy, sizes),
    // The bias is added to every image and pixel; in two sums, neither of which copies dy.
    () => sum(sum(dy, [2, 3]), 0),
  ]);
}

/** dL/dx from dL/dout: linear in dy and in the weight. The transposed convolution of dy. */
export function inputGrad(op: string, dy: Tensor, weight: Tensor, sizes: ConvSizes): Tensor {
  const out = planesInputGrad(op, dy, weight, sizes);
  return record(op, out, [dy, weight], { dy, weight }, (g, { dy, weight }) => [
    () => convolution(op, g, weight, null, sizes),
    () => weightGrad(op, g, dy, sizes),
  ]);
}

/** dL/dweight from dL/dout: linear in x and in dy. */
function weightGrad(op: string, x: Tensor, dy: Tensor, sizes: ConvSizes): Tensor {
  const out = planesWeightGrad(op, x, dy, sizes);
  return record(op, out, [x, dy], { x, dy }, (g, { x, dy }) => [
    () => inputGrad(op, dy, g, sizes),
    () => convolution(op, x, g, null, sizes),
  ]);
}
