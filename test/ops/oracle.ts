// The naive truth that the property tests hold the ops against: n-dimensional arrays of plain
// numbers, every element looked up by its index; and fast-check's ways to make them.
import fc from "fast-check";
import { expect } from "vitest";
import * as sg from "../../src/index.js";
import type { DType, Tensor } from "../../src/index.js";

export interface Nd {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: readonly number[];
}

/** The same examples on every run. */
export const settings = { seed: 20240, numRuns: 150 };

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** All indices of a shape in row-major order. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (list, n) => list.flatMap((head) => Array.from({ length: n }, (_, i) => [...head, i])),
    [[]],
  );
}

/** Where an index stands in row-major order. */
export function rank(shape: readonly number[], index: readonly number[]): number {
  return shape.reduce((at, n, i) => at * n + index[i]!, 0);
}

export function at(x: Nd, index: readonly number[]): number {
  return x.data[rank(x.shape, index)]!;
}

export function build(shape: readonly number[], value: (index: number[]) => number): Nd {
  return { shape, data: indices(shape).map(value) };
}

/** The element of x that a broadcast index means: missing dims are left out, sizes of 1 stand still. */
export function broadcastAt(x: Nd, index: readonly number[]): number {
  const own = index.slice(index.length - x.shape.length);
  return at(
    x,
    own.map((i, d) => (x.shape[d] === 1 ? 0 : i)),
  );
}

/** The sum of what broadcasting from `shape` to y's shape has repeated. */
export function sumBack(y: Nd, shape: readonly number[]): Nd {
  const data = new Array<number>(sizeOf(shape)).fill(0);
  for (const index of indices(y.shape)) {
    const own = index.slice(index.length - shape.length).map((i, d) => (shape[d] === 1 ? 0 : i));
    data[rank(shape, own)]! += at(y, index);
  }
  return { shape, data };
}

export function expectNd(found: Tensor, wanted: Nd, dtype: DType, tolerance?: Nd): void {
  expect([...found.shape]).toEqual([...wanted.shape]);
  expect(found.dtype).toBe(dtype);
  const values = [...found.toTypedArray()];
  const wrong = values.findIndex((v, i) => {
    const w = wanted.data[i]!;
    if (tolerance && Number.isFinite(w)) return !(Math.abs(v - w) <= tolerance.data[i]!);
    return !(v === w || (Number.isNaN(v) && Number.isNaN(w)));
  });
  if (wrong >= 0) expect.fail(`element ${wrong}: ${values[wrong]}, not ${wanted.data[wrong]}`);
}

/** How a tensor lies in memory. */
const placements = ["row-major", "permuted", "sliced", "expanded"] as const;

export interface Recipe {
  readonly seed: number;
  readonly placement: (typeof placements)[number];
}

export const recipe = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  placement: fc.constantFrom(...placements),
});

export const dtype = fc.constantFrom<DType[]>("float32", "int32", "bool");

const size = fc.constantFrom<number[]>(0, 1, 1, 3, 3, 5, 7);

/** Ranks 0 to 4, at most 700 elements. */
export const shapes = fc.array(size, { maxLength: 4 }).filter((shape) => sizeOf(shape) <= 700);

/** A shape that broadcasts to `full`: leading dims left out, some sizes 1. */
export function narrower(full: readonly number[]): fc.Arbitrary<number[]> {
  return fc
    .tuple(fc.nat(full.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .map(([drop, ones]) => full.slice(Math.min(drop, 2)).map((n, i) => (ones[i] ? 1 : n)));
}

/** Whole numbers from -3 to 3 (a bool: 0 or 1), so that sums and products are exact. */
export function numbers(n: number, seed: number, dtype: DType): number[] {
  let state = seed;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return dtype === "bool" ? state >>> 31 : ((state >>> 8) % 7) - 3;
  });
}

/** A tensor by a recipe, and the same as plain numbers. */
export function make(shape: readonly number[], { seed, placement }: Recipe, dtype: DType) {
  const of = (sizes: readonly number[]): Tensor => {
    const values = Float32Array.from(numbers(sizeOf(sizes), seed, dtype));
    return sg.tensor(values, { shape: [...sizes], dtype });
  };
  const order = shape.map((_, i) => (i + 1) % shape.length);
  let x: Tensor;
  if (placement === "permuted") {
    x = of(order.map((d) => shape[d]!)).permute(order.map((_, i) => order.indexOf(i)));
  } else if (placement === "sliced") {
    const wide = of(shape.map((n) => 2 * n + 1));
    x = shape.reduce<Tensor>((t, _, dim) => t.slice(1, null, { dim, step: 2 }), wide);
  } else if (placement === "expanded") {
    x = of(shape.map((n, i) => (i % 2 === seed % 2 ? 1 : n))).expand([...shape]);
  } else {
    x = of(shape);
  }
  return { x, nd: { shape, data: [...x.toTypedArray()] } satisfies Nd };
}
