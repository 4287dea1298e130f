// Kernels of interpolation, sampling, folding, Fourier transforms.
import type { Contract } from "../param.js";

// prettier-ignore
const windows = ["x: ptr", "out: ptr", "H: i32", "W: i32", "OH: i32", "OW: i32", "kh: i32", "kw: i32", "strideH: i32", "strideW: i32", "padH: i32", "padW: i32", "dilationH: i32", "dilationW: i32"] as const;

export const image = {
  // [outer, n, inner] to [outer, m, inner]. Units: outer x m.
  // prettier-ignore
  bandF32: ["x: ptr", "first: ptr", "count: ptr", "weights: ptr", "out: ptr", "n: u32", "m: u32", "width: u32", "inner: u32"],
  // Units: planes x kh x kw; planes.
  unfoldF32: windows,
  foldF32: windows,
  // Units: rows, or 1 where work is given: then it has 24m bytes (40m + 16n where m is not n).
  // prettier-ignore
  fftF32: ["x: ptr", "out: ptr", "work: ptr", "rows: u32", "n: u32", "m: u32", "inBins: u32", "outBins: u32", "inReal: u32", "outReal: u32", "inDoubled: u32", "outDoubled: u32", "scaleLow: i32", "scaleHigh: i32", "plus: u32"],
} as const satisfies Contract;
