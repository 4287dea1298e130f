// Arguments that the tests of mathematical kernels share, how far results may lie from the exact
// ones, and how bits are compared.
import { expect } from "vitest";
import { ulpError } from "../../scripts/measure-ulp.mjs";
import { uint32s } from "./sequences.js";

/** Arguments at which the greatest errors were found, of whichever function. */
const worst = [
  -5.163387775421143, 0.3480280637741089, 0.7064307928085327, -0.2930136024951935,
  -1.316489771044035e36, 148745471655936, 130789071962838660000, 0.060193128883838654,
  -0.00034499180037528276, 1.0647222995758057, -3.2401859760284424, -0.001947512268088758,
  -0.0004883407382294536, -0.4455314874649048, 7.569701303574499e-37, 0.7458288073539734,
  0.6420952081680298, 16.23008155822754, 7.054835796356201, 12.774786949157715,
];

/** Where something begins or ends: ranges, branches, overflow, underflow, subnormal results. */
const edges = [
  0,
  1,
  2 ** -149,
  2 ** -126,
  2 ** -64,
  2 ** -24,
  2 ** -12,
  3.4028234663852886e38,
  2 ** 23,
  2 ** 24,
  2 ** 31,
  2 ** 32,
  2 ** 64,
  88.72283935546875,
  87.33654,
  103.27893,
  103.97207,
  104.1,
  110,
  89,
  18,
  17.328679,
  16.635532,
  15,
  14.6,
  14.2,
  13.2,
  10.9,
  10,
  9.010913,
  7,
  5.5,
  3.95,
  3.92,
  0.75,
  0.7518,
  0.55,
  0.5,
  0.17328679,
  0.34657359,
  0.69314718,
  0.70710677,
  1.4142135,
  20,
  60,
  2 ** 20,
  1048577,
];

const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);
const fromBits = (word: number): number => ((bits[0] = word), value[0]!);

/** Neighbours of x in float32, three to either side. */
function around(x: number): number[] {
  value[0] = x;
  const word = bits[0]!;
  return [-3, -2, -1, 0, 1, 2, 3].map((d) => fromBits(Math.max(word + d, 0)));
}

function sample(): Float32Array {
  const points = [...edges, ...worst.map(Math.abs)].flatMap(around);
  for (let e = -149; e <= 127; e++) points.push(...around(2 ** e));
  // What is nearest to a multiple of pi/2 leaves least of it.
  for (let q = 1; q < 3000; q += q < 300 ? 1 : 97) points.push(...around((q * Math.PI) / 2));
  for (let q = 3000; q < 2 ** 100; q *= 1.37) points.push((Math.round(q) * Math.PI) / 2);
  const next = uint32s(1);
  for (let i = 0; i < 30_000; i++) {
    points.push(fromBits(next() >>> 1), (next() / 2 ** 32) * 2, (next() / 2 ** 32) * 20);
  }
  const positive = points.filter((x) => x === x);
  return Float32Array.from([...positive, ...positive.map((x) => -x), Infinity, -Infinity, NaN]);
}

export const xs = sample();
/** The greatest error over `xs`, as words that tell where. */
export function check(
  got: Float32Array,
  oracle: (x: number) => number,
  bound: number,
  least?: number,
) {
  let greatest = 0;
  let where = "";
  got.forEach((y, i) => {
    const want = oracle(xs[i]!);
    const error = ulpError(y, want, least);
    if (error <= greatest) return;
    greatest = error;
    where = `${error} ulp: f(${xs[i]}) = ${y}, exactly ${want}`;
  });
  expect(greatest, where).toBeLessThanOrEqual(bound);
  // What stands beside a function is its real maximum, not just some bound.
  expect(greatest, where).toBeGreaterThan(bound * 0.95);
}

/** Bits, all NaN the same. */
export const words = (x: Float32Array): Uint32Array => {
  const canonical = x.map((y) => (y === y ? y : NaN));
  return new Uint32Array(canonical.buffer);
};

export function firstDifference(a: Float32Array, b: Float32Array): number | undefined {
  const [u, v] = [words(a), words(b)];
  const at = u.findIndex((word, i) => word !== v[i]);
  return at < 0 ? undefined : xs[at];
}
