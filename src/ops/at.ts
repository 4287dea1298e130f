// Indexing as one call, NumPy's and PyTorch's x[...]: how a list of indices is understood, and what
// it reads. What it writes is in put.ts.
import { IndexError } from "../core/errors.js";
import { checkWhole, shown, isInt32 } from "../core/dtype.js";
import {
  type Shape,
  sizeOf,
  contiguousLayout,
  showShape,
  shapeOf,
  checkDim,
  misfit,
  commonShape,
  broadcastShapes,
  expandLayout,
} from "../core/shape.js";
import { allocateShape, Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import { readStatus, run, statusSlot } from "../kernels/run.js";
import { gatherUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { elementsOf } from "./convert.js";
import { tensor, zeros } from "./creation.js";
import { collapse } from "./dispatch.js";
import { checkIndex, gather, pick } from "./indexing.js";
import { nonzero } from "./nonzero.js";
import { expand, permute, reshape, select, type Slice, slice, unsqueeze } from "./views.js";

/**
 * What stands for a dim: a number (the dim disappears; -1 is the last), a slice, or a list of numbers
 * or an int32 tensor of any shape (its dims take the place of the dim). A bool tensor stands for as
 * many dims as it has and picks where it is true; true and false, or such a scalar, make a new dim of
 * size 1 or 0. null makes a new dim of size 1, and "..." stands
 * for all dims that no other index stands for.
 */
export type Index = number | boolean | null | "..." | Slice | Tensor | readonly number[];

/** An index without lists, masks (but scalars) and "...": one for each dim, and the new ones. */
export type PlainIndex = number | null | Slice | Tensor;

const ALL: Slice = { start: null, end: null, step: 1 };

/** Writes a list of indices out: masks as the indices of what is true, "..." as whole slices. */
export function spelled(op: string, x: Tensor, indices: readonly Index[]): PlainIndex[] {
  shapeOf(op, x);
  let dim = 0;
  let rest: number | undefined;
  const out: PlainIndex[] = [];
  for (const given of indices) {
    const index = typeof given === "boolean" ? tensor(given) : given;
    if (index === "...") {
      if (rest !== undefined)
        throw new IndexError(op, 'only one "..." can stand for the other dims');
      rest = out.length;
      continue;
    }
    if (!isIndex(index)) throw new IndexError(op, `an index can't be ${shown(index)}`);
    if (index !== null) dim += index instanceof Tensor && index.dtype === "bool" ? index.ndim : 1;
    if (index instanceof Tensor) checkWhole(op, index, "index tensors");
    if (dim > x.ndim) {
      throw new IndexError(op, `too many indices for ${showShape(x.shape)}: it has ${x.ndim} dims`);
    }
    out.push(Array.isArray(index) ? listed(op, index) : (index as PlainIndex));
  }
  const missing = new Array<PlainIndex>(x.ndim - dim).fill(ALL);
  out.splice(rest ?? out.length, 0, ...missing);
  return withoutMasks(op, x.shape, out);
}

/** Whether it is one, for programs without types. */
function isIndex(index: unknown): boolean {
  if (index === null || typeof index === "number" || Array.isArray(index)) return true;
  return index instanceof Tensor || (typeof index === "object" && "step" in index);
}

function listed(op: string, index: readonly number[]): Tensor {
  const bad = index.findIndex((i) => !isInt32(i));
  if (bad < 0) return tensor(Int32Array.from(index));
  throw new IndexError(op, `a list of indices holds integers: got ${shown(index[bad])}`);
}

function withoutMasks(op: string, shape: Shape, indices: readonly PlainIndex[]): PlainIndex[] {
  let dim = 0;
  return indices.flatMap((index) => {
    if (!(index instanceof Tensor) || index.dtype !== "bool") {
      if (index !== null) dim++;
      return [index];
    }
    const part = shape.slice(dim, dim + index.ndim);
    if (index.shape.some((n, i) => n !== part[i])) {
      throw new IndexError(
        op,
        `a mask must have the sizes of its dims, ${showShape(part)}: got ${showShape(index.shape)}`,
      );
    }
    dim += index.ndim;
    return index.ndim === 0 ? [index] : nonzero(index, { asTuple: true });
  });
}

/** What a list of indices picks: `index` replaces dims of `view`, which is x seen through the rest. */
export interface Picked {
  /** The dims that tensors stand for are [first, first + tensors.length). */
  readonly view: Tensor;
  readonly first: number;
  readonly tensors: readonly Tensor[];
  /** The dims of x that they stand for. */
  readonly dims: readonly number[];
  /** Of all tensors together. */
  readonly shape: Shape;
}

/** Views of x for numbers, slices and new dims; dims that tensors stand for are brought together. */
export function picked(op: string, x: Tensor, indices: readonly PlainIndex[]): Picked {
  const tensors: Tensor[] = [];
  const dims: number[] = [];
  const at: number[] = [];
  let view = x;
  let dim = 0; // of the view
  let own = 0; // of x
  for (const index of indices) {
    if (index === null) {
      view = unsqueeze(view, dim++);
    } else if (typeof index === "number") {
      const n = x.shape[own]!;
      if (!Number.isInteger(index) || index < -n || index >= n) outside(op, index, own, n);
      view = select(view, dim, index);
      own++;
    } else {
      if (index instanceof Tensor) {
        const scalar = index.dtype === "bool";
        if (scalar) view = unsqueeze(view, dim);
        tensors.push(scalar ? nonzero(index, { asTuple: true })[0]! : index);
        dims.push(own);
        at.push(dim);
        if (scalar) own--;
      } else if (index.start !== null || index.end !== null || index.step !== 1) {
        view = slice(view, index.start, index.end, { dim, step: index.step });
      }
      dim++;
      own++;
    }
  }
  const shape = commonShape(op, tensors);
  if (at.every((d, i) => d === at[0]! + i)) {
    return { view, first: at[0] ?? 0, tensors, dims, shape };
  }
  // A scalar is a number like any other: the dims of the rest decide where theirs go.
  const long = at.filter((_, i) => tensors[i]!.ndim > 0);
  const others = [...view.shape.keys()].filter((d) => !at.includes(d));
  const before = others.filter((d) => d < long[0]!).length;
  const first = others[before]! < long.at(-1)! ? 0 : before;
  const order = [...others.slice(0, first), ...at, ...others.slice(first)];
  return { view: permute(view, order), first, tensors, dims, shape };
}

function outside(op: string, index: number, dim: number, n: number): never {
  throw new IndexError(op, `index ${index} is out of range for dim ${dim} of size ${n}`);
}

/**
 * sum_j index_j * strides[j], all tensors broadcast together: one index for the dims of all.
 * Every one is checked; negative ones count from the end.
 */
export function joined(op: string, p: Picked, strides: readonly number[]): Tensor {
  let out = zeros([], { dtype: "int32" });
  p.tensors.forEach((index, j) => {
    const before = out;
    out = allocateShape(op, p.shape, "int32");
    const { rows, cols, inner, rank, dims } = collapse(p.shape, [
      expandLayout(op, before.layout, p.shape).strides,
      expandLayout(op, index.layout, p.shape).strides,
    ]);
    const n = p.view.shape[p.first + j]!;
    const units = gatherUnits(rows, cols);
    const [pb, pi, po] = [before.address(), index.address(), out.address()];
    const [sb, si] = inner as [number, number];
    const status = statusSlot();
    const block = [pb, pi, po, rows, cols, sb, si, status, n, strides[j]!, rank] as const;
    run(kernels.joinIndexI32, units, ...block, ...dims);
    if (readStatus(status) >= 0) {
      const bad = elementsOf(index).find((i) => i < -n || i >= n)!;
      outside(op, bad, p.dims[j]!, n);
    }
  });
  return out;
}

function read(op: string, x: Tensor, indices: readonly Index[]): Tensor {
  return tidy(() => {
    const p = picked(op, x, spelled(op, x, indices));
    const { view, first } = p;
    if (p.tensors.length === 0) return view === x ? reshape(x, x.shape) : view;
    const end = first + p.tensors.length;
    const sizes = view.shape.slice(first, end);
    const index = joined(op, p, contiguousLayout(sizes).strides);
    const around = [...view.shape.slice(0, first), sizeOf(sizes), ...view.shape.slice(end)];
    const rows = reshape(view, around);
    return pick(op, rows, first, index);
  });
}

/**
 * x[...], one index after the other for the dims from the first on, by PyTorch's rules.
 * Numbers, slices, null and "..." give a view (a negative step copies); tensors, lists and masks copy:
 * they are broadcast together, and their common dims stand where the dims were if those are
 * neighbours, else in front.
 *
 * @throws IndexError for an index out of range, or more indices than dims
 * @example
 * const x = arange(24).reshape([2, 3, 4]);
 * console.log(x.at(-1, 0, 2).item()); // 14
 * console.log(x.at(0, slice(null, null, 2), slice(1, 3)).toArray()); // [ [ 1, 2 ], [ 9, 10 ] ]
 * console.log(x.at("...", 0).shape, x.at(null, 1).shape); // [ 2, 3 ] [ 1, 3, 4 ]
 * console.log(x.at(1, [0, -1]).toArray()); // [ [ 12, 13, 14, 15 ], [ 20, 21, 22, 23 ] ]
 * console.log(x.at([0, 1], [2, 0], 3).toArray()); // [ 11, 15 ]
 * console.log(x.at(x.gt(20)).toArray()); // [ 21, 22, 23 ]
 */
export function at(x: Tensor, ...indices: Index[]): Tensor {
  return read("at", x, indices);
}

/** The elements at row-major positions of x, in index's shape; negative ones count from the end. */
export function take(x: Tensor, index: Tensor): Tensor {
  checkIndex("take", index);
  return tidy(() => read("take", reshape(x, [-1]), [index]));
}

/**
 * `gather` with x and index broadcast to each other in the other dims, as for what argmax and argsort
 * give; without a dim, both are flattened.
 */
export function takeAlongDim(x: Tensor, index: Tensor, dim?: number): Tensor {
  const op = "takeAlongDim";
  checkIndex(op, index);
  if (dim === undefined) {
    return tidy(() => gather(reshape(x, [-1]), 0, reshape(index, [-1])));
  }
  const along = checkDim(op, dim, x);
  if (index.ndim !== x.ndim) {
    misfit(op, "index must have x's dims", x, index);
  }
  const one = (shape: Shape): Shape => shape.map((n, i) => (i === along ? 1 : n));
  const others = broadcastShapes(op, one(x.shape), one(index.shape));
  const whole = (shape: Shape): Shape => others.map((n, i) => (i === along ? shape[i]! : n));
  return tidy(() => gather(expand(x, whole(x.shape)), along, expand(index, whole(index.shape))));
}
