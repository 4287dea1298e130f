// Kernels of recurrent layers.
import type { Contract } from "../param.js";

// Units: rows of the batch. Pointers may be 0 where a mode has no such thing (0 tanh, 1 relu, 2 LSTM,
// 3 GRU), where all rows have T steps (lengths), and in the forward what only the gradient knows.
// prettier-ignore
const block = ["x: ptr", "w: ptr", "bias: ptr", "h0: ptr", "c0: ptr", "lengths: ptr", "out: ptr", "before: ptr", "inner: ptr", "gates: ptr", "dy: ptr", "dx: ptr", "dhidden: ptr", "dh0: ptr", "dc0: ptr", "T: u32", "B: u32", "H: u32", "mode: u32", "reverse: u32"] as const;

export const recurrent = {
  recurrentF32: block,
  recurrentGradF32: block,
} as const satisfies Contract;
