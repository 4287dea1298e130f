// A Buffer is the memory of one or more tensors: bytes in a storage, counted references, and the
// version that tells whether a tensor saved for backward was modified since.
//
// Small buffers share pages: a page of 64 KiB holds slots of one size and is spilled and brought
// back as one, so that a tiny tensor costs nanoseconds and no bookkeeping of its own.
import { Storage, type Region, countLive, drop, place, region, touch } from "./eviction.js";

const PAGE_BYTES = 65536;
const LARGEST_SLOT = 4096;

class Page extends Storage {
  /** Offsets of slots that were freed. */
  readonly freeSlots: number[] = [];
  liveSlots = 0;
  /** Its place in `spare` of its class; -1 when it takes no new buffers. */
  spareIndex = -1;
  /** Room for slots: all of PAGE_BYTES at first, what was used once it has been spilled. */
  capacity = PAGE_BYTES;
  constructor(readonly slots: SlotClass) {
    super(0, "small tensors");
  }

  override leave(): void {
    this.slots.unlist(this);
    this.capacity = this.usedBytes;
  }
}

/** All pages with slots of one size; `spare` are resident ones with room, the last is used first. */
class SlotClass {
  readonly spare: Page[] = [];
  constructor(readonly bytes: number) {}

  list(page: Page): void {
    page.spareIndex = this.spare.length;
    this.spare.push(page);
  }

  unlist(page: Page): void {
    if (page.spareIndex < 0) return;
    const last = this.spare.pop()!;
    if (last !== page) {
      this.spare[page.spareIndex] = last;
      last.spareIndex = page.spareIndex;
    }
    page.spareIndex = -1;
  }

  /** A resident page that has room for one more slot. */
  pageWithRoom(): Page {
    const last = this.spare.length - 1;
    if (last >= 0) return this.spare[last]!;
    const page = new Page(this);
    place(page, PAGE_BYTES);
    this.list(page);
    return page;
  }
}

/** One class for each size: pages that nobody else puts buffers into. */
export type Slots = readonly SlotClass[];

const SIZES = [64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096];
/** A buffer of b bytes has the class classOf[ceil(b / 64)]. */
const classOf = Array.from({ length: LARGEST_SLOT / 64 + 1 }, (_, i) =>
  SIZES.findIndex((bytes) => bytes >= i * 64),
);

/** Pages of all sizes, none of them made yet. */
export function newSlots(): Slots {
  return SIZES.map((bytes) => new SlotClass(bytes));
}

const common = newSlots();

/** Told of each buffer whose address is asked for, which it returns or marks: a recording. */
let watcher: ((buffer: Buffer, address: number) => number) | null = null;

/** Calls `watch` for each address that is asked for from now on; null ends it. Returns who was told before. */
export function watchAddresses(watch: typeof watcher): typeof watcher {
  const before = watcher;
  watcher = watch;
  return before;
}

/**
 * Bytes in a storage, shared by the tensors that view them; released with the last reference. (Here, in
 * Tensor and in Node fields are only declared, and assigned in the constructor: what initialises the
 * others is a call of its own, and most of what a small op takes.)
 */
export class Buffer {
  /** Tensors and graph nodes that refer to it. */
  declare refs: number;
  /** Counts modifications in place. */
  declare version: number;
  /** The op that modified it last, for the error message. */
  declare writer: string;
  /** Counts in-place ops that gave it a new history (see autograd/record.ts). */
  declare history: number;
  /** How many of the references are a recording's (see ops/step.ts). */
  declare holds: number;
  declare readonly storage: Storage;
  declare private readonly offset: number;
  declare readonly bytes: number;

  private constructor(storage: Storage, offset: number, bytes: number) {
    this.refs = 1;
    this.version = 0;
    this.writer = "";
    this.history = 0;
    this.holds = 0;
    this.storage = storage;
    this.offset = offset;
    this.bytes = bytes;
    countLive(storage, bytes);
  }

  /** Uninitialised memory for the result of `op`. */
  static allocate(bytes: number, op: string): Buffer {
    if (bytes <= LARGEST_SLOT) return Buffer.inPage(bytes);
    const storage = new Storage(bytes, op);
    place(storage, bytes);
    return new Buffer(storage, 0, bytes);
  }

  private static inPage(bytes: number): Buffer {
    const sized = (region?.slots ?? common)[classOf[(bytes + 63) >> 6]!]!;
    const page = sized.pageWithRoom();
    touch(page); // it is about to be written
    let offset = page.freeSlots.pop();
    if (offset === undefined) {
      offset = page.usedBytes;
      page.usedBytes += sized.bytes;
    }
    page.liveSlots++;
    if (page.freeSlots.length === 0 && page.usedBytes + sized.bytes > page.capacity) {
      sized.unlist(page);
    }
    return new Buffer(page, offset, bytes);
  }

  /** Its address in the heap, valid until the next kernel call or copy. */
  address(): number {
    const address = touch(this.storage) + this.offset;
    return watcher === null ? address : watcher(this, address);
  }

  /** Whether it lies in `region`. */
  isIn(region: Region): boolean {
    return this.storage.region === region;
  }

  retain(): this {
    this.refs++;
    return this;
  }

  release(): void {
    if (--this.refs > 0) return;
    const storage = this.storage;
    if (!(storage instanceof Page)) return drop(storage);
    countLive(storage, -this.bytes);
    storage.liveSlots--;
    if (storage.spareIndex < 0) {
      if (storage.liveSlots === 0) return drop(storage);
      if (storage.block !== null) storage.slots.list(storage);
    }
    storage.freeSlots.push(this.offset);
  }
}
