// Bad input to products, losses, what makes tensors, in-place ops and autograd: what each refuses,
// with which error and which words. test/ops/errors.test.ts runs it.
import * as sg from "../../src/index.js";
import {
  shape,
  dtype,
  value,
  index,
  grad,
  late,
  badShape,
  badDType,
  gradDType,
  f,
  type Refusal,
  type Refusals,
} from "./refusal.js";

const products: Refusals = {
  matmul: [
    shape(/inner sizes must match: got \[2,3\] and \[4,5\]/, () => sg.matmul(f.m23, f.m45)),
    shape(/inner sizes must match: got \[\] and \[3\]/, () => sg.matmul(f.scalar, f.v3)),
    shape(/must broadcast.*a=\[2\], b=\[3\]/, () => sg.matmul(f.cube, f.cube342)),
    dtype(/b must be float32: got int32/, () => sg.matmul(f.v3, f.int3)),
    dtype(/a must be float32: got bool/, () => sg.matmul(f.bool3, f.bool3)),
  ],
  linear: [
    shape(/got \[2,3\] and \[4,5\]/, () => sg.linear(f.m23, f.m45)),
    shape(/bias must be \[2\]: got \[3\]/, () => sg.linear(f.v3, f.m23, f.v3)),
    dtype(/must be float32: got int32/, () => sg.linear(f.int3, f.m23)),
  ],
  conv2d: [
    dtype(/x must be float32: got int32/, () => sg.conv2d(f.intImages, f.images)),
    shape(/x must be \[N, C, H, W\].*: got \[3\]/, () => sg.conv2d(f.v3, f.images)),
    shape(/weight must be .* got \[1,2,4,4\] and \[4,5\]/, () => sg.conv2d(f.images, f.m45)),
    shape(/bias must be \[1\]: got \[3\]/, () => sg.conv2d(f.images, f.images, f.v3)),
    value(/stride must be one or two integers >= 1: got 0/, () =>
      sg.conv2d(f.images, f.images, null, { stride: 0 }),
    ),
    value(/padding must be one or two integers >= 0: got -1/, () =>
      sg.conv2d(f.images, f.images, null, { padding: -1 }),
    ),
    value(/groups must be an integer >= 1: got NaN/, () =>
      sg.conv2d(f.images, f.images, null, { groups: NaN }),
    ),
    shape(/a kernel of 4 \(dilation 2\) does not fit into 4/, () =>
      sg.conv2d(f.images, f.images, null, { dilation: 2 }),
    ),
  ],
  maxPool2d: [
    shape(/x must be \[N, C, H, W\].*: got \[2,3\]/, () => sg.maxPool2d(f.m23, 2)),
    value(/kernel must be one or two integers >= 1: got 0/, () => sg.maxPool2d(f.images, 0)),
    value(/padding must be at most half of the kernel: got \[2/, () =>
      sg.maxPool2d(f.images, 2, { padding: 2 }),
    ),
    shape(/a kernel of 5 .* does not fit into 4/, () => sg.maxPool2d(f.images, 5)),
  ],
  avgPool2d: [
    dtype(/x must be float32: got int32/, () => sg.avgPool2d(f.intImages, 2)),
    shape(/a kernel of 5 .* does not fit into 4/, () => sg.avgPool2d(f.images, 5)),
  ],
  layerNorm: [
    shape(/x must end in \[5\]: got \[2,3\]/, () => sg.layerNorm(f.m23, 5)),
    shape(/weight must be \[3\]: got \[5\]/, () => sg.layerNorm(f.m23, 3, f.v5)),
    dtype(/x must be float32: got int32/, () => sg.layerNorm(f.int23, 3)),
  ],
  batchNorm: [
    dtype(/x must be float32: got int32/, () => sg.batchNorm(f.int23, null, null)),
    shape(/x must be \[N, C, ...\]: got \[3\]/, () => sg.batchNorm(f.v3, null, null)),
    shape(/must be \[3\]: got \[5\]/, () => sg.batchNorm(f.m23, f.v5, f.v5)),
    value(/evaluation needs runningMean and runningVar/, () => sg.batchNorm(f.m23, null, null)),
    value(/training needs more than 1 value per channel: got \[1,3\]/, () =>
      sg.batchNorm(f.single, null, null, null, null, { training: true }),
    ),
  ],
};

/** As many elements as there are rows, but not one dim. */
const column = sg.zeros([2, 1], { dtype: "int32" });
const classLoss = (op: typeof sg.nllLoss): Refusal[] => [
  dtype(/targets must be int32 classes.*: got bool \[3\]/, () => op(f.m23, f.bool3)),
  shape(/got \[2,3\] and \[3\]/, () => op(f.m23, f.int3)),
  shape(/must be \[C\], .*: got \[\]/, () => op(f.scalar, f.int3)),
  dtype(/the input must be float32: got int32/, () => op(f.int23, f.int3)),
  value(/reduction must be .*: got "max"/, () => op(f.m23, f.int3, { reduction: "max" as never })),
  shape(/targets must be \[2\].*got \[2,3\] and \[2,1\]/, () => op(f.m23, column)),
  value(/ignoreIndex must be an integer in .*: got 0.5/, () =>
    op(f.m45, f.int5, { ignoreIndex: 0.5 }),
  ),
  value(/ignoreIndex must be an integer in .*: got 2147483648/, () =>
    op(f.m45, f.int5, { ignoreIndex: 2 ** 31 }),
  ),
  shape(/weight must be \[3\]: got \[5\]/, () => op(f.m23, f.int3, { weight: f.v5 })),
  late(
    index(/classes must lie in \[0, 4\] or be ignoreIndex \(-100\): got 9 in row 2/, () =>
      op(f.m55, f.int5),
    ),
  ),
];
const pairLoss = (op: typeof sg.mseLoss): Refusal[] => [
  shape(/one shape: got \[2,3\] and \[3\]/, () => op(f.m23, f.v3)),
  dtype(/the input must be float32: got int32/, () => op(f.int3, f.v3)),
  value(/reduction must be .*: got "max"/, () => op(f.v3, f.v3, { reduction: "max" as never })),
];
const losses: Refusals = {
  crossEntropy: [
    ...classLoss(sg.crossEntropy),
    value(/labelSmoothing must be a number in \[0, 1\]: got NaN/, () =>
      sg.crossEntropy(f.m23, f.m23, { labelSmoothing: NaN }),
    ),
    value(/ignoreIndex is for classes.*: got 1/, () =>
      sg.crossEntropy(f.m23, f.m23, { ignoreIndex: 1 }),
    ),
    grad(/weight has no derivative/, () => sg.crossEntropy(f.m23, f.int2, { weight: f.leaf })),
  ],
  nllLoss: classLoss(sg.nllLoss),
  mseLoss: pairLoss(sg.mseLoss),
  l1Loss: pairLoss(sg.l1Loss),
  bceWithLogits: [
    ...pairLoss(sg.bceWithLogits),
    dtype(/the target must be float32: got int32/, () => sg.bceWithLogits(f.v3, f.int3)),
    shape(/must broadcast.*a=\[3\], b=\[5\]/, () =>
      sg.bceWithLogits(f.v3, f.v3, { posWeight: f.v5 }),
    ),
    shape(/weight must broadcast to the input: got \[3\] and \[2,3\]/, () =>
      sg.bceWithLogits(f.v3, f.v3, { weight: f.m23 }),
    ),
  ],
};

const creation: Refusals = {
  tensor: [
    shape(/must not be ragged: expected \[2,2\], found a list of 1/, () =>
      sg.tensor([[1, 2], [3]]),
    ),
    shape(/must not be ragged: expected \[2\], found a list of 1/, () => sg.tensor([1, [2]])),
    shape(/must not be ragged: expected \[1\], found x/, () => sg.tensor(["x"] as never)),
    shape(/shape \[2,2\] does not hold 3 values/, () => sg.tensor([1, 2, 3], { shape: [2, 2] })),
    value(/takes numbers, booleans, arrays and typed arrays: got string/, () =>
      sg.tensor("x" as never),
    ),
    ...badDType((dtype) => sg.tensor([1], { dtype })),
    ...gradDType(() => sg.tensor([1], { dtype: "int32", requiresGrad: true })),
  ],
  zeros: [
    ...badShape(sg.zeros),
    ...badDType((dtype) => sg.zeros([1], { dtype })),
    ...gradDType(() => sg.zeros([1], { dtype: "int32", requiresGrad: true })),
  ],
  ones: badShape(sg.ones),
  empty: badShape(sg.empty),
  full: badShape((s) => sg.full(s, 1)),
  eye: [value(/sizes must be integers >= 0: got \[2,NaN\]/, () => sg.eye(2, NaN))],
  arange: [
    value(/step must lead from start to end: got \[0,3,0\]/, () => sg.arange(0, 3, 0)),
    value(/step must lead from start to end: got \[0,-3,1\]/, () => sg.arange(0, -3)),
    value(/step must lead from start to end: got \[0,NaN,1\]/, () => sg.arange(NaN)),
    ...badDType((dtype) => sg.arange(3, { dtype })),
    ...gradDType(() => sg.arange(3, { requiresGrad: true })),
  ],
  linspace: [
    value(/start and end must be finite: got 0, Infinity/, () => sg.linspace(0, Infinity, 3)),
    value(/sizes must be integers >= 0: got \[2.5\]/, () => sg.linspace(0, 1, 2.5)),
    value(/int32 can't hold 4294967296/, () => sg.linspace(0, 2 ** 32, 3, { dtype: "int32" })),
    dtype(/a sequence can't be bool/, () => sg.linspace(0, 1, 3, { dtype: "bool" })),
    ...gradDType(() => sg.linspace(0, 1, 3, { dtype: "int32", requiresGrad: true })),
  ],
  ...Object.fromEntries(
    (["zerosLike", "onesLike", "emptyLike"] as const).map((name) => [
      name,
      [
        ...badDType((dtype) => sg[name](f.v3, { dtype })),
        ...gradDType(() => sg[name](f.int3, { requiresGrad: true })),
      ],
    ]),
  ),
  fullLike: badDType((dtype) => sg.fullLike(f.v3, 1, { dtype })),
};

const random: Refusals = {
  rand: [
    ...badShape((s) => sg.rand(s)),
    dtype(/float32: got int32/, () => sg.rand([3], { dtype: "int32" })),
  ],
  randn: [
    ...badShape((s) => sg.randn(s)),
    dtype(/float32: got bool/, () => sg.randn([3], { dtype: "bool" })),
  ],
  randLike: [dtype(/float32: got int32/, () => sg.randLike(f.v3, { dtype: "int32" }))],
  randnLike: [
    dtype(/float32: got int32/, () => sg.randnLike(f.v3, { dtype: "int32" })),
    value(/generator must be a Generator: got 3/, () =>
      sg.randnLike(f.v3, { generator: 3 as never }),
    ),
  ],
  uniform: [
    ...badShape((s) => sg.uniform(s, 0, 1)),
    value(/low must not exceed high.*: got 1, 0/, () => sg.uniform([3], 1, 0)),
    dtype(/float32: got int32/, () => sg.uniform([3], 0, 1, { dtype: "int32" })),
  ],
  normal: [
    ...badShape((s) => sg.normal(0, 1, s)),
    value(/std must be >= 0.*: got mean 0, std -1/, () => sg.normal(0, -1, [3])),
    value(/both finite.*: got mean NaN/, () => sg.normal(NaN, 1, [3])),
  ],
  randint: [
    ...badShape((s) => sg.randint(0, 5, s)),
    value(/low < high.*: got 5, 5/, () => sg.randint(5, 5, [3])),
    value(/low < high.*: got 0, 1.5/, () => sg.randint(0, 1.5, [3])),
    ...badDType((dtype) => sg.randint(0, 5, [3], { dtype })),
    ...gradDType(() => sg.randint(0, 5, [3], { requiresGrad: true })),
  ],
  randintLike: [value(/low < high.*: got 5, 5/, () => sg.randintLike(f.v3, 5, 5))],
  randperm: [value(/sizes must be integers >= 0: got \[-1\]/, () => sg.randperm(-1))],
  bernoulli: [
    ...badShape((s) => sg.bernoulli(s, 0.5)),
    value(/p must be a number in \[0, 1\]: got NaN/, () => sg.bernoulli([3], NaN)),
  ],
  dropout: [
    value(/p must be a number in \[0, 1\]: got 1.5/, () => sg.dropout(f.v3, 1.5)),
    dtype(/x must be float32: got int32/, () => sg.dropout(f.int3)),
  ],
  manualSeed: [value(/seed must be an integer in .*: got -1/, () => sg.manualSeed(-1))],
};

const others: Refusals = {
  to: badDType((dtype) => sg.to(f.v3, dtype)),
  item: [shape(/needs exactly one element: got \[3\]/, () => sg.item(f.v3))],
  add_: [
    shape(/a tensor of \[2,3\] cannot be expanded to \[3\]/, () => f.v3.add_(f.m23)),
    grad(/a leaf that requires gradients can be changed in noGrad/, () => f.leaf.add_(1)),
    grad(/an expanded tensor shares elements/, () => f.expanded.add_(1)),
    grad(/a view that takes part in a graph can't be changed/, () => f.row.add_(1)),
    late(dtype(/a result of float32 can't be stored in int32/, () => f.int3.add_(0.5))),
  ],
  mul_: [
    shape(/a tensor of \[5\] cannot be expanded to \[3\]/, () => f.v3.mul_(f.v5)),
    grad(/a leaf that requires gradients/, () => f.leaf.mul_(f.leaf)),
  ],
  div_: [late(dtype(/a result of float32 can't be stored in int32/, () => f.int3.div_(2)))],
  copy_: [shape(/cannot be expanded to \[3\]/, () => f.v3.copy_(f.v5))],
  fill_: [grad(/a leaf that requires gradients/, () => f.leaf.fill_(1))],
  backward: [
    grad(/\[3\] is no scalar: pass dL\/doutput/, () => sg.backward(f.leaf)),
    grad(/the output does not require gradients/, () => sg.backward(f.scalar)),
    shape(/the gradient must be float32 \[3\]: got float32 \[5\]/, () => sg.backward(f.leaf, f.v5)),
    dtype(/the gradient must be float32 \[3\]: got int32 \[3\]/, () => sg.backward(f.leaf, f.int3)),
  ],
  grad: [
    grad(/every input must require gradients/, () => sg.grad(f.leaf, f.v3, { gradOutputs: f.v3 })),
    late(
      grad(/input 1 was not used to make the outputs/, () =>
        sg.grad([f.leaf], [f.leaf, f.tail], { gradOutputs: f.v3 }),
      ),
    ),
    grad(/\[3\] is no scalar/, () => sg.grad(f.leaf, f.leaf)),
  ],
  retainGrad: [grad(/does not require gradients/, () => sg.retainGrad(f.v3))],
  registerHook: [grad(/does not require gradients/, () => sg.registerHook(f.v3, () => undefined))],
  record: [
    grad(/out must be a tensor of its own/, () => sg.record("own", f.v3, [f.v3], {}, () => [])),
  ],
  gradcheck: [value(/no input requires gradients/, () => sg.gradcheck((x) => x, [f.v3]))],
  requiresGrad: gradDType(() => (f.int3.requiresGrad = true)),
};

export const valueRefusals: readonly Refusals[] = [products, losses, creation, random, others];
