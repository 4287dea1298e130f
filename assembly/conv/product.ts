// The product A @ B of a convolution, in blocks: A = weights, B = sampled pixels, packed panel by
// panel into the scratch right before the micro-kernel uses it. conv2d.ts says what is sampled.
import { relu, spread } from "../gemm/epilogue";
import { Micro } from "../gemm/micro";
import { Room } from "./dims";
import { Panels } from "./panels";
import { Sampling } from "./sampling";

@unmanaged
export class Product {
  /** Weight (m, channel, i, j) lies at w + 4 * (m * mStep + channel * cStep + i * iStep + j * jStep). */
  w: usize;
  mStep: i32;
  cStep: i32;
  iStep: i32;
  jStep: i32;
  /** Whether rows of A are contiguous where they lie; else they are packed first. */
  inPlace: bool;
  /** Rows of A. */
  m: i32;
  /** One float for each row of A, or 0. */
  bias: usize;
  /** 1: max(result, 0); of outputs that lie one behind the other. */
  relu: u32;
  /** Image 0 of the input and floats between images. */
  input: usize;
  inputImage: i32;
  /** Pixel (r, q) of image n, row m: out + 4 * (n * outImage + m * plane + r * rowStep + q * colStep). */
  out: usize;
  outImage: i32;
  plane: i32;
  rowStep: i32;
  colStep: i32;

  @inline
  static at(): Product {
    return changetype<Product>(Room.product());
  }

  /** Units [start, end), `blocks` to an image. A's blocks go outside: each is packed once a call. */
  run(s: Sampling, start: i32, end: i32, blocks: i32): void {
    const taps = s.taps;
    const depth = Product.depth(s);
    const K = s.channels * taps;
    const most = min(Room.ROWS, (Room.A_FLOATS / (depth + 16)) & ~3);
    const parts = max(1, (this.m + most - 1) / most);
    const rows = ((this.m + parts - 1) / parts + 3) & ~3;
    for (let m0 = 0; m0 < this.m; m0 += rows) {
      const count = min(rows, this.m - m0);
      for (let k0 = 0; k0 == 0 || k0 < K; k0 += depth) {
        const k1 = min(K, k0 + depth);
        let a = this.w + ((<usize>(m0 * this.mStep + k0)) << 2);
        let aRow = this.mStep;
        if (!this.inPlace) {
          a = Room.a();
          aRow = depth + 16;
          this.packA(s, m0, count, k0, k1, aRow);
        }
        if (k0 == 0 && this.bias) spread(this.bias + ((<usize>m0) << 2), count, Room.bias());
        for (let unit = start; unit < end; unit++) {
          const n = unit / blocks;
          if (!s.select(unit - n * blocks)) continue;
          s.planes = this.input + ((<usize>n * this.inputImage) << 2);
          if (s.fits && k1 > 0) s.stage(k0 / taps, k1 / taps);
          const out = this.out + ((<usize>n * this.outImage + <usize>m0 * this.plane) << 2);
          this.block(s, a, aRow, count, k0, k1, out);
          if (this.relu && k1 == K) {
            const at = out + ((<usize>(s.row * s.gridW + s.col)) << 2);
            relu(at, this.plane, count, s.pixels);
          }
        }
      }
    }
  }

  /** How many rows of B make a block: whole channels where a slab has room. */
  private static depth(s: Sampling): i32 {
    const taps = s.taps;
    if (!s.fits || taps * s.channels == 0) return Room.DEPTH;
    const most = max(1, min(Room.DEPTH / taps, s.room));
    const parts = (s.channels + most - 1) / most;
    return ((s.channels + parts - 1) / parts) * taps;
  }

  private packA(s: Sampling, m0: i32, count: i32, k0: i32, k1: i32, aRow: i32): void {
    const taps = s.taps;
    const step = (<usize>this.mStep) << 2;
    const toStep = (<usize>aRow) << 2;
    let to = Room.a();
    for (let k = k0; k < k1; k++) {
      const c = k / taps;
      const tap = k - c * taps;
      const i = tap / s.tapsW;
      const j = tap - i * s.tapsW;
      const at = m0 * this.mStep + c * this.cStep + i * this.iStep + j * this.jStep;
      let from = this.w + ((<usize>at) << 2);
      let row = to;
      for (let m = count; m > 0; m--) {
        store<u32>(row, load<u32>(from));
        from += step;
        row += toStep;
      }
      to += 4;
    }
  }

  /**
   * `block` for few rows of A (depthwise convolutions above all), where packing would cost more
   * than the products: 16 pixels of a line at a time, read from the slab. It reads up to 31
   * floats past a line.
   */
  private lines(
    s: Sampling,
    a: usize,
    aRow: i32,
    count: i32,
    channels: i32,
    add: bool,
    out: usize,
  ): void {
    const lines = s.pixels / s.cols;
    for (let m = 0; m < count; m++) {
      const bias = this.bias && !add ? Room.bias() + (m << 5) : 0;
      for (let r = 0; r < lines; r++) {
        const to = out + ((<usize>(m * this.plane + (s.row + r) * this.rowStep)) << 2);
        const line = s.origin + ((r * s.stepH * s.width) << 2);
        for (let q = 0; q < s.cols; q += 16) {
          const row = a + ((m * aRow) << 2);
          if (s.stepW == 1) this.line16<i32>(s, row, channels, line + (q << 2));
          else this.line16<f32>(s, row, channels, line + (q << 3));
          const at = to + ((<usize>((s.col + q) * this.colStep)) << 2);
          this.finish(min(16, s.cols - q), add ? at : bias, add, at);
        }
      }
    }
  }

  /**
   * tile[0 ... 15] = sum of products, each as in the micro-kernel: ((0 + a0 * b0) + a1 * b1) ...
   * Apart is a float type for pixels two columns apart.
   */
  private line16<Apart>(s: Sampling, a: usize, channels: i32, plane: usize): void {
    const rowStep = (s.tapH * s.width) << 2;
    const step = s.tapW << 2;
    const tapsH = s.tapsH;
    const tapsW = s.tapsW;
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (; channels > 0; channels--) {
      let row = plane;
      for (let i = tapsH; i > 0; i--) {
        let at = row;
        for (let j = tapsW; j > 0; j--) {
          const x = v128.load32_splat(a);
          if (isFloat<Apart>()) {
            s0 = f32x4.add(s0, f32x4.mul(x, Sampling.evens(at)));
            s1 = f32x4.add(s1, f32x4.mul(x, Sampling.evens(at + 32)));
            s2 = f32x4.add(s2, f32x4.mul(x, Sampling.evens(at + 64)));
            s3 = f32x4.add(s3, f32x4.mul(x, Sampling.evens(at + 96)));
          } else {
            s0 = f32x4.add(s0, f32x4.mul(x, v128.load(at)));
            s1 = f32x4.add(s1, f32x4.mul(x, v128.load(at, 16)));
            s2 = f32x4.add(s2, f32x4.mul(x, v128.load(at, 32)));
            s3 = f32x4.add(s3, f32x4.mul(x, v128.load(at, 48)));
          }
          a += 4;
          at += step;
        }
        row += rowStep;
      }
      plane += s.plane << 2;
    }
    const tile = Room.tile();
    v128.store(tile, s0);
    v128.store(tile, s1, 16);
    v128.store(tile, s2, 32);
    v128.store(tile, s3, 48);
  }

  /** n pixels of the tile + what stands at `from` (a bias: 8 equal floats), to `to`. */
  private finish(n: i32, from: usize, add: bool, to: usize): void {
    let tile = Room.tile();
    const step = this.colStep << 2;
    const advance = add ? step : 0;
    if (step == 4) {
      for (; n >= 4; n -= 4) {
        const v = v128.load(tile);
        v128.store(to, from ? f32x4.add(v128.load(from), v) : v);
        tile += 16;
        to += 16;
        from += advance << 2;
      }
    }
    for (; n > 0; n--) {
      const v = load<f32>(tile);
      store<f32>(to, from ? load<f32>(from) + v : v);
      tile += 4;
      to += step;
      from += advance;
    }
  }

  /** out (count rows, the block's pixels) = from + A's block @ B's block [k0, k1). */
  private block(s: Sampling, a: usize, aRow: i32, count: i32, k0: i32, k1: i32, out: usize): void {
    const panel = Room.panel();
    const contiguous = this.colStep == 1 && this.rowStep == s.gridW;
    const k = k1 - k0;
    if (s.fits && k > 0 && s.stepW <= 2 && this.m < 4) {
      this.lines(s, a, aRow, count, k / s.taps, k0 > 0, out);
      return;
    }
    for (let first = 0; first < s.pixels; first += 8) {
      const n = min(8, s.pixels - first);
      if (!s.fits) {
        Panels.pixelsByCell(s, first, n, k0, k1, panel);
      } else if (k > 0) {
        Panels.locate(s, first, n);
        Panels.pixels(s, k / s.taps, panel);
      }
      if (contiguous && n == 8) {
        const c = out + ((<usize>(s.row * s.gridW + s.col + first)) << 2);
        const from = k0 > 0 ? c : this.bias ? Room.bias() : 0;
        const fromLd = k0 > 0 ? this.plane : 8;
        Micro.block(a, aRow, 1, panel, 8, 0, count, 8, k, from, fromLd, c, this.plane);
      } else {
        const tile = Room.tile();
        Micro.block(a, aRow, 1, panel, 8, 0, count, 8, k, 0, 0, tile, 8);
        this.scatter(s, first, n, count, k0 > 0, out);
      }
    }
  }

  /** out = the tile + the bias, or out += the tile, at n pixels from `first` on. */
  private scatter(s: Sampling, first: i32, n: i32, count: i32, add: bool, out: usize): void {
    const plane = (<usize>this.plane) << 2;
    for (let lane = 0; lane < n; lane++) {
      const row = (first + lane) / s.gridW;
      const col = first + lane - row * s.gridW;
      const at = (s.row + row) * this.rowStep + (s.col + col) * this.colStep;
      let to = out + ((<usize>at) << 2);
      let tile = Room.tile() + (lane << 2);
      let from = add ? to : this.bias ? Room.bias() : 0;
      for (let m = count; m > 0; m--) {
        const v = load<f32>(tile);
        store<f32>(to, from ? load<f32>(from) + v : v);
        tile += 32;
        if (from) from += add ? plane : 32;
        to += plane;
      }
    }
  }
}
