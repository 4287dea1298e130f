// A step run as it is and captured: both see the same numbers, and must leave the same bits.
import { expect } from "vitest";
import { capture, type CaptureArgument, manualSeed, Tensor } from "../../src/index.js";

/** A step of something trained, and the tensors that it changes. */
export interface Trained {
  step: (...args: readonly CaptureArgument[]) => unknown;
  /** Parameters (whose gradients are compared, too), buffers, states. */
  watched: () => Iterable<Tensor>;
  /** Run after each step, outside of it. */
  after?: (i: number) => void;
}

/** Every tensor in a result as plain numbers, in order. */
function valuesOf(result: unknown): unknown {
  if (result instanceof Tensor) return { shape: result.shape, values: [...result.toTypedArray()] };
  if (Array.isArray(result)) return result.map(valuesOf);
  if (typeof result !== "object" || result === null) return result;
  return Object.fromEntries(Object.entries(result).map(([key, value]) => [key, valuesOf(value)]));
}

function history(make: () => Trained, inputs: Inputs, captured: boolean, steps: number): unknown[] {
  manualSeed(11);
  const { step, watched, after } = make();
  const call = captured ? capture(step) : step;
  return Array.from({ length: steps }, (_, i) => {
    const result = valuesOf(call(...inputs(i)));
    after?.(i);
    const state = [...watched()].map((x) => [valuesOf(x), valuesOf(x.grad ?? null)]);
    return { step: i, result, state };
  });
}

type Inputs = (i: number) => CaptureArgument[];

/** Compares everything after every one of `steps` steps. */
export function expectSameBits(make: () => Trained, inputs: Inputs, steps = 6): void {
  const wanted = history(make, inputs, false, steps);
  history(make, inputs, true, steps).forEach((got, i) => expect(got).toEqual(wanted[i]));
}
