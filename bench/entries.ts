/** The table of what is measured, each entry with its bar. */
import {
  type Bar,
  type Conv,
  type Entry,
  type Gpt,
  type Shape4,
  type Task,
  type UnaryFn,
  sideOf,
} from "./tasks.js";

const TFJS = "tfjs-wasm";
const JAX = "jax-js";
const ORT = "ort-web";

const MEBI = 1 << 20;

/** Products whose second operand is square, in every layout. */
function square(size: number, batch = 1, transposed: "" | "a" | "b" = ""): Entry {
  const shape = batch > 1 ? `${batch} x ${size}x${size}` : `${size}x${size}`;
  return {
    id: `matmul-${size}${batch > 1 ? "-batched" : ""}${transposed && `-t${transposed}`}`,
    title: `matmul ${shape}${transposed && `, ${transposed} transposed`}`,
    task: { kind: "matmul", batch, m: size, n: size, k: size, transposed },
    flops: 2 * batch * size ** 3,
    tolerance: 1e-5,
    bar: { ofLimit: 0.85, faster: { than: TFJS, by: 1.3 } },
  };
}

function flat(m: number, k: number, n: number): Entry {
  return {
    id: `matmul-${m}x${k}x${n}`,
    title: `matmul ${m}x${k} @ ${k}x${n}`,
    task: { kind: "matmul", batch: 1, m, n, k, transposed: "" },
    flops: 2 * m * n * k,
    tolerance: 1e-5,
    bar: { faster: { than: TFJS, by: 1.2 } },
  };
}

function conv(id: string, name: string, task: Omit<Conv, "kind">, bar: Bar, slow = false): Entry {
  const [n, c, h, w] = task.x;
  const { outChannels, kernel, groups } = task;
  const to = groups > 1 ? "" : ` -> ${outChannels}`;
  return {
    id,
    title: `${name} [${task.x.join(",")}]${to}${task.relu ? ", relu, captured" : ""}`,
    task: { kind: "conv2d", ...task },
    flops: 2 * n * h * w * outChannels * (c / groups) * kernel * kernel,
    tolerance: 1e-5,
    ...(slow && { slowFor: [JAX] }),
    bar,
  };
}

/** A convolution that keeps height and width. */
const same = (x: Shape4, outChannels: number, kernel: number, groups = 1): Omit<Conv, "kind"> => {
  return { x, outChannels, kernel, padding: (kernel - 1) / 2, groups };
};

const BEST_BY_1_3: Bar = { faster: { than: "best", by: 1.3 } };

/** As fast as whoever is fastest, and 80% of a plain SIMD loop. */
const BOUND_BY_MEMORY: Bar = { faster: { than: "best", by: 1 }, ofLimit: 0.8 };

function unary(fn: UnaryFn, bar: Bar): Entry {
  return {
    id: fn,
    title: `${fn}${fn === "gelu" ? " (tanh form)" : ""} of 1M`,
    task: { kind: "unary", fn, n: MEBI },
    bytes: 8 * MEBI,
    tolerance: 1e-5,
    bar,
  };
}

function binary(fn: "add" | "mul" | "addRow"): Entry {
  const task = { kind: "binary", fn, n: MEBI } as const;
  const side = sideOf(task);
  return {
    id: fn === "addRow" ? "add-row" : `${fn}-1m`,
    title: fn === "addRow" ? `add [${side},${side}] + [${side}]` : `${fn} of 1M`,
    task,
    bytes: (fn === "addRow" ? 8 : 12) * MEBI,
    tolerance: 1e-6,
    bar: BOUND_BY_MEMORY,
  };
}

const chain: Entry = {
  id: "chain",
  title: "((a - b) b + a)^2 of 1M, captured",
  task: { kind: "chain", n: MEBI },
  bytes: 12 * MEBI,
  tolerance: 1e-6,
  bar: {},
};

const standardise: Entry = {
  id: "standardise",
  title: "(x - m) s w + b of [1024,1024], by rows and columns, captured",
  task: { kind: "standardise", rows: 1024, cols: 1024 },
  bytes: 8 * MEBI,
  tolerance: 1e-6,
  bar: {},
};

function rows(fn: "softmax" | "layerNorm"): Entry {
  return {
    id: fn,
    title: `${fn} [1024,1024]`,
    task: { kind: "rows", fn, rows: 1024, cols: 1024 },
    bytes: 8 * MEBI,
    tolerance: 1e-5,
    bar: { faster: { than: "best", by: 2 } },
  };
}

function norm(fn: "residual" | "rms"): Entry {
  const title = fn === "rms" ? "RMS norm written out" : "layerNorm of x + y";
  return {
    id: `norm-${fn}`,
    title: `${title}, [1024,1024], captured`,
    task: { kind: "norm", fn, rows: 1024, cols: 1024 },
    bytes: (fn === "rms" ? 8 : 12) * MEBI,
    tolerance: 1e-5,
    bar: {},
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
    bar: BOUND_BY_MEMORY,
  };
}

const eagerAdd = (recorded: boolean): Entry => ({
  id: recorded ? "eager-add-recorded" : "eager-add",
  title: `eager add of 16 floats${recorded ? ", recorded for a gradient" : ""}`,
  task: { kind: "eagerAdd", n: 16, recorded },
  tolerance: 1e-6,
  bar: recorded
    ? { atMostMs: 400e-6 }
    : { atMostMs: 100e-6, orRatio: { than: "best", by: 1400 / 100 } },
});

/** Work with a model, and the same captured: both are held to `bar` unless the latter has its own. */
function withCapture(entry: Entry & { task: OfModel }, captured: Bar = entry.bar): Entry[] {
  const twin: Entry = {
    ...entry,
    id: `${entry.id}-captured`,
    title: `${entry.title}, captured`,
    task: { ...entry.task, captured: true },
    peersOf: entry.id,
    bar: captured,
  };
  return [entry, twin];
}

/** The same with two threads. */
const onTwo = (entry: Entry): Entry => ({
  ...entry,
  id: `${entry.id}-threads`,
  title: `${entry.title}, two threads`,
  peersOf: entry.peersOf ?? entry.id,
  threads: 2,
  bar: { overOneThread: 1.7 },
});

/** These, and behind those that are named the same with two threads. */
const withThreads = (list: readonly Entry[], ...ids: readonly string[]): Entry[] =>
  list.flatMap((entry) => (ids.includes(entry.id) ? [entry, onTwo(entry)] : [entry]));

type OfModel = Extract<Task, { mode: string }>;

/** Forward, weight gradient and input gradient are a product each; the first layer's input needs none. */
const mlpFlops = (sizes: readonly number[], batch: number): number =>
  sizes.slice(1).reduce((sum, out, i) => sum + (i === 0 ? 4 : 6) * batch * out * sizes[i]!, 0);

/** Multiplications and additions of LeNet's three layers for one image. */
const LENET = [2 * 28 * 28 * 32 * 25, 2 * 14 * 14 * 64 * 32 * 25, 2 * 64 * 7 * 7 * 10] as const;

function gptForwardFlops({ batch, tokens, width, depth, words }: Gpt): number {
  const block = 2 * 12 * width * width + 4 * tokens * width;
  return batch * tokens * (depth * block + 2 * width * words);
}

const MNIST_MLP = [784, 256, 128, 10] as const;
const TINY_MLP = [2, 16, 16, 1] as const;
const LSTM = {
  kind: "lstm",
  steps: 32,
  batch: 16,
  inputs: 64,
  hidden: 128,
  mode: "train",
} as const;
const GPT: Gpt = {
  ...({ kind: "gpt", mode: "train", words: 65, batch: 8, tokens: 64 } as const),
  ...{ width: 128, heads: 4, depth: 2 },
};
const GPT_FORWARD: Gpt = { ...GPT, batch: 1, mode: "forward" };

const trainingSteps: readonly Entry[] = [
  ...withCapture({
    id: "mlp",
    title: "training step, MLP 784-256-128-10, batch 64",
    task: { kind: "mlp", sizes: MNIST_MLP, batch: 64, loss: "crossEntropy", mode: "train" },
    flops: mlpFlops(MNIST_MLP, 64),
    tolerance: 1e-4,
    bar: { atMostMs: 1.6, orRatio: { than: JAX, by: 3.8 / 1.6 } },
  }),
  ...withCapture(
    {
      id: "mlp-tiny",
      title: "training step, MLP 2-16-16-1, batch 32",
      task: { kind: "mlp", sizes: TINY_MLP, batch: 32, loss: "mse", mode: "train" },
      perSecond: true,
      tolerance: 1e-4,
      bar: { atMostMs: 1 / 60, orRatio: { than: JAX, by: 60_000 / 2000 } },
    },
    { atMostMs: 1 / 300, orRatio: { than: JAX, by: 300_000 / 2000 } },
  ),
  ...withCapture(
    {
      id: "lenet",
      title: "training step, LeNet [32,1,28,28]",
      task: { kind: "lenet", batch: 32, mode: "train" },
      flops: 32 * (2 * LENET[0] + 3 * LENET[1] + 3 * LENET[2]),
      tolerance: 1e-3,
      slowFor: [JAX],
      bar: { atMostMs: 36, orRatio: { than: JAX, by: 5900 / 36 } },
    },
    { atMostMs: 25, orRatio: { than: JAX, by: 5900 / 25 } },
  ),
  ...withCapture({
    id: "lstm",
    title: "training step, LSTM 64-128, 32 steps, batch 16",
    task: LSTM,
    flops: 32 * 16 * 2 * 4 * 128 * (2 * 64 + 3 * 128),
    tolerance: 1e-4,
    bar: { atMostMs: 10, orRatio: { than: "best", by: 49 / 10 } },
  }),
  ...withCapture({
    id: "gpt",
    title: "training step, GPT 2 x 128, 64 tokens, batch 8",
    task: GPT,
    flops: 3 * gptForwardFlops(GPT),
    tolerance: 1e-4,
    bar: { atMostMs: 30, orRatio: { than: "best", by: 120 / 30 } },
  }),
];

const forwardPasses: readonly Entry[] = [
  ...withCapture({
    id: "gpt-forward",
    title: "forward pass, the same GPT, batch 1",
    task: GPT_FORWARD,
    flops: gptForwardFlops(GPT_FORWARD),
    tolerance: 1e-5,
    bar: { atMostMs: 1.6, orRatio: { than: ORT, by: 2.3 / 1.6 } },
  }),
  ...withCapture({
    id: "lenet-forward",
    title: "forward pass, LeNet [1,1,28,28]",
    task: { kind: "lenet", batch: 1, mode: "forward" },
    flops: LENET[0] + LENET[1] + LENET[2],
    tolerance: 1e-5,
    bar: { atMostMs: 0.45, orRatio: { than: "best", by: 0.61 / 0.45 } },
  }),
];

export const entries: readonly Entry[] = [
  eagerAdd(false),
  eagerAdd(true),
  ...withThreads(
    [64, 128, 256, 512, 1024].map((size) => square(size)),
    "matmul-512",
  ),
  square(512, 1, "a"),
  square(512, 1, "b"),
  square(64, 64),
  flat(1, 1024, 1024),
  flat(32, 784, 128),
  conv(
    "conv-3x3",
    "conv2d 3x3",
    same([8, 64, 56, 56], 64, 3),
    { faster: { than: TFJS, by: 3.5 } },
    true,
  ),
  conv("conv-1x1", "conv2d 1x1", same([8, 256, 14, 14], 256, 1), BEST_BY_1_3),
  conv("conv-depthwise", "conv2d 3x3 depthwise", same([8, 128, 28, 28], 128, 3, 128), BEST_BY_1_3),
  conv("conv-1x1-relu", "conv2d 1x1", { ...same([8, 64, 56, 56], 256, 1), relu: true }, {}, true),
  conv(
    "conv-depthwise-relu",
    "conv2d 3x3 depthwise",
    { ...same([8, 128, 28, 28], 128, 3, 128), relu: true },
    {},
  ),
  conv("conv-5x5", "conv2d 5x5", same([32, 1, 28, 28], 32, 5), BEST_BY_1_3),
  unary("exp", { perNs: 1.2 }),
  unary("tanh", { perNs: 1.5 }),
  unary("gelu", { perNs: 0.9 }),
  unary("sigmoid", { perNs: 1.1 }),
  unary("relu", BOUND_BY_MEMORY),
  binary("add"),
  binary("mul"),
  binary("addRow"),
  chain,
  standardise,
  rows("softmax"),
  rows("layerNorm"),
  norm("residual"),
  norm("rms"),
  sum(0),
  sum(1),
  sum(null),
  ...withThreads(trainingSteps, "lenet", "gpt", "gpt-captured"),
  ...forwardPasses,
];
