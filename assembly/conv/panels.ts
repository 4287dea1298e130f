// Packs what a Sampling reads into panels of B for the micro-kernel (gemm/micro.ts): rows of 8
// contiguous floats.
//   Panels.pixels    row k = (channel, i, j), columns = 8 successive pixels of the block
//   Panels.taps      row k = pixel of the block, columns = 8 successive (channel, i, j)
// From the slab where there is one, else cell by cell from the planes: slow, but for any shape.
import { Room } from "./dims";
import { Sampling } from "./sampling";

export class Panels {
  /**
   * Where pixels first ... first + 7 of the block (counted from its start) read by tap (0, 0):
   * byte offsets from the slab's origin. Columns past `count` go on from the last: they are read
   * from the slab's surroundings and never used.
   */
  static locate(s: Sampling, first: i32, count: i32): void {
    const lanes = Room.lanes();
    let row = first / s.gridW;
    let col = s.col + first - row * s.gridW;
    let at = 0;
    for (let lane = 0; lane < 8; lane++) {
      if (lane < count) {
        at = row * s.stepH * s.width + (col - s.col) * s.stepW;
        if (++col == s.gridW) {
          col = 0;
          row++;
        }
      } else {
        at++;
      }
      store<i32>(lanes + (lane << 2), at << 2);
    }
  }

  /** Channels [0, channels) of the slab, at the pixels of the last `locate`. */
  static pixels(s: Sampling, channels: i32, to: usize): void {
    const lanes = Room.lanes();
    const begin = load<i32>(lanes);
    const end = load<i32>(lanes, 28);
    if (end - begin == 28) {
      Panels.contiguous(s, channels, to, begin);
      return;
    }
    // Two runs of pixels, the second from lane `turn` on?
    let turn = 1;
    while (load<i32>(lanes + (turn << 2)) - begin == turn << 2) turn++;
    if (end - load<i32>(lanes + (turn << 2)) == (7 - turn) << 2) {
      Panels.twoRuns(s, channels, to, begin, end - 28, turn);
    } else {
      Panels.scattered(s, channels, to);
    }
  }

  private static contiguous(s: Sampling, channels: i32, to: usize, begin: i32): void {
    const rowStep = (s.tapH * s.width) << 2;
    const step = s.tapW << 2;
    const tapsH = s.tapsH;
    const tapsW = s.tapsW;
    let plane = s.origin + begin;
    for (; channels > 0; channels--) {
      let row = plane;
      for (let i = tapsH; i > 0; i--) {
        let at = row;
        for (let j = tapsW; j > 0; j--) {
          v128.store(to, v128.load(at));
          v128.store(to, v128.load(at, 16), 16);
          at += step;
          to += 32;
        }
        row += rowStep;
      }
      plane += s.plane << 2;
    }
  }

  private static twoRuns(
    s: Sampling,
    channels: i32,
    to: usize,
    first: i32,
    second: i32,
    turn: i32,
  ): void {
    const rowStep = (s.tapH * s.width) << 2;
    const step = s.tapW << 2;
    const tapsH = s.tapsH;
    const tapsW = s.tapsW;
    // Lanes below `turn`. Computed masks V8 would compute again for each line.
    const ones = Room.mask();
    v128.store(ones, i32x4.splat(-1));
    v128.store(ones, i32x4.splat(-1), 16);
    v128.store(ones, i32x4.splat(0), 32);
    v128.store(ones, i32x4.splat(0), 48);
    const mask = ones + ((8 - turn) << 2);
    const low = v128.load(mask);
    const high = v128.load(mask, 16);
    const gap = second - first;
    let plane = s.origin + first;
    for (; channels > 0; channels--) {
      let row = plane;
      for (let i = tapsH; i > 0; i--) {
        let at = row;
        for (let j = tapsW; j > 0; j--) {
          v128.store(to, v128.bitselect(v128.load(at), v128.load(at + gap), low));
          v128.store(to, v128.bitselect(v128.load(at, 16), v128.load(at + gap, 16), high), 16);
          at += step;
          to += 32;
        }
        row += rowStep;
      }
      plane += s.plane << 2;
    }
  }

  private static scattered(s: Sampling, channels: i32, to: usize): void {
    Panels.scatteredHalf(s, channels, to, Room.lanes());
    Panels.scatteredHalf(s, channels, to + 16, Room.lanes() + 16);
  }

  /** Four of the eight lanes: more pointers than that don't fit the registers. */
  private static scatteredHalf(s: Sampling, channels: i32, to: usize, lanes: usize): void {
    const rowStep = (s.tapH * s.width) << 2;
    const step = s.tapW << 2;
    const tapsH = s.tapsH;
    const tapsW = s.tapsW;
    const at0 = load<i32>(lanes);
    const at1 = load<i32>(lanes, 4) - at0;
    const at2 = load<i32>(lanes, 8) - at0;
    const at3 = load<i32>(lanes, 12) - at0;
    let plane = s.origin + at0;
    for (; channels > 0; channels--) {
      let row = plane;
      for (let i = tapsH; i > 0; i--) {
        let at = row;
        for (let j = tapsW; j > 0; j--) {
          store<u32>(to, load<u32>(at));
          store<u32>(to, load<u32>(at + at1), 4);
          store<u32>(to, load<u32>(at + at2), 8);
          store<u32>(to, load<u32>(at + at3), 12);
          at += step;
          to += 32;
        }
        row += rowStep;
      }
      plane += s.plane << 2;
    }
  }

  /** Rows [k0, k1) of the panel at `count` pixels from `first` on, without a slab. */
  static pixelsByCell(s: Sampling, first: i32, count: i32, k0: i32, k1: i32, to: usize): void {
    const taps = s.taps;
    for (let k = k0; k < k1; k++) {
      const tap = k % taps;
      for (let lane = 0; lane < 8; lane++) {
        let v: f32 = 0;
        if (lane < count) v = Panels.cell(s, first + lane, k / taps, tap);
        store<f32>(to, v);
        to += 4;
      }
    }
  }

  /** Columns k ... k + 7 (those past the last repeat it); the slab begins at channel c0. */
  static taps(s: Sampling, k: i32, c0: i32, to: usize): void {
    const taps = s.taps;
    const last = s.channels * taps - 1;
    const lanes = Room.lanes();
    for (let lane = 0; lane < 8; lane++) {
      const at = min(k + lane, last);
      const tap = at % taps;
      const i = tap / s.tapsW;
      const row = i * s.tapH * s.width + (tap - i * s.tapsW) * s.tapW;
      store<i32>(lanes + (lane << 2), ((at / taps - c0) * s.plane + row) << 2);
    }
    Panels.tapsHalf(s, to, lanes);
    Panels.tapsHalf(s, to + 16, lanes + 16);
  }

  /**
   * Four columns. With a step of 1 four pixels at a time, transposed; up to three rows too many
   * at the end of a line of pixels, which the next line overwrites (the panel has room for more).
   */
  private static tapsHalf(s: Sampling, to: usize, lanes: usize): void {
    const cols = s.cols;
    const rowStep = (s.stepH * s.width) << 2;
    const step = s.stepW << 2;
    const at0 = load<i32>(lanes);
    const at1 = load<i32>(lanes, 4) - at0;
    const at2 = load<i32>(lanes, 8) - at0;
    const at3 = load<i32>(lanes, 12) - at0;
    let row = s.origin + at0;
    for (let left = s.pixels; left > 0; left -= cols) {
      let at = row;
      let end = to;
      if (step == 4) {
        for (let q = cols; q > 0; q -= 4) {
          Panels.transpose(at, at + at1, at + at2, at + at3, end);
          at += 16;
          end += 128;
        }
      } else {
        for (let q = cols; q > 0; q--) {
          store<u32>(end, load<u32>(at));
          store<u32>(end, load<u32>(at + at1), 4);
          store<u32>(end, load<u32>(at + at2), 8);
          store<u32>(end, load<u32>(at + at3), 12);
          at += step;
          end += 32;
        }
      }
      to += (<usize>cols) << 5;
      row += rowStep;
    }
  }

  /** 4 x 4 floats: four rows to four columns of a panel. */
  @inline
  private static transpose(r0: usize, r1: usize, r2: usize, r3: usize, to: usize): void {
    const v0 = v128.load(r0);
    const v1 = v128.load(r1);
    const v2 = v128.load(r2);
    const v3 = v128.load(r3);
    const a = v128.shuffle<f32>(v0, v1, 0, 4, 1, 5);
    const b = v128.shuffle<f32>(v2, v3, 0, 4, 1, 5);
    const c = v128.shuffle<f32>(v0, v1, 2, 6, 3, 7);
    const d = v128.shuffle<f32>(v2, v3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
    v128.store(to, v128.shuffle<f64>(a, b, 1, 3), 32);
    v128.store(to, v128.shuffle<f64>(c, d, 0, 2), 64);
    v128.store(to, v128.shuffle<f64>(c, d, 1, 3), 96);
  }

  /** The same without a slab. */
  static tapsByCell(s: Sampling, k: i32, to: usize): void {
    const taps = s.taps;
    const last = s.channels * taps - 1;
    for (let pixel = 0; pixel < s.pixels; pixel++) {
      for (let lane = 0; lane < 8; lane++) {
        const at = min(k + lane, last);
        store<f32>(to, Panels.cell(s, pixel, at / taps, at % taps));
        to += 4;
      }
    }
  }

  private static cell(s: Sampling, pixel: i32, c: i32, tap: i32): f32 {
    const row = pixel / s.gridW;
    const i = tap / s.tapsW;
    return s.cell(c, s.row + row, s.col + pixel - row * s.gridW, i, tap - i * s.tapsW);
  }
}
