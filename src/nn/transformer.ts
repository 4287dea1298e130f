// The Transformer (Vaswani et al., 2017) with PyTorch's layers, names and initialisation.
import { ValueError } from "../core/errors.js";
import { checkOptions, checkWord, checkInt } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { gelu, relu } from "../ops/activations.js";
import { add } from "../ops/arithmetic.js";
import { causalMask } from "../ops/attention.js";
import { where } from "../ops/compare.js";
import { dropout } from "../ops/random.js";
import { type KVCache, MultiheadAttention, type MultiheadAttentionInputs } from "./attention.js";
import { copyModule } from "./copy.js";
import { xavierUniform_ } from "./init.js";
import { Linear } from "./layers.js";
import type { Module } from "./module.js";
import { LayerNorm } from "./norm.js";
import { areOwn, Composed, scopeOf } from "./plain.js";

/** What lies between the two linear maps of a feed-forward block. */
export type TransformerActivation = "relu" | "gelu" | ((x: Tensor) => Tensor);

export interface TransformerLayerOptions {
  /** Default: 2048. */
  dimFeedforward?: number;
  /** Of the weights, behind each block and inside of the feed-forward one. Default: 0.1. */
  dropout?: number;
  /** Default: "relu". */
  activation?: TransformerActivation;
  /** Default: 1e-5. */
  layerNormEps?: number;
  /** [N, T, E] instead of [T, N, E]. Default: false. */
  batchFirst?: boolean;
  /** Normalise what goes into a block, not its sum with what comes out. Default: false. */
  normFirst?: boolean;
  /** Default: true. */
  bias?: boolean;
}

/** Masks: bool, true where a key is ignored, or float32, added: see MultiheadAttentionInputs. */
export interface EncoderInputs {
  /** [T, T] or [N heads, T, T]. */
  mask?: Tensor | null | undefined;
  /** [N, T]: of the source. */
  srcKeyPaddingMask?: Tensor | null | undefined;
  /** Each position sees those before it and itself. Default: false. */
  isCausal?: boolean | undefined;
}

/** Of one layer: PyTorch calls the encoder's mask srcMask there. */
export interface EncoderLayerInputs extends Omit<EncoderInputs, "mask"> {
  /** [T, T] or [N heads, T, T]: of the source. */
  srcMask?: Tensor | null | undefined;
  /** The positions before, for a decoder-only model that generates step by step. */
  cache?: KVCache | null | undefined;
}

export interface DecoderInputs {
  /** [L, L] or [N heads, L, L]: of the target. */
  tgtMask?: Tensor | null | undefined;
  /** [L, T] or [N heads, L, T]: of what the encoder has made. */
  memoryMask?: Tensor | null | undefined;
  /** [N, L]: of the target. */
  tgtKeyPaddingMask?: Tensor | null | undefined;
  /** [N, T]: of what the encoder has made. */
  memoryKeyPaddingMask?: Tensor | null | undefined;
  /** Position i of the target sees those up to i. Default: false. */
  tgtIsCausal?: boolean | undefined;
  /** Position i of the target sees positions up to i of the memory. Default: false. */
  memoryIsCausal?: boolean | undefined;
}

export interface DecoderLayerInputs extends DecoderInputs {
  /** The positions before, for generation step by step with tgtIsCausal. */
  cache?: KVCache | null | undefined;
}

/** What encoder and decoder layers share. */
abstract class TransformerLayer extends Composed {
  // Declared in the order of PyTorch's state dict.
  declare readonly selfAttn: MultiheadAttention;
  declare readonly multiheadAttn: MultiheadAttention | null;
  declare readonly linear1: Linear;
  declare readonly linear2: Linear;
  declare readonly norm1: LayerNorm;
  declare readonly norm2: LayerNorm;
  declare private readonly activation: (x: Tensor) => Tensor;
  declare private readonly rate: number;
  declare protected readonly normFirst: boolean;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions, cross: boolean) {
    super();
    const layer = `Transformer${cross ? "De" : "En"}coderLayer`;
    const {
      dimFeedforward = 2048,
      activation = "relu",
      bias = true,
    } = checkOptions(layer, options);
    const named = { relu, gelu };
    if (typeof activation === "function") this.activation = activation;
    else {
      checkWord(layer, "activation", activation, Object.keys(named));
      this.activation = named[activation];
    }
    this.rate = options.dropout ?? 0.1;
    this.normFirst = options.normFirst ?? false;
    this.selfAttn = attentionOf(dModel, nhead, options);
    this.multiheadAttn = cross ? attentionOf(dModel, nhead, options) : null;
    this.linear1 = new Linear(dModel, dimFeedforward, { bias });
    this.linear2 = new Linear(dimFeedforward, dModel, { bias });
    this.norm1 = normOf(dModel, options);
    this.norm2 = normOf(dModel, options);
  }

  override callsOwn(): boolean {
    const { activation, selfAttn, multiheadAttn, linear1, linear2, norm1, norm2 } = this;
    const known = activation === relu || activation === gelu;
    return known && areOwn(selfAttn, multiheadAttn, linear1, linear2, norm1, norm2);
  }

  /** x + block(norm(x)), or norm(x + block(x)). */
  protected residual(x: Tensor, norm: LayerNorm, block: (x: Tensor) => Tensor): Tensor {
    if (this.normFirst) return add(x, this.drop(block(norm.forward(x))));
    return norm.forward(add(x, this.drop(block(x))));
  }

  protected feedForward(x: Tensor): Tensor {
    return this.linear2.forward(this.drop(this.activation(this.linear1.forward(x))));
  }

  private drop(x: Tensor): Tensor {
    return dropout(x, this.rate, { training: this.training });
  }
}

function attentionOf(
  dModel: number,
  nhead: number,
  { dropout = 0.1, batchFirst, bias }: TransformerLayerOptions,
): MultiheadAttention {
  return new MultiheadAttention(dModel, nhead, { dropout, batchFirst, bias });
}

function normOf(
  dModel: number,
  { layerNormEps: eps = 1e-5, bias = true }: TransformerLayerOptions,
) {
  return new LayerNorm(dModel, { eps, bias });
}

/** Attention's output alone: its weights are never made. */
function attended(
  attention: MultiheadAttention,
  x: Tensor,
  memory: Tensor,
  inputs: MultiheadAttentionInputs,
): Tensor {
  return attention.forward(x, memory, memory, { ...inputs, needWeights: false }).output;
}

/** Self-attention and a feed-forward block, each added to what it came from. */
export class TransformerEncoderLayer extends TransformerLayer {
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options, false);
  }

  /** @param src [T, N, dModel], with batchFirst [N, T, dModel], or [T, dModel] */
  forward(src: Tensor, inputs: EncoderLayerInputs = {}): Tensor {
    checkOptions("TransformerEncoderLayer", inputs);
    const masks = {
      ...{ attnMask: inputs.srcMask, keyPaddingMask: inputs.srcKeyPaddingMask },
      ...{ isCausal: inputs.isCausal, cache: inputs.cache },
    };
    return scopeOf(this)(() => {
      const x = this.residual(src, this.norm1, (x) => attended(this.selfAttn, x, x, masks));
      return this.residual(x, this.norm2, (x) => this.feedForward(x));
    });
  }
}

/** Self-attention, attention to the encoder's output, and a feed-forward block. */
export class TransformerDecoderLayer extends TransformerLayer {
  declare readonly multiheadAttn: MultiheadAttention;
  declare readonly norm3: LayerNorm;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options, true);
    this.norm3 = normOf(dModel, options);
  }

  override callsOwn(): boolean {
    return super.callsOwn() && areOwn(this.norm3);
  }

  /**
   * @param tgt [T, N, dModel], with batchFirst [N, T, dModel], or [T, dModel]
   * @param memory the encoder's output
   */
  forward(tgt: Tensor, memory: Tensor, inputs: DecoderLayerInputs = {}): Tensor {
    checkOptions("TransformerDecoderLayer", inputs);
    const own = {
      ...{ attnMask: inputs.tgtMask, keyPaddingMask: inputs.tgtKeyPaddingMask },
      ...{ isCausal: inputs.tgtIsCausal, cache: inputs.cache },
    };
    const cross = {
      ...{ attnMask: inputs.memoryMask, keyPaddingMask: inputs.memoryKeyPaddingMask },
      isCausal: inputs.memoryIsCausal,
    };
    return scopeOf(this)(() => {
      const x = this.residual(tgt, this.norm1, (x) => attended(this.selfAttn, x, x, own));
      const y = this.residual(x, this.norm2, (x) => attended(this.multiheadAttn, x, memory, cross));
      return this.residual(y, this.norm3, (x) => this.feedForward(x));
    });
  }
}

export interface StackOptions {
  /** What normalises the last layer's output. Default: none. */
  norm?: LayerNorm | null;
}

/** Layers that begin as copies of one, as in PyTorch, and what normalises the last one's output. */
abstract class Stack<Layer extends TransformerLayer> extends Composed {
  declare readonly layers: readonly Layer[];
  declare readonly norm: LayerNorm | null;

  constructor(layer: Layer, numLayers: number, options: StackOptions = {}) {
    super();
    checkInt("Transformer", "numLayers", numLayers, 0, 4096);
    this.layers = Array.from({ length: numLayers }, () => copyModule(layer));
    this.norm = checkOptions("Transformer", options).norm ?? null;
  }

  override callsOwn(): boolean {
    return areOwn(...this.layers, this.norm);
  }

  protected through(
    x: Tensor,
    caches: Caches,
    step: (layer: Layer, x: Tensor, cache: KVCache | undefined) => Tensor,
  ): Tensor {
    if (caches && caches.length !== this.layers.length) {
      throw new ValueError(
        "Transformer",
        `needs a cache for each of ${this.layers.length} layers: got ${caches.length}`,
      );
    }
    return scopeOf(this)(() => {
      const out = this.layers.reduce((x, layer, i) => step(layer, x, caches?.[i]), x);
      return this.norm?.forward(out) ?? out;
    });
  }
}

/** One for each layer: see EncoderLayerInputs.cache. */
export type Caches = readonly KVCache[] | null | undefined;

/** A stack of encoder layers: all begin with the weights of the one that is given. */
export class TransformerEncoder extends Stack<TransformerEncoderLayer> {
  forward(src: Tensor, inputs: EncoderInputs & { caches?: Caches } = {}): Tensor {
    const { mask: srcMask, caches, ...rest } = checkOptions("TransformerEncoder", inputs);
    return this.through(src, caches, (layer, x, cache) =>
      layer.forward(x, { ...rest, srcMask, cache }),
    );
  }
}

/** A stack of decoder layers: all begin with the weights of the one that is given. */
export class TransformerDecoder extends Stack<TransformerDecoderLayer> {
  forward(tgt: Tensor, memory: Tensor, inputs: DecoderInputs & { caches?: Caches } = {}): Tensor {
    const { caches, ...rest } = checkOptions("TransformerDecoder", inputs);
    return this.through(tgt, caches, (layer, x, cache) =>
      layer.forward(x, memory, { ...rest, cache }),
    );
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  /** Default: 6. */
  numEncoderLayers?: number | undefined;
  /** Default: 6. */
  numDecoderLayers?: number | undefined;
  /** Instead of PyTorch's encoder, with the same `forward`. */
  customEncoder?: Module & { forward(src: Tensor, inputs?: EncoderInputs): Tensor };
  /** Instead of PyTorch's decoder, with the same `forward`. */
  customDecoder?: Module & {
    forward(tgt: Tensor, memory: Tensor, inputs?: DecoderInputs): Tensor;
  };
}

export interface TransformerInputs extends DecoderInputs {
  /** [T, T] or [N heads, T, T]: of the source. */
  srcMask?: Tensor | null | undefined;
  /** [N, T]: of the source. */
  srcKeyPaddingMask?: Tensor | null | undefined;
  /** Position i of the source sees those up to i. Default: false. */
  srcIsCausal?: boolean | undefined;
}

/** Encoder and decoder; all matrices initialised after Glorot and Bengio (2010). */
export class Transformer extends Composed {
  declare readonly encoder: NonNullable<TransformerOptions["customEncoder"]>;
  declare readonly decoder: NonNullable<TransformerOptions["customDecoder"]>;

  /** @param dModel default: 512 @param nhead default: 8 */
  constructor(dModel = 512, nhead = 8, options: TransformerOptions = {}) {
    super();
    const { numEncoderLayers = 6, numDecoderLayers = 6 } = checkOptions("Transformer", options);
    this.encoder =
      options.customEncoder ??
      new TransformerEncoder(
        new TransformerEncoderLayer(dModel, nhead, options),
        numEncoderLayers,
        { norm: normOf(dModel, options) },
      );
    this.decoder =
      options.customDecoder ??
      new TransformerDecoder(
        new TransformerDecoderLayer(dModel, nhead, options),
        numDecoderLayers,
        { norm: normOf(dModel, options) },
      );
    for (const p of this.parameters()) if (p.ndim > 1) xavierUniform_(p);
  }

  override callsOwn(): boolean {
    return areOwn(this.encoder, this.decoder);
  }

  /**
   * @param src [S, N, dModel], with batchFirst [N, S, dModel], or [S, dModel]
   * @param tgt [T, N, dModel] and so on
   * @returns as tgt
   */
  forward(src: Tensor, tgt: Tensor, inputs: TransformerInputs = {}): Tensor {
    const {
      srcMask: mask,
      srcKeyPaddingMask,
      srcIsCausal: isCausal,
      ...rest
    } = checkOptions("Transformer", inputs);
    return scopeOf(this)(() => {
      const memory = this.encoder.forward(src, { mask, srcKeyPaddingMask, isCausal });
      return this.decoder.forward(tgt, memory, rest);
    });
  }

  /** A float32 mask [n, n]: 0 where a position sees another one, -Infinity for those behind it. */
  static generateSquareSubsequentMask(n: number): Tensor {
    return tidy(() => where(causalMask(n, n, 1), 0, -Infinity));
  }
}
