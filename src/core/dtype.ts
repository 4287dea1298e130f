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

/** A value that came from outside, as errors show it. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(",")}]`;
  return typeof value === "string" ? `"${value}"` : String(value);
}

/** Refuses what stands where a tensor should. */
export function noTensor(op: string, x: unknown): never {
  throw new DTypeError(op, `needs a tensor: got ${shown(x)}`);
}

interface Typed {
  readonly dtype: DType;
}

/** x, which a program without types may have got wrong. */
export function tensorOf<T extends Typed>(op: string, x: T): T {
  return (x as T | undefined)?.dtype === undefined ? noTensor(op, x) : x;
}

/** Whether x is a tensor of the dtype: to ask before it is known to be a tensor. */
export function is(x: unknown, dtype: DType): boolean {
  return (x as Typed | undefined)?.dtype === dtype;
}

/** Refuses an operand of another dtype. */
export function expectDType(op: string, name: string, x: Typed, dtype: DType): void {
  if (is(x, dtype)) return;
  throw new DTypeError(op, `${name} must be ${dtype}: got ${tensorOf(op, x).dtype}`);
}

/** Refuses operands that are not float32. */
export function checkFloat(op: string, name: string, x: Typed): void {
  expectDType(op, name, x, "float32");
}

/** Refuses an operand that is float32. */
export function checkWhole(op: string, x: Typed, name = "x"): void {
  if (tensorOf(op, x).dtype !== "float32") return;
  throw new DTypeError(op, `${name} must be int32 or bool: got float32`);
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
