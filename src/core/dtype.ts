// The element types, their sizes and how they combine. What stores or computes is elsewhere.
import { DTypeError } from "./errors.js";

/** `float32` is the default; `int32` for indices and counts; `bool` (one byte) for masks. */
export type DType = "float32" | "int32" | "bool";

/** What holds the elements of float32, int32 and bool in JavaScript; a bool is a byte, 0 or 1. */
export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** Bytes per element. */
export function bytesOf(dtype: DType): 1 | 4 {
  return dtype === "bool" ? 1 : 4;
}

/** Checks a dtype that came from outside. */
export function checkDType(op: string, dtype: DType): DType {
  if (!(["float32", "int32", "bool"] as readonly unknown[]).includes(dtype)) {
    throw new DTypeError(op, `dtype must be float32, int32 or bool: got ${dtype}`);
  }
  return dtype;
}

/** Refuses operands that are not float32. */
export function checkFloat(op: string, name: string, x: { readonly dtype: DType }): void {
  if (x.dtype !== "float32") throw new DTypeError(op, `${name} must be float32: got ${x.dtype}`);
}

/** Refuses an operand that is float32. */
export function checkWhole(op: string, x: { readonly dtype: DType }): void {
  if (x.dtype === "float32") throw new DTypeError(op, "x must be int32 or bool: got float32");
}

/** Whether int32 holds a number: it is whole, and not too large. */
export function isInt32(x: number): boolean {
  return (x | 0) === x;
}

const rank: Record<DType, number> = { bool: 0, int32: 1, float32: 2 };

/** PyTorch's promotion between tensors: bool < int32 < float32. */
export function promote(a: DType, b: DType): DType {
  return rank[a] >= rank[b] ? a : b;
}
