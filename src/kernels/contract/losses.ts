// Kernels of losses.
import type { Contract } from "../param.js";

export const losses = {
  // Units: sequences. grad may be 0; status as for indices.
  // prettier-ignore
  ctcLossF32: ["logp: ptr", "targets: ptr", "sizes: ptr", "loss: ptr", "grad: ptr", "work: ptr", "status: ptr", "T: u32", "N: u32", "C: u32", "S: u32", "blank: i32", "zeroInfinity: u32"],
} as const satisfies Contract;
