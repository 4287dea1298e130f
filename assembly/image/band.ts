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
  /** [m, width]: the row's elements from `first` on */
  weights: usize;
  /** [outer, m, inner] */
  out: usize;
  n: u32;
  m: u32;
  width: u32;
  inner: u32;
}

class Band {
  /** out = sum of w[k] x[k, :], k ascending; rows of `bytes` bytes. */
  static row(x: usize, w: usize, count: u32, bytes: u32, out: usize): void {
    const vectors = bytes & ~15;
    let at: u32 = 0;
    for (; at < vectors; at += 16) {
      let sum = f32x4.splat(0);
      let from = x + at;
      for (let k: u32 = 0; k < count; k++, from += bytes) {
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(w + (k << 2)), v128.load(from)));
      }
      v128.store(out + at, sum);
    }
    for (; at < bytes; at += 4) {
      let sum: f32 = 0;
      let from = x + at;
      for (let k: u32 = 0; k < count; k++, from += bytes) {
        sum += load<f32>(w + (k << 2)) * load<f32>(from);
      }
      store<f32>(out + at, sum);
    }
  }
}

/** out[o, j, :] = sum over k of weights[j, k] x[o, first[j] + k, :]. A work unit is a row of out. */
export function bandF32(args: usize, start: u32, end: u32): void {
  const a = changetype<BandArgs>(args);
  const bytes = a.inner << 2;
  for (let unit = start; unit < end; unit++) {
    const j = (unit % a.m) << 2;
    const x = a.x + ((unit / a.m) * a.n + load<u32>(a.first + j)) * bytes;
    Band.row(x, a.weights + j * a.width, load<u32>(a.count + j), bytes, a.out + unit * bytes);
  }
}
