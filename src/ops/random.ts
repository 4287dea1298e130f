// Random tensors from a counter-based generator (Philox4x32-10): element i of a draw depends on the
// seed, the draws made before and i alone, so the numbers are the same on every machine.
import { DTypeError, ValueError } from "../core/errors.js";
import { type DType, shown, checkFloat } from "../core/dtype.js";
import {
  type Shape,
  checkShape,
  shapeOf,
  checkNumber,
  checkInt,
  checkOptions,
} from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { refuseInCapture } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import type { F32Bits } from "../kernels/contract.js";
import { type Kernel, kernels } from "../kernels/loader.js";
import { f32, run, type Stream, streamOf } from "../kernels/run.js";
import {
  flatUnits,
  permutationCounters,
  permutationUnits,
  randomCounters,
} from "../kernels/units.js";
import { cast, compute } from "./convert.js";
import { dtypeFrom, finish, type TensorOptions } from "./creation.js";

/** Where a stream of random numbers stands: a seed, and how many counters have been used. */
export class Generator {
  private seedLo = 0;
  private seedHi = 0;
  private offset = 0;

  constructor(seed = 0) {
    this.manualSeed(seed);
  }

  /**
   * Starts the stream of this seed from its beginning.
   * @param seed an integer from 0 to 2^53 - 1
   */
  manualSeed(seed: number): this {
    refuseInCapture("manualSeed", "starts a stream of random numbers");
    checkInt("manualSeed", "seed", seed, 0, Number.MAX_SAFE_INTEGER);
    this.seedLo = seed | 0;
    this.seedHi = Math.floor(seed / 2 ** 32) | 0;
    this.offset = 0;
    return this;
  }

  /** @internal Takes `counters` from the stream: the parameters of a kernel that draws. */
  take(counters: number): Stream {
    return streamOf(() => {
      const at = this.offset;
      this.offset += counters;
      return [this.seedLo, this.seedHi, at | 0, Math.floor(at / 2 ** 32) | 0];
    });
  }

  /** Seed and position, to continue from later. */
  getState(): readonly [seedLo: number, seedHi: number, offset: number] {
    return [this.seedLo, this.seedHi, this.offset];
  }

  /** Continues from a position that getState gave. */
  setState(state: readonly [seedLo: number, seedHi: number, offset: number]): void {
    refuseInCapture("setState", "moves a stream of random numbers");
    if (state.length !== 3 || !state.every((n) => Number.isSafeInteger(n))) {
      throw new ValueError("setState", `takes what getState gave: got ${shown(state)}`);
    }
    [this.seedLo, this.seedHi, this.offset] = state;
  }
}

/** The generator of all draws that name no other. Starts from seed 0: runs repeat by themselves. */
export const defaultGenerator = /* @__PURE__ */ new Generator(0);

/** Where an op's random numbers come from. */
export function generatorOf(op: string, options: { generator?: Generator | undefined }): Generator {
  const from = checkOptions(op, options).generator ?? defaultGenerator;
  if (from instanceof Generator) return from;
  throw new ValueError(op, `generator must be a Generator: got ${shown(from)}`);
}

/** Restarts the default generator from `seed`, an integer from 0 to 2^53 - 1. */
export function manualSeed(seed: number): void {
  defaultGenerator.manualSeed(seed);
}

export interface RandomOptions extends TensorOptions {
  /** Where the numbers come from. Default: the one that manualSeed seeds. */
  generator?: Generator;
}

type DrawKernel<P extends readonly F32Bits[]> = Kernel<
  [number, number, number, number, number, number, ...P]
>;

/** A float32 tensor whose elements a kernel makes of random words and `params`. */
function draw<P extends readonly F32Bits[]>(
  op: string,
  kernel: DrawKernel<P>,
  shape: Shape,
  options: RandomOptions,
  ...params: P
): Tensor {
  const generator = generatorOf(op, options);
  const { dtype = "float32" } = options;
  if (dtype !== "float32") {
    throw new DTypeError(op, `random numbers of this kind are float32: got ${dtype}`);
  }
  const out = allocateShape(op, checkShape(op, shape), dtype);
  const n = out.numel();
  const stream = generator.take(randomCounters(n));
  run(kernel, flatUnits(n), out.address(), n, ...stream, ...params);
  return finish(out, options);
}

/** Uniform in [low, high); 24 random bits each (high itself only where rounding gives it). */
export function uniform(
  shape: Shape,
  low: number,
  high: number,
  options: RandomOptions = {},
): Tensor {
  // The kernel multiplies by high - low in float32: that must not overflow either.
  const range = Math.fround(Math.fround(high) - Math.fround(low));
  if (!(low <= high) || !Number.isFinite(range)) {
    throw new ValueError(
      "uniform",
      `low must not exceed high, their distance be finite in float32: got ${low}, ${high}`,
    );
  }
  return drawUniform("uniform", shape, options, low, high);
}

/** @internal `uniform` for the op of that name, its bounds checked. */
export function drawUniform(
  op: string,
  shape: Shape,
  options: RandomOptions,
  low = 0,
  high = 1,
): Tensor {
  return draw(op, kernels.uniformF32, shape, options, f32(low), f32(high));
}

/** Uniform in [0, 1); float32. */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  return drawUniform("rand", shape, options);
}

/** Normally distributed with this mean and standard deviation; float32 (Box-Muller). */
export function normal(
  mean: number,
  std: number,
  shape: Shape,
  options: RandomOptions = {},
): Tensor {
  if (!(std >= 0) || !Number.isFinite(Math.fround(mean) + Math.fround(std))) {
    throw new ValueError(
      "normal",
      `std must be >= 0, both finite in float32: got mean ${mean}, std ${std}`,
    );
  }
  return drawNormal("normal", shape, options, mean, std);
}

/** @internal `normal` for the op of that name, its parameters checked. */
export function drawNormal(
  op: string,
  shape: Shape,
  options: RandomOptions,
  mean = 0,
  std = 1,
): Tensor {
  return draw(op, kernels.normalF32, shape, options, f32(mean), f32(std));
}

/** Normally distributed with mean 0 and standard deviation 1; float32. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return drawNormal("randn", shape, options);
}

/** Uniform in [0, 1), in x's shape. */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return drawUniform("randLike", shapeOf("randLike", x), options);
}

/** Standard normal, in x's shape. */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return drawNormal("randnLike", shapeOf("randnLike", x), options);
}

/** Integers in [low, high), each as likely as the others within 2^-32; int32 unless dtype says float32. */
export function randint(
  low: number,
  high: number,
  shape: Shape,
  options: RandomOptions = {},
): Tensor {
  return drawIntegers("randint", low, high, shape, options, "int32");
}

/** Integers in [low, high) in x's shape and, unless dtype says otherwise, its dtype. */
export function randintLike(
  x: Tensor,
  low: number,
  high: number,
  options: RandomOptions = {},
): Tensor {
  return drawIntegers("randintLike", low, high, shapeOf("randintLike", x), options, x.dtype);
}

function drawIntegers(
  op: string,
  low: number,
  high: number,
  shape: Shape,
  options: RandomOptions,
  natural: DType,
): Tensor {
  const range = high - low;
  const fits = (v: number): boolean => Number.isInteger(v) && v >= -(2 ** 31) && v <= 2 ** 31;
  if (!fits(low) || !fits(high) || range <= 0 || range >= 2 ** 32) {
    throw new ValueError(
      op,
      `low and high must be int32 with low < high < low + 2^32: got ${low}, ${high}`,
    );
  }
  const dtype = dtypeFrom(op, options, natural);
  const out = allocateShape(op, checkShape(op, shape), "int32");
  const n = out.numel();
  const stream = generatorOf(op, options).take(randomCounters(n));
  run(kernels.randintI32, flatUnits(n), out.address(), n, ...stream, low, range | 0);
  const result = cast(out, dtype);
  if (result !== out) out.dispose();
  return finish(result, options);
}

/** 0 ... n - 1 in random order, every order as likely; int32. */
export function randperm(n: number, options: { generator?: Generator } = {}): Tensor {
  const generator = generatorOf("randperm", options);
  const out = allocateShape("randperm", checkShape("randperm", [n]), "int32");
  const stream = generator.take(permutationCounters(n));
  run(kernels.permutationI32, permutationUnits(n), out.address(), n, ...stream);
  return out;
}

/** 1 with probability p (one number), else 0; float32. */
export function bernoulli(shape: Shape, p: number, options: RandomOptions = {}): Tensor {
  checkProbability("bernoulli", p);
  return draw("bernoulli", kernels.bernoulliF32, shape, options, f32(p));
}

/** Refuses what is no probability. */
export function checkProbability(op: string, p: number, name = "p"): void {
  checkNumber(op, name, p, 0, 1);
}

export interface DropoutOptions {
  /** Without it dropout returns x itself. Default: true. */
  training?: boolean;
  /** Where the numbers come from. Default: the one that manualSeed seeds. */
  generator?: Generator;
}

/** Zeroes each element with probability p and multiplies the others by 1 / (1 - p). */
export function dropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  checkProbability("dropout", p);
  checkFloat("dropout", "x", x);
  if (checkOptions("dropout", options).training === false || p === 0) return x;
  const stream = generatorOf("dropout", options).take(randomCounters(x.numel()));
  return dropoutAt(x, p, stream);
}

/** Dropout at a place in the stream. Linear in x: its gradient is the same on dy, no mask is kept. */
export function dropoutAt(x: Tensor, p: number, stream: Stream): Tensor {
  const n = x.numel();
  const args = [n, ...stream, f32(p)] as const;
  const out = compute("dropout", kernels.dropoutF32, flatUnits(n), [x], x.shape, args);
  return record("dropout", out, [x], {}, (dy) => [() => dropoutAt(dy, p, stream)]);
}
