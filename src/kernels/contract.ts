// The typed contract of every WASM kernel: what its parameter block holds, slot by slot.
//
// A kernel is `(args, start, end) => void`. Each parameter takes one 4-byte slot, in this order:
//   ptr  byte address      u32, i32  count, size, stride (in elements)      f32  scalar
// A trailing "dims: i32..." or "more: i32..." stands for as many i32 slots as the call needs. The kernel of the
// same name in assembly/ reads the same slots; test/kernels/contract.test.ts compares the two lists. At run time
// nobody reads this file: it's there for the compiler and the tests.

import {
  binary,
  fold,
  gradX,
  gradX1,
  gradX2,
  gradY,
  scatter,
  unary,
  unary1,
  unary2,
  where,
} from "./blocks.js";
import { pointwise } from "./contract/pointwise.js";
import { reduce } from "./contract/reduce.js";
import { linalg } from "./contract/linalg.js";
import { views } from "./contract/views.js";
import { indexing } from "./contract/indexing.js";
import { conv } from "./contract/conv.js";
import { image } from "./contract/image.js";
import { recurrent } from "./contract/recurrent.js";
import { attention } from "./contract/attention.js";
import { losses } from "./contract/losses.js";
import { optim } from "./contract/optim.js";
import type { Contract, Param } from "./param.js";

// A binary block, the offsets' status, then the dim gathered along: n elements of x at `stride`.
// prettier-ignore
const gather = ["x: ptr", "index: ptr", "out: ptr", "rows: u32", "cols: u32", "sx: i32", "si: i32", "status: ptr", "n: u32", "stride: u32", "rank: u32", "dims: i32..."] as const;

// prettier-ignore
const arange = ["out: ptr", "n: u32", "startLow: i32", "startHigh: i32", "stepLow: i32", "stepHigh: i32", "first: i32"] as const;

// prettier-ignore
const batchNormGrad = ["dy: ptr", "x: ptr", "weight: ptr", "mean: ptr", "variance: ptr", "dbias: ptr", "dweight: ptr", "dx: ptr", "N: u32", "C: u32", "inner: u32", "eps: f32"] as const;

export const contract = {
  // Reductions. Units: foldUnits; of bools outputs.
  sumF32: [...fold, "divisor: f32"],
  sumI32: fold,
  sumBool: fold,
  anyBool: fold,
  allBool: fold,
  amaxF32: fold,
  aminF32: fold,
  amaxI32: fold,
  aminI32: fold,
  argmaxF32: fold,
  argminF32: fold,
  argmaxI32: fold,
  argminI32: fold,
  varF32: [...fold, "correction: f32"],
  // Convolution: units are src/kernels/units.ts's. bias = 0 is none; all operands contiguous.
  // prettier-ignore
  conv2dF32: ["x: ptr", "w: ptr", "bias: ptr", "out: ptr", "relu: u32", "N: u32", "C: u32", "H: u32", "W: u32", "O: u32", "kh: u32", "kw: u32", "OH: u32", "OW: u32", "strideH: u32", "strideW: u32", "padH: u32", "padW: u32", "dilationH: u32", "dilationW: u32", "groups: u32"],
  // prettier-ignore
  conv2dInputGradF32: ["dy: ptr", "w: ptr", "dx: ptr", "N: u32", "C: u32", "H: u32", "W: u32", "O: u32", "kh: u32", "kw: u32", "OH: u32", "OW: u32", "strideH: u32", "strideW: u32", "padH: u32", "padW: u32", "dilationH: u32", "dilationW: u32", "groups: u32"],
  // prettier-ignore
  conv2dWeightGradF32: ["x: ptr", "dy: ptr", "dw: ptr", "N: u32", "C: u32", "H: u32", "W: u32", "O: u32", "kh: u32", "kw: u32", "OH: u32", "OW: u32", "strideH: u32", "strideW: u32", "padH: u32", "padW: u32", "dilationH: u32", "dilationW: u32", "groups: u32"],
  // Pooling: units are planes (image x channel); src/kernels/units.ts.
  // prettier-ignore
  maxPool2dF32: ["x: ptr", "out: ptr", "indices: ptr", "H: u32", "W: u32", "OH: u32", "OW: u32", "kh: u32", "kw: u32", "strideH: u32", "strideW: u32", "padH: u32", "padW: u32", "dilationH: u32", "dilationW: u32"],
  maxPool2dGradF32: ["dy: ptr", "indices: ptr", "dx: ptr", "inPlane: u32", "outPlane: u32"],
  maxPool2dGather32: ["x: ptr", "indices: ptr", "out: ptr", "inPlane: u32", "outPlane: u32"],
  // prettier-ignore
  avgPool2dF32: ["x: ptr", "out: ptr", "H: u32", "W: u32", "OH: u32", "OW: u32", "kh: u32", "kw: u32", "strideH: u32", "strideW: u32", "padH: u32", "padW: u32", "countIncludePad: u32", "divisor: i32"],
  // prettier-ignore
  avgPool2dGradF32: ["dy: ptr", "dx: ptr", "H: u32", "W: u32", "OH: u32", "OW: u32", "kh: u32", "kw: u32", "strideH: u32", "strideW: u32", "padH: u32", "padW: u32", "countIncludePad: u32", "divisor: i32"],
  // elementwise
  negF32: unary,
  absF32: unary,
  signF32: unary,
  squareF32: unary,
  sqrtF32: unary,
  rsqrtF32: unary,
  reciprocalF32: unary,
  floorF32: unary,
  ceilF32: unary,
  roundF32: unary,
  truncF32: unary,
  addF32: binary,
  subF32: binary,
  mulF32: binary,
  divF32: binary,
  maximumF32: binary,
  minimumF32: binary,
  powF32: binary,
  negI32: unary,
  absI32: unary,
  addI32: binary,
  subI32: binary,
  mulI32: binary,
  maximumI32: binary,
  minimumI32: binary,
  logicalAndBool: binary,
  logicalOrBool: binary,
  logicalXorBool: binary,
  eqF32: binary,
  neF32: binary,
  ltF32: binary,
  leF32: binary,
  eqI32: binary,
  neI32: binary,
  ltI32: binary,
  leI32: binary,
  castF32ToI32: unary,
  castI32ToF32: unary,
  castBoolToF32: unary,
  castBoolToI32: unary,
  expF32: unary,
  expm1F32: unary,
  logF32: unary,
  log1pF32: unary,
  sinF32: unary,
  cosF32: unary,
  tanF32: unary,
  erfF32: unary,
  tanhF32: unary,
  tanhGradF32: gradY,
  sigmoidF32: unary,
  sigmoidGradF32: gradY,
  reluF32: unary,
  reluGradF32: gradX,
  leakyReluF32: unary1,
  leakyReluGradF32: gradX1,
  eluF32: unary1,
  eluGradF32: gradX1,
  geluF32: unary,
  geluGradF32: gradX,
  geluTanhF32: unary,
  geluTanhGradF32: gradX,
  siluF32: unary,
  siluGradF32: gradX,
  softplusF32: unary,
  softplusGradF32: gradX,
  clampF32: unary2,
  clampGradF32: gradX2,
  where32: where,
  copy32: unary,
  copy8: unary,
  scatterCopy32: scatter,
  scatterCopy8: scatter,
  arangeF32: arange,
  arangeI32: arange,
  // Random numbers: a draw of n elements moves the offset on by randomCounters(n), a permutation by
  // permutationCounters(n); src/kernels/units.ts.
  // prettier-ignore
  uniformF32: ["out: ptr", "n: u32", "seedLo: u32", "seedHi: u32", "offsetLo: u32", "offsetHi: u32", "low: f32", "high: f32"],
  // prettier-ignore
  normalF32: ["out: ptr", "n: u32", "seedLo: u32", "seedHi: u32", "offsetLo: u32", "offsetHi: u32", "mean: f32", "std: f32"],
  // prettier-ignore
  randintI32: ["out: ptr", "n: u32", "seedLo: u32", "seedHi: u32", "offsetLo: u32", "offsetHi: u32", "low: i32", "range: u32"],
  // prettier-ignore
  bernoulliF32: ["out: ptr", "n: u32", "seedLo: u32", "seedHi: u32", "offsetLo: u32", "offsetHi: u32", "p: f32"],
  // prettier-ignore
  dropoutF32: ["x: ptr", "out: ptr", "n: u32", "seedLo: u32", "seedHi: u32", "offsetLo: u32", "offsetHi: u32", "p: f32"],
  // prettier-ignore
  permutationI32: ["out: ptr", "n: u32", "seedLo: u32", "seedHi: u32", "offsetLo: u32", "offsetHi: u32"],
  // Indices: `status` points at an i32, -1 before the call and after it where every index is good. Units of
  // indexSelect: rows of out [outer, k, inner].
  indexSelect32: [
    "x: ptr",
    "index: ptr",
    "out: ptr",
    "status: ptr",
    "n: u32",
    "k: u32",
    "inner: u32",
  ],
  indexSelect8: [
    "x: ptr",
    "index: ptr",
    "out: ptr",
    "status: ptr",
    "n: u32",
    "k: u32",
    "inner: u32",
  ],
  // prettier-ignore
  indexAddF32: ["out: ptr", "index: ptr", "src: ptr", "status: ptr", "n: u32", "k: u32", "inner: u32", "skip: i32"],
  gather32: gather,
  gather8: gather,
  joinIndexI32: gather,
  // bias may be 0; dims: per batch dim, outermost first: size, stride of a, stride of b.
  // prettier-ignore
  matmulF32: ["a: ptr", "b: ptr", "bias: ptr", "out: ptr", "flags: u32", "M: u32", "N: u32", "K: u32", "aRow: i32", "aCol: i32", "bRow: i32", "bCol: i32", "batch: u32", "batchRank: u32", "dims: i32..."],
  // Units: rows. weight, bias and terms may be 0.
  // prettier-ignore
  layerNormF32: ["x: ptr", "weight: ptr", "bias: ptr", "out: ptr", "mean: ptr", "rstd: ptr", "cols: u32", "eps: f32"],
  // prettier-ignore
  layerNormGradF32: ["dy: ptr", "x: ptr", "weight: ptr", "mean: ptr", "rstd: ptr", "terms: ptr", "dx: ptr", "cols: u32"],
  // Contiguous [N, C, inner]; units: C. weight and bias may be 0.
  // prettier-ignore
  batchNormF32: ["x: ptr", "weight: ptr", "bias: ptr", "out: ptr", "mean: ptr", "variance: ptr", "N: u32", "C: u32", "inner: u32", "eps: f32", "known: u32"],
  batchNormSumsF32: batchNormGrad,
  batchNormGradF32: batchNormGrad,
  // Contiguous [outer, R, inner], over R.
  softmaxF32: ["x: ptr", "out: ptr", "R: u32", "inner: u32"],
  softmaxGradF32: ["dy: ptr", "y: ptr", "out: ptr", "R: u32", "inner: u32"],
  logSoftmaxF32: ["x: ptr", "out: ptr", "R: u32", "inner: u32"],
  logSoftmaxGradF32: ["dy: ptr", "y: ptr", "out: ptr", "R: u32", "inner: u32"],
  // [N, C] against int32 classes, a unit per row; weight may be 0; status as for indices.
  // prettier-ignore
  crossEntropyF32: ["x: ptr", "target: ptr", "weight: ptr", "loss: ptr", "lse: ptr", "rowWeight: ptr", "status: ptr", "C: u32", "ignoreIndex: i32", "labelSmoothing: f32"],
  // prettier-ignore
  crossEntropyGradF32: ["x: ptr", "lse: ptr", "target: ptr", "weight: ptr", "g: ptr", "out: ptr", "C: u32", "sg: i32", "ignoreIndex: i32", "labelSmoothing: f32"],
  // prettier-ignore
  nllLossF32: ["x: ptr", "target: ptr", "weight: ptr", "loss: ptr", "rowWeight: ptr", "status: ptr", "C: u32", "ignoreIndex: i32"],
  // prettier-ignore
  nllLossGradF32: ["target: ptr", "weight: ptr", "g: ptr", "out: ptr", "C: u32", "sg: i32", "ignoreIndex: i32"],
  ...pointwise,
  ...reduce,
  ...linalg,
  ...views,
  ...indexing,
  ...conv,
  ...image,
  ...recurrent,
  ...attention,
  ...losses,
  ...optim,
} as const satisfies Contract;

export type KernelName = keyof typeof contract;

declare const bits: unique symbol;
/** The bit pattern of a float32, made by `f32()`: so no scalar is stored as an integer by mistake. */
export type F32Bits = number & { readonly [bits]: "f32" };

type Slot<P> = P extends `${string}: f32` ? F32Bits : number;

/** The argument list that a kernel's parameters ask for, checked by the compiler. */
export type KernelArgs<P extends readonly Param[]> = P extends readonly [infer Head, ...infer Rest]
  ? Head extends `${string}: i32...`
    ? number[]
    : Rest extends readonly Param[]
      ? [Slot<Head>, ...KernelArgs<Rest>]
      : never
  : [];
