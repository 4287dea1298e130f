// The tests' rows of reductions, scans and sorting.
import * as sg from "../../../src/index.js";
import { type Family, on, op, type Table } from "../case.js";
import { E, type Edge, type Edges, ids, s, yes } from "../edge.js";
import { any, bools, fixed, ints, type Make, positive } from "../inputs.js";
import { badDim, badDims, dtype, f, late, type Refusals, shape, value } from "../refusal.js";

/** Every third element is 0: products of it still have gradients. */
const withZeros =
  (...sizes: number[]): Make =>
  (seed) => {
    const x = any(...sizes)(seed);
    const values = x.toTypedArray().map((v, i) => (i % 3 === 1 ? 0 : v));
    const made = sg.tensor(values, { shape: sizes, requiresGrad: x.requiresGrad });
    x.dispose();
    return made;
  };

/** Ascending. */
const ascending =
  (...sizes: number[]): Make =>
  () =>
    sg.tidy(() =>
      sg
        .arange(sizes.reduce((a, b) => a * b))
        .float()
        .mul(0.3)
        .reshape(sizes),
    );

const differentiable: Table = {
  aminmax: [on([any(3, 5)]), on([any(3, 5)], ([x]) => [x, { dim: 1, keepdim: true }])],
  cummax: [on([any(3, 5)], ([x]) => [x, 1]), on([any(5, 2)], ([x]) => [x, 0])],
  cummin: [on([any(3, 5)], ([x]) => [x, -1])],
  cumprod: [
    on([any(2, 4)], ([x]) => [x, 1]),
    on([withZeros(7, 2)], ([x]) => [x, 0]),
    on([any()], ([x]) => [x, 0]),
  ],
  cumsum: [on([any(3, 5)], ([x]) => [x, 1]), on([any(2, 3, 2)], ([x]) => [x, -2])],
  diff: [
    on([any(3, 5)]),
    on([any(4, 2), any(1, 2), any(2, 2)], ([x, prepend, append]) => [x, 2, 0, { prepend, append }]),
  ],
  kthvalue: [
    on([any(3, 5)], ([x]) => [x, 2]),
    on([any(3, 5)], ([x]) => [x, 3, 0, { keepdim: true }]),
  ],
  logcumsumexp: [on([any(2, 5)], ([x]) => [x, 1]), on([any(3, 2)], ([x]) => [x, 0])],
  median: [
    on([any(3, 5)]),
    on([any(3, 4)], ([x]) => [x, 1]),
    on([any(3, 2, 2)], ([x]) => [x, 1, { keepdim: true }]),
  ],
  mode: [on([any(3, 5)]), on([any(3, 5)], ([x]) => [x, 0, { keepdim: true }])],
  msort: [on([any(3, 5)])],
  nanmean: [on([any(3, 2, 2)], ([x]) => [x, [0, 2]]), on([any(5)])],
  nanmedian: [on([any(3, 5)]), on([any(3, 4)], ([x]) => [x, 1])],
  nanquantile: [on([any(3, 5)], ([x]) => [x, [0.3, 0.9], 1]), on([any(5)], ([x]) => [x, 0.4])],
  nansum: [on([any(3, 2, 2)], ([x]) => [x, [0, 2], { keepdim: true }]), on([any(5)])],
  norm: [
    on([any(3, 5)]),
    on([any(3, 2, 2)], ([x]) => [x, 3, [0, 2], { keepdim: true }]),
    on([positive(3, 5)], ([x]) => [x, 0.5, 1]),
    on([any(3, 5)], ([x]) => [x, 1, 0]),
    on([any(3, 5)], ([x]) => [x, Infinity, 1]),
    on([any(3, 5)], ([x]) => [x, -Infinity, 1]),
    on([any(2, 3)], ([x]) => [x, -1.5, 1]),
  ],
  prod: [
    on([any(2, 4)], ([x]) => [x, 1]),
    on([any(2, 3, 2)], ([x]) => [x, [0, 2], { keepdim: true }]),
    on([withZeros(4, 2)], ([x]) => [x, 0]),
    on([withZeros(2, 2)]),
  ],
  quantile: [
    on([any(3, 5)], ([x]) => [x, 0.3, 1]),
    on([any(3, 4)], ([x]) => [x, [0, 0.45, 1], 0, { interpolation: "midpoint", keepdim: true }]),
    on([any(7)], ([x]) => [x, [0.3, 0.7], null, { interpolation: "higher" }]),
  ],
  sort: [on([any(3, 5)]), on([any(5, 2)], ([x]) => [x, 0, { descending: true }])],
  stdMean: [on([any(3, 5)], ([x]) => [x, 1, { correction: 0 }])],
  topk: [on([any(3, 5)], ([x]) => [x, 2]), on([any(5, 2)], ([x]) => [x, 3, 0, { largest: false }])],
  varMean: [on([any(3, 5)], ([x]) => [x, [0, 1], { keepdim: true }])],
};

const underivable: Table = {
  argsort: [
    on([any(3, 5)]),
    on([ints(0, 4, 5, 3)], ([x]) => [x, 0, { descending: true }]),
    on([bools(7)]),
  ],
  bincount: [on([ints(0, 5, 9)]), on([ints(0, 5, 9), any(9)], ([x, weights]) => [x, weights, 7])],
  bucketize: [on([any(3, 5), ascending(5)]), on([any(7), ints(0, 5, 3)])],
  countNonzero: [on([withZeros(3, 5)]), on([bools(3, 5)], ([x]) => [x, 0])],
  histc: [on([any(3, 5)], ([x]) => [x, 5, -1, 1]), on([fixed(any(7))])],
  histogram: [
    on([any(3, 5)], ([x]) => [x, 4, { range: [-1, 1], density: true }]),
    on([any(7), ascending(4), any(7)], ([x, edges, weight]) => [x, edges, { weight }]),
  ],
  searchsorted: [
    on([ascending(2, 5), any(2, 3)]),
    on([ascending(5)], ([x]) => [x, 0.5, { right: true }]),
    on([any(5), any(3, 2), ints(0, 5, 5)], ([x, y, sorter]) => [x, y, { sorter }]),
  ],
  unique: [
    on([ints(0, 4, 3, 5)]),
    on([withZeros(3, 5)], ([x]) => [x, { returnInverse: true, returnCounts: true }]),
    on([ints(0, 2, 5, 2)], ([x]) => [x, { dim: 0, returnCounts: true }]),
    on([bools(2, 5)], ([x]) => [x, { dim: 1 }]),
  ],
  uniqueConsecutive: [
    on([ints(0, 2, 7)], ([x]) => [x, { returnInverse: true, returnCounts: true }]),
    on([bools(3, 5)], ([x]) => [x, { dim: -1 }]),
  ],
};

const folds = (name: string, ...first: unknown[]): Edge[] => [
  [() => op(name)(s(), ...first), []],
  [() => op(name)(s(), ...first, -1), []],
  [() => op(name)(E(0), ...first), []],
  [() => op(name)(E(0, 3), ...first, 0), [3]],
  [() => op(name)(E(2, 0, 3), ...first, [0, 2], { keepdim: true }), [1, 0, 1]],
];
const scans = (name: string, results = 1): Edge[] => [
  [() => op(name)(s(), 0), ...new Array<number[]>(results).fill([])],
  [() => op(name)(E(0, 3), 0), ...new Array<number[]>(results).fill([0, 3])],
  [() => op(name)(E(0, 3), 1), ...new Array<number[]>(results).fill([0, 3])],
  [() => op(name)(E(2, 1), 1), ...new Array<number[]>(results).fill([2, 1])],
];
const picks = (name: string, ...first: unknown[]): Edge[] => [
  [() => op(name)(s(), ...first, 0), [], []],
  [() => op(name)(E(0, 3), ...first, 1), [0], [0]],
  [() => op(name)(E(0, 3), ...first, 1, { keepdim: true }), [0, 1], [0, 1]],
];

const edges: Edges = {
  aminmax: [
    [() => sg.aminmax(s()), [], []],
    [() => sg.aminmax(E(0, 3), { dim: 1 }), [0], [0]],
  ],
  argsort: scans("argsort"),
  bincount: [
    [() => sg.bincount(ids(0)), [0]],
    [() => sg.bincount(ids(0), E(0), 3), [3]],
    [() => sg.bincount(yes(3)), [1]],
  ],
  bucketize: [
    [() => sg.bucketize(2, E(0)), []],
    [() => sg.bucketize(E(0, 2), E(3)), [0, 2]],
  ],
  countNonzero: [
    [() => sg.countNonzero(s()), []],
    [() => sg.countNonzero(E(0, 3), 0), [3]],
  ],
  cummax: scans("cummax", 2),
  cummin: scans("cummin", 2),
  cumprod: scans("cumprod"),
  cumsum: scans("cumsum"),
  diff: [
    [() => sg.diff(E(1)), [0]],
    [() => sg.diff(E(0, 3)), [0, 2]],
    [() => sg.diff(E(0, 3), 1, 0), [0, 3]],
    [() => sg.diff(E(3), 5), [0]],
    [() => sg.diff(E(3), 0), [3]],
  ],
  histc: [
    [() => sg.histc(s(), 3), [3]],
    [() => sg.histc(E(0)), [100]],
  ],
  histogram: [
    [() => sg.histogram(s(), 3), [3], [4]],
    [() => sg.histogram(E(0), E(2)), [1], [2]],
  ],
  kthvalue: picks("kthvalue", 1),
  logcumsumexp: scans("logcumsumexp"),
  median: [...picks("median"), [() => sg.median(s()), []], [() => sg.median(E(0, 3)), []]],
  mode: picks("mode"),
  msort: [
    [() => sg.msort(s()), []],
    [() => sg.msort(E(0, 3)), [0, 3]],
  ],
  nanmean: folds("nanmean"),
  nanmedian: [...picks("nanmedian"), [() => sg.nanmedian(s()), []]],
  nanquantile: [[() => sg.nanquantile(s(), 0.5), []]],
  nansum: folds("nansum"),
  norm: [...folds("norm", 2), ...folds("norm", 3), ...folds("norm", 0), ...folds("norm", 1)],
  prod: folds("prod"),
  quantile: [
    [() => sg.quantile(s(), 0.5), []],
    [() => sg.quantile(s(), [0.5, 1], 0), [2]],
    [() => sg.quantile(E(3), []), [0]],
  ],
  searchsorted: [
    [() => sg.searchsorted(E(0), s()), []],
    [() => sg.searchsorted(E(0, 3), E(0, 2)), [0, 2]],
    [() => sg.searchsorted(E(2, 0), E(2, 3)), [2, 3]],
  ],
  sort: scans("sort", 2),
  stdMean: [
    [() => sg.stdMean(s()), [], []],
    [() => sg.stdMean(E(0, 3), 0), [3], [3]],
  ],
  topk: [
    [() => sg.topk(s(), 1), [], []],
    [() => sg.topk(E(2, 3), 0), [2, 0], [2, 0]],
    [() => sg.topk(E(0, 3), 2), [0, 2], [0, 2]],
  ],
  unique: [
    [() => sg.unique(s()), [1]],
    [() => sg.unique(E(0)), [0]],
    [() => sg.unique(E(2, 0)), [0]],
    [() => sg.unique(E(3, 0), { dim: 0, returnCounts: true }), [1, 0], [1]],
    [() => sg.unique(E(0, 3), { dim: 0, returnInverse: true }), [0, 3], [0]],
  ],
  uniqueConsecutive: [
    [() => sg.uniqueConsecutive(s(), { returnInverse: true }), [1], []],
    [() => sg.uniqueConsecutive(E(0), { returnCounts: true }), [0], [0]],
  ],
  varMean: [
    [() => sg.varMean(s()), [], []],
    [() => sg.varMean(E(0, 3), 0), [3], [3]],
  ],
};

const nothing = sg.zeros([0]);
const minusOne = sg.tensor([0, -1], { dtype: "int32" });
const endless = sg.tensor([1, Infinity]);
const negative = sg.tensor([0, -7, 1], { dtype: "int32" });

const refusals: Refusals = {
  aminmax: badDim((x, dim) => sg.aminmax(x, { dim })),
  argsort: badDim((x, dim) => sg.argsort(x, dim)),
  bincount: [
    dtype(/x must be int32 or bool: got float32/, () => sg.bincount(f.v3)),
    shape(/x must be a vector: got \[2,3\]/, () => sg.bincount(f.int23)),
    shape(/weights must be \[3\]: got \[5\]/, () => sg.bincount(f.int3, f.v5)),
    value(/minlength must be an integer >= 0: got -1/, () => sg.bincount(f.int3, null, -1)),
    late(value(/must not be negative: got -7/, () => sg.bincount(negative))),
    late(value(/must not be negative: got -1/, () => sg.bincount(minusOne))),
  ],
  bucketize: [shape(/boundaries must be a vector: got \[2,3\]/, () => sg.bucketize(f.v3, f.m23))],
  countNonzero: badDims((x, dims) => sg.countNonzero(x, dims)),
  cummax: badDim((x, dim) => sg.cummax(x, dim)),
  cummin: badDim((x, dim) => sg.cummin(x, dim)),
  cumprod: badDim((x, dim) => sg.cumprod(x, dim)),
  cumsum: badDim((x, dim) => sg.cumsum(x, dim)),
  diff: [
    ...badDim((x, dim) => sg.diff(x, 1, dim)),
    value(/n must be an integer >= 0: got -1/, () => sg.diff(f.v3, -1)),
    shape(/a scalar has no neighbours/, () => sg.diff(f.scalar)),
    shape(/all dims but 1 must agree/, () => sg.diff(f.m23, 1, 1, { append: f.m13 })),
  ],
  histc: [
    dtype(/x must be float32: got int32/, () => sg.histc(f.int3)),
    value(/bins must be an integer in \[1, 16777216\]: got 0/, () => sg.histc(f.v3, 0)),
    value(/finite and ascending: got \[2, 1\]/, () => sg.histc(f.v3, 3, 2, 1)),
    late(value(/finite and ascending: got \[1, Infinity\]/, () => sg.histc(endless, 3))),
  ],
  histogram: [
    dtype(/x must be float32: got int32/, () => sg.histogram(f.int3, 3)),
    value(/bins must be an integer in \[1, 16777216\]: got 1.5/, () => sg.histogram(f.v3, 1.5)),
    value(/finite and ascending: got \[0, NaN\]/, () => sg.histogram(f.v3, 3, { range: [0, NaN] })),
    shape(/edges must be a vector of 2 or more: got \[2,3\]/, () => sg.histogram(f.v3, f.m23)),
    shape(/weight must be \[3\]: got \[5\]/, () => sg.histogram(f.v3, 3, { weight: f.v5 })),
  ],
  kthvalue: [
    ...badDim((x, dim) => sg.kthvalue(x, 1, dim)),
    value(/k must be an integer in \[1, 3\]: got 0/, () => sg.kthvalue(f.m23, 0)),
    value(/k must be an integer in \[1, 3\]: got 4/, () => sg.kthvalue(f.m23, 4)),
  ],
  logcumsumexp: [
    ...badDim((x, dim) => sg.logcumsumexp(x, dim)),
    dtype(/x must be float32: got int32/, () => sg.logcumsumexp(f.int3, 0)),
  ],
  median: [
    ...badDim((x, dim) => sg.median(x, dim)),
    shape(/an empty dim has no elements: got \[0,3\]/, () => sg.median(f.empty, 0)),
  ],
  mode: [
    ...badDim((x, dim) => sg.mode(x, dim)),
    shape(/an empty dim has no elements: got \[0,3\]/, () => sg.mode(f.empty, 0)),
  ],
  nanmean: [
    ...badDims((x, dims) => sg.nanmean(x, dims)),
    dtype(/x must be float32: got int32/, () => sg.nanmean(f.int3)),
  ],
  nanmedian: badDim((x, dim) => sg.nanmedian(x, dim)),
  nanquantile: [
    ...badDim((x, dim) => sg.nanquantile(x, 0.5, dim)),
    value(/q must be a number in \[0, 1\]: got NaN/, () => sg.nanquantile(f.v3, NaN)),
  ],
  nansum: badDims((x, dims) => sg.nansum(x, dims)),
  norm: [
    ...badDims((x, dims) => sg.norm(x, 2, dims)),
    dtype(/x must be float32: got int32/, () => sg.norm(f.int3)),
    shape(/an empty dim has no elements: got \[0,3\]/, () => sg.norm(f.empty, Infinity, 0)),
    value(/"nuc" takes two dims: got 1/, () => sg.norm(f.v3, "nuc")),
    value(/p must be a number: got NaN/, () => sg.norm(f.m23, NaN)),
  ],
  prod: badDims((x, dims) => sg.prod(x, dims)),
  quantile: [
    ...badDim((x, dim) => sg.quantile(x, 0.5, dim)),
    dtype(/x must be float32: got int32/, () => sg.quantile(f.int3, 0.5)),
    value(/q must be a number in \[0, 1\]: got 2/, () => sg.quantile(f.v3, [0.5, 2])),
    value(/q must be a number in \[0, 1\]: got 2/, () => sg.quantile(f.v3, f.v3)),
    value(/interpolation must be .*: got "cubic"/, () =>
      sg.quantile(f.v3, 0.5, null, { interpolation: "cubic" as "linear" }),
    ),
    shape(/needs elements: got \[0\]/, () => sg.quantile(nothing, 0.5)),
  ],
  searchsorted: [
    shape(/leading dims must agree: got \[2,3\] and \[4,5\]/, () => sg.searchsorted(f.m23, f.m45)),
    shape(/leading dims must agree: got \[2,3\] and \[\]/, () => sg.searchsorted(f.m23, 1)),
    shape(/sorter must be \[3\]: got \[2\]/, () => sg.searchsorted(f.v3, 1, { sorter: f.int2 })),
    value(/side and right contradict each other/, () =>
      sg.searchsorted(f.v3, 1, { right: true, side: "left" }),
    ),
  ],
  sort: badDim((x, dim) => sg.sort(x, dim)),
  stdMean: [
    ...badDims((x, dims) => sg.stdMean(x, dims)),
    dtype(/x must be float32: got int32/, () => sg.stdMean(f.int3)),
  ],
  topk: [
    ...badDim((x, dim) => sg.topk(x, 1, dim)),
    value(/k must be an integer in \[0, 3\]: got 4/, () => sg.topk(f.m23, 4)),
    value(/k must be an integer in \[0, 3\]: got 0.5/, () => sg.topk(f.m23, 0.5)),
  ],
  unique: badDim((x, dim) => sg.unique(x, { dim })),
  uniqueConsecutive: badDim((x, dim) => sg.uniqueConsecutive(x, { dim })),
  varMean: [
    ...badDims((x, dims) => sg.varMean(x, dims)),
    dtype(/x must be float32: got int32/, () => sg.varMean(f.int3)),
  ],
};

export const reduce: Family = {
  differentiable,
  underivable,
  edges,
  refusals,
  tolerant: ["msort"],
  spokenOf: {
    aminmax: ["aminmax", "amin"],
    diff: ["diff", "cat"],
    varMean: ["variance"],
    stdMean: ["std"],
  },
};
