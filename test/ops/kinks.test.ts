// Slopes at points that have none, where they are a matter of choice and not PyTorch's.
import { expect, it } from "vitest";
import { atan2, tensor } from "../../src/index.js";

it("atan2 has slopes of 0 at the origin", () => {
  const y = tensor([0, 0], { requiresGrad: true });
  const x = tensor([0, 1], { requiresGrad: true });
  atan2(y, x).sum().backward();
  expect(y.grad!.toArray()).toEqual([0, 1]);
  expect(x.grad!.toArray()).toEqual([0, -0]);
});
