// simdgrad/fast: kernels with fused multiply-add, for those who ask for them. They are a second build of
// the same sources (scripts/fma.mjs), which only programs that import this have in them.
import { checkWord } from "../core/shape.js";
import type { Packed } from "../kernels/bytes.js";
import { isSupported } from "../kernels/loader.js";
import { changeBuild } from "../kernels/threads.js";
import { packed as exact } from "../kernels/wasm.generated.js";
import { packed as fast } from "./wasm.generated.js";

/** How products are added up: see `setPrecision`. */
export type Precision = "exact" | "fast";

let inUse: Precision = "exact";

/**
 * Chooses how matrix products, convolutions, attention and recurrent layers add up their products:
 *
 * - `"exact"` (default at start): a multiplication and an addition, each rounded. The same bits everywhere.
 * - `"fast"`: one fused multiply-add of relaxed SIMD, rounded once. Not less accurate, and faster, but
 *   machines without such an instruction round twice: **bits differ from machine to machine**.
 *
 * At any time, with any number of threads; tensors and captured steps stay as they are.
 *
 * @returns which one computes from now on: `"exact"` where the engine has no relaxed SIMD (Node before 22,
 *   Chrome before 114, some other browsers)
 * @throws ValueError for another word; SimdgradError when the worker threads don't start anew: then one
 *   thread goes on, in the precision that `getPrecision` gives
 * @example
 * const precision = await setPrecision("fast");
 * console.log(["exact", "fast"].includes(precision)); // true
 */
export async function setPrecision(precision: Precision): Promise<Precision> {
  const builds: Record<Precision, Packed> = { exact, fast };
  checkWord("setPrecision", "precision", precision, Object.keys(builds));
  const reached = isSupported(builds[precision]) ? precision : "exact";
  await changeBuild(builds[reached], () => (inUse = reached));
  return reached;
}

/** How products are added up now: what `setPrecision` has reached. */
export function getPrecision(): Precision {
  return inUse;
}
