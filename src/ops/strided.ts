// Views through strides that are no reordering or part of the dims: diagonals, sliding windows, any
// strides at all. Where elements may be seen more than once, the gradient adds up what each got.
import { IndexError, ValueError } from "../core/errors.js";
import { bytesOf, tensorOf } from "../core/dtype.js";
import {
  checkDim,
  contiguousLayout,
  checkPlace,
  checkInt,
  checkRank,
  checkShape,
  type Layout,
  type Shape,
  showShape,
  sizeOf,
  stridedLayout,
  shapeOf,
  checkList,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { alias, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { div, maximum } from "./arithmetic.js";
import { arange, ones, zeros } from "./creation.js";
import { scatterAdd } from "./scatter.js";
import { placeAt, reshape, viewAt } from "./views.js";

export interface DiagonalOptions {
  /** Above the main diagonal; negative: below. Default: 0. */
  offset?: number;
  /** The dim that counts rows. Default: 0 (of diagEmbed: -2). */
  dim1?: number;
  /** The dim that counts columns. Default: 1 (of diagEmbed: -1). */
  dim2?: number;
}

/** Resolves two dims, of x and `more` besides, that must differ. */
export function checkPair(
  op: string,
  x: Tensor,
  dim1: number,
  dim2: number,
  more = 0,
): [number, number] {
  checkRank(op, x, 2 - more);
  const [a, b] = [dim1, dim2].map((d) => checkPlace(op, "dim", d, x.ndim + more)) as [
    number,
    number,
  ];
  if (a === b) throw new ValueError(op, `the two dims must differ: got ${dim1}`);
  return [a, b];
}

/** The diagonal's layout: the two dims go, its own comes last. */
function diagonalOf(a: number, b: number, offset: number): (layout: Layout) => Layout {
  return ({ shape, strides, offset: start }) => {
    const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
    const n = Math.max(0, Math.min(shape[a]! - down, shape[b]! - right));
    const rest = (list: readonly number[]) => list.filter((_, i) => i !== a && i !== b);
    return stridedLayout(
      [...rest(shape), n],
      [...rest(strides), strides[a]! + strides[b]!],
      n === 0 ? start : start + down * strides[a]! + right * strides[b]!,
    );
  };
}

/**
 * The diagonal of two dims as a view: dim1 and dim2 go, the diagonal's dim comes last.
 * @throws ShapeError for fewer than 2 dims
 */
export function diagonal(x: Tensor, options: DiagonalOptions = {}): Tensor {
  checkOptions("diagonal", options);
  const offset = checkInt("diagonal", "offset", options.offset ?? 0);
  const [a, b] = checkPair("diagonal", x, options.dim1 ?? 0, options.dim2 ?? 1);
  return viewAt("diagonal", x, diagonalOf(a, b, offset));
}

/** Zeros with x's last dim on the diagonal of two new dims: the transpose of `diagonal`. */
export function diagEmbed(x: Tensor, options: DiagonalOptions = {}): Tensor {
  checkOptions("diagEmbed", options);
  const offset = checkInt("diagEmbed", "offset", options.offset ?? 0);
  const [a, b] = checkPair("diagEmbed", x, options.dim1 ?? -2, options.dim2 ?? -1, 1);
  const n = x.shape[x.ndim - 1]! + Math.abs(offset);
  const shape: number[] = x.shape.slice(0, -1);
  for (const at of [Math.min(a, b), Math.max(a, b)]) shape.splice(at, 0, n);
  return placeAt("diagEmbed", x, checkShape("diagEmbed", shape), diagonalOf(a, b, offset));
}

/** Of a vector the matrix with it on a diagonal, of a matrix that diagonal. */
export function diag(x: Tensor, offset = 0): Tensor {
  const { length } = shapeOf("diag", x);
  if (length !== 1 && length !== 2) {
    misfit("diag", "takes a vector or a matrix", x);
  }
  return length === 1 ? diagEmbed(x, { offset }) : diagonal(x, { offset });
}

/** Adds x's elements to zeros [n], each where `layout` has it. */
function addAt(x: Tensor, n: number, layout: Layout): Tensor {
  const positions = alias(arange(n), layout);
  return scatterAdd(zeros([n]), 0, reshape(positions, [-1]), reshape(x, [-1]));
}

/**
 * All windows of `size` elements of a dim, every step-th, as a view: the dim counts the windows, a
 * new last dim their elements.
 * @throws ValueError for a size beyond the dim or a step < 1
 */
export function unfoldDim(x: Tensor, dim: number, size: number, step: number): Tensor {
  const at = checkDim("unfold", dim, x);
  const n = x.shape[at] ?? 1;
  checkInt("unfold", "size", size, 0, n);
  checkInt("unfold", "step", step, 1);
  const count = Math.floor((n - size) / step) + 1;
  const where = ({ shape, strides, offset }: Layout): Layout =>
    stridedLayout(
      [...shape.map((n, i) => (i === at ? count : n)), size],
      [...strides.map((s, i) => (i === at ? s * step : s)), strides[at] ?? 1],
      offset,
    );
  if (step >= size) return viewAt("unfold", x, where);
  return record("unfold", alias(x, where(x.layout)), [x], {}, (dy) => [
    (shape) => reshape(addAt(dy, sizeOf(shape), where(contiguousLayout(shape))), shape),
  ]);
}

/**
 * A view of x's memory with a size and a stride (in elements) for each dim, from `storageOffset` on
 * (default: where x begins). It may see elements that x doesn't, and see some more than once: the
 * gradient adds up what each element got.
 * @throws IndexError where it would reach outside of the memory
 */
export function asStrided(
  x: Tensor,
  size: Shape,
  stride: readonly number[],
  storageOffset?: number,
): Tensor {
  const shape = checkShape("asStrided", size);
  const from = tensorOf("asStrided", x).layout;
  const start = storageOffset ?? from.offset;
  if (checkList("asStrided", stride).length !== shape.length) {
    throw new ValueError("asStrided", `needs ${shape.length} strides: got ${showShape(stride)}`);
  }
  for (const n of [...stride, start]) checkInt("asStrided", "strides and offset", n, 0);
  const layout = stridedLayout(shape, [...stride], start);
  const room = x.buffer.bytes / bytesOf(x.dtype);
  if (layout.size > 0 && lastOf(layout) >= room) {
    throw new IndexError(
      "asStrided",
      `the last element must lie in [0, ${room}): got ${lastOf(layout)}`,
    );
  }
  return record("asStrided", alias(x, layout), [x], {}, (dy) => [
    () => stridedGrad(dy, layout, from),
  ]);
}

function lastOf({ shape, strides, offset }: Layout): number {
  return shape.reduce((at, n, i) => at + (n - 1) * strides[i]!, offset);
}

/** The gradient of memory seen through `layout`, as `from` sees it, both from the lower one's start. */
function stridedGrad(dy: Tensor, layout: Layout, from: Layout): Tensor {
  if (layout.size === 0 || from.size === 0) return zeros(from.shape);
  const start = Math.min(layout.offset, from.offset);
  const n = Math.max(lastOf(layout), lastOf(from)) + 1 - start;
  const shifted = (l: Layout): Layout => stridedLayout(l.shape, l.strides, l.offset - start);
  const all = addAt(dy, n, shifted(layout));
  const { shape, strides, offset } = shifted(from);
  // Elements that x itself sees several times share their gradient, as in PyTorch.
  const counts = maximum(addAt(ones(shape), n, shifted(from)), 1);
  return asStrided(div(all, counts), shape, strides, offset);
}
