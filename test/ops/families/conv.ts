// The tests' rows of convolutions and pooling.
import * as sg from "../../../src/index.js";
import type { Family, Table } from "../case.js";
import { on } from "../case.js";
import { any, ints, positive } from "../inputs.js";
import { layer, type LayerCases } from "../layer.js";
import { convEdges, convRefusals } from "./convRules.js";

const { nn } = sg;

const convolutions: Table = {
  conv1d: [
    on([any(2, 2, 5), any(4, 1, 2), any(4)], (x) => [...x, { groups: 2, stride: 2, padding: 1 }]),
    on([any(2, 4), any(1, 2, 2)], ([x, w]) => [x, w, null, { padding: "same" }]),
  ],
  conv3d: [
    on([any(1, 2, 3, 3, 2), any(2, 1, 2, 2, 1), any(2)], (x) => [
      ...x,
      { groups: 2, stride: [2, 1, 1], padding: [1, 0, 0] },
    ]),
    on([any(1, 3, 2, 2), any(1, 1, 2, 1, 2)], ([x, w]) => [x, w, null, { dilation: [2, 1, 1] }]),
  ],
  convTranspose1d: [
    on([any(2, 2, 3), any(2, 1, 2), any(2)], (x) => [
      ...x,
      { groups: 2, stride: 2, outputPadding: 1 },
    ]),
    on([any(2, 3), any(2, 1, 2)], ([x, w]) => [x, w, null, { padding: 1 }]),
  ],
  convTranspose2d: [
    on([any(1, 2, 3, 2), any(2, 2, 2, 2), any(2)], (x) => [...x, { stride: 2, padding: [1, 0] }]),
    on([any(1, 2, 3), any(1, 1, 2, 2)], ([x, w]) => [x, w, null, { dilation: [1, 2] }]),
  ],
  convTranspose3d: [
    on([any(1, 1, 2, 2, 2), any(1, 1, 2, 1, 2), any(1)], (x) => [...x, { stride: [2, 1, 1] }]),
    on([any(1, 2, 1, 2), any(1, 1, 2, 2, 1)], ([x, w]) => [x, w]),
  ],
};

const pools: Table = {
  adaptiveAvgPool1d: [on([any(1, 2, 5)], ([x]) => [x, 3]), on([any(2, 3)], ([x]) => [x, 1])],
  adaptiveAvgPool2d: [on([any(1, 2, 3, 5)], ([x]) => [x, [2, null]])],
  adaptiveAvgPool3d: [on([any(1, 3, 2, 4)], ([x]) => [x, 2])],
  adaptiveMaxPool1d: [
    on([any(1, 2, 5)], ([x]) => [x, 3]),
    on([any(2, 5)], ([x]) => [x, 2, { returnIndices: true }]),
  ],
  adaptiveMaxPool2d: [on([any(1, 3, 5)], ([x]) => [x, 2])],
  adaptiveMaxPool3d: [on([any(1, 3, 2, 4)], ([x]) => [x, [2, 1, 3], { returnIndices: true }])],
  avgPool1d: [on([any(1, 2, 5)], ([x]) => [x, 2, { padding: 1, countIncludePad: false }])],
  avgPool3d: [
    on([any(1, 3, 2, 3)], ([x]) => [x, 2, { stride: 1, padding: 1 }]),
    on([any(1, 1, 2, 2, 3)], ([x]) => [x, [2, 1, 2], { divisorOverride: 3 }]),
  ],
  lpPool1d: [on([positive(1, 2, 5)], ([x]) => [x, 3, 2, { stride: 1 }])],
  lpPool2d: [on([positive(1, 3, 5)], ([x]) => [x, 2, 2, { ceilMode: true }])],
  maxPool1d: [
    on([any(1, 2, 5)], ([x]) => [x, 2, { stride: 1 }]),
    on([any(2, 7)], ([x]) => [x, 3, { padding: 1, returnIndices: true }]),
  ],
  maxPool3d: [
    on([any(1, 3, 2, 3)], ([x]) => [x, 2, { stride: 1 }]),
    on([any(1, 1, 2, 3, 2)], ([x]) => [x, [1, 2, 2], { returnIndices: true }]),
  ],
  maxUnpool1d: [on([any(1, 2, 3), ints(0, 6, 1, 2, 3)], ([x, i]) => [x, i, 2])],
  maxUnpool2d: [
    on([any(1, 2, 2), ints(0, 12, 1, 2, 2)], ([x, i]) => [x, i, 2, { outputSize: [4, 5] }]),
  ],
  maxUnpool3d: [on([any(1, 1, 2, 2), ints(0, 8, 1, 1, 2, 2)], ([x, i]) => [x, i, [2, 2, 1]])],
};

const layers: LayerCases = {
  AdaptiveAvgPool1d: layer(() => new nn.AdaptiveAvgPool1d(2), any(1, 2, 5)),
  AdaptiveAvgPool2d: layer(() => new nn.AdaptiveAvgPool2d(1), any(1, 2, 3, 3)),
  AdaptiveAvgPool3d: layer(() => new nn.AdaptiveAvgPool3d([2, null, 1]), any(1, 3, 2, 2)),
  AdaptiveMaxPool1d: layer(() => new nn.AdaptiveMaxPool1d(2), any(1, 2, 5)),
  AdaptiveMaxPool2d: layer(() => new nn.AdaptiveMaxPool2d(2), any(1, 2, 3, 3)),
  AdaptiveMaxPool3d: layer(() => new nn.AdaptiveMaxPool3d(2), any(1, 3, 2, 2)),
  AvgPool1d: layer(() => new nn.AvgPool1d(2), any(1, 2, 5)),
  AvgPool3d: layer(() => new nn.AvgPool3d(2), any(1, 3, 2, 2)),
  Conv1d: layer(() => new nn.Conv1d(2, 3, 2), any(1, 2, 4)),
  Conv3d: layer(() => new nn.Conv3d(1, 2, 2), any(1, 1, 3, 2, 3)),
  ConvTranspose1d: layer(() => new nn.ConvTranspose1d(2, 3, 2), any(1, 2, 4)),
  ConvTranspose2d: layer(() => new nn.ConvTranspose2d(2, 3, 2), any(1, 2, 3, 3)),
  ConvTranspose3d: layer(() => new nn.ConvTranspose3d(1, 2, 2), any(1, 1, 2, 2, 2)),
  LPPool1d: layer(() => new nn.LPPool1d(2, 2), positive(1, 2, 4)),
  LPPool2d: layer(() => new nn.LPPool2d(2, 2), positive(1, 2, 4, 4)),
  MaxPool1d: layer(() => new nn.MaxPool1d(2), any(1, 2, 5)),
  MaxPool3d: layer(() => new nn.MaxPool3d(2), any(1, 3, 2, 2)),
  MaxUnpool1d: layer(() => new nn.MaxUnpool1d(2), any(1, 2, 3), ints(0, 6, 1, 2, 3)),
  MaxUnpool2d: layer(() => new nn.MaxUnpool2d(2), any(1, 2, 2), ints(0, 16, 1, 2, 2)),
  MaxUnpool3d: layer(() => new nn.MaxUnpool3d(2), any(1, 1, 1, 2), ints(0, 16, 1, 1, 1, 2)),
};

export const conv: Family = {
  differentiable: { ...convolutions, ...pools },
  functionsOnly: [...Object.keys(convolutions), ...Object.keys(pools)],
  layers,
  others: ["setConvAlgorithm"],
  edges: convEdges,
  refusals: convRefusals,
};
