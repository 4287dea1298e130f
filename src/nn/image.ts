// Layers that resize, shuffle and unfold images.
import type { Tensor } from "../autograd/tensor.js";
import {
  channelShuffle,
  fold,
  pixelShuffle,
  pixelUnshuffle,
  unfold,
  type UnfoldOptions,
} from "../ops/fold.js";
import { interpolate, type InterpolateOptions } from "../ops/interpolate.js";
import type { Pair } from "../ops/window.js";
import { PlainLayer } from "./plain.js";

/** Other sizes for images and sequences: see `interpolate`. */
export class Upsample extends PlainLayer {
  constructor(readonly options: InterpolateOptions) {
    super();
  }

  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}

/** A new size: itself, or over the old one. */
export type UpsamplingOptions = Pick<InterpolateOptions, "size" | "scaleFactor">;

/** Images [N, C, H, W] of another size, each pixel that of the nearest one. */
export class UpsamplingNearest2d extends Upsample {
  constructor(options: UpsamplingOptions) {
    super({ ...options, mode: "nearest" });
  }
}

/** Images [N, C, H, W] of another size, with the pixels between blended; those at the corners stay. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(options: UpsamplingOptions) {
    super({ ...options, mode: "bilinear", alignCorners: true });
  }
}

/** [..., C r^2, H, W] to [..., C, H r, W r]. */
export class PixelShuffle extends PlainLayer {
  constructor(readonly upscaleFactor: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }
}

/** [..., C, H r, W r] to [..., C r^2, H, W]. */
export class PixelUnshuffle extends PlainLayer {
  constructor(readonly downscaleFactor: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
}

/** Interleaves the channels of groups: [N, C, ...]. */
export class ChannelShuffle extends PlainLayer {
  constructor(readonly groups: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }
}

/** Sliding windows as columns: [N, C, H, W] to [N, C kh kw, L]. */
export class Unfold extends PlainLayer {
  constructor(
    readonly kernelSize: Pair,
    readonly options: UnfoldOptions = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }
}

/** Columns added up to images: [N, C kh kw, L] to [N, C, H, W]. */
export class Fold extends PlainLayer {
  constructor(
    readonly outputSize: Pair,
    readonly kernelSize: Pair,
    readonly options: UnfoldOptions = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }
}
