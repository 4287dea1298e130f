// Kernels of optimisers, schedulers and what goes with them.
import type { Contract } from "../param.js";

export const optim = {
  // Units: 1024 elements. a, b and c may be 0: which the mode asks for is said in assembly/adaptive.ts.
  // prettier-ignore
  adaptiveStepF32: ["p: ptr", "g: ptr", "a: ptr", "b: ptr", "c: ptr", "n: u32", "mode: u32", "weightDecay: f32", "keep: f32", "lr: f32", "alpha: f32", "restA: f32", "beta: f32", "restB: f32", "scale: f32", "eps: f32", "direct: f32", "mean: f32", "momentum: f32"],
} as const satisfies Contract;
