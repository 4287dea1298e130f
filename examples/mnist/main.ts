// Trains a network on MNIST digits in the terminal: `npm start`, `npm start -- --help`.
import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  crossEntropy,
  DataLoader,
  manualSeed,
  type nn,
  noGrad,
  optim,
  saveSafetensors,
  type Tensor,
} from "simdgrad";
import { type Digits, type DigitSets, loadDigits } from "./data.js";
import { createModel } from "./model.js";
import { help, type Options, parseOptions } from "./options.js";
import { clock, confusionMatrix, drawDigits, ProgressLine } from "./terminal.js";

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

function percent(share: number): string {
  return `${(100 * share).toFixed(2).padStart(5)}%`;
}

interface Result {
  logits: Tensor;
  loss: Tensor;
}

/** One step of training on a batch. */
function learn(model: nn.Sequential, optimizer: optim.Adam, x: Tensor, y: Tensor): Result {
  const logits = model.forward(x);
  const loss = crossEntropy(logits, y);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return { logits, loss };
}

/** Sums over the batches of an epoch. */
class Tally {
  private loss = 0;
  private right = 0;
  private seen = 0;

  add(labels: Tensor, { logits, loss }: Result): void {
    const n = labels.numel();
    this.loss += loss.item() * n;
    this.right += logits.argmax(1).eq(labels).sum().item();
    this.seen += n;
  }

  text(): string {
    const { loss, right, seen } = this;
    return `loss ${(loss / seen).toFixed(4)}  accuracy ${percent(right / seen)}`;
  }
}

/** Returns the number of steps done, fewer than there should be when Ctrl-C ended it. */
async function train(
  model: nn.Sequential,
  { train, test }: DigitSets,
  { epochs, batchSize, lr }: Options,
): Promise<{ step: number; steps: number }> {
  const loader = new DataLoader([train.images, train.labels], { batchSize, shuffle: true });
  const optimizer = new optim.Adam(model.parameters(), { lr });
  const labels = test.labels.toTypedArray();
  const steps = epochs * loader.length;
  let stop = false;
  process.once("SIGINT", () => (stop = true));
  const line = new ProgressLine();
  const start = performance.now();
  let [step, images] = [0, 0];
  for (let epoch = 1; epoch <= epochs && !stop; epoch++) {
    const tally = new Tally();
    let rate = "";
    for (const [x, y] of loader) {
      // Large steps at first, ever smaller ones towards the end: the weights come to rest.
      optimizer.groups[0]!.lr = lr * (1 - step / steps);
      tally.add(y!, learn(model, optimizer, x!, y!));
      images += y!.numel();
      step++;
      const seconds = (performance.now() - start) / 1000;
      rate = `${Math.round(images / seconds)} images/s`;
      const left = clock((seconds / step) * (steps - step));
      const at = String(step).padStart(String(steps).length);
      line.show(step / steps, `${at}/${steps}  ${tally.text()}  ${rate}  ${left} left`);
      await breathe();
      if (stop) break;
    }
    const score = percent(accuracyOf(labels, predict(model, test)));
    const time = clock((performance.now() - start) / 1000);
    line.keep(`epoch ${epoch}/${epochs}  ${tally.text()}  test ${score}  ${rate}  ${time}`);
  }
  return { step, steps };
}

function report(model: nn.Sequential, test: Digits): void {
  const labels = test.labels.toTypedArray();
  const predictions = predict(model, test);
  console.log(`\n${confusionMatrix(labels, predictions)}\n`);
  // Two digits that were read well, and one that was not, if there is one.
  const isRight = (i: number): boolean => labels[i] === predictions[i];
  const all = [...labels.keys()];
  const shown = [250, 550, 850].map((i) => all.slice(i).find(isRight) ?? i);
  const wrong = all.find((i) => !isRight(i));
  if (wrong !== undefined) shown[2] = wrong;
  const pixels = shown.map((i) => test.images.select(0, i).toTypedArray());
  const captions = shown.map((i) => {
    const verdict = isRight(i) ? "" : ` (it is a ${labels[i]})`;
    return `predicted ${predictions[i]}${verdict}`;
  });
  console.log(drawDigits(pixels, captions));
  console.log(`\nTest accuracy: ${percent(accuracyOf(labels, predictions))}`);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) {
    console.log(help);
    return;
  }
  accessSync(dirname(options.out), constants.W_OK); // better now than after the training
  manualSeed(options.seed);
  const digits = loadDigits();
  const model = createModel(options.model);
  const count = model.parameters().reduce((n, p) => n + p.numel(), 0);
  console.log(
    `simdgrad trains ${options.model === "cnn" ? "a LeNet-style network" : "a perceptron"} of ${count} parameters\n` +
      `on ${digits.train.labels.numel()} MNIST digits and tests it on ${digits.test.labels.numel()} others.\n`,
  );
  const { step, steps } = await train(model, digits, options);
  writeFileSync(options.out, saveSafetensors(model.stateDict()));
  if (step < steps) console.log(`\nInterrupted after ${step} of ${steps} steps.`);
  else report(model, digits.test);
  console.log(`Weights saved to ${options.out}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.error("Try: npm start -- --help");
  process.exitCode = 1;
});
