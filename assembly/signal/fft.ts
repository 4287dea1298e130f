// The discrete Fourier transform of rows, in float64: Stockham's algorithm where the length has no prime factor
// above 7, else Bluestein's on one that has none.
//
// A complex number is a pair of float32 in memory. Here it is two vectors, real and imaginary parts, of
// two rows at a time.
import { Scratch } from "../abi";

/** Roots of unity that are computed from scratch: so many, and each so-manieth. */
const FINE: u32 = 256;

@unmanaged
class FftArgs {
  x: usize;
  out: usize;
  /** 80m bytes of room (Bluestein: 96m + 16n), or 0: they fit the scratch behind its first 64. */
  work: usize;
  rows: u32;
  /** The length. */
  n: u32;
  /** n if it has no prime factor above 7, else one >= 2n - 1 that has none. */
  m: u32;
  /** Elements in a row of x (the rest up to n is 0) and of out (the rest is left out). */
  inBins: u32;
  outBins: u32;
  inReal: u32;
  outReal: u32;
  /** Bins other than 0 and n / 2 count twice: half of a spectrum stands for the whole. */
  inDoubled: u32;
  outDoubled: u32;
  scale: f64;
  /** The sign in e^(+-2 pi i j k / n): 0 for minus. */
  plus: u32;
}

/** Divides the workspace: roots of unity, data twice, and for Bluestein the chirp and its spectrum. */
@unmanaged
class Room {
  roots: usize;
  data: usize;
  /** Where the next pass puts its results; then they are the data. */
  other: usize;
  spectrum: usize;
  chirp: usize;

  @inline
  set(base: usize, n: u32, m: u32): void {
    this.roots = base;
    this.data = base + (m << 4);
    this.other = this.data + (m << 5);
    this.spectrum = this.other + (m << 5);
    this.chirp = this.spectrum + (m << 4);
  }
}

class Complex {
  /** The real part of z w. */
  @inline
  static re(re: v128, im: v128, wRe: v128, wIm: v128): v128 {
    return f64x2.sub(f64x2.mul(re, wRe), f64x2.mul(im, wIm));
  }

  /** Its imaginary part. */
  @inline
  static im(re: v128, im: v128, wRe: v128, wIm: v128): v128 {
    return f64x2.add(f64x2.mul(re, wIm), f64x2.mul(im, wRe));
  }

  /** to = z w, three single numbers. */
  static product(to: usize, z: usize, w: usize): void {
    const re = load<f64>(z);
    const im = load<f64>(z, 8);
    store<f64>(to, re * load<f64>(w) - im * load<f64>(w, 8));
    store<f64>(to, re * load<f64>(w, 8) + im * load<f64>(w), 8);
  }

  /** to = z w, w one number for both rows. */
  @inline
  static store(to: usize, re: v128, im: v128, w: usize): void {
    const wRe = v128.load64_splat(w);
    const wIm = v128.load64_splat(w, 8);
    v128.store(to, Complex.re(re, im, wRe, wIm));
    v128.store(to, Complex.im(re, im, wRe, wIm), 16);
  }

  /** Stores e^(-2 pi i k / n) for k < n: Taylor's series (error < 1e-18) within an eighth of the circle. */
  static root(to: usize, k: u64, n: u64): void {
    const eighth = (8 * k) / n;
    const rest = 8 * k - eighth * n;
    const a = (0.7853981633974483 * <f64>(eighth & 1 ? n - rest : rest)) / <f64>n;
    const z = a * a;
    let s: f64 = 1;
    let c: f64 = 1;
    // sin(a) / a and cos(a), from the innermost term outwards: 1 - z/2 (1 - z/12 (...))
    for (let i: f64 = 18; i > 0; i -= 2) {
      s = 1 - (z / (i * (i + 1))) * s;
      c = 1 - (z / (i * (i - 1))) * c;
    }
    s *= a;
    const swapped = ((eighth + 1) & 2) != 0;
    const re = swapped ? s : c;
    const im = swapped ? c : s;
    store<f64>(to, eighth >= 2 && eighth < 6 ? -re : re);
    store<f64>(to, eighth >= 4 ? im : -im, 8);
  }
}

class Transform {
  /** data[k] = sum of data[j] e^(-2 pi i j k / m): by passes of radix 4, then of what is left. */
  static passes(room: Room, m: u32): void {
    let done: u32 = 1;
    for (let left = m; left > 1;) {
      let radix: u32 = left & 3 ? 2 : 4;
      while (left % radix) radix++;
      left /= radix;
      const data = room.data;
      const other = room.other;
      if (radix == 4) Transform.four(room.roots, data, other, left, done);
      else Transform.any(room.roots, data, other, left, done, radix);
      room.data = other;
      room.other = data;
      done *= radix;
    }
  }

  /** Radix 4: `done` neighbours have the same roots, for each of `left` places. */
  static four(roots: usize, from: usize, to: usize, left: u32, done: u32): void {
    const step = done << 5;
    const apart = step * left;
    const turn = done << 4;
    let w1 = roots;
    let w2 = roots;
    let w3 = roots;
    for (; left > 0; left--, w1 += turn, w2 += 2 * turn, w3 += 3 * turn, to += 3 * step) {
      for (const end = from + step; from < end; from += 32, to += 32) {
        let at = from;
        const aRe = v128.load(at);
        const aIm = v128.load(at, 16);
        const bRe = v128.load((at += apart));
        const bIm = v128.load(at, 16);
        const cRe = v128.load((at += apart));
        const cIm = v128.load(at, 16);
        const dRe = v128.load((at += apart));
        const dIm = v128.load(at, 16);
        const evenRe = f64x2.add(aRe, cRe);
        const evenIm = f64x2.add(aIm, cIm);
        const oddRe = f64x2.add(bRe, dRe);
        const oddIm = f64x2.add(bIm, dIm);
        v128.store(to, f64x2.add(evenRe, oddRe));
        v128.store(to, f64x2.add(evenIm, oddIm), 16);
        const to2 = to + 2 * step;
        Complex.store(to2, f64x2.sub(evenRe, oddRe), f64x2.sub(evenIm, oddIm), w2);
        const evensRe = f64x2.sub(aRe, cRe);
        const evensIm = f64x2.sub(aIm, cIm);
        // Times -i.
        const oddsRe = f64x2.sub(bIm, dIm);
        const oddsIm = f64x2.sub(dRe, bRe);
        Complex.store(to + step, f64x2.add(evensRe, oddsRe), f64x2.add(evensIm, oddsIm), w1);
        Complex.store(to2 + step, f64x2.sub(evensRe, oddsRe), f64x2.sub(evensIm, oddsIm), w3);
      }
    }
  }

  /** The same of any radix: `apart` roots are a radix-th of the circle. */
  static any(roots: usize, from: usize, to: usize, left: u32, done: u32, radix: u32): void {
    const apart = left * done;
    const step = done << 5;
    for (let p: u32 = 0; p < left; p++, to += (radix - 1) * step) {
      for (const end = from + step; from < end; from += 32, to += 32) {
        for (let k: u32 = 0; k < radix; k++) {
          let re = v128.load(from);
          let im = v128.load(from, 16);
          let turn: u32 = 0;
          for (let j: u32 = 1; j < radix; j++) {
            turn += k;
            if (turn >= radix) turn -= radix;
            const root = roots + ((turn * apart) << 4);
            const wRe = v128.load64_splat(root);
            const wIm = v128.load64_splat(root, 8);
            const x = from + ((j * apart) << 5);
            const xRe = v128.load(x);
            const xIm = v128.load(x, 16);
            re = f64x2.add(re, Complex.re(xRe, xIm, wRe, wIm));
            im = f64x2.add(im, Complex.im(xRe, xIm, wRe, wIm));
          }
          Complex.store(to + k * step, re, im, roots + ((k * p * done) << 4));
        }
      }
    }
  }

  /** Roots of unity, and for Bluestein w[k] = e^(-pi i k^2 / n) and, conjugate, the spectrum of its conjugate. */
  static prepare(room: Room, n: u32, m: u32): void {
    const roots = room.roots;
    for (let k: u32 = 0; k < m; k++) {
      // Products of two of them: the series takes fifteen times as long.
      const to = roots + (k << 4);
      const fine = roots + ((k % FINE) << 4);
      if (k < FINE || fine == roots) Complex.root(to, k, m);
      else Complex.product(to, fine, roots + ((k - (k % FINE)) << 4));
    }
    if (m == n) return;
    const data = room.data;
    memory.fill(data, 0, m << 5);
    for (let k: u32 = 0; k < n; k++) {
      const to = room.chirp + (k << 4);
      Complex.root(to, (<u64>k * k) % (2 * n), 2 * n);
      const re = v128.load64_splat(to);
      const im = f64x2.neg(v128.load64_splat(to, 8));
      Transform.both(data + (k << 5), re, im);
      if (k > 0) Transform.both(data + ((m - k) << 5), re, im);
    }
    Transform.passes(room, m);
    let at = room.data;
    for (let to = room.spectrum; to < room.chirp; to += 16, at += 32) {
      store<f64>(to, load<f64>(at));
      store<f64>(to, -load<f64>(at, 16), 8);
    }
  }

  @inline
  private static both(to: usize, re: v128, im: v128): void {
    v128.store(to, re);
    v128.store(to, im, 16);
  }

  /** The transform of the n elements in data, to its first n; those behind are 0 before. */
  static row(room: Room, n: u32, m: u32): void {
    if (m == n) {
      Transform.passes(room, m);
      return;
    }
    // jk = (j^2 + k^2 - (k - j)^2) / 2: X = w (x w * conj w), a convolution.
    Transform.timesChirp(room, n);
    Transform.passes(room, m);
    // The inverse transform, by two conjugations.
    let at = room.data;
    for (let w = room.spectrum; w < room.chirp; w += 16, at += 32) {
      Complex.store(at, v128.load(at), f64x2.neg(v128.load(at, 16)), w);
    }
    Transform.passes(room, m);
    const share = f64x2.splat(1 / <f64>m);
    for (at = room.data; at < room.data + (n << 5); at += 32) {
      const re = f64x2.mul(v128.load(at), share);
      Transform.both(at, re, f64x2.neg(f64x2.mul(v128.load(at, 16), share)));
    }
    Transform.timesChirp(room, n);
  }

  static timesChirp(room: Room, n: u32): void {
    let at = room.data;
    for (let w = room.chirp; w < room.chirp + (n << 4); w += 16, at += 32) {
      Complex.store(at, v128.load(at), v128.load(at, 16), w);
    }
  }

  @inline
  static weight(k: u32, n: u32, doubled: u32): f64 {
    return doubled && k != 0 && 2 * k != n ? 2 : 1;
  }
}

/** Rows `row` and `row + next`. */
class Pair {
  static read(a: FftArgs, row: u32, next: u32, at: usize, sign: f64): void {
    const n = a.n;
    const bins = a.inBins;
    const real = a.inReal;
    const doubled = a.inDoubled;
    const step: u32 = real ? 4 : 8;
    let x = a.x + row * bins * step;
    const apart = next * bins * step;
    for (let j: u32 = 0; j < bins; j++, x += step, at += 32) {
      const by = Transform.weight(j, n, doubled);
      v128.store(at, Pair.load(x, apart, by));
      v128.store(at, real ? f64x2.splat(0) : Pair.load(x + 4, apart, by * sign), 16);
    }
    memory.fill(at, 0, (a.m - bins) << 5);
  }

  static write(a: FftArgs, row: u32, next: u32, at: usize, sign: f64): void {
    const n = a.n;
    const bins = a.outBins;
    const real = a.outReal;
    const doubled = a.outDoubled;
    const scale = a.scale;
    const step: u32 = real ? 4 : 8;
    let out = a.out + row * bins * step;
    const apart = next * bins * step;
    for (let k: u32 = 0; k < bins; k++, out += step, at += 32) {
      const by = Transform.weight(k, n, doubled) * scale;
      Pair.store(out, apart, v128.load(at), by);
      if (!real) Pair.store(out + 4, apart, v128.load(at, 16), by * sign);
    }
  }

  @inline
  private static load(x: usize, apart: usize, by: f64): v128 {
    const both = v128.load32_lane(x + apart, v128.load32_zero(x), 1);
    return f64x2.mul(f64x2.promote_low_f32x4(both), f64x2.splat(by));
  }

  @inline
  private static store(out: usize, apart: usize, v: v128, by: f64): void {
    const both = f32x4.demote_f64x2_zero(f64x2.mul(v, f64x2.splat(by)));
    v128.store32_lane(out, both, 0);
    v128.store32_lane(out + apart, both, 1);
  }
}

/**
 * out[k] = scale * sum over j of x[j] e^(+-2 pi i j k / n), rows of real or complex numbers.
 * Units: two rows; one for all of them where `work` is given.
 */
export function fftF32(args: usize, start: u32, end: u32): void {
  const a = changetype<FftArgs>(args);
  if (start >= end) return;
  const n = a.n;
  const m = a.m;
  const room = changetype<Room>(Scratch.base());
  room.set(a.work != 0 ? a.work : Scratch.base() + 64, n, m);
  Transform.prepare(room, n, m);
  const sign: f64 = a.plus ? -1 : 1;
  const last = a.work != 0 ? a.rows : min(2 * end, a.rows);
  for (let row = start << 1; row < last; row += 2) {
    // A last row alone is its own neighbour.
    const next: u32 = row + 1 < last ? 1 : 0;
    Pair.read(a, row, next, room.data, sign);
    Transform.row(room, n, m);
    Pair.write(a, row, next, room.data, sign);
  }
}
