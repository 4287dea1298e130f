// Kernels of elementwise functions, binary and ternary ops, bitwise ops, activations.
import type { Contract } from "../param.js";

export const pointwise = {} as const satisfies Contract;
