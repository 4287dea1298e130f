// Programs that keep tensors for long and never release any, in a heap too small for all of them:
// none may fail, and none may change its result.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  crossEntropy,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  randn,
  setHeapLimit,
  tensor,
  type Tensor,
  tidy,
  ValueError,
  zeros,
} from "../../src/index.js";
import { forceEviction } from "../../src/memory/eviction.js";

const MiB = 2 ** 20;

/** The same program with all the room there is, and with everything spilled at every allocation. */
function bothWays<T>(program: () => T): { roomy: T; evicting: T } {
  manualSeed(7);
  const roomy = program();
  forceEviction(true);
  manualSeed(7);
  try {
    return { roomy, evicting: program() };
  } finally {
    forceEviction(false);
  }
}

function mlp(): nn.Sequential {
  return new nn.Sequential(new nn.Linear(20, 32), new nn.ReLU(), new nn.Linear(32, 5));
}

function step(model: nn.Sequential, optimizer: optim.Adam, x: Tensor, y: Tensor): Tensor {
  const pred = model.forward(x);
  const loss = crossEntropy(pred, y);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return pred;
}

const classes = (n: number): Tensor => tensor(Int32Array.from({ length: n }, (_, i) => i % 5));

describe("ordinary programs give the same results wherever their tensors lie", () => {
  beforeEach(() => setHeapLimit(16 * MiB));
  afterEach(() => setHeapLimit(4096 * MiB));

  it("a test set that ops normalised before training, scored once an epoch", () => {
    const { roomy, evicting } = bothWays(() => {
      const raw = randn([200, 20]);
      const test = raw.sub(raw.mean(0)).div(raw.std(0));
      const model = mlp();
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
      const scores: number[] = [];
      for (let epoch = 0; epoch < 4; epoch++) {
        for (let i = 0; i < 30; i++) step(model, optimizer, randn([64, 20]), classes(64));
        scores.push(noGrad(() => model.forward(test).argmax(1).eq(classes(200)).sum().item()));
      }
      return [...scores, test.sum().item()];
    });
    expect(evicting).toEqual(roomy);
  });

  it("a list of prepared batches used for many epochs", () => {
    const { roomy, evicting } = bothWays(() => {
      const batches = Array.from({ length: 20 }, () => randn([32, 20]).mul(2).add(1));
      const model = mlp();
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
      for (let epoch = 0; epoch < 5; epoch++) {
        for (const x of batches) step(model, optimizer, x, classes(32));
      }
      return [
        ...batches.map((b) => b.sum().item()),
        ...model.parameters().map((p) => p.sum().item()),
      ];
    });
    expect(evicting).toEqual(roomy);
  });

  it("the first step's prediction read after the last, and a second phase with new data", () => {
    const { roomy, evicting } = bothWays(() => {
      const model = mlp();
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
      let first: Tensor | null = null;
      for (let i = 0; i < 100; i++) {
        const pred = step(model, optimizer, randn([32, 20]), classes(32));
        first ??= pred;
      }
      for (let i = 0; i < 100; i++) step(model, optimizer, randn([16, 20]).abs(), classes(16));
      return [...first!.toTypedArray()];
    });
    expect(evicting).toEqual(roomy);
  });

  it("gradient accumulation, a generator and a discriminator, truncated backpropagation", () => {
    const { roomy, evicting } = bothWays(() => {
      const generator = new nn.Linear(4, 8);
      const critic = new nn.Sequential(new nn.Linear(8, 8), new nn.Tanh(), new nn.Linear(8, 1));
      const both = [generator, critic].map((m) => new optim.Adam(m.parameters(), { lr: 0.01 }));
      for (let i = 0; i < 20; i++) {
        const fake = generator.forward(randn([16, 4]));
        both[1]!.zeroGrad();
        for (let k = 0; k < 3; k++) critic.forward(fake.detach()).mean().backward();
        both[1]!.step();
        both[0]!.zeroGrad();
        critic.forward(fake).mean().neg().backward();
        both[0]!.step();
      }
      const cell = new nn.Linear(8, 8);
      let h = randn([2, 8]);
      for (let t = 0; t < 30; t++) {
        h = cell.forward(h).tanh();
        if (t % 5 === 4) {
          h.sum().backward();
          h = h.detach();
        }
      }
      return [
        ...h.toTypedArray(),
        critic.parameters()[0]!.sum().item(),
        cell.weight.grad!.sum().item(),
      ];
    });
    expect(evicting).toEqual(roomy);
  });

  it("tensors that add up to several times the heap's maximum", () => {
    const many = Array.from({ length: 150 }, (_, i) => tensor(new Float32Array(2 ** 17).fill(i)));
    expect(memory().heapBytes).toBeLessThanOrEqual(16 * MiB);
    many.forEach((x, i) => expect(x.mean().item()).toBe(i));
    expect(many.reduce((s, x) => s + x.select(0, 5).item(), 0)).toBe((149 * 150) / 2);
  });

  it("an allocation larger than the maximum names op and sizes, and harms nothing", () => {
    const before = tensor([1, 2, 3]);
    expect(() => randn([64, 2 ** 20])).toThrow(/\[randn\] needs 268435456 bytes/);
    expect(before.sum().item()).toBe(6);
  });
});

describe("tidy and dispose", () => {
  it("tidy releases what it made and keeps what it returns, however deep", () => {
    const before = memory().handles;
    const kept = tidy(() => {
      const a = tensor([1, 2]);
      return { list: [a.add(1), new Map([["x", a.mul(3)]])], n: 5 };
    });
    expect(memory().handles - before).toBe(2);
    expect((kept.list[0] as Tensor).toArray()).toEqual([2, 3]);
    const [one] = tidy(() => new Set([tensor([1, 2]).add(1)]));
    expect(one!.toArray()).toEqual([2, 3]);
  });

  it("tidy returns lists of any length", () => {
    const before = memory().handles;
    const list = tidy(() => zeros([300_000]).toArray());
    expect([(list as number[]).length, memory().handles - before]).toEqual([300_000, 0]);
  });

  it("tidy keeps gradients and what a graph saved", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const loss = tidy(() => w.mul(w).exp().sum());
    tidy(() => loss.backward());
    const [g0, g1] = w.grad!.toTypedArray();
    expect(g0).toBeCloseTo(2 * Math.E, 4);
    expect(g1! / (4 * Math.exp(4))).toBeCloseTo(1, 5);
  });

  it("tidy refuses promises, and releases when fn throws", () => {
    expect(() => tidy(() => Promise.resolve(1))).toThrow(ValueError);
    const before = memory().handles;
    expect(() =>
      tidy(() => {
        tensor([1]).add(1);
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(memory().handles).toBe(before);
  });

  it("a disposed tensor says so, a view of it lives on", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const row = x.select(0, 1);
    x.dispose();
    x.dispose();
    expect(() => x.add(1)).toThrow(/\[tensor\] a tensor of \[2,2\] was used after dispose/);
    expect(row.toArray()).toEqual([3, 4]);
  });

  it("`using` works", () => {
    let outside: Tensor;
    {
      using x = tensor([1]);
      outside = x;
    }
    expect(outside.isDisposed).toBe(true);
  });
});
