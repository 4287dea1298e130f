// The calling convention, seen from the kernels' side.
//
// A kernel is `(args, start, end) => void`: `args` points at its parameter block (one 4-byte
// slot per parameter, in the order that src/kernels/contract.ts lists), `[start, end)` is the
// range of work units to do. Work units are fixed by the shape alone, so any split of them
// over calls or threads gives the same bits. Kernels allocate nothing.

/** Where this instance's scratch lies: one a thread, hence a global and not a parameter. */
let scratchBase: usize = 0;

export class Scratch {
  /** Bytes of scratch that a kernel may use. Their content never outlives a call. */
  static readonly BYTES: usize = 1 << 20;

  /** Address of the scratch, 64-byte aligned; the caller's until it returns. */
  @inline
  static base(): usize {
    return scratchBase;
  }
}

/** Tells this instance where its scratch lies (each worker thread has its own). */
export function setScratch(ptr: usize): void {
  scratchBase = ptr;
}

/** The first byte behind the kernels' own constants: what follows is TypeScript's to divide. */
export function heapBase(): usize {
  return (__heap_base + 63) & ~63;
}

/**
 * Runs recorded kernel calls [start, end) of a list: 12 bytes each, the kernel's place in this
 * instance's table, the address of its parameter block, and the number of its work units.
 */
export function replay(list: usize, start: u32, end: u32): void {
  const stop = list + 12 * end;
  for (let call = list + 12 * start; call < stop; call += 12) {
    call_indirect<void>(load<u32>(call), load<usize>(call, 4), 0, load<u32>(call, 8));
  }
}
