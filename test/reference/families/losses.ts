// Reference rows of losses.
import * as sg from "../../../src/index.js";
import { CHAIN, SUMS } from "../fixtures.js";
import { optionsWith, type ReferenceFamily, rows } from "../row.js";

interface Args {
  readonly options: never;
  /** ctcLoss: where the softmax is taken first, and the lengths. */
  readonly dim: number | null;
  readonly inputs: number[];
  readonly labels: number[];
}

const pairs = rows<Args>(SUMS, SUMS, {
  smoothL1Loss: ([x, y], a) => sg.smoothL1Loss(x, y, a.options),
  huberLoss: ([x, y], a) => sg.huberLoss(x, y, a.options),
  bce: ([x, y, ...t], a) => sg.bce(x, y, optionsWith(a, ["weight"], t)),
  klDiv: ([x, y], a) => sg.klDiv(x, y, a.options),
  poissonNLLLoss: ([x, y], a) => sg.poissonNLLLoss(x, y, a.options),
  gaussianNLLLoss: ([x, y, variance], a) => sg.gaussianNLLLoss(x, y, variance, a.options),
  focalLoss: ([x, y], a) => sg.focalLoss(x, y, a.options),
  diceLoss: ([x, y], a) => sg.diceLoss(x, y, a.options),
  l1Penalty: (params) => sg.l1Penalty(params),
  l2Penalty: (params) => sg.l2Penalty(params),
  hingeEmbeddingLoss: ([x, y], a) => sg.hingeEmbeddingLoss(x, y, a.options),
  softMarginLoss: ([x, y], a) => sg.softMarginLoss(x, y, a.options),
  multiMarginLoss: ([x, y, ...t], a) => sg.multiMarginLoss(x, y, optionsWith(a, ["weight"], t)),
  multilabelMarginLoss: ([x, y], a) => sg.multilabelMarginLoss(x, y, a.options),
  multilabelSoftMarginLoss: ([x, y, ...t], a) =>
    sg.multilabelSoftMarginLoss(x, y, optionsWith(a, ["weight"], t)),
  marginRankingLoss: ([x, y, target], a) => sg.marginRankingLoss(x, y, target, a.options),
  cosineEmbeddingLoss: ([x, y, target], a) => sg.cosineEmbeddingLoss(x, y, target, a.options),
  tripletMarginLoss: ([x, y, z], a) => sg.tripletMarginLoss(x, y, z, a.options),
  tripletMarginWithDistanceLoss: ([x, y, z], a) =>
    sg.tripletMarginWithDistanceLoss(x, y, z, {
      ...(a.options as object),
      distanceFunction: (p, q) => p.sub(q).abs().sum(-1),
    }),
});

const ctc = rows<Args>(SUMS, CHAIN, {
  ctcLoss: ([x, y], { dim, inputs, labels, options }) =>
    sg.ctcLoss(dim === null ? x : sg.logSoftmax(x, dim), y, inputs, labels, options),
});

export const losses: ReferenceFamily = {
  fixtures: ["likelihoods", "margins", "ctc"],
  rows: { ...pairs, ...ctc },
};
