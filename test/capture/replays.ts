// What replays of a captured function run, and whether they give the bits of calls that are not captured.
import { expect } from "vitest";
import { capture, manualSeed, type Tensor } from "../../src/index.js";
import { profile } from "../../src/inspect/index.js";

export type Result = Tensor | Tensor[];

/** The kernels that a replay of `fn` runs. */
export function kernelsOf(fn: () => Result): string[] {
  const captured = capture(fn);
  profile(() => null, { print: false }); // the first measures the machine, which takes memory
  captured();
  captured();
  const { rows } = profile(captured, { print: false });
  const kernels = rows.filter(({ op }) => op !== "(JavaScript)");
  return kernels.map(({ op, calls }) => `${calls} ${op}`).sort();
}

/** Everything as bytes, so that NaN and -0 count. */
function bytesOf(results: Result): Buffer[] {
  return [results].flat().map((x) => Buffer.from(x.toTypedArray().buffer));
}

/** Compares replays with calls that are not captured, on new values each time, arguments afterwards included. */
export function expectSame(fn: (...args: Tensor[]) => Result, inputs: () => Tensor[]): void {
  const captured = capture(fn);
  for (let i = 0; i < 4; i++) {
    const args = inputs();
    manualSeed(i);
    const wanted = bytesOf(fn(...args.map((x) => x.clone())));
    manualSeed(i);
    const got = bytesOf(captured(...args));
    expect(got.length).toBe(wanted.length);
    for (const [k, bytes] of got.entries())
      expect(bytes.equals(wanted[k]!), `result ${k} of replay ${i}`).toBe(true);
  }
}
