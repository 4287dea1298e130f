// Joins and splits along the dims that their names say, and grids of coordinates: all made of views,
// cat and stack.
import { ValueError } from "../core/errors.js";
import {
  checkList,
  shapeOf,
  checkDim,
  checkRank,
  checkWord,
  checkInt,
  listOf,
  misfit,
  commonShape,
  checkOptions,
} from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { pow } from "./arithmetic.js";
import { dtypeFrom, finish, linspace, type TensorOptions } from "./creation.js";
import { cast } from "./convert.js";
import { cat, stack, checkTensors } from "./join.js";
import { pad } from "./padding.js";
import { expand, narrow, permute, reshape, MOST_PIECES } from "./views.js";

/** x with at least one dim: a scalar becomes [1]. */
export function atleast1d(x: Tensor): Tensor {
  return shapeOf("atleast1d", x).length >= 1 ? x : reshape(x, [1]);
}

/** x with at least two dims: [n] becomes [1, n]. */
export function atleast2d(x: Tensor): Tensor {
  return shapeOf("atleast2d", x).length >= 2 ? x : reshape(x, [1, x.numel()]);
}

/** x with at least three dims: [n] becomes [1, n, 1], [m, n] becomes [m, n, 1]. */
export function atleast3d(x: Tensor): Tensor {
  if (shapeOf("atleast3d", x).length >= 3) return x;
  return reshape(x, x.ndim === 2 ? [...x.shape, 1] : [1, x.numel(), 1]);
}

function joined(
  op: string,
  tensors: readonly Tensor[],
  dim: number,
  prepare: (x: Tensor) => Tensor,
): Tensor {
  checkTensors(op, tensors);
  return tidy(() => cat(tensors.map(prepare), dim));
}

/** Joins tensors side by side: along dim 1, vectors along dim 0. */
export function hstack(tensors: readonly Tensor[]): Tensor {
  return joined("hstack", tensors, (tensors?.[0]?.ndim ?? 0) < 2 ? 0 : 1, atleast1d);
}

/** Joins tensors row by row, along dim 0; vectors are rows. */
export function vstack(tensors: readonly Tensor[]): Tensor {
  return joined("vstack", tensors, 0, atleast2d);
}

/** Joins tensors along dim 2; vectors are [1, n, 1]. */
export function dstack(tensors: readonly Tensor[]): Tensor {
  return joined("dstack", tensors, 2, atleast3d);
}

/** Joins tensors along dim 1; scalars and vectors are columns. */
export function columnStack(tensors: readonly Tensor[]): Tensor {
  return joined("columnStack", tensors, 1, (x) => (x.ndim < 2 ? reshape(x, [x.numel(), 1]) : x));
}

/**
 * Pieces of a dim: `sections` of them as equal as can be (the first ones are larger by 1), or cut at
 * the indices listed, by Python's rules for slices.
 */
export function tensorSplit(x: Tensor, sections: number | readonly number[], dim = 0): Tensor[] {
  return pieces("tensorSplit", x, sections, dim);
}

function pieces(
  op: string,
  x: Tensor,
  sections: number | readonly number[],
  dim: number,
): Tensor[] {
  const at = checkDim(op, dim, x);
  checkRank(op, x, 1);
  const n = x.shape[at]!;
  const list = listOf(op, sections);
  for (const part of list) checkInt(op, "sections", part);
  const count = typeof sections === "number" ? sections : list.length + 1;
  checkInt(op, "sections", count, 1, MOST_PIECES);
  const equal = (_: unknown, i: number): number =>
    Math.floor(n / count) * i + Math.min(i, n % count);
  const cuts =
    typeof sections === "number"
      ? Array.from({ length: count }, equal)
      : [0, ...list.map((i) => Math.max(0, Math.min(n, i < 0 ? i + n : i)))];
  return cuts.map((start, i) => narrow(x, at, start, Math.max(0, (cuts[i + 1] ?? n) - start)));
}

function equalPieces(
  op: string,
  x: Tensor,
  parts: number | readonly number[],
  dim: number,
  least = dim + 1,
): Tensor[] {
  checkRank(op, x, least);
  if (typeof parts === "number" && x.shape[dim]! % parts !== 0) {
    throw new ValueError(op, `sections must divide ${x.shape[dim]}: got ${parts}`);
  }
  return pieces(op, x, parts, dim);
}

/** Equal parts, or cut at indices, along dim 1; of a vector along dim 0. */
export function hsplit(x: Tensor, parts: number | readonly number[]): Tensor[] {
  return equalPieces("hsplit", x, parts, shapeOf("hsplit", x).length === 1 ? 0 : 1);
}

/** Equal parts, or cut at indices, along dim 0 of at least 2 dims. */
export function vsplit(x: Tensor, parts: number | readonly number[]): Tensor[] {
  return equalPieces("vsplit", x, parts, 0, 2);
}

/** Equal parts, or cut at indices, along dim 2. */
export function dsplit(x: Tensor, parts: number | readonly number[]): Tensor[] {
  return equalPieces("dsplit", x, parts, 2);
}

/** All tensors expanded, without copying, to the shape that they broadcast to. */
export function broadcastTensors(tensors: readonly Tensor[]): Tensor[] {
  const shape = commonShape("broadcastTensors", checkList("broadcastTensors", tensors));
  return tensors.map((x) => expand(x, shape));
}

/** Matrices along the diagonal of one, zeros elsewhere; vectors are rows. */
export function blockDiag(tensors: readonly Tensor[]): Tensor {
  const wide = checkList("blockDiag", tensors).find((x) => shapeOf("blockDiag", x).length > 2);
  if (wide !== undefined) {
    misfit("blockDiag", "takes at most 2 dims", wide);
  }
  const widths = tensors.map((x) => (x.ndim === 0 ? 1 : x.shape[x.ndim - 1]!));
  const total = widths.reduce((a, b) => a + b, 0);
  let before = 0;
  const places = widths.map((w) => [before, total - (before += w)] as const);
  let i = 0;
  return joined("blockDiag", tensors, 0, (x) => pad(atleast2d(x), places[i++]!));
}

export interface MeshgridOptions {
  /** "ij": the first tensor counts rows; "xy": columns. Default: "ij". */
  indexing?: "ij" | "xy";
}

/** For each vector (or scalar) its coordinate at every point of the grid that they span; views. */
export function meshgrid(tensors: readonly Tensor[], options: MeshgridOptions = {}): Tensor[] {
  const { indexing = "ij" } = checkOptions("meshgrid", options);
  checkWord("meshgrid", "indexing", indexing, ["ij", "xy"]);
  checkVectors("meshgrid", tensors, 1);
  const sizes = tensors.map((x) => x.numel());
  // "xy" is "ij" with the first two dims of each grid swapped.
  const order = sizes.map((_, i) => (indexing === "xy" && sizes.length > 1 && i < 2 ? 1 - i : i));
  return tidy(() =>
    tensors.map((x, i) => {
      const line = reshape(
        x,
        sizes.map((n, k) => (k === i ? n : 1)),
      );
      return permute(expand(line, sizes), order);
    }),
  );
}

function checkVectors(op: string, tensors: readonly Tensor[], least: 0 | 1): void {
  checkTensors(op, tensors);
  for (const x of tensors) {
    if (x.ndim > 1 || x.ndim < 1 - least) {
      misfit(op, "takes vectors", x);
    }
  }
}

/** All ways to take an element of each vector, [n1 n2 ..., vectors]; a single vector stays as it is. */
export function cartesianProd(tensors: readonly Tensor[]): Tensor {
  checkVectors("cartesianProd", tensors, 0);
  if (tensors.length === 1) return tensors[0]!;
  return tidy(() =>
    stack(
      meshgrid(tensors).map((x) => reshape(x, [x.numel()])),
      1,
    ),
  );
}

/** base to the powers that `linspace` gives, from base^start to base^end; of int32 start and end are cut to integers, and so are the powers. */
export function logspace(
  start: number,
  end: number,
  steps: number,
  base = 10,
  options: TensorOptions = {},
): Tensor {
  const dtype = dtypeFrom("logspace", options, "float32");
  return tidy(() => {
    const cut = dtype === "int32" ? Math.trunc : Number;
    return finish(cast(pow(base, linspace(cut(start), cut(end), steps)), dtype), options);
  });
}
