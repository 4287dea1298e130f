// Modules against PyTorch: outputs, gradients, and the buffers after each step.
import { describe, expect, it } from "vitest";
import { nn, type Tensor } from "../../src/index.js";
import { layers as rows } from "../ops/programs.js";
import { families } from "./families/index.js";
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

/** Constructors by name; a case calls with PyTorch's arguments in our spelling. */
const layers = nn as unknown as Readonly<Record<string, Make | undefined>>;

const own = ["layers", "normalisation"];
const fixtures = [...own, ...families.flatMap((family) => family.modules ?? [])];
const cases = fixtures.flatMap((name) => load<ModuleCase>(name));

function check(test: ModuleCase): void {
  const Layer = layers[test.layer];
  if (Layer === undefined) return expect.fail(`no layer ${test.layer}`);
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

  it("every layer has a case", () => {
    // Losses take more than one tensor: they are compared as functions.
    const used = new Set(cases.map((test) => test.layer));
    const elsewhere = families.flatMap((family) => family.elsewhere ?? []);
    const rest = Object.keys(rows).filter((name) => !name.endsWith("Loss") && !used.has(name));
    expect(rest.sort()).toEqual([...elsewhere].sort());
  });
});
