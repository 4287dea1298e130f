// Positions in sorted sequences, and counts of small integers.
import { Key } from "./key";

@unmanaged
class SearchArgs {
  sorted: usize;
  values: usize;
  out: usize;
  n: u32;
  m: u32;
  total: u32;
  shared: u32;
  right: u32;
  integers: u32;
}

@unmanaged
class BincountArgs {
  x: usize;
  weights: usize;
  out: usize;
  n: u32;
  bins: u32;
}

/**
 * How many elements of its sorted row [n] come before each value: those less than it, or with `right`
 * those less or equal; all of them before NaN. Values [rows, m], total = rows * m; `shared`: one row
 * for all. Units: 1024 values.
 */
export function searchsorted32(args: usize, start: u32, end: u32): void {
  const a = changetype<SearchArgs>(args);
  const last = min(a.total, end * 1024);
  for (let i = start * 1024; i < last; i++) {
    const v = Key.of(a.values + (i << 2), a.integers);
    const row = a.shared ? a.sorted : a.sorted + (((i / a.m) * a.n) << 2);
    const right = a.right || (!a.integers && v == Key.NAN);
    let low: u32 = 0;
    let high = a.n;
    while (low < high) {
      const middle = (low + high) >> 1;
      const s = Key.of(row + (middle << 2), a.integers);
      if (right ? s > v : s >= v) high = middle;
      else low = middle + 1;
    }
    store<u32>(a.out + (i << 2), low);
  }
}

/**
 * out[x[i]] += weights[i] (float32), or += 1 (int32) where weights = 0, in the order of i; what lies
 * outside of [0, bins) counts nowhere. One unit.
 */
export function bincount32(args: usize, start: u32, end: u32): void {
  const a = changetype<BincountArgs>(args);
  if (start >= end) return;
  for (let i: u32 = 0; i < a.n; i++) {
    const at = load<u32>(a.x + (i << 2));
    if (at >= a.bins) continue;
    const bin = a.out + (at << 2);
    if (a.weights) store<f32>(bin, load<f32>(bin) + load<f32>(a.weights + (i << 2)));
    else store<u32>(bin, load<u32>(bin) + 1);
  }
}
