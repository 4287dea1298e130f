// The discrete Fourier transform of rows of any length, in float64: radix 2 where the length is a power
// of 2, else Bluestein's algorithm on one that is.
//
// A complex number is a pair of float32 in memory and a v128 of two float64 (re, im) here.
import { Scratch } from "../abi";

@unmanaged
class FftArgs {
  x: usize;
  out: usize;
  /** 24m bytes of room (Bluestein: 40m + 16n), or 0: they fit the scratch behind its first 64. */
  work: usize;
  rows: u32;
  /** The length. */
  n: u32;
  /** n if it is a power of 2, else a power of 2 >= 2n - 1. */
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

/** Divides the workspace: roots of unity, data, and for Bluestein the chirp and its spectrum. */
@unmanaged
class Room {
  roots: usize;
  data: usize;
  chirp: usize;
  spectrum: usize;

  @inline
  set(base: usize, n: u32, m: u32): void {
    this.roots = base;
    this.data = base + (m << 3);
    this.spectrum = this.data + (m << 4);
    this.chirp = this.spectrum + (m << 4);
  }
}

class Complex {
  @inline
  static conj(z: v128): v128 {
    return v128.xor(z, i64x2(0, 0x8000000000000000));
  }

  @inline
  static mul(a: v128, b: v128): v128 {
    const re = i64x2.shuffle(b, b, 0, 0);
    const im = v128.xor(i64x2.shuffle(b, b, 1, 1), i64x2(0x8000000000000000, 0));
    return f64x2.add(f64x2.mul(a, re), f64x2.mul(i64x2.shuffle(a, a, 1, 0), im));
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
  /** data[k] = sum of data[j] e^(-2 pi i j k / m), in place. */
  static radix2(data: usize, roots: usize, m: u32): void {
    for (let i: u32 = 1, j: u32 = 0; i < m; i++) {
      let bit = m >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i < j) {
        const z = v128.load(data + (i << 4));
        v128.store(data + (i << 4), v128.load(data + (j << 4)));
        v128.store(data + (j << 4), z);
      }
    }
    for (let half: u32 = 1; half < m; half <<= 1) {
      const step = (m / half) << 3;
      const apart = half << 4;
      for (let k: u32 = 0; k < half; k++) {
        const w = v128.load(roots + k * step);
        for (let i = data + (k << 4); i < data + (m << 4); i += apart << 1) {
          const u = v128.load(i);
          const v = Complex.mul(v128.load(i + apart), w);
          v128.store(i, f64x2.add(u, v));
          v128.store(i + apart, f64x2.sub(u, v));
        }
      }
    }
  }

  /** Roots of unity, and for Bluestein w[k] = e^(-pi i k^2 / n) and the spectrum of its conjugate. */
  static prepare(room: Room, n: u32, m: u32): void {
    for (let k: u32 = 0; k < m >> 1; k++) Complex.root(room.roots + (k << 4), k, m);
    if (m == n) return;
    const spectrum = room.spectrum;
    memory.fill(spectrum, 0, m << 4);
    for (let k: u32 = 0; k < n; k++) {
      const to = room.chirp + (k << 4);
      Complex.root(to, (<u64>k * k) % (2 * n), 2 * n);
      const w = Complex.conj(v128.load(to));
      v128.store(spectrum + (k << 4), w);
      if (k > 0) v128.store(spectrum + ((m - k) << 4), w);
    }
    Transform.radix2(spectrum, room.roots, m);
  }

  /** The transform of the n elements in data, to its first n; those behind are 0 before. */
  static row(room: Room, n: u32, m: u32): void {
    const data = room.data;
    if (m == n) {
      Transform.radix2(data, room.roots, m);
      return;
    }
    // jk = (j^2 + k^2 - (k - j)^2) / 2: X = w (x w * conj w), a convolution.
    Transform.timesChirp(room, n);
    Transform.radix2(data, room.roots, m);
    const end = m << 4;
    for (let i: u32 = 0; i < end; i += 16) {
      v128.store(
        data + i,
        Complex.conj(Complex.mul(v128.load(data + i), v128.load(room.spectrum + i))),
      );
    }
    // The inverse transform, by two conjugations.
    Transform.radix2(data, room.roots, m);
    const share = f64x2.splat(1 / <f64>m);
    for (let i: u32 = 0; i < end; i += 16) {
      v128.store(data + i, f64x2.mul(Complex.conj(v128.load(data + i)), share));
    }
    Transform.timesChirp(room, n);
  }

  static timesChirp(room: Room, n: u32): void {
    for (let i: u32 = 0; i < n << 4; i += 16) {
      v128.store(room.data + i, Complex.mul(v128.load(room.data + i), v128.load(room.chirp + i)));
    }
  }

  @inline
  static weight(k: u32, n: u32, doubled: u32): f64 {
    return doubled && k != 0 && 2 * k != n ? 2 : 1;
  }
}

/**
 * out[k] = scale * sum over j of x[j] e^(+-2 pi i j k / n), rows of real or complex numbers.
 * Units: rows; one for all of them where `work` is given.
 */
export function fftF32(args: usize, start: u32, end: u32): void {
  const a = changetype<FftArgs>(args);
  if (start >= end) return;
  const n = a.n;
  const room = changetype<Room>(Scratch.base());
  room.set(a.work != 0 ? a.work : Scratch.base() + 64, n, a.m);
  Transform.prepare(room, n, a.m);
  const sign: f64 = a.plus ? -1 : 1;
  const shiftIn: u32 = a.inReal ? 2 : 3;
  const shiftOut: u32 = a.outReal ? 2 : 3;
  const scale = a.scale;
  const last = a.work != 0 ? a.rows : end;
  for (let row = start; row < last; row++) {
    const x = a.x + ((row * a.inBins) << shiftIn);
    memory.fill(room.data, 0, a.m << 4);
    for (let j: u32 = 0; j < a.inBins; j++) {
      const weight = Transform.weight(j, n, a.inDoubled);
      const from = x + (j << shiftIn);
      const to = room.data + (j << 4);
      store<f64>(to, <f64>load<f32>(from) * weight);
      if (!a.inReal) store<f64>(to, <f64>load<f32>(from, 4) * weight * sign, 8);
    }
    Transform.row(room, n, a.m);
    const out = a.out + ((row * a.outBins) << shiftOut);
    for (let k: u32 = 0; k < a.outBins; k++) {
      const by = Transform.weight(k, n, a.outDoubled) * scale;
      const from = room.data + (k << 4);
      const to = out + (k << shiftOut);
      store<f32>(to, <f32>(load<f64>(from) * by));
      if (!a.outReal) store<f32>(to, <f32>(load<f64>(from, 8) * by * sign), 4);
    }
  }
}
