// Kernels of optimisers, schedulers and what goes with them.
import type { Contract } from "../param.js";

export const optim = {
  // Units: 1024 elements, of each entry anew. More entries of the same slots may follow. States may
  // be 0: which are not is said in assembly/optim.ts and assembly/adaptive.ts.
  // prettier-ignore
  sgdStepF32: ["p: ptr", "g: ptr", "buf: ptr", "n: u32", "lr: f32", "momentum: f32", "dampening: f32", "weightDecay: f32", "nesterov: u32", "first: u32", "more: i32..."],
  // prettier-ignore
  adamStepF32: ["p: ptr", "g: ptr", "m: ptr", "v: ptr", "n: u32", "stepSize: f32", "weight1: f32", "beta2: f32", "weight2: f32", "bc2Sqrt: f32", "eps: f32", "weightDecay: f32", "decay: f32", "more: i32..."],
  // prettier-ignore
  adaptiveStepF32: ["p: ptr", "g: ptr", "a: ptr", "b: ptr", "c: ptr", "n: u32", "mode: u32", "weightDecay: f32", "keep: f32", "lr: f32", "alpha: f32", "restA: f32", "beta: f32", "restB: f32", "scale: f32", "eps: f32", "direct: f32", "mean: f32", "momentum: f32", "more: i32..."],
} as const satisfies Contract;
