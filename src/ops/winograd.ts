// conv2d and its gradients by Winograd's algorithm, for kernels of 3 x 3 and 5 x 5 with a step of 1:
// when it is taken, and the calls. What they are the derivatives of is recorded by conv.ts.
import { checkWord } from "../core/shape.js";
import { refuseInCapture, revise } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import {
  winogradBlocks,
  winogradConv2dUnits,
  winogradParts,
  winogradTiles,
  winogradWeightGradUnits,
  winogradWorkspace,
} from "../kernels/units/winograd.js";
import { tidy } from "../memory/scope.js";
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
  3: [36, 400, 400],
  5: [75, 700, 800],
};

/**
 * Whether Winograd's algorithm is taken: where it is at least 1.2 times as fast by this reckoning. The
 * direct way costs a product for each tap and output. `passes`: 1, or 3 for the gradient by the kernel,
 * whose transform is dearer.
 */
export function isWinograd(sizes: ConvSizes, passes = 1): boolean {
  if (algorithm === "direct") return false;
  const [N, C, , , O, kh, kw, OH, OW, strideH, strideW, , , dilationH, dilationW, groups] = sizes;
  const costs = COSTS[kh];
  if (costs === undefined || kh !== kw || groups !== 1) return false;
  if (strideH * strideW * dilationH * dilationW !== 1 || Math.min(C, O) < 8) return false;
  const [products, transforms, kernel] = costs;
  const tiles = winogradTiles(N, OH, OW);
  const multiplied = (tiles + 7) & ~7; // in panels of eight
  const work = products * multiplied + transforms * (1 / C + 1 / O) * tiles + kernel * passes;
  return kh * kw * N * OH * OW > 1.2 * work;
}

/** conv2d's result. */
export function winogradConv2d(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  sizes: ConvSizes,
): Tensor {
  const [N, C, H, W, O, kh, kw, OH, OW, , , padH, padW] = sizes;
  const steps: Steps = [kh * kw * C, kh * kw, 1];
  return convolve(op, x, weight, bias, [N, C, H, W, O, OH, OW, padH, padW, kh + 3], steps);
}

/** Its gradient by x: the convolution of dy with the weight turned round, its channels exchanged. */
export function winogradInputGrad(
  op: string,
  dy: Tensor,
  weight: Tensor,
  sizes: ConvSizes,
): Tensor {
  const [N, C, H, W, O, kh, kw, OH, OW, , , padH, padW] = sizes;
  const steps: Steps = [kh * kw, kh * kw * C, -1];
  const [top, left] = [kh - 1 - padH, kw - 1 - padW];
  return convolve(op, dy, weight, null, [N, O, OH, OW, C, H, W, top, left, kh + 3], steps);
}

/** Elements of the weight between rows (channels of the output), between channels of the input, taps. */
type Steps = [rowStep: number, depthStep: number, tapStep: number];
type WinogradSizes = [
  ...[N: number, C: number, H: number, W: number, O: number, OH: number, OW: number],
  ...[padH: number, padW: number, points: number],
];

/**
 * The transform of the weight is larger than the weight. Where each of its elements would be read for one
 * or two blocks of tiles only, it is made anew for each instead, a few rows at a time: wide layers of
 * small images take two thirds of the time.
 */
function convolve(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  sizes: WinogradSizes,
  steps: Steps,
): Tensor {
  const [N, C, , , O, OH, OW, , , points] = sizes;
  const blocks = winogradBlocks(N, OH, OW, points);
  const once = blocks > 2 || (blocks === 2 && C * O <= 8192);
  const room = winogradWorkspace(O, C, points);
  return tidy(() => {
    const u = once
      ? compute(op, kernels.winogradKernelF32, O, [weight], [room], [O, C, ...steps, points])
      : weight;
    const rest: Steps = once ? [0, 0, 0] : steps;
    const units = winogradConv2dUnits(blocks, O);
    const all: [relu: number, ...WinogradSizes, ...Steps] = [0, ...sizes, ...rest];
    return compute(op, kernels.winogradConv2dF32, units, [x, u, bias], [N, O, OH, OW], all);
  });
}

/** Its gradient by the weight. */
export function winogradWeightGrad(op: string, x: Tensor, dy: Tensor, sizes: ConvSizes): Tensor {
  const [N, C, H, W, O, kh, kw, OH, OW, , , padH, padW] = sizes;
  const points = kh + 3;
  const parts = winogradParts(C, O, winogradTiles(N, OH, OW));
  const units = winogradWeightGradUnits(C, parts);
  const args = [N, C, H, W, O, OH, OW, padH, padW, points, parts] as const;
  const dims = [O, C, kh, kw];
  const shape = parts > 0 ? [parts * winogradWorkspace(O, C, points)] : dims;
  return tidy(() => {
    const work = compute(op, kernels.winogradWeightGradF32, units, [x, dy], shape, args);
    if (parts === 0) return work;
    const rest = [O, C, points, parts] as const;
    return compute(op, kernels.winogradTapsF32, O, [work], dims, rest);
  });
}
