// Recurrent layers and cells against PyTorch: outputs, last states, gradients of inputs, states and weights.
import { describe, expect, it } from "vitest";
import { grad, nn, type Tensor } from "../../src/index.js";
import { recurrent } from "./families/recurrent.js";
import { noteGradients, noteOutputs } from "./facts.js";
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
import { checkRows, Found } from "./layersPage.js";
import { noteState } from "./moduleCase.js";

/** See generator/recurrent_family.py. */
interface Case {
  readonly layer: "RNN" | "LSTM" | "GRU" | "RNNCell" | "LSTMCell" | "GRUCell";
  readonly name: string;
  readonly args: readonly unknown[];
  readonly state: EncodedState;
  readonly x: Encoded;
  readonly states?: readonly Encoded[];
  readonly lengths?: readonly number[];
  readonly y: readonly Encoded[];
  readonly dy: readonly Encoded[];
  readonly dx: readonly Encoded[];
  readonly grads: EncodedState;
}

type Layer = nn.Module & { forward(...x: unknown[]): unknown };

const learnt = new Found();

function check(test: Case): void {
  const Make = nn[test.layer] as unknown as new (...args: unknown[]) => Layer;
  const layer = new Make(...test.args);
  expect(Object.keys(layer.stateDict())).toEqual(Object.keys(test.state));
  layer.loadStateDict(toState(test.state));
  const x = toTensor(test.x, true);
  const states = (test.states ?? []).map((s) => toTensor(s, true));
  const [hidden, cell] = states;
  const lstm = test.layer.startsWith("LSTM");
  const state = hidden && lstm ? { hidden, cell } : hidden;
  const options = test.lengths === undefined ? {} : { lengths: test.lengths };
  const result = layer.forward(x, state, ...(test.layer.endsWith("Cell") ? [] : [options]));
  const y = (result as Tensor).shape ? [result as Tensor] : Object.values(result as object);
  test.y.forEach((wanted, i) => expectTensor(`y${i}`, y[i] as Tensor, wanted, LAYERS));
  const named = layer.namedParameters();
  const gradOutputs = test.dy.map((dy) => toTensor(dy));
  const leaves = [x, ...states];
  const found = grad(y as Tensor[], [...leaves, ...named.map(([, p]) => p)], { gradOutputs });
  test.dx.forEach((wanted, i) => expectTensor(`dx${i}`, found[i]!, wanted, LAYERS));
  const grads = named.map(([name], i) => [name, found[leaves.length + i]!] as const);
  expectState("gradients", Object.fromEntries(grads), test.grads, LAYERS);
  const facts = learnt.of(test.layer);
  facts.cases++;
  noteOutputs(facts, y as Tensor[], test.y);
  noteGradients(facts, found.slice(0, leaves.length), test.dx);
  noteState(facts, Object.fromEntries(grads), test.grads);
}

describe("PyTorch's recurrent layers", () => {
  const cases = load<Case>("recurrent");
  it.each(cases.map((test) => [`${test.layer}: ${test.name}`, test] as const))("%s", (_, test) => {
    check(test);
  });

  it("docs/layers.md says what these tests have found", () => {
    checkRows("Layers", learnt.layers());
    expect([...learnt.names].sort()).toEqual(recurrent.elsewhere);
  });
});
