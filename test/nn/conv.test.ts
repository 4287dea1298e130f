// Convolution and pooling layers as a user meets them: what they refuse, output sizes that are asked
// for, indices and unpooling. Their numbers are held against PyTorch in test/reference.
import { describe, expect, it } from "vitest";
import { maxPool2d, nn, randn, type Tensor, tensor, ValueError, zeros } from "../../src/index.js";
import { handleCount } from "../../src/autograd/tensor.js";

describe("constructors", () => {
  const layers: Record<string, () => nn.Module> = {
    Conv1d: () => new nn.Conv1d(2, 4, 3, { groups: 2 }),
    Conv3d: () => new nn.Conv3d(2, 4, [1, 2, 3]),
    ConvTranspose1d: () => new nn.ConvTranspose1d(2, 4, 3, { bias: false }),
    ConvTranspose2d: () => new nn.ConvTranspose2d(0, 4, 3),
    ConvTranspose3d: () => new nn.ConvTranspose3d(2, 0, 3),
    MaxUnpool2d: () => new nn.MaxUnpool2d(2),
  };
  it.each(Object.entries(layers))("%s makes its parameters and nothing else", (_, make) => {
    const before = handleCount();
    const layer = make();
    expect(handleCount() - before).toBe(Object.keys(layer.stateDict()).length);
  });

  const refused: [string, () => unknown, string][] = [
    ["half a channel", () => new nn.Conv1d(1.5, 2, 3), "[Conv1d] inChannels"],
    ["two sizes of a kernel", () => new nn.Conv1d(1, 1, [3, 3] as never), "[Conv1d] kernel"],
    ["two sizes of three", () => new nn.Conv3d(1, 1, [3, 3] as never), "[Conv3d] kernel"],
    ["a kernel of 0", () => new nn.ConvTranspose1d(1, 1, 0), "[ConvTranspose1d] kernel"],
    ["groups that divide one side", () => new nn.Conv3d(2, 3, 3, { groups: 2 }), "[Conv3d] groups"],
    [
      "the same transposed",
      () => new nn.ConvTranspose2d(3, 2, 3, { groups: 2 }),
      "[ConvTranspose2d] groups",
    ],
    ...(["zeros", "reflect", "replicate", "circular"] as const).flatMap((paddingMode) =>
      ([1, 2, 3] as const).map((n): [string, () => unknown, string] => [
        `padding "same" with strides in ${n} dims, of ${paddingMode}`,
        () => new nn[`Conv${n}d`](1, 1, 3, { paddingMode, padding: "same", stride: 2 }),
        `[Conv${n}d] padding "same" needs a stride of 1: got [2`,
      ]),
    ),
    [
      "a padding of another name",
      () => new nn.Conv1d(1, 1, 3, { padding: "full" as "same" }),
      "padding",
    ],
    ["NaN channels", () => new nn.ConvTranspose3d(1, NaN, 3), "[ConvTranspose3d] outChannels"],
  ];
  it.each(refused)("refuse %s", (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });

  it("name parameters as PyTorch does, transposed weights [in, out / groups, ...]", () => {
    const shapes = (m: nn.Module) =>
      Object.entries(m.stateDict()).map(([name, x]) => [name, [...x.shape]]);
    expect(shapes(new nn.ConvTranspose2d(4, 6, [2, 3], { groups: 2 }))).toEqual([
      ["weight", [4, 3, 2, 3]],
      ["bias", [6]],
    ]);
    expect(shapes(new nn.Conv3d(4, 6, 2, { groups: 2, bias: false }))).toEqual([
      ["weight", [6, 2, 2, 2, 2]],
    ]);
  });
});

describe("a transposed convolution gives the size that is asked for", () => {
  const layer = new nn.ConvTranspose2d(1, 1, 3, { stride: [2, 3], padding: 1 });

  it.each([
    [[5, 7]],
    [[6, 9]],
    [[1, 1, 5, 8]], // the whole shape
  ])("%j", (size) => {
    const x = randn([1, 1, 3, 3]);
    const out = layer.forward(x, size);
    expect(out.shape.slice(2)).toEqual(size.slice(-2));
    // What an image of that size convolves to has x's size.
    const back = new nn.Conv2d(1, 1, 3, { stride: [2, 3], padding: 1 });
    expect(back.forward(out).shape).toEqual(x.shape);
    // The smallest is a part of each.
    const least = layer.forward(x);
    const part = out.narrow(2, 0, 5).narrow(3, 0, 7);
    expect(part.toArray()).toEqual(least.toArray());
  });

  it("without a batch, in 1 and 3 dims", () => {
    const long = new nn.ConvTranspose1d(2, 1, 2, { stride: 3 });
    expect(long.forward(zeros([2, 4]), [13]).shape).toEqual([1, 13]);
    const deep = new nn.ConvTranspose3d(1, 1, 2, { stride: 2 });
    expect(deep.forward(zeros([1, 2, 2, 2]), [4, 5, 4]).shape).toEqual([1, 4, 5, 4]);
  });

  it.each([[[4, 7]], [[7, 7]], [[5, 10]], [[5]], [[5.5, 7]]])("and refuses %j", (size) => {
    const call = (): Tensor => layer.forward(zeros([1, 1, 3, 3]), size);
    expect(call).toThrow(ValueError);
    expect(call).toThrow("[ConvTranspose2d] outputSize must be [5,7]");
  });
});

describe("max pooling and back", () => {
  it("returns indices when asked to", () => {
    const x = tensor([[[1, 5, 2, 7]]]);
    const { values, indices } = new nn.MaxPool1d(2, { returnIndices: true }).forward(x);
    expect([values.toArray(), indices.toArray()]).toEqual([[[[5, 7]]], [[[1, 3]]]]);
    expect(new nn.MaxUnpool1d(2).forward(values, indices).toArray()).toEqual([[[0, 5, 0, 7]]]);
    const whole = new nn.AdaptiveMaxPool1d(1, { returnIndices: true }).forward(x);
    expect([whole.values.item(), whole.indices.item()]).toEqual([7, 3]);
  });

  it("knows the size of an odd image when it is told", () => {
    const x = randn([1, 2, 5, 7]);
    const { values, indices } = maxPool2d(x, 2, { returnIndices: true });
    const back = new nn.MaxUnpool2d(2).forward(values, indices, x.shape);
    expect(back.shape).toEqual(x.shape);
    expect(maxPool2d(back.abs(), 2).toArray()).toEqual(values.abs().toArray());
  });

  it("in 3 dims names places in the volume", () => {
    const x = randn([2, 4, 2, 6]);
    const { values, indices } = new nn.MaxPool3d(2, { returnIndices: true }).forward(x);
    const flat = x.reshape([2, 48]).gather(1, indices.reshape([2, 6]));
    expect(flat.toArray()).toEqual(values.reshape([2, 6]).toArray());
    const back = new nn.MaxUnpool3d(2).forward(values, indices);
    expect(back.sum().item()).toBeCloseTo(values.sum().item(), 4);
  });

  it("lets NaN win wherever it lies in the window, the last of several", () => {
    const x = zeros([1, 1, 2, 2, 2]);
    x.select(2, 1).select(2, 0).select(2, 1).fill_(NaN); // place 5
    x.select(2, 0).select(2, 1).select(2, 0).fill_(NaN); // place 2
    const { values, indices } = new nn.MaxPool3d(2, { returnIndices: true }).forward(x);
    expect([values.item(), indices.item()]).toEqual([NaN, 5]);
  });
});
