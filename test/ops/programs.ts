// Uses of the exports that are no ops, each returning the tensors that it leaves to its caller. The
// handles test runs them; an export without a program fails there.
import * as sg from "../../src/index.js";
import type { Tensor } from "../../src/index.js";
import { merged } from "./families/index.js";
import { any, chances, fixed, ints } from "./inputs.js";
import { layer, type LayerCases } from "./layer.js";

type Program = () => unknown;

const leaf = (values: number[]): Tensor => sg.tensor(values, { requiresGrad: true });

/** x, and what `use` makes of it, without x's gradient. */
function withLeaf(use: (x: Tensor) => unknown): unknown {
  const x = leaf([0.5, -1, 2]);
  const made = use(x);
  x.node!.setGrad(null);
  return [x, made];
}

/** By export; where one has several programs, a word follows. */
export const programs: Readonly<Record<string, Program>> = {
  ...merged("programs"),
  backward: () =>
    withLeaf((x) => {
      const y = sg.tidy(() => x.mul(2).sum());
      sg.backward(y);
      return y;
    }),
  "backward releases a shared graph": () =>
    withLeaf((x) => {
      const y = x.exp();
      const z = sg.tidy(() => y.mul(y).add(y).sum());
      z.backward();
      return [y, z];
    }),
  grad: () =>
    withLeaf((x) => {
      const y = sg.tidy(() => x.exp().sum());
      return [y, sg.grad(y, x)];
    }),
  "grad of an unused input": () =>
    withLeaf((x) => {
      const other = leaf([1]);
      const y = sg.tidy(() => x.exp().sum());
      return [y, other, sg.grad(y, [x, other], { allowUnused: true })];
    }),
  "grad of an intermediate result": () =>
    withLeaf((x) => {
      const y = x.exp();
      const z = sg.tidy(() => y.mul(3).sum());
      const found = sg.grad(z, [y], { retainGraph: true });
      z.backward();
      return [y, z, found];
    }),
  gradcheck: () => withLeaf((x) => sg.gradcheck((t) => t.tanh(), [x])),
  registerHook: () =>
    withLeaf((x) => {
      const seen: Tensor[] = [];
      const y = x.mul(2);
      const remove = sg.registerHook(y, (g) => {
        seen.push(g);
        const twice = g.mul(2);
        seen.push(twice);
        return twice;
      });
      const z = y.sum();
      z.backward();
      remove();
      return [y, z, seen];
    }),
  retainGrad: () =>
    withLeaf((x) => {
      const y = x.mul(2);
      sg.retainGrad(y);
      const z = y.sum();
      z.backward();
      return [y, z, y.grad];
    }),
  record: () =>
    withLeaf((x) => {
      // The engine releases nothing that a backward outside of the library gets or makes.
      const made: Tensor[] = [];
      const out = sg.noGrad(() => x.mul(2));
      const y = sg.record("twice", out, [x], {}, (dy) => [
        () => {
          made.push(dy, dy.mul(2));
          return made[1]!;
        },
      ]);
      const z = y.sum();
      z.backward();
      return [y, z, made];
    }),
  noGrad: () => withLeaf((x) => sg.noGrad(() => x.mul(2))),
  enableGrad: () =>
    withLeaf((x) => {
      const y = sg.noGrad(() => sg.enableGrad(() => x.mul(2)));
      const dy = y.detach();
      y.backward(dy);
      return [y, dy];
    }),
  isGradEnabled: () => sg.isGradEnabled(),
  memory: () => sg.memory(),
  setThreads: () => void sg.setThreads(1),
  getThreads: () => sg.getThreads(),
  setHeapLimit: () => sg.setHeapLimit(2 ** 32),
  setConvAlgorithm: () => {
    sg.setConvAlgorithm("auto");
    const x = sg.zeros([1, 16, 28, 28], { requiresGrad: true });
    const weight = sg.zeros([16, 16, 3, 3], { requiresGrad: true });
    const y = sg.conv2d(x, weight, null, { padding: 1 });
    const total = y.sum();
    total.backward();
    return [x, weight, y, total, x.grad, weight.grad];
  },
  tidy: () =>
    sg.tidy(() => {
      const x = sg.tensor([1, 2]);
      return { kept: [x.add(1)], gone: x.add(2).item.length };
    }),
  manualSeed: () => sg.manualSeed(3),
  // The second call records and keeps handles of its own, as many as there are results and arguments.
  capture: () => {
    const x = sg.tensor([1, 2]);
    return [x, sg.capture((x: Tensor) => x.mul(2).add(1))(x)];
  },
  loadSafetensors: () => {
    const x = sg.tensor([[1, 2]]);
    const file = sg.saveSafetensors({ x, y: x });
    return [x, sg.loadSafetensors(file)];
  },
  DataLoader: () => {
    const data = [sg.zeros([5, 2]), sg.arange(5)];
    return [data, ...new sg.DataLoader(data, { batchSize: 2, shuffle: true, seed: 1 })];
  },
  "DataLoader of samples": () => {
    const samples = [0, 1, 2].map((i) => [new Float32Array(2).fill(i), i] as const);
    return [...new sg.DataLoader(samples, { batchSize: 2 })];
  },
  TensorDataset: () => {
    const set = new sg.TensorDataset(sg.zeros([5, 2]), sg.arange(5));
    return [set.tensors, set.get(3)];
  },
  Generator: () => sg.rand([3], { generator: new sg.Generator(1) }),
  Tensor: () =>
    withLeaf((x) => {
      const large = sg.zeros([100, 100]);
      return [large, String(x), String(large), x.shape, x.dtype, x.isLeaf, x.numel(), x.ndim];
    }),
};

const { nn } = sg;

/** Every layer of nn with an input. */
export const layers: LayerCases = {
  ...merged("layers"),
  AvgPool2d: layer(() => new nn.AvgPool2d(2), any(1, 2, 4, 4)),
  BCEWithLogitsLoss: layer(() => new nn.BCEWithLogitsLoss(), any(3), chances(3)),
  BatchNorm1d: layer(() => new nn.BatchNorm1d(3), any(5, 3)),
  BatchNorm2d: layer(() => new nn.BatchNorm2d(2), any(2, 2, 3, 3)),
  Conv2d: layer(() => new nn.Conv2d(2, 3, 2), any(1, 2, 4, 4)),
  CrossEntropyLoss: layer(() => new nn.CrossEntropyLoss(), any(3, 5), ints(0, 5, 3)),
  Dropout: layer(() => new nn.Dropout(0.5), any(3, 5)),
  ELU: layer(() => new nn.ELU(), any(3, 5)),
  Embedding: layer(() => new nn.Embedding(5, 3, { paddingIdx: 0 }), ints(0, 5, 4)),
  Flatten: layer(() => new nn.Flatten(), any(2, 3, 2)),
  GELU: layer(() => new nn.GELU(), any(3, 5)),
  Identity: layer(() => new nn.Identity(), any(3, 5)),
  L1Loss: layer(() => new nn.L1Loss(), any(3), fixed(any(3))),
  LayerNorm: layer(() => new nn.LayerNorm(5), any(3, 5)),
  LeakyReLU: layer(() => new nn.LeakyReLU(), any(3, 5)),
  Linear: layer(() => new nn.Linear(5, 2), any(3, 5)),
  LogSoftmax: layer(() => new nn.LogSoftmax(1), any(3, 5)),
  MSELoss: layer(() => new nn.MSELoss(), any(3), fixed(any(3))),
  MaxPool2d: layer(() => new nn.MaxPool2d(2), any(1, 2, 4, 4)),
  NLLLoss: layer(() => new nn.NLLLoss(), any(3, 5), ints(0, 5, 3)),
  ReLU: layer(() => new nn.ReLU(), any(3, 5)),
  Sigmoid: layer(() => new nn.Sigmoid(), any(3, 5)),
  SiLU: layer(() => new nn.SiLU(), any(3, 5)),
  Softmax: layer(() => new nn.Softmax(1), any(3, 5)),
  Softplus: layer(() => new nn.Softplus(), any(3, 5)),
  Tanh: layer(() => new nn.Tanh(), any(3, 5)),
};

/** A step of each optimiser, with what it keeps for its parameter: its state comes first, once. */
export const optimisers: Readonly<
  Record<string, (p: Tensor[]) => { step(): unknown; zeroGrad(): void }>
> = {
  ...merged("optimisers"),
  Adam: (p) => new sg.optim.Adam(p, { weightDecay: 0.1 }),
  AdamW: (p) => new sg.optim.AdamW(p),
  SGD: (p) => new sg.optim.SGD(p, { momentum: 0.9, nesterov: true }),
};
