// The kernels of lists by counts and of categories by weights: against plain loops, in both builds, and
// what the categories look like in the mass.
import { describe, expect, it } from "vitest";
import { Bench, builds, type Build } from "./harness.js";
import { fractions } from "./sequences.js";

const SHAPES = [0, 1, 2, 3, 5, 7, 13, 17, 33, 257];

/** n repeatable numbers in [0, 1). */
const numbers = (n: number, seed: number): number[] => Array.from({ length: n }, fractions(seed));

describe.each(builds)("repeatI32, %s build", (build) => {
  it.each(SHAPES)("%d counts", (n) => {
    const counts = Int32Array.from(numbers(n, n + 1), (v) => Math.floor(v * 5));
    const index = [...counts].flatMap((c, i) => new Array<number>(c).fill(i));
    const within = [...counts].flatMap((c) => Array.from({ length: c }, (_, k) => k));
    const bench = new Bench(build);
    const out = bench.put(new Int32Array(2 * index.length));
    bench.run("repeatI32", 1, bench.put(counts), out, n, index.length);
    expect([...out.read()]).toEqual([...index, ...within]);
  });

  it("writes no more than there is room for", () => {
    const bench = new Bench(build);
    const out = bench.put(new Int32Array(6));
    bench.run("repeatI32", 1, bench.put(Int32Array.of(2, 2 ** 30, 9)), out, 3, 3);
    expect([...out.read()]).toEqual([0, 0, 1, 0, 1, 0]);
  });
});

interface Draws {
  readonly drawn: Int32Array;
  readonly status: number;
}

function multinomial(
  build: Build,
  weights: readonly (readonly number[])[],
  k: number,
  replacement: boolean,
  seed = 2026,
  offset = 0,
): Draws {
  const [rows, C] = [weights.length, weights[0]!.length];
  const bench = new Bench(build);
  const w = bench.put(Float32Array.from(weights.flat()));
  const tree = bench.put(new Float32Array(4 * C));
  const out = bench.put(new Int32Array(rows * k).fill(-1));
  const status = bench.put(Int32Array.of(-1));
  // prettier-ignore
  bench.run("multinomialI32", 1, w, tree, out, status, rows, C, k, Number(replacement), seed, 0, offset, 0);
  return { drawn: out.read(), status: status.read()[0]! };
}

/** The words of a stream as 53-bit fractions, two words each: integers of the whole range of 32 bits. */
function uniforms(build: Build, n: number): number[] {
  const bench = new Bench(build);
  const words = bench.put(new Int32Array(2 * n));
  // low 0, range 2^32 - 1: floor(word (2^32 - 1) / 2^32), which is the word less 1 but for 0.
  const units = Math.ceil((2 * n) / 1024);
  bench.run("randintI32", units, words, 2 * n, 2026, 0, 0, 0, 0, -1);
  const word = [...words.read()].map((v) => (v >>> 0) + 1);
  return Array.from({ length: n }, (_, i) => word[2 * i]! / 2 ** 32 + word[2 * i + 1]! / 2 ** 64);
}

/** The category at u in [0, 1) of the tree's order, which for powers of two is that of the weights. */
function naive(weights: number[], u: number): number {
  const total = weights.reduce((a, b) => a + b, 0);
  let at = u * total;
  return weights.findIndex((w) => (at -= w) < 0);
}

describe.each(builds)("multinomialI32, %s build", (build) => {
  it.each([1, 2, 4, 8, 64])("%d categories: the prefix sum that the number falls into", (C) => {
    const rows = 3;
    const k = 700; // more than a batch of words
    const weights = Array.from({ length: rows }, (_, r) => numbers(C, r + 5).map(Math.fround));
    const { drawn, status } = multinomial(build, weights, k, true);
    const u = uniforms(build, rows * k);
    const wanted = u.map((v, i) => naive(weights[Math.floor(i / k)]!, v));
    expect(status).toBe(-1);
    expect([...drawn]).toEqual(wanted);
  });

  it.each([1, 2, 3, 5, 7, 13, 17, 33, 257])("%d categories, all of them, each once", (C) => {
    const weights = [numbers(C, 3).map((v) => v + 0.01), numbers(C, 4).map((v) => v * 1e30 + 1)];
    const { drawn, status } = multinomial(build, weights, C, false);
    const all = Array.from({ length: C }, (_, i) => i);
    expect(status).toBe(-1);
    for (const row of [0, 1]) {
      const own = [...drawn.slice(row * C, (row + 1) * C)];
      expect(own.sort((a, b) => a - b)).toEqual(all);
    }
  });

  it("never draws a weight of 0, however small the others", () => {
    const weights = [[0, 1e-45, 0, 0, 3e38, 0, 1e-45, 0, 0]];
    const { drawn, status } = multinomial(build, weights, 3, false);
    expect(status).toBe(-1);
    expect(drawn[0]).toBe(4);
    expect([...drawn].sort((a, b) => a - b)).toEqual([1, 4, 6]);
  });

  it.each([
    ["a negative weight", [1, -1, 1], 1, 0],
    ["NaN", [1, NaN, 1], 1, 0],
    ["infinity", [Infinity, 1, 1], 1, 0],
    ["no positive weight", [0, 0, 0], 1, 1],
    ["too few positive weights", [0, 1, 0], 2, 1],
  ])("tells of %s", (_, weights, k, wanted) => {
    expect(multinomial(build, [[1, 1, 1], weights], k, false).status).toBe(wanted);
  });
});

describe("multinomialI32 in the mass", () => {
  const N = 60_000;
  const weights = [3, 0, 1, 5, 0.5, 2, 0.25];
  const total = weights.reduce((a, b) => a + b, 0);
  /** How far counts are from expectation: chi-square, in sigmas. */
  const sigmas = (counts: number[], expected: number[]): number => {
    const bins = expected.map((e, i) => [e, counts[i]!] as const).filter(([e]) => e > 0);
    const chi = bins.reduce((sum, [e, c]) => sum + (c - e) ** 2 / e, 0);
    return Math.abs(chi - (bins.length - 1)) / Math.sqrt(2 * (bins.length - 1));
  };
  const count = (values: Iterable<number>, n: number): number[] => {
    const counts = new Array<number>(n).fill(0);
    for (const v of values) counts[v]!++;
    return counts;
  };

  it("with replacement: in proportion to the weights", () => {
    const { drawn } = multinomial("release", [weights], N, true);
    const expected = weights.map((w) => (w / total) * N);
    const counts = count(drawn, 7);
    expect(counts[1]).toBe(0);
    expect(sigmas(counts, expected)).toBeLessThan(3);
  });

  it("without: pairs as drawn one after the other", () => {
    const rows = new Array<number[]>(N).fill(weights);
    const { drawn } = multinomial("release", rows, 2, false);
    const pairs = Array.from({ length: N }, (_, i) => drawn[2 * i]! * 7 + drawn[2 * i + 1]!);
    const expected = weights.flatMap((a, i) =>
      weights.map((b, j) => (i === j ? 0 : (N * a * b) / total / (total - a))),
    );
    const counts = count(pairs, 49);
    expect(counts.every((c, i) => expected[i]! > 0 || c === 0)).toBe(true);
    expect(sigmas(counts, expected)).toBeLessThan(3);
  });
});
