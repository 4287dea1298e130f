// Nonsense that once changed an answer without a word, and counts that once hung or filled the memory: refused
// before anything is made.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import { f } from "./refusal.js";

const { nn, optim } = sg;
const word = "x" as unknown as number;
const none = sg.zeros([0]);
const spectra = sg.ones([3, 5, 2]);
const layer = new nn.TransformerEncoderLayer(4, 2);
const leaf = sg.ones([2], { requiresGrad: true });
const sgd = new optim.SGD([leaf]);

const nonsense: Record<string, [call: () => unknown, message: RegExp]> = {
  "std unbiased": [
    () => sg.std(f.v3, 0, false as never),
    /^\[std\] options must be an object: got false/,
  ],
  "var correction": [
    () => f.v3.var(0, { correction: word }),
    /^\[variance\] correction must be a number/,
  ],
  "a correction of NaN": [() => sg.std(f.v3, 0, { correction: NaN }), /correction .*: got NaN/],
  "sum over a word": [() => sg.sum(f.v3, "" as never), /^\[sum\] needs an array: got ""/],
  "sum over a function": [() => sg.sum(f.v3, (() => 1) as never), /^\[sum\] needs an array/],
  "permute of a number": [
    () => sg.permute(f.m23, 1 as never),
    /^\[permute\] dims must name each of 2 dims once: got \[1\]/,
  ],
  "fft2 of one size": [
    () => sg.fft2(f.pairs, { s: 4 as never }),
    /^\[fft2\] needs an array: got 4/,
  ],
  "fft2 of three sizes": [
    () => sg.fft2(f.pairs, { s: [1, 2, 3] as never }),
    /^\[fft2\] dims and s must be two/,
  ],
  "istft's length": [
    () => sg.istft(spectra, 4, { length: [1.5] as never }),
    /length must be an integer in .*: got \[1.5\]/,
  ],
  "layerNorm's eps": [
    () => sg.layerNorm(f.m23, 3, null, null, { eps: NaN }),
    /^\[layerNorm\] eps must be a number >= 0: got NaN/,
  ],
  "rmsNorm's eps": [() => sg.rmsNorm(f.m23, 3, null, { eps: -1 }), /^\[rmsNorm\] eps .*: got -1/],
  "batchNorm's eps": [
    () => sg.batchNorm(f.m23, null, null, null, null, { training: true, eps: word }),
    /^\[batchNorm\] eps must be a number >= 0: got "x"/,
  ],
  "instanceNorm's momentum": [
    () => sg.instanceNorm(f.cube, { momentum: word }),
    /^\[instanceNorm\] momentum must be a number: got "x"/,
  ],
  "add's alpha": [
    () => sg.add(f.v3, 1, { alpha: word }),
    /^\[add\] alpha must be a number: got "x"/,
  ],
  full: [() => sg.full([2], word), /^\[full\] value must be a number: got "x"/],
  pad: [() => sg.pad(f.v3, [1, 1], { value: word }), /^\[pad\] value must be a number: got "x"/],
  leakyRelu: [() => sg.leakyRelu(f.v3, word), /^\[leakyRelu\] parameters .*: got "x"/],
  elu: [() => sg.elu(f.v3, word), /^\[elu\] parameters must be a number: got "x"/],
  pinv: [() => sg.pinv(f.m23, { atol: NaN }), /tolerances must be a number: got NaN/],
  arange: [() => sg.arange(0, "3" as never), /^\[arange\] step .*: got \[0,3,1\]/],
  alibiBias: [() => sg.alibiBias(2, word, 3), /^\[alibiBias\] sizes must be integers/],
  fftfreq: [() => sg.fftfreq(3, word), /^\[fftfreq\] d must be a number: got "x"/],
  "attention's scale": [
    () => sg.scaledDotProductAttention(f.m23, f.m23, f.m23, { scale: word }),
    /scale must be a number: got "x"/,
  ],
  "Adam's rate": [() => new optim.Adam([leaf], { lr: "0.1" as never }), /lr .*: got "0.1"/],
  cartesianProd: [
    () => sg.cartesianProd(["x"] as never),
    /^\[cartesianProd\] needs a tensor: got "x"/,
  ],
  "a stack of 1.5": [() => new nn.TransformerEncoder(layer, 1.5), /numLayers .*: got 1.5/],
  "MultiStepLR ": [
    () => new optim.MultiStepLR(sgd, ["x"] as never),
    /milestones must be an integer/,
  ],
};

const amounts: Record<string, [call: () => unknown, message: RegExp]> = {
  tensorSplit: [
    () => sg.tensorSplit(f.v5, 1e8),
    /^\[tensorSplit\] sections .* \[1, 1048576\]: got/,
  ],
  "tensorSplit of 2^31": [() => sg.tensorSplit(f.v5, 2 ** 31), /sections must be an integer in/],
  hsplit: [() => sg.hsplit(none, 2 ** 31), /^\[hsplit\] sections must be an integer in/],
  chunk: [() => sg.chunk(none, 2 ** 31), /^\[chunk\] chunks must be an integer in/],
  histc: [() => sg.histc(f.v5, 1e9), /^\[histc\] bins must be an integer in \[1, 16777216\]/],
  histogram: [() => sg.histogram(f.v5, 1e9), /^\[histogram\] bins must be an integer in/],
  kaiserWindow: [() => sg.kaiserWindow(1e9), /^\[kaiserWindow\] the length must be an integer in/],
  fftfreq: [() => sg.fftfreq(1e9), /^\[fftfreq\] the length must be an integer in/],
  stft: [() => sg.stft(f.v5, 1e9), /^\[stft\] nFft must be an integer in \[1, 16777216\]/],
  alibiSlopes: [() => sg.alibiSlopes(1e9), /^\[alibiSlopes\] heads must be an integer in/],
  bincount: [() => sg.bincount(f.int3, null, 2 ** 31), /^\[bincount\] at most 2\^30 elements fit/],
  istft: [() => sg.istft(spectra, 4, { length: 1e9 }), /length must be an integer in/],
  pad: [() => sg.pad(f.v3, [2 ** 31, 0]), /^\[pad\] at most 2\^30 elements fit/],
  TransformerEncoder: [
    () => new nn.TransformerEncoder(layer, 1e9),
    /numLayers must be an integer in/,
  ],
  LSTM: [
    () => new nn.LSTM(2, 2, { numLayers: 1e9 }),
    /numLayers must be an integer in \[1, 4096\]/,
  ],
};

describe("refused without a trace", () => {
  it.each(Object.entries({ ...nonsense, ...amounts }))("%s", (_, [call, message]) => {
    const { handles } = sg.memory();
    let error: unknown = null;
    try {
      call();
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(sg.SimdgradError);
    expect((error as Error).message).toMatch(message);
    expect(sg.memory().handles).toBe(handles);
  });
});

it("arange takes options in the place of a step", () => {
  const x = sg.arange(0, 3, { dtype: "float32" });
  expect([x.dtype, x.toArray()]).toEqual(["float32", [0, 1, 2]]);
});
