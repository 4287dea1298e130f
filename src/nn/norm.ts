// Normalising layers.
import type { DType } from "../core/dtype.js";
import { type Shape, checkOptions, listOf, misfit, shapeOf } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { full } from "../ops/creation.js";
import { batchNorm, layerNorm } from "../ops/normalize.js";
import { LAYOUTS } from "../ops/window.js";
import { checkSizes, parameter } from "./layers.js";
import { Buffer, lasting, type Parameter } from "./module.js";
import { PlainLayer } from "./plain.js";

export interface LayerNormLayerOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** Learn a weight (and bias). Default: true. */
  elementwiseAffine?: boolean;
  /** Default: true. */
  bias?: boolean;
}

/** Normalises over the last dims; weight starts at 1, bias at 0. */
export class LayerNorm extends PlainLayer {
  weight: Parameter | null;
  bias: Parameter | null;
  readonly normalizedShape: Shape;
  readonly eps: number;

  constructor(normalizedShape: number | Shape, options: LayerNormLayerOptions = {}) {
    super();
    const {
      eps = 1e-5,
      elementwiseAffine = true,
      bias = true,
    } = checkOptions("LayerNorm", options);
    const shape = listOf("LayerNorm", normalizedShape);
    this.weight = elementwiseAffine ? parameter(shape, 1) : null;
    this.bias = elementwiseAffine && bias ? parameter(shape) : null;
    this.normalizedShape = shape;
    this.eps = eps;
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, { eps: this.eps });
  }
}

export interface BatchNormLayerOptions {
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
  /** How far the running statistics move to each batch's; null: they are the average of all. Default: 0.1. */
  momentum?: number | null;
  /** Learn a weight and a bias per channel. Default: true. */
  affine?: boolean;
  /** Keep running statistics for evaluation; without them the batch's are always used. Default: true. */
  trackRunningStats?: boolean;
}

/** What batch and instance norms share: parameters and running statistics per channel. */
export abstract class ChannelNorm extends PlainLayer {
  weight: Parameter | null;
  bias: Parameter | null;
  readonly runningMean: Buffer | null;
  readonly runningVar: Buffer | null;
  /** int32 scalar; instance norms leave it at 0, as in PyTorch: for the sake of the state dict. */
  readonly numBatchesTracked: Buffer | null;
  readonly eps: number;
  readonly momentum: number | null;

  /** @param usual the default of `affine` and `trackRunningStats` */
  constructor(numFeatures: number, options: BatchNormLayerOptions, usual: boolean) {
    super();
    checkSizes(this.layer(), { numFeatures }, options);
    const { eps = 1e-5, momentum = 0.1, affine = usual, trackRunningStats = usual } = options;
    const kept = (shape: Shape, value: number, dtype: DType = "float32"): Buffer | null =>
      trackRunningStats ? lasting(() => new Buffer(full(shape, value, { dtype }))) : null;
    this.weight = affine ? parameter([numFeatures], 1) : null;
    this.bias = affine ? parameter([numFeatures]) : null;
    this.runningMean = kept([numFeatures], 0);
    this.runningVar = kept([numFeatures], 1);
    this.numBatchesTracked = kept([], 0, "int32");
    this.eps = eps;
    this.momentum = momentum;
  }

  /** Dims of a batch: [N, C, ...]. */
  protected abstract dims(): number;

  /** As errors name it: a minifier renames classes. */
  protected abstract layer(): string;
}

/** What the batch norms share. */
abstract class BatchNorm extends ChannelNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options, true);
  }

  protected layer(): string {
    return `BatchNorm${this.dims() - 2}d`;
  }

  forward(x: Tensor): Tensor {
    const dims = this.dims();
    const layer = this.layer();
    const { length } = shapeOf(layer, x);
    if (length !== dims && (dims !== 3 || length !== 2)) {
      misfit(layer, `x must be ${dims === 3 ? "[N, C] or " : ""}${LAYOUTS[dims - 3]!}`, x);
    }
    const training = this.training || this.runningMean === null;
    const count = this.training ? this.numBatchesTracked : null;
    if (count !== null) withGrad(false, () => count.add_(1));
    // The mean of n batches is that of n - 1 moved by 1 / n to the last.
    const options = {
      training,
      momentum: this.momentum ?? (count === null ? 0 : 1 / count.item()),
      eps: this.eps,
    };
    return batchNorm(x, this.runningMean, this.runningVar, this.weight, this.bias, options);
  }
}

/** Batch normalisation of [N, C] or [N, C, L]. */
export class BatchNorm1d extends BatchNorm {
  protected dims(): number {
    return 3;
  }
}

/** Batch normalisation of [N, C, H, W]. */
export class BatchNorm2d extends BatchNorm {
  protected dims(): number {
    return 4;
  }
}

/** Batch normalisation of [N, C, D, H, W]. */
export class BatchNorm3d extends BatchNorm {
  protected dims(): number {
    return 5;
  }
}
