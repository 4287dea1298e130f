// Sorting along a dim. The kernel gives positions; values are gathered by them, and their gradients go
// back the same way. The order is stable; NaN counts as the largest, -0 equals 0.
import { checkDim, checkInt, reducedShape, checkOptions } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { clone, withContiguous } from "./convert.js";
import { found, gather } from "./indexing.js";
import { asNumbers, middleAt } from "./middle.js";
import { checkFilled } from "./extremes.js";
import { type ReduceOptions, type ValuesAndIndices } from "./reduce.js";
import { narrow, reshape } from "./views.js";

/** Elements of a line that the kernel's scratch holds; beyond, it takes 16 bytes each. */
const IN_SCRATCH = 65280;

/**
 * The first positions along `at` in the order of the elements; int32. With `rows` x is [n, keys], and its rows are
 * put in lexicographic order: [n]. Not recorded.
 */
export function order(
  op: string,
  x: Tensor,
  at: number,
  options: { descending?: boolean; rows?: boolean } = {},
  first = x.shape[at] ?? 1,
): Tensor {
  const { descending = false, rows = false } = checkOptions(op, options);
  const { outer, R, inner } = middleAt(x, at);
  const [lines, step, keys] = rows ? [1, 1, inner] : [outer * inner, inner, 1];
  return asNumbers(x, (x) =>
    withContiguous(x, (x) => {
      const work = R > IN_SCRATCH ? allocateShape(op, [lines * R, 4], "int32") : null;
      const shape = rows ? [R] : x.shape.map((n, i) => (i === at ? first : n));
      const out = allocateShape(op, shape, "int32");
      const [px, po, pw] = [x.address(), out.address(), work?.address() ?? 0];
      const integers = Number(x.dtype === "int32");
      run(
        kernels.argsort32,
        lines,
        ...([px, po, pw, R, step, inner, keys, integers, Number(descending), first] as const),
      );
      work?.dispose();
      return out;
    }),
  );
}

export interface SortOptions {
  /** From the largest down. Default: false. */
  descending?: boolean;
  /** Equal elements keep their order: here they always do. */
  stable?: boolean;
}

/** The elements along a dim in ascending order, NaN last (descending: first), and where they stood. */
export function sort(x: Tensor, dim = -1, options: SortOptions = {}): ValuesAndIndices {
  const at = checkDim("sort", dim, x);
  const indices = order("sort", x, at, options);
  return { values: gather(x, at, indices), indices };
}

/** Positions along a dim in the order that `sort` gives; int32. */
export function argsort(x: Tensor, dim = -1, options: SortOptions = {}): Tensor {
  return order("argsort", x, checkDim("argsort", dim, x), options);
}

/** The values of `sort` along the first dim. */
export function msort(x: Tensor): Tensor {
  return tidy(() => sort(x, 0).values);
}

export interface TopkOptions {
  /** The largest, not the smallest. Default: true. */
  largest?: boolean;
  /** In order: here they always are. */
  sorted?: boolean;
}

/**
 * The k largest elements along a dim (or with `largest: false` the smallest) in order, and where they
 * stand. NaN counts as the largest.
 * @throws ValueError when k is not in [0, size]
 */
export function topk(x: Tensor, k: number, dim = -1, options: TopkOptions = {}): ValuesAndIndices {
  const at = checkDim("topk", dim, x);
  checkInt("topk", "k", k, 0, x.shape[at] ?? 1);
  const descending = checkOptions("topk", options).largest ?? true;
  return tidy(() => {
    const indices = order("topk", x, at, { descending }, x.ndim === 0 ? 1 : k);
    return { values: gather(x, at, indices), indices };
  });
}

/**
 * The k-th smallest element along a dim, counted from 1, and where it stands.
 * @throws ValueError when k is not in [1, size]
 */
export function kthvalue(
  x: Tensor,
  k: number,
  dim = -1,
  options: ReduceOptions = {},
): ValuesAndIndices {
  const at = checkDim("kthvalue", dim, x);
  checkInt("kthvalue", "k", k, 1, x.shape[at] ?? 1);
  return pick("kthvalue", x, at, options, (order) => narrow(order, at, k - 1, 1));
}

/** The element along `at` that `choose` names, given the order of all: its position, size 1 along `at`. */
export function pick(
  op: string,
  x: Tensor,
  at: number,
  options: ReduceOptions,
  choose: (order: Tensor) => Tensor,
): ValuesAndIndices {
  checkOptions(op, options);
  checkFilled(op, x, [at]);
  return tidy(() => {
    if (x.ndim === 0) return { values: reshape(x, []), indices: order(op, x, at) };
    const indices =
      x.numel() === 0
        ? allocateShape(op, reducedShape(x.shape, [at], true), "int32")
        : clone(choose(order(op, x, at)));
    return found(x, at, indices, options);
  });
}
