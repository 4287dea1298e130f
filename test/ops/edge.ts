// What the edge cases are made of: scalars, tensors without elements, and the watch that is kept over
// those which gradients are wanted of.
import * as sg from "../../src/index.js";
import type { Tensor } from "../../src/index.js";

/** The float32 tensors that the calls below were given, while gradients are wanted. */
let leaves: Tensor[] | null = null;

/** Runs `call` and gives the float32 tensors that it was given, which require gradients. */
export function watching(call: () => unknown): Tensor[] {
  const given: Tensor[] = (leaves = []);
  try {
    call();
  } finally {
    leaves = null;
  }
  return given;
}

function watched(x: Tensor): Tensor {
  if (leaves === null) return x;
  x.requiresGrad = true;
  leaves.push(x);
  return x;
}

/** No elements, or zeros. */
export const E = (...shape: number[]): Tensor => watched(sg.zeros(shape));
/** int32 zeros. */
export const ids = (...shape: number[]): Tensor => sg.zeros(shape, { dtype: "int32" });
/** False, in spite of the name. */
export const yes = (...shape: number[]): Tensor => sg.zeros(shape, { dtype: "bool" });
/** A scalar. */
export const s = (): Tensor => watched(sg.tensor(0.5));

/** A call, and the shapes of its results. */
export type Edge = readonly [call: () => unknown, ...shapes: (readonly number[])[]];
export type Edges = Readonly<Record<string, readonly Edge[]>>;
