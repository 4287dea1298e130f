// Calls one behind the other, elementwise or row by row, over operands in step, as one pass over memory: a
// piece of all of them, then the next. What only a later one of them reads never gets there: it has its place in
// the scratch, where the next piece overwrites it. Recordings make such calls (src/kernels/chain.ts).
import { Scratch } from "../abi";

/** Room for the longest block of a call: four pointers, 20 other words. */
const BLOCK_BYTES: usize = 24 * 4;

/** A call that a chain makes for each piece. Behind it, for each pointer: bytes from a piece to the next. */
@unmanaged
class Link {
  /** Its kernel's place in the table. */
  kernel: u32;
  /** Where its parameters lie, relative to the chain's own. */
  block: i32;
  /** Elements of a row, where all are shown as one row, of which each piece is the first part; else units, less than 0. */
  share: i32;
  pointers: u32;
}

@unmanaged
class Chain {
  calls: u32;
  /** In all, and of a piece. */
  rows: u32;
  piece: u32;
}

/** Units: pieces. */
export function chain32(args: usize, start: u32, end: u32): void {
  const chain = changetype<Chain>(args);
  const base = (Scratch.base() + 0x1ffff) & ~0xffff; // the calls' kernels use the 64 KiB before
  for (let piece = start; piece < end; piece++) {
    const first = piece * chain.piece;
    const rows = min(chain.piece, chain.rows - first);
    let at = args + offsetof<Chain>();
    for (let calls = chain.calls; calls > 0; calls--) {
      const link = changetype<Link>(at);
      at += offsetof<Link>();
      memory.copy(base, args + link.block, BLOCK_BYTES);
      let p = base;
      for (let k = link.pointers; k > 0; k--) {
        const address = load<u32>(p);
        // Below the heap: where in the scratch; 0 is none.
        const place = address - 1 < <u32>Scratch.BYTES ? base + address : address;
        store<u32>(p, place + piece * load<u32>(at));
        p += 4;
        at += 4;
      }
      let from: u32 = 0;
      let to: u32 = rows * link.share;
      if (link.share > 0) {
        store<u32>(p, to, 4); // behind the pointers and the number of rows
        to = (to + 1023) >> 10;
      } else {
        from = first * -link.share;
        to = from - to;
      }
      call_indirect<void>(link.kernel, base, from, to);
    }
  }
}
