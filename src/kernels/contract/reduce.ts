// Kernels of reductions, scans and sorting.
import { fold } from "../blocks.js";
import type { Contract } from "../param.js";

// A unit is a line of [outer, R, inner]; a or b may be 0 (assembly/scan/scan.ts).
// prettier-ignore
const recur = ["a: ptr", "b: ptr", "out: ptr", "R: u32", "inner: u32", "reverse: u32", "total: u32"] as const;

export const reduce = {
  recurF32: recur,
  recurI32: recur,
  cumExtreme32: [...fold, "smallest: u32", "integers: u32"],
  logcumsumexpF32: fold,
  // `work` may be 0 where R <= 65280, else 16 R bytes a line.
  // prettier-ignore
  argsort32: ["x: ptr", "out: ptr", "work: ptr", "R: u32", "inner: u32", "stride: u32", "keys: u32", "integers: u32", "descending: u32", "first: u32"],
  // Units: 1024 values.
  // prettier-ignore
  searchsorted32: ["sorted: ptr", "values: ptr", "out: ptr", "n: u32", "m: u32", "total: u32", "shared: u32", "right: u32", "integers: u32"],
  // weights may be 0: out is int32 counts then.
  bincount32: ["x: ptr", "weights: ptr", "out: ptr", "n: u32", "bins: u32"],
} as const satisfies Contract;
