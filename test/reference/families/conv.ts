// Reference rows of convolutions and pooling.
import * as sg from "../../../src/index.js";
import { CHAIN, EQUAL, LAYERS, SUMS } from "../fixtures.js";
import { type ReferenceFamily, rows } from "../row.js";

/** What a case has besides tensors; `options` and sizes fit whatever op they are given to. */
interface Args {
  readonly options: never;
  readonly kernel: never;
  readonly p: number;
}

const both = ({ values, indices }: { values: sg.Tensor; indices: sg.Tensor }) => [values, indices];
const returnIndices = true;

/** Options that may be left out in a case, and the wish for indices. */
const withIndices = (options: object | undefined) => ({ ...options, returnIndices }) as const;

const convolutions = rows<Args>(SUMS, SUMS, {
  conv1d: ([x, w, b], a) => sg.conv1d(x, w, b, a.options),
  conv3d: ([x, w, b], a) => sg.conv3d(x, w, b, a.options),
  convTranspose1d: ([x, w, b], a) => sg.convTranspose1d(x, w, b, a.options),
  convTranspose2d: ([x, w, b], a) => sg.convTranspose2d(x, w, b, a.options),
  convTranspose3d: ([x, w, b], a) => sg.convTranspose3d(x, w, b, a.options),
});

const networks = rows<Args>(LAYERS, LAYERS, {
  resnet: ([x, stem, main, down]) => {
    const features = sg.conv2d(x, stem, null, { stride: 2, padding: 3 }).relu();
    const pooled = sg.maxPool2d(features, 3, { stride: 2, padding: 1 });
    const shortcut = sg.conv2d(pooled, down, null, { stride: 2 });
    return sg.conv2d(pooled, main, null, { stride: 2, padding: 1 }).add(shortcut);
  },
});

// Their gradients add up where windows overlap.
const extremes = rows<Args>(EQUAL, CHAIN, {
  maxPool1dIndices: ([x], a) => both(sg.maxPool1d(x, a.kernel, withIndices(a.options))),
  maxPool2dIndices: ([x], a) => both(sg.maxPool2d(x, a.kernel, withIndices(a.options))),
  maxPool3dIndices: ([x], a) => both(sg.maxPool3d(x, a.kernel, withIndices(a.options))),
  adaptiveMaxPool1d: ([x], a) => both(sg.adaptiveMaxPool1d(x, a.kernel, { returnIndices })),
  adaptiveMaxPool2d: ([x], a) => both(sg.adaptiveMaxPool2d(x, a.kernel, { returnIndices })),
  adaptiveMaxPool3d: ([x], a) => both(sg.adaptiveMaxPool3d(x, a.kernel, { returnIndices })),
  maxUnpool1d: ([x, i], a) => sg.maxUnpool1d(x, i, a.kernel, a.options),
  maxUnpool2d: ([x, i], a) => sg.maxUnpool2d(x, i, a.kernel, a.options),
  maxUnpool3d: ([x, i], a) => sg.maxUnpool3d(x, i, a.kernel, a.options),
});

const means = rows<Args>(SUMS, SUMS, {
  avgPool1d: ([x], a) => sg.avgPool1d(x, a.kernel, a.options),
  avgPool3d: ([x], a) => sg.avgPool3d(x, a.kernel, a.options),
  adaptiveAvgPool1d: ([x], a) => sg.adaptiveAvgPool1d(x, a.kernel),
  adaptiveAvgPool2d: ([x], a) => sg.adaptiveAvgPool2d(x, a.kernel),
  adaptiveAvgPool3d: ([x], a) => sg.adaptiveAvgPool3d(x, a.kernel),
  lpPool1d: ([x], a) => sg.lpPool1d(x, a.p, a.kernel, a.options),
  lpPool2d: ([x], a) => sg.lpPool2d(x, a.p, a.kernel, a.options),
});

export const conv: ReferenceFamily = {
  fixtures: ["conv", "conv3d", "convTranspose", "pool", "poolAdaptive", "convSecond"],
  rows: { ...convolutions, ...networks, ...extremes, ...means },
  modules: ["convModules"],
};
