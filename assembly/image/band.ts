// Products with a banded matrix along one dim: what interpolation does, dim by dim. The transposed
// matrix is banded, too, so the gradient is the same kernel.

@unmanaged
class BandArgs {
  /** [outer, n, inner] */
  x: usize;
  /** [m]: the first column of each of the matrix's rows that is not 0 */
  first: usize;
  /** [m]: how many columns follow */
  count: usize;
  /** [width, m]: the rows' elements from `first` on, those of a row below each other */
  weights: usize;
  /** [outer, m, inner] */
  out: usize;
  n: u32;
  m: u32;
  width: u32;
  inner: u32;
}

class Band {
  /** out = sum of w[k] x[k, :], k ascending; rows of `bytes` bytes, weights `step` bytes apart. */
  static row(x: usize, w: usize, step: usize, count: u32, bytes: u32, out: usize): void {
    const vectors = bytes & ~15;
    let at: u32 = 0;
    for (; at < vectors; at += 16) {
      let sum = f32x4.splat(0);
      let from = x + at;
      let weight = w;
      for (let k: u32 = 0; k < count; k++, from += bytes, weight += step) {
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weight), v128.load(from)));
      }
      v128.store(out + at, sum);
    }
    for (; at < bytes; at += 4) {
      let sum: f32 = 0;
      let from = x + at;
      let weight = w;
      for (let k: u32 = 0; k < count; k++, from += bytes, weight += step) {
        sum += load<f32>(weight) * load<f32>(from);
      }
      store<f32>(out + at, sum);
    }
  }

  /**
   * The elements [from, to) of a product with a vector x: those of four neighbours with as many weights
   * at once. (Four of unlike number can't be filled up with zeros: 0 times NaN is NaN.)
   */
  static line(a: BandArgs, x: usize, from: u32, to: u32, out: usize): void {
    const step = (<usize>a.m) << 2;
    const end = to << 2;
    for (let j: usize = from << 2; j < end; j += 4) {
      const count = load<u32>(a.count + j);
      const first = a.first + j;
      const w = a.weights + j;
      const alike = i32x4.eq(v128.load(a.count + min(j, step - 16)), i32x4.splat(count));
      if (j + 16 > end || !i32x4.all_true(alike)) {
        Band.row(x + (load<u32>(first) << 2), w, step, count, 4, out + j);
        continue;
      }
      v128.store(out + j, Band.four(x, first, w, step, count));
      j += 12;
    }
  }

  /** Four elements of it, of `count` weights each. */
  @inline
  static four(x: usize, first: usize, w: usize, step: usize, count: u32): v128 {
    let p0 = x + (load<u32>(first) << 2);
    let p1 = x + (load<u32>(first, 4) << 2);
    let p2 = x + (load<u32>(first, 8) << 2);
    let p3 = x + (load<u32>(first, 12) << 2);
    let sum = f32x4.splat(0);
    for (; count > 0; count--, w += step) {
      let v = v128.load32_zero(p0);
      v = v128.load32_lane(p1, v, 1);
      v = v128.load32_lane(p2, v, 2);
      v = v128.load32_lane(p3, v, 3);
      sum = f32x4.add(sum, f32x4.mul(v128.load(w), v));
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
    }
    return sum;
  }
}

/** out[o, j, :] = sum over k of weights[k, j] x[o, first[j] + k, :]. A work unit is a row of out. */
export function bandF32(args: usize, start: u32, end: u32): void {
  const a = changetype<BandArgs>(args);
  const bytes = a.inner << 2;
  let o = start / a.m;
  let j = start - o * a.m;
  let x = a.x + o * a.n * bytes;
  for (let unit = start; unit < end;) {
    const stop = min(a.m, j + (end - unit));
    unit += stop - j;
    const out = a.out + o * a.m * bytes;
    if (bytes == 4 && a.m >= 4) Band.line(a, x, j, stop, out);
    else {
      for (; j < stop; j++) {
        const from = x + load<u32>(a.first + (j << 2)) * bytes;
        const count = load<u32>(a.count + (j << 2));
        Band.row(from, a.weights + (j << 2), a.m << 2, count, bytes, out + j * bytes);
      }
    }
    j = 0;
    o++;
    x += a.n * bytes;
  }
}
