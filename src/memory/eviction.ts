// WASM memory as a cache: what is in the heap (resident), what was moved out (spilled), and how
// large the heap may become. JavaScript's collector is the owner: this module refers strongly to
// resident storages only, so a spilled one that no program can reach is collected like any array.
//
// The rules that make it safe never to guess whether a tensor is dead:
//  - using a spilled storage brings it back, with the same bytes;
//  - storages touched since the last kernel call are pinned: an op's operands stay;
//  - addresses are read after the last allocation, right before the kernel (see kernels/run.ts).
import { OutOfMemoryError } from "../core/errors.js";
import { checkNumber } from "../core/shape.js";
import {
  type Bins,
  type Block,
  freeBlock,
  growHeap,
  heapBytes,
  heapU8,
  INITIAL_BYTES,
  largestBlock,
  takeBlock,
} from "./heap.js";
import type { Slots } from "./buffer.js";

/** Something that lies in the heap, or out of it, as one: a large buffer or a page of small ones. */
export class Storage {
  /** Where it lies; null while spilled. */
  block: Block | null = null;
  /** Its bytes while spilled. */
  spilled: Uint8Array | null = null;
  /** Value of `now` at the last use; equal to `now` = pinned. */
  lastUse = 0;
  /** Total of allocated bytes when it was spilled: how long ago that was. */
  spilledAt = 0;
  /** Bytes of the buffers in it that nobody has released. */
  liveBytes = 0;
  prev: Storage | null = null;
  next: Storage | null = null;
  /** The region that it lies in; null for the heap at large, where it waits in the queue. */
  region: Region | null = null;
  constructor(
    /** Bytes that have content: what a spill copies. */
    public usedBytes: number,
    /** The op that made it, for the out-of-memory report. */
    readonly op: string,
  ) {}

  /** Told when it is spilled. */
  leave(): void {}

  /** Leaves the heap, to make room. */
  evict(): void {
    moveOut(this);
    dequeue(this);
  }
}

/** A part of the heap with free blocks of its own: see arena.ts. */
export interface Region {
  readonly bins: Bins;
  /** What asks for memory here gets it from the heap at large, as there was no more room. */
  readonly dissolved: boolean;
  /** What lies in it. */
  readonly storages: Set<Storage>;
  /** Where small buffers in it lie. Default: with all others. */
  readonly slots?: Slots;
}

/** Where new storages go: null for the heap at large. */
export let region: Region | null = null;

/** What `fn` allocates lies in `inside`, or in the heap at large. */
export function allocatingIn<T>(inside: Region | null, fn: () => T): T {
  const before = region;
  region = inside;
  try {
    return fn();
  } finally {
    region = before;
  }
}

/** Counts kernel calls. A storage whose `lastUse` equals it belongs to the call in preparation. */
let now = 1;
/** What was used since then stays: since the last kernel call, or since `holdAll`. */
let pinnedSince = 1;
/** While all that is used stays: what to do when there is no room for that. */
let letGo: (() => void) | null = null;

/**
 * Everything that is used from now on stays in the heap, not only until the next kernel ran; where that is
 * more than the heap may hold, `otherwise` is called and it ends. null: it ends.
 */
export function holdAll(otherwise: (() => void) | null): void {
  letGo = otherwise;
  if (otherwise === null) pinnedSince = now;
}

/** How many calls there were so far, and copies. */
export function callsBegun(): number {
  return now;
}

/** Ends the pinning of what a kernel call, or a copy to or from JavaScript, has used. */
export function endCall(): void {
  now++;
  if (letGo === null) pinnedSince = now;
}

let maxBytes = 65536 * 65536;
let budget = INITIAL_BYTES;
let forced = false;
let allocatedBytes = 0;
const stats = { liveBytes: 0, peakLiveBytes: 0, spilledBytes: 0, restoredBytes: 0 };

/** Bytes of unreleased buffers in the heap (live), spilled and brought back so far. */
export function evictionStats(): Readonly<typeof stats> {
  return stats;
}

/** Counts `bytes` more (or, negative, fewer) of a storage as belonging to buffers. */
export function countLive(storage: Storage, bytes: number): void {
  storage.liveBytes += bytes;
  if (storage.block === null) return;
  stats.liveBytes += bytes;
  if (stats.liveBytes > stats.peakLiveBytes) stats.peakLiveBytes = stats.liveBytes;
}

/**
 * Sets how far the heap may grow, in bytes (default: 4 GiB, all that WebAssembly has). Tensors
 * beyond it are kept outside and come back when used. The heap never shrinks below its present size.
 * @throws ValueError for NaN and for less than 0
 */
export function setHeapLimit(bytes: number): void {
  checkNumber("setHeapLimit", "bytes", bytes, 0);
  maxBytes = Math.max(bytes, heapBytes());
  budget = Math.min(budget, maxBytes);
}

/** Test mode: spill everything that is not pinned at every allocation. */
export function forceEviction(on: boolean): void {
  forced = on;
}

/** Gives `storage` a block of `bytes` in the heap, spilling others when there is no room. */
export function place(storage: Storage, bytes: number, into = region): void {
  allocatedBytes += bytes;
  if (into?.dissolved) into = null;
  const block = findBlock(bytes, into);
  if (block === null) {
    const otherwise = letGo ?? outOfMemory(bytes, storage.op);
    holdAll(null);
    otherwise();
    return place(storage, bytes, into);
  }
  storage.block = block;
  storage.lastUse = now;
  stats.liveBytes += storage.liveBytes;
  storage.region = into;
  if (into === null) enqueue(storage);
  else into.storages.add(storage);
}

/** Takes a storage out of the heap for good. */
export function drop(storage: Storage): void {
  storage.spilled = null;
  if (storage.block === null) return;
  stats.liveBytes -= storage.liveBytes;
  freeBlock(storage.block);
  storage.block = null;
  if (storage.region === null) dequeue(storage);
  else storage.region.storages.delete(storage);
}

/** The address of a storage, which is brought back if need be and stays until the next kernel ran. */
export function touch(storage: Storage): number {
  if (storage.block === null) restore(storage);
  if (storage.lastUse !== now) use(storage);
  return storage.block!.ptr;
}

/** Pins a storage until the next kernel ran; it is the last to be spilled. */
export function use(storage: Storage): void {
  storage.lastUse = now;
  // The two newest stay as they are: small ops go back and forth between two pages.
  if (storage.region !== null || storage === newest || storage === newest!.prev) return;
  dequeue(storage);
  enqueue(storage);
}

function findBlock(bytes: number, into: Region | null): Block | null {
  if (forced) while (spillOldest()) continue;
  // A heap of less than twice what is asked for could not keep the inputs of one op.
  if (2 * bytes > budget) budget = Math.min(maxBytes, 2 * bytes);
  const take = (): Block | null => takeBlock(bytes, into?.bins);
  let block = take();
  if (block === null && growHeap(bytes, budget)) block = take();
  while (block === null && spillOldest()) block = take();
  if (block === null && growHeap(bytes, maxBytes)) {
    // Nothing was old enough to spill: the call in preparation alone is larger than the budget.
    budget = Math.max(budget, heapBytes());
    block = take();
  }
  return block;
}

function outOfMemory(bytes: number, op: string): never {
  const pinned: Storage[] = [];
  for (let s = oldest; s !== null; s = s.next) pinned.push(s);
  pinned.sort((a, b) => b.liveBytes - a.liveBytes);
  const list = pinned.slice(0, 3).map((s) => `${s.op} ${s.liveBytes}`);
  throw new OutOfMemoryError(
    op,
    `needs ${bytes} bytes in a heap of at most ${maxBytes} (one block: ${largestBlock(maxBytes)}); ` +
      `in use by this call, largest first: ${list.join(", ") || "nothing"}`,
  );
}

function restore(storage: Storage): void {
  const bytes = storage.spilled!;
  // A fault of the working set raises the budget: by all that came back if it left within a budget's
  // worth of allocations, else by that share of it. So what goes round (the weights of a model that
  // serves) gets its room within a few rounds, however large it is, and what comes back once in a long
  // while (a test set once an epoch) is copied, which is cheap then.
  const age = allocatedBytes - storage.spilledAt;
  const share = Math.min(1, budget / age);
  budget = Math.min(maxBytes, budget + storage.usedBytes * share);
  place(storage, storage.usedBytes, null);
  heapU8.set(bytes, storage.block!.ptr);
  storage.spilled = null;
  stats.restoredBytes += bytes.length;
}

/** Spills the storage that was not used for longest; false when all are pinned. */
function spillOldest(): boolean {
  let first = oldest;
  // The two newest may have changed places, see use, and what lay in an arena is not in order.
  while (first !== null && first.lastUse >= pinnedSince) first = first.next;
  first?.evict();
  return first !== null;
}

/**
 * An array to drop before the first copy: unused, it makes glibc keep what the collector frees. Its malloc
 * returns blocks as large as the largest freed so far to the system, to at most 32 MiB, and the faults when
 * their pages come back took twice as long as all of the copying. Null where there is no such room: copies
 * are only slower then.
 */
function large(): Uint8Array | null {
  try {
    return new Uint8Array(2 ** 25 - 65536);
  } catch {
    return null;
  }
}

/** Copies a storage out of the heap and frees its block. */
export function moveOut(storage: Storage): void {
  const { ptr } = storage.block!;
  storage.leave();
  try {
    // What nobody refers to (an empty page) need not be copied, but must stay restorable.
    const bytes = storage.liveBytes === 0 ? 0 : storage.usedBytes;
    if (stats.spilledBytes === 0 && bytes > 0) storage.spilled = large();
    // Not `slice`, which clears the new memory first.
    storage.spilled = new Uint8Array(heapU8.subarray(ptr, ptr + bytes));
  } catch (cause) {
    throw new OutOfMemoryError(
      storage.op,
      `JavaScript has no ${storage.usedBytes} bytes for a tensor that leaves the heap: ${String(cause)}`,
    );
  }
  storage.spilledAt = allocatedBytes;
  stats.spilledBytes += storage.spilled.length;
  stats.liveBytes -= storage.liveBytes;
  freeBlock(storage.block!);
  storage.block = null;
}

// The queue of resident storages, the one used longest ago first.
let oldest: Storage | null = null;
let newest: Storage | null = null;

/** Puts a storage at the end of the queue: it is the last to be spilled. */
export function enqueue(storage: Storage): void {
  storage.prev = newest;
  storage.next = null;
  if (newest !== null) newest.next = storage;
  else oldest = storage;
  newest = storage;
}

/** Takes a storage out of the queue. */
export function dequeue(storage: Storage): void {
  if (storage.prev !== null) storage.prev.next = storage.next;
  else oldest = storage.next;
  if (storage.next !== null) storage.next.prev = storage.prev;
  else newest = storage.prev;
  storage.prev = storage.next = null;
}
