// Which bag each position of a list belongs to.
import { Status } from "./status";

@unmanaged
class BagArgs {
  offsets: usize;
  out: usize;
  status: usize;
  bags: u32;
  n: u32;
}

/**
 * out[offsets[b] ... offsets[b + 1] - 1] = b; the last of `bags` ends at n. A unit is a bag. Where
 * offsets don't ascend from 0 to at most n, `status` gets the first such bag, which is passed over.
 */
export function bagsI32(args: usize, start: u32, end: u32): void {
  const s = changetype<BagArgs>(args);
  for (let b = start; b < end; b++) {
    const at = s.offsets + (b << 2);
    const from = load<u32>(at);
    const stop = b + 1 == s.bags ? s.n : load<u32>(at + 4);
    if (from > stop || stop > s.n || (b == 0 && from != 0)) {
      Status.report(s.status, b);
      continue;
    }
    for (let i = from; i < stop; i++) store<u32>(s.out + (i << 2), b);
  }
}
