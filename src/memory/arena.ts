// An arena: memory that one recording of kernel calls has to itself, so that the addresses in it stay
// good. What is freed in it is used again by the same recording only. It stands in the queue of
// eviction.ts as one: when the heap is short of room it leaves as a whole, and the recording with it.
import { newSlots } from "./buffer.js";
import { allocatingIn, dequeue, enqueue, moveOut, type Region, Storage } from "./eviction.js";
import { emptyBins, returnBlocks, toHeap } from "./heap.js";

/** The memory of one recording. */
export class Arena extends Storage implements Region {
  readonly bins = emptyBins();
  readonly storages = new Set<Storage>();
  /** False once its memory belongs to others again. */
  resident = true;
  dissolved = false;
  readonly slots = newSlots();
  private queued = false;

  /** @param leaving called before it gives its memory back: releases what only the recording refers to */
  constructor(private readonly leaving: () => void) {
    super(0, "capture");
  }

  /** Everything that `fn` allocates lies here. */
  during<T>(fn: () => T): T {
    return allocatingIn(this, fn);
  }

  /** Lets it wait with all others for its turn to be evicted. */
  settle(): void {
    this.queued = true;
    enqueue(this);
  }

  /** What lies here is memory like any other from now on, evicted piece by piece. */
  dissolve(): void {
    this.dissolved = true;
    for (const storage of this.storages) {
      storage.region = null;
      toHeap(storage.block!);
      enqueue(storage);
    }
    this.storages.clear();
    returnBlocks(this.bins);
  }

  /** Gives the memory back. What is still referred to, a gradient say, is spilled. */
  override evict(): void {
    if (this.resident) {
      this.resident = false;
      this.leaving();
    }
    // Where JavaScript has no room for one of them, the rest waits in the queue for the next attempt.
    for (const storage of this.storages) {
      moveOut(storage);
      storage.region = null;
      this.storages.delete(storage);
    }
    returnBlocks(this.bins);
    if (this.queued) dequeue(this);
    this.queued = false;
  }
}

/** What `fn` allocates lies in the heap at large, in the midst of an arena's `during`, too. */
export function outsideOfArenas<T>(fn: () => T): T {
  return allocatingIn(null, fn);
}
