// Splatted constants out of tables: a v128.const in a loop is rebuilt for each use (three
// instructions), a splatting load is one.

export class Constant {
  /** Four times the i-th float32 of a table. */
  @inline
  static f32(table: usize, i: usize): v128 {
    return v128.load32_splat(table + (i << 2));
  }

  /** Twice the i-th float64 of a table. */
  @inline
  static f64(table: usize, i: usize): v128 {
    return v128.load64_splat(table + (i << 3));
  }
}

export class Polynomial {
  /** c0 + c1 x + ... in float64, out of a table of degree + 1 float32. */
  static at(table: usize, degree: u32, x: f64): f64 {
    let y: f64 = 0;
    for (let i = <i32>degree; i >= 0; i--) y = y * x + <f64>load<f32>(table + (i << 2));
    return y;
  }
}
