// Kernels of creation, views and movement, random numbers.
import type { Contract } from "../param.js";

export const views = {
  repeatI32: ["counts: ptr", "out: ptr", "n: u32", "total: u32"],
  // status as for indices; tree: 2C float64.
  // prettier-ignore
  multinomialI32: ["weights: ptr", "tree: ptr", "out: ptr", "status: ptr", "rows: u32", "C: u32", "k: u32", "replacement: u32", "seedLo: u32", "seedHi: u32", "offsetLo: u32", "offsetHi: u32"],
} as const satisfies Contract;
