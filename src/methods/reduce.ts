// Methods of reductions, scans and sorting.
import type { Tensor } from "../autograd/tensor.js";
import { mode, nanquantile, quantile } from "../ops/ranks.js";
import type { ReduceOptions, ValuesAndIndices } from "../ops/reduce.js";
import { cummax, cummin, cumprod, cumsum, diff, logcumsumexp, prod } from "../ops/scan.js";
import { bincount, bucketize, histc, histogram, searchsorted } from "../ops/search.js";
import { argsort, kthvalue, msort, sort, topk } from "../ops/sort.js";
import {
  aminmax,
  countNonzero,
  nanmean,
  nansum,
  norm,
  stdMean,
  varMean,
} from "../ops/statistics.js";
import type { UniqueAlone, UniqueOptions, UniqueResult } from "../ops/unique.js";

export const reduceMethods = {
  ...{ cumsum, cumprod, cummax, cummin, logcumsumexp, diff, prod },
  ...{ sort, argsort, msort, topk, kthvalue, mode, quantile, nanquantile },
  ...{ norm, varMean, stdMean, nansum, nanmean, countNonzero, aminmax },
  ...{ searchsorted, bucketize, bincount, histc, histogram },
};

/** The types of those that return a tensor or several. */
export interface OverloadedReduceMethods {
  /** The median of all elements, or along a dim with its indices: see `median`. */
  median(): Tensor;
  median(dim: number, options?: ReduceOptions): ValuesAndIndices;
  /** The median of what is not NaN: see `nanmedian`. */
  nanmedian(): Tensor;
  nanmedian(dim: number, options?: ReduceOptions): ValuesAndIndices;
  /** The distinct elements: see `unique`. */
  unique(options?: UniqueAlone & { sorted?: boolean }): Tensor;
  unique(options: UniqueOptions & { sorted?: boolean }): UniqueResult;
  /** The first of each run of equals: see `uniqueConsecutive`. */
  uniqueConsecutive(options?: UniqueAlone): Tensor;
  uniqueConsecutive(options: UniqueOptions): UniqueResult;
}
