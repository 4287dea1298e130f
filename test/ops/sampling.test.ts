// Random tensors made of ops: their distributions in the mass, generators, and gradients that are not
// those of what is computed.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import type { Tensor } from "../../src/index.js";

const N = 1 << 17;
const seeded = (seed = 7): { generator: sg.Generator } => ({ generator: new sg.Generator(seed) });

/** Distance of a sample's mean from `wanted`, in standard errors. */
function meanSigmas(x: Tensor, wanted: number, std: number): number {
  const values = Float64Array.from(x.toTypedArray());
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return (Math.abs(mean - wanted) / std) * Math.sqrt(values.length);
}

/** The largest distance between a sample's distribution function and `cdf`, times sqrt(n). */
function kolmogorov(x: Tensor, cdf: (v: number) => number): number {
  const sorted = Float64Array.from(x.toTypedArray()).sort();
  const n = sorted.length;
  const gaps = sorted.map((v, i) =>
    Math.max(Math.abs(cdf(v) - i / n), Math.abs(cdf(v) - (i + 1) / n)),
  );
  return gaps.reduce((a, b) => Math.max(a, b)) * Math.sqrt(n);
}

describe("distributions", () => {
  // Kolmogorov's statistic exceeds 1.95 once in a thousand samples.
  it("exponential: mean, distribution function, never 0", () => {
    const x = sg.exponential([N], 2, seeded());
    expect(meanSigmas(x, 0.5, 0.5)).toBeLessThan(3);
    expect(kolmogorov(x, (v) => -Math.expm1(-2 * v))).toBeLessThan(1.95);
    expect(x.amin().item()).toBeGreaterThan(0);
  });

  it("gumbel: mean, distribution function, finite", () => {
    const x = sg.gumbel([N], seeded());
    expect(meanSigmas(x, 0.5772156649, Math.PI / Math.sqrt(6))).toBeLessThan(3);
    expect(kolmogorov(x, (v) => Math.exp(-Math.exp(-v)))).toBeLessThan(1.95);
    expect(x.isfinite().all().item()).toBe(1);
  });

  it("bernoulli of probabilities: each its own", () => {
    const p = sg.tensor([0, 0.2, 0.7, 1]);
    const x = sg.bernoulli(p.expand([N, 4]), seeded());
    const means = x.mean(0).toTypedArray();
    expect([means[0], means[3]]).toEqual([0, 1]);
    for (const i of [1, 2]) {
      const q = p.toTypedArray()[i]!;
      expect((Math.abs(means[i]! - q) * Math.sqrt(N)) / Math.sqrt(q * (1 - q))).toBeLessThan(3);
    }
  });

  it("normal of means and deviations: each its own", () => {
    const mean = sg.tensor([-3, 5]);
    const std = sg.tensor([[0.5], [2]]);
    const x = sg.normal(mean, std.expand([2, N / 2]).unsqueeze(-1), seeded());
    expect(x.shape).toEqual([2, N / 2, 2]);
    for (const [i, s] of [0.5, 2].entries()) {
      for (const [j, m] of [-3, 5].entries()) {
        const own = x.select(0, i).select(1, j);
        expect(meanSigmas(own, m, s)).toBeLessThan(3);
        expect(Math.abs(own.std().item() / s - 1)).toBeLessThan(3 / Math.sqrt(N));
      }
    }
  });

  it("gumbelSoftmax: categories as softmax gives them", () => {
    const logits = sg.tensor([0, 1, 2]);
    const hard = sg.gumbelSoftmax(logits.expand([N, 3]), { hard: true, ...seeded() });
    const p = logits.softmax(0).toTypedArray();
    const means = hard.mean(0).toTypedArray();
    means.forEach((m, i) => {
      expect((Math.abs(m - p[i]!) * Math.sqrt(N)) / Math.sqrt(p[i]! * (1 - p[i]!))).toBeLessThan(3);
    });
  });
});

describe("uniform, normal and whole numbers", () => {
  const flat = (low: number, high: number) => (v: number) => (v - low) / (high - low);

  it.each([
    ["rand", () => sg.rand([N], seeded()), 0, 1],
    ["randLike", () => sg.randLike(sg.zeros([N]), seeded()), 0, 1],
    ["uniform", () => sg.uniform([N], -3, 5, seeded()), -3, 5],
  ] as const)("%s: mean, distribution function, bounds", (_, make, low, high) => {
    const x = make();
    expect(meanSigmas(x, (low + high) / 2, (high - low) / Math.sqrt(12))).toBeLessThan(3);
    expect(kolmogorov(x, flat(low, high))).toBeLessThan(1.95);
    expect(x.amin().item()).toBeGreaterThanOrEqual(low);
    expect(x.amax().item()).toBeLessThan(high);
  });

  it.each([
    ["randn", () => sg.randn([N], seeded())],
    ["randnLike", () => sg.randnLike(sg.zeros([N]), seeded())],
  ] as const)("%s: mean, deviation, what lies within one and two of them", (_, make) => {
    const x = make();
    expect(meanSigmas(x, 0, 1)).toBeLessThan(3);
    expect(Math.abs(x.std().item() - 1)).toBeLessThan(3 / Math.sqrt(2 * N));
    for (const [bound, p] of [
      [1, 0.6826894921],
      [2, 0.9544997361],
    ] as const) {
      const within = x.abs().lt(bound).float();
      expect(meanSigmas(within, p, Math.sqrt(p * (1 - p)))).toBeLessThan(3);
    }
  });

  it.each([
    ["randint", () => sg.randint(-2, 5, [N], seeded()), "int32"],
    ["randint", () => sg.randint(-2, 5, [N], { dtype: "float32", ...seeded() }), "float32"],
    ["randintLike", () => sg.randintLike(sg.zeros([N]), -2, 5, seeded()), "float32"],
    ["randintLike", () => sg.randintLike(sg.arange(N), -2, 5, seeded()), "int32"],
  ] as const)("%s: each whole number as often", (_, make, dtype) => {
    const x = make();
    expect(x.dtype).toBe(dtype);
    const counts = sg.bincount(x.add(2).int()).toTypedArray();
    expect(counts.length).toBe(7);
    // Chi squared with 6 degrees of freedom exceeds 22.5 once in a thousand samples.
    const off = Array.from(counts, (n) => (n - N / 7) ** 2 / (N / 7));
    expect(off.reduce((a, b) => a + b)).toBeLessThan(22.5);
  });

  it.each(["int32", "float32", "bool"] as const)(
    "a dtype that is undefined is none: %s",
    (dtype) => {
      const x = sg.ones([3], { dtype });
      const none = { dtype: undefined as never };
      expect(sg.zerosLike(x, none).dtype).toBe(dtype);
      expect(sg.fullLike(x, 1, none).dtype).toBe(dtype);
      if (dtype !== "bool") expect(sg.randintLike(x, 0, 5, none).dtype).toBe(dtype);
      expect(sg.full([2], true, none).dtype).toBe("bool");
    },
  );

  it("randperm: each number once, each place as likely", () => {
    const one = seeded();
    const firsts = Array.from({ length: 7000 }, () => {
      const p = Array.from(sg.randperm(7, one).toTypedArray());
      expect([...p].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
      return p[0]!;
    });
    const counts = Array.from({ length: 7 }, (_, i) => firsts.filter((p) => p === i).length);
    const off = counts.map((n) => (n - 1000) ** 2 / 1000);
    expect(off.reduce((a, b) => a + b)).toBeLessThan(22.5);
    expect(sg.randperm(0).shape).toEqual([0]);
  });
});

describe("gumbelSoftmax", () => {
  const logits = (): Tensor => sg.tensor([[0.5, -1, 2], [1, 0, -1]], { requiresGrad: true }); // prettier-ignore

  it("hard: one-hot, with the soft samples' gradients", () => {
    const [x, y] = [logits(), logits()];
    const weights = sg.tensor([3, -1, 2]);
    const soft = sg.gumbelSoftmax(x, { tau: 0.5, ...seeded() });
    const hard = sg.gumbelSoftmax(y, { tau: 0.5, hard: true, ...seeded() });
    expect(hard.toArray()).toEqual(
      soft
        .eq(soft.amax(1, { keepdim: true }))
        .float()
        .toArray(),
    );
    soft.mul(weights).sum().backward();
    hard.mul(weights).sum().backward();
    expect(y.grad!.toArray()).toEqual(x.grad!.toArray());
  });
});

describe("draws in place", () => {
  it.each([
    [
      "uniform_",
      (x: Tensor, g: object) => x.uniform_(-1, 1, g),
      (g: object) => sg.uniform([3, 5], -1, 1, g),
    ],
    [
      "normal_",
      (x: Tensor, g: object) => x.normal_(2, 3, g),
      (g: object) => sg.normal(2, 3, [3, 5], g),
    ],
    [
      "exponential_",
      (x: Tensor, g: object) => x.exponential_(4, g),
      (g: object) => sg.exponential([3, 5], 4, g),
    ],
    [
      "bernoulli_",
      (x: Tensor, g: object) => x.bernoulli_(0.3, g),
      (g: object) => sg.bernoulli([3, 5], 0.3, g),
    ],
  ] as const)("%s gives the numbers of its twin, through a view too", (_, fill, make) => {
    const wanted = make(seeded()).toArray();
    const x = sg.zeros([5, 3]);
    expect(fill(x.t(), seeded()).toArray()).toEqual(wanted);
    expect(x.t().toArray()).toEqual(wanted);
  });

  it("bernoulli_ keeps the dtype", () => {
    const x = sg.zeros([9], { dtype: "bool" }).bernoulli_(1);
    expect([x.dtype, x.all().item()]).toEqual(["bool", 1]);
  });

  it("end the gradient", () => {
    const p = sg.tensor([1, 2], { requiresGrad: true });
    p.mul(2).uniform_().sum().backward();
    expect(p.grad!.toArray()).toEqual([0, 0]);
  });
});

describe("generators", () => {
  it.each([
    ["multinomial", (g: object) => sg.multinomial(sg.ones([33]), 20, g)],
    ["exponential", (g: object) => sg.exponential([33], 1, g)],
    ["gumbel", (g: object) => sg.gumbel([33], g)],
    ["bernoulli", (g: object) => sg.bernoulli(sg.full([33], 0.5), g)],
    ["normal", (g: object) => sg.normal(sg.zeros([33]), 1, g)],
  ] as const)("%s repeats with the seed, and moves on with each call", (_, make) => {
    const one = seeded();
    const first = make(one).toArray();
    expect(make(one).toArray()).not.toEqual(first);
    expect(make(seeded()).toArray()).toEqual(first);
    expect(make(seeded(8)).toArray()).not.toEqual(first);
  });

  it("requiresGrad is the result's", () => {
    expect(sg.exponential([2], 1, { requiresGrad: true }).isLeaf).toBe(true);
    expect(sg.gumbel([2], { requiresGrad: true }).requiresGrad).toBe(true);
    expect(sg.normal(sg.ones([2], { requiresGrad: true }), 1).requiresGrad).toBe(false);
  });
});
