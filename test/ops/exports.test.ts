// Every export of the library has a row in the tests' table, and every row is of an export.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import { Tensor } from "../../src/index.js";
import { op } from "./case.js";
import { lists } from "./families/index.js";
import { differentiable, inPlace, others, underivable } from "./table.js";

/** Members of a tensor that are no ops. */
const members = [
  ...["constructor", "shape", "ndim", "numel", "buffer", "address", "requiresGrad", "isLeaf"],
  ...["grad", "isDisposed", "dispose", "toString"],
];
/** Methods that differ from the function by name, or that stand for a call of another one. */
const renamed: Record<string, string> = {
  ...{ var: "variance", float: "to", int: "to", bool: "to" },
  ...{ T: "permute", mT: "transpose" },
};
/** Functions with a tensor first that are no methods: their first operand is one among several. */
const functionsOnly = [
  ...["linear", "conv2d", "embedding", "avgPool2d", "maxPool2d", "batchNorm", "layerNorm"],
  ...["crossEntropy", "nllLoss", "mseLoss", "l1Loss", "bceWithLogits"],
  ...["emptyLike", "fullLike", "onesLike", "zerosLike", "randLike", "randnLike", "randintLike"],
  // PyTorch's tensors have no such methods either, and each page would download them.
  ...[
    "pad",
    "hardtanh",
    "relu6",
    "hardsigmoid",
    "hardswish",
    "selu",
    "celu",
    "glu",
    "rrelu",
    "mish",
  ],
  ...["softsign", "tanhshrink", "softshrink", "threshold", "logsigmoid", "softmin"],
  ...lists("functionsOnly"),
];
const methods = Object.getOwnPropertyNames(Tensor.prototype).filter((m) => !members.includes(m));

describe("the table of ops", () => {
  it("has each export once", () => {
    const listed = [...Object.keys(differentiable), ...Object.keys(underivable), ...others];
    expect(listed.sort()).toEqual(Object.keys(sg).sort());
  });

  it("has each in-place method, and only methods", () => {
    expect(Object.keys(inPlace).sort()).toEqual(methods.filter((m) => m.endsWith("_")).sort());
  });

  it("has each method as a function", () => {
    const lonely = methods
      .filter((m) => !m.endsWith("_"))
      .filter((m) => typeof op(renamed[m] ?? m) !== "function");
    expect(lonely).toEqual([]);
  });
});

describe("an op as a method equals the op as a function", () => {
  const ops = Object.entries({ ...differentiable, ...underivable });

  it.each(ops)("%s", (name, cases) => {
    const method = name === "variance" ? "var" : name;
    for (const { inputs, args } of cases) {
      const x = inputs.map((make, i) => make(i));
      const given = args(x);
      if (!(given[0] instanceof Tensor) || functionsOnly.includes(name)) continue;
      // Arguments may hold a generator: each call has its own.
      const [first, ...rest] = args(x) as [Tensor, ...unknown[]];
      const call = (first as unknown as Record<string, unknown>)[method];
      expect(typeof call, `x.${method}`).toBe("function");
      const found = (call as (...a: unknown[]) => unknown).apply(first, rest);
      expect(plain(found)).toEqual(plain(op(name)(...given)));
    }
  });

  it("T reverses the dims, mT swaps the last two", () => {
    const x = sg.arange(24).reshape([2, 3, 4]);
    expect(x.T.toArray()).toEqual(x.permute([2, 1, 0]).toArray());
    expect(x.mT.toArray()).toEqual(x.transpose(1, 2).toArray());
    expect(sg.tensor([1, 2]).T.shape).toEqual([2]);
    expect(() => sg.tensor([1, 2]).mT).toThrow(sg.IndexError);
  });

  it("float, int and bool are `to`; max and min without a dim reduce all", () => {
    const x = sg.tensor([[0, 1.5, -2.7]]);
    expect(x.int().toArray()).toEqual([[0, 1, -2]]);
    expect(x.bool().toArray()).toEqual([[false, true, true]]);
    expect(x.int().float().toArray()).toEqual([[0, 1, -2]]);
    expect([x.max().item(), x.min().item()]).toEqual([1.5, Math.fround(-2.7)]);
  });
});

/** A result as plain data. */
function plain(value: unknown): unknown {
  if (value instanceof Tensor) return [value.shape, value.dtype, value.toArray()];
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.entries(value).map(([key, v]) => [key, plain(v)]);
}
