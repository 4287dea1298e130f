// What a public function makes inside and does not return, it has released: handles and bytes are
// counted around every export, forward, and forward and backward. What a call that throws leaves is
// counted in errors.test.ts.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import { type Tensor } from "../../src/index.js";
import { type Case, op, tensorsIn } from "./case.js";
import { lists } from "./families/index.js";
import { scattered } from "./inputs.js";
import { layers, optimisers, programs } from "./programs.js";
import { differentiable, inPlace, others, underivable } from "./table.js";

/** Live handles, and bytes of buffers in the heap (none is ever spilled where nothing else lives). */
const count = (): number => sg.memory().handles;

/** Runs `call`, releases what it returned, and gives the number of handles that are left. */
function leaked(x: readonly Tensor[], call: () => unknown): number {
  const before = count();
  const results = new Set(tensorsIn(call()));
  for (const t of results) if (!x.includes(t)) t.dispose();
  return count() - before;
}

function makeInputs(one: Case): Tensor[] {
  return one.inputs.map((make, i) => make(i));
}

/** The arguments, and what making them took besides the inputs. */
function prepared(one: Case, x: Tensor[]): { given: unknown[]; views: Tensor[] } {
  const given = [...one.args(x)];
  return { given, views: tensorsIn(given).filter((t) => !x.includes(t)) };
}

/** Backward through all results that have gradients at once: they may have graphs of their own. */
function backwardAll(results: readonly Tensor[]): void {
  const outputs = results.filter((t) => t.requiresGrad);
  const total = sg.tidy(() => outputs.reduce((sum, t) => sum.add(t.sum()), sg.tensor(0)));
  if (outputs.length > 0) total.backward();
  total.dispose();
}

function call(name: string, given: readonly unknown[]): unknown {
  if (!name.endsWith("_")) return op(name)(...given);
  const [first, ...rest] = given as [Tensor, ...unknown[]];
  return (first as unknown as Record<string, (...a: unknown[]) => unknown>)[name]!.apply(
    first,
    rest,
  );
}

const ops = Object.entries({ ...differentiable, ...underivable, ...inPlace });

describe("without gradients nothing is left", () => {
  it.each(ops)("%s", (name, cases) => {
    for (const one of cases) {
      for (const placed of [(t: Tensor) => t, scattered]) {
        const x = makeInputs(one).map((t) => sg.noGrad(() => placed(t)));
        const { given } = prepared(one, x);
        sg.noGrad(() =>
          expect(leaked([...x, ...tensorsIn(given)], () => call(name, given))).toBe(0),
        );
      }
    }
  });
});

describe("with gradients nothing is left but the gradients of leaves", () => {
  it.each(Object.entries({ ...differentiable, ...inPlace }))("%s", (name, cases) => {
    for (const one of cases) {
      const before = count();
      const bytes = sg.memory().liveBytes;
      const x = makeInputs(one);
      const { given, views } = prepared(one, x);
      // A leaf can't be written to, its clone can.
      if (name.endsWith("_")) views.push((given[0] = x[0]!.clone()));
      const results = new Set(tensorsIn(call(name, given)));
      backwardAll([...results]);
      for (const t of new Set([...results, ...views])) if (!x.includes(t)) t.dispose();
      const gradients = x.filter((t) => t.node?.grad != null);
      expect(count() - before - x.length, "handles").toBe(gradients.length);
      for (const t of x) {
        t.node?.setGrad(null);
        t.dispose();
      }
      expect(count() - before, "handles at the end").toBe(0);
      if (sg.memory().spilledBytes === 0) expect(sg.memory().liveBytes, "bytes").toBe(bytes);
    }
  });
});

describe("a second backward through the gradients leaves nothing", () => {
  it.each(Object.entries(differentiable))("%s", (name, cases) => {
    for (const one of cases) {
      const before = count();
      const x = makeInputs(one);
      const leaves = x.filter((t) => t.requiresGrad);
      const { given, views } = prepared(one, x);
      const results = tensorsIn(op(name)(...given));
      const squares = sg.tidy(() =>
        sg.stack(results.filter((t) => t.requiresGrad).map((t) => t.mul(t).sum())).sum(),
      );
      const grads = sg.grad(squares, leaves, { createGraph: true, allowUnused: true });
      // A derivative that is 0 has no graph; what was recorded on the way to it is the collector's.
      const flat = grads.every((g) => g?.requiresGrad !== true);
      const total = sg.tidy(() =>
        grads.reduce<Tensor>((sum, g) => (g === null ? sum : sum.add(g.mul(g).sum())), squares),
      );
      total.backward();
      for (const t of new Set([...results, squares, total, ...views, ...grads, ...x])) {
        t?.node?.setGrad(null);
        t?.dispose();
      }
      if (!flat) expect(count() - before, "handles").toBe(0);
      else expect(["ceil", "floor", "round", "sign", "trunc", ...lists("flat")]).toContain(name);
    }
  });
});

describe("operands that are disposed of at once make no difference to gradients of both orders", () => {
  /** Both orders' gradients of the leaves. */
  function gradients(name: string, one: Case, isEarly: boolean): unknown[] {
    const x = makeInputs(one);
    const { given, views } = prepared(one, x);
    const leaves = x.filter((t) => t.requiresGrad);
    sg.manualSeed(1);
    const results = tensorsIn(op(name)(...given));
    if (isEarly) {
      const passing = new Set([...x, ...views].filter((t) => !leaves.includes(t)));
      for (const t of passing) if (!results.includes(t)) t.dispose();
    }
    const loss = results
      .filter((t) => t.requiresGrad)
      .reduce((sum, t) => sum.add(t.mul(t).sum()), sg.tensor(0));
    const grads = sg.grad(loss, leaves, { createGraph: true, allowUnused: true });
    const twice = grads.reduce<Tensor>(
      (sum, g) => (g === null ? sum : sum.add(g.mul(g).sum())),
      loss,
    );
    return [...grads, ...sg.grad(twice, leaves, { allowUnused: true })].map((g) => g?.toArray());
  }

  it.each(Object.entries(differentiable))("%s", (name, cases) => {
    for (const one of cases)
      expect(gradients(name, one, true)).toEqual(gradients(name, one, false));
  });
});

describe("what is not an op", () => {
  it("has a program for each export", () => {
    const errors = others.filter((name) => name.endsWith("Error"));
    const tested = [...new Set(Object.keys(programs).map((name) => name.split(" ")[0]!))];
    expect([...tested, ...errors, "nn", "optim", "data"].sort()).toEqual([...others].sort());
  });

  it("has a layer for each export of nn", () => {
    const notLayers = [
      "Buffer",
      "Module",
      "Parameter",
      "Sequential",
      "init",
      ...lists("notLayers"),
    ];
    expect([...Object.keys(layers), ...notLayers].sort()).toEqual(Object.keys(sg.nn).sort());
  });

  it.each(Object.entries(programs))("%s", (_, program) => {
    program(); // What is made once and kept (a table, a default) is made.
    const before = count();
    for (const t of tensorsIn(program())) t.dispose();
    expect(count() - before).toBe(0);
  });

  it.each(Object.entries(layers))("nn.%s, forward and backward", (_, make) => {
    const { layer, input } = make();
    const x = input();
    const others = x.slice(1);
    const run = (): void => {
      const results = tensorsIn(layer.forward(...(x as never[])));
      backwardAll(results);
      for (const t of results) if (!x.includes(t)) t.dispose();
      for (const p of [...layer.parameters(), ...x]) p.node?.setGrad(null);
    };
    run();
    const before = count();
    run();
    expect(count() - before).toBe(0);
    expect(others.every((t) => !t.isDisposed)).toBe(true);
  });

  it("has each optimiser", () => {
    const notOptimisers = ["Optimizer", ...lists("notOptimisers")];
    expect([...Object.keys(optimisers), ...notOptimisers].sort()).toEqual(
      Object.keys(sg.optim).sort(),
    );
  });

  it.each(Object.entries(optimisers))("optim.%s", (_, make) => {
    const p = sg.tensor([1, 2, 3], { requiresGrad: true });
    const optimizer = make([p]);
    const run = (): void => {
      const loss = sg.tidy(() => p.square().sum());
      optimizer.zeroGrad();
      loss.backward();
      loss.dispose();
      optimizer.step();
      optimizer.zeroGrad();
    };
    run();
    const before = count();
    run();
    expect(count() - before).toBe(0);
  });

  it("Sequential releases what passes between its layers", () => {
    const model = new sg.nn.Sequential(new sg.nn.Linear(4, 3), new sg.nn.ReLU(), new sg.nn.Tanh());
    const x = sg.ones([2, 4]);
    const run = (): void => {
      const out = model.forward(x);
      out.backward(x.narrow(1, 0, 3));
      model.zeroGrad();
      out.dispose();
    };
    const before = count();
    run();
    // The slice that the test itself has made.
    expect(count() - before).toBe(1);
  });
});
