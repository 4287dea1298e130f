/**
 * The library as a contestant, used as its README says: no tidy and no dispose in training steps
 * and in the eager add. Only the large single ops release their results by hand, as the peers must.
 */
import {
  type Tensor,
  capture,
  conv2d,
  crossEntropy,
  exp,
  gelu,
  layerNorm,
  matmul,
  mseLoss,
  nn,
  optim,
  softmax,
  sum,
  tanh,
  tensor,
} from "simdgrad";
import type { Contestant, Job } from "./contestant.js";
import {
  ADAM,
  CHECKED_STEPS,
  type Floats,
  type Inputs,
  LAYER_NORM_EPS,
  LEARNING_RATE,
  type Layer,
  type Task,
} from "./tasks.js";

const toTensor = ({ data, shape }: Floats): Tensor => tensor(data, { shape });

/** A job that runs one op and lets go of its result. */
function op(compute: () => Tensor): Job {
  return { run: () => compute().dispose(), check: () => compute().toTypedArray() };
}

/** A job that trains: `check` continues for the first steps, `run` takes one more. */
function training(model: nn.Module, loss: () => Tensor, steps: number, captured = false): Job {
  const optimizer = new optim.Adam(model.parameters(), {
    lr: LEARNING_RATE,
    betas: [ADAM.beta1, ADAM.beta2],
    eps: ADAM.eps,
  });
  const step = (): Tensor => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
    return value;
  };
  const run = captured ? capture(step) : step;
  return { run, check: () => Array.from({ length: steps }, () => run().item()) };
}

/** Sets the layers that hold weights, in order; `names` are their places in the Sequential. */
function load(model: nn.Module, names: readonly number[], layers: readonly Layer[]): void {
  const state: Record<string, Tensor> = {};
  layers.forEach(({ weight, bias }, i) => {
    state[`${names[i]}.weight`] = toTensor(weight);
    state[`${names[i]}.bias`] = toTensor(bias);
  });
  model.loadStateDict(state);
}

function mlp(task: Task & { kind: "mlp" }, inputs: Inputs): Job {
  const [x, target] = inputs.operands.map(toTensor) as [Tensor, Tensor];
  const classes = tensor(inputs.classes);
  const { sizes } = task;
  const linears = sizes.slice(1).map((out, i) => new nn.Linear(sizes[i]!, out));
  const model = new nn.Sequential(
    ...linears.flatMap((linear, i) => (i === 0 ? [linear] : [new nn.ReLU(), linear])),
  );
  load(
    model,
    Array.from(linears, (_, i) => 2 * i),
    inputs.layers,
  );
  const loss = (): Tensor =>
    task.loss === "mse"
      ? mseLoss(model.forward(x), target)
      : crossEntropy(model.forward(x), classes);
  return training(model, loss, CHECKED_STEPS.mlp, task.captured);
}

function lenet(inputs: Inputs): Job {
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
    new nn.Linear(64 * 7 * 7, 10),
  );
  load(model, [0, 3, 7], inputs.layers);
  return training(model, () => crossEntropy(model.forward(x), classes), CHECKED_STEPS.lenet);
}

function matmuls({ transposed }: Task & { kind: "matmul" }, a: Tensor, b: Tensor): Job {
  const left = transposed === "a" ? a.transpose(-2, -1) : a;
  const right = transposed === "b" ? b.transpose(-2, -1) : b;
  return op(() => matmul(left, right));
}

const unary = { exp, tanh, gelu: (x: Tensor) => gelu(x, { approximate: "tanh" }) };

const contestant: Contestant = {
  start: async () => {},
  prepare(task, inputs) {
    if (task.kind === "mlp") return mlp(task, inputs);
    if (task.kind === "lenet") return lenet(inputs);
    const [a, b, c] = inputs.operands.map(toTensor) as [Tensor, Tensor, Tensor];
    switch (task.kind) {
      case "add":
        return { run: () => a.add(b), check: () => a.add(b).toTypedArray() };
      case "matmul":
        return matmuls(task, a, b);
      case "conv2d":
        return op(() => conv2d(a, b, null, { padding: task.padding }));
      case "unary":
        return op(() => unary[task.fn](a));
      case "rows":
        return task.fn === "softmax"
          ? op(() => softmax(a, 1))
          : op(() => layerNorm(a, [task.cols], b, c, { eps: LAYER_NORM_EPS }));
      case "sum":
        return op(() => (task.dim === null ? sum(a) : sum(a, task.dim)));
    }
  },
};

export default contestant;
