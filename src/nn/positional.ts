// Positions as layers: added sines, and turned queries and keys.
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add } from "../ops/arithmetic.js";
import { stack } from "../ops/join.js";
import { cos, sin } from "../ops/math.js";
import { angles, rotaryEmbedding, type RotaryOptions } from "../ops/positional.js";
import { checkProbability, dropout } from "../ops/random.js";
import { flatten, unsqueeze } from "../ops/views.js";
import { checkParts, checkRows } from "./layers.js";
import { PlainLayer } from "./plain.js";

const NAME = "SinusoidalPositionalEncoding";

export interface SinusoidalOptions {
  /** Default: 0. */
  dropout?: number;
  /** Wavelengths grow from 2 pi to 2 pi base. Default: 10000. */
  base?: number;
  /** [N, T, E] instead of [T, N, E]. Default: false. */
  batchFirst?: boolean;
}

/**
 * Adds sin(pos base^(-2i/dModel)) to element 2i and the cosine to element 2i + 1 (Vaswani et al.,
 * 2017), then drops. For any length; nothing in the state dict.
 */
export class SinusoidalPositionalEncoding extends PlainLayer {
  /** @param dModel even @throws ValueError for others, and for a dropout outside of [0, 1] */
  constructor(
    readonly dModel: number,
    readonly options: SinusoidalOptions = {},
  ) {
    super();
    checkParts(NAME, "2", 2, { dModel }, options);
    checkProbability(NAME, options.dropout ?? 0, "dropout");
  }

  /**
   * @param x [T, N, dModel], with batchFirst [N, T, dModel], or [T, dModel]
   * @param inputs.offset the position of the first row. Default: 0.
   * @throws ShapeError for other shapes
   */
  forward(x: Tensor, inputs: { offset?: number } = {}): Tensor {
    const { base = 10000, batchFirst = false } = this.options;
    checkRows(NAME, x, this.dModel, batchFirst ? "N, T, " : "T, N, ", "T, ");
    return tidy(() => {
      const T = x.shape.at(batchFirst ? -2 : 0)!;
      const turn = angles(T, this.dModel, base, inputs.offset ?? 0);
      const waves = flatten(stack([sin(turn), cos(turn)], -1), -2);
      const y = add(x, x.ndim === 3 && !batchFirst ? unsqueeze(waves, 1) : waves);
      return dropout(y, this.options.dropout ?? 0, { training: this.training });
    });
  }
}

/** `rotaryEmbedding` with its options as a layer: for queries and keys [..., T, D]. */
export class RotaryEmbedding extends PlainLayer {
  constructor(readonly options: Omit<RotaryOptions, "offset"> = {}) {
    super();
  }

  /** @param inputs.offset the position of the first row. Default: 0. */
  forward(x: Tensor, inputs: { offset?: number } = {}): Tensor {
    return rotaryEmbedding(x, { ...this.options, ...inputs });
  }
}
