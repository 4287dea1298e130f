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
