// The transcendental kernels against float64, each within the bound that stands beside its
// function in assembly/simd: over every kind of edge, the worst arguments that sweeps have found
// (scripts/measure-ulp.mjs), and arguments spread over all of float32.
import { describe, expect, it } from "vitest";
import { oracles, slopes } from "../../scripts/measure-ulp.mjs";
import type { KernelName } from "../../src/kernels/contract.js";
import { Bench, builds, type Build } from "./harness.js";
import { check, firstDifference, words, xs } from "./samples.js";

/** In ulps of the exact result. */
const bounds: [KernelName, number][] = [
  ["expF32", 0.9],
  ["expm1F32", 1.65],
  ["logF32", 0.93],
  ["log1pF32", 0.97],
  ["sinF32", 1.58],
  ["cosF32", 1.59],
  ["tanF32", 0.8],
  ["tanhF32", 2.66],
  ["sigmoidF32", 2],
  ["erfF32", 1.19],
  ["geluF32", 2.01],
  ["geluTanhF32", 1.99],
  ["siluF32", 2],
  ["softplusF32", 2.03],
  ["sqrtF32", 0.5],
  ["rsqrtF32", 1.5],
];

/** The same, but in ulps of no less than 1/2: slopes pass through 0. */
const slopeBounds: [KernelName, number][] = [
  ["geluGradF32", 1.3],
  ["geluTanhGradF32", 2.13],
  ["siluGradF32", 12],
  ["softplusGradF32", 2],
];

const ones = new Float32Array(xs.length).fill(1);

function apply(build: Build, name: KernelName, ...inputs: Float32Array[]): Float32Array {
  const bench = new Bench(build);
  const n = inputs[0]!.length;
  const out = bench.put(new Float32Array(n));
  const operands = inputs.map((x) => bench.put(x));
  const strides = inputs.map(() => 1);
  bench.run(name, Math.ceil(n / 1024), ...operands, out, 1, n, ...strides, 0);
  return out.read();
}

/** Exact results as argument=result, signs of zeros among them; tiny is 2^-149. */
const exact = `
  exp 0=1 -0=1 Inf=Inf -Inf=0 89=Inf -104=0 -103.9=tiny
  expm1 0=0 -0=-0 Inf=Inf -Inf=-1 -20=-1 tiny=tiny 89=Inf
  log 1=0 0=-Inf -0=-Inf -1=NaN -tiny=NaN Inf=Inf -Inf=NaN
  log1p 0=0 -0=-0 -1=-Inf -1.5=NaN Inf=Inf -Inf=NaN tiny=tiny
  sin 0=0 -0=-0 Inf=NaN -Inf=NaN tiny=tiny
  cos 0=1 -0=1 Inf=NaN -Inf=NaN tiny=1
  tan 0=0 -0=-0 Inf=NaN -Inf=NaN tiny=tiny
  tanh 0=0 -0=-0 Inf=1 -Inf=-1 10=1 tiny=tiny
  sigmoid 0=0.5 -0=0.5 Inf=1 -Inf=0 -104=0 30=1
  erf 0=0 -0=-0 Inf=1 -Inf=-1 4=1 tiny=tiny
  gelu 0=0 -0=-0 Inf=Inf -Inf=0 -20=0 20=20
  geluTanh 0=0 -0=-0 Inf=Inf 20=20
  silu 0=0 -0=-0 Inf=Inf 90=90
  softplus Inf=Inf -Inf=0 21=21 -104=0
  sqrt 0=0 -0=-0 Inf=Inf -1=NaN 4=2 -Inf=NaN
  rsqrt 0=Inf -0=-Inf Inf=0 -1=NaN 0.25=2`;

/** C99's rules for pow: base, exponent, result. */
const powers = `
  NaN 0 1, 1 NaN 1, NaN 1 NaN, 2 NaN NaN, 0 0 1, -1 Inf 1, -1 -Inf 1, 0.5 Inf 0, 0.5 -Inf Inf,
  -2 Inf Inf, 2 -Inf 0, 0 3 0, -0 3 -0, -0 2 0, -0 -3 -Inf, 0 -3 Inf, -0 -2 Inf, -Inf 3 -Inf,
  -Inf 2 Inf, -Inf -3 -0, -Inf 0.5 Inf, Inf -1 0, -8 0.3 NaN, -2 3 -8, -2 -2 0.25, 2 128 Inf,
  2 -149 tiny, 2 -151 0, -3 16777215 -Inf, -3 16777216 Inf`;

const number = (word: string): number =>
  Number(word.replace("Inf", "Infinity").replace("tiny", String(2 ** -149)));
const exactRows = exact
  .trim()
  .split("\n")
  .map((line): [KernelName, number[][]] => {
    const [name, ...pairs] = line.trim().split(" ");
    return [`${name}F32` as KernelName, pairs.map((pair) => pair.split("=").map(number))];
  });

describe.each(builds)("mathematical kernels, %s build", (build) => {
  it.each(bounds)("%s: at most %f ulp", (name, bound) => {
    check(apply(build, name, xs), oracles[name]!, bound);
  });

  it.each(slopeBounds)("%s: at most %f ulp of 1/2 or more", (name, bound) => {
    // At infinite x silu's slope is NaN, as in PyTorch.
    const oracle = (x: number): number =>
      name === "siluGradF32" && Math.abs(x) === Infinity ? NaN : slopes[name]!(x);
    check(apply(build, name, ones, xs), oracle, bound, -1);
  });

  it.each(slopeBounds)("%s is dy times the slope", (name) => {
    const dy = xs.map((_, i) => (i % 7) - 3.3);
    const slope = apply(build, name, ones, xs);
    const want = slope.map((s, i) => Math.fround(s * dy[i]!));
    expect(firstDifference(apply(build, name, dy, xs), want)).toBeUndefined();
  });

  it.each(exactRows)("%s: limits and signs of zero", (name, rows) => {
    const got = apply(
      build,
      name,
      Float32Array.from(rows, ([x]) => x!),
    );
    rows.forEach(([x, y], i) => expect(got[i], `${name}(${x})`).toBe(y));
    expect(apply(build, name, Float32Array.of(NaN))[0]).toBe(NaN);
  });

  it.each(["sinF32", "tanF32", "tanhF32", "erfF32", "expm1F32", "cosF32"] as const)(
    "%s: symmetry",
    (name) => {
      const y = apply(build, name, xs);
      const mirrored = apply(
        build,
        name,
        xs.map((x) => -x),
      );
      const odd = y.map((v) => -v);
      if (name === "cosF32") expect(firstDifference(mirrored, y)).toBeUndefined();
      else if (name === "expm1F32") expect(firstDifference(mirrored, odd)).toBeDefined();
      else expect(firstDifference(mirrored, odd)).toBeUndefined();
    },
  );

  it("powF32: the rules of C99", () => {
    const rows = powers.split(",").map((row) => row.trim().split(" ").map(number));
    const [a, b] = [0, 1].map((k) => Float32Array.from(rows, (row) => row[k]!));
    const got = apply(build, "powF32", a!, b!);
    rows.forEach(([x, y, z], i) => expect(got[i], `${x} ** ${y}`).toBe(z));
  });

  it("powF32: at most 0.54 ulp", () => {
    // Exponents that give results from far below the least number to far above the greatest.
    const b = xs.map((x, i) => {
      const log = Math.log2(Math.abs(x));
      const y = ((((i * 0.6180339887498949) % 1) - 0.5) * 310) / (Number.isFinite(log) ? log : 1);
      return x < 0 ? Math.round(y) : y;
    });
    let i = 0;
    const pow = (x: number): number => {
      const y = b[i++]!;
      // JavaScript's ** gives NaN where C99's pow gives 1.
      return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
    };
    check(apply(build, "powF32", xs, b), pow, 0.54);
  });

  it.each([...bounds, ...slopeBounds, ["powF32", 0] as const])(
    "%s: neither lane nor tail matters",
    (name) => {
      const inputs = name === "powF32" || name.endsWith("GradF32") ? 2 : 1;
      const x = xs.filter((_, i) => i % 1777 === 5 || xs[i]! > 1e30).subarray(0, 33 * 3);
      const operands = (from: number, n: number): Float32Array[] =>
        Array.from({ length: inputs }, (_, k) => x.slice(from + 7 * k, from + 7 * k + n));
      const bench = new Bench(build);
      const whole = words(apply(build, name, ...operands(0, 64)));
      for (let n = 1; n <= 33; n++) {
        const from = n % 5;
        const out = bench.put(new Float32Array(n), 4 * (n % 4));
        const data = operands(from, n).map((v, k) => bench.put(v, 4 * ((n + k) % 3)));
        bench.run(name, 1, ...data, out, 1, n, ...data.map(() => 1), 0);
        expect(words(out.read()), `n = ${n}`).toEqual(whole.slice(from, from + n));
      }
    },
  );
});

it("gives the same bits in both builds", () => {
  for (const [name] of bounds) {
    expect(firstDifference(apply("debug", name, xs), apply("release", name, xs))).toBeUndefined();
  }
  for (const name of [...slopeBounds.map(([name]) => name), "powF32"] as const) {
    const [debug, release] = builds.map((build) => apply(build, name, ones, xs));
    expect(firstDifference(debug!, release!), name).toBeUndefined();
  }
});
