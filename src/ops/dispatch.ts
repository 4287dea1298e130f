// How elementwise ops call their kernels: broadcasting, dims collapsed to rows and columns, result
// allocated. Not recorded: that is the op's own business.
import { type DType, tensorOf } from "../core/dtype.js";
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
import { run, runFew, scalarOperand } from "../kernels/run.js";
import { flatUnits } from "../kernels/units.js";
import { copyOf } from "./convert.js";

/** Kernels of one operand and of two; `P` are the scalars that they take besides. */
export type UnaryKernel<P extends readonly F32Bits[] = []> = Kernel<
  [...[number, number, number, number, number], ...P, number, ...number[]]
>;
export type BinaryKernel<P extends readonly F32Bits[] = []> = Kernel<
  [...[number, number, number, number, number, number, number], ...P, number, ...number[]]
>;

/** Work units of an elementwise kernel over rows x cols elements. */
export function elementwiseUnits(rows: number, cols: number): number {
  return rows * flatUnits(cols);
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
    const own = stridesOf(strides, i);
    if (last >= 0 && follows(own, sizes[last]!, kept[last]!)) {
      sizes[last]! *= n;
    } else {
      sizes.push(n);
      kept.push(own);
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

function stridesOf(strides: readonly (readonly number[])[], dim: number): number[] {
  const own = new Array<number>(strides.length);
  for (let k = 0; k < strides.length; k++) own[k] = strides[k]![dim]!;
  return own;
}

/** Whether each operand's stride is that of a dim around one of `size` and `inner`. */
function follows(own: readonly number[], size: number, inner: readonly number[]): boolean {
  for (let k = 0; k < own.length; k++) if (own[k] !== size * inner[k]!) return false;
  return true;
}

/** The layout of a fresh result shaped as `x`: x's own where that is row-major from 0. */
export function freshLayout(x: Layout): Layout {
  return x.contiguous && x.offset === 0 ? x : contiguousLayout(x.shape);
}

/** Elements from which a transposed operand is copied first. */
const MANY = 1 << 12;

/**
 * x, or a copy in order where it lies column by column. Row by row that takes a cache line for each element,
 * and of columns that are a power of two apart the caches keep few: through a copy, which goes by tiles, 1M
 * elements take a fifth of the time, 16K two thirds.
 */
export function inOrder(x: Tensor): Tensor {
  const { size, contiguous, strides } = x.layout;
  if (size < MANY || contiguous) return x;
  return strides.at(-2) === 1 && strides.at(-1)! > 1 ? copyOf("contiguous", x) : x;
}

/** out = f(x), elementwise, with the scalars that the kernel takes. x has its dtype. */
export function unary<P extends readonly F32Bits[] = []>(
  op: string,
  kernel: UnaryKernel<P>,
  x: Tensor,
  dtype?: DType,
  params?: P,
): Tensor;
export function unary(
  op: string,
  kernel: Kernel<[...[number, number, number, number, number], ...number[]]>,
  x: Tensor,
  dtype: DType = tensorOf(op, x).dtype,
  params?: readonly F32Bits[],
): Tensor {
  const { layout } = x;
  const out = allocate(op, freshLayout(layout), dtype);
  if (layout.contiguous && params === undefined) {
    const n = layout.size;
    runFew(kernel, flatUnits(n), x.address(), out.address(), 1, n, 1, 0);
  } else {
    const y = inOrder(x);
    const { rows, cols, inner, rank, dims } = collapse(layout.shape, [y.layout.strides]);
    const [py, po] = [y.address(), out.address()];
    const units = elementwiseUnits(rows, cols);
    run(kernel, units, py, po, rows, cols, inner[0]!, ...(params ?? []), rank, ...dims);
    if (y !== x) y.dispose();
  }
  return out;
}

/**
 * out = f(a, b), elementwise with broadcasting, with the scalars that the kernel takes. a and b have
 * its dtype.
 */
export function binary<P extends readonly F32Bits[] = []>(
  op: string,
  kernel: BinaryKernel<P>,
  a: Tensor,
  b: Tensor,
  dtype?: DType,
  params?: P,
): Tensor;
export function binary(
  op: string,
  kernel: Kernel<[...[number, number, number, number, number, number, number], ...number[]]>,
  a: Tensor,
  b: Tensor,
  dtype: DType = a.dtype,
  params?: readonly F32Bits[],
): Tensor {
  const la = a.layout;
  const lb = b.layout;
  const flat = la.contiguous && lb.contiguous && (la === lb || sameShape(la.shape, lb.shape));
  if (!flat || params !== undefined) return broadcast(op, kernel, a, b, dtype, params);
  const out = allocate(op, freshLayout(la), dtype);
  const n = la.size;
  runFew(kernel, flatUnits(n), a.address(), b.address(), out.address(), 1, n, 1, 1, 0);
  return out;
}

/** `binary` of operands of any shapes and strides. */
function broadcast(
  op: string,
  kernel: Kernel<[number, number, number, number, number, number, number, ...number[]]>,
  a: Tensor,
  b: Tensor,
  dtype: DType,
  params: readonly F32Bits[] = [],
): Tensor {
  const shape = broadcastShapes(op, a.shape, b.shape);
  const x = inOrder(a);
  const y = inOrder(b);
  const { rows, cols, inner, rank, dims } = collapse(shape, [
    expandLayout(op, x.layout, shape).strides,
    expandLayout(op, y.layout, shape).strides,
  ]);
  const out = allocate(op, contiguousLayout(shape), dtype);
  const [sa, sb] = inner as [number, number];
  const units = elementwiseUnits(rows, cols);
  const [px, py, po] = [x.address(), y.address(), out.address()];
  run(kernel, units, px, py, po, rows, cols, sa, sb, ...params, rank, ...dims);
  if (x !== a) x.dispose();
  if (y !== b) y.dispose();
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
  const y = inOrder(x);
  const py = y.address();
  const ps = scalarOperand(s, x.dtype === "float32");
  const [pa, pb] = scalarFirst ? [ps, py] : [py, ps];
  // The scalar is an operand all of whose strides are 0.
  if (y.layout.contiguous) {
    const n = layout.size;
    const [sa, sb] = scalarFirst ? [0, 1] : [1, 0];
    runFew(kernel, flatUnits(n), pa, pb, out.address(), 1, n, sa, sb, 0);
  } else {
    const zeros = layout.shape.map(() => 0);
    const strides = scalarFirst ? [zeros, layout.strides] : [layout.strides, zeros];
    const { rows, cols, inner, rank, dims } = collapse(layout.shape, strides);
    const [sa, sb] = inner as [number, number];
    const units = elementwiseUnits(rows, cols);
    run(kernel, units, pa, pb, out.address(), rows, cols, sa, sb, rank, ...dims);
  }
  if (y !== x) y.dispose();
  return out;
}
