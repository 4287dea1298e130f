// Inputs of the tests' tables: small tensors at awkward shapes whose values stay away from kinks and
// ties, so that finite differences mean something.
import * as sg from "../../src/index.js";
import type { Tensor } from "../../src/index.js";

/** Makes one input; `seed` tells the inputs of a case apart. */
export type Make = (seed: number) => Tensor;

/** n numbers from low to high, evenly spaced and shuffled; other seeds give other numbers. */
function spread(n: number, low: number, high: number, seed: number): number[] {
  const step = (high - low) / (n + 1);
  const values = Array.from({ length: n }, (_, i) => low + step * (i + 0.5 + 0.31 * (seed % 3)));
  let state = 12345 + seed;
  for (let i = n - 1; i > 0; i--) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    const k = state % (i + 1);
    [values[i], values[k]] = [values[k]!, values[i]!];
  }
  return values;
}

function made(shape: readonly number[], seed: number, value: (n: number) => number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return sg.tensor(Float32Array.from(value(size)), { shape: [...shape], requiresGrad: seed >= 0 });
}

/** Magnitudes from low to high, all different; every other one negative. */
const signed =
  (low: number, high: number) =>
  (...shape: number[]): Make =>
  (seed) =>
    made(shape, seed, (n) => spread(n, low, high, seed).map((v, i) => (i % 2 === 0 ? v : -v)));

/** Anything but 0. */
export const any = signed(0.2, 1.6);
/** Inside of (-1, 1). */
export const unit = signed(0.1, 0.8);

export const positive =
  (...shape: number[]): Make =>
  (seed) =>
    made(shape, seed, (n) => spread(n, 0.5, 2, seed));

/** Between the steps of floor, ceil, round and trunc. */
export const between =
  (...shape: number[]): Make =>
  (seed) =>
    made(shape, seed, (n) =>
      Array.from({ length: n }, (_, i) => [0.3, -0.7, 1.2, -2.8, 3.35, -0.15, 1.85][i % 7]!),
    );

/** Probabilities: between 0 and 1. */
export const chances =
  (...shape: number[]): Make =>
  (seed) =>
    made(shape, seed, (n) => spread(n, 0.1, 0.9, seed));

/** Whole numbers low, low + 1, ..., in some order, over and over. */
export const ints =
  (low: number, high: number, ...shape: number[]): Make =>
  (seed) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const values = Int32Array.from({ length: n }, (_, i) => low + ((i * 5 + seed) % (high - low)));
    return sg.tensor(values, { shape: [...shape] });
  };

export const bools =
  (...shape: number[]): Make =>
  (seed) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const values = Uint8Array.from({ length: n }, (_, i) => Number((i * 7 + seed) % 3 === 0));
    return sg.tensor(values, { shape: [...shape], dtype: "bool" });
  };

/** An input that has no derivative, or none that the case is about. */
export const fixed =
  (make: Make): Make =>
  (seed) => {
    const x = make(seed);
    x.requiresGrad = false;
    return x;
  };

/**
 * The same values in memory that is not row-major: dims reversed, every other element, an offset.
 * Differentiable, and a scalar gets its offset at least.
 */
export function scattered(x: Tensor): Tensor {
  const reversed = x.shape.map((_, i) => x.ndim - 1 - i);
  return sg.tidy(() => {
    const turned = x.permute(reversed).unsqueeze(-1);
    const doubled = turned.expand([...turned.shape.slice(0, -1), 2]).clone();
    return doubled.select(-1, 1).permute(reversed);
  });
}
