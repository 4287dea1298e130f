// unfold and fold (im2col and col2im), and the shuffles that trade channels for pixels.
import { checkFloat } from "../core/dtype.js";
import { ShapeError } from "../core/errors.js";
import { checkInt, type Shape, showShape, shapeOf, misfit, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { tidy } from "../memory/scope.js";
import { compute } from "./convert.js";
import { unfoldDim } from "./strided.js";
import { permute, reshape, squeeze, transpose, unsqueeze } from "./views.js";
import { outputSize, perDim, type Pair } from "./window.js";

export interface UnfoldOptions {
  /** Default: 1. */
  dilation?: Pair;
  /** Zeros on both sides. Default: 0. */
  padding?: Pair;
  /** Default: 1. */
  stride?: Pair;
}

/** H, W, OH, OW, kh, kw, strideH, strideW, padH, padW, dilationH, dilationW: as the kernels take them. */
type Sizes = readonly [
  ...[H: number, W: number, OH: number, OW: number, kh: number, kw: number],
  ...[strideH: number, strideW: number, padH: number, padW: number],
  ...[dilationH: number, dilationW: number],
];

function sizesOf(op: string, image: Shape, kernelSize: Pair, options: UnfoldOptions): Sizes {
  const kernel = perDim(op, "kernelSize", kernelSize, 2, 1);
  const stride = perDim(op, "stride", options.stride ?? 1, 2, 1);
  const padding = perDim(op, "padding", options.padding ?? 0, 2, 0);
  const dilation = perDim(op, "dilation", options.dilation ?? 1, 2, 1);
  const output = image.map((size, i) =>
    outputSize(op, size, kernel[i]!, stride[i]!, padding[i]!, dilation[i]!),
  );
  return [
    ...image,
    ...output,
    ...kernel,
    ...stride,
    ...padding,
    ...dilation,
  ] as readonly number[] as Sizes;
}

/**
 * The sliding windows of images as columns (torch.nn.functional.unfold): [N, C, H, W] to [N, C kh kw, L], L
 * being the number of windows.
 * @param kernelSize one number, or [height, width]
 */
export function unfold(x: Tensor, kernelSize: Pair, options?: UnfoldOptions): Tensor;
/**
 * The windows of `size` elements along a dim, every `step` (torch.Tensor.unfold): a view with the number of
 * windows in that dim, and one dim of `size` more at the end.
 */
export function unfold(x: Tensor, dim: number, size: number, step: number): Tensor;
export function unfold(
  x: Tensor,
  kernelOrDim: Pair,
  options: UnfoldOptions | number = {},
  step = 1,
): Tensor {
  if (typeof options === "number") return unfoldDim(x, kernelOrDim as number, options, step);
  checkFloat("unfold", "x", x);
  if (x.ndim === 3) {
    return tidy(() => squeeze(unfold(unsqueeze(x, 0), kernelOrDim, options), 0));
  }
  if (x.ndim !== 4) {
    misfit("unfold", "x must be [N, C, H, W] or [C, H, W]", x);
  }
  return columns(x, sizesOf("unfold", x.shape.slice(2), kernelOrDim, options));
}

function columns(x: Tensor, sizes: Sizes): Tensor {
  const [N, C] = x.shape as [number, number];
  const [, , OH, OW, kh, kw] = sizes;
  const rows = C * kh * kw;
  const out = compute("unfold", kernels.unfoldF32, N * rows, [x], [N, rows, OH * OW], sizes);
  return record("unfold", out, [x], {}, (dy) => [() => images(dy, C, sizes)]);
}

/**
 * Columns added up where the windows of `unfold` lie: [N, C kh kw, L] to [N, C, H, W].
 * @param outputSize one number, or [H, W]
 * @throws ShapeError unless there are as many columns as windows
 */
export function fold(
  x: Tensor,
  outputSize: Pair,
  kernelSize: Pair,
  options: UnfoldOptions = {},
): Tensor {
  checkOptions("fold", options);
  checkFloat("fold", "x", x);
  if (x.ndim === 2) {
    return tidy(() => squeeze(fold(unsqueeze(x, 0), outputSize, kernelSize, options), 0));
  }
  const image = perDim("fold", "outputSize", outputSize, 2, 1);
  const sizes = sizesOf("fold", image, kernelSize, options);
  const taps = sizes[4] * sizes[5];
  const L = sizes[2] * sizes[3];
  if (x.ndim !== 3 || x.shape[1]! % taps !== 0 || x.shape[2] !== L) {
    misfit("fold", `x must be [N, C ${taps}, ${L}] for such windows`, x);
  }
  return images(x, x.shape[1]! / taps, sizes);
}

function images(x: Tensor, C: number, sizes: Sizes): Tensor {
  const N = x.shape[0]!;
  const [H, W] = sizes;
  const out = compute("fold", kernels.foldF32, N * C, [x], [N, C, H, W], sizes);
  return record("fold", out, [x], {}, (dy) => [() => columns(dy, sizes)]);
}

function checkFactor(
  op: string,
  x: Tensor,
  factor: number,
  dims: readonly number[],
  divisor: number,
  rule: string,
): void {
  checkInt(op, "the factor", factor, 1);
  const shape = shapeOf(op, x);
  if (shape.length < 3 || dims.some((d) => shape.at(d)! % divisor !== 0)) {
    throw new ShapeError(op, `x must be ${rule}: got ${showShape(x.shape)}, ${factor}`);
  }
}

/** [..., C r^2, H, W] to [..., C, H r, W r]: channels become pixels (Shi et al., 2016). */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const r = upscaleFactor;
  checkFactor("pixelShuffle", x, r, [-3], r * r, "[..., C r r, H, W]");
  const [c, h, w] = x.shape.slice(-3) as [number, number, number];
  const C = c / (r * r);
  return shuffled(x, [C, r, r, h, w], [0, 3, 1, 4, 2], [C, h * r, w * r]);
}

/** The inverse of `pixelShuffle`: [..., C, H r, W r] to [..., C r^2, H, W]. */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const r = downscaleFactor;
  checkFactor("pixelUnshuffle", x, r, [-2, -1], r, "[..., C, H r, W r]");
  const [C, H, W] = x.shape.slice(-3) as [number, number, number];
  const [h, w] = [H / r, W / r];
  return shuffled(x, [C, h, r, w, r], [0, 2, 4, 1, 3], [C * r * r, h, w]);
}

/** The last three dims taken apart, put in another order and joined again. */
function shuffled(x: Tensor, parts: Shape, order: readonly number[], shape: Shape): Tensor {
  const lead = x.shape.slice(0, -3);
  const dims = [...lead.keys(), ...order.map((d) => d + lead.length)];
  return tidy(() => reshape(permute(reshape(x, [...lead, ...parts]), dims), [...lead, ...shape]));
}

/** Interleaves the channels of `groups` groups: [N, C, ...] (Zhang et al., 2018). */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  checkFactor("channelShuffle", x, groups, [1], groups, "[N, C groups, ...]");
  const [N, C] = x.shape as [number, number];
  return tidy(() => {
    const apart = reshape(x, [N, groups, C / groups, ...x.shape.slice(2)]);
    return reshape(transpose(apart, 1, 2), x.shape);
  });
}
