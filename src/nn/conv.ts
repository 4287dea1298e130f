// Convolution layers and their transposes, with PyTorch's arguments, names and initialisation.
import { ValueError } from "../core/errors.js";
import { type Shape, showShape, checkWord, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { amount, conv1d, conv2d, conv3d, type ConvOptions, isSame } from "../ops/conv.js";
import {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type ConvTransposeOptions,
} from "../ops/convTranspose.js";
import { pad } from "../ops/padding.js";
import {
  type Pair,
  perDim,
  type PerDim,
  type Rank,
  type Single,
  type Triple,
} from "../ops/window.js";
import { fans } from "./init.js";
import { checkParts, initialise, parameter } from "./layers.js";
import { type Parameter } from "./module.js";
import { PlainLayer } from "./plain.js";

/** A layer's properties: a weight of [rows, columns / groups, ...kernel], a bias, and the options of its op. */
function propertiesOf<Options extends { groups?: number; bias?: boolean }>(
  layer: string,
  n: Rank,
  inChannels: number,
  outChannels: number,
  kernel: PerDim,
  options: Options,
  transposed: boolean,
): { weight: Parameter; bias: Parameter | null; options: Omit<Options, "bias"> } {
  const { bias: wanted = true, ...rest } = checkOptions(layer, options);
  const { groups = 1 } = options;
  checkParts(layer, "groups", groups, { inChannels, outChannels }, options);
  const [rows, cols] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
  const weight = parameter([rows, cols / groups, ...perDim(layer, "kernel", kernel, n, 1)]);
  const bias = wanted ? parameter([outChannels]) : null;
  initialise(fans(weight.shape).fanIn, weight, bias);
  return { weight, bias, options: rest };
}

/** Options of a convolution layer. */
export interface ConvLayerOptions<Size extends PerDim> extends ConvOptions<Size> {
  /** Learn a bias. Default: true. */
  bias?: boolean;
  /** What lies in the padding. Default: "zeros". */
  paddingMode?: "zeros" | "reflect" | "replicate" | "circular";
}

/** What Conv1d, Conv2d and Conv3d share. */
abstract class Convolution<Size extends PerDim> extends PlainLayer {
  /** [out, in / groups, ...kernel] */
  declare weight: Parameter;
  /** [out] */
  declare bias: Parameter | null;
  declare readonly options: ConvOptions<Size>;
  readonly paddingMode: NonNullable<ConvLayerOptions<Size>["paddingMode"]>;
  /** What `pad` puts around the input where the convolution itself does not. */
  private readonly around: readonly number[] = [];

  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Size,
    options: ConvLayerOptions<Size> = {},
  ) {
    super();
    const n = this.rank();
    const layer = `Conv${n}d`;
    const { paddingMode = "zeros", ...rest } = checkOptions(layer, options);
    checkWord(layer, "paddingMode", paddingMode, ["zeros", "reflect", "replicate", "circular"]);
    const around = aroundOf(layer, n, perDim(layer, "kernel", kernel, n, 1), rest);
    Object.assign(this, propertiesOf(layer, n, inChannels, outChannels, kernel, rest, false));
    this.paddingMode = paddingMode;
    if (paddingMode === "zeros") return;
    this.around = around;
    this.options = { ...this.options, padding: "valid" };
  }

  /** Dims of the kernel. */
  protected abstract rank(): Rank;

  /** What `forward` computes, given this layer's parameters. */
  protected abstract op(): (
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    options: ConvOptions<Size>,
  ) => Tensor;

  forward(x: Tensor): Tensor {
    const { options, paddingMode, weight, bias } = this;
    const convolve = this.op();
    if (paddingMode === "zeros") return convolve(x, weight, bias, options);
    return tidy(() => convolve(pad(x, this.around, { mode: paddingMode }), weight, bias, options));
  }
}

/** Padding of both sides of each dim, the last dim first, as `pad` takes it. */
function aroundOf<Size extends PerDim>(
  layer: string,
  n: Rank,
  kernel: readonly number[],
  options: ConvOptions<Size>,
): number[] {
  const stride = perDim(layer, "stride", options.stride ?? 1, n, 1);
  const dilation = perDim(layer, "dilation", options.dilation ?? 1, n, 1);
  const same = isSame(layer, options.padding, stride);
  const given = perDim(layer, "padding", amount(options.padding), n, 0);
  const sides = kernel.map((k, i): [number, number] => {
    const total = same ? dilation[i]! * (k - 1) : 2 * given[i]!;
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
  return sides.reverse().flat();
}

/** 1-d convolution of [N, C, L]: see conv1d. */
export class Conv1d extends Convolution<Single> {
  protected rank(): Rank {
    return 1;
  }

  protected op(): typeof conv1d {
    return conv1d;
  }
}

/** 2-d convolution of [N, C, H, W]: see conv2d. */
export class Conv2d extends Convolution<Pair> {
  protected rank(): Rank {
    return 2;
  }

  protected op(): typeof conv2d {
    return conv2d;
  }
}

/** 3-d convolution of [N, C, D, H, W]: see conv3d. */
export class Conv3d extends Convolution<Triple> {
  protected rank(): Rank {
    return 3;
  }

  protected op(): typeof conv3d {
    return conv3d;
  }
}

/** Options of a transposed convolution layer. */
export interface ConvTransposeLayerOptions<Size extends PerDim> extends ConvTransposeOptions<Size> {
  /** Learn a bias. Default: true. */
  bias?: boolean;
}

/** What ConvTranspose1d, ConvTranspose2d and ConvTranspose3d share. */
export abstract class ConvolutionTranspose<Size extends PerDim> extends PlainLayer {
  /** [in, out / groups, ...kernel] */
  declare weight: Parameter;
  /** [out] */
  declare bias: Parameter | null;
  declare readonly options: ConvTransposeOptions<Size>;

  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Size,
    options: ConvTransposeLayerOptions<Size> = {},
  ) {
    super();
    const n = this.rank();
    const layer = `ConvTranspose${n}d`;
    Object.assign(this, propertiesOf(layer, n, inChannels, outChannels, kernel, options, true));
  }

  /** Dims of the kernel. */
  protected abstract rank(): Rank;

  /** What `forward` computes, given this layer's parameters. */
  protected abstract op(): (
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    options: ConvTransposeOptions<Size>,
  ) => Tensor;

  /** @param outputSize wanted, where the stride leaves several possible. Default: the smallest. */
  forward(x: Tensor, outputSize?: Shape): Tensor {
    return this.op()(x, this.weight, this.bias, this.optionsFor(x, outputSize));
  }

  /** The options with the outputPadding that an outputSize asks for: its last dims, or its whole shape. */
  private optionsFor(x: Tensor, outputSize?: Shape): ConvTransposeOptions<Size> {
    if (outputSize === undefined) return this.options;
    const { options } = this;
    const n = this.rank();
    const layer = `ConvTranspose${n}d`;
    const stride = perDim(layer, "stride", options.stride ?? 1, n, 1);
    const padding = perDim(layer, "padding", options.padding ?? 0, n, 0);
    const dilation = perDim(layer, "dilation", options.dilation ?? 1, n, 1);
    const kernel = this.weight.shape.slice(2);
    const least = x.shape
      .slice(-n)
      .map((s, i) => (s - 1) * stride[i]! - 2 * padding[i]! + dilation[i]! * (kernel[i]! - 1) + 1);
    const extra = outputSize.slice(-n).map((size, i) => size - least[i]!);
    if (extra.length !== n || !extra.every((e, i) => e >= 0 && e < stride[i]! && e % 1 === 0)) {
      throw new ValueError(
        layer,
        `outputSize must be ${showShape(least)}, or larger by less than the stride: ` +
          `got ${showShape(outputSize)}`,
      );
    }
    return { ...options, outputPadding: extra as readonly number[] as Size };
  }
}

/** 1-d transposed convolution of [N, C, L]: see convTranspose1d. */
export class ConvTranspose1d extends ConvolutionTranspose<Single> {
  protected rank(): Rank {
    return 1;
  }

  protected op(): typeof convTranspose1d {
    return convTranspose1d;
  }
}

/** 2-d transposed convolution of [N, C, H, W]: see convTranspose2d. */
export class ConvTranspose2d extends ConvolutionTranspose<Pair> {
  protected rank(): Rank {
    return 2;
  }

  protected op(): typeof convTranspose2d {
    return convTranspose2d;
  }
}

/** 3-d transposed convolution of [N, C, D, H, W]: see convTranspose3d. */
export class ConvTranspose3d extends ConvolutionTranspose<Triple> {
  protected rank(): Rank {
    return 3;
  }

  protected op(): typeof convTranspose3d {
    return convTranspose3d;
  }
}
