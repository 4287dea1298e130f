// Attention and Transformers against PyTorch: layers with several inputs, their outputs (weights among
// them) and all gradients.
import { describe, expect, it } from "vitest";
import { nn, type Tensor } from "../../src/index.js";
import { tensorsIn } from "../ops/case.js";
import { attention } from "./families/attention.js";
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

/** See generator/attention_family.py. */
interface LayerCase {
  readonly layer: keyof typeof layers;
  readonly name: string;
  readonly args: never;
  readonly state: EncodedState;
  readonly x: readonly Encoded[];
  readonly masks: EncodedState;
  readonly options: object;
  readonly y: readonly Encoded[];
  readonly dy: readonly Encoded[];
  readonly dx: readonly Encoded[];
  readonly grads: EncodedState;
}

type LayerArgs = [number, number, object];
type StackArgs = [...LayerArgs, layers: number, norm: boolean];
type Layer = nn.Module & { forward(...x: never[]): unknown };

const layers = {
  MultiheadAttention: (args: LayerArgs) => new nn.MultiheadAttention(...args),
  TransformerDecoderLayer: (args: LayerArgs) => new nn.TransformerDecoderLayer(...args),
  TransformerEncoder: ([d, heads, options, n, norm]: StackArgs) =>
    new nn.TransformerEncoder(new nn.TransformerEncoderLayer(d, heads, options), n, {
      norm: norm ? new nn.LayerNorm(d) : null,
    }),
  TransformerDecoder: ([d, heads, options, n, norm]: StackArgs) =>
    new nn.TransformerDecoder(new nn.TransformerDecoderLayer(d, heads, options), n, {
      norm: norm ? new nn.LayerNorm(d) : null,
    }),
  Transformer: (args: LayerArgs) => new nn.Transformer(...args),
};

const found = new Found();

function check(test: LayerCase): void {
  const layer: Layer = layers[test.layer](test.args);
  expect(Object.keys(layer.stateDict())).toEqual(Object.keys(test.state));
  layer.loadStateDict(toState(test.state));
  const x = test.x.map((value) => toTensor(value, true));
  // Attention to itself is given one tensor three times.
  const given = test.layer === "MultiheadAttention" && x.length === 1 ? [x[0], x[0], x[0]] : x;
  const ys = tensorsIn(
    layer.forward(...([...given, { ...toState(test.masks), ...test.options }] as never[])),
  );
  expect(ys.length).toBe(test.y.length);
  ys.forEach((y, i) => expectTensor(`y${i}`, y, test.y[i]!, LAYERS));
  ys.forEach((y, i) => y.backward(toTensor(test.dy[i]!), { retainGraph: i + 1 < ys.length }));
  x.forEach((leaf, i) => expectTensor(`dx${i}`, leaf.grad!, test.dx[i]!, LAYERS));
  const grads = layer.namedParameters().map(([name, p]): [string, Tensor] => [name, p.grad!]);
  expectState("gradients", Object.fromEntries(grads), test.grads, LAYERS);
  const facts = found.of(test.layer);
  facts.cases++;
  noteOutputs(facts, ys, test.y);
  noteGradients(facts, x.map((leaf) => leaf.grad!), test.dx); // prettier-ignore
  noteState(facts, Object.fromEntries(grads), test.grads);
}

const cases = ["attentionLayers", "transformers"].flatMap((name) => load<LayerCase>(name));

describe("PyTorch's attention and Transformers", () => {
  it.each(cases.map((test) => [`${test.layer}: ${test.name}`, test] as const))("%s", (_, test) => {
    check(test);
  });

  it("docs/layers.md says what these tests have found", () => {
    checkRows("Layers", found.layers());
  });

  it("every layer has a case", () => {
    const used = new Set<string>(cases.map((test) => test.layer));
    expect([...used].sort()).toEqual(Object.keys(layers).sort());
    expect(attention.elsewhere).toEqual(Object.keys(layers).sort());
  });
});
