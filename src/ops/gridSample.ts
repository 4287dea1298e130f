// gridSample: images and volumes at given points (spatial transformer networks), and the grids of affine maps. Made of
// gathers, so its gradients of both orders are theirs.
import { checkFloat } from "../core/dtype.js";
import {
  sizeOf,
  sameShape,
  showShape,
  checkList,
  checkWord,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add, mul, sub } from "./arithmetic.js";
import { ge, gt, le, logicalAnd, where } from "./compare.js";
import { cast } from "./convert.js";
import { linspace, ones, zeros } from "./creation.js";
import { gather } from "./indexing.js";
import { stack } from "./join.js";
import { abs, clamp, floor, round } from "./math.js";
import { matmul } from "./matmul.js";
import { checkFloats, mT } from "./matrix.js";
import { expand, reshape, select, unsqueeze } from "./views.js";

export interface GridSampleOptions {
  /** Of volumes, "bilinear" is trilinear, and there is no "bicubic". Default: "bilinear". */
  mode?: "bilinear" | "nearest" | "bicubic";
  /** What lies outside of the image. Default: "zeros". */
  paddingMode?: "zeros" | "border" | "reflection";
  /** -1 and 1 are the centres of the corner pixels; else the edges of the image. Default: false. */
  alignCorners?: boolean;
}

/** From [-1, 1] to pixels of a dim of size n. */
function toPixels(x: Tensor, n: number, alignCorners: boolean): Tensor {
  return alignCorners ? mul(add(x, 1), (n - 1) / 2) : sub(mul(add(x, 1), n / 2), 0.5);
}

/** Pixels mirrored at the borders, which lie on the outer pixels' centres or edges. */
function reflected(x: Tensor, n: number, alignCorners: boolean): Tensor {
  const [low, span] = alignCorners ? [0, n - 1] : [-0.5, n];
  if (span === 0) return mul(x, 0);
  // The distance from low, as a zigzag of period 2 span.
  const d = abs(sub(x, low));
  const along = sub(d, mul(floor(mul(d, 1 / (2 * span))), 2 * span));
  return add(sub(span, abs(sub(along, span))), low);
}

/** Pixels of an axis as the padding wants them: anywhere for zeros, inside for the other modes. */
function placed(
  x: Tensor,
  n: number,
  { paddingMode = "zeros", alignCorners = false }: GridSampleOptions,
): Tensor {
  if (paddingMode === "zeros") return x;
  const at = paddingMode === "border" ? x : reflected(x, n, alignCorners);
  // Without a slope at the borders themselves, and NaN is 0, as PyTorch has it.
  return where(ge(at, n - 1), n - 1, where(gt(at, 0), at, 0));
}

/** Keys' cubic convolution kernel, a = -0.75, at distances d from 0 to 2. */
function keys(d: Tensor, outer: boolean): Tensor {
  const a = -0.75;
  if (outer) return mul(sub(mul(add(mul(sub(d, 5), d), 8), d), 4), a);
  return add(mul(mul(sub(mul(d, a + 2), a + 3), d), d), 1);
}

/** Pixels that are read, of an axis or of all: where, whether they are inside, and their weight. */
interface Tap {
  readonly at: Tensor;
  readonly inside: Tensor;
  readonly weight: Tensor | null;
}

/** The pixels beside x, in an axis of size n. */
function tapsOf(x: Tensor, n: number, options: GridSampleOptions): Tap[] {
  const { mode = "bilinear", alignCorners = false } = options;
  const pixels = toPixels(x, n, alignCorners);
  const tap = (i: Tensor, weight: Tensor | null): Tap => ({
    // int32, since float32 can't count all pixels of a large image
    at: cast(clamp(detach(i), 0, n - 1), "int32"),
    inside: logicalAnd(ge(i, 0), le(i, n - 1)),
    weight,
  });
  // bicubic places each tap, the others the point.
  if (mode === "bicubic") {
    const i = floor(detach(pixels));
    const t = sub(pixels, i);
    return [-1, 0, 1, 2].map((k) =>
      tap(placed(add(i, k), n, options), keys(k < 1 ? sub(t, k) : sub(k, t), k === -1 || k === 2)),
    );
  }
  const point = placed(pixels, n, options);
  if (mode === "nearest") return [tap(round(detach(point)), null)];
  const i = floor(detach(point));
  const t = sub(point, i);
  return [tap(i, sub(1, t)), tap(add(i, 1), t)];
}

function checkGrid(x: Tensor, grid: Tensor, options: GridSampleOptions): void {
  const { mode = "bilinear", paddingMode = "zeros" } = checkOptions("gridSample", options);
  checkFloats("gridSample", x, grid);
  const rank = x.ndim - 2;
  if (
    (rank !== 2 && rank !== 3) ||
    x.shape.indexOf(0, 1) > 0 ||
    grid.ndim !== x.ndim ||
    grid.shape[0] !== x.shape[0] ||
    grid.shape.at(-1) !== rank
  ) {
    misfit("gridSample", "takes [N, C, H, W] and [N, OH, OW, 2], or volumes and 3", x, grid);
  }
  checkWord("gridSample", "mode", mode, [
    "bilinear",
    "nearest",
    ...(rank === 2 ? ["bicubic"] : []),
  ]);
  checkWord("gridSample", "paddingMode", paddingMode, ["zeros", "border", "reflection"]);
}

/**
 * Images or volumes at the points of a grid (Jaderberg et al., 2015).
 * @param x [N, C, H, W] or [N, C, D, H, W]
 * @param grid [N, OH, OW, 2] or [N, OD, OH, OW, 3]: (x, y) or (x, y, z) of each output pixel, -1 to 1
 *   from edge to edge
 * @returns [N, C, OH, OW] or [N, C, OD, OH, OW]
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  checkGrid(x, grid, options);
  const [N, C, ...sizes] = x.shape as [number, number, ...number[]];
  const outer = grid.shape.slice(1, -1);
  return tidy(() => {
    const flat = reshape(x, [N, C, sizeOf(sizes)]);
    const axes = sizes.map((n, i) => tapsOf(select(grid, -1, sizes.length - 1 - i), n, options));
    const taps = axes.reduce((all, axis, i) =>
      all.flatMap((a) =>
        axis.map((b) => ({
          at: add(mul(a.at, sizes[i]!), b.at),
          inside: logicalAnd(a.inside, b.inside),
          weight: a.weight && b.weight && mul(a.weight, b.weight),
        })),
      ),
    );
    const terms = taps.map(({ at, inside, weight }) => {
      const picked = expand(reshape(at, [N, 1, sizeOf(outer)]), [N, C, sizeOf(outer)]);
      const pixels = reshape(gather(flat, 2, picked), [N, C, ...outer]);
      const kept = where(unsqueeze(inside, 1), pixels, 0);
      return weight === null ? kept : mul(kept, unsqueeze(weight, 1));
    });
    return terms.reduce((a, b) => add(a, b));
  });
}

/**
 * The grids of affine maps, for `gridSample`.
 * @param theta [N, 2, 3], or [N, 3, 4] for volumes
 * @param size [N, C, H, W] or [N, C, D, H, W] of the output
 * @returns [N, H, W, 2] or [N, D, H, W, 3]
 */
export function affineGrid(
  theta: Tensor,
  size: readonly number[],
  options: { alignCorners?: boolean } = {},
): Tensor {
  checkOptions("affineGrid", options);
  checkFloat("affineGrid", "theta", theta);
  const [N, , ...sizes] = checkList("affineGrid", size) as [number, number, ...number[]];
  const rank = sizes.length;
  if ((rank !== 2 && rank !== 3) || !sameShape(theta.shape, [N, rank, rank + 1])) {
    misfit("affineGrid", `theta must be [N, 2, 3] for a size [N, C, H, W], or [N, 3, 4] for volumes, of ${showShape(size)}`, theta); // prettier-ignore
  }
  return tidy(() => {
    const axes = sizes.map((n, i) => {
      const end = options.alignCorners ? 1 : (n - 1) / n;
      const points = n > 1 ? linspace(-end, end, n) : zeros([n]);
      return expand(reshape(points, [n, ...sizes.slice(i + 1).fill(1)]), sizes);
    });
    const points = reshape(stack([...axes.reverse(), ones(sizes)], -1), [
      1,
      sizeOf(sizes),
      rank + 1,
    ]);
    return reshape(matmul(points, mT(theta)), [N, ...sizes, rank]);
  });
}
