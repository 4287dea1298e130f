// Distinct elements, or distinct slices along a dim: equal ones are brought together by sorting, and each
// run of equals leaves its first. None has a derivative. NaN equals nothing.
import { tensorOf } from "../core/dtype.js";
import { checkDim, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { tidy } from "../memory/scope.js";
import { ne } from "./compare.js";
import { item, to } from "./convert.js";
import { arange, full } from "./creation.js";
import { indexSelect } from "./indexing.js";
import { cat } from "./join.js";
import { any } from "./reduce.js";
import { cumsum, diff } from "./scan.js";
import { searchsorted } from "./search.js";
import { order } from "./sort.js";
import { narrow, permute, reshape } from "./views.js";

export interface UniqueOptions {
  /** Where each element went among the distinct ones. Default: false. */
  returnInverse?: boolean;
  /** How often each occurs. Default: false. */
  returnCounts?: boolean;
  /** Compare the slices along this dim, not the elements. */
  dim?: number | null;
}

/** With `returnInverse` or `returnCounts`: the distinct elements and what was asked for. */
export interface UniqueResult {
  /** The distinct elements. */
  output: Tensor;
  /** int32, in the shape of the elements (or [size of the dim]). */
  inverseIndices?: Tensor;
  /** int32, one for each distinct element. */
  counts?: Tensor;
}

/** Options that ask for the elements alone. */
export type UniqueAlone = UniqueOptions & { returnInverse?: false; returnCounts?: false };

/** The distinct elements in ascending order: [k], or with `dim` the distinct slices along it. */
export function unique(x: Tensor, options?: UniqueAlone & { sorted?: boolean }): Tensor;
export function unique(x: Tensor, options: UniqueOptions & { sorted?: boolean }): UniqueResult;
export function unique(x: Tensor, options: UniqueOptions = {}): Tensor | UniqueResult {
  return distinct("unique", true, x, options);
}

/** The first of each run of equal elements (or slices along `dim`), in the order in which they stand. */
export function uniqueConsecutive(x: Tensor, options?: UniqueAlone): Tensor;
export function uniqueConsecutive(x: Tensor, options: UniqueOptions): UniqueResult;
export function uniqueConsecutive(x: Tensor, options: UniqueOptions = {}): Tensor | UniqueResult {
  return distinct("uniqueConsecutive", false, x, options);
}

function distinct(
  op: string,
  sorting: boolean,
  x: Tensor,
  options: UniqueOptions,
): Tensor | UniqueResult {
  const { dim = null, returnInverse = false, returnCounts = false } = checkOptions(op, options);
  const at = dim === null ? null : checkDim(op, dim, x);
  tensorOf(op, x);
  const all = tidy(() => noGrad(() => runs(op, sorting, x, at, returnInverse, returnCounts)));
  return returnInverse || returnCounts ? all : all.output;
}

function runs(
  op: string,
  sorting: boolean,
  x: Tensor,
  at: number | null,
  returnInverse: boolean,
  returnCounts: boolean,
): UniqueResult {
  // The dim first: n slices, as rows of numbers.
  const front = [...x.shape.keys()].filter((d) => d !== at);
  const slices = at === null || x.ndim === 0 ? reshape(x, [-1]) : permute(x, [at, ...front]);
  const n = slices.shape[0]!;
  const rows = reshape(slices, [n, n === 0 ? 1 : slices.numel() / n]);
  const byRank = sorting ? order(op, rows, 0, { rows: true }) : arange(n);
  const sorted = indexSelect(rows, 0, byRank);
  const m = Math.max(0, n - 1);
  const differs = any(ne(narrow(sorted, 0, n - m, m), narrow(sorted, 0, 0, m)), 1);
  // Which run each belongs to, counted from 0.
  const group = cumsum(cat([full([n - m], 0, { dtype: "int32" }), to(differs, "int32")]), 0);
  const k = n === 0 ? 0 : item(narrow(group, 0, n - 1, 1)) + 1;
  const starts = searchsorted(group, arange(k + 1));
  const distinct = indexSelect(slices, 0, indexSelect(byRank, 0, narrow(starts, 0, 0, k)));
  const back = front.map((d) => (d > at! ? d : d + 1));
  const output =
    at === null || x.ndim === 0
      ? distinct
      : permute(distinct, [...back.slice(0, at), 0, ...back.slice(at)]);
  const found: UniqueResult = { output };
  if (returnInverse) {
    // Where the n-th of the sorted ones stood its group goes: the inverse permutation.
    const inverse = indexSelect(group, 0, order(op, reshape(byRank, [-1]), 0));
    found.inverseIndices = at === null ? reshape(inverse, x.shape) : inverse;
  }
  if (returnCounts) found.counts = diff(starts);
  return found;
}
