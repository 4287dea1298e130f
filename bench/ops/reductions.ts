// Reductions, scans and sorts along the rows of [1024, 1024]; counting; normalisations.
import * as sg from "simdgrad";
import {
  flat,
  half,
  images,
  N,
  pixels,
  rowInts,
  sorted,
  sounds,
  square,
  square2,
  squareInts,
  whole,
} from "./inputs.js";
import { bytes, each, type Jobs } from "./job.js";

// Their results are small: read once.
const folds: Jobs = {
  ...each(
    [
      ...([
        "amax",
        "amin",
        "argmax",
        "argmin",
        "countNonzero",
        "logsumexp",
        "max",
        "mean",
      ] as const),
      ...(["median", "min", "mode", "nanmean", "nanmedian", "nansum", "prod", "std"] as const),
      ...(["stdMean", "sum", "variance", "varMean"] as const),
    ],
    4 * N,
    square,
    1,
  ),
  ...each(["all", "any"], N, half, 1),
  aminmax: bytes(4 * N, () => sg.aminmax(square, { dim: 1 })),
  kthvalue: bytes(4 * N, () => sg.kthvalue(square, 512, 1)),
  ...each(["l1Penalty", "l2Penalty"], 4 * N, flat),
  matrixNorm: bytes(4 * N, () => sg.matrixNorm(square)),
  ...each(["nanquantile", "quantile"], 4 * N, square, 0.5, 1),
  ...each(["norm", "vectorNorm"], 4 * N, square, 2, 1),
  topk: bytes(4 * N, () => sg.topk(square, 10)),
  trace: bytes(4 * 1024, () => sg.trace(square)),
  ...each(["cosineSimilarity", "pairwiseDistance"], 8 * N, square, square2),
};

// As large as their input; with indices, half as much again.
const scans: Jobs = {
  ...each(
    [
      ...(["cumprod", "cumsum", "logcumsumexp", "logSoftmax", "softmax"] as const),
      ...(["softmin"] as const),
    ],
    8 * N,
    square,
    1,
  ),
  argsort: bytes(8 * N, () => sg.argsort(square, 1)),
  ...each(["cummax", "cummin", "sort"], 12 * N, square, 1),
  diff: bytes(8 * N, () => sg.diff(square)),
  msort: bytes(8 * N, () => sg.msort(square)),
};

// Values in 1024 bins; what is found.
const counts: Jobs = {
  bincount: bytes(4 * N, () => sg.bincount(whole)),
  bucketize: bytes(8 * N, () => sg.bucketize(flat, sorted)),
  histc: bytes(4 * N, () => sg.histc(flat, 1024)),
  histogram: bytes(4 * N, () => sg.histogram(flat, 1024)),
  // Compares each with each of 32.
  isin: bytes(5 * N, () => sg.isin(whole, rowInts.narrow(0, 0, 32))),
  ...each(["argwhere", "nonzero"], 5 * N, half),
  searchsorted: bytes(8 * N, () => sg.searchsorted(sorted, flat)),
  unique: bytes(4 * N, () => sg.unique(whole)),
  uniqueConsecutive: bytes(8 * N, () => sg.uniqueConsecutive(whole)),
  oneHot: bytes(4 * N, () => sg.oneHot(squareInts.select(1, 0), 1024)),
};

const normalisations: Jobs = {
  batchNorm: bytes(2 * pixels, () =>
    sg.batchNorm(images, null, null, null, null, { training: true }),
  ),
  groupNorm: bytes(2 * pixels, () => sg.groupNorm(images, 8)),
  instanceNorm: bytes(2 * pixels, () => sg.instanceNorm(sounds)),
  localResponseNorm: bytes(2 * pixels, () => sg.localResponseNorm(images, 5)),
  ...each(["layerNorm", "rmsNorm"], 8 * N, square, 1024),
  normalize: bytes(8 * N, () => sg.normalize(square)),
};

export const reductions: Jobs = { ...folds, ...scans, ...counts, ...normalisations };
