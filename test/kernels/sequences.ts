// Repeatable numbers for the tests of kernels: one small linear congruential generator (that of Numerical
// Recipes), and what the tests make of it.

/** Words from 0 to 2^32 - 1. */
export function uint32s(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
}

/** Fractions in [0, 1). */
export function fractions(seed: number): () => number {
  const next = uint32s(seed);
  return () => next() / 2 ** 32;
}

/** n floats in [-scale, scale). */
export function floats(n: number, seed: number, scale = 1): Float32Array {
  const next = fractions(seed);
  return Float32Array.from({ length: n }, () => (2 * next() - 1) * scale);
}

/** n floats in [-1, 1); seeds that are neighbours give sequences that are not. */
export function noise(n: number, seed: number): Float32Array {
  return floats(n, seed * 2654435761 + 12345);
}

/** n integers in [0, range). */
export function integers(n: number, range: number, seed: number): Int32Array {
  const next = fractions(seed);
  return Int32Array.from({ length: n }, () => Math.floor(next() * range));
}
