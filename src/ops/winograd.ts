// conv2d and its gradients by Winograd's algorithm, for kernels of 3 x 3 and 5 x 5 with a step of 1:
// when it is taken, and the calls. What they are the derivatives of is recorded by conv.ts.
import { checkWord } from "../core/shape.js";

import { refuseInCapture, revise } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import {
  winogradConv2dUnits,
  winogradKernelUnits,
  winogradParts,
  winogradTiles,
  winogradWeightGradUnits,
  winogradWorkspace,
} from "../kernels/units/winograd.js";
import { compute } from "./convert.js";
import type { ConvSizes } from "./window.js";

/** How convolutions are computed: see setConvAlgorithm. */
export type ConvAlgorithm = "auto" | "direct";

let algorithm: ConvAlgorithm = "auto";

/**
 * Chooses how convolutions, transposed ones and their gradients are computed from now on.
 *
 * "auto" (the default) takes Winograd's F(4 x 4, 3 x 3) and F(4 x 4, 5 x 5) for kernels of these sizes
 * with stride, dilation and groups of 1, where sizes and channels are such that it saves time: up to 3
 * (of 5 x 5: 4) times as fast. Its rounding errors are up to 2e-6 (1e-5) of the largest output, the direct
 * sum's some 1e-6. It depends on the shapes alone, so results are the same bits everywhere. A NaN or an
 * infinity spreads over its tiles: all outputs up to 5 (7) rows and columns from it may become NaN (in the
 * gradient by the weight, all taps of its channel).
 *
 * "direct" multiplies and sums up as the definition says, in all cases.
 *
 * @throws ValueError for another name, CaptureError inside of `capture`.
 */
export function setConvAlgorithm(name: ConvAlgorithm): void {
  checkWord("setConvAlgorithm", "name", name, ["auto", "direct"]);
  refuseInCapture("setConvAlgorithm", "chooses a way for what comes later");
  if (algorithm !== name) revise();
  algorithm = name;
}

/**
 * What Winograd's algorithm costs for each pair of channels, in units of a product, as measured: the
 * products of a tile, the transforms of a channel's tile, and that of the kernel.
 */
const COSTS: Record<number, readonly [products: number, transforms: number, kernel: number]> = {
  3: [36, 400, 600],
  5: [75, 700, 1200],
};

/**
 * Whether Winograd's algorithm is taken: where it is at least 1.2 times as fast by this reckoning. The
 * direct way costs a product for each tap and output. `passes`: 1, or 2 for the gradient by the kernel,
 * whose transform is dearer.
 */
export function isWinograd(sizes: ConvSizes, passes = 1): boolean {
  if (algorithm === "direct") return false;
  const [N, C, , , O, kh, kw, OH, OW, strideH, strideW, , , dilationH, dilationW, groups] = sizes;
  const costs = COSTS[kh];
  if (costs === undefined || kh !== kw || groups !== 1) return false;
  if (strideH * strideW * dilationH * dilationW !== 1 || Math.min(C, O) < 8) return false;
  const [products, transforms, kernel] = costs;
  const tile = products + transforms * (1 / C + 1 / O);
  return kh * kw * N * OH * OW > 1.2 * (tile * winogradTiles(N, OH, OW) + kernel * passes);
}

/** Points of a transform. */
const pointsOf = (sizes: ConvSizes): number => sizes[5] + 3;

/** Points x points matrices: those of the weight, or (`turned`) those of the convolution that leads back. */
function transformed(op: string, weight: Tensor, sizes: ConvSizes, turned: boolean): Tensor {
  const [, C, , , O, kh, kw] = sizes;
  const [rows, depth] = turned ? [C, O] : [O, C];
  const taps = kh * kw;
  const [rowStep, depthStep, tapStep] = turned ? [taps, taps * C, -1] : [taps * C, taps, 1];
  const units = winogradKernelUnits(rows);
  const points = pointsOf(sizes);
  const shape = [winogradWorkspace(rows, depth, points)];
  const args = [rows, depth, rowStep, depthStep, tapStep, points] as const;
  return compute(op, kernels.winogradKernelF32, units, [weight], shape, args);
}

/** conv2d's result. */
export function winogradConv2d(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  sizes: ConvSizes,
): Tensor {
  const [N, C, H, W, O, , , OH, OW, , , padH, padW] = sizes;
  const u = transformed(op, weight, sizes, false);
  try {
    const points = pointsOf(sizes);
    const units = winogradConv2dUnits(N, O, OH, OW, points);
    const args = [N, C, H, W, O, OH, OW, padH, padW, points] as const;
    return compute(op, kernels.winogradConv2dF32, units, [x, u, bias], [N, O, OH, OW], args);
  } finally {
    u.dispose();
  }
}

/** Its gradient by x: the convolution of dy with the weight turned round, its channels exchanged. */
export function winogradInputGrad(
  op: string,
  dy: Tensor,
  weight: Tensor,
  sizes: ConvSizes,
): Tensor {
  const [N, C, H, W, O, kh, kw, OH, OW, , , padH, padW] = sizes;
  const u = transformed(op, weight, sizes, true);
  try {
    const points = pointsOf(sizes);
    const units = winogradConv2dUnits(N, C, H, W, points);
    const args = [N, O, OH, OW, C, H, W, kh - 1 - padH, kw - 1 - padW, points] as const;
    return compute(op, kernels.winogradConv2dF32, units, [dy, u, null], [N, C, H, W], args);
  } finally {
    u.dispose();
  }
}

/** Its gradient by the weight. */
export function winogradWeightGrad(op: string, x: Tensor, dy: Tensor, sizes: ConvSizes): Tensor {
  const [N, C, H, W, O, kh, kw, OH, OW, , , padH, padW] = sizes;
  const points = pointsOf(sizes);
  const parts = winogradParts(C, O, winogradTiles(N, OH, OW));
  const units = winogradWeightGradUnits(C, parts);
  const args = [N, C, H, W, O, OH, OW, padH, padW, points, parts] as const;
  const shape = [parts * winogradWorkspace(O, C, points)];
  const work = compute(op, kernels.winogradWeightGradF32, units, [x, dy], shape, args);
  try {
    const rest = [O, C, points, parts] as const;
    return compute(op, kernels.winogradTapsF32, O, [work], [O, C, kh, kw], rest);
  } finally {
    work.dispose();
  }
}
