// Parameter blocks that many kernels share.
// The elementwise kernels' blocks: rows x cols elements, each row's columns at a stride, the rows
// enumerated by `rank` outer dims (outermost first): size, then a stride for each strided operand.
// Units: rows * ceil(cols / 1024). The output is contiguous (but for scatterCopy's).
// prettier-ignore
export const unary = ["x: ptr", "out: ptr", "rows: u32", "cols: u32", "sx: i32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const unary1 = ["x: ptr", "out: ptr", "rows: u32", "cols: u32", "sx: i32", "p0: f32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const unary2 = ["x: ptr", "out: ptr", "rows: u32", "cols: u32", "sx: i32", "p0: f32", "p1: f32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const binary = ["a: ptr", "b: ptr", "out: ptr", "rows: u32", "cols: u32", "sa: i32", "sb: i32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const binary1 = ["a: ptr", "b: ptr", "out: ptr", "rows: u32", "cols: u32", "sa: i32", "sb: i32", "p0: f32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const gradX = ["dy: ptr", "x: ptr", "out: ptr", "rows: u32", "cols: u32", "sa: i32", "sb: i32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const gradY = ["dy: ptr", "y: ptr", "out: ptr", "rows: u32", "cols: u32", "sa: i32", "sb: i32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const gradX1 = ["dy: ptr", "x: ptr", "out: ptr", "rows: u32", "cols: u32", "sa: i32", "sb: i32", "p0: f32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const gradX2 = ["dy: ptr", "x: ptr", "out: ptr", "rows: u32", "cols: u32", "sa: i32", "sb: i32", "p0: f32", "p1: f32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const where = ["cond: ptr", "a: ptr", "b: ptr", "out: ptr", "rows: u32", "cols: u32", "sc: i32", "sa: i32", "sb: i32", "rank: u32", "dims: i32..."] as const;
// prettier-ignore
export const scatter = ["x: ptr", "out: ptr", "rows: u32", "cols: u32", "sx: i32", "so: i32", "rank: u32", "dims: i32..."] as const;

/** Reductions of [outer, R, inner] over the middle. Units: foldUnits. */
export const fold = ["x: ptr", "out: ptr", "R: u32", "inner: u32"] as const;
