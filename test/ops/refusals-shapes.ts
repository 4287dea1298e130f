// Bad input to elementwise ops, reductions, views and what moves elements: what each refuses, with
// which error and which words. test/ops/errors.test.ts runs it.
import * as sg from "../../src/index.js";
import type { Tensor } from "../../src/index.js";
import {
  shape,
  dtype,
  value,
  index,
  late,
  broadcast,
  badDim,
  badDims,
  f,
  type Refusals,
} from "./refusal.js";

const none = sg.zeros([0], { dtype: "int32" });
const arithmetic: Refusals = {
  add: [
    ...broadcast(sg.add),
    dtype(/needs a tensor: got/, () => sg.add(1, 2)),
    dtype(/needs a tensor: got "1"/, () => sg.add("1" as never, f.v3)),
  ],
  sub: [
    // With a bool the dtypes are refused before the shapes.
    ...broadcast(sg.sub).slice(0, 2),
    dtype(/a bool can't be subtracted/, () => sg.sub(f.m13, f.bool3)),
    dtype(/a bool can't be subtracted/, () => sg.sub(1, f.bool3)),
    dtype(/alpha must be an integer .* got 0.5/, () => sg.sub(f.int3, f.int3, { alpha: 0.5 })),
    dtype(/needs a tensor: got/, () => sg.sub(1, 2)),
  ],
  mul: [...broadcast(sg.mul), dtype(/needs a tensor: got/, () => sg.mul(1, 2))],
  div: [
    ...broadcast(sg.div),
    dtype(/needs a tensor: got/, () => sg.div(1, 2)),
    value(/roundingMode must be trunc or floor: got "ceil"/, () =>
      sg.div(f.v3, 2, { roundingMode: "ceil" as "floor" }),
    ),
  ],
  pow: [...broadcast(sg.pow), dtype(/needs a tensor: got/, () => sg.pow(1, 2))],
  maximum: [...broadcast(sg.maximum), dtype(/needs a tensor: got/, () => sg.maximum(1, 2))],
  minimum: [...broadcast(sg.minimum), dtype(/needs a tensor: got/, () => sg.minimum(1, 2))],
  clamp: [
    ...broadcast((a, b) => sg.clamp(a, b)),
    ...broadcast((a, b) => sg.clamp(a, null, b)),
    shape(/must broadcast .*a=\[2,3\], b=\[5\]/, () => sg.clamp(f.v3, f.m23, f.v5)),
  ],
  gelu: [
    value(/must be none or tanh: got "exact"/, () =>
      sg.gelu(f.v3, { approximate: "exact" as never }),
    ),
  ],
  where: [
    dtype(/cond must be bool: got float32/, () => sg.where(f.v3, f.v3, 0)),
    shape(/must broadcast.*b=\[5\]/, () => sg.where(f.bool3, f.v3, f.v5)),
    shape(/must broadcast.*a=\[3\], b=\[5\]/, () => sg.where(f.bool3, f.v5, 0)),
  ],
  ...Object.fromEntries(
    (["eq", "ne", "lt", "le", "gt", "ge", "logicalAnd", "logicalOr", "logicalXor"] as const).map(
      (name) => [name, broadcast(sg[name])],
    ),
  ),
};

const extremes = ["amax", "amin", "max", "min", "argmax", "argmin"] as const;
const reductions: Refusals = {
  ...Object.fromEntries(
    (["sum", "mean", "any", "all", "variance", "logsumexp", "amax", "amin"] as const).map(
      (name) => [
        name,
        badDims((x, dims) => (sg[name] as (x: Tensor, d: unknown) => unknown)(x, dims)),
      ],
    ),
  ),
  std: [
    ...badDims((x, dims) => sg.std(x, dims)),
    dtype(/x must be float32: got int32/, () => sg.std(f.int3)),
  ],
  argmax: badDim(sg.argmax),
  argmin: badDim(sg.argmin),
  max: badDim(sg.max),
  min: badDim(sg.min),
  softmax: [
    ...badDim(sg.softmax),
    dtype(/x must be float32: got int32/, () => sg.softmax(f.int3, 0)),
  ],
  logSoftmax: [
    ...badDim(sg.logSoftmax),
    dtype(/x must be float32: got bool/, () => sg.logSoftmax(f.bool3, 0)),
  ],
};
/** Rules that several reductions share, beyond those above. */
const moreReductions: Refusals = Object.fromEntries(
  extremes.map((name) => [
    name,
    [
      ...(name.startsWith("arg")
        ? [
            dtype(/takes float32 or int32: got bool/, () =>
              (sg[name] as (x: Tensor) => unknown)(f.bool3),
            ),
          ]
        : []),
      shape(/an empty dim has no elements: got \[0,3\]/, () =>
        (sg[name] as (x: Tensor, d: number) => unknown)(f.empty, 0),
      ),
    ],
  ]),
);

const views: Refusals = {
  reshape: [
    shape(/6 elements do not fill the shape \[4\]/, () => sg.reshape(f.m23, [4])),
    shape(/6 elements do not fill the shape \[4,-1\]/, () => sg.reshape(f.m23, [4, -1])),
    value(/sizes must be integers >= 0: got \[1,-1\]/, () => sg.reshape(f.m23, [-1, -1])),
    value(/sizes must be integers >= 0: got \[NaN\]/, () => sg.reshape(f.m23, [NaN])),
  ],
  flatten: [
    ...badDim((x, dim) => sg.flatten(x, dim)),
    value(/start must not lie behind end: got 1, 0/, () => sg.flatten(f.m23, 1, 0)),
  ],
  permute: [
    ...badDim((x, dim) => sg.permute(x, [0, dim])),
    value(/dims must name each of 2 dims once: got \[0,0\]/, () => sg.permute(f.m23, [0, 0])),
    value(/dims must name each of 2 dims once: got \[1\]/, () => sg.permute(f.m23, [1])),
  ],
  transpose: badDim((x, dim) => sg.transpose(x, 0, dim)),
  t: [shape(/takes at most 2 dims: got \[2,3,4\]/, () => sg.t(f.cube))],
  squeeze: badDim(sg.squeeze),
  unsqueeze: [index(/dim must lie in \[-3, 2\]: got 3/, () => sg.unsqueeze(f.m23, 3))],
  expand: [
    shape(/a tensor of \[2,3\] cannot be expanded to \[4,3\]/, () => sg.expand(f.m23, [4, 3])),
    shape(/a tensor of \[2,3\] cannot be expanded to \[3\]/, () => sg.expand(f.m23, [3])),
    value(/sizes must be integers >= 0: got \[-1,2,3\]/, () => sg.expand(f.m23, [-1, 2, 3])),
  ],
  narrow: [
    ...badDim((x, dim) => sg.narrow(x, dim, 0, 1)),
    index(/must lie in \[0, 3\]: got 2, 2/, () => sg.narrow(f.m23, 1, 2, 2)),
    index(/must lie in \[0, 3\]: got 0, -1/, () => sg.narrow(f.m23, 1, 0, -1)),
    index(/must lie in \[0, 3\]: got 0.5, 1/, () => sg.narrow(f.m23, 1, 0.5, 1)),
    shape(/a scalar has no dim to narrow/, () => sg.narrow(f.scalar, 0, 0, 1)),
  ],
  select: [
    ...badDim((x, dim) => sg.select(x, dim, 0)),
    index(/index must lie in \[-3, 2\]: got 3/, () => sg.select(f.m23, 1, 3)),
    index(/index must lie in .*: got NaN/, () => sg.select(f.m23, 1, NaN)),
    shape(/a scalar has no dim to select/, () => sg.select(f.scalar, 0, 0)),
  ],
  slice: [
    ...badDim((x, dim) => sg.slice(x, 0, 1, { dim })),
    value(/step must be an integer other than 0: got 0/, () => sg.slice(f.v3, 0, 1, { step: 0 })),
    value(/step must be an integer other than 0: got NaN/, () =>
      sg.slice(f.v3, 0, 1, { step: NaN }),
    ),
    value(/bounds must be an integer: got 0.5/, () => sg.slice(f.v3, 0.5)),
    shape(/a scalar has no dim to slice/, () => sg.slice(f.scalar, 0, 1)),
  ],
  unbind: [...badDim(sg.unbind), shape(/a scalar has no dim to unbind/, () => sg.unbind(f.scalar))],
  split: [
    ...badDim((x, dim) => sg.split(x, 1, dim)),
    shape(/sizes must add up to 5: got \[2,2\]/, () => sg.split(f.v5, [2, 2])),
    value(/sizes must be integers >= 0: got \[4,2,-1\]/, () => sg.split(f.v5, [4, 2, -1])),
    value(/sizes must be integers >= 0: got \[2.5,2.5\]/, () => sg.split(f.v5, [2.5, 2.5])),
    value(/size must be an integer >= 1: got 0/, () => sg.split(f.v5, 0)),
    shape(/a scalar has no dim to split/, () => sg.split(f.scalar, 1)),
  ],
  chunk: [
    ...badDim((x, dim) => sg.chunk(x, 2, dim)),
    value(/chunks must be an integer in \[1, 1048576\]: got 1.5/, () => sg.chunk(f.v5, 1.5)),
    shape(/a scalar has no dim to chunk/, () => sg.chunk(f.scalar, 1)),
  ],
};

const moves: Refusals = {
  cat: [
    value(/needs at least one tensor/, () => sg.cat([])),
    shape(/scalars can't be joined/, () => sg.cat([f.scalar, f.scalar])),
    shape(/all dims but 0 must agree: got \[2,3\] and \[4,5\]/, () => sg.cat([f.m23, f.m45])),
    shape(/all dims but 0 must agree: got \[2,3\] and \[3\]/, () => sg.cat([f.m23, f.v3])),
    ...badDim((x, dim) => sg.cat([x, x], dim)),
  ],
  stack: [
    value(/needs at least one tensor/, () => sg.stack([])),
    shape(/all shapes must agree: got \[2,3\] and \[3\]/, () => sg.stack([f.m23, f.v3])),
    index(/dim must lie in \[-3, 2\]: got 3/, () => sg.stack([f.m23], 3)),
  ],
  pad: [
    value(/must be pairs of integers, at most 1: got \[1\]/, () => sg.pad(f.v3, [1])),
    value(/must be pairs of integers, at most 1: got \[1,1,1,1\]/, () =>
      sg.pad(f.v3, [1, 1, 1, 1]),
    ),
    value(/must be pairs of integers.*: got \[0.5,1\]/, () => sg.pad(f.v3, [0.5, 1])),
    shape(/crops more than there is: \[3\] by \[-2,-2\]/, () => sg.pad(f.v3, [-2, -2])),
    shape(/crops more than there is: \[3\] by \[-4,2\]/, () => sg.pad(f.v3, [-4, 2])),
  ],
  indexSelect: [
    ...badDim((x, dim) => sg.indexSelect(x, dim, f.int3)),
    dtype(/index must be int32: got float32/, () => sg.indexSelect(f.m23, 0, f.v3)),
    shape(/index must be a vector: got \[2,3\]/, () => sg.indexSelect(f.m23, 0, f.int23)),
    shape(/a scalar has no dim/, () => sg.indexSelect(f.scalar, 0, f.int3)),
    late(
      index(/must lie in \[0, 1\]: got 2 at position 2/, () => sg.indexSelect(f.m23, 0, f.int3)),
    ),
  ],
  gather: [
    ...badDim((x, dim) => sg.gather(x, dim, f.int23)),
    dtype(/index must be int32: got bool/, () => sg.gather(f.v3, 0, f.bool3)),
    shape(/got \[2,3\] and \[3\]/, () => sg.gather(f.m23, 0, f.int3)),
    shape(/but for dim 1, at most its sizes/, () => sg.gather(f.m13, 1, f.int23)),
    late(index(/must lie in \[0, 2\]: got -7 at position 4/, () => sg.gather(f.m23, 1, f.int23))),
  ],
  scatterAdd: [
    ...badDim((x, dim) => sg.scatterAdd(x, dim, f.int23, f.m23)),
    dtype(/index must be int32/, () => sg.scatterAdd(f.v3, 0, f.v3, f.v3)),
    dtype(/src must be int32, as x is: got float32/, () => sg.scatterAdd(f.int3, 0, f.int3, f.v3)),
    shape(/src must cover index: got \[3\] and \[5\]/, () => sg.scatterAdd(f.v5, 0, f.int5, f.v3)),
    late(index(/got 9 at position 2/, () => sg.scatterAdd(f.v3, 0, f.int5, f.v5))),
  ],
  embedding: [
    dtype(/index must be int32: got float32/, () => sg.embedding(f.v3, f.m23)),
    shape(/weight must be \[num, dim\]: got \[3\]/, () => sg.embedding(f.int3, f.v3)),
    index(/paddingIdx must lie in \[-2, 1\]: got 2/, () =>
      sg.embedding(f.int3, f.m23, { paddingIdx: 2 }),
    ),
    late(index(/must lie in \[0, 3\]: got 9 at position 2/, () => sg.embedding(f.int5, f.m45))),
    late(
      index(/must lie in \[0, 3\]: got 9 at position 2/, () =>
        sg.embedding(f.int5, f.m45, { scaleGradByFreq: true }),
      ),
    ),
  ],
  oneHot: [
    dtype(/index must be int32: got float32/, () => sg.oneHot(f.v3, 3)),
    value(/classes must be an integer >= 1: got 0/, () => sg.oneHot(f.int3, 0)),
    value(/classes must be an integer >= 1: got -5/, () => sg.oneHot(f.int3, -5)),
    late(index(/must lie in \[0, Infinity\]: got -7 at position 4/, () => sg.oneHot(f.int23))),
    value(/classes must be given where x has no elements/, () => sg.oneHot(none)),
    late(index(/must lie in \[0, 1\]: got 2 at position 2/, () => sg.oneHot(f.int3, 2))),
    late(index(/must lie in \[0, 2\]: got -7 at position 4/, () => sg.oneHot(f.int23, 3))),
  ],
};

export const shapeRefusals: readonly Refusals[] = [
  ...[arithmetic, reductions, moreReductions, views, moves],
];
