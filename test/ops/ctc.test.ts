// ctcLoss beyond its reference values: its gradient by differences, what has none, and what it leaves.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import {
  ctcLoss,
  grad,
  GradError,
  logSoftmax,
  memory,
  type Tensor,
  tensor,
} from "../../src/index.js";

const inputs = [5, 4];
const labels = [2, 1];
const targets = tensor([[1, 1], [2, 0]], { dtype: "int32" }); // prettier-ignore

function logits(): Tensor {
  const values = Float32Array.from({ length: 5 * 2 * 3 }, (_, i) => ((i * 7) % 11) / 5 - 1);
  return tensor(values, { shape: [5, 2, 3], requiresGrad: true });
}
const loss = (x: Tensor, options: sg.CtcOptions = {}): Tensor =>
  ctcLoss(logSoftmax(x, 2), targets, inputs, labels, options);

describe("ctcLoss", () => {
  it("has the gradient that differences give, through logSoftmax", () => {
    for (const reduction of ["mean", "sum", "none"] as const) {
      expect(sg.gradcheck((x) => loss(x, { reduction }), [logits()])).toBe(true);
    }
    const scattered = (x: Tensor): Tensor => loss(x.transpose(0, 1).contiguous().transpose(0, 1));
    expect(sg.gradcheck(scattered, [logits()])).toBe(true);
  });

  it("takes lengths as tensors, and padded or joined targets", () => {
    const x = logits();
    const joined = tensor([1, 1, 2], { dtype: "int32" });
    const other = ctcLoss(logSoftmax(x, 2), joined, tensor(inputs).int(), tensor(labels).int());
    expect(other.item()).toBe(loss(x).item());
  });

  it("differentiates its gradient by what came in: each sequence has its own", () => {
    const x = logSoftmax(logits(), 2).detach();
    x.requiresGrad = true;
    const dy = tensor([0.5, -2], { requiresGrad: true });
    const out = ctcLoss(x, targets, inputs, labels, { reduction: "none" });
    const [dx] = grad([out], [x], { gradOutputs: [dy], createGraph: true });
    const v = sg.arange(30).reshape([5, 2, 3]);
    const along = dx!.mul(v).sum([0, 2]).detach().toArray() as number[]; // dy times what is asked for
    const [slope] = grad([dx!.mul(v).sum()], [dy]);
    expect(slope!.toArray()).toEqual(
      [0.5, -2].map((d, i) => expect.closeTo(along[i]! / d, 4) as number),
    );
  });

  it("refuses a second derivative by name", () => {
    const x = logits();
    const [dx] = grad(loss(x), [x], { createGraph: true });
    expect(() => dx!.square().sum().backward()).toThrow(GradError);
    expect(() => grad(grad(loss(x), [x], { createGraph: true })[0]!.sum(), [x])).toThrow(
      "[ctcLoss] has no second derivative",
    );
  });

  it("leaves nothing but the gradient", () => {
    const x = logits();
    const run = (): void => {
      const logp = logSoftmax(x, 2);
      const out = ctcLoss(logp, targets, inputs, labels);
      out.backward();
      for (const t of [logp, out]) t.dispose();
      x.grad = null;
    };
    run();
    const before = memory().handles;
    run();
    expect(memory().handles).toBe(before);
  });
});
