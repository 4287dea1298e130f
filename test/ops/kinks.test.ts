// Points at which a choice decides, or float32, so that the references (float64) say something else.
import { expect, it } from "vitest";
import { atan2, interpolate, pow, type Tensor, tensor } from "../../src/index.js";

it("atan2 has slopes of 0 at the origin", () => {
  const y = tensor([0, 0], { requiresGrad: true });
  const x = tensor([0, 1], { requiresGrad: true });
  atan2(y, x).sum().backward();
  expect(y.grad!.toArray()).toEqual([0, 1]);
  expect(x.grad!.toArray()).toEqual([0, -0]);
});

it("interpolate finds the nearest pixel in float32, as PyTorch does with float32 images", () => {
  const x = tensor([[[1, 2]]], { requiresGrad: true });
  const y = interpolate(x, { size: 41, mode: "nearest-exact" });
  expect(y.at(0, 0, 20).item()).toBe(1); // 20.5 * 2 / 41 is 1, but less in float32
  y.sum().backward();
  expect(x.grad!.toArray()).toEqual([[[21, 20]]]);
});

it("pow of a few numbers is the op that computes it, as in PyTorch, also where C99 says something else", () => {
  const direct: [number, (x: Tensor) => Tensor][] = [
    [-1, (x) => x.reciprocal()],
    [-0.5, (x) => x.rsqrt()],
    [0.5, (x) => x.sqrt()],
    [2, (x) => x.square()],
    [3, (x) => x.square().mul(x)],
  ];
  for (const [s, op] of direct) {
    const values = [-0, 0, -Infinity, Infinity, NaN, -2, 1.7, 3.3e-20, 7e12];
    const [x, z] = [1, 2].map(() => tensor(values, { requiresGrad: true })) as [Tensor, Tensor];
    const [y, expected] = [pow(x, s), op(z)];
    expect(y.toArray()).toEqual(expected.toArray());
    y.sum().backward();
    expected.sum().backward();
    expect(x.grad!.toArray()).toEqual(z.grad!.toArray());
  }
});
