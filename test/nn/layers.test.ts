// Layers as a user meets them: constructors and their errors, defaults, initial values, dropout and
// running statistics. Their numbers are held against PyTorch in test/reference.
import { describe, expect, it } from "vitest";
import {
  avgPool2d,
  batchNorm,
  conv2d,
  DTypeError,
  IndexError,
  manualSeed,
  maxPool2d,
  nn,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";

const bound = (x: Tensor): number => x.detach().abs().amax().item();

const stack = (n: number): nn.Module =>
  new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 3 }), n);

describe("constructors", () => {
  const layers: Record<string, () => nn.Module> = {
    Linear: () => new nn.Linear(2, 3),
    Conv2d: () => new nn.Conv2d(2, 4, 3, { groups: 2 }),
    Embedding: () => new nn.Embedding(5, 2, { paddingIdx: -1 }),
    BatchNorm2d: () => new nn.BatchNorm2d(3),
    LayerNorm: () => new nn.LayerNorm([2, 3]),
    Sequential: () => new nn.Sequential(new nn.Linear(1, 1), new nn.Dropout()),
  };
  it.each(Object.entries(layers))("%s makes its parameters and nothing else", (_, make) => {
    const before = handleCount();
    const layer = make();
    expect(handleCount() - before).toBe(Object.keys(layer.stateDict()).length);
  });

  const refused: [string, () => unknown, string][] = [
    ["Linear of half a feature", () => new nn.Linear(1.5, 2), "[Linear] inFeatures"],
    ["Linear of NaN features", () => new nn.Linear(2, NaN), "[Linear] outFeatures"],
    ["Conv2d of -1 channels", () => new nn.Conv2d(-1, 2, 3), "[Conv2d] inChannels"],
    ["Conv2d of 0 groups", () => new nn.Conv2d(2, 2, 3, { groups: 0 }), "[Conv2d] groups"],
    ["Conv2d whose groups divide one side", () => new nn.Conv2d(2, 3, 3, { groups: 2 }), "groups"],
    ["Conv2d of a kernel of 0", () => new nn.Conv2d(1, 1, 0), "[Conv2d] kernel"],
    ["Conv2d of three sizes", () => new nn.Conv2d(1, 1, [3, 3, 3] as never), "[Conv2d] kernel"],
    ["Dropout above 1", () => new nn.Dropout(1.1), "[Dropout] p"],
    ["Dropout of NaN", () => new nn.Dropout(NaN), "[Dropout] p"],
    ["Embedding of -1 rows", () => new nn.Embedding(-1, 2), "[Embedding] numEmbeddings"],
    [
      "BatchNorm2d of -1 channels",
      () => new nn.BatchNorm2d(-1),
      "[BatchNorm2d] numFeatures must be",
    ],
    ["LayerNorm over half a size", () => new nn.LayerNorm(2.5), "sizes must be"],
    ["GroupNorm of 0 groups", () => new nn.GroupNorm(0, 4), "[GroupNorm] numGroups"],
    ["GroupNorm of -4 channels", () => new nn.GroupNorm(2, -4), "[GroupNorm] numChannels"],
    ["half a head", () => new nn.MultiheadAttention(4, 0.5), "[MultiheadAttention] numHeads"],
    ["-2 heads", () => new nn.MultiheadAttention(4, -2), "[MultiheadAttention] numHeads"],
    ["NaN heads", () => new nn.MultiheadAttention(4, NaN), "[MultiheadAttention] numHeads"],
    ["3 heads of 4", () => new nn.MultiheadAttention(4, 3), "numHeads must divide embedDim: got 3"],
    ["half a kdim", () => new nn.MultiheadAttention(4, 2, { kdim: 0.5 }), "kdim"],
    ["attention's dropout", () => new nn.MultiheadAttention(4, 2, { dropout: 2 }), "dropout"],
    ["a Transformer's", () => new nn.TransformerEncoderLayer(4, 2, { dropout: NaN }), "dropout"],
    [
      "a stack of -1 layers",
      () => stack(-1),
      "[Transformer] numLayers must be an integer in [0, 4096]",
    ],
    ["a stack of 1.5 layers", () => stack(1.5), "[Transformer] numLayers"],
    ["a stack of NaN layers", () => stack(NaN), "[Transformer] numLayers"],
    ["an LSTM of 1.5 layers", () => new nn.LSTM(2, 3, { numLayers: 1.5 }), "[LSTM] numLayers"],
    ["an LSTM's dropout", () => new nn.LSTM(2, 3, { dropout: -0.1 }), "[LSTM] dropout"],
    ["a cache of NaN", () => new nn.KVCache(NaN), "[KVCache] capacity"],
    [
      "an odd dModel",
      () => new nn.SinusoidalPositionalEncoding(5),
      "2 must divide dModel: got 2, 5",
    ],
    ["sines' dropout", () => new nn.SinusoidalPositionalEncoding(4, { dropout: 2 }), "dropout"],
  ];
  it.each(refused)("refuse %s", (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });

  it("refuse a padding row that the table does not have", () => {
    expect(() => new nn.Embedding(3, 2, { paddingIdx: 3 })).toThrow(IndexError);
    expect(() => new nn.Embedding(3, 2, { paddingIdx: -4 })).toThrow(IndexError);
    const weight = ones([3, 2]);
    expect(() => new nn.Embedding(3, 2, { paddingIdx: 3, weight })).toThrow(
      /\[Embedding\] paddingIdx must lie in \[-3, 2\]: got 3/,
    );
  });

  it("have PyTorch's defaults", () => {
    const { eps, momentum, weight, bias, runningMean, runningVar } = new nn.BatchNorm2d(2);
    expect([eps, momentum]).toEqual([1e-5, 0.1]);
    expect([weight, bias, runningMean, runningVar].map((x) => x!.toArray())).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
    const norm = new nn.LayerNorm(2);
    expect([norm.eps, norm.weight!.toArray(), norm.bias!.toArray()]).toEqual([
      1e-5,
      [1, 1],
      [0, 0],
    ]);
    expect([new nn.Dropout().p, new nn.LeakyReLU().negativeSlope, new nn.ELU().alpha]).toEqual([
      0.5, 0.01, 1,
    ]);
    expect(new nn.Flatten().forward(zeros([2, 3, 4])).shape).toEqual([2, 12]);
    expect(new nn.MaxPool2d(2).forward(zeros([1, 1, 5, 4])).shape).toEqual([1, 1, 2, 2]);
    expect(new nn.AvgPool2d([1, 2]).forward(zeros([1, 1, 3, 4])).shape).toEqual([1, 1, 3, 2]);
    expect(new nn.Conv2d(1, 2, [3, 2]).forward(zeros([1, 1, 5, 5])).shape).toEqual([1, 2, 3, 4]);
  });

  it("leave out what is not wanted", () => {
    const keys = (m: nn.Module): string => Object.keys(m.stateDict()).join(" ");
    expect(keys(new nn.Linear(1, 1, { bias: false }))).toBe("weight");
    expect(keys(new nn.Conv2d(1, 1, 1, { bias: false }))).toBe("weight");
    expect(keys(new nn.LayerNorm(1, { bias: false }))).toBe("weight");
    expect(keys(new nn.LayerNorm(1, { elementwiseAffine: false }))).toBe("");
    expect(keys(new nn.BatchNorm1d(1, { affine: false }))).toBe(
      "running_mean running_var num_batches_tracked",
    );
    expect(keys(new nn.BatchNorm1d(1, { trackRunningStats: false }))).toBe("weight bias");
  });
});

describe("initial values", () => {
  it.each<[string, number, () => nn.Linear | nn.Conv2d]>([
    ["Linear", 50, () => new nn.Linear(50, 200)],
    ["Conv2d", 4 * 9, () => new nn.Conv2d(8, 200, 3, { groups: 2 })],
  ])("%s: weight and bias fill (-1 / sqrt(fanIn), 1 / sqrt(fanIn))", (_, fanIn, make) => {
    const limit = Math.fround(1 / Math.sqrt(fanIn));
    const { weight, bias } = make();
    for (const x of [weight, bias!]) {
      expect(bound(x)).toBeLessThanOrEqual(limit * (1 + 2 ** -22));
      expect(bound(x)).toBeGreaterThan(0.95 * limit);
      // A uniform number within +-b has variance b^2 / 3; of n of them, the mean's is that over n.
      const sigmas = (x.detach().mean().item() / limit) * Math.sqrt(3 * x.numel());
      expect(Math.abs(sigmas)).toBeLessThan(4);
    }
  });

  it("Embedding: standard normal, the padding row 0", () => {
    const { weight } = new nn.Embedding(101, 50, { paddingIdx: 100 });
    const rows = weight.detach().narrow(0, 0, 100);
    expect(Math.abs(rows.mean().item())).toBeLessThan(4 / Math.sqrt(5000));
    expect(Math.abs(rows.std().item() - 1)).toBeLessThan(4 / Math.sqrt(2 * 5000));
    expect(bound(weight.detach().select(0, 100))).toBe(0);
  });

  it("depend on the seed alone", () => {
    const values = (seed: number): unknown => {
      manualSeed(seed);
      return new nn.Linear(3, 3).weight.toArray();
    };
    expect(values(5)).toEqual(values(5));
    expect(values(5)).not.toEqual(values(6));
  });

  it.each<[string, number, (x: Tensor) => Tensor]>([
    ["kaimingUniform_", Math.sqrt(6 / 300), (x) => nn.init.kaimingUniform_(x)],
    ["kaimingUniform_ of slope 2", Math.sqrt(6 / 5 / 300), (x) => nn.init.kaimingUniform_(x, 2)],
    ["xavierUniform_", Math.sqrt(6 / 500), (x) => nn.init.xavierUniform_(x)],
    ["xavierUniform_ of gain 3", 3 * Math.sqrt(6 / 500), (x) => nn.init.xavierUniform_(x, 3)],
    ["uniform_", 1, (x) => nn.init.uniform_(x)],
  ])("init.%s stays within %d", (_, limit, init) => {
    const x = zeros([200, 300]);
    expect(init(x)).toBe(x);
    expect(bound(x)).toBeLessThanOrEqual(limit * (1 + 2 ** -22));
    expect(bound(x)).toBeGreaterThan(0.99 * limit);
  });

  it.each<[string, number, (x: Tensor) => Tensor]>([
    ["kaimingNormal_", Math.sqrt(2 / 300), (x) => nn.init.kaimingNormal_(x)],
    ["xavierNormal_", Math.sqrt(2 / 500), (x) => nn.init.xavierNormal_(x)],
    ["normal_", 1, (x) => nn.init.normal_(x)],
  ])("init.%s has standard deviation %d", (_, std, init) => {
    const spread =
      init(zeros([200, 300]))
        .std()
        .item() / std;
    expect(Math.abs(spread - 1)).toBeLessThan(4 / Math.sqrt(2 * 60000));
  });

  it("init changes parameters without recording it, and refuses vectors where fans are needed", () => {
    const p = new nn.Parameter(zeros([2, 2]));
    nn.init.constant_(p, 3);
    expect(p.isLeaf).toBe(true);
    expect(p.toArray()).toEqual([
      [3, 3],
      [3, 3],
    ]);
    expect(bound(nn.init.zeros_(p))).toBe(0);
    expect(bound(nn.init.ones_(p))).toBe(1);
    expect(() => nn.init.kaimingUniform_(zeros([3]))).toThrow(ValueError);
    expect(() => nn.init.xavierNormal_(zeros([3]))).toThrow(ValueError);
  });

  it.each(Object.keys(nn.init).filter((name) => /(?:iform|mal)_$/.test(name)))(
    "init.%s draws into float32 alone",
    (name) => {
      for (const dtype of ["int32", "bool"] as const) {
        for (const shape of [
          [2, 2],
          [0, 2],
        ]) {
          const x = zeros(shape, { dtype });
          const init = nn.init[name as "normal_"];
          expect(() => init(x)).toThrow(DTypeError);
          expect(() => init(x)).toThrow(`[init] x must be float32: got ${dtype}`);
        }
      }
      expect(nn.init.constant_(zeros([1], { dtype: "int32" }), 3).item()).toBe(3);
    },
  );

  it("of layers without inputs or outputs are empty", () => {
    expect(new nn.Linear(0, 3).forward(zeros([2, 0])).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(new nn.Linear(3, 0).forward(zeros([2, 3])).shape).toEqual([2, 0]);
    expect(nn.init.kaimingNormal_(zeros([3, 0])).shape).toEqual([3, 0]);
    expect(nn.init.xavierUniform_(zeros([0, 0])).shape).toEqual([0, 0]);
    expect(new nn.Embedding(0, 3).weight.shape).toEqual([0, 3]);
  });
});

describe("Dropout", () => {
  it("in training zeroes about p of the elements and scales the rest, in evaluation none", () => {
    const layer = new nn.Dropout(0.25);
    const x = ones([10_000]);
    const y = layer.forward(x).toTypedArray();
    const dropped = y.filter((v) => v === 0).length;
    expect(y.every((v) => v === 0 || v === Math.fround(1 / 0.75))).toBe(true);
    expect(Math.abs(dropped - 2500)).toBeLessThan(4 * Math.sqrt(10_000 * 0.25 * 0.75));
    expect(layer.eval().forward(x)).toBe(x);
  });

  it("repeats with the seed, differs from call to call, and passes gradients where it kept", () => {
    const layer = new nn.Dropout();
    const x = ones([64], { requiresGrad: true });
    const draw = (): unknown => layer.forward(x).toArray();
    manualSeed(3);
    const [first, second] = [draw(), draw()];
    manualSeed(3);
    const y = layer.forward(x);
    expect(y.toArray()).toEqual(first);
    expect(second).not.toEqual(first);
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual(first);
  });

  it("takes p = 0 and p = 1", () => {
    const x = tensor([1, Infinity, NaN]);
    expect(new nn.Dropout(0).forward(x)).toBe(x);
    expect(new nn.Dropout(1).forward(x).toArray()).toEqual([0, 0, 0]);
  });
});

describe("BatchNorm", () => {
  const batches = [
    [[1], [3]],
    [[5], [9]],
    [[0], [30]],
  ];

  it("moves its statistics by momentum, counts batches, and uses them in evaluation", () => {
    const norm = new nn.BatchNorm1d(1, { momentum: 0.5 });
    batches.forEach((batch) => norm.forward(tensor(batch)));
    // Means 2, 7, 15 and variances (over n - 1) 2, 8, 450.
    expect(norm.runningMean!.item()).toBe(((0 / 2 + 1) / 2 + 3.5) / 2 + 7.5);
    expect(norm.runningVar!.item()).toBe(((1 / 2 + 1) / 2 + 4) / 2 + 225);
    expect(norm.numBatchesTracked!.item()).toBe(3);
    norm.eval();
    const before = norm.stateDict()["running_mean"]!.item();
    expect(norm.forward(tensor([[before]])).item()).toBe(0);
    expect(norm.runningMean!.item()).toBe(before);
    expect(norm.numBatchesTracked!.item()).toBe(3);
  });

  it("with momentum null averages over all batches", () => {
    const norm = new nn.BatchNorm1d(1, { momentum: null });
    batches.forEach((batch) => norm.forward(tensor(batch)));
    expect(norm.runningMean!.item()).toBeCloseTo((2 + 7 + 15) / 3, 5);
    expect(norm.runningVar!.item()).toBeCloseTo((2 + 8 + 450) / 3, 4);
  });

  it("without running statistics always uses the batch's", () => {
    const norm = new nn.BatchNorm1d(1, { trackRunningStats: false }).eval();
    expect(
      norm
        .forward(tensor([[1], [3]]))
        .mean()
        .item(),
    ).toBeCloseTo(0, 6);
  });

  it("records nothing for its statistics, and back-propagates twice through one module", () => {
    const norm = new nn.BatchNorm2d(2);
    const x = randn([3, 2, 2, 2], { requiresGrad: true });
    norm.forward(norm.forward(x)).square().sum().backward();
    expect(norm.runningMean!.requiresGrad).toBe(false);
    expect(norm.runningMean!.isLeaf).toBe(true);
    expect(x.grad).not.toBeNull();
    expect(norm.weight!.grad).not.toBeNull();
  });

  it("refuses other ranks, other channels and a single value", () => {
    expect(() => new nn.BatchNorm1d(2).forward(zeros([2, 2, 2, 2]))).toThrow(ShapeError);
    expect(() => new nn.BatchNorm2d(2).forward(zeros([2, 2]))).toThrow(ShapeError);
    expect(() => new nn.BatchNorm2d(2).forward(zeros([2, 3, 2, 2]))).toThrow(ShapeError);
    expect(() => new nn.BatchNorm1d(2).forward(zeros([1, 2]))).toThrow(ValueError);
    expect(
      new nn.BatchNorm1d(2)
        .eval()
        .forward(zeros([1, 2]))
        .toArray(),
    ).toEqual([[0, 0]]);
  });

  it("as a function takes a momentum that is a number", () => {
    const mean = zeros([1]);
    batchNorm(tensor([[1], [3]]), mean, null, null, null, { training: true, momentum: 1 });
    expect(mean.item()).toBe(2);
    const options = { training: true, momentum: null as unknown as number };
    expect(() => batchNorm(tensor([[1], [3]]), mean, null, null, null, options)).toThrow(
      ValueError,
    );
  });
});

describe("Embedding", () => {
  it("gives the padding row no gradient", () => {
    const table = new nn.Embedding(4, 2, { paddingIdx: -3 });
    expect(table.paddingIdx).toBe(-3);
    const ids = tensor([0, 1, 1, 3], { dtype: "int32" });
    table.forward(ids).sum().backward();
    expect(table.weight.grad!.toArray()).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(() => table.forward(tensor([4], { dtype: "int32" }))).toThrow(IndexError);
  });
});

describe("images that windows can't slide over", () => {
  const weight = ones([2, 1, 1, 1]);

  it.each([[[1, 1, 0, 3]], [[1, 1, 3, 0]]])("conv2d and pools refuse %j", (shape) => {
    const x = zeros(shape);
    expect(() => conv2d(x, weight, null, { padding: 1 })).toThrow(ShapeError);
    expect(() => maxPool2d(x, 2, { padding: 1 })).toThrow(ShapeError);
    expect(() => avgPool2d(x, 2, { padding: 1 })).toThrow(ShapeError);
  });

  it("refuse zero channels and kernels without elements", () => {
    expect(() => conv2d(zeros([1, 0, 3, 3]), zeros([2, 0, 1, 1]))).toThrow(ShapeError);
    expect(() => new nn.Conv2d(0, 2, 1).forward(zeros([1, 0, 3, 3]))).toThrow(ShapeError);
    expect(() => conv2d(zeros([1, 1, 3, 3]), zeros([2, 1, 0, 1]))).toThrow(ShapeError);
    expect(() => maxPool2d(zeros([1, 0, 3, 3]), 2)).toThrow(ShapeError);
  });

  it("take no images at all, and padding wider than the kernel", () => {
    expect(conv2d(zeros([0, 1, 3, 3]), weight).shape).toEqual([0, 2, 3, 3]);
    expect(maxPool2d(zeros([0, 1, 3, 3]), 3).shape).toEqual([0, 1, 1, 1]);
    const y = conv2d(ones([1, 1, 1, 1]), ones([1, 1, 1, 1]), ones([1]), { padding: [0, 2] });
    expect(y.toArray()).toEqual([[[[1, 1, 2, 1, 1]]]]);
  });

  it("refuse strides, paddings and dilations that make no sense", () => {
    const x = zeros([1, 1, 3, 3]);
    expect(() => conv2d(x, weight, null, { stride: 0 })).toThrow(ValueError);
    expect(() => conv2d(x, weight, null, { padding: -1 })).toThrow(ValueError);
    expect(() => conv2d(x, weight, null, { dilation: [1, 0.5] })).toThrow(ValueError);
    expect(() => new nn.Conv2d(1, 1, 5).forward(x)).toThrow(ShapeError);
    expect(() => new nn.MaxPool2d(2, { padding: 2 }).forward(x)).toThrow(ValueError);
  });
});

it("distances have PyTorch's arguments", () => {
  const [a, b] = [tensor([[1, 2], [3, 4]]), tensor([[1, 0], [3, 1]])]; // prettier-ignore
  const far = new nn.PairwiseDistance(1, 0, { keepdim: true });
  expect(far.forward(a, b).toArray()).toEqual([[2], [3]]);
  expect(String(far)).toBe("PairwiseDistance(p=1, eps=0, keepdim=true)");
  const small = new nn.CosineSimilarity(0, 64).forward(a, a);
  expect(small.toArray()).toEqual([10 / 4096, 20 / 4096]);
});
