// Tables of vectors that are looked up by int32 ids.
import { checkPlace, expectShape } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { copy_, zero_ } from "../ops/inplace.js";
import {
  embedding,
  embeddingBag,
  type EmbeddingBagOptions,
  type EmbeddingOptions,
} from "../ops/embedding.js";
import { select } from "../ops/views.js";
import { normal_ } from "./init.js";
import { checkSizes, parameter } from "./layers.js";
import { lasting, type Parameter } from "./module.js";
import { PlainLayer } from "./plain.js";

export interface EmbeddingLayerOptions extends EmbeddingOptions {
  /** [num, dim]: what the table begins with, copied. Default: N(0, 1), and 0 for the padding's row. */
  weight?: Tensor | null;
}

export interface EmbeddingBagLayerOptions extends EmbeddingLayerOptions {
  /** How a bag's rows are reduced. Default: "mean". */
  mode?: "sum" | "mean" | "max";
  /** Whether offsets end with the number of ids. Default: false. */
  includeLastOffset?: boolean;
}

/** What layers share that look vectors up in a table. */
abstract class Table<Options extends EmbeddingOptions> extends PlainLayer {
  /** [num, dim] */
  weight: Parameter;
  readonly options: Options;

  constructor(layer: string, num: number, dim: number, options: Options & EmbeddingLayerOptions) {
    super();
    checkSizes(layer, { numEmbeddings: num, embeddingDim: dim }, options);
    const { weight = null, ...rest } = options;
    const { paddingIdx = null } = rest;
    if (paddingIdx !== null) checkPlace(layer, "paddingIdx", paddingIdx, num);
    if (weight !== null) expectShape(layer, "weight", weight, [num, dim]);
    const made = parameter([num, dim]);
    lasting(() => {
      if (weight !== null) copy_(made, weight);
      else {
        normal_(made);
        if (paddingIdx !== null) zero_(select(made, 0, paddingIdx));
      }
    });
    this.weight = made;
    this.options = rest as Options & object;
  }
}

export interface PretrainedOptions {
  /** Keep the table as it is: it gets no gradient. Default: true. */
  freeze?: boolean;
}

/** A layer with a table that there is. */
function pretrained<L extends { readonly weight: Parameter }>(
  Layer: new (num: number, dim: number, options: EmbeddingBagLayerOptions) => L,
  weight: Tensor,
  options: EmbeddingBagLayerOptions & PretrainedOptions,
): L {
  const { freeze = true, ...rest } = options;
  const [num = 0, dim = 0] = weight.shape;
  const layer = new Layer(num, dim, { ...rest, weight });
  layer.weight.requiresGrad = !freeze;
  return layer;
}

/**
 * A table of vectors: int32 ids [...] to [..., dim]. Initialised with N(0, 1). Where an output layer
 * shares the table, `output.weight = embedding.weight` ties them: do so before anything is captured.
 */
export class Embedding extends Table<EmbeddingOptions> {
  declare readonly paddingIdx: number | null;

  /** @param options.paddingIdx a row that is 0 at first and gets no gradient */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions = {}) {
    super("Embedding", numEmbeddings, embeddingDim, options);
    this.paddingIdx = options.paddingIdx ?? null;
  }

  /**
   * A layer with this table, [num, dim], which is copied and by default stays as it is.
   * @throws ShapeError for a table of other dims
   */
  static fromPretrained(
    weight: Tensor,
    options: EmbeddingOptions & PretrainedOptions = {},
  ): Embedding {
    return pretrained(Embedding, weight, options);
  }

  forward(ids: Tensor): Tensor {
    return embedding(ids, this.weight, this.options);
  }
}

/** Reduced rows of a table: int32 ids [bags, n], or [n] with offsets, to [bags, dim]. */
export class EmbeddingBag extends Table<EmbeddingBagOptions> {
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagLayerOptions = {}) {
    super("EmbeddingBag", numEmbeddings, embeddingDim, options);
  }

  /**
   * A layer with this table, [num, dim], which is copied and by default stays as it is.
   * @throws ShapeError for a table of other dims
   */
  static fromPretrained(
    weight: Tensor,
    options: Omit<EmbeddingBagLayerOptions, "weight"> & PretrainedOptions = {},
  ): EmbeddingBag {
    return pretrained(EmbeddingBag, weight, options);
  }

  forward(
    ids: Tensor,
    offsets: Tensor | null = null,
    perSampleWeights: Tensor | null = null,
  ): Tensor {
    return embeddingBag(ids, this.weight, { ...this.options, offsets, perSampleWeights });
  }
}
