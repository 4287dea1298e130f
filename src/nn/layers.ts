// Layers with parameters, initialised as in PyTorch, and those that only reshape or drop.
import { checkFloat } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import { checkInt, checkOptions, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { full } from "../ops/creation.js";
import { bilinear } from "../ops/bilinear.js";
import { cosineSimilarity, pairwiseDistance } from "../ops/distances.js";
import { linear } from "../ops/matmul.js";
import type { ReduceOptions } from "../ops/reduce.js";
import { flatten } from "../ops/views.js";
import { uniform_ } from "./init.js";
import { lasting, Parameter } from "./module.js";
import { PlainLayer } from "./plain.js";

/** A parameter of zeros or ones, which an initialisation may overwrite. */
export function parameter(shape: readonly number[], value: 0 | 1 = 0): Parameter {
  return lasting(() => new Parameter(full(shape, value)));
}

/** PyTorch's default for weights and biases: all uniform within 1 / sqrt(fanIn). */
export function initialise(fanIn: number, ...parameters: (Parameter | null)[]): void {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  for (const p of parameters) if (p !== null) uniform_(p, -bound, bound);
}

/** Refuses sizes that are no integers >= 0, by their names, and options that are none. */
export function checkSizes(
  layer: string,
  sizes: Record<string, number>,
  options: unknown = {},
): void {
  checkOptions(layer, options);
  for (const [name, n] of Object.entries(sizes)) checkInt(layer, name, n, 0);
}

/** Refuses a number of parts that is no integer >= 1, sizes that it does not divide, and options that are none. */
export function checkParts(
  layer: string,
  name: string,
  n: number,
  sizes: Record<string, number>,
  options: unknown,
): void {
  checkInt(layer, name, n, 1);
  checkSizes(layer, sizes, options);
  for (const [size, all] of Object.entries(sizes)) {
    if (all % n !== 0) throw new ValueError(layer, `${name} must divide ${size}: got ${n}, ${all}`);
  }
}

/** Refuses what is no float32 [...lead, size], `lead` being three characters a dim ("T, B, "), or without one of them. */
export function checkRows(
  layer: string,
  x: Tensor,
  size: number,
  lead: string,
  single: string,
): void {
  checkFloat(layer, "x", x);
  const missing = lead.length / 3 + 1 - x.ndim;
  if ((missing === 0 || missing === 1) && x.shape.at(-1) === size) return;
  misfit(layer, `x must be [${lead}${size}] or [${single}${size}]`, x);
}

/** y = x W^T + b on the last dim: [..., in] to [..., out]. */
export class Linear extends PlainLayer {
  /** [out, in] */
  declare weight: Parameter;
  /** [out] */
  declare bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, options: { bias?: boolean } = {}) {
    super();
    checkSizes("Linear", { inFeatures, outFeatures }, options);
    this.weight = parameter([outFeatures, inFeatures]);
    this.bias = (options.bias ?? true) ? parameter([outFeatures]) : null;
    initialise(inFeatures, this.weight, this.bias);
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

/** y_k = x1 W_k x2 + b_k on the last dims: [..., in1] and [..., in2] to [..., out]. */
export class Bilinear extends PlainLayer {
  /** [out, in1, in2] */
  declare weight: Parameter;
  /** [out] */
  declare bias: Parameter | null;

  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options: { bias?: boolean } = {},
  ) {
    super();
    checkSizes("Bilinear", { in1Features, in2Features, outFeatures }, options);
    this.weight = parameter([outFeatures, in1Features, in2Features]);
    this.bias = (options.bias ?? true) ? parameter([outFeatures]) : null;
    initialise(in1Features, this.weight, this.bias);
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, this.bias);
  }
}

/** The cosine of the angle between x1 and x2 along a dim: see cosineSimilarity. */
export class CosineSimilarity extends PlainLayer {
  constructor(
    readonly dim = 1,
    readonly eps = 1e-8,
  ) {
    super();
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.dim, this.eps);
  }
}

/** The p-norm of x1 - x2 + eps over the last dim: see pairwiseDistance. */
export class PairwiseDistance extends PlainLayer {
  constructor(
    readonly p = 2,
    readonly eps = 1e-6,
    readonly options: ReduceOptions = {},
  ) {
    super();
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.p, this.eps, this.options);
  }
}

/** Joins dims; by default all but the first. */
export class Flatten extends PlainLayer {
  constructor(
    readonly startDim = 1,
    readonly endDim = -1,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this.startDim, this.endDim);
  }
}

/** Returns its input. */
export class Identity extends PlainLayer {
  forward(x: Tensor): Tensor {
    return x;
  }
}
