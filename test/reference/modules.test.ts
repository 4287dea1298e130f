// Modules against PyTorch: outputs, gradients, and the buffers after each step.
import { describe, expect, it } from "vitest";
import { nn, type Tensor } from "../../src/index.js";
import {
  expectState,
  expectTensor,
  LAYERS,
  load,
  toState,
  toTensor,
  type Encoded,
  type EncodedState,
} from "./fixtures.js";

/** See generator/module.py. */
interface ModuleCase {
  readonly layer: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly training: boolean;
  readonly state: EncodedState;
  readonly steps: readonly {
    readonly x: Encoded;
    readonly y: Encoded;
    readonly dy: Encoded;
    readonly dx?: Encoded;
    readonly grads: EncodedState;
    readonly after?: EncodedState;
  }[];
}

interface Layer extends nn.Module {
  forward(x: Tensor): Tensor;
}
type Make = new (...args: never[]) => Layer;

const layers: Readonly<Record<string, Make>> = {
  Linear: nn.Linear,
  Conv2d: nn.Conv2d,
  MaxPool2d: nn.MaxPool2d,
  AvgPool2d: nn.AvgPool2d,
  BatchNorm1d: nn.BatchNorm1d,
  BatchNorm2d: nn.BatchNorm2d,
  LayerNorm: nn.LayerNorm,
  Embedding: nn.Embedding,
  ReLU: nn.ReLU,
  GELU: nn.GELU,
  SiLU: nn.SiLU,
  Sigmoid: nn.Sigmoid,
  Tanh: nn.Tanh,
  Softmax: nn.Softmax,
  LogSoftmax: nn.LogSoftmax,
  LeakyReLU: nn.LeakyReLU,
  ELU: nn.ELU,
  Softplus: nn.Softplus,
  Flatten: nn.Flatten,
  Dropout: nn.Dropout,
  Identity: nn.Identity,
};

const cases = [...load<ModuleCase>("layers"), ...load<ModuleCase>("normalisation")];

function check(test: ModuleCase): void {
  const Layer = layers[test.layer];
  if (Layer === undefined) return expect.fail(`no row for ${test.layer}`);
  const module = new Layer(...(test.args as never[]));
  module.loadStateDict(toState(test.state));
  if (test.training) module.train();
  else module.eval();
  expectState("state", module.stateDict(), test.state, { relative: 0, absolute: 0 });
  test.steps.forEach((step, i) => {
    module.zeroGrad();
    const x = toTensor(step.x, step.dx !== undefined);
    const y = module.forward(x);
    expectTensor(`y of step ${i}`, y, step.y, LAYERS);
    if (y.requiresGrad) y.backward(toTensor(step.dy));
    if (step.dx !== undefined) expectTensor(`dx of step ${i}`, x.grad!, step.dx, LAYERS);
    expectState(`gradients of step ${i}`, gradientsOf(module), step.grads, LAYERS);
    if (step.after) expectState(`state after step ${i}`, module.stateDict(), step.after, LAYERS);
  });
}

function gradientsOf(module: Layer): Record<string, Tensor> {
  const named = [...module.namedParameters()];
  return Object.fromEntries(named.map(([name, parameter]) => [name, parameter.grad!]));
}

describe("PyTorch's modules", () => {
  it.each(cases.map((test) => [`${test.layer}: ${test.name}`, test] as const))("%s", (_, test) => {
    check(test);
  });

  it("every row has a case", () => {
    const used = new Set(cases.map((test) => test.layer));
    expect(Object.keys(layers).filter((layer) => !used.has(layer))).toEqual([]);
  });
});
