// Indices by their counts: the positions of repeatInterleave, and by counts of 0 and 1 those of what
// is true. Sequential by nature: the whole list is one work unit.

@unmanaged
class RepeatArgs {
  counts: usize;
  out: usize;
  n: u32;
  total: u32;
}

/**
 * out [2, total]: each i in [0, n) counts[i] times, and below it how often it came before. Counts are
 * not negative; what goes beyond `total` is left out.
 */
export function repeatI32(args: usize, start: u32, end: u32): void {
  if (start >= end) return;
  const s = changetype<RepeatArgs>(args);
  const rowBytes = s.total << 2;
  let at = s.out;
  const last = at + rowBytes;
  for (let i: u32 = 0; i < s.n; i++) {
    const count = load<u32>(s.counts + (i << 2));
    for (let k: u32 = 0; k < count && at < last; k++) {
      store<u32>(at, i);
      store<u32>(at + rowBytes, k);
      at += 4;
    }
  }
}
