// Modules against PyTorch: outputs, gradients, and the buffers after each step.
import { describe, expect, it } from "vitest";
import { nn } from "../../src/index.js";
import { layers as rows } from "../ops/programs.js";
import { families } from "./families/index.js";
import { load } from "./fixtures.js";
import { checkModule, type Layer, type ModuleCase } from "./moduleCase.js";

type Make = new (...args: never[]) => Layer;

/** Constructors by name; a case calls with PyTorch's arguments in our spelling. */
const layers = nn as unknown as Readonly<Record<string, Make | undefined>>;

const own = ["layers", "normalisation"];
const fixtures = [...own, ...families.flatMap((family) => family.modules ?? [])];
const cases = fixtures.flatMap((name) => load<ModuleCase>(name));

function check(test: ModuleCase): void {
  const Layer = layers[test.layer];
  if (Layer === undefined) return expect.fail(`no layer ${test.layer}`);
  checkModule(new Layer(...(test.args as never[])), test);
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
