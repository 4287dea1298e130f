// The command line of the example.
import { parseArgs } from "node:util";
import type { ModelName } from "./model.js";

export const help = `Trains a network on MNIST digits, in this terminal.

  npm start -- [options]

  --model cnn|mlp     LeNet-style convolutions, or a plain perceptron (cnn)
  --epochs N          passes over the 9,000 training digits (8)
  --batch-size N      digits in a step (32)
  --lr X              Adam's learning rate at first; it falls to 0 (0.003)
  --seed N            of weights and shuffling: the same gives the same (1)
  --out FILE          for the weights (mnist-<model>.safetensors)
  --help              this text

Ctrl-C ends the training after the present step, saves the weights as they are
then, and exits with code 0. A second Ctrl-C ends it at once.`;

export interface Options {
  model: ModelName;
  epochs: number;
  batchSize: number;
  lr: number;
  seed: number;
  out: string;
}

/** Reads the command line; null when help is wanted. Throws an Error with one clear line otherwise. */
export function parseOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: "cnn" },
      epochs: { type: "string", default: "8" },
      "batch-size": { type: "string", default: "32" },
      lr: { type: "string", default: "0.003" },
      seed: { type: "string", default: "1" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const { model } = values;
  if (model !== "cnn" && model !== "mlp")
    throw new Error(`--model must be cnn or mlp: got ${model}`);
  return {
    model,
    epochs: number("--epochs", values.epochs, 1, true),
    batchSize: number("--batch-size", values["batch-size"], 1, true),
    lr: number("--lr", values.lr, 0, false),
    seed: number("--seed", values.seed, 0, true),
    out: values.out ?? `mnist-${model}.safetensors`,
  };
}

function number(name: string, text: string, least: number, whole: boolean): number {
  const value = Number(text);
  if (
    text.trim() === "" ||
    !Number.isFinite(value) ||
    value < least ||
    (whole && !Number.isInteger(value))
  ) {
    throw new Error(
      `${name} must be ${whole ? "an integer" : "a number"} >= ${least}: got ${text}`,
    );
  }
  return value;
}
