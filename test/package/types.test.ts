// The declaration files, seen by a strict consumer without DOM, Node types or skipLibCheck.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Consumer, root } from "./consumer.js";

let consumer: Consumer;
beforeAll(() => {
  consumer = new Consumer();
  consumer.write("train.ts", program);
  consumer.write("wrong.ts", mistakes);
});
afterAll(() => consumer.remove());

const program = `
import {
  type DType, type Shape, type Tensor, bceWithLogits, conv2d, crossEntropy, grad, manualSeed, memory,
  nn, noGrad, ones, optim, randn, tensor, tidy,
} from "simdgrad";
import { Linear, Module, ReLU, Sequential } from "simdgrad/nn";
import { Adam } from "simdgrad/optim";
import { DataLoader, TensorDataset } from "simdgrad/data";
import { loadSafetensors, saveSafetensors } from "simdgrad/io";

class Net extends Module {
  readonly hidden = new Linear(4, 8);
  readonly out = new Linear(8, 3);
  forward(x: Tensor): Tensor {
    return this.out.forward(this.hidden.forward(x).relu());
  }
}

manualSeed(1);
const model = new Net();
const optimizer = new Adam(model.parameters(), { lr: 0.05 });
const x: Tensor = randn([12, 4]);
const y = tensor(Int32Array.from({ length: 12 }, (_, i) => i % 3));
let first = 0;
let last = 0;
for (let epoch = 0; epoch < 20; epoch++) {
  for (const [bx, by] of new DataLoader(new TensorDataset(x, y), { batchSize: 4, shuffle: true })) {
    const loss = crossEntropy(model.forward(bx!), by!);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    last = loss.item();
    if (first === 0) first = last;
  }
}
const shape: Shape = x.shape;
const dtype: DType = y.dtype;
const ratio: number = noGrad(() => model.forward(x).argmax(1).eq(y).sum().item()) / shape[0]!;
const bytes: Uint8Array = saveSafetensors(model.stateDict());
model.loadStateDict(loadSafetensors(bytes));
const a = tensor([[1, 2], [3, 4]], { requiresGrad: true });
a.matmul(a.transpose(0, 1)).sum([0], { keepdim: true }).pow(2).mean().backward();
const [g] = grad(tidy(() => conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), null).add(a.sum()).sum()), [a]);
const both = new Sequential(new Linear(2, 2), new ReLU(), new nn.Dropout(0.1));
new optim.SGD(both.parameters(), { lr: 0.1, momentum: 0.9 }).step();
const bce: number = bceWithLogits(ones([2]), ones([2])).item();
export const results: readonly [DType, boolean, number, number, number, number] = [
  dtype, last < first, ratio, memory().heapBytes, g!.numel(), bce,
];
`;

// Each line below a @ts-expect-error must be refused: types that let everything through also compile.
const mistakes = `
import { nn, optim, tensor, zeros, crossEntropy } from "simdgrad";
// @ts-expect-error a dtype that doesn't exist
zeros([2], { dtype: "float64" });
// @ts-expect-error a shape is a list
zeros(2);
// @ts-expect-error an unknown option
new nn.Linear(2, 2, { biased: true });
// @ts-expect-error an unknown option
new optim.Adam([], { learningRate: 1 });
// @ts-expect-error a reduction that doesn't exist
crossEntropy(zeros([1, 2]), zeros([1]), { reduction: "avg" });
// @ts-expect-error a string is no data
tensor("1");
// @ts-expect-error shape can't be assigned
zeros([2]).shape = [3];
// @ts-expect-error Tensor has no such method
zeros([2]).plus(1);
`;

const settings = [
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
] as const;

/** What the compiler complains of, in a project with these settings. */
function tsc(module: string, moduleResolution: string, ...files: string[]): string {
  const compilerOptions = {
    ...{ module, moduleResolution, target: "es2022", lib: ["es2022"], types: [] },
    ...{ strict: true, skipLibCheck: false, verbatimModuleSyntax: true },
    ...{ noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
    ...{ rootDir: ".", outDir: `out-${moduleResolution}` },
  };
  const project = `tsconfig.${moduleResolution}.json`;
  consumer.write(project, JSON.stringify({ compilerOptions, files }));
  const run = consumer.run(join(root, "node_modules/typescript/bin/tsc"), "-p", project);
  return run.stdout + run.stderr;
}

describe("the declaration files", () => {
  it.each(settings)(
    "type-check a training loop under module %s, resolution %s",
    (module, resolution) => {
      expect(tsc(module, resolution, "train.ts", "wrong.ts")).toBe("");
      // And what they describe is what runs.
      const run = consumer.node(
        "run.mjs",
        `const { results } = await import("./out-${resolution}/train.js"); console.log(JSON.stringify(results));`,
      );
      expect(run).toMatchObject({ status: 0, stderr: "" });
      const [dtype, learned, accuracy, heap, numel, bce] = JSON.parse(run.stdout) as unknown[];
      expect([dtype, learned, numel]).toEqual(["int32", true, 4]);
      expect(accuracy).toBeGreaterThan(0.3);
      expect(heap).toBeGreaterThan(0);
      expect(bce).toBeCloseTo(Math.log(1 + Math.exp(-1)), 6);
    },
  );
});
