// A captured product or convolution whose result only a relu reads makes relu's result itself.
import { describe, expect, it } from "vitest";
import {
  capture,
  conv2d,
  crossEntropy,
  linear,
  manualSeed,
  nn,
  noGrad,
  optim,
  randn,
  type Tensor,
  tidy,
} from "../../src/index.js";
import { CALL, joinRelus, type Owner, type Range } from "../../src/kernels/chain.js";
import { type Kernel, kernels } from "../../src/kernels/loader.js";
import { expectSame, kernelsOf, type Result } from "./replays.js";
import { expectSameBits } from "./twins.js";

describe("a plan", () => {
  const N = 40_000;
  const MB = 1 << 20;
  const [A, B, C, D, E] = [5 * MB, 6 * MB, 7 * MB, 8 * MB, 9 * MB] as const;
  type Own = Range & { since?: number; refs?: number };
  type Call = readonly [name: keyof typeof kernels, ...words: number[]];

  const head = (name: Call[0] = "matmulF32", a = A, b = B, bias = 0): Call =>
    [...[name, a, b, bias, C], ...[0, 200, 200]] as unknown as Call;
  const relu = (x = C, out = D, rows = 1, n = N, step = 1): Call => [
    "reluF32",
    ...[x, out, rows, n, step, 0, 0, 0],
  ];
  const [made, result] = [C, D].map((at, since) => ({ at, bytes: 4 * N, since })) as [Own, Own];

  /** Where the first call has relu of its result; "apart" where the second call makes it. */
  function planOf(list: readonly Call[], ...buffers: readonly Own[]): number | "apart" {
    const words: number[] = [];
    const calls: number[] = [];
    const used: Kernel<readonly number[]>[] = [];
    for (const [name, ...own] of list) {
      calls.push(kernels[name].index, words.length, 1);
      used.push(kernels[name]);
      words.push(...own);
    }
    const owners = (buffers.length > 0 ? buffers : [made, result])
      .map(({ since = 0, refs = 0, ...x }) => ({ ...x, since, buffer: { refs } }))
      .reverse();
    const owner = (address: number, call: number): Owner | undefined =>
      owners.find((x) => x.since <= call && x.at <= address && address < x.at + x.bytes);
    const before = [...words];
    joinRelus({ kernels: used, calls, words, owner });
    if (calls[CALL + 2] === 1) {
      expect(words).toEqual(before);
      return "apart";
    }
    expect(words[4]).toBe(before[4]! + 1);
    expect(owner(words[3]!, 0)).toMatchObject({ at: words[3] });
    return words[3]!;
  }

  it("has relu made by the call before it", () => {
    for (const name of ["matmulF32", "conv2dF32", "depthwiseF32", "winogradConv2dF32"] as const)
      expect(planOf([head(name), relu()])).toBe(D);
    const withRowBias = [...head()] as [Call[0], ...number[]];
    withRowBias[5] = 2;
    expect(planOf([withRowBias, relu()])).toBe(D);
    expect(planOf([head("conv2dInputGradF32"), relu()])).toBe("apart");
    expect(planOf([head(), ["negF32", ...relu().slice(1)] as unknown as Call])).toBe("apart");
  });

  it("of all of its result, in its order", () => {
    expect(planOf([head(), relu(C + 4)])).toBe("apart");
    expect(planOf([head(), relu(C, D, 1, N - 1)])).toBe("apart");
    const less = { bytes: 4 * N - 4 };
    expect(planOf([head(), relu(C, D, 1, N - 1)], made, { ...result, ...less })).toBe("apart");
    expect(planOf([head(), relu()], { ...made, ...less }, result)).toBe("apart");
    expect(planOf([head(), relu()], made, { ...result, ...less })).toBe("apart");
    expect(planOf([head(), relu(C, D, 1, N, 0)])).toBe("apart");
    expect(planOf([head(), relu(C, D, 200, N, 1)])).toBe("apart");
    expect(planOf([head(), relu(C, D, 1, N, -1)])).toBe("apart");
  });

  it("where nobody else reads that", () => {
    expect(planOf([head(), relu(), ["sumF32", C, E, N, 1]])).toBe("apart");
    expect(planOf([head(), relu(), ["sumF32", C + 400, E, 100, 1]])).toBe("apart");
    expect(planOf([head(), relu(), ["sumF32", C + 4 * N, E, N, 1]])).toBe(D);
    expect(planOf([head(), relu()], { ...made, refs: 1 }, result)).toBe("apart");
    expect(planOf([head(), relu()], made, { ...result, refs: 1 })).toBe(D);
    expect(planOf([head(), relu()], made)).toBe("apart");
    expect(planOf([head(), relu()], result)).toBe("apart");
    const next = { ...made, since: 2 };
    expect(planOf([head(), relu(), ["sumF32", C, E, N, 1]], made, result, next)).toBe(D);
  });

  it("where it would not overwrite what is still read", () => {
    const other = { at: D - 400, bytes: 404 };
    for (const k of [1, 2, 3] as const) {
      const reading = [...head()] as [Call[0], ...number[]];
      reading[k] = D - 400;
      expect(planOf([reading, relu()], made, other, result)).toBe("apart");
      expect(planOf([reading, relu()], made, { ...other, bytes: 400 }, result)).toBe(D);
      reading[k] = D + 4 * N;
      expect(planOf([reading, relu()], made, { at: D + 4 * N, bytes: 4 }, result)).toBe(D);
      reading[k] = D + 4 * N - 4;
      expect(planOf([reading, relu()], made, { at: D + 4 * N - 4, bytes: 4 }, result)).toBe(
        "apart",
      );
    }
  });
});

describe("relu of a product or a convolution", () => {
  const [x, w, b] = [randn([80, 70]), randn([90, 70]), randn([90])];
  const image = randn([2, 8, 12, 12]);

  it("is made by it, with or without a bias", () => {
    expect(kernelsOf(() => x.matmul(w.mT).relu())).toEqual(["1 matmul"]);
    expect(kernelsOf(() => linear(x, w, b).relu())).toEqual(["1 matmul"]);
    const larger = randn([2, 16, 28, 28]);
    const [k3, k1, k5] = [randn([16, 16, 3, 3]), randn([4, 8, 1, 1]), randn([3, 8, 5, 5])];
    const padding = 1;
    expect(kernelsOf(() => conv2d(larger, k3, b.narrow(0, 0, 16), { padding }).relu())).toEqual([
      "1 winogradConv2d",
      "1 winogradKernel",
    ]);
    expect(kernelsOf(() => conv2d(image, k1).relu())).toEqual(["1 matmul"]);
    expect(kernelsOf(() => conv2d(image, k1, b.narrow(0, 0, 4)).relu())).toEqual(["1 matmul"]);
    expect(kernelsOf(() => conv2d(image, k5, b.narrow(0, 0, 3)).relu())).toEqual(["1 conv2d"]);
    const each = randn([8, 1, 3, 3]);
    expect(kernelsOf(() => conv2d(image, each, null, { groups: 8 }).relu())).toEqual([
      "1 depthwise",
    ]);
  });

  it("is not, where others look at what it is made of, or where it is made of a part", () => {
    const product = (): Tensor => x.matmul(w.mT);
    const apart = (fn: () => Result): void => expect(kernelsOf(fn)).toContain("1 relu");
    apart(() => {
      const h = product();
      return [h, h.relu()];
    });
    apart(() => {
      const h = product();
      return h.relu().add(h);
    });
    apart(() => product().narrow(0, 0, 40).relu());
    apart(() => product().mT.relu());
    apart(() => {
      const h = product();
      const y = h.relu();
      h.mul_(2);
      return y.matmul(h.mT);
    });
  });

  it("gives the same bits, also where its memory has been an operand's", () => {
    const programs: ((x: Tensor, y: Tensor) => Result)[] = [
      (x, y) => x.matmul(y).relu(),
      (x, y) => linear(x, y, x.select(0, 0)).relu().matmul(y),
      (x, y) => tidy(() => x.add(1).matmul(y)).relu(),
      (x, y) => tidy(() => x.matmul(y.mul(2))).relu(),
      (x, y) => tidy(() => linear(x, y, x.mul(y).sum(0))).relu(),
      (x, y) =>
        tidy(() => x.add(1).matmul(y.mT.contiguous()))
          .relu()
          .add(x),
      (x, y) => [x.matmul(y).relu(), y.matmul(x).relu().sum()],
    ];
    for (const n of [3, 16, 130])
      for (const program of programs)
        expectSame(
          (x, y) => program(x, y),
          () => [randn([n, n]), randn([n, n])],
        );
  });

  it("gives the bits of layers that are not captured, in training, too", () => {
    const make = () => {
      const model = new nn.Sequential(
        new nn.Conv2d(1, 8, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.Conv2d(8, 8, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.Conv2d(8, 8, 3, { padding: 1, groups: 8 }),
        new nn.ReLU(),
        new nn.Conv2d(8, 5, 1),
        new nn.ReLU(),
        new nn.Conv2d(5, 4, 5),
        new nn.ReLU(),
        new nn.Flatten(),
        new nn.Linear(256, 20),
        new nn.ReLU(),
        new nn.Linear(20, 10),
      );
      const optimizer = new optim.Adam(model.parameters());
      const step = (x: Tensor, y: Tensor): Tensor => {
        optimizer.zeroGrad();
        const loss = crossEntropy(model.forward(x), y);
        loss.backward();
        optimizer.step();
        return loss;
      };
      return {
        step: step as (...args: readonly unknown[]) => unknown,
        watched: () => model.parameters(),
      };
    };
    expectSameBits(make, () => [randn([3, 1, 12, 12]), randn([3, 10]).argmax(1)]);
  });

  it("tells results that are waited for from those that are not, call by call", () => {
    manualSeed(3);
    const keep = capture((x: Tensor, both: boolean) => {
      const h = x.matmul(w.mT);
      return both ? [h, h.relu()] : [h.relu()];
    });
    noGrad(() => {
      for (const both of [false, true, false, true]) {
        const got = keep(x, both);
        const h = x.matmul(w.mT);
        expect(got.at(-1)!.toArray()).toEqual(h.relu().toArray());
        if (both) expect(got[0]!.toArray()).toEqual(h.toArray());
      }
    });
  });
});
