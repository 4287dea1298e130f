// A convolution in naive loops, in float64: what the kernels of conv, winograd and depthwise.test.ts are held
// against, the numbers that all compute with, and the ways in which their work is split.
import { expect } from "vitest";
import type { Bench, Operand } from "./harness.js";

export interface Shape {
  N: number;
  C: number;
  H: number;
  W: number;
  O: number;
  kh: number;
  kw: number;
  sh: number;
  sw: number;
  ph: number;
  pw: number;
  dh: number;
  dw: number;
  groups: number;
}

export const outH = (s: Shape): number =>
  Math.floor((s.H + 2 * s.ph - s.dh * (s.kh - 1) - 1) / s.sh) + 1;
export const outW = (s: Shape): number =>
  Math.floor((s.W + 2 * s.pw - s.dw * (s.kw - 1) - 1) / s.sw) + 1;
export const sizeX = (s: Shape): number => s.N * s.C * s.H * s.W;
export const sizeW = (s: Shape): number => s.O * (s.C / s.groups) * s.kh * s.kw;
export const sizeY = (s: Shape): number => s.N * s.O * outH(s) * outW(s);

/** Calls `visit(x, w, y)` with the indices of every product the convolution adds to its output. */
function products(s: Shape, visit: (x: number, w: number, y: number) => void): void {
  const [OH, OW, Cg, Og] = [outH(s), outW(s), s.C / s.groups, s.O / s.groups];
  for (let n = 0; n < s.N; n++) {
    for (let o = 0; o < s.O; o++) {
      const c0 = Math.floor(o / Og) * Cg;
      for (let y = 0; y < OH * OW; y++) {
        const [h0, w0] = [Math.floor(y / OW) * s.sh - s.ph, (y % OW) * s.sw - s.pw];
        for (let tap = 0; tap < s.kh * s.kw; tap++) {
          const h = h0 + Math.floor(tap / s.kw) * s.dh;
          const w = w0 + (tap % s.kw) * s.dw;
          if (h < 0 || h >= s.H || w < 0 || w >= s.W) continue;
          for (let c = 0; c < Cg; c++) {
            const x = ((n * s.C + c0 + c) * s.H + h) * s.W + w;
            visit(x, (o * Cg + c) * s.kh * s.kw + tap, (n * s.O + o) * OH * OW + y);
          }
        }
      }
    }
  }
}

const hash = (i: number): number =>
  Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ (i >>> 3), 0x85ebca6b) >>> 9;
export const integers = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => (hash(i + seed) % 7) - 3);
export const fractions = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => (hash(i + seed) % 65536) / 32768 - 1);

export interface Operands {
  x: Float32Array;
  w: Float32Array;
  bias: Float32Array;
  dy: Float32Array;
}

export function operands(s: Shape, values: (n: number, seed: number) => Float32Array): Operands {
  return {
    x: values(sizeX(s), 1),
    w: values(sizeW(s), 1000),
    bias: values(s.O, 5000),
    dy: values(sizeY(s), 9000),
  };
}

export type Results<T> = Record<"y" | "dx" | "dw", T>;

export function oracle(s: Shape, { x, w, bias, dy }: Operands): Results<Float64Array> {
  const plane = outH(s) * outW(s);
  const y = Float64Array.from(dy, (_, i) => bias[Math.floor(i / plane) % s.O]!);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  products(s, (xi, wi, yi) => {
    y[yi]! += x[xi]! * w[wi]!;
    dx[xi]! += dy[yi]! * w[wi]!;
    dw[wi]! += dy[yi]! * x[xi]!;
  });
  return { y, dx, dw };
}

/** Operands and results of all three kernels, in a bench. */
export interface Placed {
  readonly x: Operand;
  readonly w: Operand;
  readonly dy: Operand;
  /** 0: none. */
  readonly bias: Operand | number;
  readonly y: Operand;
  readonly dx: Operand;
  readonly dw: Operand;
  /** Room for n floats, full of rubbish as the results are at first. */
  readonly rubbish: (n: number) => Operand<Float32Array>;
  readonly read: () => Results<Float32Array>;
}

/** Puts the operands into a bench, and room for the results; no bias if `plain`. */
export function placed(bench: Bench, s: Shape, values: Operands, plain: boolean): Placed {
  const [x, w, dy] = [bench.put(values.x, 4), bench.put(values.w, 12), bench.put(values.dy, 4)];
  const bias = plain ? 0 : bench.put(values.bias, 4);
  const rubbish = (n: number): Operand<Float32Array> => bench.put(new Float32Array(n).fill(NaN), 8);
  const [y, dx, dw] = [rubbish(sizeY(s)), rubbish(sizeX(s)), rubbish(sizeW(s))];
  const read = (): Results<Float32Array> => ({ y: y.read(), dx: dx.read(), dw: dw.read() });
  return { x, w, dy, bias, y, dx, dw, rubbish, read };
}

export type Split = (units: number) => [number, number][];
export const whole: Split = (units) => [[0, units]];
/** Back to front, in uneven parts, one of them empty. */
export const parts: Split = (units) => {
  const [a, b] = [Math.floor(units / 3), Math.ceil((2 * units) / 3)];
  return [
    [b, units],
    [a, a],
    [a, b],
    [0, a],
  ];
};

/** All bits as text: much faster to compare than arrays are by `toEqual`. */
export const bits = (values: Float32Array): string => Buffer.from(values.buffer).toString("base64");

/** Sums of integers are exact, but a sum of no products may be 0 or -0. */
export function expectExact(got: ArrayLike<number>, want: ArrayLike<number>): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++)
    if (got[i] !== want[i]) expect([i, got[i]]).toEqual([i, want[i]]);
}

/** The largest error beside the largest value (or 1); NaN where a result is. */
export function worst(got: Float32Array, want: Float64Array): number {
  const scale = want.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  return want.reduce((most, v, i) => Math.max(most, Math.abs(v - got[i]!)), 0) / scale;
}
