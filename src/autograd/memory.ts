// What the engine uses, for people and tests: see docs/architecture.md for the rules.
import { evictionStats } from "../memory/eviction.js";
import { heapBytes, occupiedBytes } from "../memory/heap.js";
import { handleCount } from "./tensor.js";

export { setHeapLimit } from "../memory/eviction.js";

/** All in bytes, but for the counts. */
export interface MemoryStats {
  /** Tensors in the heap that nobody has released. */
  liveBytes: number;
  /** The most that was ever live. */
  peakLiveBytes: number;
  /** What tensors and pages of small tensors occupy in the heap. */
  residentBytes: number;
  /** The most that was ever resident. */
  peakResidentBytes: number;
  /** The size of the WASM heap; it never shrinks. */
  heapBytes: number;
  /** Moved out of the heap so far. */
  spilledBytes: number;
  /** Brought back so far. If it keeps growing with every step, the heap is too small for the work. */
  restoredBytes: number;
  /** Tensor handles made and not yet released; those that the collector took count as not released. */
  handles: number;
}

/** How much memory tensors use now. */
export function memory(): MemoryStats {
  return {
    ...evictionStats(),
    ...occupiedBytes(),
    heapBytes: heapBytes(),
    handles: handleCount(),
  };
}
