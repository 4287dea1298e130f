// weightNorm and spectralNorm as a user meets them.
import { describe, expect, it } from "vitest";
import { memory, nn, noGrad, optim, randn, type Tensor, ValueError } from "../../src/index.js";

const same = (a: Tensor, b: Tensor, digits = 5): void => {
  const [x, y] = [a.toTypedArray(), b.toTypedArray()];
  expect(x.length).toBe(y.length);
  x.forEach((v, i) => expect(v).toBeCloseTo(y[i]!, digits));
};

describe("weightNorm", () => {
  it("changes nothing at first, and names its parameters as PyTorch does", () => {
    const layer = new nn.Linear(4, 3);
    const x = randn([2, 4]);
    const before = layer.forward(x);
    nn.weightNorm(layer);
    same(layer.forward(x), before);
    expect(Object.keys(layer.stateDict())).toEqual(["bias", "weight_g", "weight_v"]);
    expect(layer.stateDict()["weight_g"]!.shape).toEqual([3, 1]);
    expect(layer.weight.shape).toEqual([3, 4]);
  });

  it("trains, and is removed with the weight that it has reached", () => {
    const layer = nn.weightNorm(new nn.Linear(4, 3));
    const x = randn([2, 4]);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
    layer.forward(x).square().sum().backward();
    optimizer.step();
    const reached = noGrad(() => layer.forward(x));
    nn.removeWeightNorm(layer);
    expect(Object.keys(layer.stateDict())).toEqual(["bias", "weight"]);
    same(layer.forward(x), reached);
    expect(layer.weight.requiresGrad).toBe(true);
    expect(() => nn.removeWeightNorm(layer)).toThrow(ValueError);
  });

  it("refuses what is no parameter", () => {
    const layer = new nn.Linear(4, 3, { bias: false });
    expect(() => nn.weightNorm(layer, { name: "bias" })).toThrow(/Linear has no parameter bias/);
    nn.weightNorm(layer);
    expect(() => nn.weightNorm(layer)).toThrow(/Linear has no parameter weight/);
  });
});

describe("spectralNorm", () => {
  it("has a largest singular value of 1 after some steps", () => {
    const layer = nn.spectralNorm(new nn.Linear(4, 3, { bias: false }));
    for (let i = 0; i < 60; i++) layer.forward(randn([1, 4]));
    const w = layer.weight.detach();
    // The largest eigenvalue of W W^T by iteration.
    let u = randn([3]);
    for (let i = 0; i < 200; i++) {
      u = w.matmul(w.t().matmul(u));
      u = u.div(u.square().sum().sqrt());
    }
    expect(w.t().matmul(u).square().sum().item()).toBeCloseTo(1, 4);
    expect(Object.keys(layer.stateDict())).toEqual(["weight_orig", "weight_u", "weight_v"]);
  });

  it("does not iterate in evaluation", () => {
    const layer = nn.spectralNorm(new nn.Linear(4, 3));
    layer.eval();
    const u = layer.stateDict()["weight_u"]!.toArray();
    layer.forward(randn([1, 4]));
    expect(layer.stateDict()["weight_u"]!.toArray()).toEqual(u);
  });
});

it("neither leaves handles behind, forward and backward", () => {
  for (const layer of [nn.weightNorm(new nn.Linear(4, 3)), nn.spectralNorm(new nn.Linear(4, 3))]) {
    const x = randn([2, 4]);
    const run = (): void => {
      const y = layer.forward(x);
      const loss = y.sum();
      loss.backward();
      layer.zeroGrad();
      for (const t of [y, loss]) t.dispose();
    };
    run();
    const before = memory().handles;
    run();
    expect(memory().handles).toBe(before);
  }
});
