/**
 * The models of the benchmarks, written as the library's README writes them: layers from `nn`, no
 * tidy, no dispose.
 */
import {
  type Tensor,
  arange,
  capture,
  crossEntropy,
  gelu,
  memory,
  mseLoss,
  nn,
  noGrad,
  optim,
  scaledDotProductAttention,
  tensor,
} from "simdgrad";
import type { Job } from "./contestant.js";
import type { Floats, Inputs } from "./inputs.js";
import {
  ADAM,
  CHECKED_STEPS,
  CLASSES,
  type Gpt,
  LEARNING_RATE,
  type Model,
  type Task,
} from "./tasks.js";

export const toTensor = ({ data, shape }: Floats): Tensor => tensor(data, { shape });

/** A model with its loss; `steps` losses are its answer, or what `forward` gives. */
interface Setup {
  readonly model: nn.Module;
  readonly forward: () => Tensor;
  readonly loss: (output: Tensor) => Tensor;
  readonly steps: number;
}

function job({ model, forward, loss, steps }: Setup, { mode, captured }: Model): Job {
  const asTold = (fn: () => Tensor): (() => Tensor) => (captured ? capture(fn) : fn);
  if (mode === "forward") {
    const run = asTold(() => noGrad(forward));
    return { run, check: () => run().toTypedArray() };
  }
  const optimizer = new optim.Adam(model.parameters(), {
    lr: LEARNING_RATE,
    betas: [ADAM.beta1, ADAM.beta2],
    eps: ADAM.eps,
  });
  const run = asTold(() => {
    const value = loss(forward());
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
    return value;
  });
  return {
    run,
    check: () => Array.from({ length: steps }, () => run().item()),
    spilledBytes: () => memory().spilledBytes,
  };
}

/** Sets a model's parameters, by their names. */
function load(model: nn.Module, values: Readonly<Record<string, Floats>>): void {
  const state = Object.entries(values).map(([name, floats]) => [name, toTensor(floats)] as const);
  model.loadStateDict(Object.fromEntries(state));
}

/** The layers' weights and biases, under the places that they have in a Sequential. */
function named(layers: Inputs["layers"], places: readonly (number | string)[]): Inputs["weights"] {
  return Object.fromEntries(
    layers.flatMap(({ weight, bias }, i) => [
      [`${places[i]}.weight`, weight],
      [`${places[i]}.bias`, bias],
    ]),
  );
}

function mlp(task: Task & { kind: "mlp" }, inputs: Inputs): Setup {
  const [x, target] = inputs.operands.map(toTensor) as [Tensor, Tensor];
  const classes = tensor(inputs.classes);
  const { sizes } = task;
  const linears = sizes.slice(1).map((out, i) => new nn.Linear(sizes[i]!, out));
  const model = new nn.Sequential(
    ...linears.flatMap((linear, i) => (i === 0 ? [linear] : [new nn.ReLU(), linear])),
  );
  load(
    model,
    named(
      inputs.layers,
      Array.from(linears, (_, i) => 2 * i),
    ),
  );
  return {
    model,
    forward: () => model.forward(x),
    loss: (y) => (task.loss === "mse" ? mseLoss(y, target) : crossEntropy(y, classes)),
    steps: CHECKED_STEPS.mlp,
  };
}

function lenet(inputs: Inputs): Setup {
  const [x] = inputs.operands.map(toTensor) as [Tensor];
  const classes = tensor(inputs.classes);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 32, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(64 * 7 * 7, CLASSES),
  );
  load(model, named(inputs.layers, [0, 3, 7]));
  return {
    model,
    forward: () => model.forward(x),
    loss: (y) => crossEntropy(y, classes),
    steps: CHECKED_STEPS.lenet,
  };
}

class Classifier extends nn.Module {
  readonly lstm: nn.LSTM;
  readonly fc: nn.Linear;

  constructor(inputs: number, hidden: number) {
    super();
    this.lstm = new nn.LSTM(inputs, hidden);
    this.fc = new nn.Linear(hidden, CLASSES);
  }

  forward(x: Tensor): Tensor {
    return this.fc.forward(this.lstm.forward(x).hidden.select(0, 0));
  }
}

function lstm(task: Task & { kind: "lstm" }, inputs: Inputs): Setup {
  const [x] = inputs.operands.map(toTensor) as [Tensor];
  const classes = tensor(inputs.classes);
  const model = new Classifier(task.inputs, task.hidden);
  load(model, { ...inputs.weights, ...named(inputs.layers, ["fc"]) });
  return {
    model,
    forward: () => model.forward(x),
    loss: (y) => crossEntropy(y, classes),
    steps: CHECKED_STEPS.lstm,
  };
}

class Block extends nn.Module {
  readonly norm1: nn.LayerNorm;
  readonly attend: nn.Linear;
  readonly project: nn.Linear;
  readonly norm2: nn.LayerNorm;
  readonly widen: nn.Linear;
  readonly narrow: nn.Linear;

  constructor(
    readonly width: number,
    readonly heads: number,
  ) {
    super();
    this.norm1 = new nn.LayerNorm(width);
    this.attend = new nn.Linear(width, 3 * width);
    this.project = new nn.Linear(width, width);
    this.norm2 = new nn.LayerNorm(width);
    this.widen = new nn.Linear(width, 4 * width);
    this.narrow = new nn.Linear(4 * width, width);
  }

  private attention(x: Tensor): Tensor {
    const [batch, tokens, width] = x.shape as [number, number, number];
    const shape = [batch, tokens, this.heads, width / this.heads];
    const [q, k, v] = this.attend
      .forward(x)
      .split(width, 2)
      .map((part) => part.reshape(shape).transpose(1, 2)) as [Tensor, Tensor, Tensor];
    const mixed = scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.project.forward(mixed.transpose(1, 2).reshape([batch, tokens, width]));
  }

  forward(x: Tensor): Tensor {
    const h = x.add(this.attention(this.norm1.forward(x)));
    const wide = gelu(this.widen.forward(this.norm2.forward(h)), { approximate: "tanh" });
    return h.add(this.narrow.forward(wide));
  }
}

class Decoder extends nn.Module {
  readonly words: nn.Embedding;
  readonly places: nn.Embedding;
  readonly h: nn.ModuleList<Block>;
  readonly norm: nn.LayerNorm;
  readonly head: nn.Linear;

  constructor({ words, tokens, width, heads, depth }: Gpt) {
    super();
    this.words = new nn.Embedding(words, width);
    this.places = new nn.Embedding(tokens, width);
    this.h = new nn.ModuleList(Array.from({ length: depth }, () => new Block(width, heads)));
    this.norm = new nn.LayerNorm(width);
    this.head = new nn.Linear(width, words, { bias: false });
  }

  forward(tokens: Tensor): Tensor {
    const places = this.places.forward(arange(tokens.shape[1]!));
    let x = this.words.forward(tokens).add(places);
    for (const block of this.h) x = block.forward(x);
    return this.head.forward(this.norm.forward(x));
  }
}

function gpt(task: Gpt, inputs: Inputs): Setup {
  const tokens = tensor(inputs.tokens, { shape: [task.batch, task.tokens] });
  const next = tensor(inputs.classes);
  const model = new Decoder(task);
  load(model, inputs.weights);
  return {
    model,
    forward: () => model.forward(tokens),
    loss: (y) => crossEntropy(y.reshape([-1, task.words]), next),
    steps: CHECKED_STEPS.gpt,
  };
}

/** The job of a task that is about a model. */
export function modelJob(task: Extract<Task, { mode: string }>, inputs: Inputs): Job {
  switch (task.kind) {
    case "mlp":
      return job(mlp(task, inputs), task);
    case "lenet":
      return job(lenet(inputs), task);
    case "lstm":
      return job(lstm(task, inputs), task);
    case "gpt":
      return job(gpt(task, inputs), task);
  }
}
