// How many work units a kernel call has: functions of the shape alone, one for each family. The
// kernels cut their work by the same rules.

/** Elementwise ops, random draws, dropout and optimiser steps: 1024 elements a unit. */
export function flatUnits(n: number): number {
  return (n + 1023) >>> 10; // no division of floats: small ops call it
}

/** permutationI32, multinomialI32 and repeatI32 are sequential; n is the size of their result. */
export function permutationUnits(n: number): number {
  return n > 0 ? 1 : 0;
}

/** Counters that a random draw (or dropout) of n elements uses up: the next one's offset is this much further. */
export function randomCounters(n: number): number {
  return Math.ceil(n / 4);
}

/** Counters that permutationI32 and multinomialI32 use up: 64 bits for each element. */
export function permutationCounters(n: number): number {
  return Math.ceil(n / 2);
}

/** gather32, gather8, joinIndexI32: 1024 columns of a row a unit. */
export function gatherUnits(rows: number, cols: number): number {
  return rows * Math.ceil(cols / 1024);
}

/** scatter32, scatter8; indexAddF32, whose rows are outer slices: 64 columns of a row a unit. */
export function scatterUnits(rows: number, cols: number): number {
  return rows * Math.ceil(cols / 64);
}

/** countTrueBool, trueIndexBool: 4096 elements a unit. */
export function maskUnits(n: number): number {
  return Math.ceil(n / 4096);
}

/**
 * matmulF32: 64 columns of one product a unit, or 64 rows where there are at least twice as many
 * rows as columns. Units of one call share what the kernel packs: hand out many at once.
 */
export function matmulUnits(batch: number, M: number, N: number): number {
  return M === 0 || N === 0 ? 0 : batch * Math.ceil((M >= 2 * N ? M : N) / 64);
}

/** Reductions of [outer, R, inner]: an output row by row, or a tile of 512 to 1023 columns. */
export function foldUnits(outer: number, inner: number): number {
  return inner === 0 ? 0 : inner === 1 ? outer : outer * Math.max(1, Math.floor(inner / 512));
}

/**
 * Blocks of at most 256 pixels of a grid: some whole rows (as many as fill panels of 8 pixels, where
 * that is possible), or a part of one (assembly/conv/sampling.ts).
 */
function conv2dBlocks(gridH: number, gridW: number): number {
  if (gridH < 1 || gridW < 1) return 0;
  if (gridW > 256) {
    const even = Math.ceil(gridW / Math.ceil(gridW / 256));
    return gridH * Math.ceil(gridW / (Math.ceil(even / 8) * 8));
  }
  const most = Math.floor(256 / gridW);
  const even = Math.ceil(gridH / Math.ceil(gridH / most));
  const step = 8 / Math.min(8, gridW & -gridW);
  const full = Math.ceil(even / step) * step;
  return Math.ceil(gridH / (full > most ? even : full));
}

/** conv2dF32: a block of outputs of one image of one group a unit. */
export function conv2dUnits(N: number, groups: number, OH: number, OW: number): number {
  return groups * N * conv2dBlocks(OH, OW);
}

/**
 * conv2dInputGradF32: a block of inputs of one image, one phase (row and column modulo the
 * strides) and one group a unit. A call packs the weights it needs: hand out many units at once.
 */
export function conv2dInputGradUnits(
  N: number,
  groups: number,
  H: number,
  W: number,
  strideH: number,
  strideW: number,
): number {
  const blocks = conv2dBlocks(Math.ceil(H / strideH), Math.ceil(W / strideW));
  return groups * strideH * strideW * N * blocks;
}

/** conv2dWeightGradF32: up to 64 columns (C / groups * kh * kw) of one group's dw a unit. */
export function conv2dWeightGradUnits(C: number, kh: number, kw: number, groups: number): number {
  const columns = (C / groups) * kh * kw;
  return groups * Math.ceil(columns / (8 * Math.min(8, Math.ceil(Math.ceil(columns / 8) / 8))));
}

/** Softmax and its gradients: a row when inner is 1, otherwise tiles of 512 columns or a little more. */
export function softmaxUnits(outer: number, inner: number): number {
  return outer * Math.max(1, Math.floor(inner / 512));
}
