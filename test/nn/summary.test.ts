// summary: shapes, parameters, multiply-adds; and that it leaves the model as it was.
import { expect, it } from "vitest";
import { memory, nn, zeros } from "../../src/index.js";

const model = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(4 * 4 * 4, 10),
  );

it("lists layers, shapes, parameters and multiply-adds", () => {
  const found = nn.summary(model(), [2, 1, 8, 8]);
  expect(found).toBeInstanceOf(nn.Summary);
  expect(
    found.rows.map((r) => [r.name, r.type, r.outputShape, r.parameters, r.multiplyAdds]),
  ).toEqual([
    ["", "Sequential", [2, 10], 0, 0],
    ["0", "Conv2d", [2, 4, 8, 8], 40, 2 * 64 * 4 * 9],
    ["1", "BatchNorm2d", [2, 4, 8, 8], 8, 0],
    ["2", "ReLU", [2, 4, 8, 8], 0, 0],
    ["3", "MaxPool2d", [2, 4, 4, 4], 0, 0],
    ["4", "Flatten", [2, 64], 0, 0],
    ["5", "Linear", [2, 10], 650, 2 * 640],
  ]);
  expect([found.totalParameters, found.trainableParameters]).toEqual([698, 698]);
  expect(found.multiplyAdds).toBe(2 * 64 * 36 + 1280);
});

it("prints a table", () => {
  const net = new nn.Sequential(new nn.Linear(1000, 2), new nn.ReLU());
  net.layers[0]!.requiresGrad_(false);
  expect(String(nn.summary(net, [1, 1000])).split("\n")).toEqual([
    "layer    type        output shape  parameters  multiply-adds",
    "-------  ----------  ------------  ----------  -------------",
    "(model)  Sequential  [1,2]                  -              -",
    "0        Linear      [1,2]              2,002          2,000",
    "1        ReLU        [1,2]                  -              -",
    "",
    "parameters: 2,002, 2,002 of them frozen",
    "multiply-adds: 2,000",
  ]);
});

it("takes token ids and several inputs, and leaves modes, statistics and memory alone", () => {
  const table = nn.summary(new nn.Embedding(5, 3), [2, 4], { dtype: "int32" });
  expect(table.rows[0]).toMatchObject({ outputShape: [2, 4, 3], parameters: 15, multiplyAdds: 0 });
  const pair = nn.summary(new nn.Bilinear(2, 3, 4), [[5, 2], zeros([5, 3])]);
  expect(pair.multiplyAdds).toBe(5 * 24);
  const net = model();
  net.layers[1]!.training = false;
  nn.summary(net, [1, 1, 8, 8]);
  const before = memory().handles;
  nn.summary(net, [1, 1, 8, 8]);
  expect(memory().handles).toBe(before);
  expect(net.layers.map((layer) => layer.training)).toEqual([true, false, true, true, true, true]);
  expect(net.stateDict()["1.num_batches_tracked"]!.item()).toBe(0);
  expect(Object.hasOwn(net, "forward")).toBe(false);
});

it.each<[string, nn.Module, Parameters<typeof nn.summary>[1], number]>([
  // Each of 2 x 5 points of the input meets 3 x 4 x 3 weights.
  ["ConvTranspose1d", new nn.ConvTranspose1d(3, 4, 3, { stride: 2 }), [2, 3, 5], 10 * 36],
  [
    "ConvTranspose2d of groups, without a batch",
    new nn.ConvTranspose2d(4, 2, 3, { groups: 2, padding: 1 }),
    [4, 5, 5],
    25 * 4 * 9,
  ],
  ["LayerNorm", new nn.LayerNorm([3, 4]), [2, 3, 4], 0],
  ["RMSNorm", new nn.RMSNorm([3, 4]), [2, 3, 4], 0],
  // 5 queries, 7 keys and values, and as many outputs as queries; the learned key is no factor.
  [
    "MultiheadAttention",
    new nn.MultiheadAttention(4, 2, { addBiasKv: true }),
    [[5, 4], [7, 4], [7, 4]], // prettier-ignore
    (5 + 7 + 7 + 5) * 16,
  ],
  [
    "MultiheadAttention of other keys and values",
    new nn.MultiheadAttention(4, 2, { kdim: 3, vdim: 2, batchFirst: true }),
    [[2, 5, 4], [2, 7, 3], [2, 7, 2]], // prettier-ignore
    2 * (5 * 16 + 7 * 12 + 7 * 8 + 5 * 16),
  ],
  ["weightNorm", nn.weightNorm(new nn.Linear(4, 3)), [2, 4], 2 * 12],
  ["weightNorm, convolved", nn.weightNorm(new nn.Conv1d(2, 3, 2)), [1, 2, 5], 4 * 12],
  ["spectralNorm", nn.spectralNorm(new nn.Linear(4, 3)), [2, 4], 2 * 12],
  ["LSTM", new nn.LSTM(3, 2, { bidirectional: true }), [5, 2, 3], 5 * 2 * 2 * 8 * (3 + 2)],
  ["Linear without outputs", new nn.Linear(4, 0), [2, 4], 0],
])("counts the multiply-adds of %s", (_, module, inputs, wanted) => {
  expect(nn.summary(module, inputs).multiplyAdds).toBe(wanted);
});
