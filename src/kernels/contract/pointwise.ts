// Kernels of elementwise functions, binary and ternary ops, bitwise ops, activations.
import { binary1, unary2 } from "../blocks.js";
import type { Contract } from "../param.js";

export const pointwise = {
  // p0: the function's number (src/ops/special.ts); p1: the order of polygamma.
  specialF32: unary2,
  specialPairF32: binary1,
  specialPairI32: binary1,
  // For each call: its kernel's place in the table, its parameters' address less args, how many of its
  // parameters are pointers. Below 2^20 a pointer is a place in the scratch, of bools where it is odd.
  chain32: ["calls: u32", "more: i32..."],
} as const satisfies Contract;
