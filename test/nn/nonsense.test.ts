// What no TypeScript program says, but JavaScript may: values of another kind are refused by name.
import { describe, expect, it } from "vitest";
import {
  capture,
  enableGrad,
  gradcheck,
  isGradEnabled,
  memory,
  nn,
  noGrad,
  optim,
  rand,
  saveSafetensors,
  SimdgradError,
  type Tensor,
  tidy,
  ValueError,
} from "../../src/index.js";
import { profile } from "../../src/inspect/index.js";

const x = rand([2, 1, 4]);
const attention = new nn.MultiheadAttention(4, 2);
const encoder = new nn.TransformerEncoderLayer(4, 2);
const linear = new nn.Linear(2, 2);
const leaf = rand([2], { requiresGrad: true });
const sgd = new optim.SGD(new nn.Linear(2, 2).parameters());

/** Calls with a place for nonsense. */
const calls: Record<string, (value: never) => unknown> = {
  "MultiheadAttention, its query": (v) => attention.forward(v, x, x),
  "MultiheadAttention, its key": (v) => attention.forward(x, v, x),
  "TransformerEncoderLayer, its input": (v) => encoder.forward(v),
  "BatchNorm1d, its input": (v) => new nn.BatchNorm1d(2).forward(v),
  "BatchNorm2d, its input": (v) => new nn.BatchNorm2d(2).forward(v),
  "BatchNorm3d, its input": (v) => new nn.BatchNorm3d(2).forward(v),
  "ModuleList, its modules": (v) => new nn.ModuleList(v),
  "Module, its function": (v) => linear.apply(v),
  "Module, its hooks": (v) => linear.registerForwardHook(v),
  "Module, its hooks before": (v) => linear.registerForwardPreHook(v),
  "Module, its state": (v) => linear.loadStateDict(v),
  "weightNorm, its module": (v) => nn.weightNorm(v),
  "spectralNorm, its module": (v) => nn.spectralNorm(v),
  "removeWeightNorm, its module": (v) => nn.removeWeightNorm(v),
  "xavierUniform_, its tensor": (v) => nn.init.xavierUniform_(v),
  "orthogonal_, its tensor": (v) => nn.init.orthogonal_(v),
  "fans, its shape": (v) => nn.init.fans(v),
  "summary, its model": (v) => nn.summary(v, [2]),
  "summary, its shapes": (v) => nn.summary(new nn.Linear(2, 2), v),
  "SGD, its parameters": (v) => new optim.SGD(v),
  "clipGradNorm, its parameters": (v) => optim.clipGradNorm(v, 1),
  "ExponentialMovingAverage, its parameters": (v) => new optim.ExponentialMovingAverage(v),
  "ExponentialLR, its optimiser": (v) => new optim.ExponentialLR(v, 0.9),
  "LambdaLR, its functions": (v) => new optim.LambdaLR(sgd, v),
  "tidy, its function": (v) => tidy(v),
  "noGrad, its function": (v) => noGrad(v),
  "enableGrad, its function": (v) => enableGrad(v),
  "capture, its function": (v) => capture(v),
  "gradcheck, its function": (v) => gradcheck(v, [leaf]),
  "profile, its function": (v) => profile(v),
  "registerHook, its hook": (v) => leaf.registerHook(v),
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
      expect(isGradEnabled()).toBe(true);
      expect(caught, `${op} of ${String(value)}`).toBeInstanceOf(SimdgradError);
      // A layer's own parameters are the collector's.
      if (!/BatchNorm|summary/.test(op)) expect(memory().handles).toBe(handles);
    }
  });

  it.each([null, 1.5, "x", true])("saveSafetensors of %s", (value) => {
    expect(() => saveSafetensors(value as never)).toThrow(
      /\[saveSafetensors\] tensors must be object: got /,
    );
  });
});

describe("a state of null is none", () => {
  it.each([new nn.RNN(4, 3), new nn.GRU(4, 3), new nn.LSTM(4, 3)])("%s", (layer) => {
    const run = (state?: null): number[] => [...layer.forward(x, state).output.toTypedArray()];
    expect(run(null)).toEqual(run());
  });

  it.each([new nn.RNNCell(4, 3), new nn.GRUCell(4, 3)])("%s", (cell) => {
    const [row] = x.unbind(0) as [Tensor];
    expect(cell.forward(row, null).toArray()).toEqual(cell.forward(row).toArray());
  });

  it.each([{}, { hidden: x }, [x, x], x, 3])("LSTM refuses half of one: %s", (state) => {
    expect(() => new nn.LSTM(4, 3).forward(x, state as never)).toThrow(/\[LSTM\] a state is/);
  });
});

describe("what stands where options should is refused by name", () => {
  const images = rand([1, 2, 5, 5]);
  // PyTorch's positional arguments: a stride, a bias, layers, an epsilon, weights.
  const layers: Record<string, (wrong: never) => unknown> = {
    Linear: (v) => new nn.Linear(2, 3, v),
    Bilinear: (v) => new nn.Bilinear(2, 3, 4, v),
    Conv1d: (v) => new nn.Conv1d(2, 3, 3, v),
    Conv2d: (v) => new nn.Conv2d(2, 3, 3, v),
    Conv3d: (v) => new nn.Conv3d(2, 3, 3, v),
    ConvTranspose2d: (v) => new nn.ConvTranspose2d(2, 3, 3, v),
    MaxPool2d: (v) => new nn.MaxPool2d(2, v).forward(images),
    AvgPool2d: (v) => new nn.AvgPool2d(2, v).forward(images),
    BatchNorm2d: (v) => new nn.BatchNorm2d(2, v),
    InstanceNorm2d: (v) => new nn.InstanceNorm2d(2, v),
    GroupNorm: (v) => new nn.GroupNorm(1, 2, v),
    LayerNorm: (v) => new nn.LayerNorm(2, v),
    RMSNorm: (v) => new nn.RMSNorm(2, v),
    Embedding: (v) => new nn.Embedding(5, 2, v),
    EmbeddingBag: (v) => new nn.EmbeddingBag(5, 2, v),
    RNN: (v) => new nn.RNN(2, 3, v),
    LSTM: (v) => new nn.LSTM(2, 3, v),
    GRU: (v) => new nn.GRU(2, 3, v),
    LSTMCell: (v) => new nn.LSTMCell(2, 3, v),
    MultiheadAttention: (v) => new nn.MultiheadAttention(4, 2, v),
    TransformerEncoderLayer: (v) => new nn.TransformerEncoderLayer(4, 2, v),
    TransformerDecoderLayer: (v) => new nn.TransformerDecoderLayer(4, 2, v),
    CrossEntropyLoss: (v) => new nn.CrossEntropyLoss(v).forward(x, x),
    MSELoss: (v) => new nn.MSELoss(v).forward(x, x),
  };

  it.each(Object.entries(layers))("%s", (_, make) => {
    for (const wrong of [true, 2, "x", x]) {
      expect(() => make(wrong as never)).toThrow(ValueError);
      expect(() => make(wrong as never)).toThrow(
        /options must be an object: got (true|2|"x"|tensor)/,
      );
    }
  });
});
