// What ops of creation, views and movement, random numbers refuse.
import * as sg from "../../../src/index.js";
import {
  badDim,
  badShape,
  dtype,
  f,
  grad,
  index,
  late,
  type Refusals,
  shape,
  value,
} from "../refusal.js";

const none = sg.zeros([3, 0]);
const badCounts = f.int23.select(0, 1);
const mask = sg.tensor([0, 1, 1]);
const turned = f.m23.t();
const negative = sg.tensor([1, -1]);
const zeros = sg.zeros([2, 3]);
const wide = sg.zeros([1, 2, 3, 4, 5]);

const views: Refusals = {
  asStrided: [
    ...badShape((s) => sg.asStrided(f.m23, s, [1, 1])),
    value(/needs 1 strides: got \[\]/, () => sg.asStrided(f.v3, [2], [])),
    value(/strides and offset must be an integer >= 0: got -1/, () =>
      sg.asStrided(f.v3, [2], [-1], 2),
    ),
    index(/must lie in \[0, 3\): got 4/, () => sg.asStrided(f.v3, [3], [2])),
    index(/must lie in \[0, 3\): got 3/, () => sg.asStrided(f.v3, [3], [1], 1)),
  ],
  blockDiag: [
    value(/needs at least one/, () => sg.blockDiag([])),
    shape(/takes at most 2 dims: got \[2,3,4\]/, () => sg.blockDiag([f.cube])),
  ],
  broadcastTensors: [
    shape(/must broadcast.*a=\[2,3\], b=\[5\]/, () => sg.broadcastTensors([f.m23, f.v5])),
  ],
  cartesianProd: [
    value(/at least one tensor/, () => sg.cartesianProd([])),
    shape(/takes vectors: got \[\]/, () => sg.cartesianProd([f.v3, f.scalar])),
  ],
  diag: [
    shape(/takes a vector or a matrix: got \[2,3,4\]/, () => sg.diag(f.cube)),
    value(/offset must be an integer: got 0.5/, () => sg.diag(f.v3, 0.5)),
  ],
  diagEmbed: [
    shape(/takes at least 1 dims: got \[\]/, () => sg.diagEmbed(f.scalar)),
    value(/the two dims must differ: got 1/, () => sg.diagEmbed(f.v3, { dim1: 1 })),
    index(/dim must lie in \[-2, 1\]: got 2/, () => sg.diagEmbed(f.v3, { dim1: 2 })),
    shape(/at most 2\^30 elements/, () => sg.diagEmbed(f.v3, { offset: 1e6 })),
  ],
  diagonal: [
    ...badDim((x, dim) => sg.diagonal(x, { dim1: dim })),
    shape(/takes at least 2 dims: got \[3\]/, () => sg.diagonal(f.v3)),
    value(/the two dims must differ: got -1/, () => sg.diagonal(f.m23, { dim1: -1 })),
    value(/offset must be an integer: got NaN/, () => sg.diagonal(f.m23, { offset: NaN })),
  ],
  dsplit: [
    shape(/takes at least 3 dims: got \[2,3\]/, () => sg.dsplit(f.m23, 1)),
    value(/sections must divide 4: got 3/, () => sg.dsplit(f.cube, 3)),
  ],
  fliplr: [shape(/takes at least 2 dims: got \[3\]/, () => sg.fliplr(f.v3))],
  flipud: [shape(/takes at least 1 dim/, () => sg.flipud(f.scalar))],
  flip: [
    ...badDim(sg.flip),
    value(/each dim may be named once: got \[0,-2\]/, () => sg.flip(f.m23, [0, -2])),
  ],
  hsplit: [
    shape(/takes at least 2 dims: got \[\]/, () => sg.hsplit(f.scalar, 1)),
    value(/sections must divide 3: got 2/, () => sg.hsplit(f.m23, 2)),
  ],
  meshgrid: [
    value(/at least one tensor/, () => sg.meshgrid([])),
    shape(/takes vectors: got \[2,3\]/, () => sg.meshgrid([f.v3, f.m23])),
    value(/indexing must be ij or xy: got "yx"/, () =>
      sg.meshgrid([f.v3], { indexing: "yx" as "xy" }),
    ),
  ],
  movedim: [
    ...badDim((x, dim) => sg.movedim(x, dim, 0)),
    ...badDim((x, dim) => sg.movedim(x, 0, dim)),
    value(/as many dims, each once: got \[0\], \[0,1\]/, () => sg.movedim(f.m23, 0, [0, 1])),
    value(/as many dims, each once: got \[1,1\], \[0,1\]/, () =>
      sg.movedim(f.m23, [1, -1], [0, 1]),
    ),
  ],
  pad: [
    value(/mode must be constant or reflect or replicate or circular: got "mirror"/, () =>
      sg.pad(f.m23, [1, 1], { mode: "mirror" as "reflect" }),
    ),
    shape(/behind 1 or 2: got 1 of 1/, () => sg.pad(f.v3, [1, 1], { mode: "reflect" })),
    shape(/behind 1 or 2: got 1 of 5/, () => sg.pad(wide, [1, 1], { mode: "circular" })),
    shape(/behind 1 or 2: got 4 of 5/, () =>
      sg.pad(wide, [1, 1, 1, 1, 1, 1, 1, 1], { mode: "replicate" }),
    ),
    shape(/reflect can't take 3 elements from a dim of 3/, () =>
      sg.pad(f.m23, [0, 3], { mode: "reflect" }),
    ),
    shape(/circular can't take 4 elements from a dim of 3/, () =>
      sg.pad(f.m23, [4, 0], { mode: "circular" }),
    ),
    shape(/replicate can't take 1 elements from a dim of 0/, () =>
      sg.pad(none, [0, 1], { mode: "replicate" }),
    ),
  ],
  repeat: [
    ...badShape((s) => sg.repeat(f.m23, s)).slice(0, -1),
    shape(/needs a size for each of 2 dims: got \[2\]/, () => sg.repeat(f.m23, [2])),
    shape(/at most 2\^30 elements/, () => sg.repeat(f.m23, [2 ** 15, 2 ** 15])),
  ],
  repeatInterleave: [
    ...badDim((x, dim) => sg.repeatInterleave(x, 2, dim)),
    value(/repeats must be an integer >= 0: got -1/, () => sg.repeatInterleave(f.v3, -1)),
    value(/repeats must be an integer >= 0: got 1.5/, () => sg.repeatInterleave(f.v3, 1.5, 0)),
    dtype(/must be int32: got float32/, () => sg.repeatInterleave(f.v3, f.v3)),
    shape(/repeats must be \[2\] or one number: got \[3\]/, () =>
      sg.repeatInterleave(f.m23, f.int3, 0),
    ),
    late(
      value(/repeats must be an integer >= 0: got -7/, () =>
        sg.repeatInterleave(f.m23, badCounts, 1),
      ),
    ),
  ],
  roll: [
    ...badDim((x, dim) => sg.roll(x, 1, dim)),
    value(/equally many: got 2, 0/, () => sg.roll(f.m23, [1, 1])),
    value(/equally many: got 1, 2/, () => sg.roll(f.m23, 1, [0, 1])),
    value(/shifts must be an integer: got 0.5/, () => sg.roll(f.m23, 0.5, 0)),
  ],
  rot90: [
    ...badDim((x, dim) => sg.rot90(x, 1, [0, dim])),
    value(/k must be an integer: got NaN/, () => sg.rot90(f.m23, NaN)),
    value(/two dims must differ: got 0/, () => sg.rot90(f.m23, 1, [0, -2])),
    shape(/takes at least 2 dims: got \[3\]/, () => sg.rot90(f.v3)),
  ],
  tensorSplit: [
    ...badDim((x, dim) => sg.tensorSplit(x, 2, dim)),
    value(/sections must be an integer in \[1, 1048576\]: got 0/, () => sg.tensorSplit(f.v3, 0)),
    value(/sections must be an integer: got 0.5/, () => sg.tensorSplit(f.v3, [1, 0.5])),
    shape(/takes at least 1 dims: got \[\]/, () => sg.tensorSplit(f.scalar, 1)),
  ],
  tile: badShape((s) => sg.tile(f.m23, s)).slice(0, -1),
  tril: [
    shape(/takes at least 2 dims: got \[3\]/, () => sg.tril(f.v3)),
    value(/offset must be an integer: got 0.5/, () => sg.tril(f.m23, 0.5)),
  ],
  triu: [shape(/takes at least 2 dims: got \[\]/, () => sg.triu(f.scalar))],
  trilIndices: [value(/integers >= 0: got \[-1,2\]/, () => sg.trilIndices(-1, 2))],
  triuIndices: [
    value(/integers >= 0: got \[2,0.5\]/, () => sg.triuIndices(2, 0.5)),
    value(/offset must be an integer: got NaN/, () => sg.triuIndices(2, 2, NaN)),
  ],
  unflatten: [
    ...badDim((x, dim) => sg.unflatten(x, dim, [1, -1])),
    shape(/3 elements do not fill the shape \[2,-1\]/, () => sg.unflatten(f.m23, 1, [2, -1])),
    shape(/3 elements do not fill the shape \[3,2\]/, () => sg.unflatten(f.m23, 1, [3, 2])),
    value(/sizes must be integers >= 0: got \[1,-1\]/, () => sg.unflatten(f.m23, 1, [-1, -1])),
    shape(/3 elements do not fill the shape \[\]/, () => sg.unflatten(f.m23, 1, [])),
  ],
  unfold: [
    ...badDim((x, dim) => sg.unfold(x, dim, 1, 1)),
    value(/size must be an integer in \[0, 3\]: got 4/, () => sg.unfold(f.v3, 0, 4, 1)),
    value(/step must be an integer >= 1: got 0/, () => sg.unfold(f.v3, 0, 2, 0)),
    shape(/x must be \[N, C, H, W\] or \[C, H, W\]: got \[2,3\]/, () => sg.unfold(f.m23, 2)),
    shape(/a kernel of 5 .* does not fit into 4/, () => sg.unfold(f.images, 5)),
  ],
  view: [
    shape(/\[6\] needs a copy/, () => sg.view(turned, [6])),
    shape(/6 elements do not fill the shape \[4\]/, () => sg.view(f.m23, [4])),
  ],
  vsplit: [
    shape(/takes at least 2 dims: got \[3\]/, () => sg.vsplit(f.v3, 1)),
    value(/sections must divide 2: got 3/, () => sg.vsplit(f.m23, 3)),
  ],
  ...Object.fromEntries(
    (["hstack", "vstack", "dstack", "columnStack"] as const).map((name) => [
      name,
      [value(/needs at least one tensor/, () => sg[name]([]))],
    ]),
  ),
};

const chance: Refusals = {
  bernoulli: [
    dtype(/p must be float32: got int32/, () => sg.bernoulli(f.int3)),
    late(value(/p must lie in \[0, 1\]: got -1 to 1/, () => sg.bernoulli(negative))),
  ],
  exponential: [
    ...badShape((s) => sg.exponential(s)),
    value(/lambda must be a number >= 5e-324: got 0/, () => sg.exponential([2], 0)),
    dtype(/float32: got int32/, () => sg.exponential([2], 1, { dtype: "int32" })),
  ],
  gumbel: badShape((s) => sg.gumbel(s)),
  gumbelSoftmax: [
    ...badDim((x, dim) => sg.gumbelSoftmax(x, { dim })),
    dtype(/logits must be float32: got bool/, () => sg.gumbelSoftmax(f.bool3)),
    value(/tau must be a number >= 5e-324: got 0/, () => sg.gumbelSoftmax(f.v3, { tau: 0 })),
  ],
  logspace: [
    value(/sizes must be integers >= 0: got \[-1\]/, () => sg.logspace(0, 1, -1)),
    value(/must be finite: got 0, Infinity/, () => sg.logspace(0, Infinity, 2)),
    dtype(/dtype must be/, () => sg.logspace(0, 1, 2, 10, { dtype: "float64" as "float32" })),
    dtype(/only float32 tensors have gradients/, () =>
      sg.logspace(0, 1, 2, 10, { dtype: "int32", requiresGrad: true }),
    ),
  ],
  multinomial: [
    dtype(/weights must be float32: got int32/, () => sg.multinomial(f.int3, 1)),
    shape(/must be \[C\] or \[rows, C\], C > 0: got \[2,3,4\]/, () => sg.multinomial(f.cube, 1)),
    shape(/must be \[C\] .*: got \[3,0\]/, () => sg.multinomial(none, 1)),
    value(/k must be an integer in \[1, 3\]: got 4/, () => sg.multinomial(f.v3, 4)),
    value(/k must be an integer >= 1: got 0/, () => sg.multinomial(f.v3, 0, { replacement: true })),
    late(value(/weights must be finite, >= 0/, () => sg.multinomial(negative, 1))),
    late(value(/weights must be .* > 0 for all that is drawn/, () => sg.multinomial(zeros, 1))),
    late(value(/weights must be .* > 0 for all that is drawn/, () => sg.multinomial(mask, 3))),
    late(
      value(/weights must be .* > 0 for all that is drawn/, () =>
        sg.multinomial(zeros, 1, { replacement: true }),
      ),
    ),
  ],
  normal: [
    dtype(/mean and std must be float32: got int32/, () => sg.normal(f.int3, 1)),
    shape(/must broadcast/, () => sg.normal(f.v3, f.v5)),
    late(value(/std must be >= 0: got -1 to 1/, () => sg.normal(0, negative))),
    value(/std must be a number >= 0: got -1/, () => sg.normal(f.v3, -1)),
  ],
  uniform_: [
    dtype(/x must be float32: got int32/, () => f.int3.uniform_()),
    grad(/a leaf that requires gradients/, () => f.leaf.uniform_()),
    value(/low must not exceed high/, () => f.v3.uniform_(1, 0)),
  ],
  normal_: [
    dtype(/x must be float32: got bool/, () => f.bool3.normal_()),
    grad(/an expanded tensor shares elements/, () => f.expanded.normal_()),
    value(/std must be >= 0/, () => f.v3.normal_(0, -1)),
  ],
  exponential_: [
    dtype(/x must be float32: got int32/, () => f.int3.exponential_()),
    value(/lambda must be a number >= 5e-324: got -1/, () => f.v3.exponential_(-1)),
  ],
  bernoulli_: [
    value(/p must be a number in \[0, 1\]: got 2/, () => f.v3.bernoulli_(2)),
    grad(/a view that takes part in a graph/, () => f.row.bernoulli_()),
  ],
};

export const refusals: Refusals = { ...views, ...chance };

/** Names in the brackets of errors: what does the work speaks. */
export const spokenOf: Readonly<Record<string, readonly string[]>> = {
  diag: ["diag", "diagEmbed", "diagonal"],
  logspace: ["logspace", "linspace"],
  uniform_: ["uniform_", "uniform"],
  normal_: ["normal_", "normal"],
  exponential_: ["exponential_", "exponential"],
  bernoulli_: ["bernoulli_", "bernoulli"],
};

/** Ops that refuse nothing, or whose rules are those of the ops they call. */
export const tolerant: readonly string[] = [
  ...["atleast1d", "atleast2d", "atleast3d"],
  ...["broadcastTo", "expandAs", "moveaxis", "reshapeAs", "swapaxes", "viewAs"],
];
