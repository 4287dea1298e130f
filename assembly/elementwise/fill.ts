// Fills a contiguous output: one value, or an arithmetic progression. Work units: 1024 elements.
const BLOCK: u32 = 1024;

@unmanaged
class FillArgs {
  out: usize;
  n: u32;
  value: i32;
}

/** `value` is the element's bit pattern, so it serves float32 too. */
export function fill32(args: usize, start: u32, end: u32): void {
  const p = changetype<FillArgs>(args);
  const value = i32x4.splat(p.value);
  let out = p.out + ((start * BLOCK) << 2);
  const stop = p.out + (min(end * BLOCK, p.n) << 2);
  for (; out + 16 <= stop; out += 16) v128.store(out, value);
  for (; out < stop; out += 4) store<i32>(out, p.value);
}

export function fill8(args: usize, start: u32, end: u32): void {
  const p = changetype<FillArgs>(args);
  const from = start * BLOCK;
  memory.fill(p.out + from, <u8>p.value, min(end * BLOCK, p.n) - from);
}

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
