// What every optimiser must hold: groups, rates that change, gradients that are missing or add up, saving
// and resuming, errors. Their steps are held against PyTorch in test/reference.
import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  DisposedError,
  full,
  manualSeed,
  nn,
  optim,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";

type AnyOptimizer = optim.Optimizer<{ lr: number }>;
type Make = (params: optim.Params<{ lr: number }>, more?: object) => AnyOptimizer;

/** A step of LBFGS from the gradients that are there, along the first direction. */
class OneStep extends optim.LBFGS {
  override step<T>(): T & undefined {
    super.step(() => 0);
    return undefined as T & undefined;
  }
}

const kind =
  (Kind: new (params: never, options: never) => unknown, own: object = {}): Make =>
  (params, more) =>
    new Kind(params as never, { lr: 0.1, ...own, ...more } as never) as AnyOptimizer;

/** All that update each parameter by itself. */
const separate: [string, Make][] = [
  ["SGD", kind(optim.SGD)],
  ["SGD with momentum", kind(optim.SGD, { momentum: 0.9, nesterov: true })],
  ["Adam", kind(optim.Adam)],
  ["Adam with amsgrad", kind(optim.Adam, { amsgrad: true })],
  ["AdamW", kind(optim.AdamW)],
  ["NAdam", kind(optim.NAdam)],
  ["RAdam", kind(optim.RAdam)],
  ["Adamax", kind(optim.Adamax)],
  ["Adagrad", kind(optim.Adagrad)],
  ["Adadelta", kind(optim.Adadelta, { eps: 1 })],
  ["RMSprop", kind(optim.RMSprop)],
  ["RMSprop with momentum, centered", kind(optim.RMSprop, { momentum: 0.5, centered: true })],
  ["Lion", kind(optim.Lion)],
];
const kinds: [string, Make][] = [...separate, ["LBFGS", kind(OneStep, { maxIter: 1 })]];

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

describe.each(separate)("%s", (_, make) => {
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

  it("climbs with maximize as it descends with the opposite gradient", () => {
    const [up, down] = [param([1, -2], [0.5, -3]), param([1, -2], [-0.5, 3])];
    const [climbs, descends] = [make([up], { maximize: true }), make([down])];
    for (let t = 0; t < 3; t++) for (const optimizer of [climbs, descends]) optimizer.step();
    expect(up.toArray()).toEqual(down.toArray());
  });

  it("has groups with rates of their own, also those that come later", () => {
    const [slow, alone, late] = [param([1]), param([1]), param([1])];
    const optimizer = make([{ params: [slow], lr: 0 }, { params: [alone] }]);
    optimizer.addParamGroup({ params: [late] });
    optimizer.step();
    expect(slow.item()).toBe(1);
    expect(alone.item()).toBeLessThan(1);
    expect(late.item()).toBe(alone.item());
  });

  it("lets no mean decay to subnormal numbers, for which processors take twenty times as long", () => {
    const LEAST = 2 ** -126;
    const values = Array.from({ length: 11 }, (_, i) => 1 - i / 4);
    const p = param(values);
    const optimizer = make([p]);
    optimizer.step();
    const { groups, state } = optimizer.stateDict();
    const tiny = Object.entries(state[0]!).map(([key, v]) => [
      key,
      typeof v === "number" ? v : full([11], LEAST),
    ]);
    optimizer.loadStateDict({ groups, state: [Object.fromEntries(tiny) as optim.ParamState] });
    p.grad = zeros([11]);
    optimizer.step();
    for (const v of Object.values(optimizer.stateDict().state[0]!)) {
      if (typeof v === "number") continue;
      for (const x of v.toTypedArray()) expect(x === 0 || x >= LEAST).toBe(true);
    }
    expect([...p.toTypedArray()].every(Number.isFinite)).toBe(true);
  });

  it("keeps NaN of either sign, where it is", () => {
    const p = param([1, 2, 3, 4, 5]);
    // As what they are, since arithmetic makes a NaN of the sign that the processor likes.
    const bits = Uint32Array.of(0x3f000000, 0x7fc00000, 0xffc00000, 0x3f000000, 0x3f000000);
    p.grad = tensor(new Float32Array(bits.buffer));
    const optimizer = make([p]);
    optimizer.step();
    p.grad = zeros([5]);
    optimizer.step();
    const [state] = optimizer.stateDict().state;
    for (const v of [p, ...Object.values(state!)]) {
      if (typeof v === "number") continue;
      const found = Array.from(v.toTypedArray(), Number.isNaN);
      expect(found).toEqual([false, true, true, false, false]);
    }
  });

  it("refuses a parameter that was disposed of before it changes the others", () => {
    const [p, gone] = [param([1, 2]), param([3])];
    const optimizer = make([p, gone]);
    gone.dispose();
    expect(() => optimizer.step()).toThrow(DisposedError);
    expect(p.toArray()).toEqual([1, 2]);
    const [saved] = optimizer.stateDict().state;
    expect(Object.values(saved!).filter((v) => typeof v === "number")).toEqual([]);
  });

  it("refuses a state that lacks a field, or has one too many", () => {
    const optimizer = make([param([1, 2])]);
    optimizer.step();
    const { groups, state } = optimizer.stateDict();
    const [whole] = state;
    const refused = (changed: optim.ParamState, ofGroup: object = groups[0]!): void => {
      const from = { groups: [ofGroup as (typeof groups)[0]], state: [changed] };
      expect(() => optimizer.loadStateDict(from)).toThrow(/\.loadStateDict\] /);
    };
    for (const key of Object.keys(whole!)) {
      const { [key]: _, ...rest } = whole!;
      // Those three are made when an option first needs them.
      const needed = !["vMax", "mean", "momentum"].includes(key);
      if (needed && Object.keys(rest).length > 0) refused(rest);
      if (typeof whole![key] !== "number") refused({ ...whole, [key]: {} as never });
    }
    refused({ ...whole, another: 1 });
    for (const key of Object.keys(groups[0]!)) {
      const { [key]: _, ...rest } = groups[0] as unknown as Record<string, unknown>;
      refused(whole!, rest);
    }
    refused(whole!, { ...groups[0], another: 1 });
    refused(whole!, { ...groups[0], params: [] });
    optimizer.loadStateDict({ groups, state });
  });
});

describe.each(kinds)("%s", (_, make) => {
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

  it("adds up gradients until zeroGrad", () => {
    const [twice, once] = [param([1, 2], null), param([1, 2], [2, 6])];
    for (let i = 0; i < 2; i++)
      twice
        .mul(tensor([1, 3]))
        .sum()
        .backward();
    for (const p of [twice, once]) make([p]).step();
    expect(twice.toArray()).toEqual(once.toArray());
  });

  it("refuses options that it doesn't have, and names those it has", () => {
    const p = param([1]);
    expect(() => make([p], { weight_decay: 1 })).toThrow(/option weight_decay is unknown.* lr/);
    const group = { params: [p], momentun: 0.9 };
    expect(() => make([group])).toThrow(ValueError);
    expect(() => make([group])).toThrow(/option momentun is unknown/);
  });

  it("refuses the state of others", () => {
    const p = param([1, 2]);
    const optimizer = make([p]);
    optimizer.step();
    const before = JSON.stringify([optimizer.groups[0]!.lr, Object.keys(optimizer.stateDict().state[0]!)]); // prettier-ignore
    for (const [name, other] of kinds) {
      const from = other([param([1, 2])]);
      from.step();
      if (from.constructor === optimizer.constructor) continue;
      // Adam's and AdamW's are alike, as in PyTorch.
      if (/^AdamW?\b/.test(name) && /^AdamW?$/.test(optimizer.constructor.name)) continue;
      expect(() => optimizer.loadStateDict(from.stateDict()), name).toThrow(ValueError);
    }
    for (const nothing of [{}, { groups: [] }, { options: {}, state: {}, schedulers: [] }]) {
      expect(() => optimizer.loadStateDict(nothing as never)).toThrow(ValueError);
    }
    const after = JSON.stringify([optimizer.groups[0]!.lr, Object.keys(optimizer.stateDict().state[0]!)]); // prettier-ignore
    expect(after).toBe(before);
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
    again.loadStateDict(saved);
    steps(resumed, again, 4);
    expect(weights(resumed)).toEqual(weights(model));

    // Once more from the same state: neither optimiser has written to it.
    const third = mlp(98);
    const last = make(third.parameters());
    third.loadStateDict(Object.fromEntries(copies));
    last.loadStateDict(saved);
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
    expect(() => optimizer.loadStateDict(other32)).toThrow("m must be float32 [2]: got int32 [2]");
    const lie = { groups: [{ ...before.groups[0]!, lr: NaN }], state: before.state };
    expect(() => optimizer.loadStateDict(lie as never)).toThrow(ValueError);
    expect(optimizer.groups[0]!.lr).toBe(0.1);
  });

  it("updates in place, outside of the graph, and catches a graph that needs the old values", () => {
    const p = param([2]);
    const loss = p.square().sum();
    make([p]).step();
    expect(p.isLeaf).toBe(true);
    expect(() => loss.backward()).toThrow(/has modified/);
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
