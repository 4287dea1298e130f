// Losses as modules: each holds the options of the function of the same meaning in ops/ and calls it.
import { Tensor } from "../autograd/tensor.js";
import { ctcLoss } from "../ops/ctc.js";
import {
  bce,
  diceLoss,
  focalLoss,
  gaussianNLLLoss,
  huberLoss,
  klDiv,
  poissonNLLLoss,
  smoothL1Loss,
} from "../ops/likelihoods.js";
import { bceWithLogits, crossEntropy, l1Loss, mseLoss, nllLoss } from "../ops/losses.js";
import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from "../ops/margins.js";
import { Buffer, Module } from "./module.js";

/** A loss that holds its options. */
export interface LossModule<Inputs extends unknown[], Options extends object> extends Module {
  /** Those of the function that it calls. Tensors among them (weights) are part of the state, too. */
  readonly options: Partial<Options>;
  forward(...inputs: Inputs): Tensor;
}

/** A module whose forward is `loss`, given the module's options last. */
function lossModule<Inputs extends unknown[], Options extends object>(
  loss: (...args: [...inputs: Inputs, options?: Options]) => Tensor,
): new (options?: Partial<Options>) => LossModule<Inputs, Options> {
  return class extends Module {
    constructor(readonly options: Partial<Options> = {}) {
      super();
      // PyTorch's buffers, which share the memory of what forward takes: weight, pos_weight. Options that are
      // none the loss refuses, under its name.
      for (const [name, value] of Object.entries<unknown>({ ...options })) {
        if (value instanceof Tensor) Object.assign(this, { [name]: new Buffer(value) });
      }
    }

    forward(...inputs: Inputs): Tensor {
      return loss(...inputs, this.options as Options);
    }
  };
}

/** Softmax and negative log-likelihood of int32 classes (or of probabilities): see crossEntropy. */
export class CrossEntropyLoss extends /* @__PURE__ */ lossModule(crossEntropy) {}
/** Negative log-likelihood of int32 classes, from log-probabilities: see nllLoss. */
export class NLLLoss extends /* @__PURE__ */ lossModule(nllLoss) {}
/** Squared error: see mseLoss. */
export class MSELoss extends /* @__PURE__ */ lossModule(mseLoss) {}
/** Absolute error: see l1Loss. */
export class L1Loss extends /* @__PURE__ */ lossModule(l1Loss) {}
/** Sigmoid and binary cross-entropy: see bceWithLogits. */
export class BCEWithLogitsLoss extends /* @__PURE__ */ lossModule(bceWithLogits) {}
/** Binary cross-entropy of probabilities: see bce. */
export class BCELoss extends /* @__PURE__ */ lossModule(bce) {}
/** Squared error near 0, absolute error beyond: see smoothL1Loss. */
export class SmoothL1Loss extends /* @__PURE__ */ lossModule(smoothL1Loss) {}
/** Squared error near 0, absolute error beyond: see huberLoss. */
export class HuberLoss extends /* @__PURE__ */ lossModule(huberLoss) {}
/** Kullback-Leibler divergence: see klDiv. */
export class KLDivLoss extends /* @__PURE__ */ lossModule(klDiv) {}
/** Negative log-likelihood of counts: see poissonNLLLoss. */
export class PoissonNLLLoss extends /* @__PURE__ */ lossModule(poissonNLLLoss) {}
/** Negative log-likelihood of normal distributions: see gaussianNLLLoss. */
export class GaussianNLLLoss extends /* @__PURE__ */ lossModule(gaussianNLLLoss) {}
/** Connectionist temporal classification: see ctcLoss. */
export class CTCLoss extends /* @__PURE__ */ lossModule(ctcLoss) {}
/** Distances that should be small or large: see hingeEmbeddingLoss. */
export class HingeEmbeddingLoss extends /* @__PURE__ */ lossModule(hingeEmbeddingLoss) {}
/** Logistic loss of the signs 1 and -1: see softMarginLoss. */
export class SoftMarginLoss extends /* @__PURE__ */ lossModule(softMarginLoss) {}
/** Hinge between classes: see multiMarginLoss. */
export class MultiMarginLoss extends /* @__PURE__ */ lossModule(multiMarginLoss) {}
/** Hinge between several classes and the others: see multilabelMarginLoss. */
export class MultiLabelMarginLoss extends /* @__PURE__ */ lossModule(multilabelMarginLoss) {}
/** Binary cross-entropy for each class: see multilabelSoftMarginLoss. */
export class MultiLabelSoftMarginLoss
  extends /* @__PURE__ */ lossModule(multilabelSoftMarginLoss) {}
/** Which of two should be larger: see marginRankingLoss. */
export class MarginRankingLoss extends /* @__PURE__ */ lossModule(marginRankingLoss) {}
/** Cosines that should be large or small: see cosineEmbeddingLoss. */
export class CosineEmbeddingLoss extends /* @__PURE__ */ lossModule(cosineEmbeddingLoss) {}
/** An anchor nearer to the positive than to the negative: see tripletMarginLoss. */
export class TripletMarginLoss extends /* @__PURE__ */ lossModule(tripletMarginLoss) {}
/** The same with a distance of your own: see tripletMarginWithDistanceLoss. */
export class TripletMarginWithDistanceLoss
  extends /* @__PURE__ */ lossModule(tripletMarginWithDistanceLoss) {}
/** Binary cross-entropy that forgets what is right already: see focalLoss. */
export class FocalLoss extends /* @__PURE__ */ lossModule(focalLoss) {}
/** Overlap of masks: see diceLoss. */
export class DiceLoss extends /* @__PURE__ */ lossModule(diceLoss) {}
