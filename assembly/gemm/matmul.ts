// float32 matrix products: batches, work units, blocks for the caches, packing where operands can't
// be read in place. The arithmetic is in micro.ts and vector.ts, the copies are in pack.ts.
//
// Order of summation: K is cut into blocks of equal depth, at most 256; each is summed in order from
// 0, and the blocks' sums are added to the bias in order. So an element's bits depend on K alone,
// not on strides, neighbours, nor the path taken.
import { Scratch } from "../abi";
import { relu, spread } from "./epilogue";
import { Micro } from "./micro";
import { Pack } from "./pack";
import { Vector } from "./vector";

@unmanaged
class MatmulArgs {
  a: usize;
  b: usize;
  /** [N], added to every row, or [M], to every column; 0 = none. */
  bias: usize;
  out: usize;
  /** 1: max(result, 0); 2: the bias is one for each row. */
  flags: u32;
  M: u32;
  N: u32;
  K: u32;
  aRow: i32;
  aCol: i32;
  bRow: i32;
  bCol: i32;
  batch: u32;
  /** Batch dims follow, outermost first: size, stride of a, stride of b. */
  batchRank: u32;
}

/** Rows and columns of a work unit. */
const UNIT: u32 = 64;
/** Longest block of K. */
const DEPTH: u32 = 256;
/** Columns of a packed block of B: 256 KiB, half of a small L2 cache. */
const COLS: u32 = 256;
/**
 * Rows of A that are multiplied by it before the next ones. Long rows lie in a page of memory each, A's and
 * C's: 96 of both are more than a core keeps addresses of (products of 2048 took a sixth longer).
 */
const ROWS: u32 = 48;
/** So few rows read B in place, if its rows are no longer than NEAR: longer ones share cache sets. */
const SKINNY: u32 = 8;
const NEAR: u32 = 256;
/** So many columns of the product, half as many where A's rows are contiguous, are computed one by one. */
const COLUMNS: u32 = 4;
/** A is packed if it is not contiguous along K and at least so many columns use it. */
const FEW: u32 = 32;
/** Columns of a block of a row vector's product. */
const WIDE: u32 = 2048;
/** Where the packed A lies in the scratch: behind B; and a bias for each of its rows. */
const A_OFFSET: usize = 512 << 10;
const BIAS_OFFSET: usize = 640 << 10;

/** out[z] = a[z] @ b[z] + bias, or relu of that. Units: matmulUnits in src/kernels/units.ts. */
export function matmulF32(args: usize, start: u32, end: u32): void {
  const p = changetype<MatmulArgs>(args);
  const M = p.M;
  const N = p.N;
  const byRows = M >= 2 * N;
  const size = byRows ? M : N;
  const units = (size + (UNIT - 1)) / UNIT;
  while (start < end) {
    const z = start / units;
    const first = start - z * units;
    const last = min(units, first + (end - start));
    start += last - first;
    const from = first * UNIT;
    const to = min(size, last * UNIT);
    const a = p.a + Matmul.batch(args, z, 4);
    const b = p.b + Matmul.batch(args, z, 8);
    const out = p.out + ((z * M * N) << 2);
    if (byRows) Matmul.part(p, a, b, out, from, to - from, 0, N);
    else Matmul.part(p, a, b, out, 0, M, from, to - from);
  }
}

class Matmul {
  /** Bytes from an operand's beginning to its matrix `z`; its strides lie `slot` bytes into a dim. */
  static batch(args: usize, z: u32, slot: usize): usize {
    let offset: u32 = 0;
    const dims = args + offsetof<MatmulArgs>();
    for (let d = changetype<MatmulArgs>(args).batchRank; d > 0; d--) {
      const dim = dims + (d - 1) * 12;
      const size = load<u32>(dim);
      offset += (z % size) * load<u32>(dim + slot);
      z /= size;
    }
    return offset << 2;
  }

  /** Rows [i, i + m) and columns [j, j + n) of one product. */
  static part(p: MatmulArgs, a: usize, b: usize, out: usize, i: u32, m: u32, j: u32, n: u32): void {
    const N = p.N;
    a += (i * p.aRow) << 2;
    b += (j * p.bCol) << 2;
    out += (i * N + j) << 2;
    const first = out;
    const rows = m;
    const cols = n;
    const down: u32 = p.flags & 2 ? 4 : 0;
    const across = 4 - down;
    let bias = p.bias ? p.bias + i * down + j * across : 0;
    if (N <= (p.aRow == 1 ? COLUMNS : p.aCol == 1 ? COLUMNS / 2 : 0)) {
      // Columns: each the row vector b^T times A^T.
      for (; n > 0; n--) {
        Matmul.row(b, p.bRow, a, p.aCol, p.aRow, m, p.K, bias, down, out, N << 2);
        b += p.bCol << 2;
        out += 4;
        if (bias) bias += across;
      }
    } else if (p.M < 4 && (p.bRow == 1 || p.bCol == 1)) {
      for (; m > 0; m--) {
        Matmul.row(a, p.aCol, b, p.bRow, p.bCol, n, p.K, bias, across, out, 4);
        a += p.aRow << 2;
        out += N << 2;
        if (bias) bias += down;
      }
    } else {
      return Matmul.blocks(p, a, b, out, m, n, bias);
    }
    if (p.flags & 1) relu(first, N, rows, cols);
  }

  /** Depth of the blocks of K: equal but for the last, and multiples of 4. */
  @inline
  static depth(K: u32): u32 {
    const blocks = (K + (DEPTH - 1)) / DEPTH;
    return blocks > 1 ? ((K + blocks - 1) / blocks + 3) & ~3 : K;
  }

  /** out[n] = bias + x[K] @ B[K x n]; elements of the bias are `biasBytes` apart, those of out `outBytes`. */
  static row(
    x: usize,
    xStep: i32,
    b: usize,
    bRow: i32,
    bCol: i32,
    n: u32,
    K: u32,
    bias: usize,
    biasBytes: u32,
    out: usize,
    outBytes: u32,
  ): void {
    const sum = Scratch.base();
    const depth = Matmul.depth(K);
    // Long columns of B are read to their ends, eight at a time, as memory likes it.
    const wide = bCol == 1 || K <= DEPTH ? WIDE : 8;
    for (let j: u32 = 0; j < n; j += wide) {
      const cols = min(wide, n - j);
      let from = bias;
      let fromBytes = biasBytes;
      let k: u32 = 0;
      do {
        const kb = min(depth, K - k);
        const xk = x + ((k * xStep) << 2);
        const bk = b + ((k * bRow + j * bCol) << 2);
        if (bCol == 1) {
          memory.fill(sum, 0, cols << 2);
          Vector.rows(xk, xStep << 2, bk, bRow << 2, kb, cols, sum);
        } else {
          Vector.columns(xk, xStep << 2, bk, bCol << 2, kb, cols, sum);
        }
        let to = out;
        for (let c: u32 = 0; c < cols; c++) {
          let s = load<f32>(sum + (c << 2));
          if (from) {
            s = load<f32>(from) + s;
            from += fromBytes;
          }
          store<f32>(to, s);
          to += outBytes;
        }
        from = out;
        fromBytes = outBytes;
        k += kb;
      } while (k < K);
      out += cols * outBytes;
      if (bias) bias += cols * biasBytes;
    }
  }

  /** m rows and n columns, by tiles. */
  static blocks(p: MatmulArgs, a: usize, b: usize, out: usize, m: u32, n: u32, bias: usize): void {
    const K = p.K;
    const N = p.N;
    const bRow = p.bRow;
    const bCol = p.bCol;
    const inPlace = m <= SKINNY && bCol == 1 && <u32>bRow <= NEAR;
    const packed = Scratch.base();
    const depth = Matmul.depth(K);
    let k: u32 = 0;
    do {
      const kb = min(depth, K - k);
      const ak = a + ((k * p.aCol) << 2);
      for (let j: u32 = 0; j < n; j += COLS) {
        const cols = min(COLS, n - j);
        const bj = b + ((k * bRow + j * bCol) << 2);
        const c = out + (j << 2);
        const byRows = (p.flags >> 1) & 1;
        const from = k ? c : bias ? bias + (byRows ? 0 : j << 2) : 0;
        const fromLd = k ? N : byRows;
        // The last columns of B have no full panel to be read from: they are packed in any case.
        const near = inPlace ? cols & ~7 : 0;
        if (near < cols) {
          Pack.panels(bj + ((near * bCol) << 2), bRow, bCol, kb, cols - near, packed);
        }
        Matmul.strips(p, ak, m, kb, bj, near, cols, from, fromLd, c, p.flags & 1 && k + kb == K);
      }
      k += kb;
    } while (k < K);
  }

  /**
   * m rows of one block of B: its first `near` columns are read in place, the others packed. fromLd = 1: all columns
   * start from the same, one for each row.
   */
  static strips(
    p: MatmulArgs,
    a: usize,
    m: u32,
    k: u32,
    b: usize,
    near: u32,
    cols: u32,
    from: usize,
    fromLd: u32,
    c: usize,
    clip: bool,
  ): void {
    const N = p.N;
    const packedA = Scratch.base() + A_OFFSET;
    const pack = p.aCol != 1 && cols >= FEW && m >= 16 && k >= 16;
    const ld = k + 4;
    for (let i: u32 = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      let ai = a + ((i * p.aRow) << 2);
      let aRow = p.aRow;
      let aCol = p.aCol;
      if (pack) {
        Pack.transpose(ai, aCol, aRow, k, rows, packedA, ld);
        ai = packedA;
        aRow = ld;
        aCol = 1;
      }
      const ci = c + ((i * N) << 2);
      let fi = from ? from + ((i * fromLd) << 2) : 0;
      let fiLd = fromLd;
      if (fi && fromLd == 1) {
        const bias = Scratch.base() + BIAS_OFFSET;
        spread(fi, rows, bias);
        fi = bias;
        fiLd = 8;
      }
      Micro.block(ai, aRow, aCol, b, p.bRow, 8, rows, near, k, fi, fiLd, ci, N);
      if (near < cols) {
        const fj = fi && fiLd != 8 ? fi + (near << 2) : fi;
        const bj = Scratch.base();
        const cj = ci + (near << 2);
        const panel = Pack.panel(k);
        Micro.block(ai, aRow, aCol, bj, 8, panel, rows, cols - near, k, fj, fiLd, cj, N);
      }
      if (clip) relu(ci, N, rows, cols);
    }
  }
}
