// A random order of 0 ... n - 1, by Fisher's and Yates' shuffle. Sequential by nature: the whole
// permutation is one work unit.
import { Philox, UNIT_WORDS } from "./philox";

@unmanaged
class PermutationArgs {
  out: usize;
  n: u32;
  seedLo: u32;
  seedHi: u32;
  offsetLo: u32;
  offsetHi: u32;
}

const PAIRS: u32 = UNIT_WORDS >> 1;

/**
 * out = a permutation of 0 ... n - 1, each as likely as the others within n * 2^-64. Step k swaps
 * element n - 1 - k with element floor(r (n - k) / 2^64), where r is words 2k and 2k + 1: so
 * n elements use ceil(n / 2) counters.
 */
export function permutationI32(args: usize, start: u32, end: u32): void {
  if (start >= end) return;
  const draw = changetype<PermutationArgs>(args);
  const out = draw.out;
  const n = draw.n;
  for (let i: u32 = 0; i < n; i++) store<u32>(out + (i << 2), i);
  for (let k: u32 = 0; k < n; k += PAIRS) {
    const count = min(n - k, PAIRS);
    let word = Philox.words(args + offsetof<PermutationArgs>("seedLo"), k / PAIRS, count << 1);
    for (let left = n - k; left > n - k - count; left--) {
      const upper = (load<u32>(word) * <u64>left) >> 32;
      const pick = <u32>((load<u32>(word, 4) * <u64>left + upper) >> 32);
      word += 8;
      const a = out + ((left - 1) << 2);
      const b = out + (pick << 2);
      const value = load<u32>(a);
      store<u32>(a, load<u32>(b));
      store<u32>(b, value);
    }
  }
}
