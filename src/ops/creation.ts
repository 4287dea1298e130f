// Tensors from data, constants and sequences. Random ones are in random.ts.
import { ShapeError, DTypeError, ValueError } from "../core/errors.js";
import { type DType, type TypedArray, bytesOf, checkDType, shown, isInt32 } from "../core/dtype.js";
import {
  type Shape,
  sizeOf,
  stridedLayout,
  showShape,
  checkShape,
  shapeOf,
  checkScalar,
  checkOptions,
} from "../core/shape.js";
import { allocateShape, Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import { constantMemory, f64, run, runFew, scalarOperand } from "../kernels/run.js";
import { flatUnits } from "../kernels/units.js";
import { endCall } from "../memory/eviction.js";
import { heapF32, heapI32, heapU8 } from "../memory/heap.js";
import { writeInto } from "./convert.js";

export interface TensorOptions {
  /** Default: float32 (for `tensor`: what the data are). */
  dtype?: DType;
  /** Record ops on it for backward. Default: false. */
  requiresGrad?: boolean;
}

/** Numbers or booleans, nested as deep as the tensor has dims, all lists of a level equally long. */
export type TensorData = number | boolean | TypedArray | Float64Array | readonly TensorData[];

/**
 * A tensor from a number, nested arrays or a typed array. Numbers give float32, booleans bool;
 * Float32Array, Int32Array and Uint8Array give float32, int32 and int32 unless `dtype` says otherwise.
 *
 * @param data the values, which are copied
 * @param options.shape row-major shape for a flat list or typed array; default [length]
 * @throws ShapeError for ragged arrays or a shape of another size; DTypeError for an unknown dtype;
 *   ValueError for what int32 can't hold (fractions are cut off)
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(x.shape, x.dtype); // [ 2, 2 ] float32
 */
export function tensor(data: TensorData, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  const [flat, own, natural] = flatten(data);
  const dtype = dtypeFrom("tensor", options, natural);
  const shape = options.shape === undefined ? own : checkShape("tensor", options.shape);
  if (sizeOf(shape) !== flat.length) {
    throw new ShapeError("tensor", `shape ${showShape(shape)} does not hold ${flat.length} values`);
  }
  if (dtype === "int32" && !(flat instanceof Int32Array)) {
    checkInt32("tensor", flat);
  }
  const out = allocateShape("tensor", shape, dtype);
  write(out, flat);
  return finish(out, options);
}

/** Copies values into a fresh tensor: float32 rounds, int32 truncates, bool takes what is not 0. */
function write(out: Tensor, values: ArrayLike<number>): void {
  const memory = constantMemory(values.length * bytesOf(out.dtype));
  if (memory === null) return store(out, values);
  // By a kernel, from a copy that stays as it is: a replay does so again.
  const copy = new Tensor(memory, out.layout, out.dtype, true);
  store(copy, values);
  writeInto(out, out.layout, copy);
  copy.dispose();
}

function store(out: Tensor, values: ArrayLike<number>): void {
  const at = out.address();
  if (out.dtype === "float32") heapF32.set(values, at >>> 2);
  else if (out.dtype === "int32") heapI32.set(values, at >>> 2);
  else for (let i = 0; i < values.length; i++) heapU8[at + i] = values[i] === 0 ? 0 : 1;
  endCall();
}

/** The values, their shape, and the dtype that they have by themselves. */
type Flat = readonly [flat: ArrayLike<number>, shape: Shape, natural: DType];

function flatten(data: TensorData): Flat {
  if (typeof data === "number") return [[data], [], "float32"];
  if (typeof data === "boolean") return [[data ? 1 : 0], [], "bool"];
  if (ArrayBuffer.isView(data)) {
    const natural = data instanceof Int32Array || data instanceof Uint8Array ? "int32" : "float32";
    return [data, [data.length], natural];
  }
  if (!Array.isArray(data)) {
    throw new ValueError(
      "tensor",
      `takes numbers, booleans, arrays and typed arrays: got ${typeof data}`,
    );
  }
  return flattenNested(data as readonly TensorData[]);
}

function flattenNested(data: readonly TensorData[]): Flat {
  const shape: number[] = [];
  for (let level: unknown = data; isList(level); level = level[0]) shape.push(level.length);
  checkLists(data, shape, 0);
  // Room for all of them: a list that grows takes four times as long.
  const flat = new Float64Array(sizeOf(shape));
  let count = 0;
  let booleans = 0;
  const fill = (list: ArrayLike<unknown>, dim: number): void => {
    for (let i = 0; i < list.length; i++) {
      const value = list[i];
      if (dim + 1 < shape.length) {
        fill(value as ArrayLike<unknown>, dim + 1);
        continue;
      }
      if (typeof value === "boolean") booleans++;
      else if (typeof value !== "number") ragged(shape, value);
      flat[count++] = Number(value);
    }
  };
  fill(data, 0);
  const natural = booleans > 0 && booleans === flat.length ? "bool" : "float32";
  return [flat, shape, natural];
}

/** Refuses what is not `shape` from the dim-th dim on. */
function checkLists(list: unknown, shape: Shape, dim: number): void {
  if (!isList(list) || list.length !== shape[dim]) return ragged(shape, list);
  if (dim + 1 === shape.length) return;
  for (let i = 0; i < list.length; i++) checkLists(list[i], shape, dim + 1);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function ragged(shape: Shape, value: unknown): never {
  const what = isList(value) ? `a list of ${value.length}` : String(value);
  throw new ShapeError(
    "tensor",
    `nested arrays must not be ragged: expected ${showShape(shape)}, found ${what}`,
  );
}

/** The dtype that options ask for. Refuses options that are none, and `requiresGrad` of a dtype that has no gradients. */
export function dtypeFrom(op: string, options: TensorOptions, natural: DType): DType {
  const dtype = checkDType(op, checkOptions(op, options).dtype ?? natural);
  if (options.requiresGrad && dtype !== "float32") {
    throw new DTypeError(op, `only float32 tensors have gradients: got ${dtype}`);
  }
  return dtype;
}

/** Refuses what int32 can't hold; fractions are cut off. */
function checkInt32(op: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!isInt32(Math.trunc(values[i]!))) throw new ValueError(op, `int32 can't hold ${values[i]}`);
  }
}

/** A new tensor as its options want it: a leaf with a gradient, or as it is. */
export function finish(out: Tensor, options: TensorOptions): Tensor {
  if (options.requiresGrad) out.requiresGrad = true;
  return out;
}

/** Sets all elements of contiguous memory. Not recorded. */
export function fillContiguous(out: Tensor, value: number): void {
  const n = out.numel();
  const isBool = out.dtype === "bool";
  // A copy of one element, all of whose strides are 0.
  const element = scalarOperand(isBool ? +(value !== 0) : value, out.dtype === "float32");
  const kernel = isBool ? kernels.copy8 : kernels.copy32;
  runFew(kernel, flatUnits(n), element, out.address(), 1, n, 0, 0);
}

function filled(
  op: string,
  shape: Shape,
  value: number,
  options: TensorOptions,
  natural: DType = "float32",
): Tensor {
  const dtype = dtypeFrom(op, options, natural);
  const sizes = checkShape(op, shape);
  checkScalar(op, "value", value);
  if (dtype === "int32") checkInt32(op, [value]);
  const out = allocateShape(op, sizes, dtype);
  fillContiguous(out, value);
  return finish(out, options);
}

/** All zeros. @param shape sizes of the dims; [] for a scalar */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return filled("zeros", shape, 0, options);
}

/** All ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return filled("ones", shape, 1, options);
}

/** All equal to `value`. Default dtype: bool for a boolean, else float32. */
export function full(shape: Shape, value: number | boolean, options: TensorOptions = {}): Tensor {
  if (typeof value === "boolean") return filled("full", shape, Number(value), options, "bool");
  return filled("full", shape, value, options);
}

/** For a tensor about to be overwritten. It holds zeros: uninitialised memory would not be the same bits everywhere. */
export function empty(shape: Shape, options: TensorOptions = {}): Tensor {
  return filled("empty", shape, 0, options);
}

function alike(op: string, x: Tensor, value: number, options: TensorOptions): Tensor {
  return filled(op, shapeOf(op, x), value, options, x.dtype);
}

/** Zeros in x's shape and, unless given, dtype. */
export function zerosLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return alike("zerosLike", x, 0, options);
}

/** Ones in x's shape and, unless given, dtype. */
export function onesLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return alike("onesLike", x, 1, options);
}

/** `value` in x's shape and, unless given, dtype. */
export function fullLike(x: Tensor, value: number, options: TensorOptions = {}): Tensor {
  return alike("fullLike", x, value, options);
}

/** x's shape and dtype, about to be overwritten (it holds zeros). */
export function emptyLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return alike("emptyLike", x, 0, options);
}

/**
 * start, start + step, ... up to but without end. `arange(n)` counts from 0. Each element is
 * start + i * step computed in float64 (of int32, start and step are cut to integers, as in PyTorch).
 * Default dtype: int32 when all three are integers (as PyTorch gives int64), else float32.
 * @throws ValueError when step is 0, leads away from end, or a bound is not finite or no int32
 */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step?: number, options?: TensorOptions): Tensor;
export function arange(
  first: number,
  second?: number | TensorOptions,
  third: number | TensorOptions = 1,
  options: TensorOptions = {},
): Tensor {
  const one = second === undefined || typeof second === "object";
  const [start, end] = one ? [0, first] : [first, second];
  const [step, given] =
    third && typeof third === "object" ? [1, third] : [third, one ? (second ?? options) : options];
  const all = [start, end, step];
  if (!all.every(Number.isFinite) || step === 0 || (end - start) * step < 0) {
    throw new ValueError("arange", `step must lead from start to end: got ${shown(all)}`);
  }
  const dtype = dtypeFrom("arange", given, all.every(Number.isInteger) ? "int32" : "float32");
  if (dtype === "int32") checkInt32("arange", all);
  const shape = checkShape("arange", [Math.ceil((end - start) / step)]);
  const out = sequence("arange", shape, dtype);
  ramp(dtype, out.address(), out.numel(), start, step, 0);
  return finish(out, given);
}

/**
 * `steps` numbers from start to end, both included, evenly spaced. Of int32, start, end and what lies
 * between are cut to integers, as in PyTorch.
 * @throws ValueError for a bound that is not finite, or no int32; DTypeError for bool
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = {},
): Tensor {
  const bounds = [start, end];
  if (!bounds.every(Number.isFinite)) {
    throw new ValueError("linspace", `start and end must be finite: got ${start}, ${end}`);
  }
  const shape = checkShape("linspace", [steps]);
  const dtype = dtypeFrom("linspace", options, "float32");
  const whole = dtype === "int32";
  if (whole) checkInt32("linspace", bounds);
  const [first, last] = bounds.map(whole ? Math.trunc : Number) as [number, number];
  const step = steps > 1 ? (last - first) / (steps - 1) : 0;
  const out = sequence("linspace", shape, dtype);
  // Whole numbers are counted from the nearer end, so that both are met.
  const rest = whole ? Math.floor(steps / 2) : 0;
  const half = steps - rest;
  ramp(dtype, out.address(), half, first, step, 0);
  if (rest > 0) ramp(dtype, out.address() + 4 * half, rest, last, step, rest - 1);
  return finish(out, options);
}

/** A tensor about to be filled with a sequence. */
function sequence(op: string, shape: Shape, dtype: DType): Tensor {
  if (dtype === "bool") throw new DTypeError(op, "a sequence can't be bool");
  return allocateShape(op, shape, dtype);
}

/** n elements at an address, by steps; `value` is that of number `first`. */
function ramp(
  dtype: DType,
  at: number,
  n: number,
  value: number,
  step: number,
  first: number,
): void {
  const kernel = dtype === "int32" ? kernels.arangeI32 : kernels.arangeF32;
  run(kernel, flatUnits(n), at, n, ...f64(value), ...f64(step), first);
}

/** Ones on the diagonal of an n x m matrix (m defaults to n), zeros elsewhere. */
export function eye(n: number, m: number = n, options: TensorOptions = {}): Tensor {
  const out = filled("eye", [n, m], 0, options);
  const diagonal = [Math.min(n, m)];
  const ones = filled("eye", diagonal, 1, { dtype: out.dtype });
  writeInto(out, stridedLayout(diagonal, [m + 1], 0), ones);
  ones.dispose();
  return out;
}
