// node soak.mjs <pattern> <steps>: runs one of the patterns and prints what memory it took, as JSON.
import {
  arange,
  crossEntropy,
  manualSeed,
  memory,
  mseLoss,
  nn,
  optim,
  randn,
  tensor,
} from "simdgrad";

manualSeed(1);

/** Each makes what it needs and returns one step. */
const patterns = {
  /** A batch made of JavaScript data, normalised by ops; accuracy by ops after the step. */
  mlp() {
    const layers = [784, 256, 128, 10].flatMap((n, i, all) =>
      i === 0 ? [] : [...(i > 1 ? [new nn.ReLU()] : []), new nn.Linear(all[i - 1], n)],
    );
    const model = new nn.Sequential(...layers);
    const optimizer = new optim.Adam(model.parameters());
    const pixels = Float32Array.from({ length: 64 * 784 }, (_, i) => (i * 7919) % 256);
    const labels = Int32Array.from({ length: 64 }, (_, i) => i % 10);
    let right = 0;
    return () => {
      const x = tensor(pixels, { shape: [64, 784] })
        .div(255)
        .sub(0.13)
        .div(0.31);
      const y = tensor(labels);
      const pred = model.forward(x);
      const loss = crossEntropy(pred, y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      right += pred.argmax(1).eq(y).sum().item();
    };
  },
  tiny() {
    const model = new nn.Sequential(
      ...[
        new nn.Linear(2, 16),
        new nn.Tanh(),
        new nn.Linear(16, 16),
        new nn.Tanh(),
        new nn.Linear(16, 1),
      ],
    );
    const optimizer = new optim.Adam(model.parameters());
    const x = randn([32, 2]);
    const y = randn([32, 1]);
    return () => {
      const loss = mseLoss(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    };
  },
  /** Graphs that are never back-propagated. */
  forward() {
    const model = new nn.Sequential(
      ...[new nn.Conv2d(1, 32, 5, { padding: 2 }), new nn.ReLU(), new nn.MaxPool2d(2)],
      ...[new nn.Conv2d(32, 64, 5, { padding: 2 }), new nn.ReLU(), new nn.MaxPool2d(2)],
      ...[new nn.Flatten(), new nn.Linear(64 * 49, 10)],
    );
    const x = randn([4, 1, 28, 28]);
    return () => void model.forward(x);
  },
  adds() {
    const a = arange(16).float();
    const b = randn([16]);
    return () => void a.add(b);
  },
};

const [name, count] = process.argv.slice(2);
const steps = Number(count);
const step = patterns[name]();
let heapAtStart = 0;
for (let i = 0; i < steps; i++) {
  step();
  // Of the adds, a hundred are a fraction of a page.
  if (i === (name === "adds" ? 300_000 : 100)) heapAtStart = memory().heapBytes;
}
const { heapBytes, spilledBytes, restoredBytes } = memory();
const { rss } = process.memoryUsage();
console.log(
  JSON.stringify({ steps, heapAtStart, heapAtEnd: heapBytes, rss, spilledBytes, restoredBytes }),
);
