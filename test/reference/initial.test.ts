// Default initialisations against PyTorch's bounds: what random values are drawn from, by key.
import { describe, expect, it } from "vitest";
import { manualSeed, nn, type Tensor, zeros } from "../../src/index.js";
import { load } from "./fixtures.js";

/** See generator/initial.py. */
interface InitialCase {
  readonly layer: keyof typeof layers;
  readonly args: readonly unknown[];
  readonly keys: Readonly<
    Record<
      string,
      { readonly uniform?: number; readonly normal?: number; readonly constant?: number }
    >
  >;
}

type Make = new (...args: never[]) => nn.Module;

const layers = {
  Linear: nn.Linear,
  Conv1d: nn.Conv1d,
  Conv2d: nn.Conv2d,
  Conv3d: nn.Conv3d,
  ConvTranspose1d: nn.ConvTranspose1d,
  ConvTranspose2d: nn.ConvTranspose2d,
  ConvTranspose3d: nn.ConvTranspose3d,
  LayerNorm: nn.LayerNorm,
  BatchNorm1d: nn.BatchNorm1d,
  BatchNorm2d: nn.BatchNorm2d,
  Embedding: nn.Embedding,
  EmbeddingBag: nn.EmbeddingBag,
  Bilinear: nn.Bilinear,
  PReLU: nn.PReLU,
  GroupNorm: nn.GroupNorm,
  BatchNorm3d: nn.BatchNorm3d,
  InstanceNorm2d: nn.InstanceNorm2d,
  ...{ RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU },
  ...{ RNNCell: nn.RNNCell, LSTMCell: nn.LSTMCell, GRUCell: nn.GRUCell },
  MultiheadAttention: nn.MultiheadAttention,
  TransformerEncoderLayer: nn.TransformerEncoderLayer,
  Transformer: nn.Transformer,
} satisfies Record<string, Make>;

const cases = load<InitialCase>("initial");

/** Mean and mean square within five standard errors of what the distribution has. */
function expectMoments(values: readonly number[], variance: number, kurtosis: number): void {
  const n = values.length;
  const mean = values.reduce((s, v) => s + v, 0) / n;
  const square = values.reduce((s, v) => s + v * v, 0) / n;
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / n));
  expect(Math.abs(square - variance)).toBeLessThan(5 * variance * Math.sqrt((kurtosis - 1) / n));
}

function expectUniform(values: readonly number[], bound: number): void {
  const largest = Math.max(...values.map(Math.abs));
  expect(largest).toBeLessThanOrEqual(Math.fround(bound));
  // Of n samples the largest falls short of this with a chance of e^-10.
  if (values.length > 20) expect(largest).toBeGreaterThan(bound * (1 - 10 / values.length));
  expectMoments(values, (bound * bound) / 3, 9 / 5);
}

describe("PyTorch's default initialisations", () => {
  it.each(cases.map((test) => [`${test.layer} ${JSON.stringify(test.args)}`, test] as const))(
    "%s",
    (_, test) => {
      manualSeed(7);
      const Layer: Make = layers[test.layer];
      const state = new Layer(...(test.args as never[])).stateDict();
      expect(Object.keys(state).sort()).toEqual(Object.keys(test.keys).sort());
      for (const [key, { uniform, normal, constant }] of Object.entries(test.keys)) {
        const values = Array.from(state[key]!.toTypedArray(), Number);
        if (uniform !== undefined) expectUniform(values, uniform);
        else if (normal !== undefined) expectMoments(values, normal * normal, 3);
        else expect(new Set(values), key).toEqual(new Set([constant]));
      }
    },
  );

  it("every row has a case", () => {
    const used = new Set<string>(cases.map((test) => test.layer));
    expect(Object.keys(layers).filter((layer) => !used.has(layer))).toEqual([]);
  });
});

/** What a function of nn.init gives, or what it draws from: see generator/initial.py. */
type FunctionCase =
  | { readonly fn: "calculateGain"; readonly args: readonly unknown[]; readonly gain: number }
  | {
      readonly fn: "dirac_" | "eye_" | "kaimingNormal_" | "kaimingUniform_";
      readonly args: readonly unknown[];
      readonly shape: readonly number[];
      readonly values?: readonly number[];
      readonly uniform?: number;
      readonly normal?: number;
    };

describe("PyTorch's nn.init", () => {
  const functions = load<FunctionCase>("initialFunctions");
  it.each(functions.map((test) => [`${test.fn} ${JSON.stringify(test.args)}`, test] as const))(
    "%s",
    (_, test) => {
      manualSeed(7);
      if (test.fn === "calculateGain") {
        expect(nn.init.calculateGain(...(test.args as ["relu"]))).toBe(test.gain);
        return;
      }
      // Filled, so that what a function leaves alone is seen.
      const x = nn.init.constant_(zeros(test.shape), 7);
      const fn = nn.init[test.fn] as (x: Tensor, ...args: unknown[]) => Tensor;
      expect(fn(x, ...test.args)).toBe(x);
      const values = Array.from(x.toTypedArray());
      if (test.uniform !== undefined) expectUniform(values, test.uniform);
      else if (test.normal !== undefined) expectMoments(values, test.normal ** 2, 3);
      else expect(values).toEqual(test.values);
    },
  );
});
