// Calls as one: the bits of one call after the other, at the ends of pieces and units, and nothing written
// but what has a place in memory.
import { describe, expect, it } from "vitest";
import { contract, type KernelName } from "../../src/kernels/contract.js";
import { kernels } from "../../src/kernels/loader.js";
import { flatUnits } from "../../src/kernels/units.js";
import { Bench, builds, type Operand } from "./harness.js";
import { noise } from "./sequences.js";

const SIZES = [1, 15, 1023, 1024, 2047, 2048, 2049, 6145, 20_000];
/** Elements of a piece. */
const PIECE = 2048;
/** Places in the scratch. */
const FIRST = 1 << 16;
const SECOND = FIRST + 8192;

interface Link {
  readonly kernel: KernelName;
  /** Operands, then the result; a number is a place in the scratch, 0 nothing. */
  readonly pointers: readonly (Operand | number)[];
  /** Of the columns, for each input; 1 is where it is left out. */
  readonly strides?: readonly number[];
  /** For each input from one row of `cols` to the next. Left out: all elements are one row. */
  readonly outer?: readonly number[];
  /** Numbers behind the pointers of a kernel whose units are rows. */
  readonly numbers?: readonly number[];
  /** Elements in all, where they are others than the chain's. */
  readonly n?: number;
}

/** Runs calls of n elements, in rows of `cols` if they say so, as a chain with `at` of the rows at a time. */
function runChain(bench: Bench, n: number, links: readonly Link[], cols = 1, at = PIECE): void {
  const rows = n / cols;
  const words = links.flatMap(({ kernel, pointers, outer, numbers, ...call }) => {
    const { sizes } = kernels[kernel];
    const all = call.n ?? n;
    const strides = call.strides ?? pointers.slice(1).map(() => 1);
    const addresses = pointers.map((p) => (typeof p === "number" ? p : p.ptr));
    const shape = outer ? [rows, cols] : [1, all];
    const dims = outer ? [1, rows, ...outer] : [0];
    const params = [...addresses, ...(numbers ?? [...shape, ...strides, ...dims])];
    const block = bench.put(new Int32Array([...params, ...new Array<number>(24).fill(-1)]));
    const steps = pointers.map((p, k) => {
      const code = sizes[k]!;
      const bytes = "rw".includes(code) ? 4 * cols : "op".includes(code) ? 4 : Number(code) * cols;
      if (outer || numbers) return typeof p === "number" && p > 0 ? -at * bytes : 0;
      return typeof p === "number" ? 0 : at * (all / rows) * Number(code) * (strides[k] ?? 1);
    });
    const units = outer ? flatUnits(cols) : numbers ? 1 : 0;
    const link = [units ? -units : all / rows, pointers.length];
    return [bench.place(kernel), block.ptr - bench.args, ...link, ...steps];
  });
  bench.run("chain32", Math.ceil(rows / at), links.length, rows, at, ...words);
}

// A worker's scratch begins at any page of the heap.
const scratches = builds.flatMap((build) => [64, 65536].map((align) => ({ build, align })));

describe.each(scratches)(
  "chain32 ($build, scratch at a multiple of $align)",
  ({ build, align }) => {
    it.each(SIZES)("of what is written step by step: %i elements", (n) => {
      const bench = new Bench(build, align);
      const [x, y] = [bench.put(noise(n, 1)), bench.put(noise(n, 2))];
      const [sum, product] = [new Float32Array(n), new Float32Array(n)].map((a) => bench.put(a));
      const flipped = bench.put(noise(n, 5)); // wrong if it is done twice
      runChain(bench, n, [
        { kernel: "addF32", pointers: [x, y, sum!] },
        { kernel: "mulF32", pointers: [sum!, y, product!] },
        { kernel: "negF32", pointers: [sum!, sum!] },
        { kernel: "negF32", pointers: [flipped, flipped] },
      ]);
      expect(flipped.read()).toEqual(noise(n, 5).map((v) => -v));
      const wanted = x.read().map((v, i) => v + y.read()[i]!);
      expect(sum!.read()).toEqual(wanted.map((v) => -v));
      expect(product!.read()).toEqual(wanted.map((v, i) => v * y.read()[i]!));
    });

    it.each(SIZES)("of what stays in the scratch, bools as well: %i elements", (n) => {
      const bench = new Bench(build, align);
      const [x, y] = [bench.put(noise(n, 3)), bench.put(noise(n, 4))];
      const [out, bits] = [new Float32Array(n), new Float32Array(n)].map((a) => bench.put(a));
      runChain(bench, n, [
        { kernel: "ltF32", pointers: [x, y, SECOND] },
        { kernel: "addF32", pointers: [x, y, FIRST] },
        { kernel: "where32", pointers: [SECOND, FIRST, x, out!] },
        { kernel: "castBoolToF32", pointers: [SECOND, FIRST] },
        { kernel: "mulF32", pointers: [FIRST, FIRST, bits!] },
      ]);
      const less = [...x.read()].map((v, i) => v < y.read()[i]!);
      expect(out!.read()).toEqual(x.read().map((v, i) => (less[i]! ? v + y.read()[i]! : v)));
      expect([...bits!.read()]).toEqual(less.map(Number));
    });

    it.each([2, 3, 5])("of elements at strides, forwards and back: %i words apart", (stride) => {
      const bench = new Bench(build, align);
      const n = 5000;
      const far = noise(n * stride, 6);
      const [x, y] = [bench.put(far), bench.put(noise(n, 7))];
      const out = bench.put(new Float32Array(n));
      const last = { ...y, ptr: y.ptr + 4 * (n - 1) };
      runChain(bench, n, [
        { kernel: "negF32", pointers: [x, FIRST], strides: [stride] },
        { kernel: "addF32", pointers: [FIRST, last, out], strides: [1, -1] },
      ]);
      expect(out.read()).toEqual(
        noise(n, 7).map((_, i, y) => Math.fround(y[n - 1 - i]! - far[i * stride]!)),
      );
    });

    // Rows, columns, rows of a piece: the last piece has fewer, rows have more than one unit.
    const shapes = [
      [10, 200, 4],
      [33, 65, 16],
      [7, 1023, 1],
      [7, 1024, 2],
      [5, 1500, 3],
      [1, 100, 2],
      [100, 1, 32],
    ] as const;

    it.each(shapes)("of %i rows of %i, %i at a time, and what runs on", (rows, cols, at) => {
      const bench = new Bench(build, align);
      const n = rows * cols;
      const [x, scale, shift] = [n, cols, rows].map((k, i) => bench.put(noise(k, 8 + i)));
      const second = FIRST + 4 * at * cols;
      const third = second + 4 * at * cols;
      const out = bench.put(new Float32Array(n));
      const sums = bench.put(new Float32Array(n));
      const links: Link[] = [
        { kernel: "mulF32", pointers: [x!, scale!, FIRST], outer: [cols, 0] },
        { kernel: "negF32", pointers: [FIRST, second] },
        { kernel: "addF32", pointers: [second, shift!, sums], strides: [1, 0], outer: [cols, 1] },
        { kernel: "ltF32", pointers: [sums, scale!, third], outer: [cols, 0] },
        { kernel: "where32", pointers: [third, sums, FIRST, out] },
      ];
      runChain(bench, n, links, cols, at);
      const product = x!.read().map((v, i) => v * scale!.read()[i % cols]!);
      const sum = product.map((v, i) => shift!.read()[Math.floor(i / cols)]! - v);
      expect(sums.read()).toEqual(sum);
      expect(out.read()).toEqual(
        sum.map((v, i) => (v < scale!.read()[i % cols]! ? v : product[i]!)),
      );
    });

    it.each(shapes)("of %i rows of %i, %i at a time, by kernels of rows", (rows, cols, at) => {
      const n = rows * cols;
      // One call after the other.
      const alone = new Bench(build, align);
      const put = (size: number): Operand => alone.put(new Float32Array(size));
      const [hidden, mean, rstd, most, soft] = [n, rows, rows, rows, n].map(put);
      const negated = alone.put(noise(n, 20).map((v) => -v));
      const weight = alone.put(noise(cols, 21));
      const ends = [hidden!, mean!, rstd!, cols, 1e-5] as const;
      alone.run("layerNormF32", rows, negated, weight, 0, ...ends);
      alone.run("amaxF32", rows, hidden!, most!, cols, 1);
      alone.run("softmaxF32", rows, hidden!, soft!, cols, 1);

      const bench = new Bench(build, align);
      const [x, w] = [bench.put(noise(n, 20)), bench.put(noise(cols, 21))];
      const outs = [n, rows, rows, n].map((size) => bench.put(new Float32Array(size)));
      const [softOut, mostOut, squares, hiddenOut] = outs as [Operand, Operand, Operand, Operand];
      const eps = new Int32Array(new Float32Array([1e-5]).buffer)[0]!;
      const second = FIRST + 4 * at * cols;
      const third = second + 4 * at * cols;
      const fourth = third + 4 * at;
      const numbers = [cols, eps];
      const links: Link[] = [
        { kernel: "negF32", pointers: [x, FIRST] },
        { kernel: "layerNormF32", pointers: [FIRST, w, 0, second, third, fourth], numbers },
        { kernel: "mulF32", pointers: [third, third, squares], n: rows },
        { kernel: "amaxF32", pointers: [second, fourth], numbers: [cols, 1] },
        { kernel: "negF32", pointers: [fourth, mostOut], n: rows },
        { kernel: "softmaxF32", pointers: [second, softOut], numbers: [cols, 1] },
        { kernel: "negF32", pointers: [second, hiddenOut] },
      ];
      runChain(bench, n, links, cols, at);
      expect(squares.read()).toEqual(mean!.read().map((v) => v * v));
      expect(mostOut.read()).toEqual(most!.read().map((v) => -v));
      expect(softOut.read()).toEqual(soft!.read());
      expect(hiddenOut.read()).toEqual(hidden!.read().map((v) => -v));
    });
  },
);

describe("the sizes of elements", () => {
  const names = Object.keys(contract) as KernelName[];
  const elementwise = names.filter((name) => /^\d/.test(kernels[name].sizes));

  it("are known of every kernel that goes over rows and columns, and writes them one behind the other", () => {
    const found = names.filter((name) => {
      const params: readonly string[] = contract[name];
      const pointers = params.filter((param) => param.endsWith(": ptr")).length;
      return (
        params[pointers] === "rows: u32" &&
        params.at(-2) === "rank: u32" &&
        !params.includes("status: ptr") &&
        !params.includes("so: i32")
      );
    });
    expect(elementwise.length).toBeGreaterThan(70);
    expect([...elementwise].sort()).toEqual(found.sort());
  });

  it("are followed by as many scalars as the contract has", () => {
    for (const name of elementwise) {
      const scalars = contract[name].filter((param) => param.endsWith(": f32"));
      expect(kernels[name].scalars, name).toBe(scalars.length);
    }
  });

  it("are those of its operands", () => {
    const known = { addF32: "444", negI32: "44", geluGradF32: "444", clampGradF32: "444" };
    const bools = {
      ltF32: "441",
      logicalXorBool: "111",
      copy8: "11",
    };
    const casts = { castBoolToI32: "14", castI32ToF32: "44", neI32: "441" };
    const all = { ...known, ...bools, ...casts, where32: "1444", copy32: "44" };
    for (const [name, sizes] of Object.entries(all))
      expect(kernels[name as KernelName].sizes, name).toBe(sizes);
  });

  it.each(elementwise)("%s writes so many bytes", (name) => {
    const bench = new Bench("release");
    const { sizes } = kernels[name];
    const zeros = Array.from(sizes.slice(1), () => bench.put(new Uint8Array(64)));
    const out = bench.put(new Uint8Array(64).fill(99));
    const scalars = contract[name].filter((param) => param.endsWith(": f32")).map(() => 1);
    bench.run(name, 1, ...zeros, out, 1, 16, ...zeros.map(() => 1), ...scalars, 0);
    expect(out.read().filter((byte) => byte !== 99).length).toBe(16 * Number(sizes.at(-1)));
  });
});

describe("the letters of kernels whose units are rows", () => {
  const names = (Object.keys(contract) as KernelName[]).filter((name) =>
    /^\D/.test(kernels[name].sizes),
  );
  const numbersOf = (name: KernelName, rows: number, cols: number): number[] => {
    const known: Record<string, number> = { n: rows * cols, cols, R: cols, inner: 1 };
    const numbers = contract[name].filter((param) => !param.endsWith(": ptr"));
    return numbers.map((param) => known[param.split(":")[0]!] ?? 0.5);
  };

  it("are those of reductions, softmax, layer norm and dropout", () => {
    const folds = ["sum", "amax", "amin", "argmax", "argmin"].flatMap((name) => [
      `${name}F32`,
      `${name}I32`,
    ]);
    const softmax = ["softmax", "logSoftmax"].flatMap((name) => [`${name}F32`, `${name}GradF32`]);
    const others = ["varF32", "layerNormF32", "layerNormGradF32", "dropoutF32"];
    expect([...names].sort()).toEqual([...folds, ...softmax, ...others].sort());
  });

  it.each(names)("%s: has them in front, then what a row's length is", (name) => {
    const { sizes, scalars } = kernels[name];
    const params = contract[name].map((param) => param.split(":")[0]!);
    expect(contract[name].filter((param) => param.endsWith(": ptr")).length).toBe(sizes.length);
    expect(params[sizes.length]).toBe(scalars === 2 ? "n" : scalars === 1 ? "R" : "cols");
    expect(params.indexOf("inner")).toBe(scalars === 1 ? sizes.length + 1 : -1);
  });

  it.each(names)("%s: a row reads its own share and writes all of its own", (name) => {
    const { sizes, scalars } = kernels[name];
    const [rows, cols] = [3, scalars === 2 ? 1024 : 8];
    const lengths = new Map(Object.entries({ r: rows * cols, w: rows * cols, o: rows, p: rows }));
    /** The operands after a call for some of the rows; NaN is what the others, and nobody, may read. */
    const run = (first: number, end: number): Float32Array[] => {
      const bench = new Bench("release");
      const operands = Array.from(sizes, (code, k) => {
        const data = noise(lengths.get(code) ?? rows * cols, k + 1);
        if (code === "s") return bench.put(data.fill(NaN, cols));
        if ("wp".includes(code)) data.fill(77);
        const row = (i: number): number => Math.floor((i * rows) / data.length);
        return bench.put(data.map((v, i) => (row(i) < first || row(i) >= end ? NaN : v)));
      });
      const before = operands.map((operand) => operand.read());
      bench.run(name, [[first, end]], ...operands, ...numbersOf(name, rows, cols));
      return operands.map((operand, k) => {
        const after = operand.read();
        if (!"wp".includes(sizes[k]!)) expect(after).toEqual(before[k]);
        return after;
      });
    };
    const [alone, all] = [run(1, 2), run(0, rows)];
    Array.from(sizes, (code, k) => {
      if (!"wp".includes(code)) return;
      const share = all[k]!.length / rows;
      expect(all[k]!.includes(77)).toBe(false);
      if (sizes.includes("s")) expect(all[k]!.some(Number.isNaN)).toBe(false);
      expect(alone[k]!.slice(share, 2 * share)).toEqual(all[k]!.slice(share, 2 * share));
      expect(alone[k]!.filter(Number.isNaN).length).toBeGreaterThanOrEqual(2 * share);
    });
  });
});
