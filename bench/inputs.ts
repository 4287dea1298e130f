/** The numbers that go into a task: the same for the same task, in every process. */
import { CLASSES, type Gpt, type Task, sideOf } from "./tasks.js";

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
  /** Layers with weight and bias, in the order in which data passes them. */
  readonly layers: readonly Layer[];
  /** Weights of layers that are not of that kind, by PyTorch's names. */
  readonly weights: Readonly<Record<string, Floats>>;
  /** Class indices, for crossEntropy; tokens and next tokens [batch, tokens] of a language model. */
  readonly classes: Int32Array;
  readonly tokens: Int32Array;
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

/** Draws arrays, uniform in [-bound, bound), one after the other. */
class Source {
  readonly #next = generator(42);

  floats(shape: readonly number[], bound = 1): Floats {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = (2 * this.#next() - 1) * bound;
    return { shape, data };
  }

  layer(...shape: number[]): Layer {
    const bound = 1 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1));
    return { weight: this.floats(shape, bound), bias: this.floats([shape[0]!], bound) };
  }

  below(limit: number, n: number): Int32Array {
    return Int32Array.from({ length: n }, () => this.#next() * limit);
  }
}

/** The weights of one block of a decoder, all of them layers of their own. */
function block(source: Source, i: number, width: number): Record<string, Floats> {
  const made: Record<string, Floats> = {};
  const put = (name: string, { weight, bias }: Layer): void => {
    made[`h.${i}.${name}.weight`] = weight;
    made[`h.${i}.${name}.bias`] = bias;
  };
  const norm = (): Layer => ({ weight: source.floats([width]), bias: source.floats([width], 0.1) });
  put("norm1", norm());
  put("attend", source.layer(3 * width, width));
  put("project", source.layer(width, width));
  put("norm2", norm());
  put("widen", source.layer(4 * width, width));
  put("narrow", source.layer(width, 4 * width));
  return made;
}

function gptWeights(source: Source, { words, tokens, width, depth }: Gpt): Inputs["weights"] {
  const blocks: Record<string, Floats> = {};
  for (let i = 0; i < depth; i++) Object.assign(blocks, block(source, i, width));
  return {
    "words.weight": source.floats([words, width], 0.1),
    "places.weight": source.floats([tokens, width], 0.1),
    ...blocks,
    "norm.weight": source.floats([width]),
    "norm.bias": source.floats([width], 0.1),
    "head.weight": source.layer(words, width).weight,
  };
}

function lstmWeights(source: Source, inputs: number, hidden: number): Inputs["weights"] {
  const bound = 1 / Math.sqrt(hidden);
  return {
    "lstm.weight_ih_l0": source.floats([4 * hidden, inputs], bound),
    "lstm.weight_hh_l0": source.floats([4 * hidden, hidden], bound),
    "lstm.bias_ih_l0": source.floats([4 * hidden], bound),
    "lstm.bias_hh_l0": source.floats([4 * hidden], bound),
  };
}

/** The operands of a single op. */
function operandsOf(task: Task, source: Source): Floats[] {
  switch (task.kind) {
    case "eagerAdd":
    case "chain":
      return [source.floats([task.n]), source.floats([task.n])];
    case "matmul": {
      const { batch, m, n, k, transposed } = task;
      const lead = batch > 1 ? [batch] : [];
      const a = source.floats([...lead, ...(transposed === "a" ? [k, m] : [m, k])]);
      return [a, source.floats([...lead, ...(transposed === "b" ? [n, k] : [k, n])])];
    }
    case "conv2d": {
      const { x, outChannels, kernel, groups } = task;
      const w = source.layer(outChannels, x[1] / groups, kernel, kernel).weight;
      return [source.floats(x), w];
    }
    case "unary":
      return [source.floats([task.n], 4)];
    case "binary": {
      const shape = task.fn === "addRow" ? [sideOf(task), sideOf(task)] : [task.n];
      return [source.floats(shape), source.floats(shape.slice(-1))];
    }
    case "standardise": {
      const { rows, cols } = task;
      return [[rows, cols], [rows, 1], [rows, 1], [cols], [cols]].map((s) => source.floats(s));
    }
    case "rows":
      return [
        source.floats([task.rows, task.cols], 4),
        source.floats([task.cols]),
        source.floats([task.cols]),
      ];
    case "norm": {
      const { rows, cols } = task;
      return [[rows, cols], [rows, cols], [cols], [cols]].map((s) => source.floats(s));
    }
    case "sum":
      return [source.floats([task.rows, task.cols])];
    default:
      return [];
  }
}

/** All that a task needs. */
export function inputsOf(task: Task): Inputs {
  const source = new Source();
  const indices = new Int32Array(0);
  const none = { operands: [], layers: [], weights: {}, classes: indices, tokens: indices };
  switch (task.kind) {
    case "mlp": {
      const { sizes, batch } = task;
      const operands = [source.floats([batch, sizes[0]!]), source.floats([batch, sizes.at(-1)!])];
      const layers = sizes.slice(1).map((out, i) => source.layer(out, sizes[i]!));
      return { ...none, operands, layers, classes: source.below(CLASSES, batch) };
    }
    case "lenet": {
      const layers = [source.layer(32, 1, 5, 5), source.layer(64, 32, 5, 5)];
      layers.push(source.layer(CLASSES, 64 * 7 * 7));
      const operands = [source.floats([task.batch, 1, 28, 28])];
      return { ...none, operands, layers, classes: source.below(CLASSES, task.batch) };
    }
    case "lstm": {
      const operands = [source.floats([task.steps, task.batch, task.inputs])];
      const weights = lstmWeights(source, task.inputs, task.hidden);
      const layers = [source.layer(CLASSES, task.hidden)];
      return { ...none, operands, weights, layers, classes: source.below(CLASSES, task.batch) };
    }
    case "gpt": {
      const count = task.batch * task.tokens;
      const weights = gptWeights(source, task);
      const tokens = source.below(task.words, count);
      return { ...none, weights, tokens, classes: source.below(task.words, count) };
    }
    default:
      return { ...none, operands: operandsOf(task, source) };
  }
}
