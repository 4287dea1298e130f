// nn.init where PyTorch's values are not ours: moments of what is drawn, and the structure that it has.
import { describe, expect, it } from "vitest";
import {
  DTypeError,
  eye,
  manualSeed,
  memory,
  nn,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../src/index.js";

const { init } = nn;
const sum = (values: readonly number[]): number => values.reduce((s, v) => s + v, 0);
const valuesOf = (x: Tensor): number[] => Array.from(x.toTypedArray());

describe("orthogonal_", () => {
  it.each([
    [[5, 3], 1],
    [[3, 5], 1],
    [[4, 4], 0.5],
    [[4, 2, 3], 2],
    [[12, 2, 2], 1],
    [[1, 1], 1],
  ])("%j times %d: rows or columns are orthonormal but for the gain", (shape, gain) => {
    manualSeed(3);
    const x = zeros(shape);
    expect(init.orthogonal_(x, gain)).toBe(x);
    const rows = shape[0]!;
    const matrix = x.reshape([rows, -1]);
    const n = Math.min(...matrix.shape);
    const products = rows <= matrix.shape[1]! ? matrix.matmul(matrix.T) : matrix.T.matmul(matrix);
    const rest = products.div(gain * gain).sub(eye(n));
    expect(rest.abs().max().item()).toBeLessThan(1e-6);
  });

  it("is uniform: signs are as often + as -, elements have variance 1 / n", () => {
    manualSeed(11);
    const draws = Array.from({ length: 200 }, () => valuesOf(init.orthogonal_(zeros([3, 3]))));
    // The decomposition by itself would have one sign always in the first column.
    const positive = draws.filter((values) => values[0]! > 0).length;
    expect(Math.abs(positive - 100)).toBeLessThan(4 * Math.sqrt(50));
    const squares = draws.map((values) => values[4]! ** 2);
    expect(Math.abs(sum(squares) / 200 - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / 200));
  });

  it("depends on the seed alone", () => {
    const draw = (seed: number): number[] => {
      manualSeed(seed);
      return valuesOf(init.orthogonal_(zeros([4, 3])));
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });
});

/** Mean and variance of a truncated normal distribution, by the midpoint rule. */
function truncated(mean: number, std: number, a: number, b: number): [number, number] {
  const n = 20000;
  const at = Array.from({ length: n }, (_, i) => a + ((b - a) * (i + 0.5)) / n);
  const weights = at.map((x) => Math.exp(-(((x - mean) / std) ** 2) / 2));
  const total = sum(weights);
  const center = sum(at.map((x, i) => x * weights[i]!)) / total;
  return [center, sum(at.map((x, i) => (x - center) ** 2 * weights[i]!)) / total];
}

describe("truncNormal_", () => {
  it.each([
    [0, 1, -2, 2],
    [0, 0.02, -0.02, 0.04],
    [1, 2, 0, 1],
    [-3, 1, -2, 2],
  ])("of mean %d and deviation %d lies in [%d, %d], with its moments", (mean, std, a, b) => {
    manualSeed(9);
    const x = zeros([200, 200]);
    expect(init.truncNormal_(x, mean, std, a, b)).toBe(x);
    const values = valuesOf(x);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.fround(a));
    expect(Math.max(...values)).toBeLessThanOrEqual(Math.fround(b));
    const [center, variance] = truncated(mean, std, a, b);
    const n = values.length;
    const found = sum(values) / n;
    expect(Math.abs(found - center)).toBeLessThan(5 * Math.sqrt(variance / n));
    const spread = sum(values.map((v) => (v - found) ** 2)) / n;
    expect(Math.abs(spread / variance - 1)).toBeLessThan(5 * Math.sqrt(8 / n));
  });

  it("has two standard deviations by default, and refuses what is no distribution", () => {
    const values = valuesOf(init.truncNormal_(zeros([5000])));
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(2);
    expect(Math.max(...values)).toBeGreaterThan(1.95);
    const x = tensor([1, 2]);
    const bad = [
      [0, 0, -1, 1],
      [0, -1, -1, 1],
      [0, 1, 2, 1],
      [NaN, 1, -1, 1],
      [0, NaN, -1, 1],
      [0, 1, NaN, 1],
    ] as const;
    for (const args of bad) expect(() => init.truncNormal_(x, ...args)).toThrow(ValueError);
    expect(x.toArray()).toEqual([1, 2]);
  });
});

describe("sparse_", () => {
  it.each([0, 0.1, 0.25, 0.9, 1])("of sparsity %d zeroes so much of each column", (sparsity) => {
    manualSeed(4);
    const x = zeros([30, 200]);
    expect(init.sparse_(x, sparsity, 0.5)).toBe(x);
    const columns = x.T.toArray() as number[][];
    const count = Math.ceil(sparsity * 30);
    expect(columns.map((c) => c.filter((v) => v === 0).length)).toEqual(columns.map(() => count));
    const rest = columns.flat().filter((v) => v !== 0);
    const spread = Math.sqrt(sum(rest.map((v) => v * v)) / rest.length);
    if (rest.length > 0)
      expect(Math.abs(spread / 0.5 - 1)).toBeLessThan(5 / Math.sqrt(rest.length));
    // Each row is as likely as another: of 200 columns its share, but for chance.
    const zeroed = Array.from({ length: 30 }, (_, i) => columns.filter((c) => c[i] === 0).length);
    const share = count / 30;
    const deviation = Math.sqrt(200 * share * (1 - share));
    for (const n of zeroed) expect(Math.abs(n - 200 * share)).toBeLessThanOrEqual(5 * deviation);
  });
});

it.each<[string, RegExp, () => unknown]>([
  ["orthogonal_ of a vector", /number of dims must be/, () => init.orthogonal_(zeros([3]))],
  ["eye_ of three dims", /number of dims must be/, () => init.eye_(zeros([2, 2, 2]))],
  ["sparse_ of a vector", /number of dims must be/, () => init.sparse_(zeros([2]), 0.5)],
  ["sparse_ of more than all", /sparsity must/, () => init.sparse_(zeros([2, 2]), 1.5)],
  ["dirac_ of a matrix", /number of dims must be/, () => init.dirac_(zeros([2, 2]))],
  ["dirac_ of 6 dims", /number of dims must be/, () => init.dirac_(zeros([1, 1, 1, 1, 1, 1]))],
  ["dirac_ of no groups", /groups must be/, () => init.dirac_(zeros([2, 2, 1]), 0)],
  ["dirac_ of groups that divide not", /out \/ groups/, () => init.dirac_(zeros([3, 2, 1]), 2)],
  ["fans of a vector", /number of dims must be/, () => init.fans([3])],
  ["a gain of nothing known", /nonlinearity must be/, () => init.calculateGain("elu" as never)],
  [
    "a mode that is none",
    /mode must be fanIn or fanOut: got "fan_out"/,
    () => init.kaimingNormal_(zeros([2, 2]), 0, { mode: "fan_out" as never }),
  ],
])("refuses %s", (_, message, call) => {
  expect(call).toThrow(ValueError);
  expect(call).toThrow(message);
});

it("draws into float32 alone, and writes constants into every dtype", () => {
  for (const dtype of ["int32", "bool"] as const) {
    expect(() => init.orthogonal_(zeros([2, 2], { dtype }))).toThrow(DTypeError);
    expect(() => init.sparse_(zeros([2, 2], { dtype }), 0.5)).toThrow(DTypeError);
    expect(
      init
        .eye_(zeros([2, 2], { dtype }))
        .sum()
        .item(),
    ).toBe(2);
    expect(
      init
        .dirac_(zeros([2, 2, 3], { dtype }))
        .sum()
        .item(),
    ).toBe(2);
  }
});

it("leaves parameters leaves, nothing for empty ones, and no handles behind", () => {
  const p = new nn.Parameter(zeros([4, 3]));
  const kernel = new nn.Parameter(zeros([4, 2, 3]));
  const none = zeros([0, 3]);
  const run = (): void => {
    init.orthogonal_(p);
    init.truncNormal_(p);
    init.sparse_(p, 0.5);
    init.eye_(p);
    init.dirac_(kernel, 2);
    for (const fn of [init.orthogonal_, init.truncNormal_, init.eye_]) fn(none);
  };
  run();
  const before = memory().handles;
  run();
  expect(memory().handles).toBe(before);
  expect([p.isLeaf, p.requiresGrad, kernel.isLeaf]).toEqual([true, true, true]);
  expect(init.dirac_(zeros([2, 1, 0])).shape).toEqual([2, 1, 0]);
});
