// The matrix-product kernel against a naive product in float64: edges of tiles, blocks and work
// units, operands at any strides, batches, and the rule that bits depend on values and K alone.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { matmulUnits } from "../../src/kernels/units.js";
import { Bench, builds, type Build, expectRelu } from "./harness.js";

/** Where element (i, j) of a matrix lies: data[offset + i * row + j * col]. */
interface Layout {
  readonly data: Float32Array;
  readonly offset: number;
  readonly row: number;
  readonly col: number;
}

type Values = (i: number, j: number) => number;
type Arrange = (rows: number, cols: number) => Omit<Layout, "data"> & { length: number };

const layouts: Record<string, Arrange> = {
  contiguous: (m, n) => ({ length: m * n, offset: 0, row: n, col: 1 }),
  transposed: (m, n) => ({ length: m * n, offset: 0, row: 1, col: m }),
  "part of a wider one": (m, n) => ({ length: m * (n + 300), offset: 5, row: n + 300, col: 1 }),
  "each second column": (m, n) => ({ length: 2 * m * n, offset: 1, row: 2 * n, col: 2 }),
  "rows reversed": (m, n) => ({ length: m * n, offset: Math.max(0, m - 1) * n, row: -n, col: 1 }),
  "columns reversed": (m, n) => ({ length: m * n, offset: Math.max(0, n - 1), row: n, col: -1 }),
};

function arrange(how: Arrange, rows: number, cols: number, value: Values): Layout {
  const { length, offset, row, col } = how(rows, cols);
  const data = new Float32Array(length).fill(NaN);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) data[offset + i * row + j * col] = value(i, j);
  }
  return { data, offset, row, col };
}

/** Values in [-1, 1) with all the bits of a float32, the same for the same arguments. */
function noise(seed: number): Values {
  return (i, j) => {
    let h =
      Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(j + 1, 0x85ebca6b) ^ Math.imul(seed, 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 13), 0x297a2d39);
    return (h >> 7) / (1 << 24);
  };
}

/** Every value of the product, in float64, and the sum of the terms' magnitudes. */
function oracle(M: number, N: number, K: number, a: Values, b: Values, bias: Values | null) {
  const terms = (i: number, j: number): [number, number] => {
    let sum = bias === null ? 0 : bias(0, j);
    let size = Math.abs(sum);
    for (let k = 0; k < K; k++) {
      const term = a(i, k) * b(k, j);
      sum += term;
      size += Math.abs(term);
    }
    return [sum, size];
  };
  return Array.from({ length: M * N }, (_, x) => terms(Math.floor(x / N), x % N));
}

interface Product {
  M: number;
  N: number;
  K: number;
  a: Layout;
  b: Layout;
  bias: Layout | null;
  batch?: { count: number; dims: number[] };
  split?: [number, number][];
  /** The bias is one for each row. */
  byRow?: boolean;
}

function multiply(bench: Bench, product: Product): Float32Array {
  const { M, N, K, a, b, bias, batch, split, byRow } = product;
  const count = batch?.count ?? 1;
  // Shifted by 4 and 8 bytes: nothing may depend on alignment.
  const pa = bench.put(a.data, 4).ptr + 4 * a.offset;
  const pb = bench.put(b.data, 8).ptr + 4 * b.offset;
  const pbias = bias === null ? 0 : bench.put(bias.data).ptr;
  const out = bench.put(new Float32Array(count * M * N).fill(777), 4);
  const strides = [a.row, a.col, b.row, b.col];
  const dims = batch?.dims ?? [];
  const units = split ?? matmulUnits(count, M, N);
  const all = [M, N, K, ...strides, count, dims.length / 3, ...dims];
  const flags = byRow ? 2 : 0;
  expectRelu(
    (relu) => bench.run("matmulF32", units, pa, pb, pbias, out, flags | relu, ...all),
    out,
  );
  return out.read();
}

/** The same product with operand `last` at the very end of the memory: one byte further traps. */
function atTheEnd(build: Build, { M, N, K, a, b, bias }: Product, last: "a" | "b" | "bias") {
  const path = new URL(`../../build/kernels.${build}.wasm`, import.meta.url);
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536 });
  const module = new WebAssembly.Module(readFileSync(path));
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as Record<string, (...args: number[]) => number>;
  const floats = new Float32Array(memory.buffer);
  // Below the constants nothing lies: who reads there had no pointer.
  floats.fill(NaN, 0, 256);
  const scratch = exports.heapBase!();
  exports.setScratch!(scratch);
  const args = scratch + (1 << 20);
  let next = args / 4 + 64;
  const operands = { a, b, bias };
  const at = Object.fromEntries(
    Object.entries(operands).map(([name, operand]) => {
      if (operand === null) return [name, 0];
      const start = name === last ? floats.length - operand.data.length : next;
      floats.set(operand.data, start);
      if (name !== last) next += operand.data.length;
      return [name, 4 * (start + operand.offset)];
    }),
  );
  const slots = [at.a!, at.b!, at.bias!, 4 * next, 0, M, N, K, a.row, a.col, b.row, b.col, 1, 0];
  new Int32Array(memory.buffer).set(slots, args / 4);
  exports.matmulF32!(args, 0, matmulUnits(1, M, N));
  return floats.slice(next, next + M * N);
}

/** |error| <= this many ulp of the sum of magnitudes: blocks of 256 in order reach 4. */
const ULPS = 8 * 2 ** -24;

function expectClose(got: Float32Array, want: [number, number][]): void {
  const wrong = want.findIndex(([sum, size], i) => !(Math.abs(got[i]! - sum) <= ULPS * size));
  if (wrong >= 0) throw new Error(`element ${wrong}: got ${got[wrong]}, want ${want[wrong]![0]}`);
}

/** [M, K, N]: tiles are 4 x 8, units 64, blocks of A 96 rows, of B 256 columns, of K 256. */
const small: [number, number, number][] = [
  [0, 3, 5],
  [3, 3, 0],
  [3, 0, 5],
  [70, 0, 9],
  [1, 1, 1],
  [1, 5, 7],
  [2, 9, 3],
  [3, 17, 33],
  [1, 33, 1],
  [33, 13, 1],
  [4, 1, 8],
  [5, 7, 9],
  [7, 3, 17],
  [13, 17, 33],
  [17, 33, 40],
  [63, 16, 65],
  [65, 5, 16],
  [130, 3, 13],
];
const large: [number, number, number][] = [
  [1, 257, 19],
  [3, 515, 5],
  [65, 300, 1],
  [5, 255, 9],
  [6, 256, 8],
  [5, 257, 15],
  [9, 513, 7],
  [95, 20, 33],
  [97, 259, 34],
  [193, 4, 12],
  [18, 6, 257],
  [17, 19, 515],
  [2, 3, 2051],
];

function checkLayouts(build: Build, [M, K, N]: [number, number, number], names: string[]): void {
  const bench = new Bench(build);
  const a = noise(1);
  const b = noise(2);
  for (const bias of [null, noise(3)]) {
    const want = oracle(M, N, K, a, b, bias);
    let first: Float32Array | null = null;
    for (const left of names) {
      for (const right of names) {
        const got = multiply(bench, {
          ...{ M, N, K },
          a: arrange(layouts[left]!, M, K, a),
          b: arrange(layouts[right]!, K, N, b),
          bias: bias && arrange(layouts.contiguous!, 1, N, bias),
        });
        expectClose(got, want);
        if (build === "relaxed") continue; // its few scalar loops round twice
        first ??= got;
        expect(difference(got, first), `a ${left}, b ${right}`).toBe(-1);
      }
    }
  }
}

/** Where two results first differ in their bits; -1 is nowhere. (toEqual takes seconds.) */
function difference(x: Float32Array, y: Float32Array): number {
  const bits = new Int32Array(y.buffer);
  return new Int32Array(x.buffer).findIndex((v, i) => v !== bits[i]);
}

describe.each(builds)("matmulF32 (%s)", (build) => {
  test.each(small)("[%i, %i] @ [., %i] in any layout: right, and the same bits", (M, K, N) => {
    checkLayouts(build, [M, K, N], Object.keys(layouts));
  });

  test.each(large)("[%i, %i] @ [., %i], transposed or not", (M, K, N) => {
    checkLayouts(build, [M, K, N], ["contiguous", "transposed", "part of a wider one"]);
  });

  test.each([...small, ...large])(
    "[%i, %i] @ [., %i] with a bias for each row: the bits of the transposed product",
    (M, K, N) => {
      const bench = new Bench(build);
      const [a, b, c] = [noise(1), noise(2), noise(3)];
      const turned = (of: Values): Values => {
        return (i, k) => of(k, i);
      };
      const bias = arrange(layouts.contiguous!, 1, M, c);
      const other = multiply(bench, {
        ...{ M: N, N: M, K, bias },
        a: arrange(layouts.contiguous!, N, K, turned(b)),
        b: arrange(layouts.contiguous!, K, M, turned(a)),
      });
      const wanted = Float32Array.from(
        { length: M * N },
        (_, x) => other[(x % N) * M + Math.floor(x / N)]!,
      );
      for (const layout of ["contiguous", "transposed", "part of a wider one"]) {
        const got = multiply(bench, {
          ...{ M, N, K, bias, byRow: true },
          a: arrange(layouts[layout]!, M, K, a),
          b: arrange(layouts[layout]!, K, N, b),
        });
        if (build === "relaxed") got.forEach((x, i) => expect(x).toBeCloseTo(wanted[i]!, 3));
        else expect(difference(got, wanted), layout).toBe(-1);
      }
    },
  );

  test.each([
    [3, 40, 300],
    [300, 40, 70],
    [5, 300, 130],
    [200, 9, 1],
    [130, 7, 65],
  ])("[%i, %i] @ [., %i]: any split into units gives the same bits", (M, K, N) => {
    const bench = new Bench(build);
    for (const layout of ["contiguous", "transposed"]) {
      const product = {
        ...{ M, N, K },
        a: arrange(layouts[layout]!, M, K, noise(1)),
        b: arrange(layouts[layout]!, K, N, noise(2)),
        bias: arrange(layouts.contiguous!, 1, N, noise(3)),
      };
      const units = matmulUnits(1, M, N);
      const each = Array.from({ length: units }, (_, i): [number, number] => [i, i + 1]);
      const whole = multiply(bench, product);
      const backwards = multiply(bench, { ...product, split: each.reverse() });
      const halves: [number, number][] = [[units >> 1, units], [0, units >> 1]]; // prettier-ignore
      expect(units).toBeGreaterThan(1);
      expect(difference(backwards, whole)).toBe(-1);
      expect(difference(multiply(bench, { ...product, split: halves }), whole)).toBe(-1);
      const one = multiply(bench, { ...product, split: [[1, 2]] });
      const byRows = M >= 2 * N;
      const outside = one.filter((_, x) => (byRows ? Math.floor(x / N) : x % N) >> 6 !== 1);
      expect(outside.every((x) => x === 777)).toBe(true);
    }
  });

  test("batches: broadcast dims of either operand, units over the matrices' edges", () => {
    const bench = new Bench(build);
    const [M, K, N] = [5, 6, 70];
    const [P, Q] = [3, 2];
    // a is [P, 1, M, K], b is [Q, K, N], its batches stored backwards.
    const a = arrange(layouts.contiguous!, P * M, K, noise(1));
    const b = arrange(layouts.contiguous!, Q * K, N, noise(2));
    const batch = { count: P * Q, dims: [P, M * K, 0, Q, 0, -K * N] };
    const last = { ...b, offset: (Q - 1) * K * N };
    const split: [number, number][] = [[0, 1], [1, 4], [4, 5], [5, 12]]; // prettier-ignore
    expect(matmulUnits(P * Q, M, N)).toBe(12);
    for (const ranges of [split, [[0, 12]] as typeof split]) {
      const product = { M, N, K, a, b: last, bias: null, batch, split: ranges };
      const got = multiply(bench, product);
      for (let z = 0; z < P * Q; z++) {
        const left: Values = (i, k) => noise(1)(Math.floor(z / Q) * M + i, k);
        const right: Values = (k, j) => noise(2)((Q - 1 - (z % Q)) * K + k, j);
        const part = got.subarray(z * M * N, (z + 1) * M * N);
        expectClose(part, oracle(M, N, K, left, right, null));
      }
    }
  });

  test("expanded operands: strides of 0", () => {
    const bench = new Bench(build);
    const [M, K, N] = [9, 11, 18];
    for (const [row, col] of [
      [0, 1],
      [1, 0],
      [0, 0],
    ] as const) {
      // prettier-ignore
      const at: Values = (i, j) => noise(1)(0, i * row + j * col);
      const data = Float32Array.from({ length: 18 }, (_, x) => noise(1)(0, x));
      const same = { data, offset: 0, row, col };
      const other = noise(2);
      const right = arrange(layouts.contiguous!, K, N, other);
      const left = arrange(layouts.contiguous!, M, K, other);
      const byRow = multiply(bench, { M, N, K, a: same, b: right, bias: null });
      expectClose(byRow, oracle(M, N, K, at, other, null));
      const byColumn = multiply(bench, { M, N, K, a: left, b: same, bias: null });
      expectClose(byColumn, oracle(M, N, K, other, at, null));
    }
  });

  test.each([
    [1, 9],
    [6, 9],
    [6, 300],
    [9, 1],
  ])(
    "zeros are not skipped, NaN and infinity reach what they must only: [%i, 5] @ [5, %i]",
    (M, N) => {
      const bench = new Bench(build);
      const K = 5;
      const a: Values = (i, k) => (i === 0 && k === 1 ? 0 : i === M - 1 && k === 3 ? -Infinity : 1);
      const b: Values = (k, j) =>
        k === 1 && j === 0 ? Infinity : k === 4 && j === N - 1 ? NaN : 2;
      for (const layout of ["contiguous", "transposed", "each second column"]) {
        const got = multiply(bench, {
          ...{ M, N, K, bias: null },
          a: arrange(layouts[layout]!, M, K, a),
          b: arrange(layouts[layout]!, K, N, b),
        });
        const want = oracle(M, N, K, a, b, null).map(([sum]) => sum);
        expect([...got]).toEqual(want);
      }
    },
  );

  test("K = 0 gives the bias, and zeros of positive sign without one; -0 products sum to 0", () => {
    const bench = new Bench(build);
    const zero: Values = () => -0;
    const one: Values = () => 1;
    for (const [M, N] of [
      [1, 3],
      [3, 1],
      [6, 10],
    ] as const) {
      // prettier-ignore
      const empty = { M, N, K: 0, a: arrange(layouts.contiguous!, M, 0, one) };
      const b = arrange(layouts.contiguous!, 0, N, one);
      const bias = arrange(layouts.contiguous!, 1, N, noise(3));
      const filled = multiply(bench, { ...empty, b, bias });
      expect([...filled]).toEqual(Array.from({ length: M * N }, (_, x) => bias.data[x % N]));
      const zeros = multiply(bench, { ...empty, b, bias: null });
      const negative = multiply(bench, {
        ...{ M, N, K: 5, bias: null },
        a: arrange(layouts.contiguous!, M, 5, zero),
        b: arrange(layouts.contiguous!, 5, N, one),
      });
      for (const got of [zeros, negative])
        expect([...got].every((x) => Object.is(x, 0))).toBe(true);
    }
  });

  test.each([
    [1, 5, 9],
    [3, 6, 10],
    [6, 5, 9],
    [9, 5, 1],
    [18, 17, 33],
    [20, 18, 35],
  ])(
    "nothing is read past an operand's end, nor through a bias of 0: [%i, %i] @ [., %i]",
    (M, K, N) => {
      for (const layout of ["contiguous", "transposed", "each second column"]) {
        const a = arrange(layouts[layout]!, M, K, noise(1));
        const b = arrange(layouts[layout]!, K, N, noise(2));
        const bias = arrange(layouts.contiguous!, 1, N, noise(3));
        for (const last of ["a", "b", "bias"] as const) {
          const given = last === "bias" ? bias : null;
          const want = oracle(M, N, K, noise(1), noise(2), given && noise(3));
          expectClose(atTheEnd(build, { M, N, K, a, b, bias: given }, last), want);
        }
      }
    },
  );

  test("long sums stay accurate: blocks of K bound the error's growth", () => {
    const bench = new Bench(build);
    const K = 20000;
    const third: Values = () => Math.fround(1 / 3);
    for (const [M, N] of [
      [1, 2],
      [5, 8],
    ] as const) {
      // prettier-ignore
      const a = arrange(layouts.contiguous!, M, K, third);
      const b = arrange(layouts.contiguous!, K, N, third);
      const got = multiply(bench, { M, N, K, a, b, bias: null });
      const want = K * Math.fround(1 / 3) ** 2;
      // 3e-6 here; in one run of 20000 the error is 2e-4.
      for (const x of got) expect(Math.abs(x / want - 1)).toBeLessThan(1e-5);
    }
  });
});

test("units: 64 columns, or 64 rows of a narrow product; none where there is nothing", () => {
  expect(matmulUnits(1, 1, 1)).toBe(1);
  expect(matmulUnits(3, 64, 65)).toBe(6);
  expect(matmulUnits(2, 130, 65)).toBe(6);
  expect(matmulUnits(2, 129, 65)).toBe(4);
  expect(matmulUnits(5, 0, 9)).toBe(0);
  expect(matmulUnits(5, 9, 0)).toBe(0);
  expect(matmulUnits(0, 9, 9)).toBe(0);
});
