// The elementwise kernels against naive loops: every layout for one kernel of each inner loop, and
// every exact op on every interesting value. The transcendental ones are in math.test.ts.
import { describe, expect, it } from "vitest";
import type { KernelName } from "../../src/kernels/contract.js";
import { Bench, builds } from "./harness.js";
import { fractions } from "./sequences.js";

type Kind = "F32" | "I32" | "Bool";
type Data = Float32Array | Int32Array | Uint8Array;

const arrays = { F32: Float32Array, I32: Int32Array, Bool: Uint8Array };

const floats = [
  0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 1e-45, -1e-40, 3e38, -3e38, 2e9, 3e9, -3e9,
];
const specialFloats = [...floats, NaN, Infinity, -Infinity];
const specialInts = [0, 1, -1, 2, -7, 65536, 2 ** 30, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1];

function values(kind: Kind, n: number, next: () => number): Data {
  const pick = (from: number[]): number => from[Math.floor(next() * from.length)]!;
  const value = (): number => {
    if (kind === "Bool") return next() < 0.5 ? 0 : 1;
    if (kind === "I32") return next() < 0.5 ? pick(specialInts) : Math.floor(next() * 200) - 100;
    return next() < 0.3 ? pick(specialFloats) : next() * 20 - 10;
  };
  return arrays[kind].from(Array.from({ length: n }, value));
}

/** What a kernel takes and what it ought to give, on JavaScript numbers. */
interface Row {
  inputs: Kind[];
  out: Kind;
  scalars?: number[];
  expect(...x: number[]): number;
}

const f = Math.fround;
const P = 0.25;
const Q = 2;
const sign = (x: number): number => (x > 0 ? 1 : x < 0 ? -1 : 0);
const round = (x: number): number => {
  const down = Math.floor(x);
  const up = x - down > 0.5 || (x - down === 0.5 && down % 2 !== 0);
  const result = up ? down + 1 : down;
  return result === 0 && (x < 0 || Object.is(x, -0)) ? -0 : result;
};
const max = (a: number, b: number): number => (a !== a || b !== b ? NaN : Math.max(a, b));
const min = (a: number, b: number): number => (a !== a || b !== b ? NaN : Math.min(a, b));
const toInt = (x: number): number =>
  x !== x ? 0 : Math.trunc(min(max(x, -(2 ** 31)), 2 ** 31 - 1));

const unary = (kind: Kind, expect: (x: number) => number, out = kind): Row => ({
  inputs: [kind],
  out,
  expect,
});
const binary = (kind: Kind, expect: (a: number, b: number) => number, out = kind): Row => ({
  inputs: [kind, kind],
  out,
  expect,
});
const compare = (kind: Kind, expect: (a: number, b: number) => boolean): Row =>
  binary(kind, (a, b) => Number(expect(a, b)), "Bool");

const rows: Partial<Record<KernelName, Row>> = {
  negF32: unary("F32", (x) => -x),
  absF32: unary("F32", Math.abs),
  signF32: unary("F32", sign),
  squareF32: unary("F32", (x) => f(x * x)),
  sqrtF32: unary("F32", (x) => f(Math.sqrt(x))),
  rsqrtF32: unary("F32", (x) => f(1 / f(Math.sqrt(x)))),
  reciprocalF32: unary("F32", (x) => f(1 / x)),
  floorF32: unary("F32", Math.floor),
  ceilF32: unary("F32", Math.ceil),
  roundF32: unary("F32", round),
  truncF32: unary("F32", Math.trunc),
  addF32: binary("F32", (a, b) => f(a + b)),
  subF32: binary("F32", (a, b) => f(a - b)),
  mulF32: binary("F32", (a, b) => f(a * b)),
  divF32: binary("F32", (a, b) => f(a / b)),
  maximumF32: binary("F32", max),
  minimumF32: binary("F32", min),
  negI32: unary("I32", (x) => -x | 0),
  absI32: unary("I32", (x) => Math.abs(x) | 0),
  addI32: binary("I32", (a, b) => (a + b) | 0),
  subI32: binary("I32", (a, b) => (a - b) | 0),
  mulI32: binary("I32", Math.imul),
  maximumI32: binary("I32", Math.max),
  minimumI32: binary("I32", Math.min),
  logicalAndBool: binary("Bool", (a, b) => a & b),
  logicalOrBool: binary("Bool", (a, b) => a | b),
  logicalXorBool: binary("Bool", (a, b) => a ^ b),
  eqF32: compare("F32", (a, b) => a === b),
  neF32: compare("F32", (a, b) => a !== b),
  ltF32: compare("F32", (a, b) => a < b),
  leF32: compare("F32", (a, b) => a <= b),
  eqI32: compare("I32", (a, b) => a === b),
  neI32: compare("I32", (a, b) => a !== b),
  ltI32: compare("I32", (a, b) => a < b),
  leI32: compare("I32", (a, b) => a <= b),
  castF32ToI32: unary("F32", toInt, "I32"),
  castI32ToF32: unary("I32", f, "F32"),
  castBoolToF32: unary("Bool", (x) => x, "F32"),
  castBoolToI32: unary("Bool", (x) => x, "I32"),
  // -0 stays, as in PyTorch.
  reluF32: unary("F32", (x) => (x < 0 ? 0 : x)),
  reluGradF32: binary("F32", (dy, x) => (x <= 0 ? 0 : dy)),
  leakyReluF32: { ...unary("F32", (x) => (x > 0 ? x : f(x * P))), scalars: [P] },
  leakyReluGradF32: { ...binary("F32", (dy, x) => (x > 0 ? dy : f(dy * P))), scalars: [P] },
  clampF32: { ...unary("F32", (x) => min(max(x, P), Q)), scalars: [P, Q] },
  clampGradF32: { ...binary("F32", (dy, x) => (x >= P && x <= Q ? dy : 0)), scalars: [P, Q] },
  copy32: unary("F32", (x) => x),
  copy8: unary("Bool", (x) => x),
  where32: { inputs: ["Bool", "F32", "F32"], out: "F32", expect: (c, a, b) => (c ? a : b) },
};
const names = Object.keys(rows) as KernelName[];

/** rows x cols elements: `sizes` are the outer dims; strides[k] those of operand k, innermost last. */
interface Layout {
  sizes: number[];
  cols: number;
  strides: number[][];
}

const product = (sizes: number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Element offsets of an operand, in the order of the output. */
function offsets({ sizes, cols }: Layout, strides: number[]): number[] {
  let result = [0];
  [...sizes, cols].forEach((size, d) => {
    result = result.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * strides[d]!));
  });
  return result;
}

/** Random strides: contiguous, broadcast, reversed, transposed, sparse, and mixtures. */
function randomStrides({ sizes, cols }: Layout, next: () => number): number[] {
  const dims = [...sizes, cols];
  const order = dims.map((_, d) => d);
  if (next() < 0.3) order.sort(() => next() - 0.5);
  const strides = dims.map(() => 0);
  let step = next() < 0.8 ? 1 : 2;
  for (const d of order.reverse()) {
    strides[d] = step * (next() < 0.15 ? -1 : 1);
    step *= Math.max(dims[d]!, 1);
    if (next() < 0.2) step += 3;
    if (next() < 0.2) strides[d] = 0;
  }
  return strides;
}

/** An operand of a layout in a bench: where its element 0 lies, and a reader by output index. */
function place(bench: Bench, kind: Kind, layout: Layout, strides: number[], next: () => number) {
  const at = offsets(layout, strides);
  const lowest = at.reduce((a, b) => Math.min(a, b), 0);
  const highest = at.reduce((a, b) => Math.max(a, b), 0);
  const data = values(kind, highest - lowest + 1, next);
  const bytes = data.BYTES_PER_ELEMENT;
  const operand = bench.put(data, bytes * Math.floor(next() * 4));
  return { ptr: operand.ptr - lowest * bytes, at: (i: number): number => data[at[i]! - lowest]! };
}

const dimSlots = (layout: Layout, strides: number[][]): number[] => [
  layout.sizes.length,
  ...layout.sizes.flatMap((size, d) => [size, ...strides.map((s) => s[d]!)]),
];

function check(bench: Bench, name: KernelName, layout: Layout, seed: number): void {
  const next = fractions(seed);
  const { inputs, out: outKind, scalars = [], expect: oracle } = rows[name]!;
  const strides = inputs.map((_, k) => layout.strides[k] ?? randomStrides(layout, next));
  const operands = inputs.map((kind, k) => place(bench, kind, layout, strides[k]!, next));
  const n = product(layout.sizes) * layout.cols;
  const blank = new arrays[outKind](n).fill(77);
  const out = bench.put(blank, blank.BYTES_PER_ELEMENT * Math.floor(next() * 4));
  const inner = strides.map((s) => s[s.length - 1]!);
  const params = [
    product(layout.sizes),
    layout.cols,
    ...inner,
    ...scalars,
    ...dimSlots(layout, strides),
  ];
  const units = product(layout.sizes) * Math.ceil(layout.cols / 1024);
  const cuts = [0, units, Math.floor(next() * (units + 1)), Math.floor(next() * (units + 1))];
  cuts.sort((a, b) => a - b);
  const ranges =
    next() < 0.5 ? units : cuts.slice(1).map((end, i): [number, number] => [cuts[i]!, end]);
  bench.run(name, ranges, ...operands.map((x) => x.ptr), out, ...params);
  const got = out.read();
  for (let i = 0; i < n; i++) {
    const x = operands.map((operand) => operand.at(i));
    const want = oracle(...x);
    if (!Object.is(got[i], outKind === "F32" ? f(want) : want + 0)) {
      const where = JSON.stringify({ ...layout, strides });
      expect.fail(
        `${name}(${x.join(", ")}) = ${got[i]}, not ${want}: [${i}], seed ${seed}, ${where}`,
      );
    }
  }
}

/** One kernel of each inner loop. */
const samples: KernelName[] = [
  "squareF32",
  "clampF32",
  "castBoolToF32",
  "subF32",
  "leakyReluGradF32",
  "ltF32",
  "logicalXorBool",
  "where32",
  "copy32",
  "copy8",
];
const edges = [0, 1, 3, 5, 7, 13, 17, 33, 255, 256, 257, 1023, 1024, 1025, 2051];

describe.each(builds)("elementwise kernels, %s build", (build) => {
  it.each(names)("%s", (name) => {
    const bench = new Bench(build);
    for (const cols of [0, 1, 5, 33, 1500]) {
      check(bench, name, { sizes: [], cols, strides: [[1], [1], [1]] }, cols);
    }
    check(bench, name, { sizes: [7], cols: 9, strides: [] }, 1);
  });

  it.each(samples)("%s: one row at any stride", (name) => {
    const bench = new Bench(build);
    for (const cols of edges) {
      for (const [a, b, c] of [
        [1, 0, 1],
        [0, 1, 0],
        [0, 0, 0],
        [-1, 1, 2],
        [3, -2, 1],
      ] as const) {
        check(bench, name, { sizes: [], cols, strides: [[a], [b], [c]] }, cols);
      }
    }
  });

  it.each(samples)("%s: outer dims", (name) => {
    const bench = new Bench(build);
    const shapes = [
      [2, 0],
      [0, 3],
      [5, 3],
      [400, 3],
      [3, 255],
      [3, 256],
      [3, 257],
      [3, 1025],
      [37, 41],
    ];
    shapes.push([2, 3, 4, 5], [3, 1, 2, 300], [64, 20, 1], [2, 17, 33], [600, 2, 1]);
    shapes.forEach((shape, i) => {
      const [sizes, cols] = [shape.slice(0, -1), shape[shape.length - 1]!];
      for (let k = 0; k < 6; k++) check(bench, name, { sizes, cols, strides: [] }, 100 * i + k);
    });
  });

  it.each(["scatterCopy32", "scatterCopy8"] as const)(
    "%s writes what it should, and no more",
    (name) => {
      const kind = name === "scatterCopy32" ? "F32" : "Bool";
      for (const [shape, outStrides] of [
        [[17], [1]],
        [[33], [-1]],
        [[2051], [2]],
        [
          [5, 3],
          [1, 5],
        ],
        [
          [4, 40],
          [80, 2],
        ],
        [
          [3, 2, 1030],
          [3000, -1040, 1],
        ],
      ] as const) {
        const layout = { sizes: shape.slice(0, -1), cols: shape[shape.length - 1]!, strides: [] };
        for (let seed = 0; seed < 4; seed++) {
          const bench = new Bench(build);
          const next = fractions(seed);
          const strides = randomStrides(layout, next);
          const x = place(bench, kind, layout, strides, next);
          const at = offsets(layout, [...outStrides]);
          const lowest = Math.min(...at);
          const want = new arrays[kind](Math.max(...at) - lowest + 1).fill(7);
          const out = bench.put(want.slice());
          at.forEach((to, i) => (want[to - lowest] = x.at(i)));
          const rows = product(layout.sizes);
          const outPtr = out.ptr - lowest * want.BYTES_PER_ELEMENT;
          const inner = [strides[strides.length - 1]!, outStrides[outStrides.length - 1]!];
          const dims = dimSlots(layout, [strides, [...outStrides]]);
          const units = rows * Math.ceil(layout.cols / 1024);
          const ranges = Array.from({ length: units }, (_, i): [number, number] => [i, i + 1]);
          bench.run(
            name,
            seed % 2 ? units : ranges,
            x.ptr,
            outPtr,
            rows,
            layout.cols,
            ...inner,
            ...dims,
          );
          expect(out.read()).toEqual(want);
        }
      }
    },
  );

  it.each(edges)("fills and progressions of %i elements", (n) => {
    const bench = new Bench(build);
    const units = Math.ceil(n / 1024);
    const split = Array.from({ length: units }, (_, i): [number, number] => [i, i + 1]);
    const wordsOf = (...values: number[]): Int32Array =>
      new Int32Array(new Float64Array(values).buffer);
    for (const ranges of [units, split]) {
      const ints = bench.put(new Int32Array(n), 4);
      // A copy of one element, for each unit or all.
      const element = bench.put(new Int32Array([-5]));
      bench.run("copy32", ranges, element, ints, 1, n, 0, 0);
      expect(ints.read()).toEqual(new Int32Array(n).fill(-5));
      const bytes = bench.put(new Uint8Array(n), 1);
      bench.run("copy8", ranges, bench.put(new Uint8Array([1, 0])), bytes, 1, n, 0, 0);
      expect(bytes.read()).toEqual(new Uint8Array(n).fill(1));
      bench.run("arangeI32", ranges, ints, n, ...wordsOf(10, -3), 0);
      expect(ints.read()).toEqual(Int32Array.from({ length: n }, (_, i) => 10 - 3 * i));
      // Counted from another element, and cut towards 0.
      const whole = (_: unknown, i: number): number => Math.trunc(7 + (i - 40) * 0.3);
      bench.run("arangeI32", ranges, ints, n, ...wordsOf(7, 0.3), 40);
      expect(ints.read()).toEqual(Int32Array.from({ length: n }, whole));
      const floats = bench.put(new Float32Array(n), 4);
      bench.run("arangeF32", ranges, floats, n, ...wordsOf(0.1, 0.3), 0);
      expect(floats.read()).toEqual(Float32Array.from({ length: n }, (_, i) => 0.1 + i * 0.3));
    }
  });
});
