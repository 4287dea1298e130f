// Pooling kernels against naive loops in float64. Values are small integers where sums are
// compared, so the oracle's sums are exact; maxima are exact anyway.
import { describe, expect, test } from "vitest";
import { Bench, builds } from "./harness.js";

interface Case {
  planes: number;
  H: number;
  W: number;
  kh: number;
  kw: number;
  sh: number;
  sw: number;
  ph: number;
  pw: number;
  dh: number;
  dw: number;
  ceil: boolean;
}

/** [planes, H, W, kh, kw, sh, sw, ph, pw, dh, dw, ceil] */
type Row = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  boolean,
];

// prettier-ignore
const rows: Row[] = [
  [3, 28, 28, 2, 2, 2, 2, 0, 0, 1, 1, false],
  [2, 14, 14, 2, 2, 2, 2, 0, 0, 1, 1, false],
  [2, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, false],
  [2, 5, 7, 2, 3, 1, 2, 1, 1, 1, 1, false],
  [2, 5, 7, 3, 2, 2, 3, 1, 1, 1, 1, true],
  [1, 13, 17, 3, 3, 2, 2, 1, 1, 1, 1, true],
  [1, 17, 33, 3, 5, 1, 1, 1, 2, 1, 1, false],
  [1, 17, 33, 5, 3, 3, 4, 2, 1, 1, 1, true],
  [2, 7, 7, 7, 7, 7, 7, 0, 0, 1, 1, false],
  [1, 9, 23, 3, 3, 1, 1, 1, 1, 2, 2, false],
  [1, 11, 24, 2, 3, 2, 2, 1, 2, 3, 2, true],
  [1, 1, 40, 1, 4, 1, 4, 0, 2, 1, 1, true],
  [0, 6, 6, 2, 2, 2, 2, 0, 0, 1, 1, false],
];

const cases = rows.map(([planes, H, W, kh, kw, sh, sw, ph, pw, dh, dw, ceil]): Case => {
  return { planes, H, W, kh, kw, sh, sw, ph, pw, dh, dw, ceil };
});
const name = (c: Case): string => Object.values(c).join(" ");

/** [planes, H, W, OH, OW]: adaptive windows, in one or both dims. */
const adaptive: [number, number, number, number, number][] = [
  [2, 7, 5, 3, 2],
  [1, 5, 13, 7, 5],
  [2, 1, 33, 1, 7],
  [1, 17, 3, 5, 3],
  [2, 3, 4, 1, 1],
  [1, 2, 3, 0, 3],
  [0, 5, 5, 2, 2],
];

/** PyTorch's size rule: with ceil, the last window still begins inside the input or left padding. */
function outSize(n: number, k: number, s: number, p: number, d: number, ceil: boolean): number {
  const room = n + 2 * p - d * (k - 1) - 1;
  const size = (ceil ? Math.ceil(room / s) : Math.floor(room / s)) + 1;
  return ceil && (size - 1) * s >= n + p ? size - 1 : size;
}

/** Calls `visit` for every output of every plane with the cells of its window, row by row. */
function windows(
  c: Case,
  visit: (out: number, plane: number, cells: number[], padded: number) => void,
): void {
  const OH = outSize(c.H, c.kh, c.sh, c.ph, c.dh, c.ceil);
  const OW = outSize(c.W, c.kw, c.sw, c.pw, c.dw, c.ceil);
  let out = 0;
  for (let plane = 0; plane < c.planes; plane++) {
    for (let oh = 0; oh < OH; oh++) {
      for (let ow = 0; ow < OW; ow++) {
        const cells: number[] = [];
        let padded = 0;
        for (let i = 0; i < c.kh; i++) {
          for (let j = 0; j < c.kw; j++) {
            const h = oh * c.sh - c.ph + i * c.dh;
            const w = ow * c.sw - c.pw + j * c.dw;
            if (h < c.H + c.ph && w < c.W + c.pw) padded++;
            if (h >= 0 && h < c.H && w >= 0 && w < c.W) cells.push(h * c.W + w);
          }
        }
        visit(out++, plane, cells, padded);
      }
    }
  }
}

function sizes(c: Case): { input: number; output: number; params: number[] } {
  const OH = outSize(c.H, c.kh, c.sh, c.ph, c.dh, c.ceil);
  const OW = outSize(c.W, c.kw, c.sw, c.pw, c.dw, c.ceil);
  const params = [c.H, c.W, OH, OW, c.kh, c.kw, c.sh, c.sw, c.ph, c.pw];
  return { input: c.H * c.W, output: OH * OW, params };
}

/** Deterministic integers of -9 ... 9, some equal, with the specials sprinkled in. */
function values(n: number, specials: number[] = []): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => {
    const r = (Math.imul(i + 7, 2654435761) >>> 8) % 1000;
    return r < 8 * specials.length ? specials[r % specials.length]! : (r % 19) - 9;
  });
}

const split = (units: number): [number, number][] => {
  const cut = Math.floor(units / 3);
  return [
    [cut, units],
    [0, cut],
    [cut, cut],
  ];
};

describe.each(builds)("pooling, %s", (build) => {
  test.each(cases.map((c) => [name(c), c] as const))("max %s", (_, c) => {
    const { input, output, params } = sizes(c);
    for (const specials of [[], [NaN, Infinity, -Infinity, -0]]) {
      const bench = new Bench(build);
      const data = values(c.planes * input, specials);
      const x = bench.put(data, 4);
      const want = new Float32Array(c.planes * output);
      const wantIndices = new Int32Array(c.planes * output);
      windows(c, (o, plane, cells) => {
        let best = -Infinity;
        let index = cells[0] ?? -1;
        for (const cell of cells) {
          const v = data[plane * input + cell]!;
          if (v > best || Number.isNaN(v)) {
            best = v;
            index = cell;
          }
        }
        want[o] = best;
        wantIndices[o] = index;
      });
      for (const units of [c.planes, split(c.planes)]) {
        const out = bench.put(new Float32Array(c.planes * output).fill(7), 4);
        const indices = bench.put(new Int32Array(c.planes * output).fill(7));
        bench.run("maxPool2dF32", units, x, out, indices, ...params, c.dh, c.dw);
        expect(out.read()).toEqual(want);
        expect(indices.read()).toEqual(wantIndices);
      }
    }
  });

  test.each(cases.map((c) => [name(c), c] as const))("max's gradients %s", (_, c) => {
    const { input, output, params } = sizes(c);
    const bench = new Bench(build);
    const data = values(c.planes * input);
    const x = bench.put(data);
    const out = bench.put(new Float32Array(c.planes * output));
    const indices = bench.put(new Int32Array(c.planes * output));
    bench.run("maxPool2dF32", c.planes, x, out, indices, ...params, c.dh, c.dw);
    const dy = bench.put(values(c.planes * output, [0.5]));
    const want = new Float32Array(c.planes * input);
    windows(c, (o, plane) => {
      const index = indices.read()[o]!;
      if (index >= 0) want[plane * input + index]! += dy.read()[o]!;
    });
    for (const units of [c.planes, split(c.planes)]) {
      const dx = bench.put(new Float32Array(c.planes * input).fill(7));
      bench.run("maxPool2dGradF32", units, dy, indices, dx, input, output);
      expect(dx.read()).toEqual(want);
      const gathered = bench.put(new Float32Array(c.planes * output).fill(7));
      bench.run("maxPool2dGather32", units, x, indices, gathered, input, output);
      expect(gathered.read()).toEqual(out.read().map((v, o) => (indices.read()[o]! < 0 ? 0 : v)));
    }
  });

  test.each(cases.filter((c) => c.dh === 1 && c.dw === 1).map((c) => [name(c), c] as const))(
    "average and its gradient %s",
    (_, c) => {
      const { input, output, params } = sizes(c);
      for (const countPad of [0, 1]) {
        const bench = new Bench(build);
        const data = values(c.planes * input);
        const grads = values(c.planes * output);
        const [x, dy] = [bench.put(data, 8), bench.put(grads, 4)];
        const want = new Float32Array(c.planes * output);
        const wantGrad = new Float64Array(c.planes * input);
        windows(c, (o, plane, cells, padded) => {
          const count = countPad ? padded : cells.length;
          const at = plane * input;
          want[o] = cells.reduce((sum, cell) => sum + data[at + cell]!, 0) / count;
          for (const cell of cells) wantGrad[at + cell]! += grads[o]! / count;
        });
        for (const units of [c.planes, split(c.planes)]) {
          const out = bench.put(new Float32Array(c.planes * output).fill(7), 4);
          bench.run("avgPool2dF32", units, x, out, ...params, countPad, 0);
          expect(out.read()).toEqual(want);
          const dx = bench.put(new Float32Array(c.planes * input).fill(7));
          bench.run("avgPool2dGradF32", units, dy, dx, ...params, countPad, 0);
          dx.read().forEach((v, i) => expect(Math.abs(v - wantGrad[i]!)).toBeLessThan(1e-5));
        }
      }
    },
  );

  test.each(adaptive)("adaptive, %i planes of %i x %i to %i x %i", (planes, H, W, OH, OW) => {
    const data = values(planes * H * W);
    const grads = values(planes * OH * OW);
    const means = new Float32Array(planes * OH * OW);
    const shares = new Float64Array(planes * H * W);
    const maxima = new Float32Array(planes * OH * OW);
    for (let o = 0; o < means.length; o++) {
      const [plane, oh, ow] = [Math.floor(o / (OH * OW)), Math.floor(o / OW) % OH, o % OW];
      const cells: number[] = [];
      for (let h = Math.floor((oh * H) / OH); h < ((oh + 1) * H) / OH; h++) {
        for (let w = Math.floor((ow * W) / OW); w < ((ow + 1) * W) / OW; w++) {
          cells.push((plane * H + h) * W + w);
        }
      }
      means[o] = cells.reduce((sum, cell) => sum + data[cell]!, 0) / cells.length;
      maxima[o] = Math.max(...cells.map((cell) => data[cell]!));
      for (const cell of cells) shares[cell]! += grads[o]! / cells.length;
    }
    const params = [H, W, OH, OW, 0, 0, 0, 0, 0, 0];
    const bench = new Bench(build);
    const [x, dy] = [bench.put(data, 8), bench.put(grads, 4)];
    for (const units of [planes, split(planes)]) {
      const out = bench.put(new Float32Array(means.length).fill(7), 4);
      bench.run("avgPool2dF32", units, x, out, ...params, 0, 0);
      expect(out.read()).toEqual(means);
      const dx = bench.put(new Float32Array(data.length).fill(7));
      bench.run("avgPool2dGradF32", units, dy, dx, ...params, 0, 0);
      dx.read().forEach((v, i) => expect(Math.abs(v - shares[i]!)).toBeLessThan(1e-5));
      const indices = bench.put(new Int32Array(means.length).fill(7));
      bench.run("maxPool2dF32", units, x, out, indices, ...params, 1, 1);
      expect(out.read()).toEqual(maxima);
      indices.read().forEach((index, o) => {
        expect(data[Math.floor(o / (OH * OW)) * H * W + index]).toBe(maxima[o]);
      });
    }
  });

  test("adaptive rows and ordinary columns: a pass along the depth", () => {
    const [H, W, OH] = [5, 9, 3];
    const data = values(H * W);
    const bench = new Bench(build);
    const x = bench.put(data);
    const out = bench.put(new Float32Array(OH * W));
    const indices = bench.put(new Int32Array(OH * W));
    const params = [H, W, OH, W, 0, 1, 0, 1, 0, 0];
    const rows = [[0, 1], [1, 2, 3], [3, 4]]; // prettier-ignore
    const column = (o: number): number[] =>
      rows[Math.floor(o / W)]!.map((h) => data[h * W + (o % W)]!);
    bench.run("avgPool2dF32", 1, x, out, ...params, 0, 0);
    const means = Float32Array.from({ length: OH * W }, (_, o) => {
      const cells = column(o);
      return cells.reduce((a, b) => a + b, 0) / cells.length;
    });
    expect(out.read()).toEqual(means);
    bench.run("maxPool2dF32", 1, x, out, indices, ...params, 1, 1);
    expect(out.read()).toEqual(means.map((_, o) => Math.max(...column(o))));
  });

  test.each([3, -2])("a divisor of %i in the place of the count", (divisor) => {
    const bench = new Bench(build);
    const data = values(7 * 9);
    const x = bench.put(data);
    const out = bench.put(new Float32Array(4 * 5));
    const params = [7, 9, 4, 5, 3, 3, 2, 2, 1, 1, 1, divisor];
    bench.run("avgPool2dF32", 1, x, out, ...params);
    const c = cases.find((one) => one.H === 5)!;
    const want = new Float32Array(4 * 5);
    const geometry = { ...c, planes: 1, H: 7, W: 9, kh: 3, kw: 3, sh: 2, sw: 2, ph: 1, pw: 1 };
    const shares = new Float64Array(7 * 9);
    windows({ ...geometry, ceil: false }, (o, _, cells) => {
      want[o] = cells.reduce((sum, cell) => sum + data[cell]!, 0) / divisor;
      for (const cell of cells) shares[cell]! += want[o] / divisor;
    });
    expect(out.read()).toEqual(want);
    const dx = bench.put(new Float32Array(7 * 9).fill(7));
    bench.run("avgPool2dGradF32", 1, out, dx, ...params);
    dx.read().forEach((v, i) => expect(Math.abs(v - shares[i]!)).toBeLessThan(1e-5));
  });

  test("unpooling: the last of several stays, and the first bad index is told of", () => {
    const bench = new Bench(build);
    const x = bench.put(Float32Array.of(1, 2, 3, 4, 5, 6));
    for (const units of [2, split(2)]) {
      const out = bench.put(new Float32Array(8).fill(7));
      const status = bench.put(Int32Array.of(-1));
      const good = bench.put(Int32Array.of(3, 0, 3, 1, 2, 0));
      bench.run("maxUnpool2dF32", units, x, good, out, status, 3, 4);
      expect([...out.read()]).toEqual([2, 0, 0, 3, 6, 4, 5, 0]);
      expect([...status.read()]).toEqual([-1]);
      const bad = bench.put(Int32Array.of(3, 0, 1, 1, -1, 4));
      bench.run("maxUnpool2dF32", units, x, bad, out, status, 3, 4);
      expect([...status.read()]).toEqual([4]);
    }
  });

  test("a dilated window that holds no element gives -inf at index -1, and no gradient", () => {
    const bench = new Bench(build);
    const x = bench.put(Float32Array.of(5));
    const out = bench.put(new Float32Array(2));
    const indices = bench.put(new Int32Array(2));
    bench.run("maxPool2dF32", 1, x, out, indices, 1, 1, 1, 2, 1, 2, 1, 1, 0, 2, 1, 3);
    expect([...out.read()]).toEqual([-Infinity, -Infinity]);
    expect([...indices.read()]).toEqual([-1, -1]);
    const dx = bench.put(new Float32Array(1).fill(7));
    bench.run("maxPool2dGradF32", 1, out, indices, dx, 1, 2);
    expect([...dx.read()]).toEqual([0]);
    const gathered = bench.put(new Float32Array(2).fill(7));
    bench.run("maxPool2dGather32", 1, x, indices, gathered, 1, 2);
    expect([...gathered.read()]).toEqual([0, 0]);
  });
});
