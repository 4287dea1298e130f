// The optimiser steps: to the bit against the same formula in float32 steps, and after ten steps
// against what PyTorch 1.13 computed.
import { describe, expect, it } from "vitest";
import { flatUnits } from "../../src/kernels/units.js";
import { Bench, builds, type Operand } from "./harness.js";
import { noise } from "./sequences.js";

const f = Math.fround;
const SIZES = [0, 1, 2, 3, 4, 5, 7, 13, 17, 33, 1023, 1024, 1025, 2051];

interface Sgd {
  lr: number;
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
}

interface Adam {
  stepSize: number;
  weight1: number;
  beta2: number;
  weight2: number;
  bc2Sqrt: number;
  eps: number;
  weightDecay: number;
  decay: number;
}

function adamScalars(
  t: number,
  o: { lr: number; betas: [number, number]; eps: number; weightDecay: number; decoupled: boolean },
): Adam {
  return {
    stepSize: o.lr / (1 - o.betas[0] ** t),
    weight1: 1 - o.betas[0],
    beta2: o.betas[1],
    weight2: 1 - o.betas[1],
    bc2Sqrt: Math.sqrt(1 - o.betas[1] ** t),
    eps: o.eps,
    weightDecay: o.decoupled ? 0 : o.weightDecay,
    decay: o.decoupled ? 1 - o.lr * o.weightDecay : 1,
  };
}

/** One step on one element, every operation rounded to float32; returns [p, buf]. */
function sgdOracle(p: number, g: number, buf: number | null, first: boolean, o: Sgd): number[] {
  let d = o.weightDecay ? f(g + f(f(o.weightDecay) * p)) : g;
  let b = 0;
  if (buf !== null) {
    b = first ? d : f(f(buf * f(o.momentum)) + f(f(1 - f(o.dampening)) * d));
    d = o.nesterov ? f(d + f(f(o.momentum) * b)) : b;
  }
  return [f(p - f(f(o.lr) * d)), b];
}

function adamOracle(p: number, g: number, m: number, v: number, o: Adam): number[] {
  const d = o.weightDecay ? f(g + f(f(o.weightDecay) * p)) : g;
  const m1 = f(m + f(f(o.weight1) * f(d - m)));
  const v1 = f(f(v * f(o.beta2)) + f(f(f(o.weight2) * d) * d));
  const denominator = f(f(f(Math.sqrt(v1)) * f(1 / f(o.bc2Sqrt))) + f(o.eps));
  return [f(f(p * f(o.decay)) - f(f(f(o.stepSize) * m1) / denominator)), m1, v1];
}

const sgdParams = (o: Sgd, first: boolean): number[] => [
  o.lr,
  o.momentum,
  o.dampening,
  o.weightDecay,
  Number(o.nesterov),
  Number(first),
];

const adamParams = (o: Adam): number[] => [
  o.stepSize,
  o.weight1,
  o.beta2,
  o.weight2,
  o.bc2Sqrt,
  o.eps,
  o.weightDecay,
  o.decay,
];

const plain: Sgd = { lr: 0.1, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false };
const sgdCases: Sgd[] = [
  plain,
  { ...plain, weightDecay: 0.01 },
  { ...plain, momentum: 0.9 },
  { ...plain, momentum: 0.9, dampening: 0.1, weightDecay: 0.01, lr: 0.05 },
  { ...plain, momentum: 0.9, nesterov: true, weightDecay: 0.01, lr: 0.05 },
];
const adamBase = { lr: 0.01, betas: [0.9, 0.999] as [number, number], eps: 1e-8 };
const adamOther = { lr: 0.02, betas: [0.8, 0.99] as [number, number], eps: 1e-6 };
const adamCases = [
  { ...adamBase, weightDecay: 0, decoupled: false },
  { ...adamOther, lr: 0.01, weightDecay: 0.05, decoupled: false },
  { ...adamBase, weightDecay: 0.01, decoupled: true },
  { ...adamOther, weightDecay: 0.1, decoupled: true },
];

describe.each(builds)("optimiser steps, %s build", (build) => {
  it.each(sgdCases)("sgdStepF32 %j rounds as its formula says", (o) => {
    const bench = new Bench(build);
    for (const n of SIZES) {
      for (const first of [true, false]) {
        const [p, g, b] = [noise(n, 1), noise(n, 2), noise(n, 3)];
        const momentum = o.momentum !== 0;
        const P = bench.put(p, 4);
        const G = bench.put(g, 8);
        const B = bench.put(b, 12);
        const buf = momentum ? B : 0;
        bench.run("sgdStepF32", flatUnits(n), P, G, buf, n, ...sgdParams(o, first));
        const want = [...p].map((x, i) => sgdOracle(x, g[i]!, momentum ? b[i]! : null, first, o));
        expect(P.read()).toEqual(Float32Array.from(want, (w) => w[0]!));
        expect(B.read()).toEqual(momentum ? Float32Array.from(want, (w) => w[1]!) : b);
        expect(G.read()).toEqual(g);
      }
    }
  });

  it.each(adamCases)("adamStepF32 %j rounds as its formula says", (o) => {
    const bench = new Bench(build);
    for (const n of SIZES) {
      const scalars = adamScalars(3, o);
      const [p, g, m] = [noise(n, 1), noise(n, 2), noise(n, 3)];
      const v = noise(n, 4).map(Math.abs);
      const P = bench.put(p, 4);
      const G = bench.put(g);
      const M = bench.put(m, 8);
      const V = bench.put(v, 12);
      bench.run("adamStepF32", flatUnits(n), P, G, M, V, n, ...adamParams(scalars));
      const want = [...p].map((x, i) => adamOracle(x, g[i]!, m[i]!, v[i]!, scalars));
      expect(P.read()).toEqual(Float32Array.from(want, (w) => w[0]!));
      expect(M.read()).toEqual(Float32Array.from(want, (w) => w[1]!));
      expect(V.read()).toEqual(Float32Array.from(want, (w) => w[2]!));
      expect(G.read()).toEqual(g);
    }
  });

  it("gives the same bits however the units are split", () => {
    const n = 5 * 1024 + 3;
    const adamRun = (ranges: [number, number][]): Float32Array[] => {
      const bench = new Bench(build);
      const operands = [1, 2, 3, 4].map((seed) => bench.put(noise(n, seed).map(Math.abs)));
      const scalars = adamParams(adamScalars(2, adamCases[1]!));
      bench.run("adamStepF32", ranges, ...operands, n, ...scalars);
      return operands.map((x) => x.read());
    };
    const sgdRun = (ranges: [number, number][]): Float32Array[] => {
      const bench = new Bench(build);
      const operands = [1, 2, 3].map((seed) => bench.put(noise(n, seed)));
      bench.run("sgdStepF32", ranges, ...operands, n, ...sgdParams(sgdCases[4]!, false));
      return operands.map((x) => x.read());
    };
    for (const run of [adamRun, sgdRun]) {
      const whole = run([[0, 6]]);
      expect(run([[5, 6], [2, 2], [0, 1], [3, 5], [1, 3]])).toEqual(whole); // prettier-ignore
    }
  });

  it("steps each of many parameters as it would alone, however the units are split", () => {
    const sizes = [5, 0, 1024, 2051, 16];
    const units = sizes.reduce((sum, n) => sum + flatUnits(n), 0);
    const kernels = [
      ["sgdStepF32", 3, sgdParams(sgdCases[4]!, false)],
      ["adamStepF32", 4, adamParams(adamScalars(3, adamCases[1]!))],
      ["adaptiveStepF32", 5, [2, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 1.5, 0.01, 0.3, 0.7, 0.5]],
    ] as const;
    for (const [name, count, scalars] of kernels) {
      const operands = (bench: Bench): Operand<Float32Array>[][] =>
        sizes.map((n, i) =>
          Array.from({ length: count }, (_, k) =>
            bench.put(noise(n, 7 * i + k).map(Math.abs), 4 * k),
          ),
        );
      const numbersOf = (i: number): number[] =>
        scalars.map((x) => (Number.isInteger(x) ? x : x / (i + 1)));
      const read = (all: Operand<Float32Array>[][]): Float32Array[][] =>
        all.map((own) => own.map((x) => x.read()));
      const alone = new Bench(build);
      const each = operands(alone);
      for (const [i, own] of each.entries()) {
        alone.run(name, flatUnits(sizes[i]!), ...own, sizes[i]!, ...numbersOf(i));
      }
      for (const ranges of [
        [[0, units]],
        [
          [4, units],
          [1, 4],
          [0, 1],
        ],
      ] as [number, number][][]) {
        const bench = new Bench(build);
        const all = operands(bench);
        bench.run(name, ranges, ...all.flatMap((own, i) => [...own, sizes[i]!, ...numbersOf(i)]));
        expect(read(all)).toEqual(read(each));
      }
    }
  });

  it("leaves finite weights alone where NaN and infinities are elsewhere", () => {
    const bench = new Bench(build);
    const p = bench.put(Float32Array.of(1, 1, 1, 1, 1));
    const g = bench.put(Float32Array.of(NaN, Infinity, 0, -0, 1));
    const zeros = (): Float32Array => new Float32Array(5);
    const m = bench.put(zeros());
    const v = bench.put(zeros());
    const scalars = adamScalars(1, adamCases[0]!);
    bench.run("adamStepF32", 1, p, g, m, v, 5, ...adamParams(scalars));
    const [a, b, ...rest] = p.read();
    expect([a, b]).toEqual([NaN, NaN]);
    expect(rest).toEqual([1, 1, f(1 - f(0.01))]);
    // Without weight decay 0 * p must not count.
    const infinities = Float32Array.from({ length: 9 }, (_, k) => (k % 3 ? Infinity : -Infinity));
    const [p9, g9] = [bench.put(infinities), bench.put(infinities.map(() => 1))];
    const [m9, v9] = [bench.put(new Float32Array(9)), bench.put(new Float32Array(9))];
    bench.run("sgdStepF32", 1, p9, g9, 0, 9, ...sgdParams(plain, false));
    expect(p9.read()).toEqual(infinities);
    bench.run("adamStepF32", 1, p9, g9, m9, v9, 9, ...adamParams(scalars));
    expect(p9.read()).toEqual(infinities);
  });

  // torch.optim, parameter P0, gradients ((7 i + 13 t) mod 11 - 5) / 8 at step t = 1 ... 10.
  const P0 = [0.5, -1.25, 2, 0.0009765625, -3];
  const gradient = (t: number): number[] => P0.map((_, i) => (((i * 7 + t * 13) % 11) - 5) / 8);
  const close = (got: Float32Array, want: number[]): void =>
    want.forEach((w, i) => {
      expect(Math.abs(got[i]! - w)).toBeLessThan(3e-7 * Math.max(1, Math.abs(w)));
    });

  it.each([
    [sgdCases[0]!, [0.43749997, -1.22500002, 1.97500002, 0.06347657, -2.98749995]],
    [sgdCases[1]!, [0.432460546, -1.21266818, 1.95520186, 0.062843971, -2.95721149]],
    [sgdCases[2]!, [0.454368293, -1.15808463, 1.90168905, 0.472608149, -3.23311782]],
    [sgdCases[3]!, [0.481727421, -1.2014637, 1.91832769, 0.228015989, -3.05922127]],
    [sgdCases[4]!, [0.435838401, -1.1672821, 1.89682126, 0.241982266, -3.02613115]],
  ])("ten steps of SGD %j end where PyTorch's do", (o, want) => {
    const bench = new Bench(build);
    const p = bench.put(Float32Array.from(P0));
    const buf = bench.put(new Float32Array(5));
    for (let t = 1; t <= 10; t++) {
      const g = bench.put(Float32Array.from(gradient(t)));
      bench.run("sgdStepF32", 1, p, g, o.momentum ? buf : 0, 5, ...sgdParams(o, t === 1));
    }
    close(p.read(), want);
  });

  it.each([
    [adamCases[0]!, [0.514064968, -1.24959624, 1.98576868, 0.0420405902, -3.02652264]],
    [adamCases[1]!, [0.503501356, -1.23822093, 1.95678365, 0.0374604985, -2.99406075]],
    [adamCases[2]!, [0.513549149, -1.2483443, 1.98377907, 0.0420140587, -3.02350211]],
    [adamCases[3]!, [0.508490384, -1.22499049, 1.93225062, 0.0734561533, -2.98238754]],
  ])("ten steps of Adam %j end where PyTorch's do", (o, want) => {
    const bench = new Bench(build);
    const p = bench.put(Float32Array.from(P0));
    const m = bench.put(new Float32Array(5));
    const v = bench.put(new Float32Array(5));
    for (let t = 1; t <= 10; t++) {
      const g = bench.put(Float32Array.from(gradient(t)));
      bench.run("adamStepF32", 1, p, g, m, v, 5, ...adamParams(adamScalars(t, o)));
    }
    close(p.read(), want);
  });
});
