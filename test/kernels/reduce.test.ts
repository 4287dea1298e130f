// Reductions of [outer, R, inner] over the middle against plain float64 loops: sums, counts,
// extremes, their positions, variance.
import { beforeEach, describe, expect, test } from "vitest";
import type { KernelName } from "../../src/kernels/contract.js";
import { foldUnits } from "../../src/kernels/units.js";
import { Bench, builds } from "./harness.js";
import { fractions } from "./sequences.js";

type Shape = readonly [outer: number, R: number, inner: number];
type Data = Float32Array | Int32Array | Uint8Array;

/** Rows around the vector (4), the step (16), the block (1024) and the chunk (16384). */
const rowLengths = [1, 3, 4, 5, 7, 13, 15, 16, 17, 33, 1023, 1024, 1025, 2049, 16384, 16385, 33000];
/** Column counts around the vector and the tile (512; the last one has up to 1023). */
const columnCounts = [2, 3, 4, 5, 7, 8, 13, 17, 33, 511, 512, 513, 1023, 1024, 1025];
/** Rows around a pass (4 and 8) and the float32 blocks (64 and 256). */
const columnLengths = [1, 3, 4, 7, 8, 9, 17, 63, 65, 255, 256, 257, 521];

const shapes: Shape[] = [
  ...rowLengths.map((R): Shape => [R < 100 ? 5 : 2, R, 1]),
  ...columnCounts.map((inner): Shape => [2, 19, inner]),
  ...columnLengths.flatMap((R): Shape[] => [[1, R, 3], [2, R, 6]]), // prettier-ignore
  [1, 16400, 2],
  [1, 33000, 5],
];
const emptyShapes: Shape[] = [[3, 0, 1], [2, 0, 5], [1, 0, 2], [0, 3, 1], [0, 3, 4], [2, 3, 0]]; // prettier-ignore

const size = ([outer, R, inner]: Shape): number => outer * R * inner;

function floats(n: number, seed = 1): Float32Array {
  const next = fractions(seed);
  return Float32Array.from({ length: n }, () => next() * 4 - 1.5);
}

/** Few values, so that extremes repeat. */
function integers(n: number, range: number, seed = 1): Int32Array {
  const next = fractions(seed);
  return Int32Array.from({ length: n }, () => Math.floor(next() * range) - (range >> 1));
}

/** The elements that each output is made of, in order. */
function lines(x: ArrayLike<number>, [outer, R, inner]: Shape): number[][] {
  return Array.from({ length: outer * inner }, (_, i) => {
    const from = Math.floor(i / inner) * R * inner + (i % inner);
    return Array.from({ length: R }, (_, r) => x[from + r * inner]!);
  });
}

/** The first range last, so that neither the order of units nor what a call leaves can matter. */
function split(units: number): [number, number][] {
  const cut = Math.ceil(units / 3);
  return [[cut, Math.max(cut, units - 1)], [Math.max(cut, units - 1), units], [0, cut]]; // prettier-ignore
}

/** The kernel's output, checked to be the same for a split of its units. `shift`: misalignment. */
function reduce<T extends Data>(
  bench: Bench,
  kernel: KernelName,
  x: Data,
  shape: Shape,
  Out: new (n: number) => T,
  params: number[] = [],
  shift = 0,
): T {
  const [outer, R, inner] = shape;
  const isBool = x instanceof Uint8Array;
  const units = isBool ? outer * inner : foldUnits(outer, inner);
  const from = bench.put(x, shift);
  const [blank, other] = [new Out(outer * inner), new Out(outer * inner)];
  blank.fill(77);
  other.fill(66);
  const out = bench.put(blank, shift);
  const again = bench.put(other, shift);
  bench.run(kernel, units, from, out, R, inner, ...params);
  bench.run(kernel, split(units), from, again, R, inner, ...params);
  const bytes = (data: T): Buffer => Buffer.from(data.buffer);
  expect(bytes(again.read()).equals(bytes(out.read())), `${kernel}, units split`).toBe(true);
  return out.read();
}

const sumOf = (line: readonly number[]): number => line.reduce((a, b) => a + b, 0);

/** Equal element by element, NaN to NaN, +0 to -0. */
function expectSame(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  expect(got.length, what).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    const [g, w] = [got[i]!, want[i]!];
    if (g !== w && !(g !== g && w !== w)) throw new Error(`${what}: [${i}] is ${g}, not ${w}`);
  }
}

/** Each |got - want| <= bound of its line. */
function expectWithin(
  got: Float32Array,
  want: readonly number[],
  bounds: readonly number[],
  what: string,
): void {
  want.forEach((w, i) => {
    const error = Math.abs(got[i]! - w);
    if (!(error <= bounds[i]!)) {
      throw new Error(`${what}: [${i}] is ${got[i]}, not ${w}: off by ${error} > ${bounds[i]}`);
    }
  });
}

describe.each(builds)("sums, %s build", (build) => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench(build)));

  test("are those of float64 within 3 ulp of the sum of |x|", () => {
    for (const shape of shapes) {
      const x = floats(size(shape));
      const rows = lines(x, shape);
      const got = reduce(bench, "sumF32", x, shape, Float32Array, [1], 4);
      const bounds = rows.map((line) => 3 * 2 ** -24 * sumOf(line.map(Math.abs)));
      expectWithin(got, rows.map(sumOf), bounds, `sum ${shape.join()}`);
    }
  });

  test("of integers below 2^24 are exact, so none is lost or taken twice", () => {
    for (const shape of shapes) {
      const ints = integers(size(shape), 64);
      const want = lines(ints, shape).map(sumOf);
      const x = Float32Array.from(ints);
      expectSame(reduce(bench, "sumF32", x, shape, Float32Array, [1]), want, shape.join());
      expectSame(reduce(bench, "sumI32", ints, shape, Int32Array, [], 4), want, shape.join());
    }
  });

  test("of a million equal terms keep their digits", () => {
    for (const shape of [
      [1, 1 << 20, 1],
      [1, 1 << 18, 4],
      [1, 1 << 19, 2],
    ] as const) {
      const x = new Float32Array(size(shape)).fill(0.1);
      const want = Math.fround(shape[1] * Math.fround(0.1));
      const got = reduce(bench, "sumF32", x, shape, Float32Array, [1]);
      got.forEach((v) => expect(Math.abs(v - want) / want).toBeLessThan(2 ** -20));
    }
  });

  test("divide for the mean, once, behind the sum", () => {
    for (const shape of [
      [3, 3, 1],
      [2, 3, 5],
    ] as const) {
      const got = reduce(bench, "sumF32", new Float32Array(size(shape)).fill(1.1), shape, Float32Array, [3]); // prettier-ignore
      expect([...new Set(got)]).toEqual([Math.fround(1.1)]);
    }
  });

  test("of nothing are 0, their means NaN, and no outputs are no work", () => {
    for (const shape of emptyShapes) {
      const n = shape[0] * shape[2];
      const none = new Float32Array(size(shape));
      expect(reduce(bench, "sumF32", none, shape, Float32Array, [1])).toEqual(new Float32Array(n));
      expect(reduce(bench, "sumF32", none, shape, Float32Array, [0])).toEqual(
        new Float32Array(n).fill(NaN),
      );
      expect(reduce(bench, "sumI32", new Int32Array(0), shape, Int32Array)).toEqual(
        new Int32Array(n),
      );
    }
  });

  test("pass infinities and NaN on", () => {
    for (const inner of [1, 2, 6]) {
      for (const [a, b, want] of [
        [Infinity, 1, Infinity],
        [-Infinity, 1, -Infinity],
        [Infinity, -Infinity, NaN],
        [NaN, 1, NaN],
      ] as const) {
        const x = floats(37 * inner);
        x[3 * inner + 1 - (inner === 1 ? 1 : 0)] = a;
        x[36 * inner + 1 - (inner === 1 ? 1 : 0)] = b;
        const got = reduce(bench, "sumF32", x, [1, 37, inner], Float32Array, [1]);
        expect(got[inner === 1 ? 0 : 1]).toBe(want);
        if (inner > 1) expect(Number.isFinite(got[0])).toBe(true);
      }
    }
  });

  test("of int32 wrap", () => {
    const x = Int32Array.of(2 ** 31 - 1, 5, 2 ** 31 - 1, -7, 2 ** 31 - 1);
    const want = x.reduce((a, b) => (a + b) | 0);
    expect([...reduce(bench, "sumI32", x, [1, 5, 1], Int32Array)]).toEqual([want]);
  });
});

describe.each(builds)("counts of booleans, %s build", (build) => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench(build)));

  test("sumBool, anyBool and allBool", () => {
    for (const shape of [...shapes.filter((s) => size(s) < 40000), ...emptyShapes]) {
      const next = fractions(7);
      for (const share of [0, 0.5, 1]) {
        const x = Uint8Array.from({ length: size(shape) }, () => (next() < share ? 1 : 0));
        const counts = lines(x, shape).map(sumOf);
        const what = `${shape.join()}, a share of ${share}`;
        const any = counts.map((n) => (n > 0 ? 1 : 0));
        const all = counts.map((n) => (n === shape[1] ? 1 : 0));
        expectSame(reduce(bench, "sumBool", x, shape, Int32Array, [], 1), counts, what);
        expectSame(reduce(bench, "anyBool", x, shape, Uint8Array, [], 1), any, what);
        expectSame(reduce(bench, "allBool", x, shape, Uint8Array, [], 1), all, what);
      }
    }
  });

  test("one odd element anywhere is seen", () => {
    for (let i = 0; i < 67; i++) {
      const odd = new Uint8Array(67);
      odd[i] = 1;
      expect(reduce(bench, "anyBool", odd, [1, 67, 1], Uint8Array)[0]).toBe(1);
      const rest = odd.map((v) => 1 - v);
      expect(reduce(bench, "allBool", rest, [1, 67, 1], Uint8Array)[0]).toBe(0);
    }
  });
});

/** The position that PyTorch gives: the first NaN, else the first of the best. */
function best(line: readonly number[], sign: 1 | -1): number {
  const nan = line.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  return line.reduce((at, v, i) => (sign * v > sign * line[at]! ? i : at), 0);
}

const extremes = [
  ["max", 1],
  ["min", -1],
] as const;

describe.each(builds)("extremes, %s build", (build) => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench(build)));

  const check = (x: Float32Array | Int32Array, shape: Shape, shift = 0): void => {
    const type = x instanceof Float32Array ? "F32" : "I32";
    const Type = (x instanceof Float32Array ? Float32Array : Int32Array) as new (
      n: number,
    ) => Float32Array | Int32Array;
    const rows = lines(x, shape);
    for (const [word, sign] of extremes) {
      const at = rows.map((line) => best(line, sign));
      const positions = reduce(bench, `arg${word}${type}`, x, shape, Int32Array, [], shift);
      expectSame(positions, at, `arg${word}${type} ${shape.join()}`);
      const values = reduce(bench, `a${word}${type}`, x, shape, Type, [], shift);
      // Which zero an extreme of both zeros is, is left open.
      expectSame(values, at.map((r, i) => rows[i]![r]!), `a${word}${type} ${shape.join()}`); // prettier-ignore
    }
  };

  test("and their positions, with and without repetitions", () => {
    for (const shape of shapes) {
      check(floats(size(shape)), shape, 4);
      check(Float32Array.from(integers(size(shape), 5)), shape);
      check(integers(size(shape), 2 ** 32), shape, 4);
      check(integers(size(shape), 3), shape);
    }
  });

  test("NaN of either sign wins at every place, the first one its position", () => {
    for (const inner of [1, 2, 5, 9]) {
      for (const R of [1, 4, 21, 27]) {
        for (let i = 0; i < R; i++) {
          const x = floats(R * inner);
          const bits = new Uint32Array(x.buffer);
          bits[i * inner + (inner - 1)] = i % 2 === 0 ? 0x7fc00000 : 0xffc00001;
          if (i + 3 < R) bits[(i + 3) * inner + (inner - 1)] = 0x7fc00000;
          check(x, [1, R, inner]);
        }
        bench = new Bench(build); // drops the guards, which every run checks
      }
    }
  });

  test("a NaN in one of many blocks wins", () => {
    for (const [R, inner] of [
      [3000, 1],
      [700, 5],
      [700, 2],
    ] as const) {
      for (const r of [1, 100, 600, R - 2]) {
        const x = floats(R * inner);
        x[r * inner + inner - 1] = NaN;
        check(x, [1, R, inner]);
      }
    }
  });

  test("infinities of both signs are no NaN", () => {
    for (const inner of [1, 3, 6]) {
      const x = floats(29 * inner);
      for (let i = 0; i < inner; i++) {
        x[(3 + i) * inner + i] = Infinity;
        x[(20 - i) * inner + i] = -Infinity;
        x[25 * inner + i] = Infinity;
      }
      check(x, [1, 29, inner]);
    }
  });

  test("of nothing but the least or the greatest value", () => {
    for (const inner of [1, 2, 5]) {
      for (const R of [1, 3, 4, 18]) {
        for (const v of [Infinity, -Infinity, 0]) {
          check(new Float32Array(R * inner).fill(v), [1, R, inner]);
        }
        for (const v of [2 ** 31 - 1, -(2 ** 31)]) {
          check(new Int32Array(R * inner).fill(v), [1, R, inner]);
        }
      }
    }
  });

  test("+0 and -0 are equal: the first wins", () => {
    for (const inner of [1, 2, 5]) {
      const x = Float32Array.from({ length: 12 * inner }, (_, i) => (i % 2 === 0 ? -0 : 0));
      check(x, [1, 12, inner]);
    }
  });
});

describe.each(builds)("varF32, %s build", (build) => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench(build)));

  const variances = (x: Float32Array, shape: Shape, correction: number): number[] =>
    lines(x, shape).map((line) => {
      const mean = sumOf(line) / line.length;
      return sumOf(line.map((v) => (v - mean) ** 2)) / Math.max(0, line.length - correction);
    });

  const check = (x: Float32Array, shape: Shape, correction: number): void => {
    const want = variances(x, shape, correction);
    const got = reduce(bench, "varF32", x, shape, Float32Array, [correction], 4);
    expectWithin(got, want, want.map((v) => 3e-7 * v), `var ${shape.join()}`); // prettier-ignore
  };

  test("is that of float64", () => {
    for (const shape of shapes.filter(([, R]) => R > 1)) {
      check(floats(size(shape)), shape, 1);
      check(floats(size(shape)), shape, 0);
    }
  });

  test("keeps its digits where the mean is far larger than the deviation", () => {
    for (const shape of [
      [2, 3000, 1],
      [1, 17, 1],
      [1, 700, 5],
      [1, 300, 3],
    ] as const) {
      // Steps of 1/64 around 2^17: what float32 can still hold there.
      const x = Float32Array.from(integers(size(shape), 200), (v) => 2 ** 17 + v / 64);
      check(x, shape, 1);
    }
  });

  test("keeps them where the level changes from block to block", () => {
    for (const inner of [1, 2, 5]) {
      const x = floats(4000 * inner).map((v, i) => v + 1000 * Math.floor(i / (512 * inner)));
      check(x, [1, 4000, inner], 1);
    }
  });

  test("without freedom is NaN, and of nothing too", () => {
    for (const inner of [1, 2, 6]) {
      const one = reduce(bench, "varF32", floats(inner), [1, 1, inner], Float32Array, [1]);
      const none = reduce(bench, "varF32", floats(0), [1, 0, inner], Float32Array, [1]);
      expect([...one, ...none].every(Number.isNaN)).toBe(true);
    }
  });

  test("of equal elements is exactly 0", () => {
    for (const [R, inner] of [
      [997, 1],
      [3000, 1],
      [997, 2],
      [200, 6],
    ] as const) {
      for (const v of [0.1, 1.1, 0.7, 1e-3, 12345.678]) {
        const x = new Float32Array(R * inner).fill(v);
        const got = reduce(bench, "varF32", x, [1, R, inner], Float32Array, [1]);
        expectSame(got, new Float32Array(inner), `${R} x ${inner} of ${v}`);
      }
    }
  });

  test("of NaN or an infinity is NaN, in its own column only", () => {
    for (const v of [NaN, Infinity]) {
      const x = floats(20 * 6);
      x[7 * 6 + 5] = v;
      const got = reduce(bench, "varF32", x, [1, 20, 6], Float32Array, [1]);
      expect(Array.from(got, Number.isNaN)).toEqual([false, false, false, false, false, true]);
      const row = reduce(bench, "varF32", x, [1, 120, 1], Float32Array, [1]);
      expect(row[0]).toBeNaN();
    }
  });
});
