// The Winograd kernels of convolutions of 3 x 3 and 5 x 5 taps against naive loops in float64.
//
// How far they may be off: the transforms enlarge values before they are summed up, so an error is
// small beside the largest outputs, not beside each. Over these shapes the worst is 1.6e-6 of the largest
// one (or of 1) for 3 x 3 taps, and 7.1e-6 for 5 x 5, whose eight points enlarge them more.
import { describe, expect, test } from "vitest";
import {
  winogradBlocks,
  winogradConv2dUnits,
  winogradParts,
  winogradTiles,
  winogradWeightGradUnits,
  winogradWorkspace,
} from "../../src/kernels/units/winograd.js";
import {
  bits,
  fractions,
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
import { Bench, builds, type Build, expectRelu, type Operand } from "./harness.js";

const TOLERANCE = { 3: 2e-6, 5: 1e-5 };

/** N C H W, O, paddings */
// prettier-ignore
const rows: [number, number, number, number, number, number, number][] = [
  // One tile, whole and in parts.
  [1, 1, 6, 6, 1, 0, 0],
  [1, 1, 3, 3, 1, 0, 0],
  [1, 1, 1, 1, 1, 1, 1],
  [1, 2, 2, 3, 3, 1, 1],
  [2, 3, 4, 4, 5, 1, 1],
  [1, 3, 1, 9, 2, 1, 0],
  [1, 3, 9, 2, 2, 0, 2],
  // Tiles at every edge; channels that fill neither vectors nor panels.
  [2, 5, 7, 7, 9, 1, 1],
  [3, 4, 14, 14, 8, 1, 1],
  [1, 7, 13, 17, 6, 0, 1],
  [2, 3, 11, 10, 4, 2, 2],
  [1, 9, 8, 12, 13, 2, 0],
  // More padding than the gradient by the input has taps for: it skips part of dy.
  [1, 2, 5, 6, 3, 3, 4],
  [1, 2, 2, 2, 2, 9, 6],
  // Several blocks of tiles, also of images with a single one, and rows of them longer than a block.
  [2, 2, 3, 150, 3, 1, 1],
  [37, 3, 3, 2, 2, 1, 1],
  [1, 17, 40, 29, 6, 1, 1],
  // Several blocks of channels, in and out; 64 exactly; more than the scratch could hold the kernels of.
  [1, 523, 3, 2, 11, 1, 1],
  [1, 64, 6, 7, 64, 1, 1],
  [1, 131, 5, 9, 70, 1, 1],
  [2, 65, 9, 6, 130, 1, 1],
];
const steps = { sh: 1, sw: 1, dh: 1, dw: 1, groups: 1 };
const taps = { kh: 3, kw: 3, ...steps };
const shapes = rows.map(([N, C, H, W, O, ph, pw]): Shape => {
  return { N, C, H, W, O, ph, pw, ...taps };
});
/** The same outputs, from inputs as far around them as 5 x 5 taps reach. */
const larger = shapes.map((s, i): Shape => {
  const wider = i % 2 === 0 ? { ph: s.ph + 1, pw: s.pw + 1 } : { H: s.H + 2, W: s.W + 2 };
  return { ...s, ...wider, kh: 5, kw: 5 };
});

const single: Split = (units) => Array.from({ length: units }, (_, i) => [i, i + 1]);

interface Way {
  readonly split?: Split;
  /** Transforms of the kernels beside the products, and no sums kept where that may be. */
  readonly beside?: boolean;
  /** No bias. */
  readonly plain?: boolean;
}

/** All kernels, outputs and workspaces full of rubbish before. */
function run(build: Build, s: Shape, values: Operands, way: Way = {}): Results<Float32Array> {
  const { split = whole, beside = false, plain = false } = way;
  const bench = new Bench(build);
  const { x, w, dy, bias, y, dx, dw, rubbish, read } = placed(bench, s, values, plain);
  const { N, C, H, W, O, kh, kw, ph, pw } = s;
  const [OH, OW] = [outH(s), outW(s)];
  const points = kh + 3;
  const all = kh * kw;

  /** The weight as winogradConv2dF32 wants it, and its steps. */
  const kernel = (rows: number, depth: number, ...steps: number[]): [Operand, number[]] => {
    if (beside) return [w, steps];
    const u = rubbish(winogradWorkspace(rows, depth, points));
    bench.run("winogradKernelF32", split(rows), w, u, rows, depth, ...steps, points);
    return [u, [0, 0, 0]];
  };
  const units = (height: number, width: number, rows: number): ReturnType<Split> =>
    split(winogradConv2dUnits(winogradBlocks(N, height, width, points), rows));
  const [u, steps] = kernel(O, C, all * C, all, 1);
  const dims = [N, C, H, W, O, OH, OW, ph, pw, points, ...steps];
  const forward = (relu: number): void =>
    bench.run("winogradConv2dF32", units(OH, OW, O), x, u, bias, y, relu, ...dims);
  expectRelu(forward, y);

  const [turned, back] = kernel(C, O, all, all * C, -1);
  const pads = [kh - 1 - ph, kw - 1 - pw];
  const input = [dy, turned, 0, dx, 0, N, O, OH, OW, C, H, W, ...pads, points, ...back];
  bench.run("winogradConv2dF32", units(H, W, C), ...input);

  const least = winogradParts(C, O, winogradTiles(N, OH, OW));
  const sums = beside ? least : Math.max(1, least);
  const work = sums === 0 ? dw : rubbish(sums * winogradWorkspace(O, C, points));
  const weight = [x, dy, work, N, C, H, W, O, OH, OW, ph, pw, points, sums];
  bench.run("winogradWeightGradF32", split(winogradWeightGradUnits(C, sums)), ...weight);
  if (sums > 0) bench.run("winogradTapsF32", split(O), work, dw, O, C, points, sums);
  return read();
}

const keys = ["y", "dx", "dw"] as const;

describe.each(builds)("convolution by Winograd's algorithm, %s", (build) => {
  test.each([...shapes, ...larger].map((s) => [Object.values(s).join(" "), s] as const))(
    "%s",
    (_, s) => {
      const values = operands(s, fractions);
      const want = oracle(s, values);
      const got = run(build, s, values);
      for (const key of keys) {
        expect(worst(got[key], want[key]), key).toBeLessThan(TOLERANCE[s.kh as 3 | 5]);
      }
      const ways = [{ split: parts }, { split: single }, { beside: true }];
      for (const way of [...ways, { beside: true, split: single }]) {
        const again = run(build, s, values, way);
        for (const key of keys) expect(bits(again[key]), key).toBe(bits(got[key]));
      }
    },
  );

  test("without a bias", () => {
    const s = shapes[8]!;
    const values = operands(s, fractions);
    const want = oracle(s, { ...values, bias: new Float32Array(s.O) });
    expect(worst(run(build, s, values, { plain: true }).y, want.y)).toBeLessThan(TOLERANCE[3]);
  });

  test("a NaN reaches the outputs of the tiles that read it and nothing else", () => {
    const s = { N: 2, C: 3, H: 12, W: 12, O: 5, ph: 1, pw: 1, ...taps };
    const values = operands(s, fractions);
    const clean = run(build, s, values);
    values.x[5 * 12 + 5] = NaN; // image 0, channel 0: read by the tiles of rows and columns 1 alone
    const got = run(build, s, values);
    for (let i = 0; i < got.y.length; i++) {
      const [n, row, col] = [Math.floor(i / 720), Math.floor(i / 12) % 12, i % 12];
      const touched = n === 0 && row >= 4 && row < 8 && col >= 4 && col < 8;
      expect(got.y[i]).toBe(touched ? NaN : clean.y[i]);
    }
  });
});
