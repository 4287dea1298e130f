// Dropout layers: in training they drop, in evaluation they return their input.
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { alphaDropout, featureAlphaDropout, featureDropout } from "../ops/dropout.js";
import { checkProbability, dropout, type DropoutOptions } from "../ops/random.js";
import { squeeze, unsqueeze } from "../ops/views.js";
import { PlainLayer } from "./plain.js";

/** What the dropout layers share. */
abstract class DropoutLayer extends PlainLayer {
  constructor(readonly p = 0.5) {
    super();
    checkProbability("Dropout", p);
  }

  /** What is done in training. */
  protected abstract drop(x: Tensor, p: number, options: DropoutOptions): Tensor;

  forward(x: Tensor): Tensor {
    return this.drop(x, this.p, { training: this.training });
  }
}

/** In training, zeroes elements with probability p and scales the others by 1 / (1 - p). */
export class Dropout extends DropoutLayer {
  protected drop(x: Tensor, p: number, options: DropoutOptions): Tensor {
    return dropout(x, p, options);
  }
}

/** Whole channels of [N, C, ...], or of one sample without the N, that has `sampleDims` dims. */
function dropChannels(x: Tensor, p: number, options: DropoutOptions, sampleDims: number): Tensor {
  if (x.ndim !== sampleDims) return featureDropout(x, p, options);
  if (options.training === false || p === 0) return x;
  return tidy(() => squeeze(featureDropout(unsqueeze(x, 0), p, options), 0));
}

/** In training, zeroes whole channels of [N, C, L] or [C, L]. */
export class Dropout1d extends DropoutLayer {
  protected drop(x: Tensor, p: number, options: DropoutOptions): Tensor {
    return dropChannels(x, p, options, 2);
  }
}

/** In training, zeroes whole channels of [N, C, H, W]; as in PyTorch, three dims are [N, C, L]. */
export class Dropout2d extends DropoutLayer {
  protected drop(x: Tensor, p: number, options: DropoutOptions): Tensor {
    return featureDropout(x, p, options);
  }
}

/** In training, zeroes whole channels of [N, C, D, H, W] or [C, D, H, W]. */
export class Dropout3d extends DropoutLayer {
  protected drop(x: Tensor, p: number, options: DropoutOptions): Tensor {
    return dropChannels(x, p, options, 4);
  }
}

/** Dropout that keeps mean 0 and variance 1: for networks of SELUs. */
export class AlphaDropout extends DropoutLayer {
  protected drop(x: Tensor, p: number, options: DropoutOptions): Tensor {
    return alphaDropout(x, p, options);
  }
}

/** AlphaDropout of whole channels: [N, C, ...]. */
export class FeatureAlphaDropout extends DropoutLayer {
  protected drop(x: Tensor, p: number, options: DropoutOptions): Tensor {
    return featureAlphaDropout(x, p, options);
  }
}
