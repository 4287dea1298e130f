// 200 steps of the MNIST example's network (examples/mnist): one program for Node, for Chromium and for
// both builds of the kernels. It imports nothing at run time, so that a page can load it as it is.
import type * as Library from "../../src/index.js";

/** 28 x 28 pixels from 0 to 1 an image, and the digit that each shows. */
export interface Digits {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

export const STEPS = 200;
const BATCH = 16;
const PIXELS = 28 * 28;

/** Trains from seed 1 and returns the bytes of every parameter, one after the other. */
export function train(
  { manualSeed, nn, optim, tensor, crossEntropy, capture }: typeof Library,
  digits: Digits,
  steps = STEPS,
  captured = false,
): Uint8Array<ArrayBuffer> {
  manualSeed(1);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 5),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(400, 10),
  );
  const optimizer = new optim.Adam(model.parameters());
  const learn = (x: Library.Tensor, y: Library.Tensor): void => {
    const loss = crossEntropy(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
  const take = captured ? capture(learn) : learn;
  for (let step = 0; step < steps; step++) {
    const from = (step * BATCH) % digits.labels.length;
    const images = digits.images.slice(from * PIXELS, (from + BATCH) * PIXELS);
    const labels = digits.labels.slice(from, from + BATCH);
    take(tensor(images, { shape: [BATCH, 1, 28, 28] }), tensor(labels));
  }
  return concat(model.parameters().map((p) => p.toTypedArray() as Float32Array));
}

/**
 * A bit of everything: mathematical functions, sums and scans, sorting, decompositions, transforms,
 * convolutions, recurrent layers and attention with their gradients, losses, every optimiser, schedules.
 */
export function various(lib: typeof Library): Uint8Array<ArrayBuffer> {
  const { manualSeed, nn, optim } = lib;
  manualSeed(2);
  const found: Library.Tensor[] = [];
  const line = lib.linspace(-3, 3, 1001);
  const positive = line.abs().add(0.1);
  found.push(...[lib.erfinv(line.div(4)), lib.lgamma(positive), lib.digamma(positive)]);
  found.push(...[lib.cbrt(line), lib.sinh(line), lib.atan2(line, positive), lib.exp2(line)]);
  found.push(...[lib.gelu(line), lib.mish(line), lib.softplus(line), lib.pow(positive, line)]);
  const x = lib.randn([6, 8, 8]);
  found.push(lib.cumsum(x, 1), lib.logcumsumexp(x, 2), lib.sort(x, 2).values, lib.norm(x, 3, 0));
  found.push(lib.solve(x, x.transpose(1, 2)), lib.svd(x).S, lib.qr(x).R, lib.cdist(x, x));
  found.push(lib.eigh(x.add(x.transpose(1, 2))).eigenvalues, lib.rfft(x, { n: 13 }));
  const images = lib.randn([2, 4, 9, 9]);
  found.push(lib.interpolate(images, { size: [13, 5], mode: "bicubic" }), lib.gumbel([50]));
  found.push(lib.avgPool2d(images, 3), lib.stft(line, 32), lib.multinomial(positive, 20));
  const layers = [
    ...[new nn.LSTM(8, 5, { bidirectional: true }), new nn.GRU(8, 7), new nn.RNN(8, 3)],
    ...[new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16 }), new nn.GroupNorm(2, 8)],
    new nn.ConvTranspose1d(8, 4, 3, { stride: 2 }),
  ];
  for (const layer of layers) {
    const result = layer.forward(x);
    const y = result instanceof lib.Tensor ? result : result.output;
    y.square().mean().backward();
    found.push(y, ...layer.parameters().map((p) => p.grad!));
  }
  const logProbs = lib.logSoftmax(lib.randn([9, 2, 5], { requiresGrad: true }), 2);
  found.push(lib.ctcLoss(logProbs, lib.randint(1, 5, [2, 3]), [9, 7], [3, 2]));
  for (const name of ["SGD", "Adam", "NAdam", "RAdam", "Adamax", "Adagrad"] as const) {
    found.push(steps(lib, (p) => new optim[name](p, { lr: 0.05 })));
  }
  for (const name of ["AdamW", "Adadelta", "RMSprop", "Lion"] as const) {
    found.push(steps(lib, (p) => new optim[name](p)));
  }
  return concat(found.map((t) => t.float().contiguous().toTypedArray() as Float32Array));
}

/** A parameter after some steps of an optimiser under a cosine schedule. */
function steps(
  { tensor, optim }: typeof Library,
  make: (params: Library.Tensor[]) => Library.optim.Optimizer<{ lr: number }>,
): Library.Tensor {
  const p = tensor([0.5, -1, 2], { requiresGrad: true });
  const optimizer = make([p]);
  const schedule = new optim.CosineAnnealingLR(optimizer, 7);
  for (let step = 0; step < 10; step++) {
    optimizer.zeroGrad();
    p.sub(1).pow(4).sum().backward();
    optimizer.step();
    schedule.step();
  }
  return p.detach();
}

function concat(arrays: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(arrays.reduce((sum, array) => sum + array.byteLength, 0));
  let at = 0;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes;
}
