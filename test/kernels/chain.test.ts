// Elementwise calls as one: the bits of one call after the other, at the ends of pieces and units, and
// nothing written but what has a place in memory.
import { describe, expect, it } from "vitest";
import { contract, type KernelName } from "../../src/kernels/contract.js";
import { kernels } from "../../src/kernels/loader.js";
import { flatUnits } from "../../src/kernels/units.js";
import { Bench, builds, type Operand } from "./harness.js";
import { noise } from "./sequences.js";

const SIZES = [1, 15, 1023, 1024, 2047, 2048, 2049, 6145, 20_000];
/** Places in the scratch. */
const FIRST = 1 << 16;
const SECOND = FIRST + 8192;

interface Link {
  readonly kernel: "addF32" | "mulF32" | "negF32" | "ltF32" | "where32" | "castBoolToF32";
  /** Operands, then the result; a number is a place in the scratch. */
  readonly pointers: readonly (Operand | number)[];
}

/** Runs calls of n elements in one row as a chain. */
function runChain(bench: Bench, n: number, links: readonly Link[]): void {
  const words = links.flatMap(({ kernel, pointers }) => {
    const strides = pointers.slice(1).map(() => 1);
    const addresses = pointers.map((p) => (typeof p === "number" ? p : p.ptr));
    const block = bench.put(new Int32Array([...addresses, 1, n, ...strides, 0, 0, 0, 0, 0, 0]));
    return [bench.place(kernel), block.ptr - bench.args, pointers.length];
  });
  bench.run("chain32", flatUnits(n), links.length, ...words);
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
        { kernel: "ltF32", pointers: [x, y, SECOND + 1] },
        { kernel: "addF32", pointers: [x, y, FIRST] },
        { kernel: "where32", pointers: [SECOND + 1, FIRST, x, out!] },
        { kernel: "castBoolToF32", pointers: [SECOND + 1, FIRST] },
        { kernel: "mulF32", pointers: [FIRST, FIRST, bits!] },
      ]);
      const less = [...x.read()].map((v, i) => v < y.read()[i]!);
      expect(out!.read()).toEqual(x.read().map((v, i) => (less[i]! ? v + y.read()[i]! : v)));
      expect([...bits!.read()]).toEqual(less.map(Number));
    });
  },
);

describe("the sizes of elements", () => {
  const names = Object.keys(contract) as KernelName[];
  const elementwise = names.filter((name) => kernels[name].sizes !== "");

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
    expect(elementwise.length).toBeGreaterThan(80);
    expect([...elementwise].sort()).toEqual(found.sort());
  });

  it("are those of its operands", () => {
    const known = { addF32: "444", negI32: "44", geluGradF32: "444", clampGradF32: "444" };
    const bools = {
      ltF32: "441",
      isnanF32: "41",
      eqBool: "111",
      logicalNotBool: "11",
      copy8: "11",
    };
    const casts = { castF32ToBool: "41", castBoolToI32: "14", castI32ToF32: "44", neI32: "441" };
    const all = { ...known, ...bools, ...casts, where32: "1444", whereBool: "1111", copy32: "44" };
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
