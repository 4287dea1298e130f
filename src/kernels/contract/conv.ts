// Kernels of convolutions and pooling.
import type { Contract } from "../param.js";

export const conv = {} as const satisfies Contract;
