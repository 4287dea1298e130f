// Reference rows of reductions, scans and sorting.
import * as sg from "../../../src/index.js";
import type { Tensor, ValuesAndIndices } from "../../../src/index.js";
import { CHAIN, EQUAL, EXACT, LAYERS, SUMS, ULPS } from "../fixtures.js";
import { type ReferenceFamily, rows } from "../row.js";

interface Args {
  readonly options: never;
  readonly dim: number;
  readonly dims: number | number[];
  readonly k: number;
  readonly n: number;
  readonly p?: number | "inf" | "-inf";
  readonly q: number | number[];
  readonly bins: number;
  readonly min: number;
  readonly max: number;
  readonly minlength: number;
}

/** Both results of an op. */
const both = ({ values, indices }: ValuesAndIndices): Tensor[] => [values, indices];
const distinct = ({ output, inverseIndices, counts }: sg.UniqueResult): Tensor[] => [
  output,
  inverseIndices!,
  counts!,
];
const NORMS = { inf: Infinity, "-inf": -Infinity };

// Values are moved, not computed, but for zeros that are as good as another; gradients may add up.
const moved = rows<Args>(EQUAL, SUMS, {
  aminmax: ([x], a) => Object.values(sg.aminmax(x, a.options)),
  cummax: ([x], a) => both(sg.cummax(x, a.dim)),
  cummin: ([x], a) => both(sg.cummin(x, a.dim)),
  kthvalue: ([x], a) => both(sg.kthvalue(x, a.k, a.dim, a.options)),
  median: ([x], a) => (a.dim === undefined ? sg.median(x) : both(sg.median(x, a.dim, a.options))),
  mode: ([x], a) => both(sg.mode(x, a.dim, a.options)),
  nanmedian: ([x], a) =>
    a.dim === undefined ? sg.nanmedian(x) : both(sg.nanmedian(x, a.dim, a.options)),
  topk: ([x], a) => both(sg.topk(x, a.k, a.dim, a.options)),
});

// The signs of zeros that gradients are made of are nobody's business.
const exact = rows<Args>(EXACT, EQUAL, {
  argsort: ([x], a) => sg.argsort(x, a.dim, a.options),
  bucketize: ([x, edges], a) => sg.bucketize(x, edges, a.options),
  countNonzero: ([x], a) => sg.countNonzero(x, a.dims),
  histc: ([x], a) => sg.histc(x, a.bins, a.min, a.max),
  msort: ([x]) => sg.msort(x),
  searchsorted: ([sorted, x], a) => sg.searchsorted(sorted, x, a.options),
  searchsortedBy: ([x, sorter, values]) => sg.searchsorted(x, values, { sorter }),
  sort: ([x], a) => both(sg.sort(x, a.dim, a.options)),
  unique: ([x], a) => distinct(sg.unique(x, { ...a, returnInverse: true, returnCounts: true })),
  uniqueConsecutive: ([x], a) =>
    distinct(sg.uniqueConsecutive(x, { ...a, returnInverse: true, returnCounts: true })),
});

const summed = rows<Args>(SUMS, SUMS, {
  bincount: ([x, weights], a) => sg.bincount(x, weights, a.minlength),
  cumsum: ([x], a) => sg.cumsum(x, a.dim),
  diff: ([x], a) => sg.diff(x, a.n, a.dim),
  histogram: ([x, weight], a) =>
    Object.values(sg.histogram(x, a.bins, { ...(a.options as object), weight })),
  histogramAt: ([x, edges]) => Object.values(sg.histogram(x, edges)),
  nanmean: ([x], a) => sg.nanmean(x, a.dims, a.options),
  nansum: ([x], a) => sg.nansum(x, a.dims, a.options),
  nanquantile: ([x], a) => sg.nanquantile(x, a.q, a.dim, a.options),
  quantile: ([x], a) => sg.quantile(x, a.q, a.dim, a.options),
});

// In float64, rounded once.
const multiplied = rows<Args>(ULPS, LAYERS, {
  cumprod: ([x], a) => sg.cumprod(x, a.dim),
  prod: ([x], a) => sg.prod(x, a.dims, a.options),
});

const chained = rows<Args>(CHAIN, LAYERS, {
  logcumsumexp: ([x], a) => sg.logcumsumexp(x, a.dim),
  norm: ([x], { p = 2, ...a }) => sg.norm(x, NORMS[p as "inf"] ?? (p as "nuc"), a.dims, a.options),
  stdMean: ([x], a) => sg.stdMean(x, a.dims, a.options),
  varMean: ([x], a) => sg.varMean(x, a.dims, a.options),
});

export const reduce: ReferenceFamily = {
  fixtures: ["reduceFolds", "reduceScans", "reduceSorts", "reduceRanks", "reduceSearches"],
  rows: { ...moved, ...exact, ...summed, ...multiplied, ...chained },
};
