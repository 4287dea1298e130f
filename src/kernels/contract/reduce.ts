// Kernels of reductions, scans and sorting.
import type { Contract } from "../param.js";

export const reduce = {} as const satisfies Contract;
