// What random numbers look like in the mass: moments, bins, neighbours. Seeds are fixed, so that
// nothing here fails by chance. Each number by itself: random.test.ts.
import { describe, expect, it } from "vitest";
import { flatUnits, permutationCounters } from "../../src/kernels/units.js";
import { Bench } from "./harness.js";

const mean = (xs: ArrayLike<number>): number =>
  Array.prototype.reduce.call<
    ArrayLike<number>,
    [(a: number, b: number) => number, number],
    number
  >(xs, (a, b) => a + b, 0) / xs.length;

/** Sum of (observed - expected)^2 / expected. */
const chiSquare = (counts: readonly number[], expected: readonly number[]): number =>
  counts.reduce((sum, c, i) => sum + (c - expected[i]!) ** 2 / expected[i]!, 0);

/** Deviates of a chi-square statistic from what its degrees of freedom promise, in sigmas. */
const chiSigmas = (statistic: number, bins: number): number =>
  (statistic - (bins - 1)) / Math.sqrt(2 * (bins - 1));

/** Correlation of x[i] with x[i + lag], times sqrt(n): a standard normal number if there is none. */
function correlation(x: ArrayLike<number>, lag: number): number {
  const m = mean(x);
  let both = 0;
  let square = 0;
  for (let i = 0; i < x.length; i++) {
    square += (x[i]! - m) ** 2;
    if (i + lag < x.length) both += (x[i]! - m) * (x[i + lag]! - m);
  }
  return (both / square) * Math.sqrt(x.length);
}

describe("random numbers' statistics", () => {
  const N = 1 << 18;
  const bench = new Bench("release");
  const out = bench.put(new Float32Array(N));
  const draw = (name: "uniformF32" | "normalF32", a: number, b: number): Float32Array => {
    bench.run(name, flatUnits(N), out, N, 2026, 0, 0, 0, a, b);
    return out.read();
  };

  it("uniform: mean, variance, 256 bins, pairs, no correlation of neighbours", () => {
    const x = draw("uniformF32", 0, 1);
    expect(Math.abs(mean(x) - 0.5) * Math.sqrt(12 * N)).toBeLessThan(3);
    expect(Math.abs(mean(x.map((v) => (v - 0.5) ** 2)) - 1 / 12) * Math.sqrt(180 * N)).toBeLessThan(
      3,
    );
    const bins = new Array<number>(256).fill(0);
    for (const v of x) bins[Math.floor(v * 256)]!++;
    expect(
      Math.abs(
        chiSigmas(
          chiSquare(
            bins,
            bins.map(() => N / 256),
          ),
          256,
        ),
      ),
    ).toBeLessThan(3);
    const pairs = new Array<number>(1024).fill(0);
    for (let i = 0; i < N; i += 2)
      pairs[Math.floor(x[i]! * 32) * 32 + Math.floor(x[i + 1]! * 32)]!++;
    expect(
      Math.abs(
        chiSigmas(
          chiSquare(
            pairs,
            pairs.map(() => N / 2048),
          ),
          1024,
        ),
      ),
    ).toBeLessThan(3);
    // The lowest of the 24 bits is as random as the highest.
    expect(Math.abs(mean(x.map((v) => (v * 2 ** 24) % 2)) - 0.5) * 2 * Math.sqrt(N)).toBeLessThan(
      3,
    );
    for (const lag of [1, 2, 3, 4, 16, 1024]) expect(Math.abs(correlation(x, lag))).toBeLessThan(3);
  });

  it("normal: four moments, bins, tails, no correlation of neighbours, squares included", () => {
    const x = draw("normalF32", 0, 1);
    const moment = (k: number): number => mean(Float64Array.from(x, (v) => v ** k));
    // Variances of the sample moments: 1, 2, 15, 96 (those of z, z^2, z^3, z^4).
    [0, 1, 0, 3].forEach((want, i) => {
      const sigma = Math.sqrt([1, 2, 15, 96][i]! / N);
      expect(Math.abs(moment(i + 1) - want) / sigma).toBeLessThan(3);
    });
    // Probabilities of |z| in [0, 1/2), [1/2, 1), ..., [3, 7/2), and beyond 7/2.
    const edges = [0.3829249225, 0.2998105730, 0.1837119306, 0.0881126360, 0.0330807322, 0.0097205157, 0.0022345320, 0.0004652582]; // prettier-ignore
    expect(edges.reduce((a, b) => a + b)).toBeCloseTo(1 + 0.0000611, 3);
    const bins = new Array<number>(8).fill(0);
    for (const v of x) bins[Math.min(Math.floor(Math.abs(v) * 2), 7)]!++;
    expect(
      Math.abs(
        chiSigmas(
          chiSquare(
            bins,
            edges.map((p) => p * N),
          ),
          8,
        ),
      ),
    ).toBeLessThan(3);
    expect(Math.max(...x.subarray(0, 1 << 16))).toBeGreaterThan(3.5);
    const squares = x.map((v) => v * v);
    for (const lag of [1, 2, 3, 4, 16]) {
      expect(Math.abs(correlation(x, lag))).toBeLessThan(3);
      expect(Math.abs(correlation(squares, lag))).toBeLessThan(3);
    }
  });

  it("permutation: each of the 24 orders of 4 as often, and fixed points 1 on average", () => {
    const small = bench.put(new Int32Array(4));
    const counts = new Map<string, number>();
    const runs = 24_000;
    let fixed = 0;
    for (let i = 0; i < runs; i++) {
      bench.run("permutationI32", 1, small, 4, 2026, 0, i * permutationCounters(4), 0);
      const order = small.read();
      counts.set(order.join(), (counts.get(order.join()) ?? 0) + 1);
      fixed += order.filter((v, at) => v === at).length;
    }
    expect(counts.size).toBe(24);
    const expected = new Array<number>(24).fill(runs / 24);
    expect(Math.abs(chiSigmas(chiSquare([...counts.values()], expected), 24))).toBeLessThan(3);
    expect(Math.abs(fixed / runs - 1) * Math.sqrt(runs)).toBeLessThan(3);
  });

  it("different seeds and offsets give unrelated numbers", () => {
    const base = draw("uniformF32", 0, 1);
    for (const [seedLo, seedHi, offsetLo, offsetHi] of [
      [2027, 0, 0, 0],
      [2026, 1, 0, 0],
      [2026, 0, 0, 1],
    ]) {
      // prettier-ignore
      bench.run("uniformF32", flatUnits(N), out, N, seedLo!, seedHi!, offsetLo!, offsetHi!, 0, 1);
      const other = out.read();
      const both = mean(base.map((v, i) => (v - 0.5) * (other[i]! - 0.5)));
      expect(Math.abs(both * 12 * Math.sqrt(N))).toBeLessThan(3);
    }
  });
});
