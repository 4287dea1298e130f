// How far results are from PyTorch's, for the tables in docs/.
import type { Tensor } from "../../src/index.js";
import { type Encoded, valuesOf } from "./fixtures.js";

/** One unit in the last place of a float32 of this magnitude. */
function ulpOf(x: number): number {
  if (Math.abs(x) < 2 ** -126) return 2 ** -149;
  return 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23);
}

/** The greatest error of a float32 result, in ulp and over the largest magnitude in it. */
export function errorsOf(got: Tensor, wanted: Encoded): { ulp: number; relative: number } {
  const values = got.toTypedArray();
  const expected = valuesOf(wanted);
  let [ulp, error, largest] = [0, 0, 0];
  expected.forEach((w, i) => {
    if (!Number.isFinite(w)) return;
    const off = Math.abs(values[i]! - w);
    ulp = Math.max(ulp, off / ulpOf(w));
    error = Math.max(error, off);
    largest = Math.max(largest, Math.abs(w));
  });
  return { ulp, relative: largest === 0 ? error : error / largest };
}

const largestOf = (x: Encoded): number =>
  valuesOf(x).reduce((max, v) => (Number.isFinite(v) ? Math.max(max, Math.abs(v)) : max), 0);

/**
 * The greatest error of gradients over the largest magnitude in each. One that cancels to less than a
 * millionth of the others (as bias gradients do whose terms add up to 0) counts over theirs.
 */
export function gradientError(got: readonly Tensor[], wanted: readonly Encoded[]): number {
  const largest = wanted.reduce<number>((max, x) => Math.max(max, largestOf(x)), 0);
  const errors = wanted.map((x, i) => {
    const { relative } = errorsOf(got[i]!, x);
    const own = largestOf(x);
    return own === 0 || own >= 1e-6 * largest ? relative : (relative * own) / largest;
  });
  return Math.max(0, ...errors);
}
