// Captured training steps against the same steps run eagerly: the same bits, step by step.
import { describe, expect, it } from "vitest";
import { capture, crossEntropy, manualSeed, randint, randn, type Tensor } from "../../src/index.js";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";

function network(): nn.Sequential {
  return new nn.Sequential(new nn.Linear(5, 7), new nn.ReLU(), new nn.Linear(7, 3));
}

describe("a captured step", () => {
  it("trains to the same bits", () => {
    const train = (captured: boolean): number[] => {
      manualSeed(3);
      const model = network();
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
      const step = (x: Tensor, y: Tensor): Tensor => {
        optimizer.zeroGrad();
        const loss = crossEntropy(model.forward(x), y);
        loss.backward();
        optimizer.step();
        return loss;
      };
      const run = captured ? capture(step) : step;
      const losses: number[] = [];
      for (let i = 0; i < 10; i++) losses.push(run(randn([4, 5]), randint(0, 3, [4])).item());
      const weights = [...model.parameters()].flatMap((p) => [...p.toTypedArray()]);
      const grads = [...model.parameters()].flatMap((p) => [...p.grad!.toTypedArray()]);
      return [...losses, ...weights, ...grads];
    };
    expect(train(true)).toEqual(train(false));
  });
});
