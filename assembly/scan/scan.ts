// Running results along the middle of [outer, R, inner]: first-order linear recurrences (sums and
// products are two of them), extremes, the log-sum-exp. A unit is a line of R elements, done one after
// the other: so the order of additions is that of the elements.
import { Scratch } from "../abi";
import { Key } from "../order/key";
import { F64Math } from "../simd/double";

@unmanaged
class RecurArgs {
  a: usize;
  b: usize;
  out: usize;
  R: u32;
  inner: u32;
  reverse: u32;
  total: u32;
}

@unmanaged
class LineArgs {
  x: usize;
  out: usize;
  R: u32;
  inner: u32;
}

@unmanaged
class CumExtremeArgs {
  x: usize;
  out: usize;
  R: u32;
  inner: u32;
  smallest: u32;
  integers: u32;
}

class Scan {
  /** Lines that are done together. */
  static readonly COLS: u32 = 512;

  /** Elements before the line of unit u. */
  @inline
  static offset(u: u32, R: u32, inner: u32): usize {
    return (u / inner) * R * inner + (u % inner);
  }

  static recur<T extends number, A extends number>(args: usize, start: u32, end: u32): void {
    const p = changetype<RecurArgs>(args);
    if (p.R == 0) return;
    const step: isize = (<isize>p.inner) << 2;
    const last = <isize>(p.R - 1) * step;
    for (let u = start; u < end;) {
      const line = Scan.offset(u, p.R, p.inner) << 2;
      const first = line + (p.reverse ? last : 0);
      const a = p.a ? p.a + line + (p.reverse ? last : step) : 0; // of the second step
      const out = p.total ? p.out + (u << 2) : p.out + first;
      const head = p.b ? p.b + first : p.a + line;
      const by = p.reverse ? -step : step;
      if (p.inner == 1) {
        Scan.line<T, A>(a, p.b, head, out, p.R, by, p.total ? 0 : by);
        u++;
      } else {
        const cols = min(min(p.inner - (u % p.inner), end - u), Scan.COLS);
        Scan.columns<T, A>(a, p.b, head, out, p.R, by, p.total ? 0 : by, cols);
        u += cols;
      }
    }
  }

  /** One line: h begins with what lies at `start`; b is 0 for none, and else moves with it. */
  static line<T extends number, A extends number>(
    a: usize,
    b: usize,
    start: usize,
    out: usize,
    R: u32,
    step: isize,
    outStep: isize,
  ): void {
    // By way of float64, which tsc takes: each int32 is one.
    let h = <A>(<number>load<T>(start));
    store<T>(out, <T>(<number>h));
    for (; R > 1; R--) {
      if (a) {
        h = <A>(h * <A>(<number>load<T>(a)));
        a += step;
      }
      if (b) h = <A>(h + <A>(<number>load<T>((start += step))));
      out += outStep;
      store<T>(out, <T>(<number>h));
    }
  }

  /** Neighbouring lines together, as memory likes it, each h in the scratch: the same sums. */
  static columns<T extends number, A extends number>(
    a: usize,
    b: usize,
    start: usize,
    out: usize,
    R: u32,
    step: isize,
    outStep: isize,
    cols: u32,
  ): void {
    const state = Scratch.base();
    for (let c: usize = 0; c < cols; c++) {
      const h = load<T>(start + (c << 2));
      store<A>(state + (c << 3), <A>(<number>h));
      store<T>(out + (c << 2), h);
    }
    for (; R > 1; R--) {
      start += step;
      out += outStep;
      for (let c: usize = 0; c < cols; c++) {
        let h = load<A>(state + (c << 3));
        if (a) h = <A>(h * <A>(<number>load<T>(a + (c << 2))));
        if (b) h = <A>(h + <A>(<number>load<T>(start + (c << 2))));
        store<A>(state + (c << 3), h);
        store<T>(out + (c << 2), <T>(<number>h));
      }
      if (a) a += step;
    }
  }
}

/**
 * h[r] = a[r] h[r-1] + b[r] in float64, h[0] = b[0]; with `reverse` h[r] = a[r+1] h[r+1] + b[r].
 * a = 0: factors of 1, so the sums of b. b = 0: the products of a (not in reverse). `total`: only the
 * last h of each line, [outer, inner].
 */
export function recurF32(args: usize, start: u32, end: u32): void {
  Scan.recur<f32, f64>(args, start, end);
}

/** The same of wrapping integers. */
export function recurI32(args: usize, start: u32, end: u32): void {
  Scan.recur<i32, i32>(args, start, end);
}

/** Where the largest (or smallest) element so far stands: the last of equals; NaN wins. */
export function cumExtreme32(args: usize, start: u32, end: u32): void {
  const p = changetype<CumExtremeArgs>(args);
  const ld = (<usize>p.inner) << 2;
  for (let u = start; u < end; u++) {
    let best: u32 = 0;
    let found: u32 = 0;
    for (let r: u32 = 0, at = Scan.offset(u, p.R, p.inner) << 2; r < p.R; r++, at += ld) {
      let key = Key.of(p.x + at, p.integers);
      // In reverse, but for NaN.
      if (p.smallest && (p.integers || key != Key.NAN)) key = ~key;
      if (key >= best) {
        best = key;
        found = r;
      }
      store<u32>(p.out + at, found);
    }
  }
}

/** ln(sum of exp(x[0..r])) = m + ln(s), m being the largest so far and s the sum of exp(x - m). */
export function logcumsumexpF32(args: usize, start: u32, end: u32): void {
  const p = changetype<LineArgs>(args);
  const ld = (<usize>p.inner) << 2;
  for (let u = start; u < end; u++) {
    const line = Scan.offset(u, p.R, p.inner) << 2;
    let m: f64 = -Infinity;
    let s: f64 = 0;
    for (let r: u32 = 0, at = line; r < p.R; r++, at += ld) {
      const v = <f64>load<f32>(p.x + at);
      if (v > m) {
        s = s * F64Math.exp(m - v) + 1;
        m = v;
      } else if (v == m) {
        s += 1;
      } else if (v < m) {
        s += F64Math.exp(v - m);
      } else {
        m = NaN; // and stays it: no comparison is true any more
      }
      store<f32>(p.out + at, <f32>(m + F64Math.log(s)));
    }
  }
}
