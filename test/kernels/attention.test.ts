// The attention kernels and their gradients against plain loops in float64.
import { describe, expect, test } from "vitest";
import { Bench, type Build, builds, type Operand } from "./harness.js";
import { floats } from "./sequences.js";

const numbers = (n: number, scale: number, seed = 1): Float32Array => floats(n, seed, scale);

interface Problem {
  readonly N: number;
  readonly L: number;
  readonly S: number;
  readonly E: number;
  readonly Ev: number;
  readonly group?: number;
  /** Query i sees the keys [0, i + reach). Default: all. */
  readonly reach?: number;
  /** [N or 1, L or 1, S] as its strides say. */
  readonly mask?: { data: Float32Array | Uint8Array; head: number; row: number; col: number };
  readonly p?: number;
  /** Elements between the heads of k and v. */
  readonly gap?: number;
  readonly scale?: number;
}

const SEED = [7, 0, 5, 0] as const;

/** The dropout's factors, [N, L, 4 ceil(S / 4)], as the elementwise kernel gives them. */
function factorsOf(build: Build, { N, L, S, p = 0 }: Problem): Float32Array {
  const n = N * L * 4 * Math.ceil(S / 4);
  const ones = new Float32Array(n).fill(1);
  if (p === 0) return ones;
  const bench = new Bench(build);
  const out = bench.put(new Float32Array(n));
  bench.run("dropoutF32", Math.ceil(n / 1024), bench.put(ones), out, n, ...SEED, p);
  return out.read();
}

interface Given {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dy: Float32Array;
}

type Gradients = Record<"out" | "dq" | "dk" | "dv", Float64Array>;

const scaleOf = (p: Problem): number => Math.fround(p.scale ?? 1 / Math.sqrt(p.E));

/** The score of key j with query i of head n. */
function scoreOf(p: Problem, { q, k }: Given, n: number, i: number, j: number): number {
  const { L, S, E, mask } = p;
  if (j >= i + (p.reach ?? S)) return -Infinity;
  let score = 0;
  const kv = Math.floor(n / (p.group ?? 1));
  for (let e = 0; e < E; e++) score += q[(n * L + i) * E + e]! * k[(kv * S + j) * E + e]!;
  score *= scaleOf(p);
  if (mask === undefined) return score;
  const m = mask.data[n * mask.head + i * mask.row + j * mask.col]!;
  return mask.data instanceof Float32Array ? score + m : m === 0 ? -Infinity : score;
}

function probabilities(p: Problem, given: Given, n: number, i: number): number[] {
  const scores = Array.from({ length: p.S }, (_, j) => scoreOf(p, given, n, i, j));
  const m = Math.max(-1e300, ...scores);
  const e = scores.map((s) => Math.exp(s - m));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((x) => (sum === 0 ? 0 : x / sum));
}

function oracle(p: Problem, given: Given, factors: Float32Array): Gradients {
  const { N, L, S, E, Ev, group = 1 } = p;
  const { q, k, v, dy } = given;
  const made = {
    out: new Float64Array(N * L * Ev),
    dq: new Float64Array(N * L * E),
    dk: new Float64Array((N / group) * S * E),
    dv: new Float64Array((N / group) * S * Ev),
  };
  for (let n = 0; n < N; n++) {
    const kv = Math.floor(n / group) * S;
    for (let i = 0; i < L; i++) {
      const at = n * L + i;
      const P = probabilities(p, given, n, i);
      const D = P.map((_, j) => factors[at * 4 * Math.ceil(S / 4) + j]!);
      const dP = P.map((w, j) => {
        let sum = 0;
        for (let e = 0; e < Ev; e++) {
          made.out[at * Ev + e]! += w * D[j]! * v[(kv + j) * Ev + e]!;
          made.dv[(kv + j) * Ev + e]! += w * D[j]! * dy[at * Ev + e]!;
          sum += dy[at * Ev + e]! * v[(kv + j) * Ev + e]!;
        }
        return sum * D[j]!;
      });
      const delta = P.reduce((sum, w, j) => sum + w * dP[j]!, 0);
      P.forEach((w, j) => {
        const dS = w * (dP[j]! - delta) * scaleOf(p);
        for (let e = 0; e < E; e++) {
          made.dq[at * E + e]! += dS * k[(kv + j) * E + e]!;
          made.dk[(kv + j) * E + e]! += dS * q[at * E + e]!;
        }
      });
    }
  }
  return made;
}

function givenFor({ N, L, S, E, Ev, group = 1 }: Problem): Given {
  return {
    q: numbers(N * L * E, 2, 1),
    k: numbers((N / group) * S * E, 2, 2),
    v: numbers((N / group) * S * Ev, 2, 3),
    dy: numbers(N * L * Ev, 2, 4),
  };
}

/** `heads` heads with gaps of NaN between them. */
function spread(x: Float32Array, heads: number, gap: number): Float32Array {
  const size = x.length / heads;
  const to = new Float32Array(heads * (size + gap)).fill(NaN);
  for (let h = 0; h < heads; h++) to.set(x.subarray(h * size, (h + 1) * size), h * (size + gap));
  return to;
}

type Cuts = (units: number) => [number, number][];
const whole: Cuts = (units) => [[0, units]];
const halves: Cuts = (units) => [
  [units >> 1, units],
  [0, units >> 1],
];

/** Runs both kernels; `wanted` says which gradients. */
function run(
  build: Build,
  p: Problem,
  given: Given,
  cuts = whole,
  wanted = [true, true, true],
): Record<keyof Gradients | "stats", Float32Array> {
  const { N, L, S, E, Ev, group = 1, mask, gap = 0 } = p;
  const bench = new Bench(build);
  const heads = N / group;
  const q = bench.put(given.q, 4);
  const k = bench.put(spread(given.k, heads, gap), 8);
  const v = bench.put(spread(given.v, heads, gap), 12);
  const [out, stats] = [
    bench.put(new Float32Array(N * L * Ev).fill(9)),
    bench.put(new Float32Array(2 * N * L)),
  ];
  const dy = bench.put(given.dy);
  const made = [N * L * E, heads * S * E, heads * S * Ev].map((n) =>
    bench.put(new Float32Array(n).fill(9)),
  );
  const m: number | Operand =
    mask === undefined ? 0 : bench.put(mask.data, mask.data.BYTES_PER_ELEMENT);
  const bytes = mask?.data.BYTES_PER_ELEMENT ?? 0;
  const rest = [
    ...[L, S, E, Ev, S * E + gap, S * Ev + gap, group, scaleOf(p), p.reach ?? S],
    ...[bytes, mask?.row ?? 0, mask?.col ?? 0, ...SEED, p.p ?? 0],
    ...(mask === undefined ? [0] : [1, N, mask.head]),
  ];
  const forward = cuts(N * Math.ceil(L / 64));
  bench.run("attentionF32", forward, q, k, v, m, out, stats, 0, 0, 0, 0, ...rest);
  const [dq, dk, dv] = made.map((x, i) => (wanted[i] ? x : 0));
  const into = [dy, dq!, dk!, dv!] as const;
  bench.run("attentionGradF32", cuts(heads), q, k, v, m, out, stats, ...into, ...rest);
  const [gq, gk, gv] = made.map((x) => x.read()) as [Float32Array, Float32Array, Float32Array];
  return { out: out.read(), stats: stats.read(), dq: gq, dk: gk, dv: gv };
}

/** Within 1e-5 of the greatest value there is: sums of up to 131 products of numbers up to 2. */
function expectClose(name: string, got: Float32Array, wanted: Float64Array): void {
  expect(got.length).toBe(wanted.length);
  const size = wanted.reduce((m, w) => Math.max(m, Math.abs(w)), 1);
  const worst = wanted.findIndex((w, i) => !(Math.abs(got[i]! - w) <= 1e-5 * size));
  if (worst >= 0)
    expect.fail(`${name}, element ${worst}: got ${got[worst]}, wanted ${wanted[worst]}`);
}

function expectSame(name: string, got: Float32Array, wanted: Float32Array): void {
  const bits = (x: Float32Array): Uint8Array => new Uint8Array(x.buffer);
  expect(Buffer.compare(bits(got), bits(wanted)), name).toBe(0);
}

const bools = (n: number): Uint8Array =>
  Uint8Array.from({ length: n }, (_, i) => Number((i * 7) % 5 < 3));

const problems: Readonly<Record<string, Problem>> = {
  one: { N: 1, L: 1, S: 1, E: 1, Ev: 1 },
  "odd sizes": { N: 2, L: 5, S: 7, E: 3, Ev: 13 },
  "a tile": { N: 2, L: 64, S: 64, E: 8, Ev: 8 },
  "a tile, causal": { N: 2, L: 64, S: 64, E: 8, Ev: 8, reach: 1 },
  "more than a tile": { N: 2, L: 67, S: 131, E: 17, Ev: 9 },
  "more than a tile, causal": { N: 1, L: 131, S: 131, E: 5, Ev: 16, reach: 1 },
  "causal, lower right": { N: 1, L: 33, S: 100, E: 4, Ev: 4, reach: 68 },
  "causal, queries without keys": { N: 1, L: 90, S: 33, E: 4, Ev: 4, reach: -20 },
  "nobody sees a key": { N: 1, L: 5, S: 3, E: 4, Ev: 4, reach: -5 },
  "few queries": { N: 3, L: 3, S: 70, E: 9, Ev: 5 },
  "few queries, causal": { N: 1, L: 2, S: 70, E: 9, Ev: 5, reach: 65 },
  "groups of 3": { N: 6, L: 9, S: 10, E: 4, Ev: 5, group: 3 },
  "groups of 2, causal": { N: 2, L: 70, S: 70, E: 4, Ev: 5, group: 2, reach: 1 },
  "heads with gaps": { N: 4, L: 9, S: 10, E: 4, Ev: 5, group: 2, gap: 3 },
  "bool mask": {
    N: 2,
    L: 5,
    S: 70,
    E: 4,
    Ev: 4,
    mask: { data: bools(700), head: 350, row: 70, col: 1 },
  },
  "bool mask over keys": {
    N: 2,
    L: 5,
    S: 70,
    E: 4,
    Ev: 4,
    mask: { data: bools(140), head: 70, row: 0, col: 1 },
  },
  "transposed bool mask, causal": {
    N: 1,
    L: 66,
    S: 70,
    E: 4,
    Ev: 4,
    reach: 3,
    mask: { data: bools(66 * 70), head: 0, row: 1, col: 66 },
  },
  "float mask": {
    N: 2,
    L: 5,
    S: 70,
    E: 4,
    Ev: 4,
    mask: { data: numbers(700, 3, 9), head: 350, row: 70, col: 1 },
  },
  "all masked": {
    N: 1,
    L: 5,
    S: 7,
    E: 4,
    Ev: 4,
    mask: { data: new Uint8Array(7), head: 0, row: 0, col: 1 },
  },
  dropout: { N: 2, L: 9, S: 77, E: 4, Ev: 5, p: 0.4 },
  "dropout, all": { N: 1, L: 3, S: 5, E: 4, Ev: 5, p: 1 },
  "dropout, causal, mask": {
    N: 2,
    L: 70,
    S: 70,
    E: 3,
    Ev: 5,
    p: 0.25,
    reach: 1,
    mask: { data: bools(140), head: 70, row: 0, col: 1 },
  },
  "large head": { N: 1, L: 5, S: 66, E: 512, Ev: 509, scale: 0.02 },
  "negative scale": { N: 1, L: 5, S: 6, E: 4, Ev: 4, scale: -0.7 },
};

function ofAll(build: Build): void {
  test.each(Object.entries(problems))("%s: outputs, gradients, split units", (_, p) => {
    const given = givenFor(p);
    const wanted = oracle(p, given, factorsOf(build, p));
    const got = run(build, p, given);
    for (const name of ["out", "dq", "dk", "dv"] as const)
      expectClose(name, got[name], wanted[name]);
    const again = run(build, p, given, halves);
    for (const name of ["out", "stats", "dq", "dk", "dv"] as const) {
      expectSame(name, again[name], got[name]);
    }
  });

  test.each([0, 1, 2])("gradient %i alone has the same bits, the others are left alone", (only) => {
    const p = problems["more than a tile, causal"]!;
    const given = givenFor(p);
    const all = run(build, p, given);
    const one = run(build, p, given, whole, [0, 1, 2].map((i) => i === only)); // prettier-ignore
    (["dq", "dk", "dv"] as const).forEach((name, i) => {
      if (i === only) expectSame(name, one[name], all[name]);
      else expect(one[name].every((x) => x === 9)).toBe(true);
    });
  });

  test("scores that grow from tile to tile, to 1e30", () => {
    const p = { N: 1, L: 4, S: 200, E: 1, Ev: 2, scale: 1 };
    const k = Float32Array.from({ length: 200 }, (_, j) => j * 1e28);
    const given = { ...givenFor(p), q: Float32Array.of(100, 1, -1, 1e-28), k };
    const got = run(build, p, given);
    const wanted = oracle(p, given, factorsOf(build, p));
    expectClose("out", got.out, wanted.out);
    expectClose("dv", got.dv, wanted.dv);
    expect([...got.stats].every(Number.isFinite)).toBe(true);
  });

  test("NaN stays in its row, a score of Infinity makes NaN", () => {
    const p = { N: 1, L: 6, S: 70, E: 1, Ev: 2, scale: 1 };
    const given = givenFor(p);
    given.q[1] = NaN;
    given.q[3] = Infinity;
    const rows = Array.from({ length: 6 }, (_, i) =>
      run(build, p, given).out.subarray(2 * i, 2 * i + 2),
    );
    expect(rows.map((row) => row.every(Number.isNaN))).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(rows.map((row) => row.some(Number.isNaN))).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  test("values of 1e36 do not overflow on the way", () => {
    const p = { N: 1, L: 5, S: 70, E: 2, Ev: 1 };
    const given = { ...givenFor(p), v: new Float32Array(70).fill(1e36) };
    for (const y of run(build, p, given).out) expect(Math.abs(y / 1e36 - 1)).toBeLessThan(1e-6);
  });
}

describe.each(builds)("attention, %s build", ofAll);
