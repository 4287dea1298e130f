// Scalars and tensors without elements through every op: no error where there is none to make, and
// the right shape.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import type { DType } from "../../src/index.js";
import { op, tensorsIn } from "./case.js";
import { E, type Edges, ids, s, watching, yes } from "./edge.js";
import { merged } from "./families/index.js";
import { differentiable, underivable } from "./table.js";

const unary = [
  ...["abs", "ceil", "clamp", "cos", "elu", "erf", "exp", "expm1", "floor", "gelu", "leakyRelu"],
  ...["log", "log1p", "neg", "reciprocal", "relu", "round", "rsqrt", "sigmoid", "sign", "silu"],
  ...["sin", "softplus", "sqrt", "square", "tan", "tanh", "trunc", "clone", "contiguous", "detach"],
  ...["logicalNot", "isnan", "isinf", "isfinite", "dropout"],
  ...["zerosLike", "onesLike", "emptyLike", "randLike", "randnLike"],
];
const binary = [
  ...["add", "sub", "mul", "div", "pow", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge"],
  ...["logicalAnd", "logicalOr", "logicalXor"],
];
const folds = ["sum", "mean", "any", "all", "variance", "std", "logsumexp"];
const extremes = ["amax", "amin", "argmax", "argmin"];

/** Calls with the shapes of their results. */
const edges: Edges = {
  ...merged("edges"),
  ...Object.fromEntries(
    unary.map((name) => [
      name,
      [
        [() => op(name)(s()), []],
        [() => op(name)(E(0, 3)), [0, 3]],
      ],
    ]),
  ),
  ...Object.fromEntries(
    binary.map((name) => [
      name,
      [
        [() => op(name)(s(), s()), []],
        [() => op(name)(s(), E(0)), [0]],
        [() => op(name)(E(0, 3), E(3)), [0, 3]],
        [() => op(name)(E(2, 0, 3), E(1, 1, 1)), [2, 0, 3]],
        [() => op(name)(E(1), E(3, 0)), [3, 0]],
      ],
    ]),
  ),
  ...Object.fromEntries(
    folds.map((name) => [
      name,
      [
        [() => op(name)(s()), []],
        [() => op(name)(s(), -1), []],
        [() => op(name)(s(), 0, { keepdim: true }), []],
        [() => op(name)(E(0)), []],
        [() => op(name)(E(0, 3), 0), [3]],
        [() => op(name)(E(0, 3), 1), [0]],
        [() => op(name)(E(2, 0, 3), [0, 2], { keepdim: true }), [1, 0, 1]],
      ],
    ]),
  ),
  ...Object.fromEntries(
    extremes.map((name) => [
      name,
      [
        [() => op(name)(s()), []],
        [() => op(name)(s(), 0), []],
        [() => op(name)(E(0, 3), 1), [0]],
        [() => op(name)(E(3, 0), 0, { keepdim: true }), [1, 0]],
      ],
    ]),
  ),
  max: [
    [() => sg.max(s()), []],
    [() => sg.max(s(), 0), [], []],
    [() => sg.max(E(0, 3), 1), [0], [0]],
  ],
  min: [
    [() => sg.min(s()), []],
    [() => sg.min(s(), -1), [], []],
    [() => sg.min(E(0, 3), 1), [0], [0]],
  ],
  where: [
    [() => sg.where(yes(), s(), 1), []],
    [() => sg.where(yes(0, 1), E(3), s()), [0, 3]],
    [() => sg.where(yes(2), 1, 2), [2]],
  ],
  softmax: [
    [() => sg.softmax(s(), 0), []],
    [() => sg.softmax(E(0, 3), 0), [0, 3]],
  ],
  logSoftmax: [
    [() => sg.logSoftmax(s(), -1), []],
    [() => sg.logSoftmax(E(2, 0), 1), [2, 0]],
  ],
  matmul: [
    [() => sg.matmul(E(0, 3), E(3, 2)), [0, 2]],
    [() => sg.matmul(E(2, 0), E(0, 3)), [2, 3]],
    [() => sg.matmul(E(0), E(0)), []],
    [() => sg.matmul(E(0, 2, 3), E(3, 4)), [0, 2, 4]],
  ],
  linear: [
    [() => sg.linear(E(0, 3), E(2, 3), E(2)), [0, 2]],
    [() => sg.linear(E(2, 0), E(3, 0)), [2, 3]],
  ],
  conv2d: [[() => sg.conv2d(E(0, 2, 4, 4), E(3, 2, 2, 2), E(3)), [0, 3, 3, 3]]],
  maxPool2d: [[() => sg.maxPool2d(E(0, 2, 4, 4), 2), [0, 2, 2, 2]]],
  avgPool2d: [[() => sg.avgPool2d(E(0, 2, 4, 4), 2), [0, 2, 2, 2]]],
  batchNorm: [[() => sg.batchNorm(E(0, 3), E(3), E(3), E(3), E(3)), [0, 3]]],
  layerNorm: [
    [() => sg.layerNorm(E(0, 3), 3, E(3), E(3)), [0, 3]],
    [() => sg.layerNorm(E(3, 0), 0), [3, 0]],
  ],
  reshape: [
    [() => sg.reshape(s(), [1, 1]), [1, 1]],
    [() => sg.reshape(E(0, 3), [3, 0, 2]), [3, 0, 2]],
    [() => sg.reshape(E(0, 3), [-1, 5]), [0, 5]],
    [() => sg.reshape(E(1), []), []],
  ],
  flatten: [
    [() => sg.flatten(s()), [1]],
    [() => sg.flatten(E(2, 0, 3), 1), [2, 0]],
  ],
  permute: [
    [() => sg.permute(s(), []), []],
    [() => sg.permute(E(0, 3), [1, 0]), [3, 0]],
  ],
  t: [
    [() => sg.t(s()), []],
    [() => sg.t(E(0)), [0]],
    [() => sg.t(E(0, 3)), [3, 0]],
  ],
  transpose: [[() => sg.transpose(E(0, 3), 0, 1), [3, 0]]],
  squeeze: [
    [() => sg.squeeze(s()), []],
    [() => sg.squeeze(s(), 0), []],
    [() => sg.squeeze(E(1, 0)), [0]],
  ],
  unsqueeze: [
    [() => sg.unsqueeze(s(), 0), [1]],
    [() => sg.unsqueeze(E(0), -1), [0, 1]],
  ],
  expand: [
    [() => sg.expand(s(), []), []],
    [() => sg.expand(s(), [0, 2]), [0, 2]],
    [() => sg.expand(E(1, 3), [0, 3]), [0, 3]],
  ],
  narrow: [
    [() => sg.narrow(E(3), 0, 3, 0), [0]],
    [() => sg.narrow(E(0), 0, 0, 0), [0]],
  ],
  select: [
    [() => sg.select(E(3), 0, -1), []],
    [() => sg.select(E(3, 0), 0, 1), [0]],
  ],
  slice: [
    [() => sg.slice(E(3), 2, 1), [0]],
    [() => sg.slice(E(0), null, null, { step: -1 }), [0]],
  ],
  split: [
    [() => sg.split(E(0, 2), 2), [0, 2]],
    [() => sg.split(E(3), [0, 3, 0]), [0], [3], [0]],
    // Their product is beyond 2^30, but no tensor has that shape.
    [() => sg.split(sg.zeros([80_000]), [40_000, 40_000]), [40_000], [40_000]],
  ],
  chunk: [
    [() => sg.chunk(E(0, 2), 2), [0, 2], [0, 2]],
    [() => sg.chunk(E(3), 5), [1], [1], [1]],
  ],
  unbind: [[() => sg.unbind(E(2, 0)), [0], [0]], [() => sg.unbind(E(0, 2))]],
  to: [
    [() => sg.to(s(), "int32"), []],
    [() => sg.to(E(0), "bool"), [0]],
  ],
  cat: [
    [() => sg.cat([E(0, 2), E(3, 2)]), [3, 2]],
    [() => sg.cat([E(2, 0), E(2, 0)], 1), [2, 0]],
  ],
  stack: [
    [() => sg.stack([s(), s()]), [2]],
    [() => sg.stack([E(0), E(0)], 1), [0, 2]],
  ],
  pad: [
    [() => sg.pad(s(), []), []],
    [() => sg.pad(E(0), [1, 2]), [3]],
    [() => sg.pad(E(3), [-3, 0]), [0]],
  ],
  gather: [
    [() => sg.gather(s(), 0, ids()), []],
    [() => sg.gather(E(3, 2), 0, ids(0, 2)), [0, 2]],
    [() => sg.gather(E(0, 2), 1, ids(0, 5)), [0, 5]],
  ],
  indexSelect: [
    [() => sg.indexSelect(E(3), 0, ids(0)), [0]],
    [() => sg.indexSelect(E(3, 0), 0, ids()), [1, 0]],
  ],
  embedding: [
    [() => sg.embedding(ids(), E(3, 2)), [2]],
    [() => sg.embedding(ids(0, 2), E(3, 2)), [0, 2, 2]],
  ],
  scatterAdd: [[() => sg.scatterAdd(E(3, 2), 0, ids(0, 2), E(0, 2)), [3, 2]]],
  oneHot: [
    [() => sg.oneHot(ids(), 3), [3]],
    [() => sg.oneHot(ids(0, 2), 3), [0, 2, 3]],
  ],
  crossEntropy: [
    [() => sg.crossEntropy(E(3), ids()), []],
    [() => sg.crossEntropy(E(0, 3), ids(0)), []],
    [() => sg.crossEntropy(E(0, 3), ids(0), { reduction: "none" }), [0]],
    [() => sg.crossEntropy(E(2, 3, 0), ids(2, 0), { reduction: "none" }), [2, 0]],
    [() => sg.crossEntropy(E(0, 3), E(0, 3)), []],
  ],
  nllLoss: [[() => sg.nllLoss(E(0, 3), ids(0), { reduction: "sum" }), []]],
  mseLoss: [
    [() => sg.mseLoss(s(), s()), []],
    [() => sg.mseLoss(E(0), E(0), { reduction: "none" }), [0]],
  ],
  l1Loss: [
    [() => sg.l1Loss(s(), s()), []],
    [() => sg.l1Loss(E(0), E(0)), []],
  ],
  bceWithLogits: [
    [() => sg.bceWithLogits(s(), s()), []],
    [() => sg.bceWithLogits(E(0), E(0)), []],
  ],
  arange: [
    [() => sg.arange(0), [0]],
    [() => sg.arange(3, 3), [0]],
  ],
  linspace: [
    [() => sg.linspace(0, 1, 0), [0]],
    [() => sg.linspace(0, 1, 1), [1]],
  ],
  eye: [
    [() => sg.eye(0), [0, 0]],
    [() => sg.eye(0, 3), [0, 3]],
  ],
  tensor: [
    [() => sg.tensor([]), [0]],
    [() => sg.tensor([[], []]), [2, 0]],
    [() => sg.tensor(new Float32Array(0), { shape: [0, 3] }), [0, 3]],
    [() => sg.tensor(true), []],
  ],
  ...Object.fromEntries(
    ["zeros", "ones", "empty", "rand", "randn"].map((name) => [
      name,
      [
        [() => op(name)([]), []],
        [() => op(name)([2, 0]), [2, 0]],
      ],
    ]),
  ),
  full: [
    [() => sg.full([], 2), []],
    [() => sg.full([0], 2), [0]],
  ],
  fullLike: [[() => sg.fullLike(E(0), 1), [0]]],
  uniform: [[() => sg.uniform([0], 0, 1), [0]]],
  normal: [[() => sg.normal(0, 1, []), []]],
  bernoulli: [[() => sg.bernoulli([0], 0.5), [0]]],
  randint: [[() => sg.randint(0, 2, [0, 3]), [0, 3]]],
  randintLike: [[() => sg.randintLike(s(), 0, 2), []]],
  randperm: [
    [() => sg.randperm(0), [0]],
    [() => sg.randperm(1), [1]],
  ],
};

/** Ops whose results are no tensors. */
const readings = ["item", "toArray", "toTypedArray", "saveSafetensors"];

describe("scalars and tensors without elements", () => {
  it("go through every op", () => {
    const ops = Object.keys({ ...differentiable, ...underivable });
    expect([...Object.keys(edges), ...readings].sort()).toEqual(ops.sort());
  });

  it.each(Object.entries(edges))("%s", (_, list) => {
    for (const [call, ...shapes] of list) {
      const found = tensorsIn(call());
      expect(
        found.map((t) => [...t.shape]),
        String(call),
      ).toEqual(shapes);
      for (const t of found) expect(t.toTypedArray().length).toBe(t.numel());
    }
  });

  it.each(Object.entries(edges).filter(([name]) => name in differentiable))(
    "%s has gradients there, too",
    (name, list) => {
      for (const [call] of list) {
        const given = watching(() => {
          for (const t of tensorsIn(call())) {
            if (t.requiresGrad) t.backward(sg.onesLike(t), { retainGraph: true });
          }
        });
        for (const x of given) {
          if (x.grad !== null) expect(x.grad.shape, `${name}: ${String(call)}`).toEqual(x.shape);
        }
      }
    },
  );

  it("read out as nothing, or as a number", () => {
    expect(E(2, 0).toArray()).toEqual([[], []]);
    expect(E(0, 2).toArray()).toEqual([]);
    expect([s().toArray(), s().item(), yes().toArray(), yes().item()]).toEqual([
      0.5,
      0.5,
      false,
      0,
    ]);
    expect(E(0).toTypedArray()).toEqual(new Float32Array(0));
    const state = sg.loadSafetensors(sg.saveSafetensors({ none: E(2, 0), one: s() }));
    expect([state["none"]!.shape, state["one"]!.toArray()]).toEqual([[2, 0], 0.5]);
  });

  it("reduce to what no elements give", () => {
    const none = E(0);
    expect([none.sum().item(), none.mean().item(), none.var().item()]).toEqual([0, NaN, NaN]);
    expect([none.logsumexp().item(), none.all().item(), none.any().item()]).toEqual([
      -Infinity,
      1,
      0,
    ]);
    expect(E(2, 0).matmul(E(0, 2)).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const outOf = sg.crossEntropy(E(0, 3), ids(0));
    expect(outOf.item()).toBeNaN();
  });

  it("keep their dtypes", () => {
    for (const dtype of ["float32", "int32", "bool"] satisfies DType[]) {
      expect(sg.zeros([0], { dtype }).reshape([0, 2]).dtype).toBe(dtype);
      expect(sg.cat([sg.zeros([0], { dtype }), sg.zeros([0], { dtype })]).dtype).toBe(dtype);
    }
  });
});
