// Ten steps of LBFGS against PyTorch, with and without a line search.
import { describe, expect, it } from "vitest";
import { optim, tensor, type Tensor } from "../../src/index.js";
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
