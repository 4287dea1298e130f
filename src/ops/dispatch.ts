// How elementwise ops call their kernels: broadcasting, dims collapsed to rows and columns, result
// allocated. Not recorded: that is the op's own business.
import type { DType } from "../core/dtype.js";
import {
  broadcastShapes,
  contiguousLayout,
  expandLayout,
  type Layout,
  sameShape,
  type Shape,
} from "../core/shape.js";
import { allocate, type Tensor } from "../autograd/tensor.js";
import type { F32Bits } from "../kernels/contract.js";
import type { Kernel } from "../kernels/loader.js";
import { run, scalarOperand } from "../kernels/run.js";

type UnaryArgs = [number, number, number, number, number, number, ...number[]];
type UnaryArgs1 = [number, number, number, number, number, F32Bits, number, ...number[]];
type UnaryArgs2 = [number, number, number, number, number, F32Bits, F32Bits, number, ...number[]];
type BinaryArgs = [number, number, number, number, number, number, number, number, ...number[]];
type BinaryArgs1 = [
  ...[number, number, number, number, number, number, number, F32Bits, number],
  ...number[],
];
type BinaryArgs2 = [
  ...[number, number, number, number, number, number, number, F32Bits, F32Bits, number],
  ...number[],
];

export type UnaryKernel = Kernel<UnaryArgs>;
export type UnaryKernel1 = Kernel<UnaryArgs1>;
export type UnaryKernel2 = Kernel<UnaryArgs2>;
export type BinaryKernel = Kernel<BinaryArgs>;
export type BinaryKernel1 = Kernel<BinaryArgs1>;
export type BinaryKernel2 = Kernel<BinaryArgs2>;

/** Elements in one work unit of an elementwise kernel. */
const UNIT = 1024;

/** Work units of an elementwise kernel over rows x cols elements. */
export function elementwiseUnits(rows: number, cols: number): number {
  return rows * Math.ceil(cols / UNIT);
}

/** Several operands of one shape as rows x cols, as the elementwise kernels take them. */
export interface Rows {
  rows: number;
  cols: number;
  /** Stride of the columns, one per operand. */
  inner: number[];
  /** The outer dims, outermost first: size, then a stride per operand. */
  dims: number[];
  rank: number;
}

/**
 * Joins neighbouring dims wherever each operand's strides allow: dim i joins the one inside of it
 * iff stride[i] = size[i+1] * stride[i+1] for all operands.
 */
export function collapse(shape: Shape, strides: readonly (readonly number[])[]): Rows {
  const sizes: number[] = [];
  const kept: number[][] = [];
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i]!;
    if (n === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((s, k) => s[i] === sizes[last]! * kept[last]![k]!)) {
      sizes[last]! *= n;
    } else {
      sizes.push(n);
      kept.push(strides.map((s) => s[i]!));
    }
  }
  const dims: number[] = [];
  let rows = 1;
  for (let i = sizes.length - 1; i > 0; i--) {
    rows *= sizes[i]!;
    dims.push(sizes[i]!, ...kept[i]!);
  }
  const rank = Math.max(0, sizes.length - 1);
  return { rows, cols: sizes[0] ?? 1, inner: kept[0] ?? strides.map(() => 1), dims, rank };
}

/** The layout of a fresh result shaped as `x`: x's own where that is row-major from 0. */
export function freshLayout(x: Layout): Layout {
  return x.contiguous && x.offset === 0 ? x : contiguousLayout(x.shape);
}

/** out = f(x), elementwise. */
export function unary(op: string, kernel: UnaryKernel, x: Tensor, dtype: DType = x.dtype): Tensor {
  const { layout } = x;
  const out = allocate(op, freshLayout(layout), dtype);
  if (layout.contiguous) {
    const n = layout.size;
    run(kernel, Math.ceil(n / UNIT), x.address(), out.address(), 1, n, 1, 0);
  } else {
    const { rows, cols, inner, rank, dims } = collapse(layout.shape, [layout.strides]);
    const units = elementwiseUnits(rows, cols);
    run(kernel, units, x.address(), out.address(), rows, cols, inner[0]!, rank, ...dims);
  }
  return out;
}

/** out = f(x; p0), elementwise float32 with one scalar. */
export function unary1(op: string, kernel: UnaryKernel1, x: Tensor, p0: F32Bits): Tensor {
  const { rows, cols, inner, rank, dims } = collapse(x.shape, [x.layout.strides]);
  const out = allocate(op, freshLayout(x.layout), x.dtype);
  const units = x.numel() === 0 ? 0 : elementwiseUnits(rows, cols);
  run(kernel, units, x.address(), out.address(), rows, cols, inner[0]!, p0, rank, ...dims);
  return out;
}

/** out = f(x; p0, p1), elementwise float32 with two scalars. */
export function unary2(
  op: string,
  kernel: UnaryKernel2,
  x: Tensor,
  p0: F32Bits,
  p1: F32Bits,
): Tensor {
  const { rows, cols, inner, rank, dims } = collapse(x.shape, [x.layout.strides]);
  const out = allocate(op, freshLayout(x.layout), x.dtype);
  const units = x.numel() === 0 ? 0 : elementwiseUnits(rows, cols);
  run(kernel, units, x.address(), out.address(), rows, cols, inner[0]!, p0, p1, rank, ...dims);
  return out;
}

/** The operands of a binary op, broadcast to one shape and collapsed. */
function broadcast(op: string, a: Tensor, b: Tensor): { layout: Layout } & Rows {
  const shape = broadcastShapes(op, a.shape, b.shape);
  const la = expandLayout(op, a.layout, shape);
  const lb = expandLayout(op, b.layout, shape);
  return { layout: contiguousLayout(shape), ...collapse(shape, [la.strides, lb.strides]) };
}

/** out = f(a, b), elementwise with broadcasting. a and b have the dtype that the kernel takes. */
export function binary(
  op: string,
  kernel: BinaryKernel,
  a: Tensor,
  b: Tensor,
  dtype: DType = a.dtype,
): Tensor {
  const la = a.layout;
  const lb = b.layout;
  if (la.contiguous && lb.contiguous && (la === lb || sameShape(la.shape, lb.shape))) {
    const out = allocate(op, freshLayout(la), dtype);
    const n = la.size;
    run(kernel, Math.ceil(n / UNIT), a.address(), b.address(), out.address(), 1, n, 1, 1, 0);
    return out;
  }
  const { layout, rows, cols, inner, rank, dims } = broadcast(op, a, b);
  const out = allocate(op, layout, dtype);
  const units = layout.size === 0 ? 0 : elementwiseUnits(rows, cols);
  const [sa, sb] = inner as [number, number];
  const [pa, pb, po] = [a.address(), b.address(), out.address()];
  run(kernel, units, pa, pb, po, rows, cols, sa, sb, rank, ...dims);
  return out;
}

/** out = f(a, b; p0), elementwise: the gradient kernels of ops with a scalar. */
export function binary1(
  op: string,
  kernel: BinaryKernel1,
  a: Tensor,
  b: Tensor,
  p0: F32Bits,
): Tensor {
  const { layout, rows, cols, inner, rank, dims } = broadcast(op, a, b);
  const out = allocate(op, layout, a.dtype);
  const units = layout.size === 0 ? 0 : elementwiseUnits(rows, cols);
  const [sa, sb] = inner as [number, number];
  const [pa, pb, po] = [a.address(), b.address(), out.address()];
  run(kernel, units, pa, pb, po, rows, cols, sa, sb, p0, rank, ...dims);
  return out;
}

/** out = f(a, b; p0, p1), elementwise. */
export function binary2(
  op: string,
  kernel: BinaryKernel2,
  a: Tensor,
  b: Tensor,
  p0: F32Bits,
  p1: F32Bits,
): Tensor {
  const { layout, rows, cols, inner, rank, dims } = broadcast(op, a, b);
  const out = allocate(op, layout, a.dtype);
  const units = layout.size === 0 ? 0 : elementwiseUnits(rows, cols);
  const [sa, sb] = inner as [number, number];
  const [pa, pb, po] = [a.address(), b.address(), out.address()];
  run(kernel, units, pa, pb, po, rows, cols, sa, sb, p0, p1, rank, ...dims);
  return out;
}

/** out = f(x, s) or, with `scalarFirst`, f(s, x). */
export function binaryScalar(
  op: string,
  kernel: BinaryKernel,
  x: Tensor,
  s: number,
  dtype: DType = x.dtype,
  scalarFirst = false,
): Tensor {
  const { layout } = x;
  const out = allocate(op, freshLayout(layout), dtype);
  const { rows, cols, inner, rank, dims } = layout.contiguous
    ? { rows: 1, cols: layout.size, inner: [1], rank: 0, dims: [] }
    : collapse(layout.shape, [layout.strides]);
  const units = layout.size === 0 ? 0 : elementwiseUnits(rows, cols);
  const px = x.address();
  const po = out.address();
  const ps = scalarOperand(s, x.dtype === "float32");
  const sx = inner[0]!;
  // The scalar is an operand all of whose strides are 0.
  const withZeros: number[] = [];
  for (let i = 0; i < dims.length; i += 2) {
    if (scalarFirst) withZeros.push(dims[i]!, 0, dims[i + 1]!);
    else withZeros.push(dims[i]!, dims[i + 1]!, 0);
  }
  if (scalarFirst) run(kernel, units, ps, px, po, rows, cols, 0, sx, rank, ...withZeros);
  else run(kernel, units, px, ps, po, rows, cols, sx, 0, rank, ...withZeros);
  return out;
}
