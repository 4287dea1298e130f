// Pooling layers: each is its op with the arguments kept.
import type { Shape } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type AdaptiveMaxPoolOptions,
  type AdaptiveSize,
} from "../ops/adaptivePool.js";
import {
  avgPool1d,
  type AvgPool1dOptions,
  avgPool2d,
  type AvgPool2dOptions,
  avgPool3d,
  type AvgPool3dOptions,
  lpPool1d,
  lpPool2d,
  type LPPoolOptions,
  maxPool1d,
  type MaxPool1dOptions,
  maxPool2d,
  type MaxPool2dOptions,
  maxPool3d,
  type MaxPool3dOptions,
  type Pooled,
} from "../ops/pool.js";
import { maxUnpool1d, maxUnpool2d, maxUnpool3d, type MaxUnpoolOptions } from "../ops/unpool.js";
import type { Pair, Single, Triple } from "../ops/window.js";
import { PlainLayer } from "./plain.js";

/** Layers that hold a kernel and options. */
abstract class Windowed<Kernel, Options extends object> extends PlainLayer {
  constructor(
    readonly kernel: Kernel,
    readonly options: Options = {} as Options,
  ) {
    super();
  }
}

/** The largest element of each window of [N, C, L]; with returnIndices { values, indices }: see maxPool1d. */
export class MaxPool1d<Indices extends boolean = false> extends Windowed<
  Single,
  MaxPool1dOptions<Indices>
> {
  forward(x: Tensor): Pooled<Indices> {
    return maxPool1d(x, this.kernel, this.options);
  }
}

/** The largest element of each window of [N, C, H, W]; with returnIndices { values, indices }: see maxPool2d. */
export class MaxPool2d<Indices extends boolean = false> extends Windowed<
  Pair,
  MaxPool2dOptions<Indices>
> {
  forward(x: Tensor): Pooled<Indices> {
    return maxPool2d(x, this.kernel, this.options);
  }
}

/** The largest element of each window of [N, C, D, H, W]; with returnIndices { values, indices }: see maxPool3d. */
export class MaxPool3d<Indices extends boolean = false> extends Windowed<
  Triple,
  MaxPool3dOptions<Indices>
> {
  forward(x: Tensor): Pooled<Indices> {
    return maxPool3d(x, this.kernel, this.options);
  }
}

/** The mean of each window of [N, C, L]: see avgPool1d. */
export class AvgPool1d extends Windowed<Single, AvgPool1dOptions> {
  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernel, this.options);
  }
}

/** The mean of each window of [N, C, H, W]: see avgPool2d. */
export class AvgPool2d extends Windowed<Pair, AvgPool2dOptions> {
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernel, this.options);
  }
}

/** The mean of each window of [N, C, D, H, W]: see avgPool3d. */
export class AvgPool3d extends Windowed<Triple, AvgPool3dOptions> {
  forward(x: Tensor): Tensor {
    return avgPool3d(x, this.kernel, this.options);
  }
}

/** (sum of x^p over each window)^(1/p) of [N, C, L]: see lpPool1d. */
export class LPPool1d extends PlainLayer {
  constructor(
    readonly normType: number,
    readonly kernel: Single,
    readonly options: LPPoolOptions<Single> = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return lpPool1d(x, this.normType, this.kernel, this.options);
  }
}

/** (sum of x^p over each window)^(1/p) of [N, C, H, W]: see lpPool2d. */
export class LPPool2d extends PlainLayer {
  constructor(
    readonly normType: number,
    readonly kernel: Pair,
    readonly options: LPPoolOptions<Pair> = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.normType, this.kernel, this.options);
  }
}

/** Means over windows that divide [N, C, L] into `outputSize` outputs. */
export class AdaptiveAvgPool1d extends PlainLayer {
  constructor(readonly outputSize: AdaptiveSize<1>) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/** Means over windows that divide [N, C, H, W] into `outputSize` outputs. */
export class AdaptiveAvgPool2d extends PlainLayer {
  constructor(readonly outputSize: AdaptiveSize<2>) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** Means over windows that divide [N, C, D, H, W] into `outputSize` outputs. */
export class AdaptiveAvgPool3d extends PlainLayer {
  constructor(readonly outputSize: AdaptiveSize<3>) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.outputSize);
  }
}

/** The largest elements of windows that divide [N, C, L] into `outputSize` outputs. */
export class AdaptiveMaxPool1d<Indices extends boolean = false> extends PlainLayer {
  constructor(
    readonly outputSize: AdaptiveSize<1>,
    readonly options: AdaptiveMaxPoolOptions<Indices> = {},
  ) {
    super();
  }

  forward(x: Tensor): Pooled<Indices> {
    return adaptiveMaxPool1d(x, this.outputSize, this.options);
  }
}

/** The largest elements of windows that divide [N, C, H, W] into `outputSize` outputs. */
export class AdaptiveMaxPool2d<Indices extends boolean = false> extends PlainLayer {
  constructor(
    readonly outputSize: AdaptiveSize<2>,
    readonly options: AdaptiveMaxPoolOptions<Indices> = {},
  ) {
    super();
  }

  forward(x: Tensor): Pooled<Indices> {
    return adaptiveMaxPool2d(x, this.outputSize, this.options);
  }
}

/** The largest elements of windows that divide [N, C, D, H, W] into `outputSize` outputs. */
export class AdaptiveMaxPool3d<Indices extends boolean = false> extends PlainLayer {
  constructor(
    readonly outputSize: AdaptiveSize<3>,
    readonly options: AdaptiveMaxPoolOptions<Indices> = {},
  ) {
    super();
  }

  forward(x: Tensor): Pooled<Indices> {
    return adaptiveMaxPool3d(x, this.outputSize, this.options);
  }
}

/** Puts the values of MaxPool1d back to where they came from: see maxUnpool1d. */
export class MaxUnpool1d extends Windowed<Single, Omit<MaxUnpoolOptions<Single>, "outputSize">> {
  forward(x: Tensor, indices: Tensor, outputSize?: Shape): Tensor {
    return maxUnpool1d(x, indices, this.kernel, {
      ...this.options,
      outputSize: outputSize ?? null,
    });
  }
}

/** Puts the values of MaxPool2d back to where they came from: see maxUnpool2d. */
export class MaxUnpool2d extends Windowed<Pair, Omit<MaxUnpoolOptions<Pair>, "outputSize">> {
  forward(x: Tensor, indices: Tensor, outputSize?: Shape): Tensor {
    return maxUnpool2d(x, indices, this.kernel, {
      ...this.options,
      outputSize: outputSize ?? null,
    });
  }
}

/** Puts the values of MaxPool3d back to where they came from: see maxUnpool3d. */
export class MaxUnpool3d extends Windowed<Triple, Omit<MaxUnpoolOptions<Triple>, "outputSize">> {
  forward(x: Tensor, indices: Tensor, outputSize?: Shape): Tensor {
    return maxUnpool3d(x, indices, this.kernel, {
      ...this.options,
      outputSize: outputSize ?? null,
    });
  }
}
