// One row per op: how a case of the fixtures calls the library, and how exactly its output and its
// gradients must agree. An op without a row fails, and so does a row without a case.
import * as sg from "../../src/index.js";
import type { DType } from "../../src/index.js";
import { families } from "./families/index.js";
import { CHAIN, EQUAL, EXACT, LAYERS, SUMS, ULPS } from "./fixtures.js";
import { optionsWith, type Row, rows } from "./row.js";
import { twins } from "./twins.js";

/**
 * The arguments of a case that are not tensors, as the generator wrote them: a row reads those its
 * op has. `options` is handed on as it is, so its type fits wherever it is put.
 */
export interface Args {
  readonly options: never;
  readonly other: number;
  readonly dim: number;
  readonly dims: number | number[];
  readonly dim0: number;
  readonly dim1: number;
  readonly shape: number[];
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly steps: number;
  readonly length: number;
  readonly index: number;
  readonly sizes: number | number[];
  readonly n: number;
  readonly m: number;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  readonly slope: number;
  readonly alpha: number;
  readonly kernel: number;
  readonly classes: number;
  readonly padding: number[];
  readonly dtype: DType;
  readonly names: string[];
}

const arithmetic = rows<Args>(EXACT, SUMS, {
  add: ([x, y], a) => sg.add(x, y ?? a.other),
  sub: ([x, y], a) => sg.sub(x, y ?? a.other),
  mul: ([x, y], a) => sg.mul(x, y ?? a.other),
  div: ([x, y], a) => sg.div(x, y ?? a.other),
  neg: ([x]) => sg.neg(x),
  abs: ([x]) => sg.abs(x),
  square: ([x]) => sg.square(x),
  where: ([c, x, y]) => sg.where(c, x, y),
  add_: ([x, y], a) => x.clone().add_(y ?? a.other),
  sub_: ([x, y], a) => x.clone().sub_(y ?? a.other),
  mul_: ([x, y], a) => x.clone().mul_(y ?? a.other),
  div_: ([x, y], a) => x.clone().div_(y ?? a.other),
  copy_: ([x, y]) => x.clone().copy_(y),
  fill_: ([x], a) => x.clone().fill_(a.other),
  zero_: ([x]) => x.clone().zero_(),
  rowMul_: ([x, y]) => {
    x.select(0, 1).mul_(y);
    return x;
  },
});

const comparisons = rows<Args>(EXACT, EXACT, {
  eq: ([x, y], a) => sg.eq(x, y ?? a.other),
  ne: ([x, y], a) => sg.ne(x, y ?? a.other),
  lt: ([x, y], a) => sg.lt(x, y ?? a.other),
  le: ([x, y], a) => sg.le(x, y ?? a.other),
  gt: ([x, y], a) => sg.gt(x, y ?? a.other),
  ge: ([x, y], a) => sg.ge(x, y ?? a.other),
  logicalAnd: ([x, y]) => sg.logicalAnd(x, y),
  logicalOr: ([x, y]) => sg.logicalOr(x, y),
  logicalXor: ([x, y]) => sg.logicalXor(x, y),
  logicalNot: ([x]) => sg.logicalNot(x),
  isnan: ([x]) => sg.isnan(x),
  isinf: ([x]) => sg.isinf(x),
  isfinite: ([x]) => sg.isfinite(x),
});

// Their gradients add up over broadcast dims.
const choices = rows<Args>(EQUAL, SUMS, {
  maximum: ([x, y]) => sg.maximum(x, y),
  minimum: ([x, y]) => sg.minimum(x, y),
});

const steps = rows<Args>(EQUAL, EQUAL, {
  relu: ([x]) => sg.relu(x),
  clamp: ([x], a) => sg.clamp(x, a.min, a.max),
  sign: ([x]) => sg.sign(x),
  floor: ([x]) => sg.floor(x),
  ceil: ([x]) => sg.ceil(x),
  round: ([x]) => sg.round(x),
  trunc: ([x]) => sg.trunc(x),
  to: ([x], a) => x.to(a.dtype),
});

const transcendentals = rows<Args>(ULPS, CHAIN, {
  pow: ([x, y], a) => sg.pow(x, y ?? a.other),
  sqrt: ([x]) => sg.sqrt(x),
  rsqrt: ([x]) => sg.rsqrt(x),
  reciprocal: ([x]) => sg.reciprocal(x),
  exp: ([x]) => sg.exp(x),
  log: ([x]) => sg.log(x),
  log1p: ([x]) => sg.log1p(x),
  expm1: ([x]) => sg.expm1(x),
  sin: ([x]) => sg.sin(x),
  cos: ([x]) => sg.cos(x),
  tan: ([x]) => sg.tan(x),
  tanh: ([x]) => sg.tanh(x),
  sigmoid: ([x]) => sg.sigmoid(x),
  erf: ([x]) => sg.erf(x),
});

const activations = rows<Args>(CHAIN, CHAIN, {
  gelu: ([x], a) => sg.gelu(x, a.options),
  silu: ([x]) => sg.silu(x),
  softplus: ([x]) => sg.softplus(x),
  leakyRelu: ([x], a) => sg.leakyRelu(x, a.slope),
  elu: ([x], a) => sg.elu(x, a.alpha),
});

const reductions = rows<Args>(SUMS, SUMS, {
  sum: ([x], a) => sg.sum(x, a.dims, a.options),
  mean: ([x], a) => sg.mean(x, a.dims, a.options),
  variance: ([x], a) => sg.variance(x, a.dims, a.options),
  std: ([x], a) => sg.std(x, a.dims, a.options),
  logsumexp: ([x], a) => sg.logsumexp(x, a.dim, a.options),
  softmax: ([x], a) => sg.softmax(x, a.dim),
  logSoftmax: ([x], a) => sg.logSoftmax(x, a.dim),
});

const extremes = rows<Args>(EQUAL, CHAIN, {
  amax: ([x], a) => sg.amax(x, a.dims, a.options),
  amin: ([x], a) => sg.amin(x, a.dims, a.options),
  max: ([x], a) => {
    if (a.dim === undefined) return sg.max(x);
    const { values, indices } = sg.max(x, a.dim, a.options);
    return [values, indices];
  },
  min: ([x], a) => {
    if (a.dim === undefined) return sg.min(x);
    const { values, indices } = sg.min(x, a.dim, a.options);
    return [values, indices];
  },
  argmax: ([x], a) => sg.argmax(x, a.dim, a.options),
  argmin: ([x], a) => sg.argmin(x, a.dim, a.options),
  all: ([x], a) => sg.all(x, a.dims, a.options),
  any: ([x], a) => sg.any(x, a.dims, a.options),
});

const products = rows<Args>(SUMS, SUMS, {
  matmul: ([x, y]) => sg.matmul(x, y),
  matmulOfTransposed: ([x, y]) => sg.matmul(x.transpose(-2, -1), y.transpose(-2, -1)),
  linear: ([x, w, b]) => sg.linear(x, w, b),
  conv2d: ([x, w, b], a) => sg.conv2d(x, w, b, a.options),
});

const moves = rows<Args>(EXACT, SUMS, {
  reshape: ([x], a) => sg.reshape(x, a.shape),
  transpose: ([x], a) => sg.transpose(x, a.dim0, a.dim1),
  t: ([x]) => sg.t(x),
  permute: ([x], a) => sg.permute(x, a.dims as number[]),
  squeeze: ([x], a) => sg.squeeze(x, a.dim),
  unsqueeze: ([x], a) => sg.unsqueeze(x, a.dim),
  expand: ([x], a) => sg.expand(x, a.shape),
  narrow: ([x], a) => sg.narrow(x, a.dim, a.start, a.length),
  select: ([x], a) => sg.select(x, a.dim, a.index),
  slice: ([x], a) => sg.slice(x, a.start, a.end, a.options),
  flatten: ([x], a) => sg.flatten(x, a.start, a.end),
  unbind: ([x], a) => sg.unbind(x, a.dim),
  split: ([x], a) => sg.split(x, a.sizes, a.dim),
  chunk: ([x], a) => sg.chunk(x, a.n, a.dim),
  clone: ([x]) => x.clone(),
  contiguous: ([x]) => x.t().contiguous(),
  viewOfView: ([x]) => x.permute([2, 0, 1]).narrow(0, 1, 3).transpose(1, 2).select(1, 2),
  cat: (x, a) => sg.cat(x, a.dim),
  stack: (x, a) => sg.stack(x, a.dim),
  pad: ([x], a) => sg.pad(x, a.padding, a.options),
  gather: ([x, index], a) => sg.gather(x, a.dim, index),
  indexSelect: ([x, index], a) => sg.indexSelect(x, a.dim, index),
  oneHot: ([x], a) => sg.oneHot(x, a.classes),
  embedding: ([ids, weight], a) => sg.embedding(ids, weight, a.options),
  eye: (_, a) => sg.eye(a.n, a.m),
  full: (_, a) => sg.full(a.shape, a.value, a.options),
  fullLike: ([x], a) => sg.fullLike(x, a.value, a.options),
  ones: (_, a) => sg.ones(a.shape, a.options),
  onesLike: ([x], a) => sg.onesLike(x, a.options),
  zeros: (_, a) => sg.zeros(a.shape, a.options),
  zerosLike: ([x], a) => sg.zerosLike(x, a.options),
  detach: ([x]) => sg.detach(x),
  expandAs: ([x, other]) => sg.expandAs(x, other),
  reshapeAs: ([x, other]) => sg.reshapeAs(x, other),
  viewAs: ([x, other]) => sg.viewAs(x, other),
});

const sums = rows<Args>(SUMS, SUMS, {
  scatterAdd: ([x, index, src], a) => sg.scatterAdd(x, a.dim, index, src),
  viewThenOp: ([x, y]) =>
    x
      .transpose(0, 1)
      .mul(y.expand([5, 3]))
      .add(x.t()),
  arange: (_, a) => sg.arange(a.start, a.end, a.step, { dtype: a.dtype }),
  linspace: (_, a) => sg.linspace(a.start, a.end, a.steps),
  maxPool2d: ([x], a) => sg.maxPool2d(x, a.kernel),
  avgPool2d: ([x], a) => sg.avgPool2d(x, a.kernel, a.options),
});

const losses = rows<Args>(SUMS, SUMS, {
  crossEntropy: ([x, y, ...t], a) => sg.crossEntropy(x, y, optionsWith(a, ["weight"], t)),
  nllLoss: ([x, y, ...t], a) => sg.nllLoss(x, y, optionsWith(a, ["weight"], t)),
  mseLoss: ([x, y], a) => sg.mseLoss(x, y, a.options),
  l1Loss: ([x, y], a) => sg.l1Loss(x, y, a.options),
  bceWithLogits: ([x, y, ...t], a) => sg.bceWithLogits(x, y, optionsWith(a, a.names ?? [], t)),
});

const norms = rows<Args>(LAYERS, LAYERS, {
  layerNorm: ([x, w, b], a) => sg.layerNorm(x, a.shape, w, b),
  batchNormTrain: ([x, w, b]) => sg.batchNorm(x, null, null, w, b, { training: true }),
});

const outOfPlace: Readonly<Record<string, Row>> = {
  ...arithmetic,
  ...comparisons,
  ...choices,
  ...steps,
  ...transcendentals,
  ...activations,
  ...reductions,
  ...extremes,
  ...products,
  ...moves,
  ...sums,
  ...losses,
  ...norms,
  ...Object.fromEntries(families.flatMap((family) => Object.entries(family.rows))),
};

/** With the methods that overwrite, each as exact as the op of its name. */
export const table: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(
    Object.entries(twins).map(([name, run]) => [name, { ...outOfPlace[name.slice(0, -1)]!, run }]),
  ),
  ...outOfPlace,
};
