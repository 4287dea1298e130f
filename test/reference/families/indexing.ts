// Reference rows of indexing, gathering, scattering, counting.
import * as sg from "../../../src/index.js";
import type { Tensor } from "../../../src/index.js";
import { EQUAL, SUMS } from "../fixtures.js";
import { type ReferenceFamily, rows } from "../row.js";

/** See generator/indexing_family.py. */
type Written =
  | number
  | boolean
  | null
  | "..."
  | { slice: [number | null, number | null, number | null] }
  | { tensor: number };

interface Args {
  readonly indices: readonly Written[];
  readonly dim: number;
  readonly index: number;
  readonly value: number;
  readonly alpha: number;
  readonly accumulate: boolean;
  readonly asTuple: boolean;
  readonly reduce: "sum";
  readonly includeSelf: boolean;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly options: sg.EmbeddingOptions & {
    readonly invert?: boolean;
    readonly offsets?: boolean;
    readonly weighted?: boolean;
  };
}

function understood(indices: readonly Written[], tensors: readonly Tensor[]): sg.Index[] {
  return indices.map((index) => {
    if (typeof index !== "object" || index === null) return index;
    if ("tensor" in index) return tensors[index.tensor]!;
    const [start, end, step] = index.slice;
    return sg.slice(start, end, step ?? 1);
  });
}

const exact = rows<Args>(EQUAL, SUMS, {
  at: ([x, ...tensors], a) => x.at(...understood(a.indices, tensors)),
  setAt: ([x, v, ...tensors], a) => x.clone().setAt(understood(a.indices, tensors), v),
  take: ([x, i]) => sg.take(x, i),
  takeAlongDim: ([x, i], a) => sg.takeAlongDim(x, i, a.dim),
  indexCopy: ([x, i, src], a) => sg.indexCopy(x, a.dim, i, src),
  indexFill: ([x, i], a) => sg.indexFill(x, a.dim, i, a.value),
  scatter: ([x, i, src], a) => sg.scatter(x, a.dim, i, src),
  scatterValue: ([x, i], a) => sg.scatter(x, a.dim, i, a.value),
  scatterInt: ([x, i, src], a) => sg.scatterAdd(x, a.dim, i, src),
  maskedSelect: ([x, mask]) => sg.maskedSelect(x, mask),
  maskedFill: ([x, mask], a) => sg.maskedFill(x, mask, a.value),
  maskedScatter: ([x, mask, src]) => sg.maskedScatter(x, mask, src),
  selectScatter: ([x, src], a) => sg.selectScatter(x, src, a.dim, a.index),
  sliceScatter: ([x, src], a) => sg.sliceScatter(x, src, a),
  nonzero: ([x], a) => sg.nonzero(x, { asTuple: a.asTuple }),
  argwhere: ([x]) => sg.argwhere(x),
  isin: ([x, y], a) => sg.isin(x, y, a.options),
  whereAlone: ([x]) => sg.where(x),
  oneHotInferred: ([x]) => sg.oneHot(x),
});

const summed = rows<Args>(SUMS, SUMS, {
  embeddingBag: ([weight, ids, ...others], { options: o }) =>
    sg.embeddingBag(ids, o.maxNorm ? weight.clone() : weight, {
      ...o,
      offsets: o.offsets ? others[0] : null,
      perSampleWeights: o.weighted ? (o.offsets ? others[1] : others[0]) : null,
    }),
  embeddingByFrequency: ([ids, weight], a) => sg.embedding(ids, weight, a.options),
  embeddingRenormed: ([ids, weight], a) => {
    const table = weight.detach().clone();
    // JSON has no Infinity: the fixture spells it as a string.
    const { normType, ...rest } = a.options as { normType?: unknown };
    const options = normType === undefined ? rest : { ...rest, normType: Number(normType) };
    return [sg.embedding(ids, table, options), table];
  },
  indexPut: ([x, v, ...tensors], a) =>
    sg.indexPut(
      x,
      tensors.filter((t) => t !== undefined),
      v,
      { accumulate: a.accumulate },
    ),
  indexAdd: ([x, i, src], { dim, alpha }) => sg.indexAdd(x, dim, i, src, { alpha }),
  scatterReduce: ([x, i, src], { dim, reduce, includeSelf }) =>
    sg.scatterReduce(x, dim, i, src, reduce, { includeSelf }),
});

export const indexing: ReferenceFamily = {
  fixtures: ["indexing"],
  modules: ["indexingModules"],
  rows: { ...exact, ...summed },
};
