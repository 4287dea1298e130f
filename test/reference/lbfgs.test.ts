// Ten steps of LBFGS against PyTorch, with and without a line search.
import { describe, expect, it } from "vitest";
import { optim, tensor, type Tensor } from "../../src/index.js";
import { type Point, strongWolfe } from "../../src/optim/lineSearch.js";
import { noteOutputs } from "./facts.js";
import { type Encoded, expectTensor, LAYERS, load, toTensor } from "./fixtures.js";
import { checkRows, Found } from "./layersPage.js";

/** See generator/optim_family.py. */
interface LbfgsCase {
  readonly name: string;
  readonly options: Partial<optim.LBFGSOptions>;
  readonly params: readonly Encoded[];
  readonly losses: readonly Encoded[];
  readonly after: readonly (readonly Encoded[])[];
}

const weights = tensor([1, 3, 0.25, 2, 0.5]);

/** The generator's. */
function objective(p: Tensor, q: Tensor): Tensor {
  const rest = q.sub(0.5).square();
  const bowl = weights.mul(p.sub(weights).square()).sum().add(rest.sum());
  const cross = p.select(0, 0).mul(q.select(0, 0).select(0, 1));
  return bowl.add(rest.square().sum().div(8)).add(cross.div(2));
}

const found = new Found();
const cases = load<LbfgsCase>("lbfgs");

function start(test: LbfgsCase): { params: Tensor[]; optimizer: optim.LBFGS; step: () => Tensor } {
  const params = test.params.map((p) => toTensor(p, true));
  const optimizer = new optim.LBFGS(params, test.options);
  const step = (): Tensor =>
    optimizer.step(() => {
      optimizer.zeroGrad();
      const loss = objective(params[0]!, params[1]!);
      loss.backward();
      return loss;
    });
  return { params, optimizer, step };
}

/** See generator/optim_family.py. */
interface Search {
  readonly slope: number;
  readonly curve: number;
  readonly waves: readonly (readonly [a: number, w: number])[];
  readonly t: number;
  readonly found: number;
  readonly evaluations: number;
}

describe("PyTorch's line search", () => {
  it.each(load<Search>("lineSearches").map((test, i) => [i, test] as const))("%i", (_, test) => {
    const grad = tensor(0);
    const at = (t: number): Point => {
      let loss = test.slope * t + test.curve * t * t;
      let slope = test.slope + 2 * test.curve * t;
      for (const [a, w] of test.waves) {
        loss += a * Math.sin(w * t);
        slope += a * w * Math.cos(w * t);
      }
      return { t, loss, slope, grad };
    };
    let count = 0;
    const evaluate = (t: number): Point => (count++, at(t));
    const end = strongWolfe(at(0), test.t, evaluate, 1, 1e-9);
    // The cubic subtracts numbers that are nearly the same: float64 leaves eight digits or more.
    expect([end.t, count]).toEqual([expect.closeTo(test.found, 7), test.evaluations]);
  });
});

describe("PyTorch's LBFGS", () => {
  it.each(cases.map((test) => [test.name, test] as const))("%s", (_, test) => {
    const { params, step } = start(test);
    expect(test.after.length).toBe(10);
    const facts = found.of("LBFGS");
    facts.cases++;
    test.after.forEach((after, i) => {
      expectTensor(`loss of step ${i}`, step(), test.losses[i]!, LAYERS);
      params.forEach((p, k) => expectTensor(`parameter ${k} after ${i}`, p, after[k]!, LAYERS));
      noteOutputs(facts, params, after);
    });
  });

  it("docs/layers.md says what these tests have found", () => {
    checkRows("Optimisers", found.optimisers(10));
  });

  it.each(cases.map((test) => [test.name, test] as const))("%s resumes exactly", (_, test) => {
    const one = start(test);
    for (let i = 0; i < 4; i++) one.step();
    const other = start({ ...test, params: one.params.map((p) => p.toArray() as Encoded) });
    other.optimizer.loadStateDict(one.optimizer.stateDict());
    for (let i = 0; i < 3; i++) expect(other.step().item()).toBe(one.step().item());
    other.params.forEach((p, k) => expect(p.toArray()).toEqual(one.params[k]!.toArray()));
  });
});
