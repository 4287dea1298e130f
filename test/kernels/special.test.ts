// The kernels of cold functions against float64 and against whole numbers in bigint, limits and
// lanes among them.
import { describe, expect, it } from "vitest";
import { specials } from "../../scripts/measure-ulp.mjs";
import type { KernelName } from "../../src/kernels/contract.js";
import { Bench, type Build, builds } from "./harness.js";
import { check, firstDifference, words, xs } from "./samples.js";

/** In ulps of the exact result, as in assembly/simd/special.ts, but of 2^least where that is more. */
const bounds: readonly (readonly [name: string, bound: number, least: number])[] = [
  ["exp2", 0.53, -126],
  ["log2", 0.51, -126],
  ["log10", 0.51, -126],
  ["cbrt", 0.53, -126],
  ["asin", 0.52, -126],
  ["acos", 0.52, -126],
  ["atan", 0.52, -126],
  ["sinh", 0.54, -126],
  ["cosh", 0.53, -126],
  ["asinh", 0.51, -126],
  ["acosh", 0.51, -126],
  ["atanh", 0.51, -126],
  ["erfc", 0.6, -126],
  ["erfinv", 0.55, -126],
  ["logit", 0.51, -126],
  ["lgamma", 0.8, -7],
  ["digamma", 0.6, -7],
];

function unary(build: Build, name: string, x: Float32Array, order = 0): Float32Array {
  const bench = new Bench(build);
  const out = bench.put(new Float32Array(x.length));
  const named = specials.findIndex(([special]) => special === name);
  const units = Math.ceil(x.length / 1024);
  bench.run("specialF32", units, bench.put(x), out, 1, x.length, 1, named, order, 0);
  return out.read();
}

type Numbers = Float32Array | Int32Array;

function binary<T extends Numbers>(build: Build, kernel: KernelName, code: number, a: T, b: T): T {
  const bench = new Bench(build);
  const out = bench.put(a.slice().fill(0) as T);
  bench.run(
    kernel,
    Math.ceil(a.length / 1024),
    bench.put(a),
    bench.put(b),
    out,
    1,
    a.length,
    1,
    1,
    code,
    0,
  );
  return out.read();
}

/** Exact results as argument=result; tiny is 2^-149. */
const exact = `
  exp2 0=1 3=8 -1=0.5 Inf=Inf -Inf=0 128=Inf -149=tiny -151=0
  log2 8=3 0.125=-3 1=0 0=-Inf -0=-Inf -1=NaN Inf=Inf tiny=-149
  log10 1000=3 1=0 0=-Inf -1=NaN Inf=Inf
  cbrt 27=3 -8=-2 0=0 -0=-0 Inf=Inf -Inf=-Inf
  asin 0=0 -0=-0 1.5=NaN -1.5=NaN tiny=tiny Inf=NaN
  acos 1=0 1.5=NaN -Inf=NaN
  atan 0=0 -0=-0 tiny=tiny
  sinh 0=0 -0=-0 Inf=Inf -Inf=-Inf 90=Inf tiny=tiny
  cosh 0=1 Inf=Inf -Inf=Inf 90=Inf
  asinh 0=0 -0=-0 Inf=Inf -Inf=-Inf tiny=tiny
  acosh 1=0 0.5=NaN -3=NaN Inf=Inf -Inf=NaN
  atanh 0=0 -0=-0 1=Inf -1=-Inf 1.5=NaN -Inf=NaN tiny=tiny
  erfc 0=1 -0=1 Inf=0 -Inf=2 11=0
  erfinv 0=0 -0=-0 1=Inf -1=-Inf 1.5=NaN tiny=tiny
  logit 0.5=0 0=-Inf 1=Inf -1=NaN 2=NaN
  lgamma 0=Inf -0=Inf -3=Inf 1=0 2=0 Inf=Inf -Inf=Inf
  digamma 0=-Inf -0=Inf -3=NaN Inf=Inf -Inf=NaN`;
const number = (word: string): number =>
  Number(word.replace("Inf", "Infinity").replace("tiny", String(2 ** -149)));
const rows = exact
  .trim()
  .split("\n")
  .map((line): [string, number[][]] => {
    const [name, ...pairs] = line.trim().split(" ");
    return [name!, pairs.map((pair) => pair.split("=").map(number))];
  });

/** Whole numbers of all sizes, each against each; divisors of 0 are the ops' business. */
const wholes = [0, 1, -1, 2, 3, -3, 7, -8, 31, 32, 33, 1000, -1000, 46341, 2 ** 31 - 1, -(2 ** 31)];
const left = Int32Array.from(wholes.flatMap((a) => wholes.map(() => a)));
const right = Int32Array.from(wholes.flatMap(() => wholes));

const floorDiv = (a: bigint, b: bigint): bigint =>
  a / b - BigInt(a % b !== 0n && a % b < 0n !== b < 0n);
const shift = (b: bigint): bigint => (b < 0n || b > 31n ? 32n : b);
function power(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
  let y = 1n;
  for (let n = b, base = a; n > 0n; n >>= 1n) {
    if (n % 2n === 1n) y = BigInt.asIntN(64, y * base);
    base = BigInt.asIntN(64, base * base);
  }
  return y;
}
const whole: readonly (readonly [string, (a: bigint, b: bigint) => bigint])[] = [
  ["divTrunc", (a, b) => (b === 0n ? 0n : a / b)],
  ["floorDivide", (a, b) => (b === 0n ? 0n : floorDiv(a, b))],
  ["fmod", (a, b) => (b === 0n ? 0n : a % b)],
  ["remainder", (a, b) => (b === 0n ? 0n : a - floorDiv(a, b) * b)],
  ["bitwiseAnd", (a, b) => a & b],
  ["bitwiseOr", (a, b) => a | b],
  ["bitwiseXor", (a, b) => a ^ b],
  ["bitwiseLeftShift", (a, b) => a << shift(b)],
  ["bitwiseRightShift", (a, b) => a >> shift(b)],
  ["pow", power],
];

describe.each(builds)("cold functions, %s build", (build) => {
  it.each(bounds)("%s: at most %f ulp", (name, bound, least) => {
    const oracle = specials.find(([special]) => special === name)![1];
    check(unary(build, name, xs), oracle, bound, least);
  });

  it.each(rows)("%s: limits and signs of zero", (name, pairs) => {
    const got = unary(
      build,
      name,
      Float32Array.from(pairs, ([x]) => x!),
    );
    pairs.forEach(([x, y], i) => expect(got[i], `${name}(${x})`).toBe(y));
    expect(unary(build, name, Float32Array.of(NaN))[0]).toBe(NaN);
  });

  it("polygamma against its sum and known values", () => {
    const x = Float32Array.of(1, 0.5, -0.5, 1, 0.25, -1, 0);
    const first = unary(build, "digamma", x, 1);
    const second = unary(build, "digamma", x, 2);
    const z = Math.PI ** 2;
    expect(first[0]).toBe(Math.fround(z / 6));
    expect(first[1]).toBe(Math.fround(z / 2));
    expect(first[2]).toBe(Math.fround(z / 2 + 4));
    expect([...first.slice(5)]).toEqual([Infinity, Infinity]);
    expect(second[0]).toBe(Math.fround(-2 * 1.2020569031595942));
    expect(second[1]).toBe(Math.fround(-14 * 1.2020569031595942));
    expect([...second.slice(5)]).toEqual([-Infinity, -Infinity]);
    // The third derivative at 1 is pi^4 / 15, the ninth 9! zeta(10).
    expect(unary(build, "digamma", x, 3)[0]).toBe(Math.fround(z ** 2 / 15));
    expect(unary(build, "digamma", x, 9)[0]).toBe(Math.fround(362880 * 1.000994575127818));
  });

  it.each(whole.map(([name, f], code) => [name, code, f] as const))(
    "%s of whole numbers",
    (_, code, f) => {
      const got = binary(build, "specialPairI32", code, left, right);
      const want = left.map((a, i) => Number(BigInt.asIntN(32, f(BigInt(a), BigInt(right[i]!)))));
      expect([...got]).toEqual([...want]);
    },
  );

  it("neither lane nor tail matters", () => {
    for (const [name] of bounds) {
      const x = xs.filter((_, i) => i % 1777 === 5).subarray(0, 64);
      const all = words(unary(build, name, x));
      for (let n = 1; n <= 33; n += 2) {
        const from = n % 5;
        const got = words(unary(build, name, x.slice(from, from + n)));
        expect(got, `${name}, n = ${n}`).toEqual(all.slice(from, from + n));
      }
    }
  });
});

it("gives the same bits in both builds", () => {
  for (const [name] of bounds) {
    const [a, b] = builds.map((build) => unary(build, name, xs));
    expect(firstDifference(a!, b!), name).toBeUndefined();
  }
});
