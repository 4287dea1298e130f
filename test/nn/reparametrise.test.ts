// weightNorm and spectralNorm as a user meets them.
import { describe, expect, it } from "vitest";
import {
  IndexError,
  memory,
  nn,
  noGrad,
  optim,
  randn,
  type Tensor,
  ValueError,
} from "../../src/index.js";
import { copyModule } from "../../src/nn/copy.js";

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

  it("has one length of the whole weight for dim null and, as in PyTorch, -1", () => {
    const lengths = ([null, -1, -2, 0, 3] as const).map((dim) => {
      const layer = nn.weightNorm(new nn.Conv2d(3, 2, [4, 5]), { dim });
      return layer.stateDict()["weight_g"]!.shape;
    });
    expect(lengths).toEqual([[], [], [1, 1, 4, 1], [2, 1, 1, 1], [1, 1, 1, 5]]);
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

  it("has outputs for rows, of transposed convolutions too", () => {
    const layer = nn.spectralNorm(new nn.ConvTranspose2d(3, 2, 4));
    const { weight_u: u, weight_v: v } = layer.stateDict();
    expect([u!.shape, v!.shape]).toEqual([[2], [3 * 16]]);
    expect(nn.spectralNorm(new nn.Conv2d(3, 2, 4)).stateDict()["weight_u"]!.shape).toEqual([2]);
  });

  it("does not iterate in evaluation", () => {
    const layer = nn.spectralNorm(new nn.Linear(4, 3));
    layer.eval();
    const u = layer.stateDict()["weight_u"]!.toArray();
    layer.forward(randn([1, 4]));
    expect(layer.stateDict()["weight_u"]!.toArray()).toEqual(u);
  });
});

describe("removeSpectralNorm", () => {
  it("keeps the weight that there is, and leaves neither parts nor hook", () => {
    const layer = nn.spectralNorm(new nn.Linear(4, 3));
    const x = randn([2, 4]);
    const reached = layer.eval().forward(x);
    expect(nn.removeSpectralNorm(layer.train())).toBe(layer);
    expect(Object.keys(layer.stateDict())).toEqual(["bias", "weight"]);
    expect([layer.weight.requiresGrad, layer.weight.isLeaf]).toEqual([true, true]);
    same(layer.forward(x), reached);
    same(layer.forward(x), reached); // no iteration has moved it
    expect(() => nn.removeSpectralNorm(layer)).toThrow(ValueError);
    expect(nn.spectralNorm(layer)).toBe(layer);
  });

  it("leaves other hooks, other weights and copies what they are", () => {
    const layer = nn.spectralNorm(new nn.LSTM(3, 2), { name: "weightHhL0" });
    nn.spectralNorm(layer, { name: "weightIhL0" });
    let calls = 0;
    layer.registerForwardPreHook(() => void calls++);
    const copy = copyModule(layer);
    nn.removeSpectralNorm(layer, "weightHhL0");
    const [u, own] = ["weight_ih_l0_u", "weight_hh_l0_u"];
    const before = [layer, copy].map((m) => m.stateDict()[u]!.toArray());
    const held = copy.stateDict()[own]!.toArray();
    for (const m of [layer, copy]) m.forward(randn([5, 1, 3]));
    expect(calls).toBe(2);
    [layer, copy].forEach((m, i) => expect(m.stateDict()[u]!.toArray()).not.toEqual(before[i]));
    expect(copy.stateDict()[own]!.toArray()).not.toEqual(held);
    expect(Object.keys(layer.stateDict())).not.toContain(own);
  });

  it("does not take a weightNorm's, nor removeWeightNorm a spectralNorm's", () => {
    const [a, b] = [nn.weightNorm(new nn.Linear(4, 3)), nn.spectralNorm(new nn.Linear(4, 3))];
    expect(() => nn.removeSpectralNorm(a)).toThrow(
      "[removeSpectralNorm] weight of Linear has none",
    );
    expect(() => nn.removeWeightNorm(b)).toThrow("[removeWeightNorm] weight of Linear has none");
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

it.each<[string, abstract new (...args: never[]) => Error, (layer: nn.Linear) => unknown]>([
  ["spectralNorm, a dim too many", IndexError, (l) => nn.spectralNorm(l, { dim: 2 })],
  ["spectralNorm, half a dim", IndexError, (l) => nn.spectralNorm(l, { dim: 0.5 })],
  ["spectralNorm, no iteration", ValueError, (l) => nn.spectralNorm(l, { nPowerIterations: 0 })],
  ["weightNorm, a dim too many", IndexError, (l) => nn.weightNorm(l, { dim: 2 })],
  ["weightNorm, a dim too few", IndexError, (l) => nn.weightNorm(l, { dim: -3 })],
])("what is refused changes nothing: %s", (_, error, call) => {
  const layer = new nn.Linear(3, 2);
  const before = layer.forward(randn([1, 3])).shape;
  expect(() => call(layer)).toThrow(error);
  expect(Object.keys(layer.stateDict())).toEqual(["weight", "bias"]);
  expect(layer.forward(randn([1, 3])).shape).toEqual(before);
});

describe.each([
  ["weightNorm", nn.weightNorm],
  ["spectralNorm", nn.spectralNorm],
])("%s", (_, norm) => {
  it("releases no weight that a hook or a layer of one's own keeps", () => {
    const kept: Tensor[] = [];
    class Own extends nn.Linear {
      override forward(x: Tensor): Tensor {
        kept.push(this.weight);
        return super.forward(x);
      }
    }
    const layer = new nn.Linear(3, 2);
    const keep = (): void => void kept.push(layer.weight);
    layer.registerForwardHook(keep);
    norm(layer);
    layer.registerForwardPreHook(keep);
    layer.registerForwardHook(keep);
    layer.forward(randn([1, 3]));
    norm(new Own(3, 2)).forward(randn([1, 3]));
    expect(kept.map((t) => t.isDisposed)).toEqual([false, false, false, false]);
  });

  it("is a copy's own: its parts, its iterations, its removal", () => {
    const layer = norm<nn.Linear>(new nn.Linear(4, 3));
    const x = randn([2, 4]);
    const copy = copyModule(layer);
    same(copy.forward(x), layer.forward(x));
    const reached = layer.stateDict();
    const state = copy.stateDict();
    for (const [name, t] of Object.entries(state)) same(t, reached[name]!);
    noGrad(() => copy.parameters().forEach((p) => p.zero_()));
    expect(copy.weight.toArray()).not.toEqual(layer.weight.toArray());
    if (norm !== nn.weightNorm) return;
    nn.removeWeightNorm(copy);
    expect(Object.keys(copy.stateDict())).toEqual(["bias", "weight"]);
    expect(Object.keys(layer.stateDict())).toEqual(["bias", "weight_g", "weight_v"]);
  });
});

it("weightNorm leaves no handles behind in layers whose forward is no plain layer's", () => {
  const lstm = nn.weightNorm(new nn.LSTM(3, 2), { name: "weightHhL0" });
  const attention = nn.weightNorm(new nn.MultiheadAttention(4, 2), { name: "inProjWeight" });
  const [x, q] = [randn([5, 1, 3]), randn([5, 4])];
  const run = (): void => {
    for (const t of Object.values(lstm.forward(x))) (t as Tensor | null)?.dispose();
    for (const t of Object.values(attention.forward(q, q, q))) t?.dispose();
  };
  noGrad(run);
  const before = memory().handles;
  noGrad(run);
  expect(memory().handles).toBe(before);
});
