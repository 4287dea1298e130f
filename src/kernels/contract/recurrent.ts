// Kernels of recurrent layers.
import type { Contract } from "../param.js";

export const recurrent = {} as const satisfies Contract;
