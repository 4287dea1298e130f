// Kernels of attention and Transformers.
import type { Contract } from "../param.js";

export const attention = {} as const satisfies Contract;
