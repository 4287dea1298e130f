// Statistics of the order of elements along a dim: median, mode, quantiles. Their values are gathered
// from x, so their gradients go to the elements that were chosen.
import { ShapeError } from "../core/errors.js";
import { tensorOf, checkFloat } from "../core/dtype.js";
import {
  sizeOf,
  checkDim,
  checkNumber,
  checkWord,
  listOf,
  checkDims,
  reducedShape,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { div, maximum, mul, sub } from "./arithmetic.js";
import { gt, isnan, ne, where } from "./compare.js";
import { to, toTypedArray } from "./convert.js";
import { arange, full, tensor, zeros } from "./creation.js";
import { shared } from "./extremes.js";
import { gather } from "./indexing.js";
import { cat } from "./join.js";
import { ceil, floor, round } from "./math.js";
import { lerp } from "./mixed.js";
import { argmax, type ReduceOptions, sum, type ValuesAndIndices } from "./reduce.js";
import { cummax } from "./scan.js";
import { pick, sort } from "./sort.js";
import { narrow, permute, reshape } from "./views.js";

/**
 * The median of all elements, or with `dim` along it and where it stands: of an even number the lower of
 * the two in the middle; NaN where there is any. Without `dim`, elements that equal it share the gradient.
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function median(
  x: Tensor,
  dim?: number,
  options: ReduceOptions = {},
): Tensor | ValuesAndIndices {
  return middle("median", false, x, dim, options);
}

/** The median as `median` has it, of those elements that are not NaN; NaN where there are none. */
export function nanmedian(x: Tensor): Tensor;
export function nanmedian(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function nanmedian(
  x: Tensor,
  dim?: number,
  options: ReduceOptions = {},
): Tensor | ValuesAndIndices {
  return middle("nanmedian", true, x, dim, options);
}

function middle(
  op: string,
  skip: boolean,
  x: Tensor,
  dim: number | undefined,
  options: ReduceOptions,
): Tensor | ValuesAndIndices {
  checkOptions(op, options);
  if (dim === undefined) {
    if (tensorOf(op, x).numel() === 0 && x.dtype === "float32") return full([], NaN);
    const flat = tidy(
      () => (middle(op, skip, reshape(detach(x), [-1]), 0, {}) as ValuesAndIndices).values,
    );
    return shared(op, flat, x, checkDims(op, null, x));
  }
  const at = checkDim(op, dim, x);
  return pick(op, x, at, options, (order) => {
    const R = x.shape[at]!;
    const nans = sum(isnan(x), at, { keepdim: true });
    // With NaNs, which are sorted last: the first of them, or the middle of the others.
    const rest = sub(R, nans);
    const rank = skip ? to(div(sub(rest, 1), 2), "int32") : where(gt(nans, 0), rest, (R - 1) >> 1);
    return gather(order, at, rank);
  });
}

/** The most frequent element along a dim, of equally frequent ones the smallest, and where its last one stands. */
export function mode(x: Tensor, dim = -1, options: ReduceOptions = {}): ValuesAndIndices {
  const at = checkDim("mode", dim, x);
  return pick("mode", x, at, options, (order) => {
    const R = x.shape[at]!;
    const sorted = gather(detach(x), at, order);
    const shape = x.shape.map((_, i) => (i === at ? R : 1));
    const positions = reshape(arange(R), shape);
    const starts = where(
      ne(narrow(sorted, at, 1, R - 1), narrow(sorted, at, 0, R - 1)),
      narrow(positions, at, 1, R - 1),
      0,
    );
    const first = zeros(reducedShape(x.shape, [at], true), { dtype: "int32" });
    // How long the run of equals is that ends here: the longest is the most frequent element's.
    const length = sub(positions, cummax(cat([first, starts], at), at).values);
    return gather(order, at, argmax(length, at, { keepdim: true }));
  });
}

export interface QuantileOptions extends ReduceOptions {
  /** What lies between two elements. Default: "linear". */
  interpolation?: "linear" | "lower" | "higher" | "midpoint" | "nearest";
}

/** One quantile, or several as a list or a vector; each in [0, 1]. */
export type Quantiles = number | readonly number[] | Tensor;

/**
 * The q-quantiles over all elements or along a dim: the element of rank q (n - 1), between two of them
 * interpolated; NaN where there is any. Several come along a first dim of their own.
 * @throws ValueError when a q is not in [0, 1]; ShapeError when there are no elements
 */
export function quantile(
  x: Tensor,
  q: Quantiles,
  dim?: number | null,
  options: QuantileOptions = {},
): Tensor {
  return quantiles("quantile", false, x, q, dim, options);
}

/** The quantiles as `quantile` has them, of those elements that are not NaN; NaN where there are none. */
export function nanquantile(
  x: Tensor,
  q: Quantiles,
  dim?: number | null,
  options: QuantileOptions = {},
): Tensor {
  return quantiles("nanquantile", true, x, q, dim, options);
}

function quantiles(
  op: string,
  skip: boolean,
  x: Tensor,
  q: Quantiles,
  dim: number | null | undefined,
  options: QuantileOptions,
): Tensor {
  const { interpolation = "linear", keepdim = false } = checkOptions(op, options);
  checkFloat(op, "x", x);
  const over = checkDims(op, dim == null ? null : checkDim(op, dim, x), x);
  const rank = q instanceof Tensor ? q.ndim : typeof q === "number" ? 0 : 1;
  const list = q instanceof Tensor ? [...toTypedArray(q)] : listOf(op, q);
  if (rank > 1) throw new ShapeError(op, `q must be a number or a vector: got ${rank} dims`);
  for (const v of list) checkNumber(op, "q", v, 0, 1);
  const words = ["linear", "lower", "higher", "midpoint", "nearest"];
  checkWord(op, "interpolation", interpolation, words);
  if (x.numel() === 0) misfit(op, "needs elements", x);
  const kept = [...x.shape.keys()].filter((d) => !over.includes(d));
  const outer = kept.map((d) => x.shape[d]!);
  const R = x.numel() / sizeOf(outer);
  const at = outer.length;
  return tidy(() => {
    const rows = reshape(permute(x, [...kept, ...over]), [...outer, R]);
    const nans = sum(isnan(rows), at, { keepdim: true });
    const qs = tensor(list);
    const ranks = skip
      ? maximum(mul(qs, sub(R - 1, nans)), 0)
      : where(gt(nans, 0), R - 1, mul(qs, R - 1));
    const found = interpolated(sort(rows, at).values, ranks, interpolation);
    const front = permute(found, [at, ...kept.keys()]);
    const shape = reducedShape(x.shape, over, keepdim);
    return reshape(front, rank === 0 ? shape : [list.length, ...shape]);
  });
}

/** The elements of float ranks along the last dim. */
function interpolated(sorted: Tensor, ranks: Tensor, how: string): Tensor {
  const at = sorted.ndim - 1;
  const take = (r: Tensor): Tensor => gather(sorted, at, to(r, "int32"));
  if (how === "lower") return take(floor(ranks));
  if (how === "higher") return take(ceil(ranks));
  if (how === "nearest") return take(round(ranks));
  const low = floor(ranks);
  // Exact at both ends.
  return lerp(take(low), take(ceil(ranks)), how === "midpoint" ? 0.5 : sub(ranks, low));
}
