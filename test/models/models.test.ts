// One model of each kind, ported as its PyTorch twin is written (pytorch/*.py): loads PyTorch's state dict
// from safetensors and agrees on output, loss, every gradient and the buffers afterwards.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  bceWithLogits,
  crossEntropy,
  ctcLoss,
  loadSafetensors,
  memory,
  mseLoss,
  type nn,
  type Tensor,
  tidy,
} from "../../src/index.js";
import { MatrixFactorisation, SkipGram } from "./embeddings.js";
import { GPT, LSTMClassifier, Seq2Seq, SpeechModel, Translator } from "./sequences.js";
import { Autoencoder, LeNet, MLP, ResNet18, UNet, ViT } from "./vision.js";

type Model = nn.Module & { forward(...inputs: Tensor[]): Tensor };

interface Row {
  readonly make: () => nn.Module;
  readonly loss: (logits: Tensor, ...targets: Tensor[]) => Tensor;
}

const classes = (logits: Tensor, target: Tensor): Tensor =>
  crossEntropy(logits.reshape([-1, logits.shape.at(-1)!]), target.flatten());

const ctc = (logProbs: Tensor, target: Tensor, lengths: Tensor): Tensor => {
  const [T, N] = logProbs.shape as [number, number];
  return ctcLoss(logProbs, target, new Array<number>(N).fill(T), lengths);
};

const models: Readonly<Record<string, Row>> = {
  mlp: { make: () => new MLP(), loss: classes },
  lenet: { make: () => new LeNet(), loss: classes },
  resnet18: { make: () => new ResNet18(), loss: classes },
  unet: { make: () => new UNet(), loss: (x, y) => bceWithLogits(x, y) },
  autoencoder: { make: () => new Autoencoder(), loss: (x, y) => mseLoss(x, y) },
  vit: { make: () => new ViT(), loss: classes },
  lstm: { make: () => new LSTMClassifier(), loss: classes },
  seq2seq: { make: () => new Seq2Seq(), loss: classes },
  transformer: { make: () => new Translator(), loss: classes },
  gpt: { make: () => new GPT(), loss: classes },
  speech: { make: () => new SpeechModel(), loss: ctc },
  recommender: { make: () => new MatrixFactorisation(), loss: (x, y) => mseLoss(x, y) },
  word2vec: { make: () => new SkipGram(), loss: SkipGram.loss },
};

/** A fixture's tensors whose names begin with `prefix`, without it. */
function part(file: Readonly<Record<string, Tensor>>, prefix: string): Record<string, Tensor> {
  const names = Object.keys(file).filter((name) => name.startsWith(prefix));
  return Object.fromEntries(names.map((name) => [name.slice(prefix.length), file[name]!]));
}

/**
 * Float32 against float64 through a whole model: errors are those of sums of sums, so they are measured
 * against the largest magnitude in the tensor, however small it is.
 */
const RELATIVE = 1e-5;

/** Up to here a float64 result is a zero that rounding blurs: the gradient of a bias before batch norm. */
const NOTHING = 1e-12;
/** What float32 makes of such a zero: sums of tens of terms below 0.1, each rounded. */
const ABSOLUTE = 5e-8;

function expectClose(what: string, got: Tensor, wanted: Tensor): void {
  expect([got.shape, got.dtype], what).toEqual([wanted.shape, wanted.dtype]);
  const [values, expected] = [[...got.toTypedArray()], [...wanted.toTypedArray()]];
  const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const worst = expected.reduce((w, v, i) => Math.max(w, Math.abs(values[i]! - v)), 0);
  const allowed = scale < NOTHING ? ABSOLUTE : RELATIVE * scale;
  expect(worst, `${what}, at most ${scale}`).toBeLessThanOrEqual(allowed);
}

function expectAll(
  what: string,
  got: readonly [string, Tensor][],
  wanted: Readonly<Record<string, Tensor>>,
): void {
  expect(got.map(([key]) => key).sort(), what).toEqual(Object.keys(wanted).sort());
  for (const [key, x] of got) expectClose(`${what} ${key}`, x, wanted[key]!);
}

function step(model: Model, { loss }: Row, file: Readonly<Record<string, Tensor>>) {
  return tidy(() => {
    const logits = model.forward(...Object.values(part(file, "input.")));
    return { logits, loss: loss(logits, ...Object.values(part(file, "target."))) };
  });
}

describe("PyTorch's models, ported", () => {
  it.each(Object.entries(models))("%s", (name, row) => {
    const bytes = readFileSync(new URL(`./fixtures/${name}.safetensors`, import.meta.url));
    const file = loadSafetensors(bytes);
    const model = row.make() as Model;
    model.loadStateDict(part(file, "state."));
    const { logits, loss } = step(model, row, file);
    expectClose("logits", logits, file["logits"]!);
    expectClose("loss", loss, file["loss"]!);
    loss.backward();
    const grads = model.namedParameters().map(([key, p]): [string, Tensor] => [key, p.grad!]);
    expectAll("gradient of", grads, part(file, "grad."));
    expectAll("afterwards", model.namedBuffers(), part(file, "after."));
  });

  it.each(Object.entries(models))("%s leaves no handles behind", (name, row) => {
    const bytes = readFileSync(new URL(`./fixtures/${name}.safetensors`, import.meta.url));
    const file = loadSafetensors(bytes);
    const model = row.make() as Model;
    const run = (): void => {
      const { logits, loss } = step(model, row, file);
      loss.backward();
      model.zeroGrad();
      for (const t of [logits, loss]) t.dispose();
    };
    run();
    const before = memory().handles;
    run();
    expect(memory().handles).toBe(before);
  });

  it("every fixture has a row", () => {
    const files = readdirSync(new URL("./fixtures/", import.meta.url));
    expect(files.sort()).toEqual(
      Object.keys(models)
        .map((name) => `${name}.safetensors`)
        .sort(),
    );
  });
});
