// Elementwise calls one behind the other, over the same elements, as one pass over memory: a piece of
// all of them, then the next. What only a later one of them reads never gets there: it has its place in
// the scratch, where the next piece overwrites it. Recordings make such calls (src/kernels/chain.ts).
import { Scratch } from "../abi";

/** Work units of a piece, 1024 elements each. */
const PIECE: u32 = 2;
/** Room for the longest block of a call of one row: ten slots (where's, clampGrad's), as whole vectors. */
const BLOCK_BYTES: usize = 12 * 4;

/** Of a call: its kernel's place in the table, its parameters, how many of them are pointers. */
@unmanaged
class Link {
  kernel: u32;
  /** Relative to the chain's own parameters. */
  block: i32;
  pointers: u32;
}

@unmanaged
class Chain {
  calls: u32;

  @inline
  link(k: u32): Link {
    return changetype<Link>(changetype<usize>(this) + 4 + k * offsetof<Link>());
  }
}

/** Units: 1024 elements. */
export function chain32(args: usize, start: u32, end: u32): void {
  const chain = changetype<Chain>(args);
  const base = (Scratch.base() + 0x1ffff) & ~0xffff; // the calls' kernels use the 64 KiB before
  const calls = chain.calls;
  for (let from = start; from < end; from += PIECE) {
    const to = min(from + PIECE, end);
    for (let k: u32 = 0; k < calls; k++) {
      const link = chain.link(k);
      memory.copy(base, args + link.block, BLOCK_BYTES);
      for (let p = base; p < base + (link.pointers << 2); p += 4) {
        // Below the heap: where in the scratch, and in the last bit whether it is of bools.
        const at = load<u32>(p);
        if (at < <u32>Scratch.BYTES) {
          store<u32>(p, base + (at & ~1) - (from << (at & 1 ? 10 : 12)));
        }
      }
      call_indirect<void>(link.kernel, base, from, to);
    }
  }
}
