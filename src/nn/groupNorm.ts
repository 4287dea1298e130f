// Normalising layers over groups, channels, the root of the mean square, and neighbouring channels.
import { checkOptions, listOf, type Shape, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import {
  groupNorm,
  instanceNorm,
  localResponseNorm,
  type LocalResponseNormOptions,
  rmsNorm,
} from "../ops/groupNorm.js";
import { squeeze, unsqueeze } from "../ops/views.js";
import { checkParts, parameter } from "./layers.js";
import { type Parameter } from "./module.js";
import { PlainLayer } from "./plain.js";
import { type BatchNormLayerOptions, ChannelNorm } from "./norm.js";

/** Normalises over each of `numGroups` groups of channels of each sample: [N, C, ...]. */
export class GroupNorm extends PlainLayer {
  weight: Parameter | null;
  bias: Parameter | null;
  readonly eps: number;

  /** @param options.eps Default: 1e-5 @param options.affine learn a weight and a bias. Default: true */
  constructor(
    readonly numGroups: number,
    numChannels: number,
    options: { eps?: number; affine?: boolean } = {},
  ) {
    super();
    checkParts("GroupNorm", "numGroups", numGroups, { numChannels }, options);
    const affine = options.affine ?? true;
    this.weight = affine ? parameter([numChannels], 1) : null;
    this.bias = affine ? parameter([numChannels]) : null;
    this.eps = options.eps ?? 1e-5;
  }

  forward(x: Tensor): Tensor {
    return groupNorm(x, this.numGroups, this.weight, this.bias, { eps: this.eps });
  }
}

/** What the instance norms share: like batch norms, but neither affine nor tracking by default. */
abstract class InstanceNorm extends ChannelNorm {
  declare readonly momentum: number;

  constructor(
    numFeatures: number,
    options: Omit<BatchNormLayerOptions, "momentum"> & { momentum?: number } = {},
  ) {
    super(numFeatures, options, false);
  }

  protected layer(): string {
    return `InstanceNorm${this.dims() - 2}d`;
  }

  forward(x: Tensor): Tensor {
    const dims = this.dims();
    if (x.ndim !== dims && x.ndim !== dims - 1) {
      misfit(this.layer(), `x must have ${dims} dims, or ${dims - 1} for one sample`, x);
    }
    const { runningMean, runningVar, weight, bias, momentum, eps } = this;
    const useInputStats = this.training || runningMean === null;
    const options = { runningMean, runningVar, weight, bias, useInputStats, momentum, eps };
    if (x.ndim === dims) return instanceNorm(x, options);
    return tidy(() => squeeze(instanceNorm(unsqueeze(x, 0), options), 0));
  }
}

/** Normalises each channel of each sample: [N, C, L] or [C, L]. */
export class InstanceNorm1d extends InstanceNorm {
  protected dims(): number {
    return 3;
  }
}

/** Normalises each channel of each sample: [N, C, H, W] or [C, H, W]. */
export class InstanceNorm2d extends InstanceNorm {
  protected dims(): number {
    return 4;
  }
}

/** Normalises each channel of each sample: [N, C, D, H, W] or [C, D, H, W]. */
export class InstanceNorm3d extends InstanceNorm {
  protected dims(): number {
    return 5;
  }
}

/** x / sqrt(mean(x^2) + eps) * weight over the last dims; the weight starts at 1. */
export class RMSNorm extends PlainLayer {
  weight: Parameter | null;
  readonly normalizedShape: Shape;
  readonly eps: number;

  /** @param options.eps Default: 2^-23 @param options.elementwiseAffine learn a weight. Default: true */
  constructor(
    normalizedShape: number | Shape,
    options: { eps?: number | null; elementwiseAffine?: boolean } = {},
  ) {
    super();
    checkOptions("RMSNorm", options);
    const shape = listOf("RMSNorm", normalizedShape);
    this.weight = (options.elementwiseAffine ?? true) ? parameter(shape, 1) : null;
    this.normalizedShape = shape;
    this.eps = options.eps ?? 2 ** -23;
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, this.weight, { eps: this.eps });
  }
}

/** Divides by a power of the mean square of neighbouring channels: [N, C, ...]. */
export class LocalResponseNorm extends PlainLayer {
  constructor(
    readonly size: number,
    readonly options: LocalResponseNormOptions = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this.options);
  }
}
