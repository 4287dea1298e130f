// Losses as modules. Each calls the function of the same meaning in ops/losses.ts.
import type { Tensor } from "../autograd/tensor.js";
import {
  bceWithLogits,
  type BceOptions,
  crossEntropy,
  type CrossEntropyOptions,
  l1Loss,
  type LossOptions,
  mseLoss,
  nllLoss,
  type NllOptions,
} from "../ops/losses.js";
import { Module } from "./module.js";

/** Softmax and negative log-likelihood of int32 classes (or of probabilities). */
export class CrossEntropyLoss extends Module {
  constructor(readonly options: CrossEntropyOptions = {}) {
    super();
  }

  forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, this.options);
  }
}

/** Negative log-likelihood of int32 classes, from log-probabilities. */
export class NLLLoss extends Module {
  constructor(readonly options: NllOptions = {}) {
    super();
  }

  forward(logProbabilities: Tensor, target: Tensor): Tensor {
    return nllLoss(logProbabilities, target, this.options);
  }
}

/** Squared error. */
export class MSELoss extends Module {
  constructor(readonly options: LossOptions = {}) {
    super();
  }

  forward(x: Tensor, target: Tensor): Tensor {
    return mseLoss(x, target, this.options);
  }
}

/** Absolute error. */
export class L1Loss extends Module {
  constructor(readonly options: LossOptions = {}) {
    super();
  }

  forward(x: Tensor, target: Tensor): Tensor {
    return l1Loss(x, target, this.options);
  }
}

/** Sigmoid and binary cross-entropy. */
export class BCEWithLogitsLoss extends Module {
  constructor(readonly options: BceOptions = {}) {
    super();
  }

  forward(x: Tensor, target: Tensor): Tensor {
    return bceWithLogits(x, target, this.options);
  }
}
