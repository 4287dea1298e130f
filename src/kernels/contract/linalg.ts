// Kernels of linear algebra. Units: matrices; all operands contiguous; what `work` must hold stands
// in assembly/linalg. `status`: the first matrix that is refused, -1 for none.
import type { Contract } from "../param.js";

export const linalg = {
  // prettier-ignore
  solveF32: ["a: ptr", "out: ptr", "work: ptr", "status: ptr", "n: u32", "r: u32", "mode: u32", "b: ptr"],
  choleskyF32: ["a: ptr", "out: ptr", "work: ptr", "status: ptr", "n: u32"],
  // prettier-ignore
  qrF32: ["a: ptr", "out: ptr", "work: ptr", "status: ptr", "m: u32", "n: u32", "p: u32"],
  eighF32: ["a: ptr", "out: ptr", "work: ptr", "status: ptr", "n: u32"],
  // prettier-ignore
  svdF32: ["a: ptr", "out: ptr", "work: ptr", "status: ptr", "m: u32", "n: u32", "p: u32"],
} as const satisfies Contract;
