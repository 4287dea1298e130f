// 2-d convolution (cross-correlation, as everywhere in deep learning), NCHW. It and its two gradients
// are linear in each operand, so the gradients of each are the other two: derivatives of any order.
import { checkFloat } from "../core/dtype.js";
import { ShapeError, ValueError } from "../core/errors.js";
import { type Shape, showShape, expectShape } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { conv2dInputGradUnits, conv2dUnits, conv2dWeightGradUnits } from "../kernels/units.js";
import { withAllContiguous } from "./convert.js";
import { sum } from "./reduce.js";
import { unsqueeze, squeeze } from "./views.js";
import { checkImages, outputSize, pair, type Pair } from "./window.js";
import { tidy } from "../memory/scope.js";

export interface Conv2dOptions {
  /** Default: 1. */
  stride?: Pair;
  /** Zeros added on every side. Default: 0. */
  padding?: Pair;
  /** Distance between the kernel's elements. Default: 1. */
  dilation?: Pair;
  /** Channels are convolved in so many separate groups. Default: 1. */
  groups?: number;
}

/** All sizes, in the order of the kernels' parameters. */
type Sizes = [
  ...[N: number, C: number, H: number, W: number, O: number, kh: number, kw: number],
  ...[OH: number, OW: number, strideH: number, strideW: number, padH: number, padW: number],
  ...[dilationH: number, dilationW: number, groups: number],
];

/**
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
  if (x.ndim === 3) {
    return tidy(() => squeeze(conv2d(unsqueeze(x, 0), weight, bias, options), 0));
  }
  const sizes = sizesOf(x, weight, bias, options);
  const out = forward(x, weight, bias, sizes);
  const inputs = bias === null ? [x, weight] : [x, weight, bias];
  return record("conv2d", out, inputs, { x, weight }, (dy, { x, weight }) => [
    () => inputGrad(dy, weight, sizes),
    () => weightGrad(x, dy, sizes),
    // The bias is added to every image and pixel; in two sums, neither of which copies dy.
    () => sum(sum(dy, [2, 3]), 0),
  ]);
}

function sizesOf(x: Tensor, weight: Tensor, bias: Tensor | null, options: Conv2dOptions): Sizes {
  const [N, C, H, W] = checkImages("conv2d", x);
  const groups = options.groups ?? 1;
  checkFloat("conv2d", "weight", weight);
  checkFloat("conv2d", "bias", bias ?? x);
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ValueError("conv2d", `groups must be an integer >= 1: got ${groups}`);
  }
  const [O, per, kh, kw] = weight.shape as [number, number, number, number];
  if (weight.ndim !== 4 || per * groups !== C || O % groups !== 0) {
    throw new ShapeError(
      "conv2d",
      `weight must be [O, C / groups, kh, kw], groups dividing O and C: ` +
        `got x=${showShape(x.shape)}, weight=${showShape(weight.shape)}, groups=${groups}`,
    );
  }
  if (bias !== null) expectShape("conv2d", "bias", bias, [O]);
  const [strideH, strideW] = pair("conv2d", "stride", options.stride ?? 1, 1);
  const [padH, padW] = pair("conv2d", "padding", options.padding ?? 0, 0);
  const [dilationH, dilationW] = pair("conv2d", "dilation", options.dilation ?? 1, 1);
  const OH = outputSize("conv2d", H, kh, strideH, padH, dilationH);
  const OW = outputSize("conv2d", W, kw, strideW, padW, dilationW);
  const lead = [N, C, H, W, O, kh, kw, OH, OW] as const;
  return [...lead, strideH, strideW, padH, padW, dilationH, dilationW, groups];
}

function forward(x: Tensor, weight: Tensor, bias: Tensor | null, sizes: Sizes): Tensor {
  const [N, , , , O, , , OH, OW] = sizes;
  const units = conv2dUnits(N, sizes[15], OH, OW);
  return withAllContiguous([x, weight, bias], (x, weight, bias) => {
    const out = allocateShape("conv2d", [N, O, OH, OW], "float32");
    const [px, pw, pb, po] = [x.address(), weight.address(), bias?.address() ?? 0, out.address()];
    run(kernels.conv2dF32, units, px, pw, pb, po, ...sizes);
    return out;
  });
}

/** dL/dx from dL/dout: linear in dy and in the weight. */
function inputGrad(dy: Tensor, weight: Tensor, sizes: Sizes): Tensor {
  const [N, C, H, W, , , , , , strideH, strideW] = sizes;
  const units = conv2dInputGradUnits(N, sizes[15], H, W, strideH, strideW);
  const out = withAllContiguous([dy, weight], (dy, weight) => {
    const dx = allocateShape("conv2dInputGrad", [N, C, H, W], "float32");
    const [pd, pw, px] = [dy.address(), weight.address(), dx.address()];
    run(kernels.conv2dInputGradF32, units, pd, pw, px, ...sizes);
    return dx;
  });
  return record("conv2dInputGrad", out, [dy, weight], { dy, weight }, (g, { dy, weight }) => [
    () => again(g, weight, sizes),
    () => weightGrad(g, dy, sizes),
  ]);
}

/** dL/dweight from dL/dout: linear in x and in dy. */
function weightGrad(x: Tensor, dy: Tensor, sizes: Sizes): Tensor {
  const [, C, , , O, kh, kw] = sizes;
  const shape: Shape = [O, C / sizes[15], kh, kw];
  const units = conv2dWeightGradUnits(C, kh, kw, sizes[15]);
  const out = withAllContiguous([x, dy], (x, dy) => {
    const dw = allocateShape("conv2dWeightGrad", shape, "float32");
    const [px, pd, pw] = [x.address(), dy.address(), dw.address()];
    run(kernels.conv2dWeightGradF32, units, px, pd, pw, ...sizes);
    return dw;
  });
  return record("conv2dWeightGrad", out, [x, dy], { x, dy }, (g, { x, dy }) => [
    () => inputGrad(dy, g, sizes),
    () => again(x, g, sizes),
  ]);
}

/** conv2d of checked sizes without a bias. */
function again(x: Tensor, weight: Tensor, sizes: Sizes): Tensor {
  const out = forward(x, weight, null, sizes);
  return record("conv2d", out, [x, weight], { x, weight }, (dy, { x, weight }) => [
    () => inputGrad(dy, weight, sizes),
    () => weightGrad(x, dy, sizes),
  ]);
}
