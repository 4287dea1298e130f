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
  { manualSeed, nn, optim, tensor, crossEntropy }: typeof Library,
  digits: Digits,
  steps = STEPS,
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
  for (let step = 0; step < steps; step++) {
    const from = (step * BATCH) % digits.labels.length;
    const images = digits.images.slice(from * PIXELS, (from + BATCH) * PIXELS);
    const x = tensor(images, { shape: [BATCH, 1, 28, 28] });
    const loss = crossEntropy(model.forward(x), tensor(digits.labels.slice(from, from + BATCH)));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  }
  return concat(model.parameters().map((p) => p.toTypedArray() as Float32Array));
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
