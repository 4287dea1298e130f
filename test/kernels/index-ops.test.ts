// Gathering and scatter-adding kernels against plain loops over every index.
import { describe, expect, it } from "vitest";
import { gatherUnits, scatterUnits } from "../../src/kernels/units.js";
import { Bench, builds, type Operand } from "./harness.js";
import { integers } from "./sequences.js";

const f = Math.fround;

const floats = (n: number, seed: number): Float32Array =>
  Float32Array.from(integers(n, 2 ** 24, seed), (x) => f((x - 2 ** 23) / 77777));

const product = (xs: readonly number[]): number => xs.reduce((a, b) => a * b, 1);

function contiguous(shape: readonly number[]): number[] {
  return shape.map((_, i) => product(shape.slice(i + 1)));
}

/** Every index of a shape, in row-major order. */
function* indices(shape: readonly number[]): Generator<number[]> {
  for (let flat = 0; flat < product(shape); flat++) {
    let rest = flat;
    yield contiguous(shape).map((stride) => {
      const i = Math.floor(rest / stride);
      rest -= i * stride;
      return i;
    });
  }
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** `place` with `i` along `dim`. */
const along = (place: readonly number[], dim: number, i: number): number[] =>
  place.map((p, d) => (d === dim ? i : p));

const newStatus = (bench: Bench): Operand<Int32Array> => bench.put(Int32Array.of(-1));

/** Every other range first, so that order and split both differ from the whole. */
function splits(units: number): [number, number][] {
  const cuts = [0, 1, 3, 4, 9, 20, 33, 64, 100].filter((c) => c < units).concat(units);
  const ranges = cuts.slice(1).map((end, i): [number, number] => [cuts[i]!, end]);
  return ranges.filter((_, i) => i % 2 === 1).concat(ranges.filter((_, i) => i % 2 === 0));
}

describe.each(builds)("indexSelect, %s build", (build) => {
  const inners = [0, 1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 33, 255, 256, 257, 1023, 1024, 1025];
  const shapes = inners.flatMap((inner) => [[1, 5, 7, inner], [3, 4, 2, inner]]); // prettier-ignore

  it.each(shapes)("outer %i, n %i, k %i, inner %i", (outer, n, k, inner) => {
    const index = integers(k, n, 5);
    const units = outer * k;
    const bench = new Bench(build);
    for (const type of [Float32Array, Uint8Array]) {
      const x = type.from(floats(outer * n * inner, 3));
      const want = new type(outer * k * inner).map((_, at) => {
        const o = Math.floor(at / (k * inner));
        const i = Math.floor(at / inner) % k;
        return x[(o * n + index[i]!) * inner + (at % inner)]!;
      });
      for (const ranges of [units, splits(units)]) {
        const out = bench.put(new type(want.length).fill(99), type === Uint8Array ? 3 : 4);
        const status = newStatus(bench);
        const X = bench.put(x, type === Uint8Array ? 1 : 4);
        const name = type === Uint8Array ? "indexSelect8" : "indexSelect32";
        bench.run(name, ranges, X, bench.put(index), out, status, n, k, inner);
        expect(out.read()).toEqual(want);
        expect(status.read()[0]).toBe(-1);
      }
    }
  });

  it("gives zeros for a bad index, tells the first one's position, and reads nothing", () => {
    for (const bad of [-1, 5, -(2 ** 31), 2 ** 31 - 1]) {
      const bench = new Bench(build);
      const index = Int32Array.of(4, bad, 0, bad, 2);
      const out = bench.put(new Float32Array(2 * 5 * 3).fill(99));
      const status = newStatus(bench);
      const x = Float32Array.from({ length: 2 * 5 * 3 }, (_, i) => i + 1);
      const ranges: [number, number][] = [[3, 10], [0, 3]]; // prettier-ignore
      bench.run("indexSelect32", ranges, bench.put(x), bench.put(index), out, status, 5, 5, 3);
      expect(status.read()[0]).toBe(1);
      const row = (o: number, i: number): number[] => {
        const j = index[i]!;
        return j === bad ? [0, 0, 0] : [...x.subarray((o * 5 + j) * 3, (o * 5 + j) * 3 + 3)];
      };
      const want = [0, 1].flatMap((o) => [0, 1, 2, 3, 4].flatMap((i) => row(o, i)));
      expect([...out.read()]).toEqual(want);
    }
  });

  it("takes no units and empty operands", () => {
    const bench = new Bench(build);
    const out = bench.put(new Float32Array(0));
    const index = bench.put(new Int32Array(0));
    bench.run("indexSelect32", 0, out, index, out, newStatus(bench), 3, 0, 4);
    const status = newStatus(bench);
    const zeros = bench.put(Float32Array.of(1, 2));
    // Nothing to select from: every index is bad.
    bench.run("indexSelect32", 1, out, bench.put(Int32Array.of(0)), zeros, status, 0, 1, 2);
    expect([...zeros.read(), status.read()[0]]).toEqual([0, 0, 0]);
  });

  it("keeps NaNs' bits, infinities and -0", () => {
    const bench = new Bench(build);
    const bits = Int32Array.of(0x7fc00001, -0x400001, 0x7f800000, -0x80000000, 1);
    const out = bench.put(new Int32Array(5));
    const index = bench.put(Int32Array.of(0, 1, 2, 3, 4));
    bench.run("indexSelect32", 5, bench.put(bits), index, out, newStatus(bench), 5, 5, 1);
    expect(out.read()).toEqual(bits);
  });
});

describe.each(builds)("indexAddF32, %s build", (build) => {
  const inners = [0, 1, 3, 4, 5, 7, 17, 63, 64, 65, 128, 131];
  const shapes = inners.flatMap((inner) => [[1, 5, 23, inner], [3, 2, 9, inner]]); // prettier-ignore

  it.each(shapes)("outer %i, n %i, k %i, inner %i", (outer, n, k, inner) => {
    const index = integers(k, n, 5);
    const before = floats(outer * n * inner, 1);
    const src = floats(outer * k * inner, 2);
    const units = scatterUnits(outer, inner);
    const bench = new Bench(build);
    for (const skip of [-1, 1]) {
      const want = Float32Array.from(before);
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < k; i++) {
          if (index[i] === skip) continue;
          for (let c = 0; c < inner; c++) {
            const at = (o * n + index[i]!) * inner + c;
            want[at] = want[at]! + src[(o * k + i) * inner + c]!;
          }
        }
      }
      for (const ranges of [units, splits(units)]) {
        const out = bench.put(Float32Array.from(before), 4);
        const status = newStatus(bench);
        const S = bench.put(src, 8);
        bench.run("indexAddF32", ranges, out, bench.put(index), S, status, n, k, inner, skip);
        expect(out.read()).toEqual(want);
        expect(status.read()[0]).toBe(-1);
      }
    }
  });

  it("passes over bad indices and tells the first one's position", () => {
    for (const bad of [-1, 3, -(2 ** 31)]) {
      const bench = new Bench(build);
      const out = bench.put(Float32Array.of(1, 2, 3));
      const index = bench.put(Int32Array.of(0, 2, bad, bad));
      const src = bench.put(Float32Array.of(10, 20, 30, 40));
      const status = newStatus(bench);
      bench.run("indexAddF32", 1, out, index, src, status, 3, 4, 1, -1);
      expect([...out.read(), status.read()[0]]).toEqual([11, 2, 23, 2]);
    }
  });
});

interface Strided {
  shape: readonly number[];
  strides: readonly number[];
}

/** A gather call whose rows and columns are simply the index's leading dims and its last one. */
function gather(
  bench: Bench,
  name: "gather32" | "gather8",
  x: Operand & Strided,
  index: Operand & Strided,
  out: Operand,
  dim: number,
  ranges?: [number, number][],
): number {
  const shape = index.shape.length ? index.shape : [1];
  const cols = shape.at(-1)!;
  const outer = shape.slice(0, -1);
  const xStrides = shape.map((_, d) => (d === dim ? 0 : (x.strides[d] ?? 0)));
  const status = newStatus(bench);
  const units = ranges ?? gatherUnits(product(outer), cols);
  const dims = outer.flatMap((size, d) => [size, xStrides[d]!, index.strides[d]!]);
  bench.run(
    name,
    units,
    x,
    index,
    out,
    product(outer),
    cols,
    xStrides.at(-1)!,
    index.strides.at(-1) ?? 0,
    status,
    x.shape[dim]!,
    x.strides[dim]!,
    outer.length,
    ...dims,
  );
  return status.read()[0]!;
}

function put<T extends Float32Array | Int32Array | Uint8Array>(
  bench: Bench,
  data: T,
  shape: readonly number[],
  strides = contiguous(shape),
): Operand<T> & Strided {
  return { ...bench.put(data), shape, strides };
}

const gatherCases: { x: number[]; index: number[]; dim: number }[] = [
  { x: [5], index: [7], dim: 0 },
  { x: [5], index: [0], dim: 0 },
  { x: [1], index: [1], dim: 0 },
  { x: [4, 6], index: [9, 6], dim: 0 },
  { x: [4, 6], index: [3, 5], dim: 0 },
  { x: [4, 6], index: [4, 1], dim: 1 },
  { x: [4, 6], index: [2, 17], dim: 1 },
  { x: [3, 4, 5], index: [2, 7, 3], dim: 1 },
  { x: [3, 4, 5], index: [3, 4, 33], dim: 2 },
  { x: [3, 4, 5], index: [0, 4, 5], dim: 1 },
  { x: [2, 1100], index: [5, 1030], dim: 0 },
  { x: [1100, 2], index: [1025, 2], dim: 0 },
  { x: [2, 3, 1, 2, 2, 1, 3, 2], index: [2, 2, 1, 2, 2, 1, 5, 2], dim: 6 },
];

/** Contiguous, and with the dims laid out backwards, two elements apart. */
const layouts = (shape: readonly number[]): number[][] => [
  contiguous(shape),
  contiguous([...shape].reverse())
    .reverse()
    .map((s) => 2 * s),
];

describe.each(builds)("gather, %s build", (build) => {
  it.each(gatherCases)("%j", ({ x: shape, index: indexShape, dim }) => {
    const index = integers(product(indexShape), shape[dim]!, 7);
    const bench = new Bench(build);
    for (const strides of layouts(shape)) {
      for (const type of [Float32Array, Uint8Array]) {
        const x = type.from(floats(2 * product(shape), 3));
        const want = new type(index.length);
        let at = 0;
        for (const place of indices(indexShape)) {
          want[at] = x[dot(strides, along(place, dim, index[at]!))]!;
          at++;
        }
        const units = gatherUnits(product(indexShape.slice(0, -1)), indexShape.at(-1)!);
        for (const ranges of [undefined, splits(units)]) {
          const out = bench.put(new type(want.length).fill(99));
          const name = type === Uint8Array ? "gather8" : "gather32";
          const X = put(bench, x, shape, strides);
          const I = put(bench, index, indexShape);
          expect(gather(bench, name, X, I, out, dim, ranges)).toBe(-1);
          expect(out.read()).toEqual(want);
        }
      }
    }
  });

  it("reads an expanded index", () => {
    const bench = new Bench(build);
    const x = put(
      bench,
      Float32Array.from({ length: 12 }, (_, i) => i),
      [4, 3],
    );
    const index = put(bench, Int32Array.of(3, 0), [2, 3], [1, 0]);
    const out = bench.put(new Float32Array(6));
    expect(gather(bench, "gather32", x, index, out, 0)).toBe(-1);
    expect([...out.read()]).toEqual([9, 10, 11, 0, 1, 2]);
  });

  it("gives 0 for a bad index and tells the smallest offset of one", () => {
    for (const bad of [-1, 4, -(2 ** 31), 2 ** 31 - 1]) {
      const bench = new Bench(build);
      const x = put(
        bench,
        Float32Array.from({ length: 12 }, (_, i) => i + 1),
        [4, 3],
      );
      const index = put(bench, Int32Array.of(0, 1, bad, 3, bad, 0), [2, 3]);
      const out = bench.put(new Float32Array(6).fill(99));
      expect(gather(bench, "gather32", x, index, out, 0, [[1, 2], [0, 1]])).toBe(2); // prettier-ignore
      expect([...out.read()]).toEqual([1, 5, 0, 10, 0, 3]);
    }
  });
});

interface ScatterCase {
  out: number[];
  index: number[];
  dim: number;
}

const scatterCases: ScatterCase[] = [
  ...gatherCases.map(({ x, index, dim }) => ({ out: x, index, dim })),
  { out: [3, 200], index: [40, 131], dim: 0 },
  { out: [70, 3], index: [67, 40], dim: 1 },
  { out: [65, 2], index: [64, 9], dim: 1 },
];

/** scatter32's mode. */
const ADD_F32 = 1;

function scatterAdd(
  bench: Bench,
  c: ScatterCase,
  before: Float32Array,
  index: Int32Array,
  src: Float32Array,
  outStrides: readonly number[],
  split: boolean,
): { out: Float32Array; status: number } {
  const indexStrides = contiguous(c.index);
  const others = c.index.map((_, d) => d).filter((d) => d !== c.dim);
  const col = others.at(-1);
  const outer = others.slice(0, -1);
  const rows = product(outer.map((d) => c.index[d]!));
  const cols = col === undefined ? 1 : c.index[col]!;
  const units = scatterUnits(rows, cols);
  const out = bench.put(Float32Array.from(before));
  const status = newStatus(bench);
  const stride = (strides: readonly number[]): number => (col === undefined ? 0 : strides[col]!);
  bench.run(
    "scatter32",
    split ? splits(units) : units,
    out,
    bench.put(index),
    bench.put(src),
    rows,
    cols,
    stride(outStrides),
    stride(indexStrides),
    stride(indexStrides),
    status,
    c.out[c.dim]!,
    outStrides[c.dim]!,
    c.index[c.dim]!,
    indexStrides[c.dim]!,
    indexStrides[c.dim]!,
    ADD_F32,
    outer.length,
    ...outer.flatMap((d) => [c.index[d]!, outStrides[d]!, indexStrides[d]!, indexStrides[d]!]),
  );
  return { out: out.read(), status: status.read()[0]! };
}

describe.each(builds)("scatter32, %s build", (build) => {
  it.each(scatterCases)("%j", (c) => {
    const bench = new Bench(build);
    const index = integers(product(c.index), c.out[c.dim]!, 7);
    const src = floats(index.length, 2);
    for (const strides of layouts(c.out)) {
      const before = floats(2 * product(c.out), 1);
      // Row-major order visits the sources of one output in ascending order along the dim.
      const want = Float32Array.from(before);
      let at = 0;
      for (const place of indices(c.index)) {
        const to = dot(strides, along(place, c.dim, index[at]!));
        want[to] = want[to]! + src[at]!;
        at++;
      }
      for (const split of [false, true]) {
        const got = scatterAdd(bench, c, before, index, src, strides, split);
        expect(got.out).toEqual(want);
        expect(got.status).toBe(-1);
      }
    }
  });

  it("passes over bad indices and tells the smallest offset of one", () => {
    const bench = new Bench(build);
    for (const bad of [-1, 2, -(2 ** 31)]) {
      const c: ScatterCase = { out: [2, 3], index: [2, 3], dim: 0 };
      const index = Int32Array.of(0, 1, 1, bad, 1, bad);
      const src = Float32Array.of(1, 2, 3, 4, 5, 6);
      for (const split of [false, true]) {
        const got = scatterAdd(bench, c, new Float32Array(6), index, src, [3, 1], split);
        expect([...got.out, got.status]).toEqual([1, 0, 0, 0, 7, 3, 3]);
      }
    }
  });
});
