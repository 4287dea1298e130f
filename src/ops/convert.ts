// Moving values: between dtypes, into row-major memory, into JavaScript. What changes only the
// layout is in views.ts.
import { checkDType, bytesOf, type DType, is, tensorOf, type TypedArray } from "../core/dtype.js";
import {
  commonShape,
  shapeOf,
  contiguousLayout,
  type Layout,
  type Shape,
  misfit,
} from "../core/shape.js";
import { refuseInCapture } from "../autograd/mode.js";
import { allocate, allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import type { F32Bits } from "../kernels/contract.js";
import { type Kernel, kernels } from "../kernels/loader.js";
import { isRecording, run } from "../kernels/run.js";
import { endCall } from "../memory/eviction.js";
import { heapF32, heapI32, heapU8 } from "../memory/heap.js";
import {
  binary,
  type BinaryKernel,
  binaryScalar,
  collapse,
  elementwiseUnits,
  unary,
  type UnaryKernel,
} from "./dispatch.js";

const casts: Record<DType, Partial<Record<DType, UnaryKernel>>> = {
  float32: { int32: kernels.castF32ToI32 },
  int32: { float32: kernels.castI32ToF32 },
  bool: { float32: kernels.castBoolToF32, int32: kernels.castBoolToI32 },
};

/** Converts for `op`, without recording; x itself when it has the dtype already. */
export function cast(x: Tensor, dtype: DType, op = "to"): Tensor {
  const from = tensorOf(op, x).dtype;
  if (from === dtype) return x;
  const kernel = casts[from][dtype];
  if (kernel) return unary(op, kernel, x, dtype);
  return binaryScalar(op, from === "int32" ? kernels.neI32 : kernels.neF32, x, 0, dtype);
}

/** `fn` of x cast to `dtype`; the cast is released. */
export function withCast<T>(op: string, x: Tensor, dtype: DType, fn: (x: Tensor) => T): T {
  const from = cast(x, dtype, op);
  try {
    return fn(from);
  } finally {
    if (from !== x) from.dispose();
  }
}

/** out = f(a, b) with both cast to `dtype`. Not recorded. */
export function binaryAs<P extends readonly F32Bits[] = []>(
  op: string,
  kernel: BinaryKernel<P>,
  a: Tensor,
  b: Tensor,
  dtype: DType,
  outType: DType = dtype,
  params?: P,
): Tensor {
  // Before anything is made: a cast would be left behind when the shapes don't fit.
  if (!is(a, dtype) || !is(b, dtype)) {
    commonShape(op, [a, b]);
  }
  const x = cast(a, dtype);
  const y = cast(b, dtype);
  const out = binary(op, kernel, x, y, outType, params);
  if (x !== a) x.dispose();
  if (y !== b) y.dispose();
  return out;
}

/**
 * The tensor with another dtype; itself when it has that dtype already. float32 to int32 truncates
 * (NaN gives 0, what is out of range the nearest int32); to bool, what is not 0 is true.
 * @throws DTypeError for an unknown dtype.
 */
export function to(x: Tensor, dtype: DType): Tensor {
  return cast(x, checkDType("to", dtype));
}

function copyKernel(x: Tensor): typeof kernels.copy32 {
  return bytesOf(x.dtype) === 4 ? kernels.copy32 : kernels.copy8;
}

/** A row-major copy of the elements in memory of its own. Not recorded. */
export function copyOf(op: string, x: Tensor): Tensor {
  const out = allocate(op, contiguousLayout(shapeOf(op, x)), x.dtype);
  if (x.layout.contiguous && !isRecording()) {
    const bytes = x.numel() * bytesOf(x.dtype);
    const from = x.address();
    heapU8.copyWithin(out.address(), from, from + bytes);
    endCall();
    return out;
  }
  const { rows, cols, inner, rank, dims } = collapse(x.shape, [x.layout.strides]);
  const units = elementwiseUnits(rows, cols);
  run(copyKernel(x), units, x.address(), out.address(), rows, cols, inner[0]!, rank, ...dims);
  return out;
}

/** A copy in memory of its own, row-major; gradients pass through. */
export function clone(x: Tensor): Tensor {
  return record("clone", copyOf("clone", x), [x], {}, (dy) => [() => dy]);
}

/** x itself when its elements lie row-major without gaps, otherwise a copy that does. */
export function contiguous(x: Tensor): Tensor {
  return tensorOf("contiguous", x).layout.contiguous ? x : clone(x);
}

/** Runs `fn` on x in row-major order and releases what that took: for kernels that need it. */
export function withContiguous<T>(x: Tensor, fn: (x: Tensor) => T): T {
  if (x.layout.contiguous) return fn(x);
  const copy = copyOf("contiguous", x);
  try {
    return fn(copy);
  } finally {
    copy.dispose();
  }
}

/** The same for several operands; null stays null. */
export function withAllContiguous<const T extends readonly (Tensor | null)[], R>(
  operands: T,
  fn: (...operands: T) => R,
): R {
  // One copy after another: each is released when what needs it is done.
  const i = operands.findIndex((x) => x !== null && !x.layout.contiguous);
  if (i < 0) return fn(...operands);
  return withContiguous(operands[i]!, (x) => {
    const ready = operands.map((operand, k) => (k === i ? x : operand));
    return withAllContiguous(ready as readonly (Tensor | null)[] as T, fn);
  });
}

/**
 * A new tensor that `kernel` computes from the addresses of the operands in row-major memory (0
 * for null) and of the result, followed by `args`. Not recorded.
 */
export function compute<
  const T extends readonly (Tensor | null)[],
  const A extends readonly number[],
>(
  op: string,
  kernel: Kernel<[...{ readonly [K in keyof T]: number }, number, ...A]>,
  units: number,
  operands: T,
  shape: Shape,
  args: A,
  dtype: DType = "float32",
): Tensor {
  return withAllContiguous(operands, (...ready) => {
    const out = allocateShape(op, shape, dtype);
    const all: number[] = [];
    for (const x of [...ready, out]) all.push(x === null ? 0 : x.address());
    run(kernel as Kernel<number[]>, units, ...all.concat(args));
    return out;
  });
}

/** out[...] = x[...] for two layouts of one shape and dtype; `out` may be strided. Not recorded. */
export function writeInto(out: Tensor, layout: Layout, x: Tensor): void {
  const bytes = bytesOf(out.dtype);
  const { rows, cols, inner, rank, dims } = collapse(layout.shape, [
    x.layout.strides,
    layout.strides,
  ]);
  const units = elementwiseUnits(rows, cols);
  const to = out.buffer.address() + layout.offset * bytes;
  const [sx, so] = inner as [number, number];
  // Where nothing is strided it is an elementwise op, which recordings can join with others.
  if (rows * so === 1) return run(copyKernel(x), units, x.address(), to, 1, cols, sx, 0);
  const kernel = bytes === 4 ? kernels.scatterCopy32 : kernels.scatterCopy8;
  run(kernel, units, x.address(), to, rows, cols, sx, so, rank, ...dims);
}

/**
 * The elements, row-major, in a typed array of the dtype (a bool is a byte, 0 or 1).
 * @throws CaptureError inside of `capture`, as `toArray` and `item` do.
 */
export function toTypedArray(x: Tensor): TypedArray {
  refuseInCapture("toTypedArray", "reads values");
  return elementsOf(x);
}

/** The same, for the text of an error. */
export function elementsOf(x: Tensor): TypedArray {
  return withContiguous(tensorOf("toArray", x), (x) => {
    const n = x.numel();
    const at = x.address();
    endCall();
    // Not `slice`, which clears the new memory first.
    if (x.dtype === "float32") return new Float32Array(heapF32.subarray(at >>> 2, (at >>> 2) + n));
    if (x.dtype === "int32") return new Int32Array(heapI32.subarray(at >>> 2, (at >>> 2) + n));
    return new Uint8Array(heapU8.subarray(at, at + n));
  });
}

/** Numbers or booleans, nested as deep as the tensor has dims. */
export type NestedArray = number | boolean | NestedArray[];

/** The elements as nested arrays; for a scalar just the number (or boolean). */
export function toArray(x: Tensor): NestedArray {
  const flat = toTypedArray(x);
  const { shape, dtype } = x;
  const value = (i: number): number | boolean => (dtype === "bool" ? flat[i] !== 0 : flat[i]!);
  // By loops, of which the inner one sees elements alone: else each number lies in an object of its own.
  const nest = (dim: number, at: number, step: number): NestedArray => {
    if (dim === shape.length) return value(at);
    const n = shape[dim]!;
    if (dim + 1 === shape.length) {
      const row: (number | boolean)[] = [];
      for (let i = 0; i < n; i++) row.push(value(at + i));
      return row;
    }
    const list: NestedArray[] = [];
    const inner = n === 0 ? 0 : step / n;
    for (let i = 0; i < n; i++) list.push(nest(dim + 1, at + i * inner, inner));
    return list;
  };
  return nest(0, 0, flat.length);
}

/**
 * The value of a tensor with one element, as a number (a bool gives 0 or 1).
 * @throws ShapeError for more or fewer elements.
 */
export function item(x: Tensor): number {
  if (tensorOf("item", x).numel() !== 1) misfit("item", "needs exactly one element", x);
  return toTypedArray(x)[0]!;
}
