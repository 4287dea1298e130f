// What no TypeScript program says, but JavaScript may: values of another kind are refused by name.
import { describe, expect, it } from "vitest";
import { memory, nn, optim, rand, SimdgradError, type Tensor } from "../../src/index.js";

const x = rand([2, 1, 4]);
const attention = new nn.MultiheadAttention(4, 2);
const encoder = new nn.TransformerEncoderLayer(4, 2);
const sgd = new optim.SGD(new nn.Linear(2, 2).parameters());

/** Calls with a place for nonsense. */
const calls: Record<string, (value: never) => unknown> = {
  "MultiheadAttention, its query": (v) => attention.forward(v, x, x),
  "MultiheadAttention, its key": (v) => attention.forward(x, v, x),
  "TransformerEncoderLayer, its input": (v) => encoder.forward(v),
  "BatchNorm1d, its input": (v) => new nn.BatchNorm1d(2).forward(v),
  "BatchNorm2d, its input": (v) => new nn.BatchNorm2d(2).forward(v),
  "BatchNorm3d, its input": (v) => new nn.BatchNorm3d(2).forward(v),
  "summary, its shapes": (v) => nn.summary(new nn.Linear(2, 2), v),
  "SGD, its parameters": (v) => new optim.SGD(v),
  "clipGradNorm, its parameters": (v) => optim.clipGradNorm(v, 1),
  "ExponentialMovingAverage, its parameters": (v) => new optim.ExponentialMovingAverage(v),
  "ExponentialLR, its optimiser": (v) => new optim.ExponentialLR(v, 0.9),
  "LambdaLR, its functions": (v) => new optim.LambdaLR(sgd, v),
  "MultiStepLR, its milestones": (v) => new optim.MultiStepLR(sgd, v),
};

const nonsense = [null, 1.5, "x", {}, true] as unknown as Tensor[];

describe("nonsense is refused", () => {
  it.each(Object.entries(calls))("%s", (name, call) => {
    const op = name.split(",")[0]!;
    for (const value of nonsense) {
      const { handles } = memory();
      let caught: unknown = null;
      try {
        call(value as never);
      } catch (error) {
        caught = error;
      }
      expect(caught, `${op} of ${String(value)}`).toBeInstanceOf(SimdgradError);
      // A layer's own parameters are the collector's.
      if (!/BatchNorm|summary/.test(op)) expect(memory().handles).toBe(handles);
    }
  });
});
