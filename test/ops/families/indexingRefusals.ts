// How indexing, gathering and scattering refuse bad input.
import * as sg from "../../../src/index.js";
import type { Tensor } from "../../../src/index.js";
import type { Refusals } from "../refusal.js";
import { badDim, dtype, f, grad, index, late, shape, value } from "../refusal.js";

const { slice } = sg;
const outside = sg.tensor(Int32Array.of(0, 3));
const below = sg.tensor(Int32Array.of(0, -3));
/** The first one counts from the end. */
const behind = sg.tensor(Int32Array.of(-1, 3));
const first = sg.tensor(Int32Array.of(0));
const three = sg.tensor(Int32Array.of(3));
const one = sg.ones([2, 3]);
const down = sg.tensor(Int32Array.of(0, 2, 1));
const zero = sg.zeros([], { dtype: "int32" });

/** What the ops have in common that write entries of a dim. */
const entries = (
  call: (x: Tensor, dim: number, index: Tensor, source: Tensor) => unknown,
): readonly ReturnType<typeof shape>[] => [
  ...badDim((x, dim) => call(x, dim, f.int2, f.m23)),
  dtype(/index must be int32: got float32/, () => call(f.m23, 0, f.v3, f.m23)),
  shape(/index must be a vector: got \[2,3\]/, () => call(f.m23, 0, f.int23, f.m23)),
  shape(/a scalar has no dim/, () => call(f.scalar, 0, f.int2, f.scalar)),
];
const sources = (
  call: (x: Tensor, dim: number, index: Tensor, source: Tensor) => unknown,
): readonly ReturnType<typeof shape>[] => [
  ...entries(call),
  dtype(/source must be float32, as x is: got int32/, () => call(f.m23, 0, f.int2, f.int23)),
  shape(/source must be \[2,3\].*got \[4,5\]/, () => call(f.m23, 0, f.int2, f.m45)),
  late(index(/index 3 is out of range for dim 0 of size 2/, () => call(one, 0, outside, f.m23))),
  late(index(/index -3 is out of range for dim 0 of size 2/, () => call(one, 0, below, f.m23))),
];
const scatters = (
  call: (x: Tensor, dim: number, index: Tensor, src: Tensor) => unknown,
): readonly ReturnType<typeof shape>[] => [
  ...badDim((x, dim) => call(x, dim, f.int23, f.m23)),
  dtype(/index must be int32/, () => call(f.v3, 0, f.v3, f.v3)),
  dtype(/src must be float32, as x is: got int32/, () => call(f.v3, 0, f.int3, f.int3)),
  shape(/index must have x's dims.*\[3\] and \[2,3\]/, () => call(f.v3, 0, f.int23, f.v3)),
  shape(/src must cover index: got \[3\] and \[5\]/, () => call(f.v5, 0, f.int5, f.v3)),
  late(index(/got 9 at position 2/, () => call(f.v3, 0, f.int5, f.v5))),
];
const inPlace = (call: (x: Tensor) => unknown): readonly ReturnType<typeof shape>[] => [
  grad(/a leaf that requires gradients/, () => call(f.leaf)),
  grad(/an expanded tensor shares elements/, () => call(f.expanded)),
  grad(/a view that takes part in a graph/, () => call(f.row)),
];
const puts = (
  call: (x: Tensor, indices: sg.Index[], value: Tensor | number) => unknown,
): readonly ReturnType<typeof shape>[] => [
  index(/too many indices for \[3\]: it has 1 dims/, () => call(f.v3, [0, 0], 1)),
  index(/index 3 is out of range for dim 0 of size 3/, () => call(f.v3, [3], 1)),
  late(index(/index 3 is out of range for dim 0 of size 3/, () => call(f.v3, [outside], 1))),
  value(/only slices with a step > 0/, () => call(f.v3, [slice(null, null, -1)], 1)),
  shape(/\[5\] cannot be expanded to \[3\]/, () => call(f.m23, [1], f.v5)),
];
const masks = (call: (x: Tensor, mask: Tensor) => unknown): readonly ReturnType<typeof shape>[] => [
  dtype(/mask must be bool: got float32/, () => call(f.v3, f.v3)),
];
const uncovered = /\[3\] cannot be expanded to \[5\]/;

export const indexingRefusals: Refusals = {
  at: [
    index(/index 2 is out of range for dim 0 of size 2/, () => f.m23.at(2)),
    index(/index -4 is out of range for dim 1 of size 3/, () => f.m23.at(0, -4)),
    index(/index 0.5 is out of range/, () => f.m23.at(0.5)),
    index(/too many indices for \[2,3\]: it has 2 dims/, () => f.m23.at(0, "...", 0, 0)),
    index(/an index can't be "all"/, () => f.m23.at("all" as unknown as number)),
    index(/only one "..."/, () => f.m23.at("...", "...")),
    index(/a mask must have the sizes of its dims, \[2\]: got \[3\]/, () => f.m23.at(f.bool3)),
    dtype(/index tensors must be int32 or bool: got float32/, () => f.m23.at(f.v3)),
    shape(/must broadcast.*a=\[3\], b=\[2\]/, () => f.m23.at(f.int3, f.int2)),
    late(index(/index 3 is out of range for dim 1 of size 3/, () => f.m23.at(0, outside))),
    late(index(/index 3 is out of range for dim 1 of size 3/, () => f.m23.at(0, behind))),
    late(index(/index -3 is out of range for dim 0 of size 2/, () => f.m23.at(below, 0))),
  ],
  take: [
    dtype(/index must be int32: got float32/, () => sg.take(f.v3, f.v3)),
    late(index(/index 9 is out of range for dim 0 of size 3/, () => sg.take(f.v3, f.int5))),
  ],
  takeAlongDim: [
    ...badDim((x, dim) => sg.takeAlongDim(x, f.int23, dim)),
    dtype(/index must be int32/, () => sg.takeAlongDim(f.v3, f.v3, 0)),
    shape(/index must have x's dims/, () => sg.takeAlongDim(f.m23, f.int3, 0)),
    shape(/must broadcast/, () => sg.takeAlongDim(f.m45, f.int23, 0)),
  ],
  setAt: [...puts(sg.setAt), ...inPlace((x) => x.setAt([0], 1))],
  indexPut: [
    ...puts(sg.indexPut),
    dtype(/values must be float32, as x is: got int32/, () => sg.indexPut(f.m23, [0], f.int3)),
  ],
  indexPut_: [
    ...puts((x, indices, v) => x.indexPut_(indices, v)),
    ...inPlace((x) => x.indexPut_([0], 1)),
  ],
  indexAdd: sources(sg.indexAdd),
  indexAdd_: [
    ...sources((x, dim, i, src) => x.indexAdd_(dim, i, src)),
    ...inPlace((x) => x.indexAdd_(0, f.int3, f.v3)),
  ],
  indexCopy: sources(sg.indexCopy),
  indexCopy_: [
    ...sources((x, dim, i, src) => x.indexCopy_(dim, i, src)),
    ...inPlace((x) => x.indexCopy_(0, f.int3, f.v3)),
  ],
  indexFill: [
    ...entries((x, dim, i) => sg.indexFill(x, dim, i, 1)),
    shape(/value must be a scalar: got \[3\]/, () => sg.indexFill(f.v3, 0, f.int2, f.v3)),
  ],
  indexFill_: [
    ...entries((x, dim, i) => x.indexFill_(dim, i, 1)),
    ...inPlace((x) => x.indexFill_(0, f.int3, 1)),
  ],
  selectScatter: [
    ...badDim((x, dim) => sg.selectScatter(x, f.v3, dim, 0)),
    index(/index 2 is out of range for dim 0 of size 2/, () => sg.selectScatter(f.m23, f.v3, 0, 2)),
    dtype(/src must be float32/, () => sg.selectScatter(f.m23, f.int3, 0, 0)),
    shape(/a scalar has no dim/, () => sg.selectScatter(f.scalar, f.scalar, 0, 0)),
    shape(/\[5\] cannot be expanded to \[3\]/, () => sg.selectScatter(f.m23, f.v5, 0, 0)),
  ],
  sliceScatter: [
    ...badDim((x, dim) => sg.sliceScatter(x, f.v3, { dim })),
    value(/only slices with a step > 0/, () => sg.sliceScatter(f.m23, f.m23, { step: -1 })),
    dtype(/src must be float32/, () => sg.sliceScatter(f.m23, f.int3)),
  ],
  scatter: scatters(sg.scatter),
  scatter_: [
    ...scatters((x, dim, i, src) => x.scatter_(dim, i, src)),
    ...inPlace((x) => x.scatter_(0, f.int3, 1)),
  ],
  scatterAdd_: [
    ...scatters((x, dim, i, src) => x.scatterAdd_(dim, i, src)),
    ...inPlace((x) => x.scatterAdd_(0, f.int3, f.v3)),
  ],
  scatterReduce: [
    ...scatters((x, dim, i, src) => sg.scatterReduce(x, dim, i, src, "sum")),
    value(/reduce must be sum or mean or prod or amax or amin: got "max"/, () =>
      sg.scatterReduce(f.v3, 0, f.int3, f.v3, "max" as "amax"),
    ),
    dtype(/a bool has no mean/, () => sg.scatterReduce(f.bool3, 0, f.int3, f.bool3, "mean")),
  ],
  maskedFill: [
    ...masks((x, mask) => sg.maskedFill(x, mask, 0)),
    shape(/must broadcast/, () => sg.maskedFill(f.v5, f.bool3, 0)),
    shape(/value must be a scalar: got \[3\]/, () => sg.maskedFill(f.v3, f.bool3, f.v3)),
    dtype(/value must be float32/, () => sg.maskedFill(f.v3, f.bool3, f.int3)),
  ],
  maskedFill_: [
    ...masks((x, mask) => x.maskedFill_(mask, 0)),
    ...inPlace((x) => x.maskedFill_(f.bool3, 1)),
    shape(uncovered, () => f.v5.maskedFill_(f.bool3, 0)),
  ],
  maskedScatter: [
    ...masks((x, mask) => sg.maskedScatter(x, mask, f.v3)),
    shape(/must broadcast.*a=\[5\], b=\[3\]/, () => sg.maskedScatter(f.v5, f.bool3, f.v3)),
    dtype(/source must be float32/, () => sg.maskedScatter(f.v3, f.bool3, f.int3)),
    late(
      shape(/the mask picks 2 elements: source has 1/, () =>
        sg.maskedScatter(f.v3, f.bool3, f.scalar),
      ),
    ),
  ],
  maskedScatter_: [
    ...masks((x, mask) => x.maskedScatter_(mask, f.v3)),
    ...inPlace((x) => x.maskedScatter_(f.bool3, f.v3)),
    shape(uncovered, () => f.v5.maskedScatter_(f.bool3, f.v3)),
  ],
  embeddingBag: [
    dtype(/index must be int32: got float32/, () => sg.embeddingBag(f.m23, f.m45)),
    shape(/weight must be \[num, dim\]: got \[5\]/, () => sg.embeddingBag(f.int23, f.v5)),
    index(/paddingIdx must lie in \[-4, 3\]: got 4/, () =>
      sg.embeddingBag(f.int23, f.m45, { paddingIdx: 4 }),
    ),
    value(/mode must be sum or mean or max: got "min"/, () =>
      sg.embeddingBag(f.int23, f.m45, { mode: "min" as "max" }),
    ),
    shape(/ids must be \[bags, n\], or \[n\] with offsets: got \[3\]/, () =>
      sg.embeddingBag(f.int3, f.m45),
    ),
    value(/offsets go with 1-d ids/, () => sg.embeddingBag(f.int23, f.m45, { offsets: f.int2 })),
    dtype(/offsets must be int32: got float32/, () =>
      sg.embeddingBag(f.int3, f.m45, { offsets: f.v3 }),
    ),
    shape(/offsets must be a vector, not empty: got \[\]/, () =>
      sg.embeddingBag(f.int3, f.m45, { offsets: zero }),
    ),
    value(/perSampleWeights are for mode sum: got mean/, () =>
      sg.embeddingBag(f.int23, f.m45, { perSampleWeights: f.m23 }),
    ),
    shape(/perSampleWeights must be \[2,3\]: got \[3\]/, () =>
      sg.embeddingBag(f.int23, f.m45, { mode: "sum", perSampleWeights: f.v3 }),
    ),
    late(
      value(/offsets must ascend from 0 to at most 3: bag 1 does not/, () =>
        sg.embeddingBag(f.int3, f.m45, { offsets: down }),
      ),
    ),
    value(/the last one being that: got 1/, () =>
      sg.embeddingBag(f.int3, f.m45, { offsets: f.int2, includeLastOffset: true }),
    ),
    late(
      value(/without bags there can be no ids/, () =>
        sg.embeddingBag(f.int3, f.m45, { offsets: three, includeLastOffset: true }),
      ),
    ),
    late(index(/got -7 at position 4/, () => sg.embeddingBag(f.int23, f.m45))),
    ...[{ paddingIdx: 1 }, { maxNorm: 1 }, { scaleGradByFreq: true }].map((options) =>
      late(
        index(/indices must lie in \[0, 3\]: got 9 at position 2/, () =>
          sg.embeddingBag(f.int5, f.m45, { offsets: first, ...options }),
        ),
      ),
    ),
  ],
  maskedSelect: [
    ...masks(sg.maskedSelect),
    shape(/must broadcast/, () => sg.maskedSelect(f.v5, f.bool3)),
  ],
};
