// Bounds that ops are given: clamp's may be absent, those of random numbers must fit float32.
import { describe, expect, it } from "vitest";
import {
  bernoulli,
  clamp,
  dropout,
  normal,
  nn,
  randint,
  tensor,
  uniform,
  ValueError,
  zeros,
} from "../../src/index.js";

describe("clamp", () => {
  const x = tensor([-2, 0.5, 2]);

  it("takes null and undefined as no bound", () => {
    expect(clamp(x, null, 1).toArray()).toEqual([-2, 0.5, 1]);
    expect(x.clamp(undefined, 1).toArray()).toEqual([-2, 0.5, 1]);
    expect(x.clamp(1, null).toArray()).toEqual([1, 1, 2]);
    expect(x.clamp(null, null).toArray()).toEqual([-2, 0.5, 2]);
    expect(x.int().clamp(null, 1).toArray()).toEqual([-2, 0, 1]);
    expect(x.int().clamp(null, 1).dtype).toBe("int32");
  });

  it("passes gradients on the side without a bound", () => {
    const p = tensor([-2, 0.5, 2], { requiresGrad: true });
    clamp(p, null, 1).sum().backward();
    expect(p.grad!.toArray()).toEqual([1, 1, 0]);
  });

  it("gives NaN for a bound that is none", () => {
    for (const y of [clamp(x, NaN), clamp(x, null, NaN)]) {
      expect([...y.toTypedArray()].every(Number.isNaN)).toBe(true);
    }
  });
});

describe("uniform", () => {
  it.each([
    ["a range beyond float32", -3e38, 3e38],
    ["a bound beyond float32", 0, 1e39],
    ["two of them", 1e39, 2e39],
    ["the range of float64", -1e308, 1e308],
    ["NaN", NaN, 1],
    ["infinity", 0, Infinity],
    ["bounds the wrong way round", 1, 0],
  ])("refuses %s", (_, low, high) => {
    expect(() => uniform([4], low, high)).toThrow(ValueError);
    expect(() => nn.init.uniform_(zeros([4]), low, high)).toThrow(ValueError);
  });

  it("takes the widest range that float32 holds", () => {
    const max = 3.4028234663852886e38;
    const values = uniform([1000], 0, max).toTypedArray();
    expect(values.every((v) => v >= 0 && v < max)).toBe(true);
    expect(uniform([2], 3, 3).toArray()).toEqual([3, 3]);
  });

  it("never gives its upper bound, however narrow the range", () => {
    const high = 1 + 2 ** -23;
    expect(
      uniform([1000], 1, high)
        .toTypedArray()
        .every((v) => v === 1),
    ).toBe(true);
  });
});

describe("normal", () => {
  it.each([
    ["a mean beyond float32", 1e39, 1],
    ["a deviation beyond float32", 0, 1e39],
    ["a negative deviation", 0, -1],
    ["NaN", NaN, 1],
  ])("refuses %s", (_, mean, std) => {
    expect(() => normal(mean, std, [4])).toThrow(ValueError);
  });
});

describe("probabilities", () => {
  it.each([-0.1, 1.1, NaN])("must lie in [0, 1]: %d does not", (p) => {
    expect(() => bernoulli([2], p)).toThrow(ValueError);
    expect(() => dropout(zeros([2]), p)).toThrow(ValueError);
  });
});

describe("randint", () => {
  it("reaches over nearly all of int32", () => {
    const values = [...randint(-(2 ** 31), 2 ** 31 - 1, [4000]).toTypedArray()];
    expect(Math.min(...values)).toBeLessThan(-0.99 * 2 ** 31);
    expect(Math.max(...values)).toBeGreaterThan(0.99 * 2 ** 31);
  });

  it.each([
    [0, 0],
    [3, 1],
    [0.5, 2],
    [0, 2 ** 31 + 1],
    [-(2 ** 31), 2 ** 31],
    [NaN, 2],
  ])("refuses [%d, %d)", (low, high) => {
    expect(() => randint(low, high, [1])).toThrow(ValueError);
  });
});
