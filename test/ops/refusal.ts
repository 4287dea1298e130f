// What the lists of refusals are made of: tensors to be given, and a word for each error class.
import * as sg from "../../src/index.js";
import type { DType, SimdgradError, Tensor } from "../../src/index.js";

const tail = sg.tensor(
  [
    [0, 1, 2],
    [1, 2, 3],
  ],
  { requiresGrad: true },
);
const scalar = sg.tensor(2);

/** Tensors that the calls are given; made once, so that a call makes nothing but its own. */
export const f = {
  scalar,
  v3: sg.tensor([1, 2, 3]),
  v5: sg.tensor([1, 2, 3, 4, 5]),
  m23: sg.ones([2, 3]),
  m24: sg.ones([2, 4]),
  m45: sg.ones([4, 5]),
  cube: sg.ones([2, 3, 4]),
  images: sg.ones([1, 2, 4, 4]),
  int3: sg.tensor([0, 1, 2], { dtype: "int32" }),
  int5: sg.tensor([0, 1, 9, 1, 0], { dtype: "int32" }),
  int23: sg.tensor(
    [
      [0, 1, 2],
      [0, -7, 1],
    ],
    { dtype: "int32" },
  ),
  bool3: sg.tensor([true, false, true]),
  empty: sg.zeros([0, 3]),
  single: sg.zeros([1, 3]),
  leaf: sg.tensor([1, 2, 3], { requiresGrad: true }),
  tail,
  row: tail.select(0, 0),
  expanded: scalar.expand([3]),
  m13: sg.ones([1, 3]),
  m55: sg.ones([5, 5]),
  cube342: sg.ones([3, 4, 2]),
  intImages: sg.ones([1, 2, 4, 4], { dtype: "int32" }),
  int2: sg.tensor([0, 1], { dtype: "int32" }),
  pairs: sg.ones([2, 3, 2]),
  onePair: sg.ones([1, 2]),
  noFrames: sg.ones([3, 0, 2]),
  grid: sg.ones([1, 2, 2, 2]),
};

export interface Refusal {
  readonly error: abstract new (...args: never[]) => SimdgradError;
  readonly message: RegExp;
  readonly call: () => unknown;
  /** Found out by the kernel, so after the result was allocated; it is released. */
  readonly late?: true;
}

export function refuse(error: Refusal["error"], message: RegExp, call: () => unknown): Refusal {
  return { error, message, call };
}
export const shape = (message: RegExp, call: () => unknown): Refusal =>
  refuse(sg.ShapeError, message, call);
export const dtype = (message: RegExp, call: () => unknown): Refusal =>
  refuse(sg.DTypeError, message, call);
export const value = (message: RegExp, call: () => unknown): Refusal =>
  refuse(sg.ValueError, message, call);
export const index = (message: RegExp, call: () => unknown): Refusal =>
  refuse(sg.IndexError, message, call);
export const grad = (message: RegExp, call: () => unknown): Refusal =>
  refuse(sg.GradError, message, call);
export const late = (refusal: Refusal): Refusal => ({ ...refusal, late: true });

export type Refusals = Readonly<Record<string, readonly Refusal[]>>;

export const broadcast = (op: (a: Tensor, b: Tensor) => Tensor): Refusal[] => [
  shape(/must broadcast .*a=\[2,3\], b=\[5\]/, () => op(f.m23, f.v5)),
  shape(/must broadcast .*a=\[2,3\], b=\[5\]/, () => op(f.int23, f.v5)),
  shape(/must broadcast .*a=\[3\], b=\[5\]/, () => op(f.bool3, f.int5)),
];
export const badDim = (call: (x: Tensor, dim: number) => unknown): Refusal[] => [
  index(/dim must lie in \[-2, 1\]: got 2/, () => call(f.m23, 2)),
  index(/dim must lie in \[-2, 1\]: got -3/, () => call(f.m23, -3)),
  index(/dim must lie in \[-2, 1\]: got 0\.5/, () => call(f.m23, 0.5)),
  index(/dim must lie in \[-2, 1\]: got NaN/, () => call(f.m23, NaN)),
];
export const badDims = (call: (x: Tensor, dims: number | number[]) => unknown): Refusal[] => [
  ...badDim(call),
  value(/each dim may be named once: got \[0,-2\]/, () => call(f.m23, [0, -2])),
];
export const badShape = (call: (shape: number[]) => unknown): Refusal[] => [
  value(/sizes must be integers >= 0: got \[2,NaN\]/, () => call([2, NaN])),
  value(/sizes must be integers >= 0: got \[-1\]/, () => call([-1])),
  value(/sizes must be integers >= 0: got \[1.5,2\]/, () => call([1.5, 2])),
  value(/sizes must be integers >= 0: got \[Infinity\]/, () => call([Infinity])),
  value(/needs an array: got 3/, () => call(3 as unknown as number[])),
  shape(/at most 2\^30 elements fit: got \[65536,65536\]/, () => call([65536, 65536])),
];
export const badDType = (call: (dtype: DType) => unknown): Refusal[] => [
  dtype(/dtype must be float32, int32 or bool: got float64/, () => call("float64" as DType)),
];
export const gradDType = (call: () => unknown): Refusal[] => [
  dtype(/only float32 tensors have gradients: got int32/, call),
];
