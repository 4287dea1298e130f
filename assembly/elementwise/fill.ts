// Fills a contiguous output with an arithmetic progression. Work units: 1024 elements.
const BLOCK: u32 = 1024;

/** `start` and `step` are float64s, each in two slots (low word first). */
@unmanaged
class ArangeArgs {
  out: usize;
  n: u32;
  start: f64;
  step: f64;
  /** Which element `start` is. */
  first: i32;
}

/** start + (i - first) step, computed in float64 for each element and rounded once, as PyTorch does. */
export function arangeF32(args: usize, start: u32, end: u32): void {
  const p = changetype<ArangeArgs>(args);
  const value = p.start;
  const step = p.step;
  const first = p.first;
  const stop = min(end * BLOCK, p.n);
  for (let i = start * BLOCK; i < stop; i++) {
    store<f32>(p.out + (i << 2), <f32>(value + <f64>(<i32>i - first) * step));
  }
}

/** The same, cut to an integer. */
export function arangeI32(args: usize, start: u32, end: u32): void {
  const p = changetype<ArangeArgs>(args);
  const value = p.start;
  const step = p.step;
  const first = p.first;
  const stop = min(end * BLOCK, p.n);
  for (let i = start * BLOCK; i < stop; i++) {
    store<i32>(p.out + (i << 2), <i32>(value + <f64>(<i32>i - first) * step));
  }
}
