// Losses of 1M elements, or of 1024 samples of 1024 classes.
import * as sg from "simdgrad";
import { flat, flat2, half, N, rowInts, signs, square, square2 } from "./inputs.js";
import { bytes, each, type Jobs } from "./job.js";

const square3 = signs.mul(flat).reshape([1024, 1024]);
const rowSigns = signs.narrow(0, 0, 1024);
/** 128 samples of 128 classes (their pairs are compared): four labels each, then none. */
const scores = square.narrow(0, 0, 128).narrow(1, 0, 128).contiguous();
const none = sg.full([128, 124], -1, { dtype: "int32" });
const labels = sg.cat([sg.randint(0, 128, [128, 4]), none], 1);
const chosen = half.to("float32");
/** 128 steps of 16 sequences over 32 letters, 24 labels each. */
const letters = sg.randn([128, 16, 32]).logSoftmax(2);
const spelled = sg.randint(1, 32, [16, 24]);
const lengths = (n: number): number[] => Array.from({ length: 16 }, () => n);

export const losses: Jobs = {
  ...each(
    ["bce", "bceWithLogits", "huberLoss", "klDiv", "l1Loss", "mseLoss", "poissonNLLLoss"],
    8 * N,
    flat,
    flat2,
  ),
  smoothL1Loss: bytes(8 * N, () => sg.smoothL1Loss(flat, flat2)),
  ...each(["hingeEmbeddingLoss", "softMarginLoss"], 8 * N, flat, signs),
  ...each(["focalLoss", "multilabelSoftMarginLoss"], 8 * N, square, chosen),
  diceLoss: bytes(8 * N, () =>
    sg.diceLoss(flat.reshape([16, 4, 128, 128]), flat2.reshape([16, 4, 128, 128])),
  ),
  gaussianNLLLoss: bytes(12 * N, () => sg.gaussianNLLLoss(flat, flat2, flat2)),
  marginRankingLoss: bytes(12 * N, () => sg.marginRankingLoss(flat, flat2, signs)),
  cosineEmbeddingLoss: bytes(8 * N, () => sg.cosineEmbeddingLoss(square, square2, rowSigns)),
  ...each(
    ["tripletMarginLoss", "tripletMarginWithDistanceLoss"],
    12 * N,
    ...[square, square2, square3],
  ),
  ...each(["crossEntropy", "multiMarginLoss"], 4 * N, square, rowInts),
  // One number and one label a sample.
  nllLoss: bytes(8 * 1024, () => sg.nllLoss(square, rowInts)),
  multilabelMarginLoss: bytes(8 * 128 ** 2, () => sg.multilabelMarginLoss(scores, labels)),
  ctcLoss: bytes(4 * letters.numel(), () =>
    sg.ctcLoss(letters, spelled, lengths(128), lengths(24)),
  ),
};
