// conv2d and its gradients by Winograd's algorithm, for kernels of 3 x 3 with a step of 1: when it is
// taken, and the calls. What they are the derivatives of is recorded by conv.ts.
import { ValueError } from "../core/errors.js";
import { refuseInCapture, revise } from "../autograd/mode.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import {
  winogradConv2dUnits,
  winogradKernelUnits,
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
 * "auto" (the default) takes Winograd's F(4 x 4, 3 x 3) for kernels of 3 x 3 with stride, dilation and
 * groups of 1, where sizes and channels are such that it saves time: up to 3 times as fast, with
 * rounding errors of about twice the direct sum's (both are some 1e-6 of the largest output). It
 * depends on the shapes alone, so results are the same bits everywhere. A NaN or an infinity spreads
 * over its tiles: all outputs up to 5 rows and columns from it may become NaN (in the gradient by the
 * weight, all taps of its channel).
 *
 * "direct" multiplies and sums up as the definition says, in all cases.
 *
 * @throws ValueError for another name, CaptureError inside of `capture`.
 */
export function setConvAlgorithm(name: ConvAlgorithm): void {
  if (name !== "auto" && name !== "direct") {
    const got = String(name);
    throw new ValueError("setConvAlgorithm", `name must be "auto" or "direct": got ${got}`);
  }
  refuseInCapture("setConvAlgorithm", "chooses a way for what comes later");
  if (algorithm !== name) revise();
  algorithm = name;
}

/**
 * Whether Winograd's algorithm is taken: where it is at least 1.2 times as fast by this reckoning. For
 * each pair of channels, in units of a product (as measured), the direct way costs 9 an output;
 * Winograd's 36 a tile, 400 a tile for the transforms of a channel, and `perWeight` for that of the
 * kernel: 600, or 1200 for its gradient.
 */
export function isWinograd(sizes: ConvSizes, perWeight = 600): boolean {
  if (algorithm === "direct") return false;
  const [N, C, , , O, kh, kw, OH, OW, strideH, strideW, , , dilationH, dilationW, groups] = sizes;
  if (kh !== 3 || kw !== 3 || groups !== 1) return false;
  if (strideH * strideW * dilationH * dilationW !== 1 || Math.min(C, O) < 8) return false;
  const tiles = winogradTiles(N, OH, OW);
  const cost = 36 * tiles + 400 * tiles * (1 / C + 1 / O) + perWeight;
  return 9 * N * OH * OW > 1.2 * cost;
}

type Steps = [rows: number, depth: number, rowStep: number, depthStep: number, tapStep: number];

/** 36 matrices: those of the weight, or (`turned`) those of the convolution that leads back. */
function transformed(op: string, weight: Tensor, sizes: ConvSizes, turned: boolean): Tensor {
  const [, C, , , O] = sizes;
  const [rows, depth] = turned ? [C, O] : [O, C];
  const [rowStep, depthStep, tapStep] = turned ? [9, 9 * C, -1] : [9 * C, 9, 1];
  const units = winogradKernelUnits(rows);
  const shape = [winogradWorkspace(rows, depth)];
  const args: Steps = [rows, depth, rowStep, depthStep, tapStep];
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
    const units = winogradConv2dUnits(N, O, OH, OW);
    const args = [N, C, H, W, O, OH, OW, padH, padW] as const;
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
  const [N, C, H, W, O, , , OH, OW, , , padH, padW] = sizes;
  const u = transformed(op, weight, sizes, true);
  try {
    const units = winogradConv2dUnits(N, C, H, W);
    const args = [N, O, OH, OW, C, H, W, 2 - padH, 2 - padW] as const;
    return compute(op, kernels.winogradConv2dF32, units, [dy, u, null], [N, C, H, W], args);
  } finally {
    u.dispose();
  }
}

/** Its gradient by the weight. */
export function winogradWeightGrad(op: string, x: Tensor, dy: Tensor, sizes: ConvSizes): Tensor {
  const [N, C, H, W, O, , , OH, OW, , , padH, padW] = sizes;
  const work = allocateShape(op, [winogradWorkspace(O, C)], "float32");
  try {
    const units = winogradWeightGradUnits(C);
    const args = [N, C, H, W, O, OH, OW, padH, padW] as const;
    return compute(op, kernels.winogradWeightGradF32, units, [x, dy, work], [O, C, 3, 3], args);
  } finally {
    work.dispose();
  }
}
