// Softmax, log-softmax, cross-entropy and negative log-likelihood kernels, with their gradients,
// against plain loops in float64.
import { describe, expect, test } from "vitest";
import { softmaxUnits } from "../../src/kernels/units.js";
import { Bench, type Build, builds } from "./harness.js";
import { floats } from "./sequences.js";

const numbers = (n: number, scale: number, seed = 1): Float32Array => floats(n, seed, scale);

type Line = number[];

/** Applies `fn` to each line along the middle of [outer, R, inner] of one or two arrays. */
function overMiddle(
  arrays: readonly ArrayLike<number>[],
  [outer, R, inner]: readonly [number, number, number],
  fn: (...lines: Line[]) => Line,
): number[] {
  const out = new Array<number>(outer * R * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (r: number): number => (o * R + r) * inner + i;
      const lines = arrays.map((a) => Array.from({ length: R }, (_, r) => a[at(r)]!));
      fn(...lines).forEach((v, r) => (out[at(r)] = v));
    }
  }
  return out;
}

const add = (list: Line): number => list.reduce((a, b) => a + b, 0);

function logSoftmaxOf(x: Line): Line {
  const m = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const l = Math.log(add(x.map((v) => Math.exp(v - m))));
  return x.map((v) => v - m - l);
}

const oracles = {
  softmaxF32: (x: Line) => logSoftmaxOf(x).map(Math.exp),
  logSoftmaxF32: logSoftmaxOf,
  softmaxGradF32: (dy: Line, y: Line) => {
    const s = add(dy.map((v, i) => v * y[i]!));
    return dy.map((v, i) => (v - s) * y[i]!);
  },
  logSoftmaxGradF32: (dy: Line, y: Line) => {
    const s = add(dy);
    return dy.map((v, i) => v - Math.exp(y[i]!) * s);
  },
};

/** Each within `relative` of the wanted value, or within `absolute`; NaN and infinities exactly. */
function expectClose(
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  absolute: number,
  relative = 2e-6,
): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [got[i]!, wanted[i]!];
    const inFloat32 = Math.fround(b);
    const fine = Number.isFinite(inFloat32)
      ? Math.abs(a - b) <= absolute + relative * Math.abs(b)
      : Object.is(a, inFloat32);
    if (!fine) expect.fail(`element ${i}: got ${a}, wanted ${b}`);
  }
}

/** Element by element; expect's own comparison of long arrays takes a second. */
function expectSame(got: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    if (!Object.is(got[i], wanted[i]))
      expect.fail(`element ${i}: got ${got[i]}, wanted ${wanted[i]}`);
  }
}

// prettier-ignore
const shapes: [number, number, number][] = [
  [0, 3, 1], [1, 1, 1], [3, 1, 5], [2, 3, 1], [5, 5, 1], [3, 7, 1], [2, 10, 1], [1, 13, 1], [4, 17, 1], [3, 33, 1],
  [2, 1023, 1], [1, 1024, 1], [2, 1025, 1], [1, 5003, 1],
  [2, 5, 2], [1, 300, 3], [2, 7, 4], [3, 5, 5], [1, 3, 7], [2, 4, 13], [2, 255, 17], [1, 257, 33], [1, 600, 6],
  [1, 2, 511], [2, 3, 512], [1, 3, 1023], [2, 2, 1025], [1, 4, 1537],
];

function ofAll(build: Build): void {
  test.each(shapes)("[%i, %i, %i]: forward, gradients, split units", (outer, R, inner) => {
    const n = outer * R * inner;
    const shape = [outer, R, inner] as const;
    const units = softmaxUnits(outer, inner);
    const x = numbers(n, 4);
    const dy = numbers(n, 2, 7);
    const bench = new Bench(build);
    const px = bench.put(x, 4);
    const pdy = bench.put(dy);
    for (const forward of ["softmaxF32", "logSoftmaxF32"] as const) {
      const out = bench.put(new Float32Array(n), 8);
      bench.run(forward, units, px, out, R, inner);
      const y = out.read();
      expectClose(y, overMiddle([x], shape, oracles[forward]), 2e-6, 4e-6);
      const backward = forward === "softmaxF32" ? "softmaxGradF32" : "logSoftmaxGradF32";
      const dx = bench.put(new Float32Array(n), 12);
      bench.run(backward, units, pdy, out, dx, R, inner);
      expectClose(dx.read(), overMiddle([dy, y], shape, oracles[backward]), 1e-5);
      const cuts: [number, number][] = [[units >> 1, units], [0, units >> 1]]; // prettier-ignore
      const again = bench.put(new Float32Array(n));
      bench.run(forward, cuts, px, again, R, inner);
      expectSame(again.read(), y);
      const dxAgain = bench.put(new Float32Array(n));
      bench.run(backward, cuts, pdy, out, dxAgain, R, inner);
      expectSame(dxAgain.read(), dx.read());
    }
  });

  test.each([1, 3, 4, 6])("infinities, NaN and extremes, inner = %i", (inner) => {
    const lines = [
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      [0, Infinity, 0, 1, 2],
      [0, 1, NaN, 1, 2],
      [-Infinity, 1, 2, -Infinity, 3],
      [3e38, -3e38, 0, 1, 2],
      [1000, 999, 998, -1000, 1000],
      [-0, 0, -0, 0, -0],
    ];
    const shape = [lines.length, 5, inner] as const;
    const x = new Float32Array(lines.length * 5 * inner);
    lines.forEach((line, o) =>
      line.forEach((v, r) => x.fill(v, (o * 5 + r) * inner, (o * 5 + r + 1) * inner)),
    );
    const bench = new Bench(build);
    const px = bench.put(x);
    for (const name of ["softmaxF32", "logSoftmaxF32"] as const) {
      const out = bench.put(new Float32Array(x.length));
      bench.run(name, softmaxUnits(lines.length, inner), px, out, 5, inner);
      expectClose(out.read(), overMiddle([x], shape, oracles[name]), 1e-6);
    }
  });

  test.each([1, 3, 6])("terms down to the least subnormal, inner = %i", (inner) => {
    const line = [0, -86, -95, -100, -103, -103.9, -105, -120, -1e30, -Infinity];
    const x = new Float32Array(line.length * inner);
    line.forEach((v, r) => x.fill(v, r * inner, (r + 1) * inner));
    const bench = new Bench(build);
    const out = bench.put(new Float32Array(x.length));
    bench.run("softmaxF32", 1, bench.put(x), out, line.length, inner);
    const got = out.read();
    line.forEach((v, r) => {
      for (let i = 0; i < inner; i++) {
        const error = Math.abs(got[r * inner + i]! - Math.exp(v));
        expect(error, `exp(${v})`).toBeLessThanOrEqual(2 ** -149 + 1e-5 * Math.exp(v));
      }
    });
    expect(got.slice(6 * inner).every((v) => Object.is(v, 0))).toBe(true);
    const [dy, dx] = [bench.put(new Float32Array(x.length).fill(3)), bench.put(x)];
    bench.run("logSoftmaxGradF32", 1, dy, bench.put(x), dx, line.length, inner);
    expect(dx.read().slice(7 * inner).every((v) => v === 3)).toBe(true); // prettier-ignore
  });

  test("a long row's sum does not lose small terms", () => {
    const R = 1 << 18;
    const bench = new Bench(build);
    const out = bench.put(new Float32Array(R));
    bench.run("softmaxF32", 1, bench.put(new Float32Array(R).fill(0.3)), out, R, 1);
    expect(out.read().every((v) => v === 1 / R)).toBe(true);
  });
}

interface Loss {
  loss: number[];
  rowWeight: number[];
  dx: number[];
}

interface Problem {
  N: number;
  C: number;
  x: Float32Array;
  target: Int32Array;
  weight: Float32Array | null;
  ignoreIndex: number;
  smoothing: number;
  g: Float32Array;
}

function crossEntropyOf(p: Problem): Loss {
  const out: Loss = { loss: [], rowWeight: [], dx: [] };
  const w = p.weight ?? new Float32Array(p.C).fill(1);
  for (let n = 0; n < p.N; n++) {
    const y = p.target[n]!;
    const keep = y !== p.ignoreIndex;
    const logp = logSoftmaxOf([...p.x.subarray(n * p.C, (n + 1) * p.C)]);
    const q = logp.map((_, c) => w[c]! * ((c === y ? 1 - p.smoothing : 0) + p.smoothing / p.C));
    const all = add(q);
    out.loss.push(keep ? -add(logp.map((l, c) => (q[c] === 0 ? 0 : l * q[c]!))) : 0);
    out.rowWeight.push(keep ? w[y]! : 0);
    out.dx.push(...logp.map((l, c) => (keep ? p.g[n]! * (Math.exp(l) * all - q[c]!) : 0)));
  }
  return out;
}

function nllOf(p: Problem): Loss {
  const out: Loss = { loss: [], rowWeight: [], dx: [] };
  for (let n = 0; n < p.N; n++) {
    const y = p.target[n]!;
    const w = y === p.ignoreIndex ? 0 : (p.weight?.[y] ?? 1);
    out.loss.push(w === 0 ? 0 : -w * p.x[n * p.C + y]!);
    out.rowWeight.push(w);
    for (let c = 0; c < p.C; c++) out.dx.push(c === y ? -w * p.g[n]! : 0);
  }
  return out;
}

/** Runs loss and gradient kernel over the given ranges of rows. */
function runLoss(
  build: Build,
  p: Problem,
  nll: boolean,
  rows: [number, number][],
): Loss & { status: number } {
  const bench = new Bench(build);
  const x = bench.put(p.x, 4);
  const target = bench.put(p.target);
  const weight = p.weight === null ? 0 : bench.put(p.weight, 8);
  const g = bench.put(p.g);
  const [loss, rowWeight] = [bench.put(new Float32Array(p.N)), bench.put(new Float32Array(p.N))];
  const lse = bench.put(new Float32Array(2 * p.N));
  const status = bench.put(Int32Array.of(-1));
  const dx = bench.put(new Float32Array(p.N * p.C).fill(7), 12);
  const rest = [p.C, 1, p.ignoreIndex] as const;
  if (nll) {
    bench.run("nllLossF32", rows, x, target, weight, loss, rowWeight, status, p.C, p.ignoreIndex);
    bench.run("nllLossGradF32", rows, target, weight, g, dx, ...rest);
  } else {
    const outs = [loss, lse, rowWeight, status] as const;
    bench.run("crossEntropyF32", rows, x, target, weight, ...outs, p.C, p.ignoreIndex, p.smoothing);
    bench.run("crossEntropyGradF32", rows, x, lse, target, weight, g, dx, ...rest, p.smoothing);
  }
  return {
    loss: [...loss.read()],
    rowWeight: [...rowWeight.read()],
    dx: [...dx.read()],
    status: status.read()[0]!,
  };
}

function problem(N: number, C: number, extra: Partial<Problem> = {}): Problem {
  const target = Int32Array.from({ length: N }, (_, n) => (n % 3 === 2 ? -100 : (n * 7 + 1) % C));
  const fixed = { weight: null, ignoreIndex: -100, smoothing: 0 };
  return { N, C, x: numbers(N * C, 5), target, ...fixed, g: numbers(N, 1, 3), ...extra };
}

const problems: [string, Problem][] = [
  1, 2, 3, 4, 5, 7, 8, 10, 13, 17, 33, 1023, 1025, 2100,
].flatMap((C) => {
  const weight = numbers(C, 1, 9).map((v) => v + 1.5);
  return [
    [`${C} classes`, problem(5, C)],
    [`${C} classes, weights`, problem(5, C, { weight })],
    [`${C} classes, smoothing`, problem(4, C, { smoothing: 0.25 })],
    [`${C} classes, weights, smoothing`, problem(4, C, { weight, smoothing: 0.25 })],
    [`${C} classes, class 0 ignored`, problem(5, C, { ignoreIndex: 0, target: new Int32Array(5) })],
  ];
});

function ofLosses(build: Build): void {
  test.each(problems)("%s", (_, p) => {
    const rows: [number, number][] = [[0, p.N]];
    const cuts: [number, number][] = [[2, p.N], [0, 1], [1, 2]]; // prettier-ignore
    for (const nll of p.smoothing === 0 ? [false, true] : [false]) {
      const wanted = nll ? nllOf(p) : crossEntropyOf(p);
      const got = runLoss(build, p, nll, rows);
      expect(got.status).toBe(-1);
      expectClose(got.loss, wanted.loss, 2e-6, 4e-6);
      expectClose(got.rowWeight, wanted.rowWeight, 0, 0);
      expectClose(got.dx, wanted.dx, 2e-6);
      const again = runLoss(build, p, nll, cuts);
      for (const part of ["loss", "rowWeight", "dx"] as const) expectSame(again[part], got[part]);
    }
  });

  test.each([[5], [-1], [-101], [2147483647], [-2147483648]])(
    "class %i of 5 is reported by its first row, whatever the order of the units",
    (bad) => {
      const target = Int32Array.of(1, bad, -100, 2, 7, bad);
      const p = problem(6, 5, { target, weight: new Float32Array(5).fill(1) });
      const cuts: [number, number][] = [[3, 6], [0, 3]]; // prettier-ignore
      for (const nll of [false, true]) {
        expect(runLoss(build, p, nll, [[0, 6]]).status).toBe(1);
        expect(runLoss(build, p, nll, cuts).status).toBe(1);
      }
    },
  );

  test("large logits keep the digits of the loss and of its gradient", () => {
    const near = Float32Array.of(1000, 1000.5, 998.25, 1000);
    const p = problem(1, 4, { x: near, target: Int32Array.of(2), g: Float32Array.of(1) });
    const got = runLoss(build, p, false, [[0, 1]]);
    const wanted = crossEntropyOf(p);
    expectClose(got.loss, wanted.loss, 0, 3e-7);
    expectClose(got.dx, wanted.dx, 0, 1e-6);
  });

  test("one factor for all rows", () => {
    const p = problem(4, 6, {
      target: Int32Array.of(0, 5, 2, 2),
      g: new Float32Array(4).fill(0.25),
    });
    const wanted = runLoss(build, p, false, [[0, 4]]).dx;
    const bench = new Bench(build);
    const [x, target] = [bench.put(p.x), bench.put(p.target)];
    const [loss, rowWeight] = [bench.put(new Float32Array(4)), bench.put(new Float32Array(4))];
    const lse = bench.put(new Float32Array(8));
    const [status, dx] = [bench.put(Int32Array.of(-1)), bench.put(new Float32Array(24))];
    bench.run("crossEntropyF32", 4, x, target, 0, loss, lse, rowWeight, status, 6, -100, 0);
    const g = bench.put(Float32Array.of(0.25));
    bench.run("crossEntropyGradF32", 4, x, lse, target, 0, g, dx, 6, 0, -100, 0);
    expect([...dx.read()]).toEqual(wanted);
  });
}

describe.each(builds)("softmax, %s build", ofAll);
describe.each(builds)("losses, %s build", ofLosses);
