/**
 * What is measured: every task with its sizes, its inputs, the arithmetic it amounts to, how far
 * two answers may lie apart, and the bar it is held to. No contestant appears here but by name, and
 * nothing here runs anything: a contestant turns a task into a job (contestant.ts).
 */

/** Work that every contestant is given in the same words; shapes are PyTorch's (NCHW, [out, in]). */
export type Task =
  | { kind: "add"; n: number }
  | { kind: "matmul"; batch: number; m: number; n: number; k: number; transposed: "" | "a" | "b" }
  | { kind: "conv2d"; x: Shape4; outChannels: number; kernel: number; padding: number }
  | { kind: "unary"; fn: "exp" | "tanh" | "gelu"; n: number }
  | { kind: "rows"; fn: "softmax" | "layerNorm"; rows: number; cols: number }
  | { kind: "sum"; dim: 0 | 1 | null; rows: number; cols: number }
  | ({
      kind: "mlp";
      sizes: readonly number[];
      batch: number;
      loss: "crossEntropy" | "mse";
    } & Replay)
  | ({ kind: "lenet"; batch: number } & Replay);

/** Training steps may be recorded and replayed by libraries that can; the others run them as always. */
interface Replay {
  captured?: true;
}

export type Shape4 = readonly [number, number, number, number];

/** A bar, as the issue words it; `report.ts` judges it. Any one of several conditions may be given. */
export interface Bar {
  /** At least `by` times the speed of the named peer, or of the fastest peer. */
  readonly faster?: { readonly than: string; readonly by: number };
  /** At most so many milliseconds; on a slower machine the same bar as a ratio to a peer. */
  readonly atMostMs?: number;
  readonly orRatio?: { readonly than: string; readonly by: number };
  /** The same speed (arithmetic per second) as another entry of this table, within a share. */
  readonly like?: { readonly id: string; readonly within: number };
}

export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly task: Task;
  readonly bar: Bar;
  /** Floating-point operations, or bytes read and written: what the rate column is made from. */
  readonly flops?: number;
  readonly bytes?: number;
  /** Show calls per second rather than nothing in the rate column. */
  readonly perSecond?: boolean;
  /** Answers may differ by this much, times the largest absolute value of the answer. */
  readonly tolerance: number;
  /** Who needs seconds for a call: two rounds at most, and none at all with --quick. */
  readonly slowFor?: readonly string[];
}

const TFJS = "tfjs-wasm";
const JAX = "jax-js";

/** Training answers are losses of so many steps: enough that a wrong gradient or optimiser shows. */
export const CHECKED_STEPS = { mlp: 10, lenet: 2 } as const;
export const LEARNING_RATE = 1e-3;
export const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const;
export const LAYER_NORM_EPS = 1e-5;

const MEBI = 1 << 20;

function matmul(size: number, batch = 1, transposed: "" | "a" | "b" = ""): Entry {
  const shape = batch > 1 ? `${batch} x ${size}x${size}` : `${size}x${size}`;
  const kind = transposed && `, ${transposed} transposed`;
  const id = `matmul-${size}${batch > 1 ? "-batched" : ""}${transposed && `-t${transposed}`}`;
  const like = { id: `matmul-${size}`, within: 0.15 };
  return {
    id,
    title: `matmul ${shape}${kind}`,
    task: { kind: "matmul", batch, m: size, n: size, k: size, transposed },
    flops: 2 * batch * size ** 3,
    tolerance: 1e-5,
    bar:
      batch > 1 || transposed
        ? { faster: { than: TFJS, by: 1.25 }, like }
        : { faster: { than: TFJS, by: 1.25 } },
  };
}

function unary(fn: "exp" | "tanh" | "gelu"): Entry {
  return {
    id: fn,
    title: `${fn}${fn === "gelu" ? " (tanh form)" : ""} of 1M`,
    task: { kind: "unary", fn, n: MEBI },
    bytes: 8 * MEBI,
    tolerance: 1e-5,
    bar: { faster: { than: TFJS, by: 5 } },
  };
}

function rows(fn: "softmax" | "layerNorm"): Entry {
  return {
    id: fn,
    title: `${fn} [1024,1024]`,
    task: { kind: "rows", fn, rows: 1024, cols: 1024 },
    bytes: 8 * MEBI,
    tolerance: 1e-5,
    bar: { faster: { than: "best", by: 1.5 } },
  };
}

function sum(dim: 0 | 1 | null): Entry {
  return {
    id: `sum-${dim ?? "all"}`,
    title: `sum of [1024,1024] over ${dim === null ? "all" : `dim ${dim}`}`,
    task: { kind: "sum", dim, rows: 1024, cols: 1024 },
    bytes: 4 * MEBI,
    // The million terms cancel to 1/550 of their absolute sum, which magnifies rounding: a running
    // float32 sum is off by 4e-5, simdgrad's by 2e-7 (both against float64).
    tolerance: dim === null ? 1e-4 : 1e-5,
    bar: { faster: { than: "best", by: 1.5 } },
  };
}

const mlpFlops = (sizes: readonly number[], batch: number): number =>
  // Forward, weight gradient and input gradient are a GEMM each; the first layer's input needs none.
  sizes.slice(1).reduce((sum, out, i) => sum + (i === 0 ? 4 : 6) * batch * out * sizes[i]!, 0);

const MNIST_MLP = [784, 256, 128, 10] as const;
const TINY_MLP = [2, 16, 16, 1] as const;

export const entries: readonly Entry[] = [
  {
    id: "add-16",
    title: "eager add of 16 floats",
    task: { kind: "add", n: 16 },
    tolerance: 1e-6,
    bar: { atMostMs: 300e-6, orRatio: { than: TFJS, by: 2000 / 300 } },
  },
  matmul(64),
  matmul(128),
  matmul(256),
  matmul(512),
  matmul(1024),
  matmul(512, 1, "a"),
  matmul(512, 1, "b"),
  matmul(64, 64),
  {
    id: "conv2d",
    title: "conv2d 3x3 [8,64,56,56] -> 64",
    task: { kind: "conv2d", x: [8, 64, 56, 56], outChannels: 64, kernel: 3, padding: 1 },
    flops: 2 * 8 * 56 * 56 * 64 * 64 * 9,
    tolerance: 1e-5,
    slowFor: [JAX],
    bar: { faster: { than: TFJS, by: 1.25 } },
  },
  unary("exp"),
  unary("tanh"),
  unary("gelu"),
  rows("softmax"),
  rows("layerNorm"),
  sum(0),
  sum(1),
  sum(null),
  {
    id: "mlp",
    title: "training step, MLP 784-256-128-10, batch 64",
    task: { kind: "mlp", sizes: MNIST_MLP, batch: 64, loss: "crossEntropy" },
    flops: mlpFlops(MNIST_MLP, 64),
    tolerance: 1e-4,
    bar: { atMostMs: 2.2, orRatio: { than: JAX, by: 3.8 / 2.2 } },
  },
  {
    id: "mlp-tiny",
    title: "training step, MLP 2-16-16-1, batch 32",
    task: { kind: "mlp", sizes: TINY_MLP, batch: 32, loss: "mse" },
    perSecond: true,
    tolerance: 1e-4,
    bar: { atMostMs: 1 / 20, orRatio: { than: JAX, by: 20000 / 1900 } },
  },
  {
    id: "mlp-tiny-captured",
    title: "the same, captured",
    task: { kind: "mlp", sizes: TINY_MLP, batch: 32, loss: "mse", captured: true },
    perSecond: true,
    tolerance: 1e-4,
    bar: { atMostMs: 1 / 300, orRatio: { than: JAX, by: 300000 / 1900 } },
  },
  {
    id: "lenet",
    title: "training step, LeNet [32,1,28,28]",
    task: { kind: "lenet", batch: 32 },
    flops: 32 * (28 * 28 * 32 * 25 * 4 + 14 * 14 * 64 * 32 * 25 * 6 + 3136 * 10 * 6),
    tolerance: 1e-3,
    slowFor: [JAX],
    bar: { atMostMs: 60, orRatio: { than: JAX, by: 5900 / 60 } },
  },
];

/** A dense row-major array, as every contestant receives it. */
export interface Floats {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A network's layer as PyTorch keeps it: weight [out, in] or [out, in, kh, kw], bias [out]. */
export interface Layer {
  readonly weight: Floats;
  readonly bias: Floats;
}

export interface Inputs {
  /** Operands in the order in which the task names them. */
  readonly operands: readonly Floats[];
  readonly layers: readonly Layer[];
  /** Class indices, for crossEntropy. */
  readonly classes: Int32Array;
}

/** mulberry32: the same numbers in every process, so that answers can be compared. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The inputs of a task, uniform in [-bound, bound); the same for the same task, always. */
export function inputsOf(task: Task): Inputs {
  const next = generator(42);
  const floats = (shape: readonly number[], bound = 1): Floats => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = (2 * next() - 1) * bound;
    return { shape, data };
  };
  const layer = (...shape: number[]): Layer => {
    const bound = 1 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1));
    return { weight: floats(shape, bound), bias: floats([shape[0]!], bound) };
  };
  const classes = (n: number): Int32Array => Int32Array.from({ length: n }, () => next() * 10);
  const none = { operands: [], layers: [], classes: new Int32Array(0) };
  switch (task.kind) {
    case "add":
      return { ...none, operands: [floats([task.n]), floats([task.n])] };
    case "matmul": {
      const { batch, m, n, k, transposed } = task;
      const lead = batch > 1 ? [batch] : [];
      const a = floats([...lead, ...(transposed === "a" ? [k, m] : [m, k])]);
      return {
        ...none,
        operands: [a, floats([...lead, ...(transposed === "b" ? [n, k] : [k, n])])],
      };
    }
    case "conv2d": {
      const { x, outChannels, kernel } = task;
      const w = layer(outChannels, x[1], kernel, kernel).weight;
      return { ...none, operands: [floats(x), w] };
    }
    case "unary":
      return { ...none, operands: [floats([task.n], 4)] };
    case "rows":
      return {
        ...none,
        operands: [floats([task.rows, task.cols], 4), floats([task.cols]), floats([task.cols])],
      };
    case "sum":
      return { ...none, operands: [floats([task.rows, task.cols])] };
    case "mlp": {
      const { sizes, batch } = task;
      const x = floats([batch, sizes[0]!]);
      const y = floats([batch, sizes.at(-1)!]);
      const layers = sizes.slice(1).map((out, i) => layer(out, sizes[i]!));
      return { operands: [x, y], layers, classes: classes(batch) };
    }
    case "lenet": {
      const layers = [layer(32, 1, 5, 5), layer(64, 32, 5, 5), layer(10, 64 * 7 * 7)];
      const x = floats([task.batch, 1, 28, 28]);
      return { operands: [x], layers, classes: classes(task.batch) };
    }
  }
}
