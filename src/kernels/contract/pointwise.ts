// Kernels of elementwise functions, binary and ternary ops, bitwise ops, activations.
import { binary1, unary2 } from "../blocks.js";
import type { Contract } from "../param.js";

export const pointwise = {
  // p0: the function's number (src/ops/special.ts); p1: the order of polygamma.
  specialF32: unary2,
  specialPairF32: binary1,
  specialPairI32: binary1,
} as const satisfies Contract;
