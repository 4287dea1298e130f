// Every error that simdgrad throws on purpose. The message starts with the op in brackets and
// says the rule and what came: `[matmul] inner sizes must match: got a=[2,3], b=[4,5]`.
// Wrong dtypes, shapes and options are refused before anything is allocated; what only the values show (an
// index, a matrix) when a kernel has met it.

/** Base class: `catch (e) { if (e instanceof SimdgradError) ... }` catches all of them. */
export class SimdgradError extends Error {
  override readonly name: string = "SimdgradError";
  constructor(
    /** The op or function that refused. */
    readonly op: string,
    message: string,
  ) {
    super(`[${op}] ${message}`);
  }
}

/** Shapes that do not fit each other, or a shape that an op cannot take. */
export class ShapeError extends SimdgradError {
  override readonly name = "ShapeError";
}

/** A dtype that an op does not take. */
export class DTypeError extends SimdgradError {
  override readonly name = "DTypeError";
}

/** A dim, an index or a class that lies outside of its range. */
export class IndexError extends SimdgradError {
  override readonly name = "IndexError";
}

/** A number or an option that an op cannot use (NaN sizes, a negative rate, ...). */
export class ValueError extends SimdgradError {
  override readonly name = "ValueError";
}

/** A wrong use of autograd: backward twice, of a non-scalar, through a modified tensor, ... */
export class GradError extends SimdgradError {
  override readonly name = "GradError";
}

/** A tensor was used after it had been disposed of by hand. */
export class DisposedError extends SimdgradError {
  override readonly name = "DisposedError";
}

/** Neither spilling nor growing the heap leaves room for what an op needs. */
export class OutOfMemoryError extends SimdgradError {
  override readonly name = "OutOfMemoryError";
}

/** A file that is cut short, lies about its lengths or is not what it should be. */
export class FormatError extends SimdgradError {
  override readonly name = "FormatError";
}

/** Something inside of `capture` that a replay could not do again. */
export class CaptureError extends SimdgradError {
  override readonly name = "CaptureError";
}
