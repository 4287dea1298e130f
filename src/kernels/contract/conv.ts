// Kernels of convolutions and pooling.
import type { Contract } from "../param.js";

export const conv = {
  // Units: planes. status: -1, or where the first index outside of outPlane stands.
  // prettier-ignore
  maxUnpool2dF32: ["x: ptr", "indices: ptr", "out: ptr", "status: ptr", "inPlane: u32", "outPlane: u32"],
} as const satisfies Contract;
