// weightNorm and spectralNorm against PyTorch's: state, output, gradients, singular vectors.
import { describe, expect, it } from "vitest";
import { nn } from "../../src/index.js";
import { load } from "./fixtures.js";
import { checkRows, Found } from "./layersPage.js";
import { checkModule, type ModuleCase } from "./moduleCase.js";

/** See generator/modules_family.py. */
interface Case {
  readonly how: "weight_norm" | "spectral_norm";
  readonly options: object;
  readonly module: ModuleCase;
}

describe("layers whose weight is computed", () => {
  const found = new Found();
  const cases = load<Case>("modules-reparametrised");
  it.each(cases.map((test) => [`${test.how}: ${test.module.name}`, test] as const))(
    "%s",
    (_, { how, options, module }) => {
      const [a, b, ...rest] = module.args as [number, number, number];
      const layer = module.layer === "Linear" ? new nn.Linear(a, b) : new nn.Conv2d(a, b, ...rest);
      const name = how === "weight_norm" ? "weightNorm" : "spectralNorm";
      expect(nn[name](layer, options)).toBe(layer);
      checkModule(layer, module, found.of(name));
    },
  );

  it("docs/layers.md says what these tests have found", () => {
    checkRows("Layers", found.layers());
    expect([...found.names].sort()).toEqual(["spectralNorm", "weightNorm"]);
  });
});
