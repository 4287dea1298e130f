// One row per public op: how the tests of gradients, handles, methods and edges call it. An export
// without a row fails test/ops/exports.test.ts. To add an op, add a line: here or in its family.
import * as sg from "../../src/index.js";
import { type Table, on } from "./case.js";
import { lists, merged } from "./families/index.js";
import { any, between, bools, chances, fixed, ints, positive, unit } from "./inputs.js";

const elementwise: Table = {
  abs: [on([any(3, 5)])],
  ceil: [on([between(7)])],
  clamp: [on([any(3, 5)], ([x]) => [x, -0.75, 1])],
  cos: [on([any(3, 5)])],
  elu: [on([any(3, 5)]), on([any(7)], ([x]) => [x, 0.4])],
  erf: [on([any(3, 5)])],
  exp: [on([any(3, 5)]), on([any()])],
  expm1: [on([any(3, 5)])],
  floor: [on([between(7)])],
  gelu: [on([any(3, 5)]), on([any(7)], ([x]) => [x, { approximate: "tanh" }])],
  leakyRelu: [on([any(3, 5)]), on([any(7)], ([x]) => [x, 0.3])],
  log: [on([positive(3, 5)])],
  log1p: [on([unit(3, 5)])],
  neg: [on([any(3, 5)])],
  reciprocal: [on([positive(3, 5)])],
  relu: [on([any(3, 5)])],
  round: [on([between(7)])],
  rsqrt: [on([positive(3, 5)])],
  sigmoid: [on([any(3, 5)])],
  sign: [on([any(7)])],
  silu: [on([any(3, 5)])],
  sin: [on([any(3, 5)])],
  softplus: [on([any(3, 5)])],
  sqrt: [on([positive(3, 5)])],
  square: [on([any(3, 5)])],
  tan: [on([unit(3, 5)])],
  tanh: [on([any(3, 5)])],
  trunc: [on([between(7)])],
  add: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [x, 1.5])],
  div: [
    on([any(3, 1, 5), positive(2, 1)]),
    on([positive(7)], ([x]) => [x, 1.5]),
    on([positive(7)], ([x]) => [1.5, x]),
  ],
  maximum: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [x, 0.5])],
  minimum: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [0.5, x])],
  mul: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [1.5, x]), on([any(), any(5)])],
  pow: [
    on([positive(3, 1, 5), any(2, 1)]),
    on([positive(7)], ([x]) => [x, 1.5]),
    on([any(7)], ([x]) => [x, 3]),
    on([any(7)], ([x]) => [1.5, x]),
  ],
  sub: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [1.5, x])],
  where: [
    on([bools(3, 1, 5), any(2, 1), any(5)]),
    on([bools(7), any(7)], ([cond, x]) => [cond, x, 0]),
  ],
};

const reductions: Table = {
  amax: [on([any(3, 4, 2)], ([x]) => [x, [0, -1]]), on([any(5)])],
  amin: [on([any(3, 4, 2)], ([x]) => [x, 1, { keepdim: true }])],
  logSoftmax: [on([any(3, 5)], ([x]) => [x, 1]), on([any(3, 2, 2)], ([x]) => [x, 0])],
  logsumexp: [on([any(3, 5)], ([x]) => [x, 0]), on([any(2, 3)])],
  max: [on([any(3, 5)], ([x]) => [x, 1]), on([any(3, 2)])],
  mean: [on([any(3, 2, 2)], ([x]) => [x, [0, 2]]), on([any(5)])],
  min: [on([any(3, 5)], ([x]) => [x, 0, { keepdim: true }]), on([any(3, 2)])],
  softmax: [on([any(3, 5)], ([x]) => [x, -1]), on([any(3, 2, 2)], ([x]) => [x, 0])],
  std: [on([any(3, 5)], ([x]) => [x, 0]), on([any(2, 3)], ([x]) => [x, null, { correction: 0 }])],
  sum: [on([any(3, 2, 2)], ([x]) => [x, [0, 2]]), on([any(5)])],
  variance: [on([any(3, 5)], ([x]) => [x, 1]), on([any(2, 3)], ([x]) => [x, null])],
};

const views: Table = {
  chunk: [on([any(5, 2)], ([x]) => [x, 3])],
  clone: [on([any(3, 5)])],
  contiguous: [on([any(3, 5)], ([x]) => [x!.transpose(0, 1)])],
  expand: [on([any(3, 1)], ([x]) => [x, [2, -1, 4]])],
  flatten: [on([any(2, 3, 2)], ([x]) => [x, 1]), on([any()])],
  narrow: [on([any(3, 5)], ([x]) => [x, 1, -4, 3])],
  permute: [on([any(2, 3, 2)], ([x]) => [x, [2, 0, 1]])],
  reshape: [on([any(3, 4)], ([x]) => [x, [2, -1]]), on([any(3, 4)], ([x]) => [x!.t(), [6, 2]])],
  select: [on([any(3, 5)], ([x]) => [x, 1, -2])],
  slice: [
    on([any(7)], ([x]) => [x, 1, null, { step: 2 }]),
    on([any(2, 7)], ([x]) => [x, -2, 0, { dim: 1, step: -2 }]),
  ],
  split: [on([any(5, 2)], ([x]) => [x, [1, 3, 1]])],
  squeeze: [on([any(3, 1, 2)], ([x]) => [x, 1]), on([any(1, 3, 1)])],
  t: [on([any(3, 5)])],
  to: [on([any(3, 5)], ([x]) => [x, "float32"])],
  transpose: [on([any(2, 3, 2)], ([x]) => [x, 0, -1])],
  unbind: [on([any(3, 2)], ([x]) => [x, 1])],
  unsqueeze: [on([any(3, 2)], ([x]) => [x, -1])],
};

const moves: Table = {
  cat: [on([any(3, 2), any(3, 1), any(3, 3)], (x) => [x, 1])],
  embedding: [on([ints(0, 4, 2, 3), any(4, 2)])],
  gather: [on([any(3, 4), ints(0, 4, 3, 5)], ([x, index]) => [x, 1, index])],
  indexSelect: [on([any(3, 4), ints(0, 4, 6)], ([x, index]) => [x, -1, index])],
  scatterAdd: [
    on([any(3, 4), ints(0, 4, 2, 5), any(3, 5)], ([x, index, src]) => [x, 1, index, src]),
  ],
  stack: [on([any(3, 2), any(3, 2)], (x) => [x, -1])],
};

const products: Table = {
  conv2d: [
    on([any(2, 2, 4, 3), any(4, 1, 2, 3), any(4)], (x) => [
      ...x,
      { groups: 2, padding: 1, stride: [2, 1] },
    ]),
    on([any(1, 5, 4), any(2, 1, 2, 2)], ([x, w]) => [x, w, null, { dilation: [2, 1] }]),
    // 1 x 1, and a group for each channel: kernels of their own.
    on([any(2, 3, 2, 3), any(2, 3, 1, 1)]),
    on([any(2, 3, 1, 5), any(4, 3, 1, 1), any(4)]),
    on([any(1, 2, 1, 3), any(2, 1, 3, 3), any(2)], (x) => [...x, { groups: 2, padding: 1 }]),
  ],
  linear: [on([any(2, 3, 4), any(2, 4), any(2)]), on([any(3, 4), any(5, 4)])],
  matmul: [
    on([any(2, 1, 3, 4), any(2, 4, 2)]),
    on([any(4), any(4)]),
    on([any(2, 3, 4), any(4)]),
    on([any(3), any(3, 2)]),
  ],
};

const normalisations: Table = {
  batchNorm: [
    on([any(5, 3), any(3), any(3)], ([x, w, b]) => [x, null, null, w, b, { training: true }]),
    on([any(2, 3, 2), fixed(any(3)), fixed(positive(3))]),
    // So many elements of a channel that a kernel does it.
    on([any(2, 2, 9), any(2), any(2)], ([x, w, b]) => [x, null, null, w, b, { training: true }]),
    on([any(2, 2, 9), fixed(any(2)), fixed(positive(2)), any(2), any(2)]),
    on([any(2, 2, 9), fixed(any(2)), fixed(positive(2))]),
  ],
  layerNorm: [
    on([any(3, 5), any(5), any(5)], ([x, w, b]) => [x, 5, w, b]),
    on([any(2, 2, 3)], ([x]) => [x, [2, 3]]),
  ],
};

const pools: Table = {
  avgPool2d: [
    on([any(1, 2, 4, 3)], ([x]) => [x, 2, { stride: 1, padding: 1 }]),
    on([any(1, 5, 4)], ([x]) => [x, [3, 2], { ceilMode: true, countIncludePad: false }]),
  ],
  maxPool2d: [
    on([any(1, 2, 4, 3)], ([x]) => [x, 2, { stride: 1 }]),
    on([any(1, 5, 4)], ([x]) => [x, [3, 2], { ceilMode: true, padding: 1 }]),
  ],
};

const losses: Table = {
  bceWithLogits: [
    on([any(3, 5), chances(3, 5), positive(5), positive(5)], ([x, y, weight, posWeight]) => [
      ...[x, y],
      { weight, posWeight, reduction: "sum" },
    ]),
  ],
  crossEntropy: [
    on([any(3, 5), ints(0, 5, 3), fixed(positive(5))], ([x, y, weight]) => [
      ...[x, y],
      { weight, labelSmoothing: 0.2 },
    ]),
    on([any(2, 3, 2), ints(0, 3, 2, 2)], ([x, y]) => [x, y, { reduction: "none" }]),
    on([any(3, 4), ints(0, 4, 3)], ([x, y]) => [x, y, { ignoreIndex: 1, reduction: "sum" }]),
    on([any(3, 4), chances(3, 4), positive(4)], ([x, y, weight]) => [x, y, { weight }]),
    on([any(5), ints(0, 5)]),
  ],
  l1Loss: [on([any(3, 5), any(3, 5)])],
  mseLoss: [on([any(3, 5), any(3, 5)]), on([any(7), any(7)], (x) => [...x, { reduction: "none" }])],
  nllLoss: [
    on([any(3, 5), ints(0, 5, 3), fixed(positive(5))], ([x, y, weight]) => [x, y, { weight }]),
  ],
};

/** Every op with a derivative, whatever it is. */
export const differentiable: Table = {
  ...elementwise,
  ...reductions,
  ...views,
  ...moves,
  ...products,
  ...normalisations,
  ...pools,
  ...losses,
  dropout: [on([any(3, 5)], ([x]) => [x, 0.4, { generator: new sg.Generator(3) }])],
  ...merged("differentiable"),
};

/** Methods that overwrite their first operand. */
export const inPlace: Table = {
  add_: [on([any(3, 5), any(5)]), on([any(7)], ([x]) => [x, 1.5])],
  sub_: [on([any(3, 5), any(5)]), on([any(7)], ([x]) => [x, 1.5])],
  mul_: [on([any(3, 5), any(3, 1)]), on([any(7)], ([x]) => [x, 1.5])],
  div_: [on([any(3, 5), positive(3, 1)]), on([any(7)], ([x]) => [x, 1.5])],
  copy_: [on([any(3, 5), any(5)])],
  fill_: [on([any(3, 5)], ([x]) => [x, 2])],
  zero_: [on([any(3, 5)])],
  ...merged("inPlace"),
};

const logic: Table = {
  eq: [on([any(3, 1), any(5)]), on([ints(0, 3, 7)], ([x]) => [x, 1])],
  ge: [on([any(3, 1), any(5)])],
  gt: [on([any(3, 1), any(5)])],
  le: [on([any(3, 1), any(5)])],
  lt: [on([any(3, 1), ints(0, 2, 5)])],
  ne: [on([any(3, 1), any(5)])],
  logicalAnd: [on([bools(3, 1), any(5)])],
  logicalNot: [on([bools(3, 5)]), on([any(5)])],
  logicalOr: [on([bools(3, 1), ints(0, 2, 5)])],
  logicalXor: [on([bools(3, 1), bools(5)])],
  isfinite: [on([any(3, 5)]), on([ints(0, 3, 5)])],
  isinf: [on([any(3, 5)])],
  isnan: [on([any(3, 5)])],
  all: [on([bools(3, 5)], ([x]) => [x, 0]), on([any(3, 2, 2)], ([x]) => [x, [0, 2]])],
  any: [on([bools(3, 5)], ([x]) => [x, 1, { keepdim: true }])],
  argmax: [on([any(3, 5)], ([x]) => [x, 0]), on([ints(0, 5, 7)])],
  argmin: [on([any(3, 5)], ([x]) => [x, 1, { keepdim: true }])],
  oneHot: [on([ints(0, 3, 2, 2)], ([x]) => [x, 4])],
};

const creation: Table = {
  arange: [on([], () => [2, 9, 3])],
  empty: [on([], () => [[3, 5]])],
  emptyLike: [on([any(3, 5)])],
  eye: [on([], () => [3, 5])],
  full: [on([], () => [[3, 5], 2])],
  fullLike: [on([any(3, 5)], ([x]) => [x, 2])],
  linspace: [on([], () => [0, 1, 7])],
  ones: [on([], () => [[3, 5]])],
  onesLike: [on([any(3, 5)])],
  rand: [on([], () => [[3, 5]])],
  randLike: [on([any(3, 5)])],
  randint: [on([], () => [0, 5, [7]]), on([], () => [0, 5, [7], { dtype: "float32" }])],
  randintLike: [on([any(3, 5)], ([x]) => [x, 0, 5])],
  randn: [on([], () => [[3, 5]])],
  randnLike: [on([any(3, 5)])],
  randperm: [on([], () => [7])],
  tensor: [on([], () => [[[1, 2, 3]]]), on([], () => [new Float32Array(7)])],
  uniform: [on([], () => [[3, 5], -1, 1])],
  zeros: [on([], () => [[3, 5]])],
  zerosLike: [on([any(3, 5)])],
};

const readings: Table = {
  detach: [on([any(3, 5)])],
  item: [on([any()])],
  toArray: [on([any(3, 5)])],
  toTypedArray: [on([any(3, 5)], ([x]) => [x!.t()])],
  saveSafetensors: [on([any(3, 5)], ([x]) => [{ x }])],
};

/** Ops of tensors that have no derivative, and ops that make or read tensors. */
export const underivable: Table = {
  ...logic,
  ...creation,
  ...readings,
  ...merged("underivable"),
};

/** What else is exported, and where it is tested. */
export const others: readonly string[] = [
  // Error classes: test/ops/errors.test.ts.
  ...["SimdgradError", "ShapeError", "DTypeError", "IndexError", "ValueError", "GradError"],
  ...["DisposedError", "OutOfMemoryError", "FormatError", "CaptureError"],
  // What is not an op: the rows `programs` of test/ops/handles.test.ts.
  ...["backward", "grad", "gradcheck", "registerHook", "retainGrad", "record"],
  ...[
    "noGrad",
    "enableGrad",
    "isGradEnabled",
    "memory",
    "setHeapLimit",
    "setThreads",
    "getThreads",
    "tidy",
    "manualSeed",
    "capture",
  ],
  ...["loadSafetensors", "DataLoader", "TensorDataset", "Generator", "Tensor"],
  ...["nn", "optim", "data"],
  ...lists("others"),
];
