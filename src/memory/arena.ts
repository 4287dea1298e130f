// An arena: memory that one recording of kernel calls has to itself, so that the addresses in it stay
// good. What is freed in it is used again by the same recording only. It stands in the queue of
// eviction.ts as one: when the heap is short of room it leaves as a whole, and the recording with it.
import { newSlots, useSlots } from "./buffer.js";
import { dequeue, enqueue, moveOut, type Region, Storage, useRegion } from "./eviction.js";
import { emptyBins, returnBlocks } from "./heap.js";

export class Arena extends Storage implements Region {
  readonly bins = emptyBins();
  readonly storages = new Set<Storage>();
  /** False once its memory belongs to others again. */
  resident = true;
  private readonly slots = newSlots();
  private queued = false;

  /** @param leaving called before it gives its memory back: releases what only the recording refers to */
  constructor(private readonly leaving: () => void) {
    super(0, "capture");
  }

  /** Everything that `fn` allocates lies here. What it uses of the rest of the heap stays meanwhile. */
  during<T>(fn: () => T): T {
    useRegion(this);
    useSlots(this.slots);
    try {
      return fn();
    } finally {
      useSlots(null);
      useRegion(null);
    }
  }

  /** What `fn` allocates in the midst of `during` lies in the heap at large. */
  outside<T>(fn: () => T): T {
    useSlots(null);
    useRegion(null);
    try {
      return fn();
    } finally {
      useSlots(this.slots);
      useRegion(this);
    }
  }

  /** Lets it wait with all others for its turn to be evicted. */
  settle(): void {
    this.queued = true;
    enqueue(this);
  }

  /** Gives the memory back. What is still referred to, a gradient say, is spilled. */
  override evict(): void {
    if (!this.resident) return;
    this.resident = false;
    if (this.queued) dequeue(this);
    this.leaving();
    for (const storage of this.storages) {
      moveOut(storage);
      storage.region = null;
    }
    this.storages.clear();
    returnBlocks(this.bins);
  }
}
