// The tests' rows of indexing, gathering, scattering, counting.
import * as sg from "../../../src/index.js";
import { type Family, on } from "../case.js";
import { E, ids, s, yes } from "../edge.js";
import { any, bools, fixed, ints, type Make } from "../inputs.js";
import { layer } from "../layer.js";
import { indexingRefusals } from "./indexingRefusals.js";

const { slice } = sg;

/** Where bags begin, one of them empty; 5 or 6 ids have room. */
const bounds: Make = (seed) => sg.tensor(Int32Array.of(0, 2, 2, seed === 2 ? 4 : 6));

const differentiable: Family["differentiable"] = {
  at: [
    on([any(3, 4)], ([x]) => [x, -1, slice(1, null, 2)]),
    on([any(2, 3, 4)], ([x]) => [x, "...", null, slice(null, null, -2)]),
    on([any(4, 3), ints(0, 4, 2, 2)], ([x, i]) => [x, i]),
    on([any(3, 4, 2), ints(-3, 3, 2, 1), ints(-4, 4, 3)], ([x, i, j]) => [x, i, j]),
    on([any(3, 4, 2), ints(-3, 3, 2), ints(-2, 2, 2)], ([x, i, j]) => [x, i, slice(), j]),
    on([any(3, 4), bools(3, 4)], ([x, mask]) => [x, mask]),
    on([any(2, 3, 4), bools(3), ints(-4, 4, 1)], ([x, mask, j]) => [x, 1, mask, j]),
    on([any(3, 4)], ([x]) => [x]),
  ],
  take: [on([any(3, 4), ints(-12, 12, 2, 3)])],
  takeAlongDim: [
    on([any(3, 4), ints(0, 3, 2, 1)], ([x, i]) => [x, i, 0]),
    on([any(3, 4), ints(0, 12, 5)]),
  ],
  setAt: [
    on([any(3, 4), any(2)], ([x, v]) => [x!.clone(), [0, slice(1, null, 2)], v]),
    on([any(3, 4), ints(-3, 3, 2, 3), any(3, 1)], ([x, i, v]) => [x!.clone(), [i], v]),
    on([any(3, 4)], ([x]) => [x!.clone(), [[0, 2], 1], 3]),
    on([any(3, 4, 2), ints(-3, 3, 2), any(2, 4)], ([x, i, v]) => [
      x!.clone(),
      [i, slice(), [0, 1]],
      v,
    ]),
  ],
  indexPut: [
    on([any(3, 4), ints(-3, 3, 5), any(5, 4)], ([x, i, v]) => [x, [i], v]),
    on([any(3, 4), ints(0, 3, 7), ints(0, 4, 7), any(7)], ([x, i, j, v]) => [
      x,
      [i, j],
      v,
      { accumulate: true },
    ]),
    on([any(3, 4), bools(3, 4), any()], ([x, mask, v]) => [x, [mask], v]),
    on([any(3, 4), any(4)], ([x, v]) => [x, [1], v, { accumulate: true }]),
  ],
  indexAdd: [
    on([any(3, 4), ints(0, 4, 6), any(3, 6)], ([x, i, v]) => [x, 1, i, v, { alpha: -1.5 }]),
    on([any(3, 4), ints(0, 3, 5), any(5, 4)], ([x, i, v]) => [x, 0, i, v]),
  ],
  indexCopy: [
    on([any(3, 4), ints(0, 4, 6), any(3, 6)], ([x, i, v]) => [x, 1, i, v]),
    on([any(5, 2, 2), fixed(ints(0, 5, 3)), any(3, 2, 2)], ([x, i, v]) => [x, 0, i, v]),
  ],
  indexFill: [
    on([any(3, 4), ints(0, 4, 2)], ([x, i]) => [x, 1, i, 2.5]),
    on([any(3, 4), ints(0, 3, 2), any()], ([x, i, v]) => [x, 0, i, v]),
  ],
  selectScatter: [on([any(3, 4), any(3)], ([x, v]) => [x, v, 1, -2])],
  sliceScatter: [
    on([any(3, 4), any(3, 2)], ([x, v]) => [x, v, { dim: 1, start: 1, step: 2 }]),
    on([any(3, 4), any(1, 4)], ([x, v]) => [x, v, { end: 1 }]),
  ],
  scatter: [
    on([any(3, 4), ints(0, 4, 2, 5), any(3, 5)], ([x, i, v]) => [x, 1, i, v]),
    on([any(3, 4), ints(0, 3, 5, 4)], ([x, i]) => [x, 0, i, 1.5]),
  ],
  scatterReduce: [
    ...["sum", "mean", "prod", "amax", "amin"].flatMap((reduce) =>
      [true, false].map((includeSelf) =>
        on([any(3, 4), ints(0, 4, 2, 5), any(3, 5)], ([x, i, v]) => [
          ...[x, 1, i, v],
          ...[reduce, { includeSelf }],
        ]),
      ),
    ),
  ],
  maskedFill: [
    on([any(3, 4), bools(3, 1)], ([x, mask]) => [x, mask, 7]),
    on([any(3, 1), bools(3, 4), any()], ([x, mask, v]) => [x, mask, v]),
  ],
  maskedScatter: [
    on([any(3, 4), bools(4), any(5, 3)], ([x, mask, v]) => [x, mask, v]),
    on([any(3, 4), bools(3, 4), any(12)], ([x, mask, v]) => [x, mask, v]),
  ],
  maskedSelect: [on([any(3, 4), bools(3, 4)]), on([any(3, 1), bools(3, 4)])],
  embeddingBag: [
    on([ints(0, 4, 2, 3), any(4, 2)]),
    on([ints(0, 4, 2, 3), any(4, 2)], ([i, w]) => [i, w, { mode: "max", paddingIdx: 1 }]),
    on([ints(0, 4, 6), any(4, 2), any(6), bounds], ([i, w, perSampleWeights, offsets]) => [
      ...[i, w],
      { mode: "sum", perSampleWeights, offsets, includeLastOffset: true },
    ]),
    on([ints(0, 4, 5), any(4, 2), bounds], ([i, w, offsets]) => [
      i,
      w,
      { offsets, paddingIdx: -1 },
    ]),
  ],
};

const inPlace: Family["inPlace"] = {
  indexAdd_: [on([any(3, 4), ints(0, 4, 6), any(3, 6)], ([x, i, v]) => [x, 1, i, v])],
  indexCopy_: [on([any(3, 4), ints(0, 4, 6), any(3, 6)], ([x, i, v]) => [x, 1, i, v])],
  indexFill_: [on([any(3, 4), ints(0, 3, 2)], ([x, i]) => [x, 0, i, 2])],
  indexPut_: [
    on([any(3, 4), ints(-3, 3, 5), any(5, 4)], ([x, i, v]) => [x, [i], v]),
    on([any(3, 4), ints(-3, 3, 5), any(4)], ([x, i, v]) => [x, [i], v, { accumulate: true }]),
  ],
  scatter_: [on([any(3, 4), ints(0, 4, 2, 5), any(3, 5)], ([x, i, v]) => [x, 1, i, v])],
  scatterAdd_: [on([any(3, 4), ints(0, 4, 2, 5), any(3, 5)], ([x, i, v]) => [x, 1, i, v])],
  maskedFill_: [
    on([any(3, 4), bools(3, 1)], ([x, mask]) => [x, mask, 7]),
    on([any(3, 4), bools(4), any()], ([x, mask, v]) => [x, mask, v]),
  ],
  maskedScatter_: [on([any(3, 4), bools(4), any(5, 3)], ([x, mask, v]) => [x, mask, v])],
};

const edges: Family["edges"] = {
  at: [
    [() => s().at(), []],
    [() => s().at(null, "..."), [1]],
    [() => E(0, 3).at(slice(), 1), [0]],
    [() => E(0, 3).at(ids(0)), [0, 3]],
    [() => E(2, 3).at(ids(0, 2)), [0, 2, 3]],
    [() => E(2, 3).at(ids(2, 0), ids(1)), [2, 0]],
    [() => E(2, 3).at(yes(2, 3)), [0]],
    [() => E(2, 3).at(ids(), slice(9)), [0]],
    [() => E(2, 3).at(ids(), 1), []],
  ],
  take: [
    [() => sg.take(s(), ids(2)), [2]],
    [() => sg.take(E(0), ids(0, 3)), [0, 3]],
  ],
  takeAlongDim: [
    [() => sg.takeAlongDim(s(), ids()), [1]],
    [() => sg.takeAlongDim(E(0, 3), ids(0, 3), 1), [0, 3]],
  ],
  indexPut: [
    [() => sg.indexPut(E(2, 3), [ids(0)], E(0, 3)), [2, 3]],
    [() => sg.indexPut(E(0, 3), [slice(), 1], s()), [0, 3]],
    [() => sg.indexPut(s(), [], s()), []],
    [() => sg.indexPut(E(2, 3), [yes(2, 3)], 1, { accumulate: true }), [2, 3]],
  ],
  setAt: [
    [() => E(0, 3).clone().setAt([slice(), 1], s()), [0, 3]],
    [() => E().clone().setAt(["...", null], s()), []],
    [
      () =>
        E(2, 3)
          .clone()
          .setAt([ids(0, 2)], 1),
      [2, 3],
    ],
  ],
  selectScatter: [[() => sg.selectScatter(E(2, 0), E(0), 0, 1), [2, 0]]],
  sliceScatter: [[() => sg.sliceScatter(E(2, 3), E(0, 3), { start: 5 }), [2, 3]]],
  indexAdd: [[() => sg.indexAdd(E(2, 3), 0, ids(0), E(0, 3)), [2, 3]]],
  indexCopy: [[() => sg.indexCopy(E(2, 3), 1, ids(0), E(2, 0)), [2, 3]]],
  indexFill: [[() => sg.indexFill(E(2, 0), 0, ids(2), 1), [2, 0]]],
  scatter: [[() => sg.scatter(E(3, 2), 0, ids(0, 2), E(0, 2)), [3, 2]]],
  scatterReduce: [[() => sg.scatterReduce(E(3, 2), 0, ids(0, 2), E(0, 2), "prod"), [3, 2]]],
  maskedFill: [
    [() => sg.maskedFill(s(), yes(), 1), []],
    [() => sg.maskedFill(E(0, 3), yes(3), s()), [0, 3]],
  ],
  maskedScatter: [
    [() => sg.maskedScatter(s(), yes(), E(0)), []],
    [() => sg.maskedScatter(s(), sg.ones([], { dtype: "bool" }), E(2)), []],
    [() => sg.maskedScatter(E(0, 3), yes(3), E(0)), [0, 3]],
  ],
  maskedSelect: [
    [() => sg.maskedSelect(s(), yes()), [0]],
    [() => sg.maskedSelect(E(0, 3), yes(3)), [0]],
  ],
  isin: [
    [() => sg.isin(s(), E(0)), []],
    [() => sg.isin(E(0, 3), 1), [0, 3]],
  ],
  embeddingBag: [
    [() => sg.embeddingBag(ids(2, 0), E(4, 3)), [2, 3]],
    [() => sg.embeddingBag(ids(2, 0), E(4, 3), { mode: "max" }), [2, 3]],
    [() => sg.embeddingBag(ids(0, 2), E(4, 3), { mode: "max" }), [0, 3]],
    [() => sg.embeddingBag(ids(0), E(4, 3), { offsets: ids(1) }), [1, 3]],
  ],
  argwhere: [[() => sg.argwhere(yes(2, 3)), [0, 2]]],
  nonzero: [
    [() => sg.nonzero(sg.tensor(2)), [1, 0]],
    [() => sg.nonzero(sg.tensor(2), { asTuple: true }), [1]],
    [() => sg.nonzero(sg.zeros([0, 3])), [0, 2]],
    [() => sg.nonzero(sg.zeros([2, 3]), { asTuple: true }), [0], [0]],
  ],
};

export const indexing: Family = {
  differentiable,
  inPlace,
  edges,
  underivable: {
    nonzero: [
      on([bools(3, 5)]),
      on([any(3, 5)], ([x]) => [x, { asTuple: true }]),
      on([ints(0, 2, 3)]),
    ],
    argwhere: [on([bools(3, 5)])],
    isin: [
      on([ints(0, 9, 3, 5), ints(2, 5, 2, 2)]),
      on([any(3, 5), ints(0, 3, 2)], ([x, y]) => [x, y, { invert: true }]),
    ],
  },
  refusals: indexingRefusals,
  tolerant: ["nonzero", "argwhere", "isin"],
  functionsOnly: ["embeddingBag"],
  layers: {
    EmbeddingBag: layer(() => new sg.nn.EmbeddingBag(4, 3, { mode: "max" }), ints(0, 4, 2, 3)),
  },
};
