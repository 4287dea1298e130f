// Shapes, strides and how they combine: pure integer arithmetic on lists, nothing allocated in
// the heap. Sizes, strides and offsets count elements, never bytes.
import { checkFloat, type DType, noTensor, shown } from "./dtype.js";
import { IndexError, ShapeError, ValueError } from "./errors.js";

/** Sizes of the dims; [] is that of a scalar. */
export type Shape = readonly number[];

/**
 * Where the elements of a tensor lie in its buffer:
 * element (i0, i1, ...) is at `offset + i0 * strides[0] + i1 * strides[1] + ...`.
 */
export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  /** Number of elements: the product of the shape. */
  readonly size: number;
  /** Contiguous iff stride[i] = shape[i+1] * stride[i+1] for every dim longer than 1. */
  readonly contiguous: boolean;
}

/** What has dims: a tensor, if it came from a program with types. */
interface Shaped {
  readonly shape: Shape;
}

/** Number of elements of a shape; 1 for the shape of a scalar, []. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]!;
  return size;
}

/** Row-major layout from offset 0. */
export function contiguousLayout(shape: Shape): Layout {
  const strides = new Array<number>(shape.length);
  let size = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = size;
    size *= shape[i]!;
  }
  return { shape, strides, offset: 0, size, contiguous: true };
}

/** A layout of any strides (0 for a broadcast dim, negative for a reversed one). */
export function stridedLayout(shape: Shape, strides: readonly number[], offset: number): Layout {
  let size = 1;
  let contiguous = true;
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i]!;
    if (n !== 1 && strides[i] !== size) contiguous = false;
    size *= n;
  }
  return { shape, strides, offset, size, contiguous: contiguous || size === 0 };
}

/** Whether all sizes agree. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Refuses an operand of another shape. */
export function expectShape(op: string, name: string, x: Shaped, shape: Shape): void {
  if (sameShape(shapeOf(op, x), shape)) return;
  misfit(op, `${name} must be ${shown(shape)}`, x);
}

/** Refuses an operand that is neither null nor float32 of a shape. */
export function expectFloats(
  op: string,
  name: string,
  x: (Shaped & { readonly dtype: DType }) | null,
  shape: Shape,
): void {
  if (x === null) return;
  checkFloat(op, name, x);
  expectShape(op, name, x, shape);
}

/** "[2,3]", as error messages show shapes. */
export { shown as showShape };

/** Elements that one tensor may have: its bytes must fit into the 4 GiB of WASM memory. */
const MAX_SIZE = 2 ** 30;

/** Refuses what is no list. */
export function checkList<T extends readonly unknown[]>(op: string, list: T): T {
  if ((Array.isArray as (value: unknown) => boolean)(list)) return list;
  throw new ValueError(op, `needs an array: got ${shown(list)}`);
}

/** Checks a shape that came from outside and returns a copy that nobody else has. */
export function checkShape(op: string, shape: Shape): Shape {
  const sizes = checkSizes(op, shape);
  if (sizeOf(sizes) > MAX_SIZE) {
    throw new ShapeError(op, `at most 2^30 elements fit: got ${shown(shape)}`);
  }
  return sizes;
}

/** Checks sizes that make no shape. Returns a copy. */
export function checkSizes(op: string, sizes: readonly number[]): number[] {
  for (const n of checkList(op, sizes)) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ValueError(op, `sizes must be integers >= 0: got ${shown(sizes)}`);
    }
  }
  return [...sizes];
}

/** The sizes of x, which a program without types may have got wrong. */
export function shapeOf(op: string, x: Partial<Shaped> | null | undefined): Shape {
  return x?.shape ?? noTensor(op, x);
}

/** Resolves a dim of x that may count from the end: -1 is the last. */
export function checkDim(op: string, dim: number, x: Shaped): number {
  // A scalar takes dims 0 and -1, as in PyTorch.
  return checkPlace(op, "dim", dim, shapeOf(op, x).length || 1);
}

/** Resolves a place among n, counted from the end if it is negative. */
export function checkPlace(op: string, name: string, place: number, n: number): number {
  if (!Number.isInteger(place) || place < -n || place >= n) {
    throw new IndexError(op, `${name} must lie in [${-n}, ${n - 1}]: got ${shown(place)}`);
  }
  return place < 0 ? place + n : place;
}

/** Refuses tensors of fewer than `least` dims. */
export function checkRank(op: string, x: Shaped, least: number): void {
  if (shapeOf(op, x).length >= least) return;
  misfit(op, `takes at least ${least} dims`, x);
}

/** Refuses what is no number from `least` to `most`, and with `whole` no integer. */
export function checkNumber(
  op: string,
  name: string,
  n: number | undefined,
  least = -Infinity,
  most = Infinity,
  whole = false,
): number {
  if (typeof n === "number" && n >= least && n <= most && (!whole || Number.isInteger(n))) return n;
  const range = most < Infinity ? ` in [${least}, ${most}]` : least < 0 ? "" : ` >= ${least}`;
  const kind = whole ? "an integer" : "a number";
  throw new ValueError(op, `${name} must be ${kind}${range}: got ${shown(n)}`);
}

/** Refuses what is no number; NaN is one. */
export function checkScalar(op: string, name: string, n: number): number {
  return Number.isNaN(n) ? n : checkNumber(op, name, n);
}

/** Refuses words that an option doesn't know. */
export function checkWord(
  op: string,
  name: string,
  word: unknown,
  words: readonly unknown[],
): void {
  if (words.includes(word)) return;
  throw new ValueError(op, `${name} must be ${words.join(" or ")}: got ${shown(word)}`);
}

/** `checkObject`, which also refuses PyTorch's names of options: a program without types would hand them over in vain. */
export function checkOptions<T>(op: string, options: T): T {
  for (const name in checkObject(op, options)) {
    if (name.includes("_")) throw new ValueError(op, `options are in camelCase: got ${name}`);
  }
  return options;
}

/** Refuses what stands where options should, such as the next of PyTorch's positional arguments: a number, a tensor. */
export function checkObject<T>(op: string, options: T): T {
  if (typeof options === "object" && options !== null && !("layout" in options)) return options;
  throw new ValueError(op, `options must be an object: got ${shown(options)}`);
}

/** Refuses what cannot be called. */
export function checkFunction(op: string, name: string, fn: unknown): void {
  if (typeof fn === "function") return;
  throw new ValueError(op, `${name} must be a function: got ${shown(fn)}`);
}

/** Refuses what is no integer from `least` to `most`. */
export function checkInt(
  op: string,
  name: string,
  n: number,
  least?: number,
  most?: number,
): number {
  return checkNumber(op, name, n, least, most, true);
}

/** One number as a list of one. */
export function listOf(op: string, value: number | readonly number[]): readonly number[] {
  return typeof value === "number" ? [value] : checkList(op, value);
}

/** Resolves the dims of a reduction of x, sorted; undefined, null and [] mean all of them. Its options may come along. */
export function checkDims(
  op: string,
  dims: number | readonly number[] | null | undefined,
  x: Shaped,
  options: unknown = {},
): number[] {
  checkOptions(op, options);
  const ndim = shapeOf(op, x).length;
  if (typeof dims === "number") {
    const dim = checkDim(op, dims, x);
    return ndim === 0 ? [] : [dim];
  }
  const list = checkList(op, dims ?? []);
  if (list.length === 0) {
    const all = new Array<number>(ndim);
    for (let i = 0; i < ndim; i++) all[i] = i;
    return all;
  }
  const resolved = list.map((d) => checkDim(op, d, x)).sort((a, b) => a - b);
  if (resolved.some((d, i) => d === resolved[i - 1])) {
    throw new ValueError(op, `each dim may be named once: got ${shown(list)}`);
  }
  return ndim === 0 ? [] : resolved;
}

/** The shape of a reduction's result over sorted `dims`. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): Shape {
  const reduced: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!dims.includes(i)) reduced.push(shape[i]!);
    else if (keepdim) reduced.push(1);
  }
  return reduced;
}

/** Throws the error for shapes that an op can't take. */
export function misfit(op: string, rule: string, ...operands: Shaped[]): never {
  throw new ShapeError(
    op,
    `${rule}: got ${operands.map((x) => shown(shapeOf(op, x))).join(" and ")}`,
  );
}

/** What tensors broadcast to. */
export function commonShape(op: string, tensors: readonly Shaped[]): Shape {
  return tensors.reduce<Shape>((all, x) => broadcastShapes(op, all, shapeOf(op, x)), []);
}

/** NumPy's rule: aligned at the last dim, sizes are equal or one of them is 1. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const n = Math.max(a.length, b.length);
  const out = new Array<number>(n);
  for (let i = 1; i <= n; i++) {
    const x = i <= a.length ? a[a.length - i]! : 1;
    const y = i <= b.length ? b[b.length - i]! : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        op,
        `shapes must broadcast (from the right, sizes equal or 1): got a=${shown(a)}, b=${shown(b)}`,
      );
    }
    out[n - i] = x === 1 ? y : x;
  }
  return out;
}

/** The same elements seen in a larger shape: broadcast dims get stride 0. */
export function expandLayout(op: string, layout: Layout, shape: Shape): Layout {
  if (sameShape(layout.shape, shape)) return layout;
  const lead = shape.length - layout.shape.length;
  const strides = new Array<number>(shape.length);
  for (let i = 0; i < shape.length; i++) {
    const own = i < lead ? 1 : layout.shape[i - lead]!;
    if (lead < 0 || (own !== shape[i] && own !== 1)) {
      throw new ShapeError(
        op,
        `a tensor of ${shown(layout.shape)} cannot be expanded to ${shown(shape)}`,
      );
    }
    strides[i] = i < lead || own === 1 ? 0 : layout.strides[i - lead]!;
  }
  return stridedLayout(shape, strides, layout.offset);
}
