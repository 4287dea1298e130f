// Ten steps of each optimiser against PyTorch, with given gradients.
import { describe, expect, it } from "vitest";
import { optim, type Tensor } from "../../src/index.js";
import { optimisers as rows } from "../ops/programs.js";
import { noteOutputs } from "./facts.js";
import { expectTensor, LAYERS, load, toTensor, type Encoded } from "./fixtures.js";
import { checkNames, checkRows, Found } from "./layersPage.js";

/** See generator/optimisers.py. */
interface OptimiserCase {
  readonly optimiser: string;
  readonly name: string;
  readonly options: never;
  readonly params: readonly Encoded[];
  readonly steps: readonly {
    readonly grads: readonly (Encoded | null)[];
    readonly after: readonly Encoded[];
  }[];
}

interface Optimiser {
  step(): void;
  zeroGrad(): void;
}
type Make = new (params: Tensor[], options: never) => Optimiser;

const optimisers = optim as unknown as Readonly<Record<string, Make | undefined>>;

const cases = ["optimisers", "optimisersMore"].flatMap((name) => load<OptimiserCase>(name));

const found = new Found();

function check(test: OptimiserCase): void {
  const Make = optimisers[test.optimiser];
  if (Make === undefined) return expect.fail(`no optimiser ${test.optimiser}`);
  const facts = found.of(test.optimiser);
  facts.cases++;
  const params = test.params.map((p) => toTensor(p, true));
  const optimiser = new Make(params, test.options);
  test.steps.forEach((step, i) => {
    optimiser.zeroGrad();
    params.forEach((param, k) => {
      const grad = step.grads[k]!;
      if (grad !== null) param.mul(toTensor(grad)).sum().backward();
    });
    optimiser.step();
    step.after.forEach((after, k) => {
      expectTensor(`parameter ${k} after step ${i}`, params[k]!, after, LAYERS);
    });
    noteOutputs(facts, params, step.after);
  });
}

describe("PyTorch's optimisers", () => {
  it.each(cases.map((test) => [`${test.optimiser}: ${test.name}`, test] as const))(
    "%s",
    (_, test) => {
      expect(test.steps.length).toBe(10);
      check(test);
    },
  );

  it("every optimiser has a case", () => {
    const used = new Set(cases.map((test) => test.optimiser));
    expect(Object.keys(rows).filter((name) => !used.has(name))).toEqual([]);
  });

  it("docs/layers.md says what these tests have found", () => {
    checkRows("Optimisers", found.optimisers(10));
    checkNames("Optimisers", [...Object.keys(rows), "LBFGS"]);
  });
});
