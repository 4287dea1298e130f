// How reductions and scans see a tensor: as [outer, R, inner], of which a kernel takes the middle. No ops.
import { type DType, promote } from "../core/dtype.js";
import { reducedShape, type Shape, sizeOf } from "../core/shape.js";
import { alias, allocateShape, type Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { withCast, withContiguous } from "./convert.js";
import { expand, ofDims, reshape } from "./views.js";

/** The middle of [outer, R, inner] is what a kernel reduces. */
export interface Middle {
  outer: number;
  R: number;
  inner: number;
}

/**
 * Runs `fn` on x as row-major [outer, R, inner], R being all of `dims` (sorted). Where other dims lie between
 * those, on a copy, or `apart` is run instead.
 */
export function withMiddle(
  x: Tensor,
  dims: readonly number[],
  fn: (x: Tensor, m: Middle) => Tensor,
  apart: () => Tensor = () => brought(x, dims, fn),
): Tensor {
  const first = dims[0] ?? x.ndim;
  const last = dims.at(-1) ?? x.ndim - 1;
  let [outer, R, inner] = [1, 1, 1];
  let between = false;
  for (let i = 0; i < x.ndim; i++) {
    const n = x.shape[i]!;
    if (i < first) outer *= n;
    else if (i > last) inner *= n;
    else R *= n;
    // Dims of size 1 between them do not separate what is reduced.
    if (i > first && i < last && n !== 1 && !dims.includes(i)) between = true;
  }
  return between ? apart() : inPlace(x, { outer, R, inner }, fn);
}

function inPlace(x: Tensor, m: Middle, fn: (x: Tensor, m: Middle) => Tensor): Tensor {
  return x.layout.contiguous ? fn(x, m) : withContiguous(x, (x) => fn(x, m));
}

/** `withMiddle` where other dims lie between those of `dims`. */
function brought(x: Tensor, dims: readonly number[], fn: (x: Tensor, m: Middle) => Tensor): Tensor {
  const kept = [...x.shape.keys()].filter((d) => !dims.includes(d));
  const order = [...kept, ...dims];
  const last = dims.map((_, i) => kept.length + i);
  return tidy(() => withMiddle(alias(x, ofDims(x.layout, order)), last, fn));
}

/**
 * What `fill` makes of `dims` (sorted). Where others lie between those, one run of them is reduced after the
 * other, the longest first: what is left for the others is small, and nothing is copied.
 */
export function reduced(
  op: string,
  x: Tensor,
  dims: readonly number[],
  keepdim: boolean,
  dtype: DType,
  fill: (x: Tensor, out: Tensor, m: Middle) => void,
): Tensor {
  const reduce = (x: Tensor, dims: readonly number[], shape: Shape): Tensor =>
    withMiddle(
      x,
      dims,
      (x, m) => {
        const out = allocateShape(op, shape, dtype);
        fill(x, out, m);
        return out;
      },
      () => {
        const long = dims.filter((d) => x.shape[d] !== 1);
        const first = longestRun(x.shape, long);
        const rest = long.filter((d) => !first.includes(d));
        if (rest.length === 0) return reduce(x, first, shape);
        return tidy(() =>
          reduce(reduce(x, first, reducedShape(x.shape, first, true)), rest, shape),
        );
      },
    );
  return reduce(x, dims, reducedShape(x.shape, dims, keepdim));
}

/** Of the runs of `dims` that have only dims of size 1 between them the one with most elements. */
function longestRun(shape: Shape, dims: readonly number[]): readonly number[] {
  const runs: number[][] = [];
  let next = 0;
  for (const d of dims) {
    if (runs.length === 0 || sizeOf(shape.slice(next, d)) !== 1) runs.push([]);
    runs.at(-1)!.push(d);
    next = d + 1;
  }
  const length = (run: readonly number[]): number => sizeOf(run.map((d) => shape[d]!));
  return runs.reduce((a, b) => (length(b) > length(a) ? b : a), runs[0] ?? []);
}

/** A gradient of the reduced shape, seen in x's shape. */
export function spread(dy: Tensor, shape: Shape, dims: readonly number[]): Tensor {
  return expand(reshape(dy, reducedShape(shape, dims, true)), shape);
}

/** The dim `at` as the middle; a scalar is a line of one. */
export function middleAt({ shape }: Tensor, at: number): Middle {
  return {
    outer: sizeOf(shape.slice(0, at)),
    R: shape[at] ?? 1,
    inner: sizeOf(shape.slice(at + 1)),
  };
}

/** `fn` of x; bools count as int32. */
export function asNumbers(x: Tensor, fn: (x: Tensor) => Tensor): Tensor {
  return withCast("to", x, promote(x.dtype, "int32"), fn);
}
