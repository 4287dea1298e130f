// conv2d and its two gradients against a naive loop in float64. Operands are small integers, so
// that every sum is exact and must come out to the bit; one test uses fractions.
import { describe, expect, test } from "vitest";
import {
  conv2dInputGradUnits,
  conv2dUnits,
  conv2dWeightGradUnits,
} from "../../src/kernels/units.js";
import {
  bits,
  expectExact,
  fractions,
  integers,
  operands,
  type Operands,
  oracle,
  outH,
  outW,
  parts,
  placed,
  type Results,
  type Shape,
  sizeX,
  type Split,
  whole,
  worst,
} from "./convOracle.js";
import { Bench, builds, type Build, expectRelu } from "./harness.js";

/** N C H W, O kh kw, strides, paddings, dilations, groups */
// prettier-ignore
const rows: [number, number, number, number, number, number, number, number, number, number, number, number, number, number][] = [
  [2, 3, 5, 7, 4, 1, 1, 1, 1, 0, 0, 1, 1, 1],
  [1, 17, 8, 8, 33, 1, 1, 1, 1, 0, 0, 1, 1, 1],
  [2, 5, 9, 11, 7, 1, 1, 2, 3, 0, 0, 1, 1, 1],
  [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1],
  [3, 1, 3, 3, 1, 3, 3, 1, 1, 0, 0, 1, 1, 1],
  [2, 3, 13, 14, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1],
  [1, 4, 17, 33, 8, 3, 3, 2, 2, 1, 1, 1, 1, 1],
  [1, 3, 16, 15, 6, 3, 3, 3, 3, 3, 3, 1, 1, 1],
  [2, 1, 28, 28, 32, 5, 5, 1, 1, 2, 2, 1, 1, 1],
  [1, 32, 14, 14, 12, 5, 5, 1, 1, 2, 2, 1, 1, 1],
  [1, 2, 9, 12, 3, 5, 5, 1, 2, 3, 0, 2, 2, 1],
  [2, 3, 9, 10, 4, 3, 1, 1, 1, 1, 0, 1, 1, 1],
  [1, 3, 6, 19, 4, 1, 7, 1, 1, 0, 3, 1, 2, 1],
  [1, 2, 21, 6, 4, 4, 2, 3, 1, 2, 1, 1, 1, 1],
  [2, 6, 9, 9, 8, 3, 3, 1, 1, 1, 1, 1, 1, 2],
  [1, 6, 12, 10, 9, 2, 3, 2, 1, 0, 1, 2, 1, 3],
  [2, 5, 13, 9, 5, 3, 3, 1, 1, 1, 1, 1, 1, 5],
  [1, 7, 17, 17, 7, 3, 3, 2, 2, 1, 1, 1, 1, 7],
  [1, 3, 15, 13, 3, 5, 5, 1, 1, 2, 2, 1, 1, 3],
  [1, 3, 40, 35, 3, 3, 5, 1, 1, 2, 4, 2, 2, 3],
  [1, 4, 11, 9, 12, 3, 3, 1, 1, 1, 1, 1, 1, 4],
  [1, 4, 10, 9, 8, 3, 3, 2, 3, 1, 0, 1, 2, 4],
  // Strides longer than the kernel: some inputs are read by no output.
  [1, 3, 11, 11, 4, 2, 2, 3, 3, 0, 0, 1, 1, 1],
  // A stride and a dilation with a common divisor; outputs that read padding alone.
  [1, 2, 8, 9, 3, 3, 3, 2, 4, 2, 3, 2, 2, 1],
  [1, 1, 3, 3, 2, 1, 1, 1, 1, 3, 3, 1, 1, 1],
  // Kernels as large as the image, and a stride larger than it.
  [2, 3, 7, 6, 5, 7, 6, 1, 1, 0, 0, 1, 1, 1],
  [1, 2, 3, 4, 3, 3, 3, 5, 5, 1, 0, 1, 1, 1],
  // Rows longer than a block; several blocks of channels and of rows.
  [1, 2, 2, 603, 3, 1, 9, 1, 1, 0, 4, 1, 1, 1],
  [1, 1, 2, 1100, 2, 2, 3, 1, 2, 1, 1, 1, 1, 1],
  [1, 150, 4, 5, 140, 3, 3, 1, 1, 1, 1, 1, 1, 1],
  [1, 1030, 2, 3, 9, 1, 1, 1, 1, 0, 0, 1, 1, 1],
  // Too far apart for a slab: packed cell by cell. One with more than one block of K.
  [1, 2, 2, 90001, 3, 2, 2, 1, 1, 0, 0, 1, 90000, 1],
  [1, 2, 2, 90001, 3, 2, 2, 1, 45000, 0, 0, 1, 45000, 1],
  [1, 3, 46, 46, 2, 46, 46, 1, 1, 1, 2, 1, 1, 1],
  // The same with strides: the gradient's later blocks are added at strided positions.
  [1, 8, 9, 7, 140, 3, 3, 2, 2, 1, 1, 1, 1, 1],
  [1, 3, 9, 7, 140, 3, 3, 2, 2, 1, 1, 1, 1, 1],
  // Room for the slab of a few channels only, so that they come piecemeal.
  [1, 17, 2, 28005, 2, 2, 2, 1, 1, 0, 0, 1, 28000, 1],
  [1, 7, 5, 6000, 2, 3, 2, 1, 900, 0, 0, 1, 600, 1],
  // No images.
  [0, 3, 5, 5, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1],
];

const shapes = rows.map(([N, C, H, W, O, kh, kw, sh, sw, ph, pw, dh, dw, groups]): Shape => {
  return { N, C, H, W, O, kh, kw, sh, sw, ph, pw, dh, dw, groups };
});

/** All three kernels, outputs full of rubbish before; no bias if `plain`. */
function run(
  build: Build,
  s: Shape,
  values: Operands,
  split: Split,
  plain = false,
): Results<Float32Array> {
  const bench = new Bench(build);
  const { x, w, dy, bias, y, dx, dw, read } = placed(bench, s, values, plain);
  const dims = [s.N, s.C, s.H, s.W, s.O, s.kh, s.kw, outH(s), outW(s)];
  dims.push(s.sh, s.sw, s.ph, s.pw, s.dh, s.dw, s.groups);
  const units = conv2dUnits(s.N, s.groups, outH(s), outW(s));
  const forward = (relu: number): void =>
    bench.run("conv2dF32", split(units), x, w, bias, y, relu, ...dims);
  expectRelu(forward, y);
  const gradUnits = conv2dInputGradUnits(s.N, s.groups, s.H, s.W, s.sh, s.sw);
  bench.run("conv2dInputGradF32", split(gradUnits), dy, w, dx, ...dims);
  const weightUnits = conv2dWeightGradUnits(s.C, s.kh, s.kw, s.groups);
  bench.run("conv2dWeightGradF32", split(weightUnits), x, dy, dw, ...dims);
  return read();
}

describe.each(builds)("conv2d, %s", (build) => {
  test.each(shapes.map((s) => [Object.values(s).join(" "), s] as const))("%s", (_, s) => {
    const values = operands(s, integers);
    const want = oracle(s, values);
    const got = run(build, s, values, whole);
    expectExact(got.y, want.y);
    expectExact(got.dx, want.dx);
    expectExact(got.dw, want.dw);
  });

  test("fractions come within the rounding of their sums, in any split to the same bits", () => {
    for (const s of shapes) {
      const values = operands(s, fractions);
      const got = run(build, s, values, whole);
      const again = run(build, s, values, parts);
      for (const key of ["y", "dx", "dw"] as const) expect(bits(again[key])).toBe(bits(got[key]));
      if (sizeX(s) > 10000) continue;
      const want = oracle(s, values);
      for (const key of ["y", "dx", "dw"] as const) {
        expect(worst(got[key], want[key])).toBeLessThan(2e-6);
      }
    }
  });

  test("without a bias", () => {
    const s = shapes[5]!;
    const values = operands(s, integers);
    const want = oracle(s, { ...values, bias: new Float32Array(s.O) });
    expectExact(run(build, s, values, whole, true).y, want.y);
  });

  // Not dw: a NaN in dy times the zeros of the padding is NaN there, as in PyTorch.
  test("a NaN and an infinity reach what they touch and nothing else", () => {
    const s = shapes[5]!;
    const values = operands(s, integers);
    values.x[40] = NaN;
    values.x[100] = Infinity;
    values.dy[7] = NaN;
    const want = oracle(s, values);
    const got = run(build, s, values, whole);
    expect(got.y).toEqual(Float32Array.from(want.y));
    expect(got.dx).toEqual(Float32Array.from(want.dx));
  });
});
