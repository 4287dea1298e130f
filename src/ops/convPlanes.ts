// The kernels of conv2d and of its gradients: which one computes them, by the sizes alone. Not recorded
// (conv.ts does that).
import type { Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import {
  conv2dInputGradUnits,
  conv2dUnits,
  conv2dWeightGradUnits,
  matmulUnits,
} from "../kernels/units.js";
import { compute } from "./convert.js";
import {
  depthwiseConv2d,
  depthwiseInputGrad,
  depthwiseWeightGrad,
  isDepthwise,
} from "./depthwise.js";
import type { ConvSizes } from "./window.js";
import { isWinograd, winogradConv2d, winogradInputGrad, winogradWeightGrad } from "./winograd.js";

/** conv2d's result. */
export function planesForward(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  sizes: ConvSizes,
): Tensor {
  if (isWinograd(sizes)) return winogradConv2d(op, x, weight, bias, sizes);
  if (isDepthwise(sizes)) return depthwiseConv2d(op, x, weight, bias, sizes);
  if (isPointwise(sizes)) return pointwise(op, weight, x, bias, sizes, false);
  const [N, , , , O, , , OH, OW] = sizes;
  const units = conv2dUnits(N, sizes[15], OH, OW);
  const args: [relu: number, ...ConvSizes] = [0, ...sizes];
  return compute(op, kernels.conv2dF32, units, [x, weight, bias], [N, O, OH, OW], args);
}

/** Its gradient by x. */
export function planesInputGrad(op: string, dy: Tensor, weight: Tensor, sizes: ConvSizes): Tensor {
  if (isWinograd(sizes)) return winogradInputGrad(op, dy, weight, sizes);
  if (isDepthwise(sizes)) return depthwiseInputGrad(op, dy, weight, sizes);
  if (isPointwise(sizes)) return pointwise(op, weight, dy, null, sizes, true);
  const [N, C, H, W, , , , , , strideH, strideW] = sizes;
  const units = conv2dInputGradUnits(N, sizes[15], H, W, strideH, strideW);
  return compute(op, kernels.conv2dInputGradF32, units, [dy, weight], [N, C, H, W], sizes);
}

/** Its gradient by the weight. */
export function planesWeightGrad(op: string, x: Tensor, dy: Tensor, sizes: ConvSizes): Tensor {
  if (isWinograd(sizes, 3)) return winogradWeightGrad(op, x, dy, sizes);
  if (isDepthwise(sizes)) return depthwiseWeightGrad(op, x, dy, sizes);
  const [, C, , , O, kh, kw] = sizes;
  const shape = [O, C / sizes[15], kh, kw];
  const units = conv2dWeightGradUnits(C, kh, kw, sizes[15]);
  return compute(op, kernels.conv2dWeightGradF32, units, [x, dy], shape, flat(sizes));
}

/** Whether pixels have nothing to do with each other: the convolution is a product of matrices. */
function isPointwise(sizes: ConvSizes): boolean {
  const [, , H, W, , kh, kw, OH, OW, strideH, strideW, padH, padW, , , groups] = sizes;
  if (kh * kw * strideH * strideW * groups !== 1 || padH + padW !== 0) return false;
  return H === OH && W === OW; // not so with a transposed convolution's outputPadding
}

/** The sizes of the same convolution whose planes are a single row, if that makes no difference. */
function flat(sizes: ConvSizes): ConvSizes {
  if (!isPointwise(sizes)) return sizes;
  const [N, C, H, W, O] = sizes;
  return [N, C, 1, H * W, O, 1, 1, 1, H * W, 1, 1, 0, 0, 1, 1, 1];
}

type ProductArgs = [
  ...[flags: number, M: number, N: number, K: number],
  ...[aRow: number, aCol: number, bRow: number, bCol: number],
  ...[batch: number, batchRank: number, ...dims: number[]],
];

/** bias + weight @ image for each image, or (`turned`) with the weight transposed: the gradient by x. */
function pointwise(
  op: string,
  weight: Tensor,
  images: Tensor,
  bias: Tensor | null,
  sizes: ConvSizes,
  turned: boolean,
): Tensor {
  const [N, C, H, W, O] = sizes;
  const plane = H * W;
  const [rows, depth] = turned ? [C, O] : [O, C];
  const [rowStep, depthStep] = turned ? [1, C] : [C, 1];
  const units = matmulUnits(N, rows, plane);
  const args: ProductArgs = [
    2,
    rows,
    plane,
    depth,
    rowStep,
    depthStep,
    plane,
    1,
    N,
    1,
    N,
    0,
    depth * plane,
  ];
  return compute(op, kernels.matmulF32, units, [weight, images, bias], [N, rows, H, W], args);
}
