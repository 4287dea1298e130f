// Kernels of convolutions and pooling.
import type { Contract } from "../param.js";

export const conv = {
  // Units: planes. status: -1, or where the first index outside of outPlane stands.
  // prettier-ignore
  maxUnpool2dF32: ["x: ptr", "indices: ptr", "out: ptr", "status: ptr", "inPlane: u32", "outPlane: u32"],
  // Convolutions of 3 x 3 or 5 x 5 taps (6 or 8 points) and a step of 1 by Winograd's algorithm: see
  // src/kernels/units/winograd.ts. u, work: winogradWorkspace(rows, columns, points) elements. tapStep = -1: taps turned
  // round; 0: u is what winogradKernelF32 has made, else it is w. parts = 0: work is dw.
  // prettier-ignore
  winogradKernelF32: ["w: ptr", "out: ptr", "rows: u32", "depth: u32", "rowStep: i32", "depthStep: i32", "tapStep: i32", "points: u32"],
  // prettier-ignore
  winogradConv2dF32: ["x: ptr", "u: ptr", "bias: ptr", "out: ptr", "relu: u32", "N: u32", "C: u32", "H: u32", "W: u32", "O: u32", "OH: u32", "OW: u32", "padH: i32", "padW: i32", "points: u32", "rowStep: i32", "depthStep: i32", "tapStep: i32"],
  // prettier-ignore
  winogradWeightGradF32: ["x: ptr", "dy: ptr", "work: ptr", "N: u32", "C: u32", "H: u32", "W: u32", "O: u32", "OH: u32", "OW: u32", "padH: i32", "padW: i32", "points: u32", "parts: u32"],
  winogradTapsF32: ["work: ptr", "dw: ptr", "O: u32", "C: u32", "points: u32", "parts: u32"],
  // Convolutions of 3 x 3 taps, a step of 1 and a group for each channel. Units: planes of out; channels.
  // prettier-ignore
  depthwiseF32: ["x: ptr", "w: ptr", "bias: ptr", "out: ptr", "relu: u32", "N: u32", "C: u32", "H: u32", "W: u32", "OH: u32", "OW: u32", "padH: u32", "padW: u32", "tapStep: i32"],
  // prettier-ignore
  depthwiseWeightGradF32: ["x: ptr", "dy: ptr", "dw: ptr", "N: u32", "C: u32", "H: u32", "W: u32", "OH: u32", "OW: u32", "padH: u32", "padW: u32"],
} as const satisfies Contract;
