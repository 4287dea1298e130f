// What the tables of ops don't say of indexing: views, repeated places, refusals that must leave x alone.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";

const { slice } = sg;

describe("at", () => {
  it("gives views of numbers, slices and new dims, and copies of the rest", () => {
    const x = sg.zeros([3, 4]);
    sg.noGrad(() => x.at(1, slice(1, null, 2)).fill_(5));
    expect(x.toArray()).toEqual([[0, 0, 0, 0], [0, 5, 0, 5], [0, 0, 0, 0]]); // prettier-ignore
    x.at([1]).fill_(9);
    expect(x.at(1, 1).item()).toBe(5);
  });

  it("adds up the gradients of repeated indices", () => {
    const x = sg.tensor([1, 2, 3], { requiresGrad: true });
    x.at([0, -1, 0]).sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 0, 1]);
  });
});

describe("setAt", () => {
  it("keeps the last of repeated places, which alone gets a gradient", () => {
    const v = sg.tensor([1, 2, 3], { requiresGrad: true });
    const x = sg.zeros([2]).setAt([[0, 1, 0]], v);
    expect(x.toArray()).toEqual([3, 2]);
    x.sum().backward();
    expect(v.grad!.toArray()).toEqual([0, 1, 1]);
  });

  it("writes through any strides", () => {
    const x = sg.zeros([4, 3, 5]);
    const view = x.permute([2, 0, 1]).at("...", slice(0, 2)); // [5, 4, 2]
    view.setAt([[4, 1], slice(1, 3), [1, 0]], sg.tensor([[1, 2], [3, 4]])); // prettier-ignore
    expect([x.at(1, 1, 4).item(), x.at(2, 1, 4).item()]).toEqual([1, 2]);
    expect([x.at(1, 0, 1).item(), x.at(2, 0, 1).item(), x.sum().item()]).toEqual([3, 4, 10]);
  });

  it("reads what it overwrites first", () => {
    const x = sg.arange(5);
    x.setAt([slice(1)], x.at(slice(0, 4)));
    expect(x.toArray()).toEqual([0, 0, 1, 2, 3]);
  });

  it("writes nothing when an index is bad", () => {
    const x = sg.zeros([3, 2]);
    expect(() => x.setAt([[0, 3]], 1)).toThrow(sg.IndexError);
    expect(() => x.scatter_(0, sg.tensor(Int32Array.of(0, 3, 1, 1), { shape: [2, 2] }), 1)).toThrow(
      sg.IndexError,
    );
    expect(x.sum().item()).toBe(0);
  });

  it("scatter_ reads what it overwrites first", () => {
    const x = sg.arange(5);
    x.scatter_(0, sg.tensor(Int32Array.of(1, 2, 3, 4)), x.at(slice(0, 4)));
    expect(x.toArray()).toEqual([0, 0, 1, 2, 3]);
    const places = sg.tensor(Int32Array.of(1, 2, 0));
    places.scatter_(0, places, sg.tensor(Int32Array.of(7, 8, 9)));
    expect(places.toArray()).toEqual([9, 7, 8]);
  });

  it("converts values to x's dtype", () => {
    const x = sg.zeros([2, 2], { dtype: "int32" });
    expect(x.setAt([0], sg.tensor([1.7, -2.2])).toArray()).toEqual([[1, -2], [0, 0]]); // prettier-ignore
    const mask = sg.zeros([2], { dtype: "bool" });
    expect(mask.setAt([-1], sg.tensor(true)).toArray()).toEqual([false, true]);
  });
});

describe("searchsorted", () => {
  it("compares whole numbers with int32 exactly, and others as float32", () => {
    const sorted = sg.tensor([16777216, 16777217, 16777218], { dtype: "int32" });
    expect(sg.searchsorted(sorted, 16777217).item()).toBe(1);
    expect(sg.searchsorted(sorted, 16777217, { right: true }).item()).toBe(2);
    expect(sg.searchsorted(sg.tensor([0, 7], { dtype: "int32" }), 2 ** 31).item()).toBe(2);
  });
});

describe("nn.Embedding", () => {
  it("takes a table, which stays as it is unless thawed", () => {
    const table = sg.tensor([[1, 2], [3, 4]]); // prettier-ignore
    const frozen = sg.nn.Embedding.fromPretrained(table);
    expect(frozen.weight.requiresGrad).toBe(false);
    const thawed = sg.nn.Embedding.fromPretrained(table, { freeze: false, paddingIdx: 0 });
    thawed.forward(sg.tensor(Int32Array.of(0, 1))).sum().backward(); // prettier-ignore
    expect(thawed.weight.grad!.toArray()).toEqual([[0, 0], [1, 1]]); // prettier-ignore
    expect(thawed.weight.toArray()).toEqual(table.toArray());
  });

  it("EmbeddingBag takes one, too, with its own options", () => {
    const table = sg.tensor([[1, 2], [3, 4]]); // prettier-ignore
    const ids = sg.tensor(Int32Array.of(0, 1, 1)).reshape([1, 3]);
    const frozen = sg.nn.EmbeddingBag.fromPretrained(table);
    expect(frozen.weight.requiresGrad).toBe(false);
    expect(frozen.forward(ids.narrow(1, 0, 2)).toArray()).toEqual([[2, 3]]);
    const thawed = sg.nn.EmbeddingBag.fromPretrained(table, { freeze: false, mode: "sum" });
    const y = thawed.forward(ids);
    expect(y.toArray()).toEqual([[7, 10]]);
    y.sum().backward();
    expect(thawed.weight.grad!.toArray()).toEqual([[1, 1], [2, 2]]); // prettier-ignore
    expect(table.toArray()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    expect(() => sg.nn.EmbeddingBag.fromPretrained(sg.ones([2, 2, 2]))).toThrow(sg.ShapeError);
    expect(() => sg.nn.Embedding.fromPretrained(sg.ones([2]))).toThrow(sg.ShapeError);
  });

  it("EmbeddingBag shortens the padding's row, too, where ids name it, as PyTorch does", () => {
    const weight = sg.tensor([[3, 4], [6, 8], [0, 1], [0, 9]]); // prettier-ignore
    const bag = new sg.nn.EmbeddingBag(4, 2, { maxNorm: 1, paddingIdx: 0, weight });
    const ids = sg.tensor(Int32Array.of(0, 1)).reshape([1, 2]);
    bag.forward(ids);
    const rows = bag.weight.toArray() as number[][];
    expect(rows.map((row) => Math.hypot(...row).toFixed(5))).toEqual(
      ["1.00000", "1.00000", "1.00000", "9.00000"], // prettier-ignore
    );
  });
});
