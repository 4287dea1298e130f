// Points at which a choice decides, or float32, so that the references (float64) say something else.
import { expect, it } from "vitest";
import { atan2, interpolate, tensor } from "../../src/index.js";

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
