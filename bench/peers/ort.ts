/**
 * onnxruntime-web on its WebAssembly device, one thread: forward only, each task as a model that is
 * written here (onnx.ts). What a user would keep as weights is part of the model, so that it may be
 * packed beforehand, and results are written to one array again and again, which halves the time of
 * large ones; that inputs and outputs are copied at each call its interface cannot avoid.
 */
import { InferenceSession, Tensor, env } from "onnxruntime-web";
import type { Contestant, Job } from "../contestant.js";
import type { Floats, Inputs } from "../inputs.js";
import { type Conv, LAYER_NORM_EPS, type Task } from "../tasks.js";
import { type Graph, model } from "./onnx.js";
import { Builder, modelGraph } from "./ort-models.js";

const toTensor = ({ data, shape }: Floats): Tensor => new Tensor("float32", data, [...shape]);

/** Runs a graph on inputs, given in the order of the graph's. */
async function job(graph: Graph, inputs: readonly Tensor[]): Promise<Job> {
  const session = await InferenceSession.create(model(graph), { executionProviders: ["wasm"] });
  const feeds = Object.fromEntries(graph.inputs.map(({ name }, i) => [name, inputs[i]!]));
  const [output] = graph.outputs;
  const size = output!.shape.reduce((a, b) => a * b, 1);
  const results = {
    [output!.name]: toTensor({ shape: output!.shape, data: new Float32Array(size) }),
  };
  return {
    run: () => session.run(feeds, results),
    check: async () => (await session.run(feeds))[output!.name]!.data as Float32Array,
  };
}

/** A graph of a few nodes over the operands; those named in `fixed` are weights of the model. */
function opJob(
  operands: readonly Floats[],
  fixed: readonly number[],
  shape: readonly number[],
  build: (b: Builder, names: string[]) => string,
): Promise<Job> {
  const b = new Builder();
  const isFixed = (i: number): boolean => fixed.includes(i);
  const names = operands.map((x, i) => (isFixed(i) ? b.weight(x) : b.input(x.shape)));
  const fed = operands.filter((_, i) => !isFixed(i)).map(toTensor);
  return job(b.graph(build(b, names), shape), fed);
}

function conv(
  { x, outChannels, kernel, padding, groups, relu }: Conv,
  { operands }: Inputs,
): Promise<Job> {
  const [n, , h, w] = x;
  return opJob(operands, [1], [n, outChannels, h, w], (b, names) => {
    const y = b.op("Conv", names, {
      kernel_shape: [kernel, kernel],
      pads: [padding, padding, padding, padding],
      group: groups,
    });
    return relu ? b.op("Relu", [y]) : y;
  });
}

function matmul(task: Task & { kind: "matmul" }, { operands }: Inputs): Promise<Job> {
  const { batch, m, n, transposed } = task;
  const lead = batch > 1 ? [batch] : [];
  const perm = batch > 1 ? [0, 2, 1] : [1, 0];
  return opJob(operands, [1], [...lead, m, n], (b, [left, right]) => {
    const flip = (x: string, is: boolean): string => (is ? b.op("Transpose", [x], { perm }) : x);
    return b.op("MatMul", [flip(left!, transposed === "a"), flip(right!, transposed === "b")]);
  });
}

function rows({ fn, rows, cols }: Task & { kind: "rows" }, { operands }: Inputs): Promise<Job> {
  return fn === "softmax"
    ? opJob(operands.slice(0, 1), [], [rows, cols], (b, names) =>
        b.op("Softmax", names, { axis: 1 }),
      )
    : opJob(operands, [1, 2], [rows, cols], (b, names) =>
        b.op("LayerNormalization", names, { axis: 1 }),
      );
}

function norm({ fn, rows, cols }: Task & { kind: "norm" }, { operands }: Inputs): Promise<Job> {
  const [x, y, w, b] = operands as [Floats, Floats, Floats, Floats];
  if (fn === "residual") {
    return opJob([x, y, w, b], [2, 3], [rows, cols], (g, [x, y, ...affine]) =>
      g.op("LayerNormalization", [g.op("Add", [x!, y!]), ...affine], { axis: 1 }),
    );
  }
  return opJob([x, w], [1], [rows, cols], (g, [x, w]) => {
    const square = g.op("Mul", [x!, x!]);
    const mean = g.op("ReduceMean", [square, g.weight([1])], { keepdims: 1 });
    const root = g.op("Sqrt", [g.op("Add", [mean, g.number(LAYER_NORM_EPS)])]);
    return g.op("Mul", [g.op("Div", [x!, root]), w!]);
  });
}

const UNARY = { exp: "Exp", tanh: "Tanh", gelu: "Gelu", sigmoid: "Sigmoid", relu: "Relu" } as const;

function single(task: Exclude<Task, { mode: string }>, inputs: Inputs): Promise<Job> {
  const { operands } = inputs;
  const { shape } = operands[0]!;
  switch (task.kind) {
    case "eagerAdd":
      if (task.recorded) throw new Error("records nothing");
      return opJob(operands, [], shape, (b, names) => b.op("Add", names));
    case "matmul":
      return matmul(task, inputs);
    case "conv2d":
      return conv(task, inputs);
    case "unary": {
      const attributes = task.fn === "gelu" ? { approximate: "tanh" } : {};
      return opJob(operands, [], shape, (b, names) => b.op(UNARY[task.fn], names, attributes));
    }
    case "binary":
      return opJob(operands, [], shape, (b, names) =>
        b.op(task.fn === "mul" ? "Mul" : "Add", names),
      );
    case "chain":
      return opJob(operands, [], shape, (g, [a, b]) => {
        const product = g.op("Mul", [g.op("Sub", [a!, b!]), b!]);
        const sum = g.op("Add", [product, a!]);
        return g.op("Mul", [sum, sum]);
      });
    case "standardise":
      return opJob(operands, [], shape, (g, [x, m, s, w, b]) => {
        const centred = g.op("Sub", [x!, m!]);
        return g.op("Add", [g.op("Mul", [g.op("Mul", [centred, s!]), w!]), b!]);
      });
    case "rows":
      return rows(task, inputs);
    case "norm":
      return norm(task, inputs);
    case "sum": {
      const axes = task.dim === null ? [0, 1] : [task.dim];
      const rest = shape.filter((_, i) => !axes.includes(i));
      return opJob(operands, [], rest, (b, names) =>
        b.op("ReduceSum", [...names, b.weight(axes)], { keepdims: 0 }),
      );
    }
  }
}

function whole(task: Extract<Task, { mode: string }>, inputs: Inputs): Promise<Job> {
  const tokens = (): Tensor =>
    new Tensor("int64", BigInt64Array.from(inputs.tokens, BigInt), [
      task.batch,
      inputs.tokens.length / task.batch,
    ]);
  const fed = task.kind === "gpt" ? [tokens()] : inputs.operands.map(toTensor);
  return job(modelGraph(task, inputs), fed);
}

const contestant: Contestant = {
  start: async () => {
    env.wasm.numThreads = 1;
    env.logLevel = "error";
  },
  prepare: (task, inputs) => ("mode" in task ? whole(task, inputs) : single(task, inputs)),
};

export default contestant;
