// The banded product, windows and Fourier transforms against float64 loops, on both builds.
import { describe, expect, it } from "vitest";
import { Bench, builds } from "./harness.js";

/** Numbers between -1 and 1 that repeat nowhere. */
const numbers = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));

const close = (got: Float32Array, wanted: readonly number[], tolerance: number): void => {
  expect(got.length).toBe(wanted.length);
  const worst = wanted.reduce((w, v, i) => Math.max(w, Math.abs(got[i]! - v)), 0);
  expect(worst).toBeLessThanOrEqual(tolerance);
};

describe.each(builds)("the %s build", (build) => {
  it.each([
    [1, 1, 1, 1, 1],
    [2, 5, 3, 2, 1],
    [3, 7, 13, 4, 5],
    [1, 3, 2, 3, 33],
    [2, 4, 1, 1, 17],
    [3, 20, 37, 3, 1],
    [2, 9, 4, 2, 1],
  ])("bandF32: [%d, %d -> %d], %d wide, inner %d", (outer, n, m, width, inner) => {
    const bench = new Bench(build);
    const x = numbers(outer * n * inner, 1);
    const weights = numbers(m * width, 2);
    const first = Int32Array.from({ length: m }, (_, j) => (j * 3) % Math.max(1, n - width + 1));
    const count = Int32Array.from({ length: m }, (_, j) => 1 + (Math.floor(j / 5) % width));
    const out = bench.put(new Float32Array(outer * m * inner));
    const operands = [bench.put(x), bench.put(first), bench.put(count), bench.put(weights), out];
    const units = outer * m;
    const split = Math.floor(units / 2);
    // In two calls, the later half first.
    bench.run(
      "bandF32",
      [
        [split, units],
        [0, split],
      ],
      ...operands,
      n,
      m,
      width,
      inner,
    );
    const wanted = Array.from({ length: outer * m * inner }, (_, at) => {
      const [o, j, i] = [Math.floor(at / (m * inner)), Math.floor(at / inner) % m, at % inner];
      let sum = 0;
      for (let k = 0; k < count[j]!; k++) {
        sum += weights[k * m + j]! * x[(o * n + first[j]! + k) * inner + i]!;
      }
      return sum;
    });
    close(out.read(), wanted, 1e-6);
  });

  it.each([
    [1, 3, 3, 2, 2, 1, 1, 0, 0, 1, 1],
    [2, 4, 5, 3, 2, 2, 1, 1, 2, 1, 2],
    [3, 7, 1, 3, 1, 3, 1, 1, 0, 2, 1],
  ])("unfoldF32 and foldF32: %d planes of %dx%d, kernel %dx%d", (planes, H, W, kh, kw, ...rest) => {
    const [sh, sw, ph, pw, dh, dw] = rest;
    const OH = Math.floor((H + 2 * ph - dh * (kh - 1) - 1) / sh) + 1;
    const OW = Math.floor((W + 2 * pw - dw * (kw - 1) - 1) / sw) + 1;
    const bench = new Bench(build);
    const x = numbers(planes * H * W, 3);
    const columns = new Float32Array(planes * kh * kw * OH * OW);
    const back = new Array<number>(planes * H * W).fill(0);
    columns.forEach((_, at) => {
      const ow = at % OW;
      const oh = Math.floor(at / OW) % OH;
      const j = Math.floor(at / (OW * OH)) % kw;
      const i = Math.floor(at / (OW * OH * kw)) % kh;
      const [h, w] = [oh * sh - ph + i * dh, ow * sw - pw + j * dw];
      if (h < 0 || h >= H || w < 0 || w >= W) return;
      const from = (Math.floor(at / (OW * OH * kh * kw)) * H + h) * W + w;
      columns[at] = x[from]!;
      back[from]! += x[from]!;
    });
    const sizes = [H, W, OH, OW, kh, kw, sh, sw, ph, pw, dh, dw];
    const unfolded = bench.put(new Float32Array(columns.length));
    const units = planes * kh * kw;
    bench.run(
      "unfoldF32",
      [
        [1, units],
        [0, 1],
      ],
      bench.put(x),
      unfolded,
      ...sizes,
    );
    close(unfolded.read(), [...columns], 0);
    const folded = bench.put(numbers(planes * H * W, 4));
    bench.run("foldF32", planes, bench.put(columns), folded, ...sizes);
    close(folded.read(), back, 1e-6);
  });

  const smooth = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 21, 25, 32, 49, 64, 100, 105, 128, 256, 400];
  /** Lengths, and that of the convolution where they have a prime factor above 7. */
  const lengths: [n: number, m: number][] = [
    ...[...smooth, 512, 750, 1000, 1024, 2048, 4374].map((n): [number, number] => [n, n]),
    ...([
      [11, 24],
      [13, 25],
      [17, 40],
      [31, 64],
      [33, 80],
      [97, 256],
    ] satisfies [number, number][]),
    ...([
      [143, 320],
      [1009, 2048],
    ] satisfies [number, number][]),
  ];

  it.each(lengths)("fftF32 of length %d, by %d", (n, m) => {
    const rows = 3;
    const x = numbers(rows * n * 2, n);
    for (const plus of [0, 1]) {
      const bench = new Bench(build);
      const out = bench.put(new Float32Array(x.length));
      const scale = new Int32Array(new Float64Array([1 / n]).buffer);
      const sizes = [n, m, n, n, 0, 0, 0, 0, ...scale, plus];
      bench.run(
        "fftF32",
        [
          [1, 2],
          [0, 1],
        ],
        ...[bench.put(x), out, 0, rows, ...sizes],
      );
      const got = out.read();
      // A workspace of its own gives the same bits, in one unit, and so does a row alone.
      const own = bench.put(new Float32Array(x.length));
      const work = bench.put(new Uint8Array(m === n ? 80 * m : 96 * m + 16 * n));
      bench.run("fftF32", 1, bench.put(x), own, work, rows, ...sizes);
      expect(own.read()).toEqual(got);
      const second = bench.put(new Float32Array(2 * n));
      bench.run("fftF32", 1, bench.put(x.slice(2 * n, 4 * n)), second, 0, 1, ...sizes);
      expect(second.read()).toEqual(got.slice(2 * n, 4 * n));
      const sign = plus ? 1 : -1;
      const checked = n > 200 ? [0, 1, n >> 1, n - 1] : Array.from({ length: n }, (_, k) => k);
      for (let row = 0; row < rows; row++) {
        for (const k of checked) {
          let [re, im] = [0, 0];
          for (let j = 0; j < n; j++) {
            const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
            const [a, b] = [x[2 * (row * n + j)]!, x[2 * (row * n + j) + 1]!];
            re += a * Math.cos(angle) - b * Math.sin(angle);
            im += a * Math.sin(angle) + b * Math.cos(angle);
          }
          const at = 2 * (row * n + k);
          // Computed in float64: nothing but the result is rounded.
          const bound = (v: number): number => Math.abs(v) * 6e-8 + 1e-12;
          expect(Math.abs(got[at]! - re / n)).toBeLessThanOrEqual(bound(re / n));
          expect(Math.abs(got[at + 1]! - im / n)).toBeLessThanOrEqual(bound(im / n));
        }
      }
    }
  });
});
