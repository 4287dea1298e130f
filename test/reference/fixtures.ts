// Reads the fixtures that generate.py wrote and compares tensors with them. What is run, and how
// exactly it must agree, stands in the tests.
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { tensor, type DType, type Tensor } from "../../src/index.js";

type Element = number | "nan" | "inf" | "-inf";
type Nested = Element | readonly Nested[];

/** See generator/encode.py: nested float32 numbers, other dtypes wrapped, empty tensors by shape. */
export type Encoded =
  | Nested
  | { readonly int32: Nested }
  | { readonly bool: Nested }
  | { readonly shape: readonly number[]; readonly dtype?: DType };

export type EncodedState = Readonly<Record<string, Encoded>>;

interface Decoded {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: readonly number[];
}

/** The cases of a family; the caller says what they look like. */
export function load<Case>(family: string): readonly Case[] {
  const url = new URL(`./${family}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Case[];
}

const WORDS = { nan: NaN, inf: Infinity, "-inf": -Infinity };

function decode(x: Encoded): Decoded {
  if (typeof x !== "object" || isList(x)) return decodeNested(x, "float32");
  if ("int32" in x) return decodeNested(x.int32, "int32");
  if ("bool" in x) return decodeNested(x.bool, "bool");
  return { shape: x.shape, dtype: x.dtype ?? "float32", data: [] };
}

function decodeNested(x: Nested, dtype: DType): Decoded {
  const shape: number[] = [];
  for (let level = x; isList(level); level = level[0]!) shape.push(level.length);
  const flat = (isList(x) ? x.flat(Infinity as 1) : [x]) as Element[];
  const numbers = flat.map((v) => (typeof v === "string" ? WORDS[v] : v));
  // The decimals are the shortest that round to the float32 that is meant.
  return { shape, dtype, data: dtype === "float32" ? numbers.map(Math.fround) : numbers };
}

function isList(x: Encoded): x is readonly Nested[] {
  return Array.isArray(x);
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

export function toTensor(encoded: Encoded, requiresGrad = false): Tensor {
  const { shape, dtype, data } = decode(encoded);
  return tensor(ARRAYS[dtype].from(data), { shape, dtype, requiresGrad });
}

export function toState(state: EncodedState): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, toTensor(value)]));
}

/** The elements, row-major. */
export function valuesOf(encoded: Encoded): readonly number[] {
  return decode(encoded).data;
}

/** Passes when |got - wanted| <= absolute + relative * |wanted|; NaN equals NaN. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
  /** Zeros must have the same sign. */
  readonly signedZero?: boolean;
}

/** The same bits: moves, comparisons, and what IEEE 754 rounds correctly. */
export const EXACT: Tolerance = { relative: 0, absolute: 0, signedZero: true };
/** As EXACT, where the sign of a zero is nobody's business. */
export const EQUAL: Tolerance = { relative: 0, absolute: 0 };
/** Two ulp and the fixture's own rounding; subnormal results may come out as zero. */
export const ULPS: Tolerance = { relative: 3e-7, absolute: 1.2e-38 };
/** A few roundings in a row, some of them near a cancellation: gradients of single elements. */
export const CHAIN: Tolerance = { relative: 2e-6, absolute: 5e-7 };
/** Sums of some tens of terms around 1. */
export const SUMS: Tolerance = { relative: 2e-6, absolute: 2e-6 };
/** Sums of sums: normalisations, whole layers, second gradients. */
export const LAYERS: Tolerance = { relative: 1e-5, absolute: 5e-6 };

export function expectTensor(what: string, got: Tensor, encoded: Encoded, by: Tolerance): void {
  const wanted = decode(encoded);
  expect([...got.shape], `${what}: shape`).toEqual(wanted.shape);
  expect(got.dtype, `${what}: dtype`).toBe(wanted.dtype);
  const values = got.toTypedArray();
  const wrong = wanted.data.findIndex((w, i) => !agrees(values[i]!, w, by));
  if (wrong < 0) return;
  const all = wanted.data.length;
  expect.fail(`${what}: element ${wrong} of ${all} is ${values[wrong]}, not ${wanted.data[wrong]}`);
}

function agrees(
  got: number,
  wanted: number,
  { relative, absolute, signedZero }: Tolerance,
): boolean {
  if (signedZero || !Number.isFinite(wanted))
    return Object.is(got, wanted) || bothBool(got, wanted);
  return Math.abs(got - wanted) <= absolute + relative * Math.abs(wanted);
}

/** A bool may be read as true or as 1. */
function bothBool(got: number | boolean, wanted: number): boolean {
  return typeof got === "boolean" && Number(got) === wanted;
}

export function expectState(
  what: string,
  got: Readonly<Record<string, Tensor>>,
  wanted: EncodedState,
  by: Tolerance,
): void {
  expect(Object.keys(got).sort(), `${what}: keys`).toEqual(Object.keys(wanted).sort());
  for (const [key, value] of Object.entries(wanted)) {
    expectTensor(`${what}: ${key}`, got[key]!, value, by);
  }
}
