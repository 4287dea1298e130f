// Kernels of elementwise functions, binary and ternary ops, bitwise ops, activations.
import { binary1, unary2 } from "../blocks.js";
import type { Contract } from "../param.js";

export const pointwise = {
  // p0: the function's number (src/ops/special.ts); p1: the order of polygamma.
  specialF32: unary2,
  specialPairF32: binary1,
  specialPairI32: binary1,
  // `piece` of the rows at a time, which is a unit. For each call a Link of assembly/elementwise/chain.ts
  // and a word for each of its pointers. Below 2^20 a pointer of its parameters is a place in the scratch.
  chain32: ["calls: u32", "rows: u32", "piece: u32", "more: i32..."],
} as const satisfies Contract;
