// Kernels of attention and Transformers.
import type { Contract } from "../param.js";

// q [N, L, E], k [N / group, S, E], v [N / group, S, Ev], contiguous (k and v: each head); mask, p and what is not wanted of
// dq, dk and dv may be 0; dims: per head dim of the mask, outermost first: size, stride.
// prettier-ignore
const block = [
  "q: ptr", "k: ptr", "v: ptr", "mask: ptr", "out: ptr", "stats: ptr",
  "dy: ptr", "dq: ptr", "dk: ptr", "dv: ptr", "L: u32", "S: u32", "E: u32", "Ev: u32", "kHead: u32", "vHead: u32", "group: u32",
  "scale: f32", "reach: i32", "maskBytes: u32", "maskRow: i32", "maskCol: i32",
  "seedLo: u32", "seedHi: u32", "offsetLo: u32", "offsetHi: u32", "p: f32", "rank: u32", "dims: i32...",
] as const;

export const attention = {
  attentionF32: block,
  attentionGradF32: block,
} as const satisfies Contract;
