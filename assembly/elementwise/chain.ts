// Elementwise calls one behind the other, over the same elements, as one pass over memory: a piece of
// all of them, then the next. What only a later one of them reads never gets there: it has its place in
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
  /** Columns that a piece has, at most. */
  cols: u32;
  /** Units of a piece of rows; 0: all elements are one row, of which each piece is shown as the first. */
  units: u32;
  /** And of all rows. */
  all: u32;
  pointers: u32;
}

@unmanaged
class Chain {
  calls: u32;
  /** Elements in all, and of a piece. */
  n: u32;
  piece: u32;
}

/** Units: pieces. */
export function chain32(args: usize, start: u32, end: u32): void {
  const chain = changetype<Chain>(args);
  const base = (Scratch.base() + 0x1ffff) & ~0xffff; // the calls' kernels use the 64 KiB before
  for (let piece = start; piece < end; piece++) {
    const left = chain.n - piece * chain.piece;
    let at = args + offsetof<Chain>();
    for (let calls = chain.calls; calls > 0; calls--) {
      const link = changetype<Link>(at);
      at += offsetof<Link>();
      memory.copy(base, args + link.block, BLOCK_BYTES);
      let p = base;
      for (let k = link.pointers; k > 0; k--) {
        const address = load<u32>(p);
        // Below the heap: where in the scratch.
        const first = address < <u32>Scratch.BYTES ? base + address : address;
        store<u32>(p, first + piece * load<u32>(at));
        p += 4;
        at += 4;
      }
      // Behind the pointers: rows, columns.
      const cols = min(left, link.cols);
      store<u32>(p, cols, 4);
      const from = piece * link.units;
      const to = link.units ? min(from + link.units, link.all) : (cols + 1023) >> 10;
      call_indirect<void>(link.kernel, base, from, to);
    }
  }
}
