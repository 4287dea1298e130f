// interpolate: images and sequences at other sizes. Each mode is a banded matrix along each dim, so that
// one kernel serves all of them, their gradients (the transposed matrices) and the gradients of those.
import { ValueError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import { checkList, showShape, checkOptions, checkWord, checkInt, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { tidy } from "../memory/scope.js";
import { clone, compute } from "./convert.js";
import { tensor } from "./creation.js";
import { middleAt } from "./middle.js";

/** How `interpolate` finds values between pixels, as PyTorch names it. */
export type InterpolateMode =
  "nearest" | "nearest-exact" | "area" | "linear" | "bilinear" | "trilinear" | "bicubic";

export interface InterpolateOptions {
  /** The new size: a number for all dims, or one for each. */
  size?: number | readonly number[];
  /** The new size over the old one, rounded down: a number for all dims, or one for each. */
  scaleFactor?: number | readonly number[];
  /** "linear" is for [N, C, L], "bilinear" and "bicubic" for [N, C, H, W], "trilinear" for
   * [N, C, D, H, W], the nearest ones and "area" (adaptive average pooling) for all of them. Default: "nearest". */
  mode?: InterpolateMode;
  /** The corner pixels keep their values; else pixels are areas. Not for the nearest modes and "area". Default: false. */
  alignCorners?: boolean;
  /** Take the scale from the rounded sizes instead of `scaleFactor`. Default: false. */
  recomputeScaleFactor?: boolean;
  /** Filter when making smaller ("bilinear" and "bicubic"), as Pillow does. Default: false. */
  antialias?: boolean;
}

/** A row of the matrix: weights of the inputs first, first + 1, ... */
interface Band {
  readonly first: number;
  readonly weights: readonly number[];
}

/** What a mode needs to know of a dim: `scale` is input pixels per output pixel. */
interface Axis {
  readonly n: number;
  readonly m: number;
  readonly scale: number;
}

const limit = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1);

/** Taps at i, i + 1, ... with those outside moved to the edge. */
function clamped(i: number, taps: readonly number[], n: number): Band {
  const first = limit(i, n);
  const last = limit(i + taps.length - 1, n);
  const weights = new Array<number>(last - first + 1).fill(0);
  taps.forEach((w, k) => (weights[limit(i + k, n) - first]! += w));
  return { first, weights };
}

/** Positions are compared in float32, as PyTorch does. */
function nearest({ n, scale }: Axis, j: number, exact: boolean): Band {
  const at = Math.fround((exact ? j + 0.5 : j) * Math.fround(scale));
  return { first: Math.min(Math.floor(at), n - 1), weights: [1] };
}

/** The mean of the pixels that an output pixel touches. */
function area({ n, m }: Axis, j: number): Band {
  const first = Math.floor((j * n) / m);
  const count = Math.ceil(((j + 1) * n) / m) - first;
  return { first, weights: new Array<number>(count).fill(1 / count) };
}

function position({ scale }: Axis, j: number, alignCorners: boolean): number {
  return alignCorners ? scale * j : scale * (j + 0.5) - 0.5;
}

function linear(axis: Axis, j: number, alignCorners: boolean): Band {
  const at = Math.max(position(axis, j, alignCorners), 0);
  const i = Math.min(Math.floor(at), axis.n - 1);
  const t = at - i;
  return i + 1 < axis.n ? { first: i, weights: [1 - t, t] } : { first: i, weights: [1] };
}

/** Keys' (1981) cubic convolution kernel at distance x; PyTorch has a = -0.75, with antialias -0.5. */
function keys(x: number, a: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? a * (((d - 5) * d + 8) * d - 4) : 0;
}

function cubic(axis: Axis, j: number, alignCorners: boolean): Band {
  const at = position(axis, j, alignCorners);
  const i = Math.floor(at);
  const t = at - i;
  const taps = [t + 1, t, 1 - t, 2 - t].map((d) => keys(d, -0.75));
  return clamped(i - 1, taps, axis.n);
}

/** A triangle or a cubic as wide as an output pixel, normalised. */
function filtered({ n, scale }: Axis, j: number, isCubic: boolean): Band {
  const wide = Math.max(scale, 1);
  const reach = (isCubic ? 2 : 1) * wide;
  const centre = scale * (j + 0.5);
  const first = Math.max(Math.floor(centre - reach + 0.5), 0);
  const end = Math.min(Math.floor(centre + reach + 0.5), n);
  const weights = Array.from({ length: end - first }, (_, k) => {
    const d = (k + first - centre + 0.5) / wide;
    return isCubic ? keys(d, -0.5) : Math.max(1 - Math.abs(d), 0);
  });
  const total = weights.reduce((a, b) => a + b, 0);
  return { first, weights: weights.map((w) => w / total) };
}

/** The rows of the transposed matrix of `bands`, which has n columns. */
function transposed(bands: readonly Band[], n: number): Band[] {
  const first = new Array<number>(n).fill(0);
  const columns = Array.from({ length: n }, (): number[] => []);
  bands.forEach((band, j) => {
    band.weights.forEach((w, k) => {
      const column = columns[band.first + k]!;
      if (column.length === 0) first[band.first + k] = j;
      while (column.length < j - first[band.first + k]!) column.push(0);
      column.push(w);
    });
  });
  return columns.map((weights, i) => ({ first: first[i]!, weights }));
}

/** x times a banded matrix along a dim: [..., n, ...] to [..., m, ...]. */
function banded(x: Tensor, dim: number, bands: readonly Band[]): Tensor {
  const n = x.shape[dim]!;
  const m = bands.length;
  const width = bands.reduce((w, band) => Math.max(w, band.weights.length), 0);
  const table = new Float32Array(width * m);
  bands.forEach(({ weights }, j) => weights.forEach((w, k) => (table[k * m + j] = w)));
  const { outer, inner } = middleAt(x, dim);
  const shape = x.shape.map((size, i) => (i === dim ? m : size));
  const units = inner === 0 ? 0 : outer * m;
  const out = tidy(() => {
    const first = tensor(Int32Array.from(bands, (band) => band.first));
    const count = tensor(Int32Array.from(bands, (band) => band.weights.length));
    const operands = [x, first, count, tensor(table)] as const;
    return compute("interpolate", kernels.bandF32, units, operands, shape, [n, m, width, inner]);
  });
  return record("interpolate", out, [x], {}, (dy) => [() => banded(dy, dim, transposed(bands, n))]);
}

function sizesOf(x: Tensor, options: InterpolateOptions): { sizes: number[]; given: number[] } {
  const dims = x.ndim - 2;
  const { size, scaleFactor } = options;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ValueError("interpolate", "takes either size or scaleFactor");
  }
  const asked = size ?? scaleFactor!;
  const each =
    typeof asked === "number"
      ? new Array<number>(dims).fill(asked)
      : [...checkList("interpolate", asked)];
  const sizes = each.map((v, i) => (size === undefined ? Math.floor(x.shape[i + 2]! * v) : v));
  if (each.length !== dims || sizes.some((v) => !Number.isInteger(v) || v < 1)) {
    throw new ValueError(
      "interpolate",
      `size or scaleFactor must give ${dims} sizes >= 1: got ${String(asked)} for ${showShape(x.shape)}`,
    );
  }
  const useFactor = size === undefined && !options.recomputeScaleFactor;
  return { sizes, given: useFactor ? each : [] };
}

const RANKS: Readonly<Record<InterpolateMode, readonly number[]>> = {
  nearest: [3, 4, 5],
  "nearest-exact": [3, 4, 5],
  area: [3, 4, 5],
  linear: [3],
  bilinear: [4],
  trilinear: [5],
  bicubic: [4],
};

function checkInterpolate(x: Tensor, mode: InterpolateMode, options: InterpolateOptions): void {
  checkFloat("interpolate", "x", x);
  const { alignCorners = false, antialias = false } = options;
  checkWord("interpolate", "mode", mode, Object.keys(RANKS));
  if (!RANKS[mode].includes(x.ndim) || x.shape.indexOf(0, 1) > 0) {
    misfit(
      "interpolate",
      `x must have ${RANKS[mode].join(" or ")} dims for ${mode}, only N may be 0`,
      x,
    );
  }
  if (alignCorners && RANKS[mode].length > 1) {
    // A mode for all ranks has no corners to align.
    throw new ValueError("interpolate", `alignCorners is not for mode ${mode}`);
  }
  if (antialias && mode !== "bilinear" && mode !== "bicubic") {
    throw new ValueError("interpolate", `antialias is for bilinear and bicubic: got ${mode}`);
  }
}

/**
 * Images or sequences at another size.
 * @param x [N, C, L], [N, C, H, W] or [N, C, D, H, W]
 * @throws ShapeError for a rank that the mode is not for; ValueError for sizes or options that make no sense
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const {
    mode = "nearest",
    alignCorners = false,
    antialias = false,
  } = checkOptions("interpolate", options);
  checkInterpolate(x, mode, options);
  const { sizes, given } = sizesOf(x, options);
  // Each pixel of a dim has a row of weights.
  for (const m of sizes) checkInt("interpolate", "a size", m, 1, 1 << 24);
  const bandsOf = (axis: Axis): Band[] =>
    Array.from({ length: axis.m }, (_, j) => {
      if (mode.startsWith("nearest")) return nearest(axis, j, mode === "nearest-exact");
      if (mode === "area") return area(axis, j);
      if (antialias) return filtered(axis, j, mode === "bicubic");
      return (mode === "bicubic" ? cubic : linear)(axis, j, alignCorners);
    });
  return tidy(() => {
    const out = sizes.reduce((y, m, i) => {
      const n = x.shape[i + 2]!;
      const areas = given[i] === undefined ? n / m : 1 / given[i];
      const scale = alignCorners ? (m > 1 ? (n - 1) / (m - 1) : 0) : areas;
      // Same pixels: nothing to do. The linear modes take them as they are whatever the factor, as PyTorch.
      const keeps = scale === 1 || (mode.endsWith("linear") && !antialias);
      return n === m && keeps ? y : banded(y, i + 2, bandsOf({ n, m, scale }));
    }, x);
    return out === x ? clone(x) : out;
  });
}
