// The first copy out of the heap is preceded by a large array that is dropped: for glibc's sake, see
// eviction.ts. It is asked for once, for a copy only, and nothing depends on getting it.
import { afterEach, expect, it, vi } from "vitest";
import "../../src/index.js";
import { countLive, drop, place, Storage } from "../../src/memory/eviction.js";
import { heapU8 } from "../../src/memory/heap.js";

const LARGE = 2 ** 24;

afterEach(() => vi.unstubAllGlobals());

it("is asked for before the first copy, and can be refused", () => {
  let asked = 0;
  class Scarce extends Uint8Array {
    constructor(length: number) {
      if (length > LARGE) {
        asked++;
        throw new RangeError("no room");
      }
      super(length);
    }
  }
  vi.stubGlobal("Uint8Array", Scarce);
  /** A storage of 4 bytes that left the heap; nobody refers to what is in it unless it is `live`. */
  const spilled = (live: boolean): Storage => {
    const storage = new Storage(4, "test");
    place(storage, 4, null);
    heapU8.set([1, 2, 3, 4], storage.block!.ptr);
    if (live) countLive(storage, 4);
    storage.evict();
    return storage;
  };
  const empty = spilled(false);
  expect(asked).toBe(0);
  const full = [spilled(true), spilled(true)];
  expect(asked).toBe(1);
  expect(full.map(({ spilled }) => [...spilled!])).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
  [empty, ...full].forEach(drop);
});
