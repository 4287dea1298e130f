// A case of a module: what generator/module.py writes, and how a layer is held against it.
import type { nn, Tensor } from "../../src/index.js";
import { noteGradients, noteOutputs } from "./facts.js";
import {
  expectState,
  expectTensor,
  LAYERS,
  toState,
  toTensor,
  type Encoded,
  type EncodedState,
} from "./fixtures.js";
import type { LayerFacts } from "./layersPage.js";

/** See generator/module.py. */
export interface ModuleCase {
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

export interface Layer extends nn.Module {
  forward(x: Tensor): Tensor;
}

/** Loads the state, then compares output, gradients and buffers step by step. */
export function checkModule(module: Layer, test: ModuleCase, facts: LayerFacts): void {
  facts.cases++;
  module.loadStateDict(toState(test.state));
  if (test.training) module.train();
  else module.eval();
  expectState("state", module.stateDict(), test.state, { relative: 0, absolute: 0 });
  test.steps.forEach((step, i) => {
    module.zeroGrad();
    const x = toTensor(step.x, step.dx !== undefined);
    const y = module.forward(x);
    expectTensor(`y of step ${i}`, y, step.y, LAYERS);
    noteOutputs(facts, [y], [step.y]);
    if (y.requiresGrad) y.backward(toTensor(step.dy));
    if (step.dx !== undefined) expectTensor(`dx of step ${i}`, x.grad!, step.dx, LAYERS);
    const grads = gradientsOf(module);
    expectState(`gradients of step ${i}`, grads, step.grads, LAYERS);
    noteState(facts, grads, step.grads);
    if (step.dx !== undefined) noteGradients(facts, [x.grad!], [step.dx]);
    if (step.after) expectState(`state after step ${i}`, module.stateDict(), step.after, LAYERS);
  });
}

function gradientsOf(module: Layer): Record<string, Tensor> {
  const named = [...module.namedParameters()];
  return Object.fromEntries(named.map(([name, parameter]) => [name, parameter.grad!]));
}

/** Keeps what the gradients of all parameters have shown. */
export function noteState(
  facts: LayerFacts,
  grads: Readonly<Record<string, Tensor>>,
  wanted: EncodedState,
): void {
  const names = Object.keys(wanted);
  for (const name of names) facts.parameters.add(name);
  noteGradients(facts, names.map((name) => grads[name]!), Object.values(wanted)); // prettier-ignore
}
