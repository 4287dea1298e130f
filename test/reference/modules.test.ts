// Modules against PyTorch: outputs, gradients, and the buffers after each step; losses with the cases of
// their functions.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nn, type Tensor } from "../../src/index.js";
import { layers as rows } from "../ops/programs.js";
import { families } from "./families/index.js";
import { load } from "./fixtures.js";
import { checkNames, checkRows, Found } from "./layersPage.js";
import { opLayers } from "./opLayers.js";
import { checkModule, type Layer, type ModuleCase } from "./moduleCase.js";
import { checkOp, type OpCase } from "./opCase.js";
import { table } from "./opTable.js";

type Make = new (...args: never[]) => Layer;

/** Both inputs in one, as the generator has them. */
class Bilinear extends nn.Bilinear {
  override forward(x: Tensor): Tensor {
    const [, first, second] = this.weight.shape as [number, number, number];
    return super.forward(x.narrow(-1, 0, first), x.narrow(-1, first, second));
  }
}

/** Constructors by name; a case calls with PyTorch's arguments in our spelling. */
const layers = { ...nn, Bilinear } as unknown as Readonly<Record<string, Make | undefined>>;

const own = ["layers", "normalisation"];
const fixtures = [...own, ...families.flatMap((family) => family.modules ?? [])];
const cases = fixtures.flatMap((name) => load<ModuleCase>(name));
const found = new Found();

/** What is tested of layers whose numbers are random. */
const ELSEWHERE = Object.fromEntries(
  [
    ...["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"],
  ].map((name) => [name, "test/nn/dropout.test.ts"]),
);

function check(test: ModuleCase): void {
  const Layer = layers[test.layer];
  if (Layer === undefined) return expect.fail(`no layer ${test.layer}`);
  checkModule(new Layer(...(test.args as never[])), test, found.of(test.layer));
}

describe("PyTorch's modules", () => {
  it.each(cases.map((test) => [`${test.layer}: ${test.name}`, test] as const))("%s", (_, test) => {
    check(test);
  });
});

const opFixtures = ["losses", ...families.flatMap((family) => family.fixtures)];
const opCases = opFixtures.flatMap((name) => load<OpCase>(name)).filter(({ op }) => op in opLayers);
const foundLosses = new Found();

describe("layers that hold the options of a function", () => {
  it.each(opCases.map((test) => [`${test.op}: ${test.name}`, test] as const))("%s", (_, test) => {
    const { layer, run } = opLayers[test.op]!;
    const facts = (layer.endsWith("Loss") ? foundLosses : found).of(layer);
    checkOp(test, { ...table[test.op]!, run }, facts);
  });
});

// Last: by now every case has run.
describe("docs/layers.md", () => {
  it("says of layers and losses what these tests have found", () => {
    checkRows("Layers", found.layers(ELSEWHERE));
    checkRows("Losses", foundLosses.losses());
  });

  it("every layer has a case", () => {
    const used = [...found.names, ...foundLosses.names];
    const elsewhere = families.flatMap((family) => family.elsewhere ?? []);
    const rest = Object.keys(rows).filter((name) => !used.includes(name));
    expect(rest.sort()).toEqual([...elsewhere].sort());
  });

  it("has a row of each", () => {
    const names = Object.keys(rows);
    const wrapped = ["spectralNorm", "weightNorm"];
    checkNames("Layers", [...names.filter((name) => !name.endsWith("Loss")), ...wrapped]);
    checkNames("Losses", names.filter((name) => name.endsWith("Loss"))); // prettier-ignore
  });

  it.each(Object.entries(ELSEWHERE))("%s is tested where it says", (name, path) => {
    const source = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    expect(source).toMatch(new RegExp(`\\bnn\\.${name}\\b`));
  });
});
