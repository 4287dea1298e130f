// Methods of reductions, scans and sorting.

export const reduceMethods = {};
