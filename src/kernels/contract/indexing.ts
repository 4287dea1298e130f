// Kernels of indexing, gathering, scattering, counting.
import type { Contract } from "../param.js";

// prettier-ignore
const scatter = ["out: ptr", "index: ptr", "src: ptr", "rows: u32", "cols: u32", "so: i32", "si: i32", "ss: i32", "status: ptr", "n: u32", "stride: u32", "k: u32", "strideIndex: u32", "strideSrc: u32", "mode: u32", "rank: u32", "dims: i32..."] as const;

const mask = ["x: ptr", "counts: ptr", "out: ptr", "n: u32"] as const;

const isin = ["x: ptr", "y: ptr", "out: ptr", "n: u32", "m: u32"] as const;

export const indexing = {
  scatter32: scatter,
  scatter8: scatter,
  countTrueBool: mask,
  trueIndexBool: mask,
  // Units: 1024 positions.
  unravelI32: ["x: ptr", "out: ptr", "k: u32", "rank: u32", "dims: i32..."],
  isinF32: isin,
  isinI32: isin,
  // Units: bags.
  bagsI32: ["offsets: ptr", "out: ptr", "status: ptr", "bags: u32", "n: u32"],
} as const satisfies Contract;
