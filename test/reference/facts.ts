// What cases show of an op or a layer while they run, for the tables in docs/. The library gives the same
// bits everywhere, so the errors are constants: the pages are compared with what was found.
import type { Tensor } from "../../src/index.js";
import { type Encoded, valuesOf } from "./fixtures.js";

/** One unit in the last place of a float32 of this magnitude. */
function ulpOf(x: number): number {
  if (Math.abs(x) < 2 ** -126) return 2 ** -149;
  return 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23);
}

/** The greatest error of a float32 result, in ulp and over the largest magnitude in it. */
function errorsOf(got: Tensor, wanted: Encoded): { ulp: number; relative: number } {
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
function gradientError(got: readonly Tensor[], wanted: readonly Encoded[]): number {
  const largest = wanted.reduce<number>((max, x) => Math.max(max, largestOf(x)), 0);
  const errors = wanted.map((x, i) => {
    const { relative } = errorsOf(got[i]!, x);
    const own = largestOf(x);
    return own === 0 || own >= 1e-6 * largest ? relative : (relative * own) / largest;
  });
  return Math.max(0, ...errors);
}

export interface Facts {
  cases: number;
  gradient: boolean;
  second: boolean;
  /** In units in the last place of what PyTorch computed in float64. */
  ulp: number;
  /** Over the largest magnitude of the result that an element belongs to. */
  relative: number;
  gradientError: number;
}

export function noFacts(): Facts {
  return { cases: 0, gradient: false, second: false, ulp: 0, relative: 0, gradientError: 0 };
}

/** Keeps what a case's outputs have shown. */
export function noteOutputs(
  facts: Facts,
  got: readonly Tensor[],
  wanted: readonly Encoded[],
): void {
  got.forEach((y, i) => {
    if (y.dtype !== "float32") return;
    const { ulp, relative } = errorsOf(y, wanted[i]!);
    facts.ulp = Math.max(facts.ulp, ulp);
    facts.relative = Math.max(facts.relative, relative);
  });
}

export function noteGradients(
  facts: Facts,
  got: readonly Tensor[],
  wanted: readonly Encoded[],
): void {
  if (got.length === 0) return;
  facts.gradient = true;
  facts.gradientError = Math.max(facts.gradientError, gradientError(got, wanted));
}

/** "PyTorch, 3 cases". */
export const counted = (cases: number): string =>
  `PyTorch, ${cases === 1 ? "1 case" : `${cases} cases`}`;

export const asRelative = (x: number): string => (x === 0 ? "exact" : x.toExponential(1));

/** Beside a cancellation, where the result is almost 0, ulp say nothing. */
export function errorText({ ulp, relative }: Facts): string {
  if (ulp > 4) return asRelative(relative);
  return ulp === 0 ? "exact" : `${ulp.toFixed(1)} ulp`;
}

export const gradientText = ({ gradient, gradientError }: Facts): string =>
  gradient ? `PyTorch, ${asRelative(gradientError)}` : "none";

/** A page without what Prettier adds to its tables. */
export const plain = (text: string): string =>
  text
    .replace(/ *\| */g, "|")
    .replace(/-{3,}/g, "---")
    .trim();
