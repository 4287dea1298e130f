// Kernels of masks, of joined indices and of what is scattered in other ways than added, against
// plain loops.
import { describe, expect, it } from "vitest";
import { gatherUnits, maskUnits, scatterUnits, flatUnits } from "../../src/kernels/units.js";
import { Bench, builds } from "./harness.js";
import { integers } from "./sequences.js";

/** All units at once, and one by one from the last to the first. */
const ways = (units: number): (number | [number, number][])[] => [
  units,
  Array.from({ length: units }, (_, i): [number, number] => [units - 1 - i, units - i]),
];

describe.each(builds)("masks, %s build", (build) => {
  it.each([0, 1, 7, 8, 9, 33, 4095, 4096, 4097, 12301])("%i elements", (n) => {
    for (const chance of [0, 1, 5, 300]) {
      const mask = Uint8Array.from(integers(n, Math.max(chance, 1), 3), (i) =>
        Number(chance > 0 && i === 0),
      );
      const want = [...mask.keys()].filter((i) => mask[i] === 1);
      for (const units of ways(maskUnits(n))) {
        const bench = new Bench(build);
        const x = bench.put(mask, 3);
        const counts = bench.put(new Int32Array(maskUnits(n)));
        bench.run("countTrueBool", units, x, counts, 0, n);
        expect(counts.read().reduce((a, b) => a + b, 0)).toBe(want.length);
        const out = bench.put(new Int32Array(want.length));
        bench.run("trueIndexBool", units, x, counts, out, n);
        expect([...out.read()]).toEqual(want);
      }
    }
  });

  it("unravels positions", () => {
    const sizes = [3, 7, 5];
    const flat = integers(2053, 105, 1);
    const want = [...flat].flatMap((p) => [Math.floor(p / 35), Math.floor(p / 5) % 7, p % 5]);
    for (const units of ways(flatUnits(flat.length))) {
      const bench = new Bench(build);
      const out = bench.put(new Int32Array(3 * flat.length));
      bench.run("unravelI32", units, bench.put(flat), out, flat.length, 3, ...sizes);
      expect([...out.read()]).toEqual(want);
    }
  });

  it("finds members", () => {
    const x = Float32Array.from(integers(2053, 9, 1), (i) => [NaN, -0, 1e30][i] ?? i);
    const y = Float32Array.of(-3, 0, 5, 5, 7, NaN);
    const [xi, yi] = [integers(2053, 9, 1), Int32Array.of(-3, 0, 5, 7, 7)];
    for (const units of ways(flatUnits(x.length))) {
      const bench = new Bench(build);
      const out = bench.put(new Uint8Array(x.length));
      bench.run("isinF32", units, bench.put(x), bench.put(y), out, x.length, y.length);
      expect([...out.read()]).toEqual([...x].map((v) => Number(y.some((w) => w === v))));
      bench.run("isinI32", units, bench.put(xi), bench.put(yi), out, xi.length, yi.length);
      expect([...out.read()]).toEqual([...xi].map((v) => Number(yi.includes(v))));
    }
  });
});

describe.each(builds)("joinIndexI32, %s build", (build) => {
  it("wraps negative indices, steps them, and adds them up", () => {
    const [rows, cols, n] = [3, 1030, 7];
    const index = integers(cols, 2 * n, 5).map((i) => i - n);
    const before = integers(rows, 100, 6);
    const want = [...before].flatMap((b) => [...index].map((i) => b + (i < 0 ? i + n : i) * 20));
    for (const units of ways(gatherUnits(rows, cols))) {
      const bench = new Bench(build);
      const out = bench.put(new Int32Array(rows * cols));
      const status = bench.put(Int32Array.of(-1));
      const [X, I] = [bench.put(before), bench.put(index)];
      bench.run("joinIndexI32", units, X, I, out, rows, cols, 0, 1, status, n, 20, 1, rows, 1, 0);
      expect([...out.read()]).toEqual(want);
      expect(status.read()[0]).toBe(-1);
    }
  });

  it("tells of the first bad one", () => {
    for (const bad of [3, -4, 2 ** 31 - 1, -(2 ** 31)]) {
      const bench = new Bench(build);
      const status = bench.put(Int32Array.of(-1));
      const out = bench.put(new Int32Array(4));
      const index = bench.put(Int32Array.of(2, -3, bad, bad));
      const zero = bench.put(Int32Array.of(0));
      bench.run("joinIndexI32", 1, zero, index, out, 1, 4, 0, 1, status, 3, 1, 0);
      expect([...out.read(), status.read()[0]]).toEqual([2, 0, 0, 0, 2]);
    }
  });
});

const f = Math.fround;
/** By scatter32's mode, and from 9 on by scatter8's. */
const combine: ((old: number, x: number) => number)[] = [
  (_, x) => x,
  (old, x) => f(old + x),
  (old, x) => f(old * x),
  Math.max,
  Math.min,
  (old, x) => (old + x) | 0,
  Math.imul,
  Math.max,
  Math.min,
  // scatter8's: "or" and "and" of bools are the larger and the smaller byte.
  (_, x) => x,
  Math.max,
  Math.min,
  Math.max,
  Math.min,
];

describe.each(builds)("scatter32's modes and scatter8, %s build", (build) => {
  // [k, cols] into [n, cols] along dim 0, and its transpose along dim 1.
  it.each([...combine.keys()])("mode %i", (mode) => {
    const [n, k, cols] = [5, 23, 131];
    const index = integers(k * cols, n, 7);
    const values = (size: number, seed: number): Int32Array =>
      integers(size, 2 ** 20, seed).map((i) => i - 2 ** 19);
    const type = mode >= 9 ? Uint8Array : mode >= 5 ? Int32Array : Float32Array;
    const scaled = (size: number, seed: number): number[] =>
      Array.from(values(size, seed), (v) => (mode >= 5 ? v : v / 77777));
    const before = type.from(scaled(n * cols, 1));
    const src = type.from(scaled(k * cols, 2).map((v, i) => (i % 97 === 5 ? NaN : v)));
    for (const turned of [false, true]) {
      const at = (row: number, c: number, rows: number): number =>
        turned ? c * rows + row : row * cols + c;
      const want = type.from(before);
      for (let i = 0; i < k; i++) {
        for (let c = 0; c < cols; c++) {
          const from = at(i, c, k);
          const to = at(index[from]!, c, n);
          want[to] = combine[mode]!(want[to]!, src[from]!);
        }
      }
      const [so, si] = turned ? [n, k] : [1, 1];
      const stride = turned ? 1 : cols;
      for (const units of ways(scatterUnits(1, cols))) {
        const bench = new Bench(build);
        const out = bench.put(type.from(before));
        const status = bench.put(Int32Array.of(-1));
        const [I, S] = [bench.put(index), bench.put(src)];
        const sizes = [1, cols, so, si, si] as const;
        const dim = [status, n, stride, k, stride, stride] as const;
        bench.run(
          mode >= 9 ? "scatter8" : "scatter32",
          units,
          out,
          I,
          S,
          ...sizes,
          ...dim,
          mode % 9,
          0,
        );
        expect(out.read()).toEqual(want);
        expect(status.read()[0]).toBe(-1);
      }
    }
  });
});

describe.each(builds)("bagsI32, %s build", (build) => {
  it("writes each bag's number", () => {
    const offsets = Int32Array.of(0, 2, 2, 5);
    for (const units of ways(4)) {
      const bench = new Bench(build);
      const out = bench.put(new Int32Array(7));
      const status = bench.put(Int32Array.of(-1));
      bench.run("bagsI32", units, bench.put(offsets), out, status, 4, 7);
      expect([...out.read(), status.read()[0]]).toEqual([0, 0, 2, 2, 2, 3, 3, -1]);
    }
  });

  it.each([
    [[1, 2], 0],
    [[0, 8], 0],
    [[0, 3, 2], 1],
    [[0, 2, -1], 1],
  ] as const)("refuses %j", (offsets, bad) => {
    const bench = new Bench(build);
    const status = bench.put(Int32Array.of(-1));
    const out = bench.put(new Int32Array(7));
    const given = bench.put(Int32Array.from(offsets));
    // In ascending order: of several bad bags, the one looked at last is named.
    bench.run("bagsI32", [[0, offsets.length]], given, out, status, offsets.length, 7);
    expect(status.read()[0]).toBe(bad);
  });
});
