// adaptiveStepF32 to the bit against its formulas in float32 steps, in every mode, at every tail.
import { describe, expect, it } from "vitest";
import { flatUnits } from "../../src/kernels/units.js";
import { Bench, builds } from "./harness.js";
import { noise } from "./sequences.js";

const f = Math.fround;
const SIZES = [0, 1, 2, 3, 4, 5, 7, 13, 33, 1023, 1024, 1025, 2051];

interface Step {
  mode: number;
  weightDecay: number;
  keep: number;
  lr: number;
  alpha: number;
  restA: number;
  beta: number;
  restB: number;
  scale: number;
  eps: number;
  direct: number;
  mean: number;
  momentum: number;
}

const step: Step = {
  ...{ mode: 0, weightDecay: 0, keep: 1, lr: 0.1, alpha: 0.9, restA: 0.1, beta: 0.75, restB: 0.25 },
  ...{ scale: 1, eps: 1e-3, direct: 1, mean: 0, momentum: 0 },
};
/** Which of the states a, b and c there are. */
const cases: [name: string, states: string, step: Step][] = [
  ["RMSprop", "b", step],
  ["RMSprop with momentum and decay", "bc", { ...step, momentum: 0.5, weightDecay: 0.25 }],
  ["centered RMSprop", "ab", { ...step, mode: 2 }],
  ["NAdam", "ab", { ...step, direct: 0.3, mean: 0.7, scale: 1.5, keep: 0.99 }],
  ["amsgrad", "abc", { ...step, mode: 1, direct: 0, mean: 1, scale: 3 }],
  ["Adamax", "ab", { ...step, mode: 4, weightDecay: 0.25 }],
  ["Adadelta", "ab", { ...step, mode: 5 }],
  ["Lion", "a", { ...step, mode: 6, keep: 0.9 }],
];

const blend = (x: number, keep: number, y: number, weight: number): number =>
  f(f(x * f(keep)) + f(y * f(weight)));

/** One element; every operation rounded to float32. Returns [p, a, b, c]. */
function oracle(p: number, g: number, a: number, b: number, c: number, has: string, s: Step) {
  const d = s.weightDecay ? f(g + f(p * f(s.weightDecay))) : g;
  const move = (u: number, a_: number, b_: number, c_: number): number[] => [
    f(f(p * f(s.keep)) - f(u * f(s.lr))),
    ...[a_, b_, c_],
  ];
  if (s.mode === 4) {
    const m = blend(a, s.alpha, d, s.restA);
    const norm = Math.max(f(b * f(s.beta)), f(Math.abs(d) + f(s.eps)));
    return move(f(m / norm), m, norm, c);
  }
  if (s.mode === 5) {
    const v = blend(b, s.beta, f(d * d), s.restB);
    const root = (x: number): number => f(Math.sqrt(f(x + f(s.eps))));
    const u = f(f(root(a) / root(v)) * d);
    return move(u, blend(a, s.beta, f(u * u), s.restB), v, c);
  }
  if (s.mode === 6) {
    const u = Math.sign(blend(a, s.alpha, d, s.restA));
    return move(u, blend(a, s.beta, d, s.restB), b, c);
  }
  const v = blend(b, s.beta, f(d * d), s.restB);
  const m = has.includes("a") ? blend(a, s.alpha, d, s.restA) : a;
  let top = s.mode & 2 ? Math.max(0, f(v - f(m * m))) : v;
  if (s.mode & 1) top = Math.max(c, top);
  const up = has.includes("a") ? f(f(d * f(s.direct)) + f(m * f(s.mean))) : f(d * f(s.direct));
  const q = f(up / f(f(f(Math.sqrt(top)) * f(s.scale)) + f(s.eps)));
  const u = s.momentum ? blend(c, s.momentum, q, 1) : q;
  return move(u, m, v, s.momentum ? u : s.mode & 1 ? top : c);
}

const scalars = (s: Step): number[] => Object.values(s) as number[];

describe.each(builds)("adaptiveStepF32, %s build", (build) => {
  it.each(cases)("%s rounds as its formula says", (_, has, s) => {
    const bench = new Bench(build);
    for (const n of SIZES) {
      const [p, g] = [noise(n, 1), noise(n, 2)];
      if (n > 4) g[2] = g[4] = 0;
      const state = [noise(n, 3), noise(n, 4), noise(n, 5)];
      if (s.mode !== 6) for (const x of state.slice(s.mode === 5 ? 0 : 1)) x.forEach((v, i) => (x[i] = Math.abs(v))); // prettier-ignore
      const P = bench.put(p, 4);
      const G = bench.put(g, 8);
      const S = state.map((x, i) => bench.put(x, 4 * i));
      const given = S.map((x, i) => (has.includes("abc"[i]!) ? x : 0));
      bench.run("adaptiveStepF32", flatUnits(n), P, G, ...given, n, ...scalars(s));
      const [a, b, c] = state as [Float32Array, Float32Array, Float32Array];
      const want = [...p].map((x, i) => oracle(x, g[i]!, a[i]!, b[i]!, c[i]!, has, s));
      [P, ...S].forEach((x, k) => {
        expect(x.read()).toEqual(Float32Array.from(want, (w) => w[k]!));
      });
      expect(G.read()).toEqual(g);
    }
  });

  it("gives the same bits however the units are split", () => {
    const n = 5 * 1024 + 3;
    for (const [, has, s] of cases) {
      const run = (ranges: [number, number][]): Float32Array[] => {
        const bench = new Bench(build);
        const all = [1, 2, 3, 4, 5].map((seed) => bench.put(noise(n, seed).map(Math.abs)));
        const given = all.map((x, i) => (i < 2 || has.includes("abc"[i - 2]!) ? x : 0));
        bench.run("adaptiveStepF32", ranges, ...given, n, ...scalars(s));
        return all.map((x) => x.read());
      };
      const whole = run([[0, 6]]);
      expect(run([[5, 6], [2, 2], [0, 1], [3, 5], [1, 3]])).toEqual(whole); // prettier-ignore
    }
  });

  it("passes NaN on, and leaves infinite weights alone that have no decay", () => {
    for (const [name, has, s] of cases) {
      const bench = new Bench(build);
      const [p, g] = [bench.put(Float32Array.of(1, Infinity, 1)), bench.put(Float32Array.of(NaN, 1, 0))]; // prettier-ignore
      const given = ["a", "b", "c"].map((x) =>
        has.includes(x) ? bench.put(new Float32Array(3)) : 0,
      );
      bench.run("adaptiveStepF32", 1, p, g, ...given, 3, ...scalars({ ...s, weightDecay: 0 }));
      const [x, y, z] = p.read();
      expect([x, y, z], name).toEqual([NaN, Infinity, f(s.keep)]);
    }
  });
});
