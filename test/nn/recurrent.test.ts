// Recurrent layers as a user meets them: shapes, lengths, dropout, errors, derivatives of both orders. Their
// numbers are held against PyTorch in test/reference.
import { describe, expect, it } from "vitest";
import {
  DTypeError,
  enableGrad,
  Generator,
  grad,
  gradcheck,
  memory,
  nn,
  noGrad,
  ones,
  randn,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  tidy,
  ValueError,
} from "../../src/index.js";

const g = (): { generator: Generator } => ({ generator: new Generator(7) });
const kinds = [
  ["RNN", (o: nn.RecurrentOptions = {}) => new nn.RNN(2, 3, o)],
  ["LSTM", (o: nn.RecurrentOptions = {}) => new nn.LSTM(2, 3, o)],
  ["GRU", (o: nn.RecurrentOptions = {}) => new nn.GRU(2, 3, o)],
] as const;
type Any = nn.Module & {
  forward(x: Tensor, s?: undefined, o?: nn.SequenceOptions): nn.RecurrentOutput;
};

describe.each(kinds)("%s", (_, make) => {
  it("gives an output for each step, and the last states of all layers and directions", () => {
    const layer = make({ numLayers: 2, bidirectional: true }) as Any;
    const { output, hidden } = layer.forward(randn([5, 4, 2]));
    expect([output.shape, hidden.shape]).toEqual([
      [5, 4, 6],
      [4, 4, 3],
    ]);
    const one = layer.forward(randn([5, 2]));
    expect([one.output.shape, one.hidden.shape]).toEqual([
      [5, 6],
      [4, 3],
    ]);
    const first = (make({ batchFirst: true }) as Any).forward(randn([4, 5, 2]));
    expect([first.output.shape, first.hidden.shape]).toEqual([
      [4, 5, 3],
      [1, 4, 3],
    ]);
  });

  it("treats a sequence of its own length as if it were alone", () => {
    const layer = make({ bidirectional: true }) as Any;
    const x = randn([5, 2, 2], g());
    const { output, hidden } = layer.forward(x, undefined, { lengths: [5, 2] });
    const alone = layer.forward(x.select(1, 1).narrow(0, 0, 2));
    expect(output.select(1, 1).narrow(0, 0, 2).toArray()).toEqual(alone.output.toArray());
    expect(output.select(1, 1).narrow(0, 2, 3).abs().amax().item()).toBe(0);
    expect(hidden.select(1, 1).toArray()).toEqual(alone.hidden.toArray());
    const asTensor = layer.forward(x, undefined, { lengths: tensor([5, 2], { dtype: "int32" }) });
    expect(asTensor.output.toArray()).toEqual(output.toArray());
  });

  it("has no steps and no rows where there are none", () => {
    const layer = make() as Any;
    expect(layer.forward(ones([0, 2, 2])).output.shape).toEqual([0, 2, 3]);
    expect(
      layer
        .forward(ones([0, 2, 2]))
        .hidden.abs()
        .amax()
        .item(),
    ).toBe(0);
    expect(layer.forward(ones([3, 0, 2])).output.shape).toEqual([3, 0, 3]);
  });

  it("drops between layers in training only", () => {
    const layer = make({ numLayers: 2, dropout: 0.5 }) as Any;
    const x = ones([3, 2, 2]);
    const outputs = [1, 2].map(() => layer.forward(x).output.toArray());
    expect(outputs[0]).not.toEqual(outputs[1]);
    layer.eval();
    expect(layer.forward(x).output.toArray()).toEqual(layer.forward(x).output.toArray());
  });

  it("has the right first and second derivatives, with lengths in both directions", () => {
    const layer = make({ bidirectional: true }) as Any;
    const x = randn([3, 2, 2], { ...g(), requiresGrad: true });
    const run = (t: Tensor): Tensor => {
      const { output, hidden } = layer.forward(t, undefined, { lengths: [3, 2] });
      return output.square().sum().add(hidden.sum());
    };
    const options = { atol: 3e-3, rtol: 3e-3 };
    tidy(() => {
      expect(gradcheck(run, [x], options)).toBe(true);
      const slope = (t: Tensor): Tensor =>
        enableGrad(() => {
          const leaf = t.requiresGrad ? t : t.detach();
          leaf.requiresGrad = true;
          const [dx] = grad(run(leaf), leaf, { createGraph: true });
          return dx!.square().sum();
        });
      expect(gradcheck(slope, [x], options)).toBe(true);
    });
    // The fused gradient is that of the steps written out.
    const weights = layer.parameters();
    const fused = grad(run(x), weights);
    const composed = grad(run(x), weights, { createGraph: true });
    fused.forEach((f, i) => {
      expect(f.sub(composed[i]!).abs().amax().item()).toBeLessThan(2e-5);
    });
  });

  it("trains without leaving handles behind", () => {
    const layer = make({ numLayers: 2, bidirectional: true }) as Any;
    const x = randn([4, 3, 2]);
    const step = (): void => {
      const loss = tidy(() => sum(layer.forward(x, undefined, { lengths: [4, 1, 2] }).output));
      loss.backward();
      loss.dispose();
      layer.zeroGrad();
    };
    step();
    const before = memory().handles;
    step();
    expect(memory().handles).toBe(before);
  });
});

it("cells are one step of their layers", () => {
  const x = randn([1, 4, 2]);
  const layer = new nn.LSTM(2, 3);
  const cell = new nn.LSTMCell(2, 3);
  noGrad(() => {
    const names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
    const state = layer.stateDict();
    cell.loadStateDict(Object.fromEntries(names.map((n) => [n, state[`${n}_l0`]!])));
  });
  const { output, cell: c } = layer.forward(x);
  const next = cell.forward(x.select(0, 0));
  expect(next.hidden.toArray()).toEqual(output.select(0, 0).toArray());
  expect(next.cell.toArray()).toEqual(c.select(0, 0).toArray());
});

it("errors name the class as it is written, not as a minifier calls it", () => {
  const [a, b] = [class extends nn.GRU {}, class extends nn.RNNCell {}];
  expect(() => new a(2, 0)).toThrow(/^\[GRU\]/);
  expect(() => new a(2, 3).forward(ones([3]))).toThrow(/^\[GRU\]/);
  expect(() => new b(2, 3).forward(ones([3]))).toThrow(/^\[RNNCell\]/);
  const c = class extends nn.InstanceNorm2d {};
  expect(() => new c(2).forward(ones([3]))).toThrow(/^\[InstanceNorm2d\]/);
  const d = class extends nn.Dropout2d {};
  expect(() => new d(2)).toThrow(/^\[Dropout\]/);
});

describe("bad input is refused", () => {
  const lstm = new nn.LSTM(2, 3);
  const [x, wide, whole] = [ones([4, 2, 2]), ones([4, 2, 3]), ones([4, 2, 2]).int()];
  const [good, bad] = [ones([1, 2, 3]), ones([1, 2, 4])];
  const cell = new nn.GRUCell(2, 3);
  const cases: [string, () => unknown, abstract new (...args: never[]) => Error, RegExp][] = [
    [
      "no hidden unit",
      () => new nn.GRU(2, 0),
      ValueError,
      /\[GRU\] hiddenSize must be an integer in \[1, 32768\]: got 0/,
    ],
    ["no layer", () => new nn.RNN(2, 3, { numLayers: 0 }), ValueError, /numLayers must be/],
    [
      "dropout 2",
      () => new nn.RNN(2, 3, { dropout: 2 }),
      ValueError,
      /dropout must be a number in \[0, 1\]/,
    ],
    [
      "another nonlinearity",
      () => new nn.RNN(2, 3, { nonlinearity: "elu" as never }),
      ValueError,
      /nonlinearity must be tanh or relu: got "elu"/,
    ],
    ["other features", () => lstm.forward(wide), ShapeError, /\[LSTM\] x must be \[T, B, 2\]/],
    ["integers", () => lstm.forward(whole), DTypeError, /x must be float32/],
    [
      "states of another size",
      () => lstm.forward(x, { hidden: bad, cell: good }),
      ShapeError,
      /hidden must be \[1,2,3\]: got \[1,2,4\]/,
    ],
    [
      "states as a list",
      () => lstm.forward(x, [good, good] as never),
      ValueError,
      /\[LSTM\] a state is { hidden, cell }, both tensors/,
    ],
    [
      "too long sequences",
      () => lstm.forward(x, undefined, { lengths: [5, 1] }),
      ValueError,
      /lengths must be 2 integers in \[1, 4\]: got \[5,1\]/,
    ],
    ["a cell's rank", () => cell.forward(x), ShapeError, /\[GRUCell\] x must be/],
  ];
  it.each(cases)("%s", (_, call, error, message) => {
    const before = memory().handles;
    expect(call).toThrow(error);
    expect(call).toThrow(message);
    expect(memory().handles).toBe(before);
  });
});
