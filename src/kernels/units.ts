// How many work units a kernel call has: functions of the shape alone, one for each family. The
// kernels cut their work by the same rules.

/** Random draws, dropout and optimiser steps: 1024 elements a unit. */
export function flatUnits(n: number): number {
  return Math.ceil(n / 1024);
}

/** permutationI32 is sequential. */
export function permutationUnits(n: number): number {
  return n > 0 ? 1 : 0;
}

/** Counters that a random draw (or dropout) of n elements uses up: the next one's offset is this much further. */
export function randomCounters(n: number): number {
  return Math.ceil(n / 4);
}

/** Counters that permutationI32 uses up. */
export function permutationCounters(n: number): number {
  return Math.ceil(n / 2);
}

/** indexSelect32, indexSelect8: a unit is one row of out [outer, k, inner]. */
export function indexSelectUnits(outer: number, k: number): number {
  return outer * k;
}

/** indexAddF32: 64 columns of one outer slice a unit. */
export function indexAddUnits(outer: number, inner: number): number {
  return outer * Math.ceil(inner / 64);
}

/** gather32, gather8: 1024 columns of a row a unit. */
export function gatherUnits(rows: number, cols: number): number {
  return rows * Math.ceil(cols / 1024);
}

/** scatterAddF32: 64 columns of a row a unit. */
export function scatterAddUnits(rows: number, cols: number): number {
  return rows * Math.ceil(cols / 64);
}

/** matmulF32: 64 columns of one product a unit. */
export function matmulUnits(batch: number, N: number): number {
  return batch * Math.ceil(N / 64);
}

/** Reductions of [outer, R, inner]: an output row by row, or a tile of 512 to 1023 columns. */
export function foldUnits(outer: number, inner: number): number {
  return inner === 0 ? 0 : inner === 1 ? outer : outer * Math.max(1, Math.floor(inner / 512));
}

/** sumBool, anyBool, allBool: an output a unit. */
export function countUnits(outer: number, inner: number): number {
  return outer * inner;
}
