/** The models as ONNX graphs: forward passes only, as onnxruntime-web trains nothing. */
import type { Floats, Inputs } from "../inputs.js";
import { type Gpt, LAYER_NORM_EPS, type Task } from "../tasks.js";
import { type Attribute, type Graph, type Node, type Value } from "./onnx.js";

/** Collects nodes; every method gives the name of its result. */
export class Builder {
  readonly #nodes: Node[] = [];
  readonly #weights: Record<string, Floats | readonly number[]> = {};
  readonly #inputs: Value[] = [];
  #made = 0;

  #name(): string {
    return `v${this.#made++}`;
  }

  input(shape: readonly number[], type: "float" | "int64" = "float"): string {
    const name = this.#name();
    this.#inputs.push({ name, shape, type });
    return name;
  }

  weight(value: Floats | readonly number[]): string {
    const name = this.#name();
    this.#weights[name] = value;
    return name;
  }

  number(value: number): string {
    return this.weight({ shape: [], data: Float32Array.of(value) });
  }

  many(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.#name());
    this.#nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    return this.many(op, inputs, 1, attributes)[0]!;
  }

  graph(output: string, shape: readonly number[]): Graph {
    return {
      inputs: this.#inputs,
      outputs: [{ name: output, shape }],
      nodes: this.#nodes,
      weights: this.#weights,
    };
  }
}

/** [out, in] as [in, out]: what MatMul takes. */
function turned({ shape: [out, inner], data }: Floats): Floats {
  const made = new Float32Array(data.length);
  for (let i = 0; i < out!; i++) {
    for (let j = 0; j < inner!; j++) made[j * out! + i] = data[i * inner! + j]!;
  }
  return { shape: [inner!, out!], data: made };
}

function linear(b: Builder, x: string, weight: Floats, bias: Floats): string {
  return b.op("Add", [b.op("MatMul", [x, b.weight(turned(weight))]), b.weight(bias)]);
}

function lenet(task: Task & { kind: "lenet" }, { layers }: Inputs): Graph {
  const b = new Builder();
  const pool = { kernel_shape: [2, 2], strides: [2, 2] };
  let x = b.input([task.batch, 1, 28, 28]);
  for (const { weight, bias } of layers.slice(0, 2)) {
    const operands = [x, b.weight(weight), b.weight(bias)];
    const y = b.op("Conv", operands, { kernel_shape: [5, 5], pads: [2, 2, 2, 2] });
    x = b.op("MaxPool", [b.op("Relu", [y])], pool);
  }
  const { weight, bias } = layers[2]!;
  const y = linear(b, b.op("Flatten", [x], { axis: 1 }), weight, bias);
  return b.graph(y, [task.batch, bias.shape[0]!]);
}

/** 0 where a token may look, -1e9 where it may not. */
function causalMask(tokens: number): Floats {
  const data = new Float32Array(tokens * tokens);
  for (let i = 0; i < tokens; i++) data.fill(-1e9, i * tokens + i + 1, (i + 1) * tokens);
  return { shape: [tokens, tokens], data };
}

/** Writes one decoder; `b` and the weights are the same for all its parts. */
class GptWriter {
  readonly b = new Builder();
  readonly #mask: string;

  constructor(
    readonly task: Gpt,
    readonly weights: Inputs["weights"],
  ) {
    this.#mask = this.b.weight(causalMask(task.tokens));
  }

  #norm(x: string, name: string): string {
    const [scale, bias] = [this.weights[`${name}.weight`]!, this.weights[`${name}.bias`]!];
    return this.b.op("LayerNormalization", [x, this.b.weight(scale), this.b.weight(bias)], {
      axis: -1,
    });
  }

  #linear(x: string, name: string): string {
    return linear(this.b, x, this.weights[`${name}.weight`]!, this.weights[`${name}.bias`]!);
  }

  #attention(x: string, i: number): string {
    const { b, task } = this;
    const { batch, tokens, width, heads } = task;
    const split = b.many("Split", [this.#linear(x, `h.${i}.attend`)], 3, {
      axis: 2,
      num_outputs: 3,
    });
    const apart = b.weight([batch, tokens, heads, width / heads]);
    const part = (y: string, perm: readonly number[]): string =>
      b.op("Transpose", [b.op("Reshape", [y, apart])], { perm });
    const [q, k, v] = [
      part(split[0]!, [0, 2, 1, 3]),
      part(split[1]!, [0, 2, 3, 1]),
      part(split[2]!, [0, 2, 1, 3]),
    ];
    const scores = b.op("Mul", [b.op("MatMul", [q, k]), b.number(1 / Math.sqrt(width / heads))]);
    const weights = b.op("Softmax", [b.op("Add", [scores, this.#mask])], { axis: -1 });
    const mixed = b.op("Transpose", [b.op("MatMul", [weights, v])], { perm: [0, 2, 1, 3] });
    const joined = b.op("Reshape", [mixed, b.weight([batch, tokens, width])]);
    return this.#linear(joined, `h.${i}.project`);
  }

  graph(): Graph {
    const { b, task, weights } = this;
    const tokens = b.input([task.batch, task.tokens], "int64");
    const looked = b.op("Gather", [b.weight(weights["words.weight"]!), tokens]);
    let x = b.op("Add", [looked, b.weight(weights["places.weight"]!)]);
    for (let i = 0; i < task.depth; i++) {
      x = b.op("Add", [x, this.#attention(this.#norm(x, `h.${i}.norm1`), i)]);
      const wide = this.#linear(this.#norm(x, `h.${i}.norm2`), `h.${i}.widen`);
      const bent = b.op("Gelu", [wide], { approximate: "tanh" });
      x = b.op("Add", [x, this.#linear(bent, `h.${i}.narrow`)]);
    }
    const head = b.weight(turned(weights["head.weight"]!));
    const y = b.op("MatMul", [this.#norm(x, "norm"), head]);
    return b.graph(y, [task.batch, task.tokens, task.words]);
  }
}

/** The graph of a forward pass. LayerNormalization's default epsilon is the one that is asked for. */
export function modelGraph(task: Extract<Task, { mode: string }>, inputs: Inputs): Graph {
  if (task.mode !== "forward") throw new Error("trains nothing");
  if (LAYER_NORM_EPS !== 1e-5) throw new Error("its models are written for an epsilon of 1e-5");
  if (task.kind === "lenet") return lenet(task, inputs);
  if (task.kind === "gpt") return new GptWriter(task, inputs.weights).graph();
  throw new Error(`has no forward pass of ${task.kind}`);
}
