// Kernels of losses.
import type { Contract } from "../param.js";

export const losses = {} as const satisfies Contract;
