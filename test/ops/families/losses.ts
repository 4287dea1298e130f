// The tests' rows of losses.
import * as sg from "../../../src/index.js";
import type { Tensor } from "../../../src/index.js";
import { type Family, on, type Table } from "../case.js";
import { E, type Edges, ids, s } from "../edge.js";
import { any, chances, fixed, ints, type Make, positive, unit } from "../inputs.js";
import { layer, type LayerCases } from "../layer.js";
import { dtype, f, index, late, type Refusal, type Refusals, shape, value } from "../refusal.js";

const { nn } = sg;

/** 1 and -1 in turns. */
const signs =
  (...shape: number[]): Make =>
  () => {
    const n = shape.reduce((a, b) => a * b, 1);
    return sg.tensor(
      Float32Array.from({ length: n }, (_, i) => 1 - 2 * (i % 2)),
      { shape },
    );
  };

const differentiable: Table = {
  smoothL1Loss: [
    on([any(3, 5), any(3, 5)], ([x, y]) => [x, y, { beta: 0.6, reduction: "none" }]),
    on([any(7), any(7)]),
  ],
  huberLoss: [on([any(3, 5), any(3, 5)], ([x, y]) => [x, y, { delta: 0.6, reduction: "sum" }])],
  bce: [
    on([unit(3, 5), chances(3, 5)], ([x, y]) => [x!.sigmoid(), y]),
    on([unit(7), fixed(chances(7)), positive(7)], ([x, y, weight]) => [
      ...[x!.sigmoid(), y],
      { weight, reduction: "none" },
    ]),
  ],
  klDiv: [
    on([any(3, 5), chances(3, 5)], ([x, y]) => [x, y, { reduction: "batchmean" }]),
    on([any(7), any(7)], ([x, y]) => [x, y, { logTarget: true }]),
  ],
  poissonNLLLoss: [
    on([any(3, 5), positive(3, 5)], ([x, y]) => [x, y, { full: true, reduction: "none" }]),
    on([positive(7), positive(7)], ([x, y]) => [x, y, { logInput: false }]),
  ],
  gaussianNLLLoss: [
    on([any(3, 5), any(3, 5), positive(3)], ([x, y, v]) => [x, y, v, { full: true }]),
    on([any(7), any(7), positive(7)], ([x, y, v]) => [x, y, v, { reduction: "none" }]),
  ],
  focalLoss: [
    on([any(3, 5), chances(3, 5)], ([x, y]) => [x, y, { reduction: "sum" }]),
    on([any(7), chances(7)], ([x, y]) => [x, y, { alpha: -1, gamma: 3 }]),
  ],
  diceLoss: [on([chances(2, 3, 5), chances(2, 3, 5)])],
  l1Penalty: [on([any(3, 5), any(7)], (x) => [x])],
  l2Penalty: [on([any(3, 5), any()], (x) => [x])],
  hingeEmbeddingLoss: [on([any(3, 5), signs(3, 5)], ([x, y]) => [x, y, { margin: 0.55 }])],
  softMarginLoss: [on([any(3, 5), signs(3, 5)]), on([any(7), any(7)])],
  multiMarginLoss: [
    on([unit(3, 5), ints(0, 5, 3), positive(5)], ([x, y, weight]) => [x, y, { weight, p: 2 }]),
    on([unit(5), ints(3, 4)], ([x, y]) => [x, y, { margin: 3 }]),
    on([unit(5), ints(3, 4, 1)], ([x, y]) => [x, y, { margin: 3 }]),
  ],
  multilabelMarginLoss: [
    on([any(2, 3), ints(-1, 2, 2, 3)], ([x, y]) => [x, y, { reduction: "sum" }]),
    on([any(3), ints(0, 3, 3)]),
  ],
  multilabelSoftMarginLoss: [
    on([any(3, 5), chances(3, 5), positive(5)], ([x, y, weight]) => [x, y, { weight }]),
  ],
  marginRankingLoss: [on([any(7), any(7), signs(7)], (x) => [...x, { margin: 0.45 }])],
  cosineEmbeddingLoss: [
    on([any(3, 5), any(3, 5), signs(3)], (x) => [...x, { margin: -1, reduction: "none" }]),
    on([any(5), any(5), signs()]),
  ],
  tripletMarginLoss: [
    on([any(3, 5), any(3, 5), any(3, 5)], (x) => [...x, { margin: 4, swap: true }]),
    on([any(5), any(5), any(5)], (x) => [...x, { margin: 4, p: 3 }]),
  ],
  tripletMarginWithDistanceLoss: [
    on([any(3, 5), any(3, 5), any(3, 5)], (x) => [
      ...x,
      { margin: 9, distanceFunction: (a: Tensor, b: Tensor) => a.sub(b).square().sum(-1) },
    ]),
    on([any(3, 5), any(3, 5), any(3, 5)], (x) => [...x, { margin: 4 }]),
  ],
};

/** It has a first derivative, of log-probabilities that come from logSoftmax: test/ops/ctc.test.ts. */
const underivable: Table = {
  ctcLoss: [
    on([fixed(any(5, 2, 3)), ints(1, 3, 2, 2)], ([x, y]) => [x, y, [5, 4], [2, 1]]),
    on([fixed(any(5, 2, 3)), ints(1, 3, 3)], ([x, y]) => [x, y, [5, 4], [2, 1], { reduction: "none" }]), // prettier-ignore
    on([fixed(any(5, 3)), ints(1, 3, 2)], ([x, y]) => [x, y, 5, 2]),
  ],
};

type Pair = (x: Tensor, y: Tensor, options?: { reduction?: "none" }) => Tensor;
const pairs: Record<string, Pair> = {
  smoothL1Loss: sg.smoothL1Loss,
  huberLoss: sg.huberLoss,
  bce: sg.bce,
  klDiv: sg.klDiv,
  poissonNLLLoss: sg.poissonNLLLoss,
  focalLoss: sg.focalLoss,
  hingeEmbeddingLoss: sg.hingeEmbeddingLoss,
  softMarginLoss: sg.softMarginLoss,
};

const edges: Edges = {
  ...Object.fromEntries(
    Object.entries(pairs).map(([name, loss]) => [
      name,
      [
        [() => loss(s(), s()), []],
        [() => loss(E(0, 3), E(0, 3), { reduction: "none" }), [0, 3]],
      ],
    ]),
  ),
  focalLoss: [
    [() => sg.focalLoss(s(), s()), []],
    [() => sg.focalLoss(E(0), E(0), { reduction: "mean" }), []],
  ],
  gaussianNLLLoss: [
    [() => sg.gaussianNLLLoss(s(), s(), s()), []],
    [() => sg.gaussianNLLLoss(E(0, 3), E(0, 3), E(0)), []],
    [() => sg.gaussianNLLLoss(E(2, 0), E(2, 0), E(2, 1), { reduction: "none" }), [2, 0]],
  ],
  diceLoss: [
    [() => sg.diceLoss(E(0, 2, 3), E(0, 2, 3), { reduction: "none" }), [0, 2]],
    [() => sg.diceLoss(E(2, 2, 0), E(2, 2, 0), { reduction: "none" }), [2, 2]],
  ],
  l1Penalty: [
    [() => sg.l1Penalty(s()), []],
    [() => sg.l1Penalty([E(0), E(2, 0)]), []],
  ],
  l2Penalty: [[() => sg.l2Penalty(E(0)), []]],
  multiMarginLoss: [
    [() => sg.multiMarginLoss(E(3), ids()), []],
    [() => sg.multiMarginLoss(E(0, 3), ids(0), { reduction: "none" }), [0]],
  ],
  multilabelMarginLoss: [
    [() => sg.multilabelMarginLoss(E(3), ids(3)), []],
    [() => sg.multilabelMarginLoss(E(0, 3), ids(0, 3), { reduction: "none" }), [0]],
  ],
  multilabelSoftMarginLoss: [
    [() => sg.multilabelSoftMarginLoss(E(3), E(3)), []],
    [() => sg.multilabelSoftMarginLoss(E(0, 3), E(0, 3), { reduction: "none" }), [0]],
  ],
  marginRankingLoss: [
    [() => sg.marginRankingLoss(s(), s(), s()), []],
    [() => sg.marginRankingLoss(E(0), E(0), E(0), { reduction: "none" }), [0]],
  ],
  cosineEmbeddingLoss: [
    [() => sg.cosineEmbeddingLoss(E(3), E(3), s()), []],
    [() => sg.cosineEmbeddingLoss(E(0, 3), E(0, 3), E(0)), []],
    [() => sg.cosineEmbeddingLoss(E(2, 0), E(2, 0), E(2), { reduction: "none" }), [2]],
  ],
  tripletMarginLoss: [
    [() => sg.tripletMarginLoss(E(3), E(3), E(3)), []],
    [() => sg.tripletMarginLoss(E(0, 3), E(0, 3), E(0, 3), { reduction: "none" }), [0]],
  ],
  tripletMarginWithDistanceLoss: [
    [() => sg.tripletMarginWithDistanceLoss(E(0, 3), E(0, 3), E(0, 3)), []],
  ],
  ctcLoss: [
    [() => sg.ctcLoss(E(5, 3), ids(2), 5, 2), []],
    [() => sg.ctcLoss(E(5, 2, 3), ids(0), [5, 0], [0, 0], { reduction: "none" }), [2]],
    [() => sg.ctcLoss(E(5, 0, 3), ids(0, 2), [], [], { reduction: "none" }), [0]],
    [() => sg.ctcLoss(E(0, 2, 3), ids(2, 0), [0, 0], [0, 0]), []],
  ],
};

const bad = { reduction: "max" as never };
const pair = (op: (x: Tensor, y: Tensor, options?: never) => Tensor): Refusal[] => [
  shape(/one shape: got \[2,3\] and \[3\]/, () => op(f.m23, f.v3)),
  dtype(/the input must be float32: got int32/, () => op(f.int3, f.v3)),
  value(/reduction must be .*: got "max"/, () => op(f.v3, f.v3, bad as never)),
];

const refusals: Refusals = {
  smoothL1Loss: [
    ...pair(sg.smoothL1Loss),
    value(/beta must be a number >= 0: got -1/, () => sg.smoothL1Loss(f.v3, f.v3, { beta: -1 })),
  ],
  huberLoss: [
    ...pair(sg.huberLoss),
    value(/delta must be a number >= .*: got 0/, () => sg.huberLoss(f.v3, f.v3, { delta: 0 })),
  ],
  bce: [
    ...pair(sg.bce),
    late(value(/must lie in \[0, 1\]: got 1 to 3/, () => sg.bce(f.v3, f.v3))),
    shape(/must broadcast/, () => sg.bce(f.v3, f.v3, { weight: f.v5 })),
  ],
  klDiv: pair(sg.klDiv),
  poissonNLLLoss: [
    ...pair(sg.poissonNLLLoss),
    value(/eps must be a number: got NaN/, () => sg.poissonNLLLoss(f.v3, f.v3, { eps: NaN })),
  ],
  gaussianNLLLoss: [
    shape(/one shape/, () => sg.gaussianNLLLoss(f.m23, f.v3, f.m23)),
    shape(/one for each element or row of \[2,3\]: got \[3\]/, () =>
      sg.gaussianNLLLoss(f.m23, f.m23, f.v3),
    ),
    dtype(/variance must be float32: got int32/, () => sg.gaussianNLLLoss(f.m23, f.m23, f.int23)),
    value(/eps must be a number >= .*: got 0/, () =>
      sg.gaussianNLLLoss(f.v3, f.v3, f.v3, { eps: 0 }),
    ),
    late(value(/no variance may be negative: got -1/, () => sg.gaussianNLLLoss(f.v3, f.v3, minus))),
  ],
  focalLoss: [
    ...pair(sg.focalLoss),
    value(/gamma must be a number >= 0: got -1/, () => sg.focalLoss(f.v3, f.v3, { gamma: -1 })),
    value(/alpha must be a number: got NaN/, () => sg.focalLoss(f.v3, f.v3, { alpha: NaN })),
  ],
  diceLoss: [
    ...pair(sg.diceLoss),
    shape(/must be \[N, C, d1, ...\]: got \[2,3\]/, () => sg.diceLoss(f.m23, f.m23)),
  ],
  l1Penalty: [
    value(/got no parameters/, () => sg.l1Penalty([])),
    dtype(/a parameter must be float32: got int32/, () => sg.l1Penalty([f.v3, f.int3])),
  ],
  l2Penalty: [value(/got no parameters/, () => sg.l2Penalty([]))],
  hingeEmbeddingLoss: [
    ...pair(sg.hingeEmbeddingLoss),
    value(/margin must be a number: got NaN/, () =>
      sg.hingeEmbeddingLoss(f.v3, f.v3, { margin: NaN }),
    ),
  ],
  softMarginLoss: pair(sg.softMarginLoss),
  multiMarginLoss: [
    dtype(/targets must be int32: got float32/, () => sg.multiMarginLoss(f.m23, f.v3)),
    shape(/got \[2,3\] and \[3\]/, () => sg.multiMarginLoss(f.m23, f.int3)),
    shape(/got \[2,3,4\]/, () => sg.multiMarginLoss(f.cube, f.int23)),
    shape(/got \[3\] and \[2\]/, () => sg.multiMarginLoss(f.v3, f.int2)),
    shape(/got \[\] and \[3\]/, () => sg.multiMarginLoss(f.scalar, f.int3)),
    value(/p must be 1 or 2: got 3/, () => sg.multiMarginLoss(f.m23, f.int2, { p: 3 as 2 })),
    shape(/weight must be \[3\]: got \[5\]/, () =>
      sg.multiMarginLoss(f.m23, f.int2, { weight: f.v5 }),
    ),
    late(index(/got 9/, () => sg.multiMarginLoss(f.m55, f.int5))),
  ],
  multilabelMarginLoss: [
    shape(/got \[2,3\] and \[3\]/, () => sg.multilabelMarginLoss(f.m23, f.int3)),
    dtype(/targets must be int32/, () => sg.multilabelMarginLoss(f.v3, f.v3)),
    late(index(/got 9/, () => sg.multilabelMarginLoss(f.v5, f.int5))),
  ],
  multilabelSoftMarginLoss: [
    ...pair(sg.multilabelSoftMarginLoss),
    shape(/must broadcast/, () => sg.multilabelSoftMarginLoss(f.v3, f.v3, { weight: f.v5 })),
  ],
  marginRankingLoss: [
    shape(/one shape/, () => sg.marginRankingLoss(f.m23, f.v3, f.v3)),
    shape(/one shape/, () => sg.marginRankingLoss(f.m23, f.m23, f.v3)),
    value(/margin must be a number: got NaN/, () =>
      sg.marginRankingLoss(f.v3, f.v3, f.v3, { margin: NaN }),
    ),
  ],
  cosineEmbeddingLoss: [
    shape(/one shape/, () => sg.cosineEmbeddingLoss(f.m23, f.v3, f.v3)),
    shape(/got \[2,3\] and \[3\]/, () => sg.cosineEmbeddingLoss(f.m23, f.m23, f.v3)),
    value(/margin must be a number: got NaN/, () =>
      sg.cosineEmbeddingLoss(f.v3, f.v3, f.scalar, { margin: NaN }),
    ),
  ],
  tripletMarginLoss: [
    shape(/one shape/, () => sg.tripletMarginLoss(f.m23, f.m23, f.v3)),
    value(/p must be a number >= .*: got 0/, () =>
      sg.tripletMarginLoss(f.v3, f.v3, f.v3, { p: 0 }),
    ),
    value(/margin must be a number: got NaN/, () =>
      sg.tripletMarginLoss(f.v3, f.v3, f.v3, { margin: NaN }),
    ),
  ],
  tripletMarginWithDistanceLoss: [
    shape(/one shape/, () =>
      sg.tripletMarginWithDistanceLoss(f.m23, f.v3, f.v3, { distanceFunction: sg.sub }),
    ),
  ],
  ctcLoss: [
    shape(/must be \[T, N, C\] or \[T, C\]: got \[3\]/, () => sg.ctcLoss(f.v3, f.int3, 3, 3)),
    dtype(/logProbs must be float32/, () => sg.ctcLoss(f.int23, f.int3, 2, 3)),
    dtype(/targets must be int32: got float32/, () => sg.ctcLoss(f.m23, f.v3, 2, 3)),
    shape(/targets must be \[3, S\] or one vector: got \[2,3\]/, () =>
      sg.ctcLoss(f.cube, f.int23, [2, 2, 2], [1, 1, 1]),
    ),
    value(/inputLengths must be 1 integers from 0 to 2: got \[3\]/, () =>
      sg.ctcLoss(f.m23, f.int3, 3, 3),
    ),
    value(/targetLengths must be 1 integers from 0 to 3: got \[0.5\]/, () =>
      sg.ctcLoss(f.m23, f.int3, 2, 0.5),
    ),
    value(/targetLengths must add up to 3: got \[2\]/, () => sg.ctcLoss(f.m23, f.int3, 2, [2])),
    value(/blank must be an integer in \[0, 2\]: got 3/, () =>
      sg.ctcLoss(f.m23, f.int3, 2, 3, { blank: 3 }),
    ),
    value(/blank must be an integer in \[0, 2\]: got -1/, () =>
      sg.ctcLoss(f.m23, f.int3, 2, 3, { blank: -1 }),
    ),
    value(/reduction must be/, () => sg.ctcLoss(f.m23, f.int3, 2, 3, bad)),
    late(index(/must lie in \[0, 4\]: got 9 at 2/, () => sg.ctcLoss(f.m55, f.int5, 5, 5))),
  ],
};
const minus = sg.tensor([1, -1, 2]);

const layers: LayerCases = {
  BCELoss: layer(() => new nn.BCELoss(), chances(3), fixed(chances(3))),
  CTCLoss: layer(() => new nn.CTCLoss({ zeroInfinity: true }), any(5, 3), ints(1, 3, 2), lengthOf(5), lengthOf(2)), // prettier-ignore
  CosineEmbeddingLoss: layer(() => new nn.CosineEmbeddingLoss(), any(3, 5), any(3, 5), signs(3)),
  DiceLoss: layer(() => new nn.DiceLoss(), chances(1, 2, 3), fixed(chances(1, 2, 3))),
  FocalLoss: layer(() => new nn.FocalLoss({ reduction: "mean" }), any(3), fixed(chances(3))),
  GaussianNLLLoss: layer(() => new nn.GaussianNLLLoss(), any(3), fixed(any(3)), positive(3)),
  HingeEmbeddingLoss: layer(() => new nn.HingeEmbeddingLoss({ margin: 2 }), any(3), signs(3)),
  HuberLoss: layer(() => new nn.HuberLoss({ delta: 2 }), any(3), fixed(any(3))),
  KLDivLoss: layer(() => new nn.KLDivLoss({ reduction: "batchmean" }), any(3), fixed(chances(3))),
  MarginRankingLoss: layer(() => new nn.MarginRankingLoss(), any(3), any(3), signs(3)),
  MultiLabelMarginLoss: layer(() => new nn.MultiLabelMarginLoss(), any(3), ints(0, 3, 3)),
  MultiLabelSoftMarginLoss: layer(() => new nn.MultiLabelSoftMarginLoss(), any(3), fixed(chances(3))), // prettier-ignore
  MultiMarginLoss: layer(() => new nn.MultiMarginLoss({ p: 2 }), any(3, 5), ints(0, 5, 3)),
  PoissonNLLLoss: layer(() => new nn.PoissonNLLLoss({ full: true }), any(3), fixed(positive(3))),
  SmoothL1Loss: layer(() => new nn.SmoothL1Loss({ beta: 2 }), any(3), fixed(any(3))),
  SoftMarginLoss: layer(() => new nn.SoftMarginLoss(), any(3), signs(3)),
  TripletMarginLoss: layer(() => new nn.TripletMarginLoss({ margin: 9 }), any(5), any(5), any(5)),
  TripletMarginWithDistanceLoss: layer(() => new nn.TripletMarginWithDistanceLoss(), any(5), any(5), any(5)), // prettier-ignore
};

/** One length, as a tensor. */
function lengthOf(n: number): Make {
  return () => sg.tensor([n], { dtype: "int32" });
}

export const losses: Family = {
  differentiable,
  underivable,
  edges,
  refusals,
  layers,
  functionsOnly: [...Object.keys(differentiable), "ctcLoss"],
  spokenOf: {
    multiMarginLoss: ["multiMarginLoss", "gather"],
    multilabelMarginLoss: ["multilabelMarginLoss", "scatterAdd"],
    bce: ["bce", "broadcast"],
  },
};
