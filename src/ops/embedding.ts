// Rows of a table looked up by int32 ids: one for each id, or reduced over bags of ids.
import { ValueError } from "../core/errors.js";
import {
  expectShape,
  shapeOf,
  checkPlace,
  checkNumber,
  checkWord,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { readStatus, run, statusSlot } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { add, div, maximum, mul } from "./arithmetic.js";
import { eq, gt, isnan, logicalOr, ne, where } from "./compare.js";
import { item, withContiguous } from "./convert.js";
import { arange, full, ones, zeros } from "./creation.js";
import { checkIndex, checkRange, gather, pick, spreadAdd } from "./indexing.js";
import { cat } from "./join.js";
import { positions } from "./nonzero.js";
import { indexAdd, indexCopy_ } from "./put.js";
import { normOf } from "./norms.js";
import { scatterAdd, scatterReduce } from "./scatter.js";
import { expand, reshape, select, unsqueeze } from "./views.js";

export interface EmbeddingOptions {
  /** Rows of this index get no gradient. Negative counts from the end. Default: none. */
  paddingIdx?: number | null;
  /** Rows that are used and longer than this are scaled down to it, in the table itself. Default: none. */
  maxNorm?: number | null;
  /** The p of the norm that maxNorm is about. Default: 2. */
  normType?: number;
  /** Divide each row's gradient by how often its id occurs. Default: false. */
  scaleGradByFreq?: boolean;
}

/** Refuses what is no table, and gives the padding's row, or -1. */
function checkTable(op: string, ids: Tensor, weight: Tensor, options: EmbeddingOptions): number {
  checkIndex(op, ids);
  if (shapeOf(op, weight).length !== 2) {
    misfit(op, "weight must be [num, dim]", weight);
  }
  const n = weight.shape[0]!;
  const { maxNorm = null, normType = 2, paddingIdx = null } = checkOptions(op, options);
  checkNumber(op, "maxNorm", maxNorm ?? 0, 0);
  checkNumber(op, "normType", normType, Number.MIN_VALUE);
  return paddingIdx === null ? -1 : checkPlace(op, "paddingIdx", paddingIdx, n);
}

/**
 * Rows of a table: out[..., :] = weight[ids[...], :].
 * @param ids int32, any shape
 * @param weight [num, dim]
 * @throws IndexError when an id lies outside of [0, num)
 */
export function embedding(ids: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const skip = checkTable("embedding", ids, weight, options);
  return lookUp("embedding", ids, weight, skip, options);
}

/** `embedding` under the name of the op that asks; the rows of all that was `named` are shortened. */
function lookUp(
  op: string,
  ids: Tensor,
  weight: Tensor,
  skip: number,
  options: EmbeddingOptions,
  named = ids,
): Tensor {
  const { maxNorm = null, normType = 2, scaleGradByFreq = false } = options;
  if (maxNorm !== null) shorten_(op, weight, named, maxNorm, normType);
  if (!scaleGradByFreq) return pick(op, weight, 0, ids, skip);
  const rows = withGrad(false, () => pick(op, weight, 0, ids));
  return record(op, rows, [weight], { ids }, (dy, { ids }) => [
    (shape) => {
      const flat = reshape(ids, [-1]);
      const often = scatterAdd(zeros(shape.slice(0, 1)), 0, flat, ones(flat.shape));
      const share = div(dy, reshape(gather(often, 0, flat), [...ids.shape, 1]));
      return spreadAdd(op, share, shape, 0, ids, skip);
    },
  ]);
}

/** Scales the rows that ids name and whose norm exceeds maxNorm, in place. */
function shorten_(op: string, weight: Tensor, ids: Tensor, maxNorm: number, p: number): void {
  withGrad(false, () =>
    tidy(() => {
      const flat = reshape(ids, [-1]);
      const rows = pick(op, weight, 0, flat);
      const norms = normOf(rows, p, [1]);
      // As PyTorch: the norm plus 1e-7.
      const scale = where(gt(norms, maxNorm), div(maxNorm, add(norms, 1e-7)), 1);
      indexCopy_(weight, 0, flat, mul(rows, scale));
    }),
  );
}

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** int32 [bags]: where each bag of 1-d ids begins, ascending from 0. */
  offsets?: Tensor | null;
  /** How a bag's rows are reduced. Default: "mean". An empty bag gives zeros. */
  mode?: "sum" | "mean" | "max";
  /** What each row is multiplied by, with ids' shape; for "sum" only. */
  perSampleWeights?: Tensor | null;
  /** Ids that are left out of their bags. Negative counts from the end. Default: none. */
  paddingIdx?: number | null;
  /** Whether offsets end with the number of ids, which begins no bag. Default: false. */
  includeLastOffset?: boolean;
}

/**
 * The rows of a table that belong to each bag of ids, reduced: [bags, dim]. Of equal maxima the first
 * one gets the gradient.
 * @param ids int32: [bags, n], or [n] with offsets
 * @param weight [num, dim]
 * @throws IndexError when an id lies outside of [0, num)
 */
export function embeddingBag(
  ids: Tensor,
  weight: Tensor,
  options: EmbeddingBagOptions = {},
): Tensor {
  const op = "embeddingBag";
  const skip = checkTable(op, ids, weight, options);
  const { mode = "mean", perSampleWeights = null } = options;
  checkBags(op, ids, options);
  return tidy(() => {
    const [bags, ownBag] = bagOf(ids, options);
    const kept = skip < 0 ? null : positions(op, ne(reshape(ids, [-1]), skip));
    const listed = (t: Tensor): Tensor =>
      kept === null ? reshape(t, [-1]) : pick(op, reshape(t, [-1]), 0, kept);
    const bag = listed(ownBag);
    // Where some ids are left out, a bad one's position would be that among the others.
    if (kept !== null) checkRange(op, ids, weight.shape[0]!);
    const rows = lookUp(op, listed(ids), weight, -1, options, ids);
    const zero = zeros([bags, weight.shape[1]!]);
    if (mode === "max") return largest(rows, bag, zero);
    const terms = perSampleWeights ? mul(rows, unsqueeze(listed(perSampleWeights), 1)) : rows;
    const total = indexAdd(zero, 0, bag, terms);
    if (mode === "sum") return total;
    const count = indexAdd(zeros([bags]), 0, bag, ones(bag.shape));
    return div(total, unsqueeze(maximum(count, 1), 1));
  });
}

function checkBags(
  op: string,
  ids: Tensor,
  { mode = "mean", offsets = null, perSampleWeights = null }: EmbeddingBagOptions,
): void {
  checkWord(op, "mode", mode, ["sum", "mean", "max"]);
  if (ids.ndim !== 2 && (ids.ndim !== 1 || offsets === null)) {
    misfit(op, "ids must be [bags, n], or [n] with offsets", ids);
  }
  if (ids.ndim === 2 && offsets !== null) {
    throw new ValueError(op, "offsets go with 1-d ids: rows of 2-d ones are the bags");
  }
  if (offsets !== null) {
    checkIndex(op, offsets, "offsets");
    if (offsets.ndim !== 1 || offsets.numel() === 0) {
      misfit(op, "offsets must be a vector, not empty", offsets);
    }
  }
  if (perSampleWeights === null) return;
  if (mode !== "sum") throw new ValueError(op, `perSampleWeights are for mode sum: got ${mode}`);
  expectShape(op, "perSampleWeights", perSampleWeights, ids.shape);
}

/** The number of bags, and the bag of each id. */
function bagOf(ids: Tensor, { offsets, includeLastOffset }: EmbeddingBagOptions): [number, Tensor] {
  if (!offsets) {
    const bags = ids.shape[0]!;
    return [bags, expand(unsqueeze(arange(bags), 1), ids.shape)];
  }
  const n = ids.numel();
  const rule = `offsets must ascend from 0 to at most ${n}`;
  const last = includeLastOffset ? item(select(offsets, 0, -1)) : n;
  if (last !== n)
    throw new ValueError("embeddingBag", `${rule}, the last one being that: got ${last}`);
  const bags = offsets.numel() - (includeLastOffset ? 1 : 0);
  const out = allocateShape("embeddingBag", [n], "int32");
  const bad = withContiguous(offsets, (offsets) => {
    const status = statusSlot();
    run(kernels.bagsI32, bags, offsets.address(), out.address(), status, bags, n);
    return readStatus(status, ValueError);
  });
  if (bad >= 0) throw new ValueError("embeddingBag", `${rule}: bag ${bad} does not`);
  if (bags === 0 && n > 0) throw new ValueError("embeddingBag", "without bags there can be no ids");
  return [bags, out];
}

/** The largest of each bag's rows, column by column; `zero` has the result's shape. */
function largest(rows: Tensor, bag: Tensor, zero: Tensor): Tensor {
  const k = bag.numel();
  const index = expand(unsqueeze(bag, 1), rows.shape);
  const first = withGrad(false, () => {
    const most = scatterReduce(zero, 0, index, rows, "amax", { includeSelf: false });
    const order = expand(unsqueeze(arange(k), 1), rows.shape);
    // Where the first of them stands; k, a row of zeros, for an empty bag.
    const wins = logicalOr(eq(rows, gather(most, 0, index)), isnan(rows));
    const places = where(wins, order, k);
    return scatterReduce(full(zero.shape, k, { dtype: "int32" }), 0, index, places, "amin");
  });
  return gather(cat([rows, zeros([1, rows.shape[1]!])], 0), 0, first);
}
