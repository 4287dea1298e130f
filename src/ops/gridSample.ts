// gridSample: images at given points (spatial transformer networks), and the grids of affine maps. Made of
// gathers, so its gradients of both orders are theirs.
import { checkFloat } from "../core/dtype.js";
import { ShapeError } from "../core/errors.js";
import { showShape, checkList, checkWord, misfit } from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add, mul, sub } from "./arithmetic.js";
import { hardtanh } from "./bends.js";
import { ge, le, logicalAnd, where } from "./compare.js";
import { cast } from "./convert.js";
import { linspace, ones, zeros } from "./creation.js";
import { gather } from "./indexing.js";
import { stack } from "./join.js";
import { abs, clamp, floor, round } from "./math.js";
import { matmul } from "./matmul.js";
import { expand, reshape, select, transpose, unsqueeze } from "./views.js";

export interface GridSampleOptions {
  /** Default: "bilinear". */
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
  { paddingMode, alignCorners = false }: GridSampleOptions,
): Tensor {
  // Without a slope at the borders themselves, as PyTorch has it.
  if (paddingMode === "border") return hardtanh(x, 0, n - 1);
  if (paddingMode === "reflection") return hardtanh(reflected(x, n, alignCorners), 0, n - 1);
  return x;
}

/** Keys' cubic convolution kernel, a = -0.75, at distances d from 0 to 2. */
function keys(d: Tensor, outer: boolean): Tensor {
  const a = -0.75;
  if (outer) return mul(sub(mul(add(mul(sub(d, 5), d), 8), d), 4), a);
  return add(mul(mul(sub(mul(d, a + 2), a + 3), d), d), 1);
}

/** A tap of an axis: the pixel that is read, and its weight. */
interface Tap {
  readonly at: Tensor;
  readonly weight: Tensor | null;
}

function tapsOf(x: Tensor, mode: GridSampleOptions["mode"]): Tap[] {
  if (mode === "nearest") return [{ at: round(detach(x)), weight: null }];
  const i = floor(detach(x));
  const t = sub(x, i);
  if (mode !== "bicubic") {
    return [
      { at: i, weight: sub(1, t) },
      { at: add(i, 1), weight: t },
    ];
  }
  return [-1, 0, 1, 2].map((k) => ({
    at: add(i, k),
    weight: keys(k < 1 ? sub(t, k) : sub(k, t), k === -1 || k === 2),
  }));
}

function checkGrid(x: Tensor, grid: Tensor, options: GridSampleOptions): void {
  const { mode = "bilinear", paddingMode = "zeros" } = options;
  checkFloat("gridSample", "x", x);
  checkFloat("gridSample", "grid", grid);
  if (
    x.ndim !== 4 ||
    x.shape.indexOf(0, 1) > 0 ||
    grid.ndim !== 4 ||
    grid.shape[0] !== x.shape[0] ||
    grid.shape[3] !== 2
  ) {
    misfit("gridSample", "x must be [N, C, H, W] and grid [N, OH, OW, 2]", x, grid);
  }
  checkWord("gridSample", "mode", mode, ["bilinear", "nearest", "bicubic"]);
  checkWord("gridSample", "paddingMode", paddingMode, ["zeros", "border", "reflection"]);
}

/**
 * Images at the points of a grid (Jaderberg et al., 2015).
 * @param x [N, C, H, W]
 * @param grid [N, OH, OW, 2]: (x, y) of each output pixel, -1 to 1 from edge to edge
 * @returns [N, C, OH, OW]
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  checkGrid(x, grid, options);
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const [, OH, OW] = grid.shape as [number, number, number];
  const { mode = "bilinear", alignCorners = false } = options;
  // bicubic places each tap, the others the point.
  const early = mode !== "bicubic";
  return tidy(() => {
    const flat = reshape(x, [N, C, H * W]);
    const axis = (i: 0 | 1, n: number): Tap[] => {
      const pixels = toPixels(select(grid, 3, i), n, alignCorners);
      return tapsOf(early ? placed(pixels, n, options) : pixels, mode);
    };
    const [columns, rows] = [axis(0, W), axis(1, H)];
    const terms = rows.flatMap((row) =>
      columns.map((column) => {
        const [h, w] = early
          ? [row.at, column.at]
          : [placed(row.at, H, options), placed(column.at, W, options)];
        const weight = row.weight && column.weight && mul(row.weight, column.weight);
        const inside = logicalAnd(within(h, H), within(w, W));
        const index = add(mul(whole(h, H), W), whole(w, W));
        const picked = expand(reshape(index, [N, 1, OH * OW]), [N, C, OH * OW]);
        const pixels = reshape(gather(flat, 2, picked), [N, C, OH, OW]);
        const kept = where(unsqueeze(inside, 1), pixels, 0);
        return weight === null ? kept : mul(kept, unsqueeze(weight, 1));
      }),
    );
    return terms.reduce((a, b) => add(a, b));
  });
}

/** The pixel that is read: int32, since float32 can't count all pixels of a large image. */
function whole(i: Tensor, n: number): Tensor {
  return cast(clamp(detach(i), 0, n - 1), "int32");
}

function within(i: Tensor, n: number): Tensor {
  return logicalAnd(ge(i, 0), le(i, n - 1));
}

/**
 * The grids of affine maps, for `gridSample`.
 * @param theta [N, 2, 3]
 * @param size [N, C, H, W] of the output
 * @returns [N, H, W, 2]
 */
export function affineGrid(
  theta: Tensor,
  size: readonly number[],
  options: { alignCorners?: boolean } = {},
): Tensor {
  checkFloat("affineGrid", "theta", theta);
  const [N, , H, W] = checkList("affineGrid", size) as [number, number, number, number];
  if (theta.ndim !== 3 || size.length !== 4 || [N, 2, 3].some((n, i) => n !== theta.shape[i])) {
    throw new ShapeError(
      "affineGrid",
      `theta must be [N, 2, 3] for a size [N, C, H, W]: got ${showShape(theta.shape)}, ${showShape(size)}`,
    );
  }
  return tidy(() => {
    const axis = (n: number): Tensor => {
      if (n <= 1) return zeros([n]);
      const end = options.alignCorners ? 1 : (n - 1) / n;
      return linspace(-end, end, n);
    };
    const xs = expand(axis(W), [H, W]);
    const ys = expand(unsqueeze(axis(H), 1), [H, W]);
    const points = reshape(stack([xs, ys, ones([H, W])], -1), [1, H * W, 3]);
    return reshape(matmul(points, transpose(theta, 1, 2)), [N, H, W, 2]);
  });
}
