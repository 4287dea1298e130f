// Printing: what String(x), util.inspect and console.log show.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { arange, nn, randn, type Tensor, tensor, zeros } from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";

const cases: [string, () => Tensor, string][] = [
  ["a scalar", () => tensor(3.14159), "tensor(3.1416, shape=[], dtype=float32)"],
  ["a whole scalar", () => tensor(-2), "tensor(-2., shape=[], dtype=float32)"],
  ["an int32 scalar", () => tensor(7, { dtype: "int32" }), "tensor(7, shape=[], dtype=int32)"],
  ["a bool scalar", () => tensor(true), "tensor(true, shape=[], dtype=bool)"],
  ["no elements", () => zeros([0]), "tensor([], shape=[0], dtype=float32)"],
  ["no rows", () => zeros([2, 0, 3]), "tensor([], shape=[2,0,3], dtype=float32)"],
  ["a vector", () => tensor([1, -2.5, 10]), "tensor([ 1.0000, -2.5000, 10.0000], shape=[3], dtype=float32)"],
  ["whole numbers", () => tensor([1, -2, 10]), "tensor([ 1., -2., 10.], shape=[3], dtype=float32)"],
  ["int32", () => arange(-1, 2), "tensor([-1,  0,  1], shape=[3], dtype=int32)"],
  ["bool", () => tensor([true, false]), "tensor([ true, false], shape=[2], dtype=bool)"],
  ["what is no number", () => tensor([NaN, Infinity, -Infinity, -0]), "tensor([ nan,  inf, -inf,  -0.], shape=[4], dtype=float32)"],
  ["nothing finite", () => tensor([NaN]), "tensor([nan], shape=[1], dtype=float32)"],
  ["small numbers", () => tensor([1e-6, 2]), "tensor([1.0000e-6, 2.0000e+0], shape=[2], dtype=float32)"],
  ["large numbers", () => tensor([1e9, 0.5]), "tensor([1.0000e+9, 5.0000e-1], shape=[2], dtype=float32)"],
  ["large whole numbers", () => tensor([2 ** 26, 1]), "tensor([67108864.,        1.], shape=[2], dtype=float32)"],
  ["zeros beside small numbers", () => tensor([0, 0.25]), "tensor([0.0000, 0.2500], shape=[2], dtype=float32)"],
  ["what learns", () => tensor([1], { requiresGrad: true }), "tensor([1.], shape=[1], dtype=float32, requiresGrad=true)"],
  ["a result", () => tensor([1], { requiresGrad: true }).mul(2), "tensor([2.], shape=[1], dtype=float32, requiresGrad=true)"],
  ["a parameter", () => new nn.Parameter(zeros([1])), "tensor([0.], shape=[1], dtype=float32, requiresGrad=true)"],
  ["a matrix", () => tensor([[1, 2], [3, 40]]), `
tensor([[ 1.,  2.],
        [ 3., 40.]], shape=[2,2], dtype=float32)`],
  ["a transposed view", () => arange(6).reshape([2, 3]).t(), `
tensor([[0, 3],
        [1, 4],
        [2, 5]], shape=[3,2], dtype=int32)`],
  ["a reversed, expanded view", () => arange(3).slice(2, null, { step: -1 }).expand([2, 3]), `
tensor([[2, 1, 0],
        [2, 1, 0]], shape=[2,3], dtype=int32)`],
  ["three dims", () => arange(8).reshape([2, 2, 2]), `
tensor([[[0, 1],
         [2, 3]],

        [[4, 5],
         [6, 7]]], shape=[2,2,2], dtype=int32)`],
  ["a long vector, elided", () => arange(2000), "tensor([   0,    1,    2, ..., 1997, 1998, 1999], shape=[2000], dtype=int32)"],
  ["a large matrix, elided", () => arange(10_000).reshape([100, 100]), `
tensor([[   0,    1,    2, ...,   97,   98,   99],
        [ 100,  101,  102, ...,  197,  198,  199],
        [ 200,  201,  202, ...,  297,  298,  299],
        ...,
        [9700, 9701, 9702, ..., 9797, 9798, 9799],
        [9800, 9801, 9802, ..., 9897, 9898, 9899],
        [9900, 9901, 9902, ..., 9997, 9998, 9999]], shape=[100,100], dtype=int32)`],
  ["a large view, elided", () => arange(1200).reshape([2, 600]).slice(1, null, { step: -1 }).t(), `
tensor([[ 600,    0],
        [ 601,    1],
        [ 602,    2],
        ...,
        [1197,  597],
        [1198,  598],
        [1199,  599]], shape=[600,2], dtype=int32)`],
  ["rows wider than 80 columns", () => arange(40), `
tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,
        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
        36, 37, 38, 39], shape=[40], dtype=int32)`],
]; // prettier-ignore

describe("a tensor prints", () => {
  it.each(cases)("%s", (_, make, text) => {
    const x = make();
    const before = handleCount();
    expect(String(x)).toBe(text.trimStart());
    expect(handleCount()).toBe(before);
    expect(inspect(x)).toBe(text.trimStart());
    expect(`${x}`).toBe(x.toString()); // eslint-disable-line @typescript-eslint/restrict-template-expressions
  });

  it("once disposed of", () => {
    const x = zeros([2]);
    x.dispose();
    expect(String(x)).toBe("tensor(disposed, shape=[2])");
  });

  it("inside of other values, indented by Node", () => {
    expect(inspect({ x: tensor([[1], [2]]) })).toBe(
      "{\n  x: tensor([[1.],\n          [2.]], shape=[2,1], dtype=float32)\n}",
    );
  });

  it("within 80 columns, but for the shape at the end", () => {
    const x = randn([3, 40]).mul(1e6);
    for (const y of [x, x.mul(1e6), randn([40, 40]).mul(1e12), x.gt(0), tensor([1e30, 1e-30])]) {
      const lines = String(y).split("\n");
      for (const line of lines) expect(line.replace(/, shape=.*/, "").length).toBeLessThan(81);
    }
  });
});
