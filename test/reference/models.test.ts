// Whole models against PyTorch: weights loaded by PyTorch's keys, then some steps of training.
import { describe, expect, it } from "vitest";
import { crossEntropy, nn, optim, type Tensor } from "../../src/index.js";
import {
  expectState,
  expectTensor,
  LAYERS,
  load,
  toState,
  toTensor,
  type Encoded,
  type EncodedState,
  type Tolerance,
} from "./fixtures.js";

/** See generator/models.py. */
interface ModelCase {
  readonly model: string;
  readonly state: EncodedState;
  readonly x: Encoded;
  readonly target: Encoded;
  readonly logits: Encoded;
  readonly loss: Encoded;
  readonly dx: Encoded;
  readonly grads: EncodedState;
  readonly options: { readonly lr: number; readonly momentum: number };
  readonly losses: readonly number[];
  readonly after: EncodedState;
}

/** The first steps' rounding errors grow while training goes on. */
const TRAINED: Tolerance = { relative: 1e-4, absolute: 1e-5 };

const models: Readonly<Record<string, () => nn.Sequential>> = {
  lenet: () =>
    new nn.Sequential(
      new nn.Conv2d(1, 3, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(3, 4, 3),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(16, 9),
      new nn.ReLU(),
      new nn.Linear(9, 5),
    ),
  nested: () =>
    new nn.Sequential(
      new nn.Sequential(new nn.Linear(6, 7), new nn.LayerNorm(7), new nn.GELU()),
      new nn.Dropout(0),
      new nn.Sequential(new nn.BatchNorm1d(7), new nn.Tanh(), new nn.Linear(7, 5, { bias: false })),
    ),
};

function gradientsOf(model: nn.Module): Record<string, Tensor> {
  const named = [...model.namedParameters()];
  return Object.fromEntries(named.map(([name, parameter]) => [name, parameter.grad!]));
}

function check(test: ModelCase): void {
  const make = models[test.model];
  if (make === undefined) return expect.fail(`no row for ${test.model}`);
  const model = make();
  model.loadStateDict(toState(test.state));
  const x = toTensor(test.x, true);
  const target = toTensor(test.target);
  const optimiser = new optim.SGD(model.parameters(), test.options);
  test.losses.forEach((wanted, step) => {
    optimiser.zeroGrad();
    const logits = model.forward(x);
    const loss = crossEntropy(logits, target);
    loss.backward();
    expectTensor(`loss of step ${step}`, loss, wanted, TRAINED);
    if (step === 0) {
      expectTensor("logits", logits, test.logits, LAYERS);
      expectTensor("loss", loss, test.loss, LAYERS);
      expectTensor("dx", x.grad!, test.dx, LAYERS);
      expectState("gradients", gradientsOf(model), test.grads, LAYERS);
    }
    optimiser.step();
  });
  expectState("after training", model.stateDict(), test.after, TRAINED);
}

describe("PyTorch's models", () => {
  it.each(load<ModelCase>("models").map((test) => [test.model, test] as const))("%s", (_, test) => {
    expect(test.losses.length).toBe(5);
    check(test);
  });

  it("every row has a case", () => {
    const used = load<ModelCase>("models").map((test) => test.model);
    expect(used.sort()).toEqual(Object.keys(models).sort());
  });
});
