// conv2d and its gradients where every channel is convolved by itself with 3 x 3 taps and a step of 1:
// when that is so, and the calls. What they are the derivatives of is recorded by conv.ts.
import type { Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import { compute } from "./convert.js";
import type { ConvSizes } from "./window.js";

/** Whether the kernels of depthwise convolutions are taken: they sum up the same products. */
export function isDepthwise(sizes: ConvSizes): boolean {
  const [, C, , W, O, kh, kw, , , strideH, strideW, padH, padW, dilationH, dilationW, groups] =
    sizes;
  if (groups === 1 || groups !== C || groups !== O || kh !== 3 || kw !== 3) return false;
  // The scratch has room for four rows of a plane, and the gradient's padding must not be negative.
  return strideH * strideW * dilationH * dilationW === 1 && Math.max(padH, padW) < 3 && W < 60000;
}

type Sizes = [
  ...[relu: number, N: number, C: number, H: number, W: number, OH: number, OW: number],
  ...[padH: number, padW: number, tapStep: number],
];

/** conv2d's result. */
export function depthwiseConv2d(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  sizes: ConvSizes,
): Tensor {
  const [N, C, H, W, , , , OH, OW, , , padH, padW] = sizes;
  const args: Sizes = [0, N, C, H, W, OH, OW, padH, padW, 1];
  return compute(op, kernels.depthwiseF32, N * C, [x, weight, bias], [N, C, OH, OW], args);
}

/** Its gradient by x: the convolution of dy with the weight turned round. */
export function depthwiseInputGrad(
  op: string,
  dy: Tensor,
  weight: Tensor,
  sizes: ConvSizes,
): Tensor {
  const [N, C, H, W, , , , OH, OW, , , padH, padW] = sizes;
  const args: Sizes = [0, N, C, OH, OW, H, W, 2 - padH, 2 - padW, -1];
  return compute(op, kernels.depthwiseF32, N * C, [dy, weight, null], [N, C, H, W], args);
}

/** Its gradient by the weight. */
export function depthwiseWeightGrad(op: string, x: Tensor, dy: Tensor, sizes: ConvSizes): Tensor {
  const [N, C, H, W, , , , OH, OW, , , padH, padW] = sizes;
  const args = [N, C, H, W, OH, OW, padH, padW] as const;
  return compute(op, kernels.depthwiseWeightGradF32, C, [x, dy], [C, 1, 3, 3], args);
}
