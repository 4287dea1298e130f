// What goes with optimisers: clipped gradients, averaged and flattened weights, accumulation.
import { describe, expect, it } from "vitest";
import { grad, memory, mseLoss, nn, optim, randn, ShapeError, type Tensor, tensor, ValueError } from "../../src/index.js"; // prettier-ignore

function param(values: number[], gradient: number[] | null): Tensor {
  const p = tensor(values, { requiresGrad: true });
  if (gradient !== null) p.grad = tensor(gradient);
  return p;
}
const gradients = (params: Tensor[]): unknown[] => params.map((p) => p.grad?.toArray());

describe("clipGradNorm", () => {
  const make = (): Tensor[] => [param([1, 2], [3, 0]), param([1], [-4]), param([1], null)];

  it("scales all gradients by one factor, and returns the norm that they had", () => {
    const params = make();
    expect(optim.clipGradNorm(params, 2.5).item()).toBe(5);
    const near = (x: number) => expect.closeTo(x, 6) as number;
    expect(gradients(params)).toEqual([[near(1.5), near(0)], [near(-2)], undefined]);
    const small = make();
    expect(optim.clipGradNorm(small, 10).item()).toBe(5);
    expect(gradients(small)).toEqual([[3, 0], [-4], undefined]);
  });

  it("knows other norms, and one parameter alone", () => {
    expect(optim.clipGradNorm(make(), 100, { normType: 1 }).item()).toBe(7);
    expect(optim.clipGradNorm(make(), 100, { normType: Infinity }).item()).toBe(4);
    expect(optim.clipGradNorm(make(), 100, { normType: 3 }).item()).toBeCloseTo(Math.cbrt(91), 5);
    expect(optim.clipGradNorm(param([1], [-4]), 1).item()).toBe(4);
    expect(optim.clipGradNorm([], 1).item()).toBe(0);
  });

  it("adds 1e-6 to the norm, as PyTorch", () => {
    const p = param([1], [2e-6]);
    optim.clipGradNorm(p, 1e-6);
    expect(p.grad!.item()).toBeCloseTo(2e-6 / 3, 12);
  });

  it("makes gradients NaN with the norm, or throws", () => {
    const bad = (): Tensor[] => [param([1], [NaN]), param([1], [1])];
    const params = bad();
    expect(optim.clipGradNorm(params, 1).item()).toBeNaN();
    expect(gradients(params)).toEqual([[NaN], [NaN]]);
    const clip = (p: Tensor[]) => optim.clipGradNorm(p, 1, { errorIfNonfinite: true });
    expect(() => clip(bad())).toThrow("the norm of the gradients is NaN");
    expect(() => optim.clipGradNorm(bad(), -1)).toThrow(ValueError);
    const module = new nn.Linear(1, 1) as unknown as Tensor;
    expect(() => optim.clipGradNorm(module, 1)).toThrow("[clipGradNorm] takes parameters");
    expect(() => optim.clipGradValue(module, 1)).toThrow("[clipGradValue] takes parameters");
    expect(() => optim.clipGradNorm(bad(), 1, { normType: 0 })).toThrow(ValueError);
  });

  it("scales a gradient that two parameters share once each, and leaves no handles", () => {
    const [a, b] = [param([1, 1], null), param([1, 1], null)];
    const run = (): void => {
      const sum = a.add(b);
      const loss = sum.sum();
      loss.backward();
      for (const t of [sum, loss]) t.dispose();
      optim.clipGradNorm([a, b], 1).dispose();
    };
    run();
    expect([a.grad!.toArray(), b.grad!.toArray()].flat()).toEqual(Array(4).fill(expect.closeTo(0.5, 5))); // prettier-ignore
    for (const p of [a, b]) p.grad = null;
    run();
    for (const p of [a, b]) p.node!.setGrad(null);
    const before = memory().handles;
    run();
    for (const p of [a, b]) p.node!.setGrad(null);
    expect(memory().handles).toBe(before);
  });
});

describe("clipGradValue", () => {
  it("limits each entry", () => {
    const params = [param([1, 2, 3], [3, -0.5, NaN]), param([1], null), param([1], [-4])];
    optim.clipGradValue(params, 1);
    expect(gradients(params)).toEqual([[1, -0.5, NaN], undefined, [-1]]);
    expect(() => optim.clipGradValue(params, -1)).toThrow(ValueError);
  });
});

describe("parametersToVector and vectorToParameters", () => {
  it("are each other's inverse", () => {
    const model = new nn.Linear(3, 2);
    const vector = optim.parametersToVector(model.parameters());
    expect(vector.shape).toEqual([8]);
    const other = new nn.Linear(3, 2);
    optim.vectorToParameters(vector, other.parameters());
    expect(other.weight.toArray()).toEqual(model.weight.toArray());
    expect(other.bias!.toArray()).toEqual(model.bias!.toArray());
    expect(() => optim.vectorToParameters(randn([7]), other.parameters())).toThrow(ShapeError);
    expect(() => optim.vectorToParameters(randn([8, 1]), other.parameters())).toThrow("[8]");
  });

  it("differentiates", () => {
    const [p, q] = [param([1, 2], null), param([3], null)];
    const loss = optim.parametersToVector([p, q]).square().sum();
    expect(grad(loss, [p, q]).map((g) => g.toArray())).toEqual([[2, 4], [6]]);
  });
});

describe("ExponentialMovingAverage", () => {
  it("follows the weights by its decay", () => {
    const p = tensor([1, 2, 3, 4, 5], { requiresGrad: true });
    const ema = new optim.ExponentialMovingAverage([p], { decay: 0.75 });
    expect(ema.averages[0]!.toArray()).toEqual([1, 2, 3, 4, 5]);
    optim.vectorToParameters(tensor([5, 6, 7, 8, 1]), [p]);
    ema.update();
    expect(ema.averages[0]!.toArray()).toEqual([2, 3, 4, 5, 4]);
    ema.update();
    expect(ema.averages[0]!.toArray()).toEqual([2.75, 3.75, 4.75, 5.75, 3.25]);
  });

  it("keeps 999 parts of 1000 by default", () => {
    const p = tensor([0], { requiresGrad: true });
    const ema = new optim.ExponentialMovingAverage([p]);
    optim.vectorToParameters(tensor([1000]), [p]);
    ema.update();
    expect(ema.averages[0]!.item()).toBeCloseTo(1, 4);
  });

  it("starts with less where it warms up", () => {
    const p = tensor([0], { requiresGrad: true });
    const ema = new optim.ExponentialMovingAverage([p], { decay: 0.25, warmUp: true });
    optim.vectorToParameters(tensor([11]), [p]);
    const seen = [1, 2, 3].map(() => {
      ema.update();
      return ema.averages[0]!.item();
    });
    // decays 2/11, 3/12, then 0.25 at most
    [9, 10.5, 10.875].forEach((want, i) => expect(seen[i]).toBeCloseTo(want, 5));
  });

  it("lends its averages to the parameters, and gives them back even after an error", () => {
    const model = new nn.Linear(2, 1);
    const ema = new optim.ExponentialMovingAverage(model.parameters(), { decay: 0.5 });
    const start = model.weight.toArray();
    const sgd = new optim.SGD(model.parameters(), { lr: 1 });
    mseLoss(model.forward(tensor([1, 2])), tensor([9])).backward();
    sgd.step();
    const moved = model.weight.toArray();
    expect(ema.withAverages(() => model.weight.toArray())).toEqual(start);
    expect(model.weight.toArray()).toEqual(moved);
    const fail = (): never => {
      throw new Error("in the middle");
    };
    expect(() => ema.withAverages(fail)).toThrow("in the middle");
    expect(model.weight.toArray()).toEqual(moved);
    ema.copyTo();
    expect(model.weight.toArray()).toEqual(start);
    ema.restore(); // nothing was stored: nothing changes
    expect(model.weight.toArray()).toEqual(start);
  });

  it("resumes exactly, refuses others' averages, and leaves no handles", () => {
    const p = tensor([1, 2, 3], { requiresGrad: true });
    const make = () => new optim.ExponentialMovingAverage([p], { decay: 0.9, warmUp: true });
    const [one, other] = [make(), make()];
    optim.vectorToParameters(tensor([7, 5, 3]), [p]);
    one.update();
    other.loadStateDict(one.stateDict());
    optim.vectorToParameters(tensor([-1, 0.1, 0.2]), [p]);
    for (const ema of [one, other]) ema.update();
    expect(other.averages[0]!.toArray()).toEqual(one.averages[0]!.toArray());
    const wrong = { updates: 1, averages: [randn([4])] };
    expect(() => other.loadStateDict(wrong)).toThrow("must be [3]: got [4]");
    const before = memory().handles;
    one.update();
    one.withAverages(() => p.requiresGrad);
    expect(memory().handles).toBe(before);
    expect(() => new optim.ExponentialMovingAverage([p], { decay: 2 })).toThrow(ValueError);
    const misspelt = { dekay: 0.5 } as object;
    expect(() => new optim.ExponentialMovingAverage([p], misspelt)).toThrow(/option dekay/);
    const optimizer = new optim.SGD([p]).stateDict();
    expect(() => other.loadStateDict(optimizer as never)).toThrow(ShapeError);
  });
});

describe("gradient accumulation", () => {
  it("is not to zero: two half batches step like a whole one", () => {
    const [x, y] = [randn([8, 3]), randn([8, 1])];
    const steps = [1, 2].map((parts) => {
      const model = new nn.Linear(3, 1);
      optim.vectorToParameters(tensor([0.5, -0.25, 1, 0.125]), model.parameters());
      const sgd = new optim.SGD(model.parameters(), { lr: 0.1 });
      const [xs, ys] = [x.chunk(parts), y.chunk(parts)];
      xs.forEach((part, i) => mseLoss(model.forward(part), ys[i]!).div(parts).backward());
      sgd.step();
      sgd.zeroGrad();
      return optim.parametersToVector(model.parameters());
    });
    expect(steps[0]!.sub(steps[1]!).abs().max().item()).toBeLessThan(1e-6);
  });
});

describe("step with a closure, and groups that come later", () => {
  it("calls the closure first, with recording, and returns its loss", () => {
    const p = tensor([2], { requiresGrad: true });
    const sgd = new optim.SGD([p], { lr: 0.25 });
    const loss = sgd.step(() => {
      sgd.zeroGrad();
      const loss = p.square().sum();
      loss.backward();
      return loss;
    });
    expect([loss.item(), p.item()]).toEqual([4, 1]);
    expect(sgd.step()).toBeUndefined();
  });

  it("addParamGroup takes the optimiser's options for what a group doesn't say", () => {
    const [p, q] = [param([0], [1]), param([0], [1])];
    const sgd = new optim.SGD([p], { lr: 0.5 });
    sgd.addParamGroup({ params: [q], momentum: 0.5 });
    sgd.step();
    expect([p.item(), q.item()]).toEqual([-0.5, -0.5]);
    expect(sgd.groups.map((g) => [g.lr, g.momentum])).toEqual([[0.5, 0], [0.5, 0.5]]); // prettier-ignore
    expect(() => sgd.addParamGroup({ params: [p] })).toThrow("twice");
    expect(() => sgd.addParamGroup({ params: [param([1], null)], lr: -1 })).toThrow(ValueError);
    expect(sgd.groups.length).toBe(2);
  });
});

describe("averages", () => {
  it("refuse what their kernel can't take", () => {
    for (const p of [
      tensor([1], { dtype: "int32" }),
      tensor([
        [1, 2],
        [3, 4],
      ]).transpose(0, 1),
    ]) {
      // prettier-ignore
      expect(() => new optim.ExponentialMovingAverage([p])).toThrow(/takes contiguous float32 tensors only/);
    }
  });

  it("let go of the parameters at once, so no promise is taken, and keep what was stored", () => {
    const p = tensor([1]);
    const ema = new optim.ExponentialMovingAverage([p]);
    ema.store();
    p.fill_(5);
    expect(ema.withAverages(() => p.item())).toBe(1);
    expect(() => ema.withAverages(() => Promise.resolve(1))).toThrow(/synchronous/);
    expect(p.item()).toBe(5);
    ema.restore();
    expect(p.item()).toBe(1);
  });
});
