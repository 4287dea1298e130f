// Optimisers as a user meets them: groups, rates that change, saving and resuming, errors. Their
// steps are held against PyTorch in test/reference.
import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  DTypeError,
  manualSeed,
  nn,
  ones,
  optim,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";

type AnyOptimizer = optim.SGD | optim.Adam | optim.AdamW;
const kinds: [string, (params: Iterable<Tensor>) => AnyOptimizer][] = [
  ["SGD", (p) => new optim.SGD(p, { lr: 0.1 })],
  ["SGD with momentum", (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true })],
  ["Adam", (p) => new optim.Adam(p, { lr: 0.1 })],
  ["AdamW", (p) => new optim.AdamW(p, { lr: 0.1 })],
];

/** A parameter with a gradient. */
function param(values: number[], grad: number[] | null = values.map(() => 1)): Tensor {
  const p = tensor(values, { requiresGrad: true });
  if (grad !== null) p.grad = tensor(grad);
  return p;
}

function mlp(seed: number): nn.Sequential {
  manualSeed(seed);
  return new nn.Sequential(new nn.Linear(3, 8), new nn.Tanh(), new nn.Linear(8, 2));
}

const x = randn([16, 3]);
const y = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 2));

function steps(model: nn.Sequential, optimizer: AnyOptimizer, n: number): void {
  for (let i = 0; i < n; i++) {
    optimizer.zeroGrad();
    crossEntropy(model.forward(x), y).backward();
    optimizer.step();
  }
}

const weights = (model: nn.Module): unknown[] => model.parameters().map((p) => p.toArray());

describe.each(kinds)("%s", (_, make) => {
  it("steps many parameters as each one alone, also those that miss steps", () => {
    const sizes = [...Array.from({ length: 40 }, (_, i) => (i * 5) % 23), 140_000, 3];
    const data = sizes.map((n) => randn([n]));
    const copies = (): Tensor[] =>
      data.map((x) => tensor(x.toTypedArray() as Float32Array, { requiresGrad: true }));
    const [joined, single] = [copies(), copies()];
    const together = make(joined);
    const alone = single.map((p) => make([p]));
    for (let t = 0; t < 3; t++) {
      sizes.forEach((n, i) => {
        const g = t > 0 || i % 3 > 0 ? randn([n]) : null;
        joined[i]!.grad = g;
        single[i]!.grad = g;
      });
      together.step();
      for (const optimizer of alone) optimizer.step();
    }
    joined.forEach((p, i) => expect(p.toTypedArray()).toEqual(single[i]!.toTypedArray()));
  });

  it("lowers the loss", () => {
    const model = mlp(1);
    const loss = (): number => crossEntropy(model.forward(x), y).item();
    const before = loss();
    steps(model, make(model.parameters()), 20);
    expect(loss()).toBeLessThan(before);
  });

  it("skips parameters without a gradient, frozen ones and empty ones", () => {
    const [idle, frozen, moved] = [param([1], null), param([2]), param([3])];
    const empty = param([]);
    frozen.requiresGrad = false;
    make([idle, frozen, empty, moved]).step();
    expect([idle.item(), frozen.item()]).toEqual([1, 2]);
    expect(moved.item()).toBeLessThan(3);
  });

  it("forgets gradients with zeroGrad, those that the program holds too", () => {
    const p = param([1]);
    const held = p.grad!;
    make([p]).zeroGrad();
    expect(p.grad).toBeNull();
    expect(held.item()).toBe(1);
  });

  it("follows a rate that is changed between steps", () => {
    const p = param([1]);
    const optimizer = make([p]);
    optimizer.groups[0]!.lr = 0;
    optimizer.step();
    expect(p.item()).toBe(1);
    optimizer.groups[0]!.lr = 0.5;
    optimizer.step();
    expect(p.item()).toBeLessThan(0.9);
  });

  it("resumes exactly, and its saved state stays as it was", () => {
    const model = mlp(2);
    const optimizer = make(model.parameters());
    steps(model, optimizer, 3);
    const saved = optimizer.stateDict();
    const copies = Object.entries(model.stateDict()).map(([k, v]) => [k, v.clone()] as const);
    steps(model, optimizer, 4);

    const resumed = mlp(99);
    const again = make(resumed.parameters());
    resumed.loadStateDict(Object.fromEntries(copies));
    again.loadStateDict(saved as never);
    steps(resumed, again, 4);
    expect(weights(resumed)).toEqual(weights(model));

    // Once more from the same state: neither optimiser has written to it.
    const third = mlp(98);
    const last = make(third.parameters());
    third.loadStateDict(Object.fromEntries(copies));
    last.loadStateDict(saved as never);
    steps(third, last, 4);
    expect(weights(third)).toEqual(weights(model));
  });

  it("refuses a state of other parameters before it changes anything", () => {
    const p = param([1, 2]);
    const optimizer = make([p]);
    optimizer.step();
    const other = make([param([1, 2, 3])]);
    other.step();
    const more = make([param([1, 2]), param([1])]);
    const before = optimizer.stateDict();
    expect(() => optimizer.loadStateDict(more.stateDict() as never)).toThrow(ValueError);
    if (Object.keys(before.state[0]!).length > 0) {
      expect(() => optimizer.loadStateDict(other.stateDict() as never)).toThrow(ShapeError);
    }
    const whole = { m: zeros([2], { dtype: "int32" }) };
    const other32 = { groups: before.groups, state: [whole] };
    expect(() => optimizer.loadStateDict(other32 as never)).toThrow("m must be float32 [2]");
    const lie = { groups: [{ ...before.groups[0]!, lr: NaN }], state: before.state };
    expect(() => optimizer.loadStateDict(lie as never)).toThrow(ValueError);
    expect(optimizer.groups[0]!.lr).toBe(0.1);
  });

  it("updates in place, outside of the graph, and catches a graph that needs the old values", () => {
    const p = param([2]);
    const loss = p.square().sum();
    make([p]).step();
    expect(p.isLeaf).toBe(true);
    expect(() => loss.backward()).toThrow("step has modified");
  });

  it("makes handles for its state only", () => {
    const p = param([1, 2]);
    const optimizer = make([p]);
    optimizer.step();
    const before = handleCount();
    optimizer.step();
    expect(handleCount()).toBe(before);
  });

  it("takes gradients that are not contiguous", () => {
    const p = zeros([2, 2], { requiresGrad: true });
    const q = zeros([2, 2], { requiresGrad: true });
    p.grad = tensor([
      [1, 3],
      [2, -4],
    ]).transpose(0, 1);
    q.grad = p.grad.clone();
    make([p]).step();
    make([q]).step();
    expect(p.toArray()).toEqual(q.toArray());
    expect(p.toArray()).not.toEqual(zeros([2, 2]).toArray());
  });

  it("refuses parameters that it can't update", () => {
    expect(() => make([])).toThrow(ValueError);
    const p = param([1]);
    expect(() => make([p, p])).toThrow("twice");
    expect(() => make([p.mul(2)])).toThrow("leaves");
    expect(() => make([zeros([2, 3]).transpose(0, 1)])).toThrow("contiguous");
    expect(() => make([1 as unknown as Tensor])).toThrow(ValueError);
    expect(() => make(new nn.Linear(1, 1) as unknown as Tensor[])).toThrow(ValueError);
  });
});

describe("parameter groups", () => {
  it("have options of their own, and the optimiser's for the rest", () => {
    const [slow, fast] = [param([0]), param([0])];
    const optimizer = new optim.SGD([{ params: [slow] }, { params: [fast], lr: 1 }], { lr: 0.25 });
    optimizer.step();
    expect([slow.item(), fast.item()]).toEqual([-0.25, -1]);
    expect(optimizer.groups.map((g) => [g.lr, g.momentum])).toEqual([
      [0.25, 0],
      [1, 0],
    ]);
    for (const group of optimizer.groups) group.lr /= 2;
    optimizer.step();
    expect([slow.item(), fast.item()]).toEqual([-0.375, -1.5]);
  });

  it("are saved and loaded each by itself", () => {
    const make = (): optim.Adam =>
      new optim.Adam([
        { params: [param([1])], lr: 0.5 },
        { params: [param([2])], betas: [0.5, 0.5] },
      ]);
    const from = make();
    from.groups[0]!.lr = 0.125;
    const to = make();
    to.loadStateDict(from.stateDict());
    expect(to.groups.map((g) => [g.lr, g.betas])).toEqual([
      [0.125, [0.9, 0.999]],
      [0.001, [0.5, 0.5]],
    ]);
    expect(from.stateDict().groups[0]).not.toHaveProperty("params");
  });

  it("must not share parameters or mix with plain ones", () => {
    const p = param([1]);
    expect(() => new optim.SGD([{ params: [p] }, { params: [p] }])).toThrow("twice");
    const mixed = [{ params: [p] }, param([2])] as unknown as Tensor[];
    expect(() => new optim.SGD(mixed)).toThrow(ValueError);
    expect(() => new optim.SGD([{ params: [p], lr: -1 }])).toThrow(ValueError);
  });
});

describe("options", () => {
  const p = param([1]);
  const refused: [string, () => unknown, string][] = [
    ["a negative rate", () => new optim.SGD([p], { lr: -1 }), "[SGD] lr"],
    ["a rate of NaN", () => new optim.Adam([p], { lr: NaN }), "[Adam] lr"],
    ["AdamW's under its own name", () => new optim.AdamW([p], { lr: NaN }), "[AdamW] lr"],
    ["negative momentum", () => new optim.SGD([p], { momentum: -0.1 }), "[SGD] momentum"],
    ["dampening of NaN", () => new optim.SGD([p], { dampening: NaN }), "[SGD] dampening"],
    ["negative decay", () => new optim.SGD([p], { weightDecay: -1 }), "[SGD] weightDecay"],
    ["nesterov alone", () => new optim.SGD([p], { nesterov: true }), "[SGD] nesterov"],
    ["nesterov with dampening", () => new optim.SGD([p], { nesterov: true, momentum: 0.9, dampening: 0.1 }), "[SGD] nesterov"], // prettier-ignore
    ["rho 2", () => new optim.Adadelta([p], { rho: 2 }), "[Adadelta] rho"],
    ["momentumDecay -1", () => new optim.NAdam([p], { momentumDecay: -1 }), "[NAdam] momentumDecay"], // prettier-ignore
    ["a sum below 0", () => new optim.Adagrad([p], { initialAccumulatorValue: -1 }), "[Adagrad] initialAccumulatorValue"], // prettier-ignore
    ["no change below 0", () => new optim.LBFGS([p], { toleranceChange: -1 }), "[LBFGS] toleranceChange"], // prettier-ignore
    ["beta 1", () => new optim.Adam([p], { betas: [0.9, 1] }), "[Adam] betas"],
    ["beta -0.1", () => new optim.Adam([p], { betas: [-0.1, 0.9] }), "[Adam] betas"],
    ["one beta", () => new optim.Adam([p], { betas: [0.9] as never }), "[Adam] betas"],
    ["a beta alone", () => new optim.AdamW([p], { betas: 0.9 as never }), "[AdamW] betas"],
    ["negative eps", () => new optim.Adam([p], { eps: -1e-8 }), "[Adam] eps"],
  ];
  it.each(refused)("refuse %s", (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });
});

describe("an update of one's own", () => {
  it("is asked for each parameter of an optimiser that joins them otherwise", () => {
    class Bounded extends optim.SGD {
      protected override update(p: Tensor, ...rest: [Tensor, optim.SGDOptions, never]): void {
        super.update(p, ...rest);
        p.clamp_(-1, 1);
      }
    }
    const params = [param([0.5, -3]), param([5])];
    new Bounded(params, { lr: 1 }).step();
    expect(params.map((p) => p.toArray())).toEqual([[-0.5, -1], [1]]);
  });
});

describe("gradients given by hand", () => {
  it("must have the tensor's shape and be float32", () => {
    const p = zeros([1000], { requiresGrad: true });
    expect(() => (p.grad = ones([1]))).toThrow(ShapeError);
    expect(() => (p.grad = zeros([1000], { dtype: "int32" }))).toThrow(DTypeError);
    expect(p.grad).toBeNull();
  });
});
