// Work units of the kernels of linear algebra.

/** A matrix of the batch a unit. */
export function matrixUnits(outer: readonly number[]): number {
  return outer.reduce((n, size) => n * size, 1);
}
