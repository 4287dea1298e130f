// The WASM heap: one WebAssembly.Memory, the typed views on it, and a first-level allocator that
// divides it into blocks. Which blocks may stay is decided in eviction.ts, not here.
//
// Blocks tile the heap in address order; free neighbours are joined. Free blocks wait in bins by
// size (four a power of two), last freed first taken, so that memory that is warm is used again. Each
// block belongs to a set of bins: the heap's own, or those of an arena (see arena.ts), which keeps what
// is freed in it to itself.

import { OutOfMemoryError, SimdgradError } from "../core/errors.js";

const WASM_PAGE = 65536;
const MAX_PAGES = 65536;
/**
 * Blocks begin at multiples of this. A load waits for an earlier store whose address has the same low
 * 12 bits; where two blocks begin 64 bytes apart in them, an elementwise kernel takes a quarter longer.
 */
const ALIGN = 4096;

/** Where the heap begins: small enough for a page, large enough for many a training step. Not touched is not used. */
export const INITIAL_BYTES = 256 * WASM_PAGE;

/** @internal The memory that every kernel works in: one of this thread's own until `adoptMemory`. */
export let memory = newMemory();

function newMemory(): WebAssembly.Memory {
  if (typeof WebAssembly === "undefined") {
    throw new SimdgradError("load", "this JavaScript engine has no WebAssembly");
  }
  return new WebAssembly.Memory({ initial: INITIAL_BYTES / WASM_PAGE, maximum: MAX_PAGES });
}

/** Views on the whole heap. Read them at use: growing the heap replaces them. */
export let heapF32: Float32Array<ArrayBuffer>;
export let heapI32: Int32Array<ArrayBuffer>;
export let heapU8: Uint8Array<ArrayBuffer>;
view();

function view(): void {
  heapF32 = new Float32Array(memory.buffer);
  heapI32 = new Int32Array(memory.buffer);
  heapU8 = new Uint8Array(memory.buffer);
}

/**
 * @internal A memory of the heap's size that threads can share. It may not grow as far where the machine
 * has no 4 GiB of addresses to spare for it.
 */
export function newSharedMemory(): WebAssembly.Memory {
  const initial = memory.buffer.byteLength / WASM_PAGE;
  for (let maximum = MAX_PAGES; ; maximum >>= 1) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch (cause) {
      if (maximum >> 1 < initial)
        throw new OutOfMemoryError("setThreads", `no memory to share: ${String(cause)}`);
    }
  }
}

/** @internal Moves the heap into `next`, which holds nothing yet: addresses stay what they are. */
export function adoptMemory(next: WebAssembly.Memory): void {
  const missing = memory.buffer.byteLength - next.buffer.byteLength;
  if (missing > 0) next.grow(missing / WASM_PAGE);
  new Uint8Array(next.buffer).set(heapU8);
  memory = next;
  view();
}

/** Free blocks by size: lists that begin here. */
export type Bins = (Block | null)[];

/** Bins without a block. */
export function emptyBins(): Bins {
  return new Array<Block | null>(32 * 4).fill(null);
}

/** A piece of the heap, in use or free. */
export class Block {
  free = false;
  /** Where it waits when it is free. */
  bins = common;
  /** Neighbours by address. */
  before: Block | null = null;
  after: Block | null = null;
  /** Neighbours in the bin, while free. */
  binPrev: Block | null = null;
  binNext: Block | null = null;
  constructor(
    readonly ptr: number,
    public bytes: number,
  ) {}
}

const common = emptyBins();
let last: Block | null = null;
let start = 0;
let usedBytes = 0;
let peakUsedBytes = 0;

/** Gives the allocator the heap from `base` on. Called once, by the kernels' loader. */
export function initHeap(base: number): void {
  start = Math.ceil(base / ALIGN) * ALIGN;
  const block = new Block(start, memory.buffer.byteLength - start);
  last = block;
  bin(block);
}

/** Bytes of the heap that blocks occupy, now and at most. */
export function occupiedBytes(): { residentBytes: number; peakResidentBytes: number } {
  return { residentBytes: usedBytes, peakResidentBytes: peakUsedBytes };
}

/** Size of the heap in bytes. */
export function heapBytes(): number {
  return memory.buffer.byteLength;
}

/**
 * Takes a free block of at least `bytes`, or null when none is large enough: one from `bins` or else one of the
 * heap, which will wait in `bins` when it is freed.
 */
export function takeBlock(bytes: number, bins = common): Block | null {
  const wanted = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
  // Bins count in 32 bits, and no heap has more.
  if (wanted >= 2 ** 32) return null;
  for (let i = binOf(wanted); i < bins.length; i++) {
    for (let block = bins[i]!; block !== null; block = block.binNext!) {
      if (block.bytes >= wanted) return use(block, wanted);
    }
  }
  const block = bins === common ? null : takeBlock(bytes);
  if (block !== null) block.bins = bins;
  return block;
}

/** Gives all free blocks of `bins` back to the heap. */
export function returnBlocks(bins: Bins): void {
  for (let i = 0; i < bins.length; i++) {
    for (let block = bins[i]!; block !== null; block = bins[i]!) {
      unbin(block);
      usedBytes += block.bytes;
      block.bins = common;
      freeBlock(block);
    }
  }
}

/** Lets a block in use wait with all others when it is freed. */
export function toHeap(block: Block): void {
  block.bins = common;
}

/** Returns a block; it joins its free neighbours. */
export function freeBlock(block: Block): void {
  usedBytes -= block.bytes;
  let joined = block;
  const before = block.before;
  if (before?.free && before.bins === block.bins) {
    unbin(before);
    absorb(before, block);
    joined = before;
  }
  const after = joined.after;
  if (after?.free && after.bins === block.bins) {
    unbin(after);
    absorb(joined, after);
  }
  bin(joined);
}

/**
 * Grows the heap so that a block of `bytes` fits at its end, staying within `limit` bytes.
 * Returns whether it did.
 */
export function growHeap(bytes: number, limit: number): boolean {
  const tail = last!.free && last!.bins === common ? last!.bytes : 0;
  const pages = Math.ceil((bytes + ALIGN - tail) / WASM_PAGE);
  const present = memory.buffer.byteLength / WASM_PAGE;
  const most = Math.min(MAX_PAGES, Math.floor(limit / WASM_PAGE)) - present;
  if (pages > most) return false;
  // A quarter more each time, so that a heap on its way up does not grow a thousand times.
  let step = Math.min(most, Math.max(pages, present >> 2));
  for (;;) {
    try {
      memory.grow(step);
      break;
    } catch {
      if (step === pages) return false; // The machine has no more; the caller spills or reports.
      step = pages;
    }
  }
  view();
  const block = new Block(last!.ptr + last!.bytes, step * WASM_PAGE);
  putAfter(last!, block);
  usedBytes += block.bytes;
  freeBlock(block);
  return true;
}

/** The largest size that one block could have in a heap of `limit` bytes. */
export function largestBlock(limit: number): number {
  return Math.min(limit, MAX_PAGES * WASM_PAGE) - start - ALIGN;
}

function binOf(bytes: number): number {
  const log = 31 - Math.clz32(bytes);
  return log * 4 + ((bytes >>> (log - 2)) & 3);
}

function bin(block: Block): void {
  const { bins } = block;
  const i = binOf(block.bytes);
  const head = bins[i]!;
  block.free = true;
  block.binPrev = null;
  block.binNext = head;
  if (head !== null) head.binPrev = block;
  bins[i] = block;
}

function unbin(block: Block): void {
  if (block.binPrev !== null) block.binPrev.binNext = block.binNext;
  else block.bins[binOf(block.bytes)] = block.binNext;
  if (block.binNext !== null) block.binNext.binPrev = block.binPrev;
  block.free = false;
}

/** Makes a block the next one by address. */
function putAfter(before: Block, block: Block): void {
  block.before = before;
  block.after = before.after;
  if (before.after !== null) before.after.before = block;
  else last = block;
  before.after = block;
}

function absorb(block: Block, after: Block): void {
  block.bytes += after.bytes;
  block.after = after.after;
  if (after.after !== null) after.after.before = block;
  else last = block;
}

function use(block: Block, bytes: number): Block {
  unbin(block);
  if (block.bytes - bytes >= ALIGN) {
    const rest = new Block(block.ptr + bytes, block.bytes - bytes);
    rest.bins = block.bins;
    putAfter(block, rest);
    block.bytes = bytes;
    bin(rest);
  }
  usedBytes += block.bytes;
  if (usedBytes > peakUsedBytes) peakUsedBytes = usedBytes;
  return block;
}
