// Copies of operands in the order in which the micro-kernel reads them: panels of 8 columns of B,
// rows of A. Each picks the copy that suits the strides; the values and their order stay the same.
//
// m, n, k and leading dimensions count elements.

export class Pack {
  /** Elements from a packed panel of k rows to the next. Not a power of two: cache sets. */
  @inline
  static panel(k: u32): i32 {
    return (k + 2) << 3;
  }

  /**
   * B[k x n] as panels of 8 columns: panel j at to + 4 * j * Pack.panel(k), row p of it 32 * p
   * further. The columns that n lacks to a multiple of 8 are zeros.
   */
  static panels(b: usize, bRow: i32, bCol: i32, k: u32, n: u32, to: usize): void {
    const panelBytes = Pack.panel(k) << 2;
    const full = n & ~7;
    if (bCol == 1) {
      // 128 columns at a time, row by row: panel by panel reads cache lines twice.
      for (let j: u32 = 0; j < full; j += 128) {
        Pack.rows(b + (j << 2), bRow, k, min<u32>(16, (full - j) >> 3), to + (j >> 3) * panelBytes);
      }
    } else {
      for (let j: u32 = 0; j < full; j += 8) {
        Pack.transpose(b + ((j * bCol) << 2), bCol, bRow, 8, k, to + (j >> 3) * panelBytes, 8);
      }
    }
    if (full < n) {
      to += (full >> 3) * panelBytes;
      memory.fill(to, 0, panelBytes);
      Pack.transpose(b + ((full * bCol) << 2), bCol, bRow, n - full, k, to, 8);
    }
  }

  /** to[j * ld + i] = x[i * row + j * col] for m x n elements: the transpose of x. */
  static transpose(x: usize, row: i32, col: i32, m: u32, n: u32, to: usize, ld: u32): void {
    let i: u32 = 0;
    if (col == 1) {
      const columns = n & ~3;
      for (; i + 4 <= m; i += 4) {
        const from = x + ((i * row) << 2);
        const dest = to + (i << 2);
        for (let j: u32 = 0; j < columns; j += 4) {
          Pack.transpose4(from + (j << 2), row << 2, dest + ((j * ld) << 2), ld << 2);
        }
        if (columns < n) {
          const last = dest + ((columns * ld) << 2);
          Pack.any(from + (columns << 2), row, 1, 4, n - columns, last, ld);
        }
      }
    }
    Pack.any(x + ((i * row) << 2), row, col, m - i, n, to + (i << 2), ld);
  }

  /** Rows of B that are contiguous, cut into `panels` panels. */
  private static rows(b: usize, bRow: i32, k: u32, panels: u32, to: usize): void {
    const panelBytes = Pack.panel(k) << 2;
    const end = to + (k << 5);
    while (to < end) {
      let from = b;
      let dest = to;
      for (let j: u32 = 0; j < panels; j++) {
        v128.store(dest, v128.load(from));
        v128.store(dest, v128.load(from, 16), 16);
        from += 32;
        dest += panelBytes;
      }
      b += bRow << 2;
      to += 32;
    }
  }

  /** Rows and columns of 4 x 4 elements exchanged. */
  @inline
  private static transpose4(x: usize, stepBytes: usize, to: usize, toStepBytes: usize): void {
    const a = v128.load(x);
    const b = v128.load(x + stepBytes);
    const c = v128.load(x + 2 * stepBytes);
    const d = v128.load(x + 3 * stepBytes);
    const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(abLow, cdLow, 0, 2));
    v128.store(to + toStepBytes, i64x2.shuffle(abLow, cdLow, 1, 3));
    v128.store(to + 2 * toStepBytes, i64x2.shuffle(abHigh, cdHigh, 0, 2));
    v128.store(to + 3 * toStepBytes, i64x2.shuffle(abHigh, cdHigh, 1, 3));
  }

  private static any(x: usize, row: i32, col: i32, m: u32, n: u32, to: usize, ld: u32): void {
    for (let i: u32 = 0; i < m; i++) {
      let from = x + ((i * row) << 2);
      let dest = to + (i << 2);
      for (let j: u32 = 0; j < n; j++) {
        store<u32>(dest, load<u32>(from));
        from += col << 2;
        dest += ld << 2;
      }
    }
  }
}
