// Which storage leaves the heap when there is no room: never one that the call in preparation uses.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  memory,
  ones,
  OutOfMemoryError,
  setHeapLimit,
  ValueError,
  zeros,
} from "../../src/index.js";
import { Arena } from "../../src/memory/arena.js";
import { drop, endCall, forceEviction, place, Storage, touch } from "../../src/memory/eviction.js";
import {
  type Block,
  freeBlock,
  growHeap,
  heapBytes,
  heapU8,
  memory as wasmMemory,
  takeBlock,
} from "../../src/memory/heap.js";

const MiB = 2 ** 20;

describe("the storage used longest ago leaves first", () => {
  beforeEach(() => setHeapLimit(16 * MiB));
  afterEach(() => setHeapLimit(4096 * MiB));

  /** Storages of 7 MiB, of which two fit; placed by calls of their own. */
  function placed(n: number): Storage[] {
    return Array.from({ length: n }, () => {
      const storage = new Storage(7 * MiB, "test");
      place(storage, 7 * MiB);
      endCall();
      return storage;
    });
  }

  const resident = (storages: readonly Storage[]): boolean[] =>
    storages.map((storage) => storage.block !== null);

  it("as long as none was used again", () => {
    const storages = placed(4);
    expect(resident(storages)).toEqual([false, false, true, true]);
    storages.forEach(drop);
  });

  it("but the older of two stays while a call uses it", () => {
    const [first, second] = placed(2) as [Storage, Storage];
    touch(first);
    const third = new Storage(7 * MiB, "test");
    place(third, 7 * MiB);
    expect(resident([first, second, third])).toEqual([true, false, true]);
    [first, second, third].forEach(drop);
  });

  it("and what a call uses is never sacrificed, even where it fails for that", () => {
    const [first, second] = placed(2) as [Storage, Storage];
    touch(first);
    touch(second);
    const third = new Storage(7 * MiB, "third");
    expect(() => place(third, 7 * MiB)).toThrow(/\[third\] needs 7340032 bytes/);
    expect(resident([first, second])).toEqual([true, true]);
    [first, second].forEach(drop);
    endCall();
  });
});

it("what comes back once in a long while is copied, and the heap stays as small as it was", () => {
  const before = heapBytes();
  const scored = Array.from({ length: 4 }, () => ones([2 ** 20]));
  const { restoredBytes } = memory();
  for (let epoch = 0; epoch < 3; epoch++) {
    for (let i = 0; i < 400; i++) zeros([2 ** 20]).dispose();
    for (let i = 0; i < 400; i++) zeros([2 ** 20]); // as loops that dispose of nothing leave them behind
    for (const x of scored) x.neg().dispose();
  }
  expect(memory().restoredBytes - restoredBytes).toBe(3 * 4 * 4 * MiB);
  expect(heapBytes() - before).toBeLessThanOrEqual(2 * MiB);
  scored.forEach((x) => x.dispose());
});

it("what goes round gets its room, many times the heap that there was: a model that serves", () => {
  const weights = Array.from({ length: 48 }, () => ones([2 ** 20]));
  const round = (): void => weights.forEach((w) => w.neg().dispose());
  for (let i = 0; i < 10; i++) round();
  const { restoredBytes } = memory();
  round();
  expect(memory().restoredBytes).toBe(restoredBytes);
  expect(heapBytes()).toBeLessThanOrEqual(2 * 48 * 4 * MiB);
  weights.forEach((w) => w.dispose());
});

it.each([Number.NaN, -1])("the heap's limit can't be %s", (bytes) => {
  expect(() => setHeapLimit(bytes)).toThrow(ValueError);
  expect(() => setHeapLimit(bytes)).toThrow(
    `[setHeapLimit] bytes must be a number >= 0: got ${bytes}`,
  );
});

it("counts as spilled what is copied: nothing, of a page whose tensors are all released", () => {
  const { spilledBytes } = memory();
  zeros([16]).dispose();
  forceEviction(true);
  zeros([2 ** 20]).dispose(); // every other page leaves
  forceEviction(false);
  const between = memory().spilledBytes;
  zeros([16]).dispose();
  forceEviction(true);
  zeros([2 ** 20]).dispose();
  forceEviction(false);
  expect([between >= spilledBytes, memory().spilledBytes]).toEqual([true, between]);
});

it("where the machine has no quarter of a heap more, the heap grows by what is asked for", () => {
  const full: Block[] = [];
  for (let block = takeBlock(MiB); block !== null; block = takeBlock(MiB)) full.push(block);
  const grow = vi.spyOn(wasmMemory, "grow").mockImplementationOnce(() => {
    throw new RangeError("no more");
  });
  const before = heapBytes();
  expect(growHeap(2 * MiB, Infinity)).toBe(true);
  expect(grow.mock.calls[0]).toEqual([Math.floor(before / 65536 / 4)]);
  expect(heapBytes() - before).toBeLessThanOrEqual(2 * MiB + 65536);
  grow.mockRestore();
  full.forEach(freeBlock);
});

it("an arena that fails to leave as a whole leaves with the next attempt", () => {
  let told = 0;
  const arena = new Arena(() => told++);
  const kept = arena.during(() => [ones([2000]), ones([3000])]);
  arena.settle();
  const copy = vi.spyOn(heapU8, "subarray").mockImplementationOnce(() => {
    throw new RangeError("no more");
  });
  expect(() => arena.evict()).toThrow(OutOfMemoryError);
  copy.mockRestore();
  expect(kept.map((x) => x.sum().item())).toEqual([2000, 3000]);
  arena.evict();
  expect([told, arena.resident, arena.storages.size]).toEqual([1, false, 0]);
  expect(arena.bins.filter((block) => block !== null)).toEqual([]);
  expect(kept.map((x) => x.sum().item())).toEqual([2000, 3000]);
});

it("as many bytes as an address can name are more than a heap has", () => {
  expect(() => zeros([1024, 1024, 1024])).toThrow(OutOfMemoryError);
  expect(() => zeros([1024, 1024, 1024])).toThrow(/\[zeros\] needs 4294967296 bytes/);
});
