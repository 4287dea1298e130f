// Kernels of linear algebra.
import type { Contract } from "../param.js";

export const linalg = {} as const satisfies Contract;
