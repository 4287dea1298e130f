// What no TypeScript program says, but JavaScript may: values of another kind are refused by name.
import { describe, expect, it } from "vitest";
import {
  capture,
  data,
  enableGrad,
  grad,
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
const decoder = new nn.TransformerDecoderLayer(4, 2);
const one = { numEncoderLayers: 1, numDecoderLayers: 1 };
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
  "ParameterList, its parameters": (v) => new nn.ParameterList(v),
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

  it.each([null, 1.5, "x", true, x, [["a", linear]]])("ModuleDict of %s", (items) => {
    expect(() => new nn.ModuleDict(items as never)).toThrow(
      /^\[ModuleDict\] (items must be|takes)/,
    );
    expect(new nn.ModuleDict({ snake_case: linear }).get("snake_case")).toBe(linear);
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
  const leaf2 = rand([2, 2]);
  // PyTorch's positional arguments: a stride, a bias, layers, an epsilon, weights.
  const takers: Record<string, (wrong: never) => unknown> = {
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
    Transformer: (v) => new nn.Transformer(4, 2, v),
    "Transformer, its stacks": (v) => new nn.TransformerEncoder(encoder, 1, v),
    CrossEntropyLoss: (v) => new nn.CrossEntropyLoss(v).forward(x, x),
    MSELoss: (v) => new nn.MSELoss(v).forward(x, x),
    // PyTorch's masks are positional.
    "MultiheadAttention, forward": (v) => attention.forward(x, x, x, v),
    "TransformerEncoderLayer, forward": (v) => encoder.forward(x, v),
    "TransformerDecoderLayer, forward": (v) => decoder.forward(x, x, v),
    "TransformerEncoder, forward": (v) => new nn.TransformerEncoder(encoder, 1).forward(x, v),
    "TransformerDecoder, forward": (v) => new nn.TransformerDecoder(decoder, 1).forward(x, x, v),
    "Transformer, forward": (v) => new nn.Transformer(4, 2, one).forward(x, x, v),
    "RNN, forward": (v) => new nn.RNN(4, 3).forward(x, null, v),
    "LSTM, forward": (v) => new nn.LSTM(4, 3).forward(x, null, v),
    "GRU, forward": (v) => new nn.GRU(4, 3).forward(x, null, v),
    // More of PyTorch's positional arguments: strict, requires_grad, name, mode, gradients, batch_size.
    loadStateDict: (v) => linear.loadStateDict(linear.stateDict(), v),
    Parameter: (v) => new nn.Parameter(x, v),
    weightNorm: (v) => nn.weightNorm(new nn.Linear(2, 2), v),
    spectralNorm: (v) => nn.spectralNorm(new nn.Linear(2, 2), v),
    summary: (v) => nn.summary(linear, [1, 2], v),
    "init, kaimingUniform_": (v) => nn.init.kaimingUniform_(leaf2, 0, v),
    "init, kaimingNormal_": (v) => nn.init.kaimingNormal_(leaf2, 0, v),
    backward: (v) => leaf.sum().backward(null, v),
    grad: (v) => grad(leaf.sum(), [leaf], v),
    gradcheck: (v) => gradcheck((a) => a.sum(), [leaf], v),
    profile: (v) => profile(() => null, v),
    DataLoader: (v) => new data.DataLoader([1, 2], v),
    LBFGS: (v) => new optim.LBFGS(linear.parameters(), v),
    OneCycleLR: (v) => new optim.OneCycleLR(sgd, 1, v),
    clipGradNorm: (v) => optim.clipGradNorm(linear.parameters(), 1, v),
    ExponentialMovingAverage: (v) => new optim.ExponentialMovingAverage(linear.parameters(), v),
  };

  // Pooling layers and losses hand their options to the op, which refuses them.
  const ops: Record<string, string> = {
    MaxPool2d: "maxPool2d",
    AvgPool2d: "avgPool2d",
    CrossEntropyLoss: "crossEntropy",
    MSELoss: "mseLoss",
  };

  it.each(Object.entries(takers))("%s", (what, make) => {
    const [name] = what.split(",") as [string];
    for (const wrong of [null, true, 2, "x", x]) {
      expect(() => make(wrong as never)).toThrow(ValueError);
      expect(() => make(wrong as never)).toThrow(
        new RegExp(
          `^\\[${ops[name] ?? name}\\] options must be an object: got (null|true|2|"x"|tensor)`,
        ),
      );
    }
    const pythons = { requires_grad: true };
    const rule = "(options are in camelCase: got requires_grad|option requires_grad is unknown)";
    expect(() => make(pythons as never)).toThrow(new RegExp(`^\\[${ops[name] ?? name}\\] ${rule}`));
  });
});
