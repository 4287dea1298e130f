// Trains a network on MNIST digits in the terminal: `npm start`, `npm start -- --help`.
import { writeFileSync } from "node:fs";
import {
  crossEntropy,
  DataLoader,
  manualSeed,
  type nn,
  noGrad,
  optim,
  saveSafetensors,
} from "simdgrad";
import { type Digits, loadDigits } from "./data.js";
import { createModel } from "./model.js";
import { help, type Options, parseOptions } from "./options.js";
import { bar, clock, confusionMatrix, drawDigits, ProgressLine } from "./terminal.js";

/** Lets Node handle a Ctrl-C: training itself is synchronous. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The predicted digit of every image, in batches of 500. */
function predict(model: nn.Sequential, { images }: Digits): Int32Array {
  const n = images.shape[0]!;
  const predictions = new Int32Array(n);
  model.eval();
  noGrad(() => {
    for (let i = 0; i < n; i += 500) {
      const logits = model.forward(images.slice(i, i + 500));
      predictions.set(logits.argmax(1).toTypedArray(), i);
    }
  });
  model.train();
  return predictions;
}

function accuracyOf(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) right++;
  return right / labels.length;
}

/** Returns false when it was interrupted. */
async function train(
  model: nn.Sequential,
  digits: Digits,
  test: Digits,
  options: Options,
): Promise<boolean> {
  const { epochs, batchSize, lr } = options;
  const loader = new DataLoader([digits.images, digits.labels], { batchSize, shuffle: true });
  const optimizer = new optim.Adam(model.parameters(), { lr });
  const line = new ProgressLine();
  const labels = test.labels.toTypedArray();
  let stop = false;
  const interrupt = (): void => void (stop = true);
  process.once("SIGINT", interrupt);
  const steps = epochs * loader.length;
  const start = performance.now();
  let step = 0;
  let images = 0;
  for (let epoch = 1; epoch <= epochs && !stop; epoch++) {
    let [lossSum, right, seen] = [0, 0, 0];
    for (const [x, y] of loader) {
      const logits = model.forward(x!);
      const loss = crossEntropy(logits, y!);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      const n = x!.shape[0]!;
      lossSum += loss.item() * n;
      right += logits.argmax(1).eq(y!).sum().item();
      seen += n;
      images += n;
      step++;
      const seconds = (performance.now() - start) / 1000;
      line.show(
        `epoch ${epoch}/${epochs} ${bar(step / steps)} step ${step}/${steps}  loss ${(lossSum / seen).toFixed(4)}  ` +
          `accuracy ${((100 * right) / seen).toFixed(2)}%  ${Math.round(images / seconds)} images/s  ` +
          `${clock((seconds / step) * (steps - step))} left`,
      );
      await breathe();
      if (stop) break;
    }
    const seconds = (performance.now() - start) / 1000;
    const score = accuracyOf(labels, predict(model, test));
    line.keep(
      `epoch ${epoch}/${epochs}  loss ${(lossSum / seen).toFixed(4)}  training accuracy ${((100 * right) / seen).toFixed(2)}%  ` +
        `test accuracy ${(100 * score).toFixed(2)}%  ${Math.round(images / seconds)} images/s  ${clock(seconds)}`,
    );
  }
  process.off("SIGINT", interrupt);
  return !stop;
}

function report(model: nn.Sequential, test: Digits): void {
  const labels = test.labels.toTypedArray();
  const predictions = predict(model, test);
  console.log(`\n${confusionMatrix(labels, predictions)}\n`);
  // Three digits that were read well, and what was misread, if anything was.
  const wrong = [...labels.keys()].filter((i) => labels[i] !== predictions[i]);
  const shown = [100, 400, 800].slice(0, wrong.length > 0 ? 2 : 3).concat(wrong.slice(0, 1));
  const pixels = shown.map((i) => test.images.select(0, i).toTypedArray());
  const captions = shown.map((i) => {
    const verdict = labels[i] === predictions[i] ? "" : `, but it is a ${labels[i]}`;
    return `predicted ${predictions[i]}${verdict}`;
  });
  console.log(drawDigits(pixels, captions));
  console.log(`\nTest accuracy: ${(100 * accuracyOf(labels, predictions)).toFixed(2)}%`);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) {
    console.log(help);
    return;
  }
  manualSeed(options.seed);
  const { train: digits, test } = loadDigits();
  const model = createModel(options.model);
  const count = model.parameters().reduce((n, p) => n + p.numel(), 0);
  console.log(
    `simdgrad trains ${options.model === "cnn" ? "a LeNet-style network" : "a perceptron"} of ${count} parameters ` +
      `on ${digits.labels.numel()} MNIST digits and tests it on ${test.labels.numel()} others.`,
  );
  const finished = await train(model, digits, test, options);
  if (!finished) console.log("Interrupted.");
  writeFileSync(options.out, saveSafetensors(model.stateDict()));
  if (finished) report(model, test);
  console.log(`Weights saved to ${options.out}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.error("Try: npm start -- --help");
  process.exitCode = 1;
});
