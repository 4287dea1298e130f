// Max and average pooling over windows of images, NCHW.
import { ValueError } from "../core/errors.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { poolUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { withContiguous } from "./convert.js";
import { squeeze, unsqueeze } from "./views.js";
import { checkImages, outputSize, pair, type Pair } from "./window.js";

export interface PoolOptions {
  /** Default: the kernel's size, so that windows do not overlap. */
  stride?: Pair;
  /** At most half of the kernel. Default: 0. */
  padding?: Pair;
  /** Let a last window reach over the edge instead of leaving elements out. Default: false. */
  ceilMode?: boolean;
}

export interface MaxPool2dOptions extends PoolOptions {
  /** Distance between a window's elements. Default: 1. */
  dilation?: Pair;
}

export interface AvgPool2dOptions extends PoolOptions {
  /** Count padded zeros as elements of the mean. Default: true. */
  countIncludePad?: boolean;
}

interface Geometry {
  N: number;
  C: number;
  H: number;
  W: number;
  OH: number;
  OW: number;
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: readonly [number, number];
  dilation: readonly [number, number];
}

function geometry(op: string, x: Tensor, kernel: Pair, options: MaxPool2dOptions): Geometry {
  const [N, C, H, W] = checkImages(op, x);
  const k = pair(op, "kernel", kernel, 1);
  const stride = pair(op, "stride", options.stride ?? k, 1);
  const padding = pair(op, "padding", options.padding ?? 0, 0);
  const dilation = pair(op, "dilation", options.dilation ?? 1, 1);
  if (padding[0] > k[0] / 2 || padding[1] > k[1] / 2) {
    throw new ValueError(
      op,
      `padding must be at most half of the kernel: got ${padding.join(",")}`,
    );
  }
  const size = (n: number, i: 0 | 1): number =>
    outputSize(op, n, k[i], stride[i], padding[i], dilation[i], options.ceilMode);
  return { N, C, H, W, OH: size(H, 0), OW: size(W, 1), kernel: k, stride, padding, dilation };
}

/** The largest element of each window; the first of equals gets the gradient; NaN wins. */
export function maxPool2d(x: Tensor, kernel: Pair, options: MaxPool2dOptions = {}): Tensor {
  if (x.ndim === 3) return tidy(() => squeeze(maxPool2d(unsqueeze(x, 0), kernel, options), 0));
  const g = geometry("maxPool2d", x, kernel, options);
  const shape = [g.N, g.C, g.OH, g.OW];
  const out = allocateShape("maxPool2d", shape, "float32");
  const indices = allocateShape("maxPool2d", shape, "int32");
  withContiguous(x, (x) => {
    const [px, po, pi] = [x.address(), out.address(), indices.address()];
    const windows = [...g.kernel, ...g.stride, ...g.padding, ...g.dilation] as const;
    const units = g.H * g.W === 0 ? 0 : poolUnits(g.N * g.C);
    run(kernels.maxPool2dF32, units, px, po, pi, g.H, g.W, g.OH, g.OW, ...windows);
  });
  record("maxPool2d", out, [x], { indices }, (dy, { indices }) => [
    () => toWinners(dy, indices, g),
  ]);
  indices.dispose();
  return out;
}

/** dL/dx: each dy goes to the element that won its window. */
function toWinners(dy: Tensor, indices: Tensor, g: Geometry): Tensor {
  const out = withContiguous(dy, (dy) => {
    const dx = allocateShape("maxPool2dGrad", [g.N, g.C, g.H, g.W], "float32");
    const [pd, pi, px] = [dy.address(), indices.address(), dx.address()];
    run(kernels.maxPool2dGradF32, poolUnits(g.N * g.C), pd, pi, px, g.H * g.W, g.OH * g.OW);
    return dx;
  });
  return record("maxPool2dGrad", out, [dy], { indices }, (d, { indices }) => [
    () => atWinners(d, indices, g),
  ]);
}

/** x at the winners of each window: the transpose of `toWinners`. */
function atWinners(x: Tensor, indices: Tensor, g: Geometry): Tensor {
  const out = withContiguous(x, (x) => {
    const out = allocateShape("maxPool2dGather", [g.N, g.C, g.OH, g.OW], "float32");
    const [px, pi, po] = [x.address(), indices.address(), out.address()];
    run(kernels.maxPool2dGatherF32, poolUnits(g.N * g.C), px, pi, po, g.H * g.W, g.OH * g.OW);
    return out;
  });
  return record("maxPool2dGather", out, [x], { indices }, (d, { indices }) => [
    () => toWinners(d, indices, g),
  ]);
}

/** The mean of each window. */
export function avgPool2d(x: Tensor, kernel: Pair, options: AvgPool2dOptions = {}): Tensor {
  if (x.ndim === 3) return tidy(() => squeeze(avgPool2d(unsqueeze(x, 0), kernel, options), 0));
  const g = geometry("avgPool2d", x, kernel, options);
  return averaged(x, g, options.countIncludePad ?? true);
}

function averaged(x: Tensor, g: Geometry, countIncludePad: boolean): Tensor {
  const out = withContiguous(x, (x) => {
    const out = allocateShape("avgPool2d", [g.N, g.C, g.OH, g.OW], "float32");
    run(
      kernels.avgPool2dF32,
      poolUnits(g.N * g.C),
      x.address(),
      out.address(),
      ...tail(g, countIncludePad),
    );
    return out;
  });
  return record("avgPool2d", out, [x], {}, (dy) => [() => spreadBack(dy, g, countIncludePad)]);
}

/** dL/dx: each dy in equal shares to the elements of its window. */
function spreadBack(dy: Tensor, g: Geometry, countIncludePad: boolean): Tensor {
  const out = withContiguous(dy, (dy) => {
    const dx = allocateShape("avgPool2dGrad", [g.N, g.C, g.H, g.W], "float32");
    run(
      kernels.avgPool2dGradF32,
      poolUnits(g.N * g.C),
      dy.address(),
      dx.address(),
      ...tail(g, countIncludePad),
    );
    return dx;
  });
  return record("avgPool2dGrad", out, [dy], {}, (d) => [() => averaged(d, g, countIncludePad)]);
}

/** The sizes behind the pointers of the average kernels. */
function tail(g: Geometry, countIncludePad: boolean) {
  const { H, W, OH, OW, kernel, stride, padding } = g;
  return [H, W, OH, OW, ...kernel, ...stride, ...padding, countIncludePad ? 1 : 0] as const;
}
