// The kernels of depthwise convolutions against naive loops in float64. Operands are small integers, so
// that every sum is exact and must come out to the bit; one test uses fractions.
import { describe, expect, test } from "vitest";
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
  type Split,
  whole,
  worst,
} from "./convOracle.js";
import { Bench, builds, type Build, expectRelu } from "./harness.js";

/** N C H W, paddings */
// prettier-ignore
const rows: [number, number, number, number, number, number][] = [
  // Fewer than four columns, one row; then every remainder of both.
  [1, 1, 1, 1, 1, 1],
  [2, 3, 3, 3, 0, 0],
  [1, 2, 1, 2, 1, 2],
  [2, 2, 2, 3, 2, 0],
  [1, 3, 3, 5, 1, 1],
  [1, 2, 4, 4, 1, 1],
  [2, 5, 5, 6, 1, 1],
  [1, 3, 13, 17, 2, 2],
  [1, 4, 7, 7, 1, 1],
  [3, 2, 8, 9, 0, 1],
  [2, 7, 28, 28, 1, 1],
  // Several bands, the last one of an odd number of rows; rows that leave room for two only.
  [1, 2, 75, 66, 1, 1],
  [1, 1, 5, 3001, 1, 1],
  [1, 1, 3, 59999, 1, 2],
  [0, 3, 5, 5, 1, 1],
];
const taps = { kh: 3, kw: 3, sh: 1, sw: 1, dh: 1, dw: 1 };
const shapes = rows.map(([N, C, H, W, ph, pw]): Shape => {
  return { N, C, H, W, O: C, ph, pw, ...taps, groups: C };
});

/** All kernels, outputs full of rubbish before; no bias if `plain`. */
function run(
  build: Build,
  s: Shape,
  values: Operands,
  split: Split,
  plain = false,
): Results<Float32Array> {
  const bench = new Bench(build);
  const { x, w, dy, bias, y, dx, dw, read } = placed(bench, s, values, plain);
  const { N, C, H, W, ph, pw } = s;
  const [OH, OW] = [outH(s), outW(s)];
  const planes = split(N * C);
  const forward = (relu: number): void =>
    bench.run("depthwiseF32", planes, x, w, bias, y, relu, N, C, H, W, OH, OW, ph, pw, 1);
  expectRelu(forward, y);
  bench.run("depthwiseF32", planes, dy, w, 0, dx, 0, N, C, OH, OW, H, W, 2 - ph, 2 - pw, -1);
  bench.run("depthwiseWeightGradF32", split(C), x, dy, dw, N, C, H, W, OH, OW, ph, pw);
  return read();
}

const keys = ["y", "dx", "dw"] as const;

describe.each(builds)("depthwise convolution, %s", (build) => {
  test.each(shapes.map((s) => [Object.values(s).join(" "), s] as const))("%s", (_, s) => {
    const values = operands(s, integers);
    const want = oracle(s, values);
    const got = run(build, s, values, whole);
    for (const key of keys) expectExact(got[key], want[key]);
    expectExact(
      run(build, s, values, whole, true).y,
      oracle(s, { ...values, bias: values.bias.map(() => 0) }).y,
    );
  });

  test("fractions come within the rounding of their sums, in any split to the same bits", () => {
    for (const s of shapes) {
      const values = operands(s, fractions);
      const got = run(build, s, values, whole);
      const again = run(build, s, values, parts);
      const want = oracle(s, values);
      for (const key of keys) {
        expect(bits(again[key])).toBe(bits(got[key]));
        expect(worst(got[key], want[key])).toBeLessThan(2e-6);
      }
    }
  });

  test("a NaN and an infinity reach what they touch and nothing else", () => {
    const s = shapes[7]!;
    const values = operands(s, integers);
    values.x[40] = NaN;
    values.x[300] = Infinity;
    values.dy[16] = -Infinity;
    const want = oracle(s, values);
    const got = run(build, s, values, whole);
    expect(got.y).toEqual(Float32Array.from(want.y));
    expect(got.dx).toEqual(Float32Array.from(want.dx));
  });
});
