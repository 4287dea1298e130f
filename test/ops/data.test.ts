// Data in and out of tensors: what JavaScript hands over comes back the same.
import { describe, expect, it } from "vitest";
import { empty, emptyLike, ones, tensor } from "../../src/index.js";

describe("tensor", () => {
  it("takes the shape and the dtype of nested arrays", () => {
    const x = tensor([
      [1, -2.5, 3],
      [4, 5, 6],
    ]);
    expect([x.shape, x.dtype]).toEqual([[2, 3], "float32"]);
    expect([...x.toTypedArray()]).toEqual([1, -2.5, 3, 4, 5, 6]);
    expect(tensor([[true], [false]]).dtype).toBe("bool");
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
  });

  it("takes typed arrays by value, in another shape too", () => {
    const data = Int32Array.of(1, 2, 3, 4, 5, 6);
    const x = tensor(data, { shape: [3, 2] });
    data[0] = 9;
    expect(x.dtype).toBe("int32");
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it("rounds to float32, cuts to int32", () => {
    expect(tensor([0.1]).item()).toBe(Math.fround(0.1));
    expect(tensor([2.7, -2.7], { dtype: "int32" }).toArray()).toEqual([2, -2]);
    expect(tensor([0, -3], { dtype: "bool" }).toArray()).toEqual([false, true]);
  });
});

describe("readings", () => {
  it("item gives the one value, whatever the shape", () => {
    expect(tensor(-0.5).item()).toBe(-0.5);
    expect(tensor([[[7]]], { dtype: "int32" }).item()).toBe(7);
    expect(tensor([3, 4]).select(0, 1).item()).toBe(4);
    expect(tensor([NaN]).item()).toBeNaN();
  });

  it("toArray nests as the shape does, through views", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(x.t().toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(tensor(2).toArray()).toBe(2);
    expect(x.gt(3).toArray()).toEqual([
      [false, false, false],
      [true, true, true],
    ]);
    expect(x.narrow(0, 1, 0).toArray()).toEqual([]);
  });

  it("toTypedArray is row-major, a copy, and of the dtype", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const values = x.t().toTypedArray();
    expect(values).toEqual(Float32Array.of(1, 3, 2, 4));
    values[0] = 9;
    expect(x.toTypedArray()[0]).toBe(1);
    expect(x.int().toTypedArray()).toEqual(Int32Array.of(1, 2, 3, 4));
    expect(x.gt(2).toTypedArray()).toEqual(Uint8Array.of(0, 0, 1, 1));
  });
});

describe("empty", () => {
  it("holds zeros, in memory that was used before too", () => {
    ones([3, 5]).dispose();
    expect(empty([3, 5]).toTypedArray()).toEqual(new Float32Array(15));
    ones([7]).dispose();
    const x = emptyLike(tensor([1, 2, 3, 4, 5, 6, 7], { dtype: "int32" }));
    expect(x.toTypedArray()).toEqual(new Int32Array(7));
    expect(emptyLike(x, { dtype: "bool" }).toArray()).toEqual(Array(7).fill(false));
  });
});
