// Layer and batch normalisation kernels against plain float64 loops.
import { beforeEach, describe, expect, test } from "vitest";
import { Bench, builds, type Operand } from "./harness.js";
import { floats as fixed } from "./sequences.js";

const columns = [1, 2, 3, 4, 5, 7, 8, 13, 15, 16, 17, 33, 63, 64, 65, 1023, 1024, 1025, 2500];
const EPS = 1e-5;

const floats = (n: number, seed: number): Float32Array => fixed(n, seed, 2);

const sumOf = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const meanOf = (list: readonly number[]): number => sumOf(list) / list.length;

interface Statistics {
  mean: number;
  rstd: number;
}

function statistics(x: readonly number[]): Statistics {
  const mean = meanOf(x);
  return { mean, rstd: 1 / Math.sqrt(meanOf(x.map((v) => (v - mean) ** 2)) + Math.fround(EPS)) };
}

function rowsOf(x: Float32Array, cols: number): number[][] {
  return Array.from({ length: x.length / cols }, (_, r) => [
    ...x.subarray(r * cols, (r + 1) * cols),
  ]);
}

/** |got - want| <= 2e-6 of the greatest of |want| and 1. */
function expectClose(got: ArrayLike<number>, want: readonly number[], what: string): void {
  expect(got.length, what).toBe(want.length);
  const bound = 2e-6 * want.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  want.forEach((w, i) => {
    if (!(Math.abs(got[i]! - w) <= bound)) {
      throw new Error(`${what}: [${i}] is ${got[i]}, not ${w}`);
    }
  });
}

const split: [number, number][] = [[2, 3], [0, 2]]; // prettier-ignore

describe.each(builds)("layerNorm, %s build", (build) => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench(build)));

  interface Outputs {
    out: Float32Array;
    mean: Float32Array;
    rstd: Float32Array;
  }

  /** Three rows, whole and with split units: the same bits. */
  function forward(x: Float32Array, w: Float32Array | null, b: Float32Array | null): Outputs {
    const cols = x.length / 3;
    const operand = (data: Float32Array | null): number | Operand =>
      data === null ? 0 : bench.put(data, 4);
    const inputs = [operand(x), operand(w), operand(b)];
    const results = [3, split].map((units) => {
      const out = bench.put(new Float32Array(x.length).fill(77), 4);
      const [mean, rstd] = [bench.put(new Float32Array(3)), bench.put(new Float32Array(3))];
      bench.run("layerNormF32", units, ...inputs, out, mean, rstd, cols, EPS);
      return { out: out.read(), mean: mean.read(), rstd: rstd.read() };
    });
    expect(results[1]).toEqual(results[0]);
    return results[0]!;
  }

  test("is that of float64, with and without weight and bias", () => {
    for (const cols of columns) {
      const x = floats(3 * cols, cols);
      const [weight, bias] = [floats(cols, 5), floats(cols, 6)];
      for (const [w, b] of [
        [null, null],
        [weight, null],
        [null, bias],
        [weight, bias],
      ] as const) {
        const got = forward(x, w, b);
        const stats = rowsOf(x, cols).map(statistics);
        const want = rowsOf(x, cols).flatMap((row, r) =>
          row.map((v, i) => (v - stats[r]!.mean) * stats[r]!.rstd * (w?.[i] ?? 1) + (b?.[i] ?? 0)),
        );
        expectClose(got.out, want, `${cols} columns`);
        expectClose(got.mean, stats.map((s) => s.mean), `means of ${cols}`); // prettier-ignore
        expectClose(got.rstd, stats.map((s) => s.rstd), `rstds of ${cols}`); // prettier-ignore
      }
    }
  });

  test("keeps its digits where the mean is far larger than the deviation", () => {
    const x = floats(3 * 1500, 3).map((v) => 1024 + Math.round(v * 512) / 4096);
    const stats = rowsOf(x, 1500).map(statistics);
    const want = rowsOf(x, 1500).flatMap((row, r) =>
      row.map((v) => (v - Math.fround(stats[r]!.mean)) * stats[r]!.rstd),
    );
    expectClose(forward(x, null, null).out, want, "offset 1024");
  });

  test("of equal elements is 0", () => {
    for (const cols of [1, 3, 17, 1000, 1025, 3000]) {
      const got = forward(new Float32Array(3 * cols).fill(0.1), null, null);
      expect(got.out.every((v) => v === 0), `${cols} columns`).toBe(true); // prettier-ignore
      expect([...got.rstd]).toEqual(
        new Array(3).fill(Math.fround(1 / Math.sqrt(Math.fround(EPS)))),
      );
    }
  });

  test("a NaN or an infinity makes its own row NaN", () => {
    for (const v of [NaN, Infinity, -Infinity]) {
      const x = floats(3 * 21, 8);
      x[21 + 4] = v;
      const got = forward(x, null, null).out;
      expect(got.map((u) => (Number.isNaN(u) ? 1 : 0))).toEqual(
        new Float32Array(63).fill(1, 21, 42),
      );
    }
  });

  test("the gradient is that of float64, with and without weight", () => {
    for (const cols of columns) {
      const [x, dy, weight] = [floats(3 * cols, cols), floats(3 * cols, 9), floats(cols, 5)];
      const stats = rowsOf(x, cols).map(statistics);
      const mean = bench.put(Float32Array.from(stats, (s) => s.mean));
      const rstd = bench.put(Float32Array.from(stats, (s) => s.rstd));
      const [dyAt, xAt, weightAt] = [bench.put(dy, 4), bench.put(x, 4), bench.put(weight, 4)];
      for (const w of [null, weight]) {
        const results = [3, split].map((units) => {
          const dx = bench.put(new Float32Array(x.length).fill(77), 4);
          const terms = bench.put(new Float32Array(x.length).fill(77), 8);
          const at = w === null ? 0 : weightAt;
          bench.run("layerNormGradF32", units, dyAt, xAt, at, mean, rstd, terms, dx, cols);
          const both = [dx.read(), terms.read()];
          bench.run("layerNormGradF32", units, dyAt, xAt, at, mean, rstd, 0, dx, cols);
          expect([dx.read(), terms.read()]).toEqual(both);
          return both;
        });
        expect(results[1]).toEqual(results[0]);
        const [gradient, terms] = results[0] as [Float32Array, Float32Array];
        const want = rowsOf(x, cols).flatMap((row, r) => {
          // dx = rstd (g - mean(g) - hat mean(g hat)), g = dy weight
          const g = row.map((_, i) => dy[r * cols + i]! * (w?.[i] ?? 1));
          const hat = row.map((v) => (v - stats[r]!.mean) * stats[r]!.rstd);
          const [g1, g2] = [meanOf(g), meanOf(g.map((v, i) => v * hat[i]!))];
          return row.map((_, i) => stats[r]!.rstd * (g[i]! - g1 - hat[i]! * g2));
        });
        expectClose(gradient, want, `gradient, ${cols} columns`);
        const hats = rowsOf(x, cols).flatMap((row, r) =>
          row.map((v) => (v - stats[r]!.mean) * stats[r]!.rstd),
        );
        const products = hats.map((hat, i) => hat * dy[i]!);
        expectClose(terms, products, `the weight's gradient before its sum, ${cols} columns`);
      }
    }
  });
});

describe.each(builds)("layerNorm's gradient, %s build", (build) => {
  test("keeps its digits over long rows", () => {
    const bench = new Bench(build);
    const cols = 1_000_003;
    const [x, dy] = [floats(cols, 4), floats(cols, 9).map((v) => v + 2)];
    const { mean, rstd } = statistics([...x]);
    const [at, dx] = [[dy, x].map((v) => bench.put(v, 4)), bench.put(new Float32Array(cols), 4)];
    const stats = [mean, rstd].map((v) => bench.put(Float32Array.of(v)));
    bench.run("layerNormGradF32", 1, ...at, 0, ...stats, 0, dx, cols);
    const hat = [...x].map((v) => (v - mean) * rstd);
    const [g1, g2] = [meanOf([...dy]), meanOf(hat.map((v, i) => v * dy[i]!))];
    const want = hat.map((v, i) => rstd * (dy[i]! - g1 - v * g2));
    expectClose(dx.read(), want, "gradient");
  });
});

describe.each(builds)("batchNorm, %s build", (build) => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench(build)));

  const C = 3;

  /** Each channel's elements of [N, C, inner]. */
  function channelsOf(x: Float32Array, inner: number): number[][] {
    const channels: number[][] = Array.from({ length: C }, () => []);
    x.forEach((v, i) => channels[Math.floor(i / inner) % C]!.push(v));
    return channels;
  }

  /** The way back. */
  function interleaved(channels: readonly number[][], inner: number): number[] {
    const next = channels.map(() => 0);
    return Array.from({ length: sumOf(channels.map((c) => c.length)) }, (_, i) => {
      const c = Math.floor(i / inner) % C;
      return channels[c]![next[c]!++]!;
    });
  }

  function forward(
    x: Float32Array,
    inner: number,
    w: Float32Array | null,
    b: Float32Array | null,
  ): Float32Array[] {
    const at = (data: Float32Array | null): number | Operand =>
      data === null ? 0 : bench.put(data, 4);
    const inputs = [at(x), at(w), at(b)];
    const results = [C, split].map((units) => {
      const out = bench.put(new Float32Array(x.length).fill(77), 4);
      const [mean, variance] = [bench.put(new Float32Array(C)), bench.put(new Float32Array(C))];
      const N = x.length / C / inner;
      bench.run("batchNormF32", units, ...inputs, out, mean, variance, N, C, inner, EPS, 0);
      // By the statistics that are there now: the same.
      const again = bench.put(new Float32Array(x.length).fill(77), 4);
      bench.run("batchNormF32", units, ...inputs, again, mean, variance, N, C, inner, EPS, 1);
      expect(again.read()).toEqual(out.read());
      return [out.read(), mean.read(), variance.read()];
    });
    expect(results[1]).toEqual(results[0]);
    return results[0]!;
  }

  const shapes = [
    [1, 2],
    [7, 1],
    [2, 3],
    [3, 8],
    [4, 49],
    [2, 1025],
    [1, 2501],
  ] as const;

  test.each(shapes)("[%i, 3, %i]: result, sums and gradient are float64's", (N, inner) => {
    const [x, dy] = [floats(N * C * inner, 5), floats(N * C * inner, 9)];
    const channels = channelsOf(x, inner);
    const stats = channels.map(statistics);
    const hat = channels.map((list, c) => list.map((v) => (v - stats[c]!.mean) * stats[c]!.rstd));
    const g = channelsOf(dy, inner);
    for (const [w, b] of [
      [null, null],
      [floats(C, 5), floats(C, 6)],
    ] as const) {
      const [out, mean, variance] = forward(x, inner, w, b);
      const want = hat.map((list, c) => list.map((v) => v * (w?.[c] ?? 1) + (b?.[c] ?? 0)));
      expectClose(out!, interleaved(want, inner), "result");
      expectClose(mean!, stats.map((s) => s.mean), "means"); // prettier-ignore
      expectClose(variance!, stats.map((s) => 1 / s.rstd ** 2 - Math.fround(EPS)), "variances"); // prettier-ignore

      const at = [bench.put(dy, 4), bench.put(x, 4), w === null ? 0 : bench.put(w, 4)];
      const given = [bench.put(mean!), bench.put(variance!)];
      const results = [C, split].map((units) => {
        const [dbias, dweight] = [bench.put(new Float32Array(C)), bench.put(new Float32Array(C))];
        const dx = bench.put(new Float32Array(x.length).fill(77), 4);
        const rest = [dbias, dweight, dx, N, C, inner, EPS];
        bench.run("batchNormSumsF32", units, ...at, ...given, ...rest);
        bench.run("batchNormGradF32", units, ...at, ...given, ...rest);
        return [dbias.read(), dweight.read(), dx.read()];
      });
      expect(results[1]).toEqual(results[0]);
      const dots = g.map((list, c) => sumOf(list.map((v, i) => v * hat[c]![i]!)));
      expectClose(results[0]![0]!, g.map(sumOf), "sums of dy");
      expectClose(results[0]![1]!, dots, "sums of dy xhat");
      const dx = g.map((list, c) =>
        list.map((v, i) => {
          const off = v - meanOf(list) - (hat[c]![i]! * dots[c]!) / list.length;
          return (w?.[c] ?? 1) * stats[c]!.rstd * off;
        }),
      );
      expectClose(results[0]![2]!, interleaved(dx, inner), "gradient");
    }
  });

  test("of equal elements is 0, whatever they are", () => {
    const [out] = forward(new Float32Array(2 * C * 1500).fill(0.1), 1500, null, null);
    expect(out!.every((v) => v === 0)).toBe(true);
  });

  test("keeps its digits where the mean is far larger than the deviation", () => {
    const x = floats(2 * C * 750, 3).map((v) => 1024 + Math.round(v * 512) / 4096);
    const want = channelsOf(x, 750).map((list) => {
      const { mean, rstd } = statistics(list);
      return list.map((v) => (v - Math.fround(mean)) * rstd);
    });
    expectClose(forward(x, 750, null, null)[0]!, interleaved(want, 750), "offset 1024");
  });
});
