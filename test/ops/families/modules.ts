// The tests' rows of containers, normalisation, dropout and the tools of modules.
import * as sg from "../../../src/index.js";
import { type Family, on } from "../case.js";
import { E } from "../edge.js";
import { any } from "../inputs.js";
import { layer } from "../layer.js";
import { dtype, f, shape, value } from "../refusal.js";

const { nn } = sg;
const seeded = (): { generator: sg.Generator } => ({ generator: new sg.Generator(5) });

export const modules: Family = {
  differentiable: {
    bilinear: [
      on([any(2, 3, 2), any(2, 3, 4), any(3, 2, 4), any(3)]),
      on([any(3), any(2), any(2, 3, 2)]),
    ],
    groupNorm: [
      on([any(2, 4, 3), any(4), any(4)], ([x, w, b]) => [x, 2, w, b]),
      on([any(3, 4)], ([x]) => [x, 2]),
    ],
    instanceNorm: [
      on([any(2, 3, 4), any(3), any(3)], ([x, weight, bias]) => [x, { weight, bias }]),
      on([any(1, 2, 2, 3)]),
    ],
    rmsNorm: [
      on([any(3, 5), any(5)], ([x, w]) => [x, 5, w, { eps: 0.01 }]),
      on([any(2, 2, 3)], ([x]) => [x, [2, 3]]),
    ],
    localResponseNorm: [
      on([any(1, 5, 3)], ([x]) => [x, 3, { alpha: 0.5, beta: 0.6 }]),
      on([any(2, 3, 2, 2)], ([x]) => [x, 2]),
    ],
    featureDropout: [on([any(2, 3, 2)], ([x]) => [x, 0.4, seeded()])],
    alphaDropout: [on([any(3, 5)], ([x]) => [x, 0.4, seeded()])],
    featureAlphaDropout: [on([any(2, 3, 2)], ([x]) => [x, 0.4, seeded()])],
  },
  functionsOnly: [
    ...["bilinear", "groupNorm", "instanceNorm", "rmsNorm", "localResponseNorm"],
    ...["featureDropout", "alphaDropout", "featureAlphaDropout"],
  ],
  edges: {
    bilinear: [
      [() => sg.bilinear(E(0, 2), E(0, 3), E(4, 2, 3)), [0, 4]],
      [() => sg.bilinear(E(2), E(0), E(3, 2, 0)), [3]],
    ],
    groupNorm: [
      [() => sg.groupNorm(E(0, 4, 3), 2), [0, 4, 3]],
      [() => sg.groupNorm(E(2, 4, 0), 2), [2, 4, 0]],
    ],
    instanceNorm: [[() => sg.instanceNorm(E(0, 4, 3)), [0, 4, 3]]],
    rmsNorm: [[() => sg.rmsNorm(E(0, 3), 3), [0, 3]]],
    localResponseNorm: [[() => sg.localResponseNorm(E(2, 0, 3), 3), [2, 0, 3]]],
    featureDropout: [[() => sg.featureDropout(E(0, 3, 2)), [0, 3, 2]]],
    alphaDropout: [
      [() => sg.alphaDropout(E(0, 3)), [0, 3]],
      [() => sg.alphaDropout(E()), []],
    ],
    featureAlphaDropout: [[() => sg.featureAlphaDropout(E(0, 3)), [0, 3]]],
  },
  refusals: {
    bilinear: [
      shape(/\[2,3\] and \[4,5\] and \[2,3,4\]/, () => sg.bilinear(f.m23, f.m45, f.cube)),
      dtype(/x1 must be float32: got int32/, () => sg.bilinear(f.int23, f.m23, f.cube)),
      shape(/bias must be \[2\]: got \[3\]/, () => sg.bilinear(f.m23, f.m24, f.cube, f.v3)),
    ],
    groupNorm: [
      shape(/x must be \[N, C, ...\]: got \[3\]/, () => sg.groupNorm(f.v3, 1)),
      value(/numGroups must divide the 3 channels: got 2/, () => sg.groupNorm(f.m23, 2)),
      shape(/weight must be \[3\]: got \[5\]/, () => sg.groupNorm(f.m23, 3, f.v5)),
      dtype(/x must be float32: got int32/, () => sg.groupNorm(f.int23, 1)),
    ],
    instanceNorm: [
      value(/needs more than 1 value per channel: got \[2,3\]/, () => sg.instanceNorm(f.m23)),
      shape(/runningMean must be \[3\]: got \[5\]/, () =>
        sg.instanceNorm(f.cube, { runningMean: f.v5 }),
      ),
    ],
    rmsNorm: [
      shape(/x must end in \[5\]: got \[2,3\]/, () => sg.rmsNorm(f.m23, 5)),
      shape(/weight must be \[3\]: got \[5\]/, () => sg.rmsNorm(f.m23, 3, f.v5)),
      dtype(/x must be float32: got int32/, () => sg.rmsNorm(f.int23, 3)),
    ],
    localResponseNorm: [
      shape(/x must be \[N, C, ...\]: got \[2,3\]/, () => sg.localResponseNorm(f.m23, 3)),
      value(/size must be an integer >= 1: got 0/, () => sg.localResponseNorm(f.cube, 0)),
    ],
    featureDropout: [
      shape(/at least 2 dims: got \[3\]/, () => sg.featureDropout(f.v3)),
      value(/p must be a number in \[0, 1\]: got 2/, () => sg.featureDropout(f.m23, 2)),
    ],
    alphaDropout: [
      dtype(/x must be float32: got int32/, () => sg.alphaDropout(f.int3)),
      value(/p must be a number in \[0, 1\]: got -1/, () => sg.alphaDropout(f.m23, -1)),
    ],
    featureAlphaDropout: [
      shape(/at least 2 dims: got \[3\]/, () => sg.featureAlphaDropout(f.v3)),
      value(/p must be a number in \[0, 1\]: got NaN/, () => sg.featureAlphaDropout(f.m23, NaN)),
    ],
  },
  layers: {
    AlphaDropout: layer(() => new nn.AlphaDropout(0.3), any(3, 5)),
    BatchNorm3d: layer(() => new nn.BatchNorm3d(2), any(2, 2, 2, 2, 2)),
    CosineSimilarity: layer(() => new nn.CosineSimilarity(), any(3, 4), any(3, 4)),
    PairwiseDistance: layer(() => new nn.PairwiseDistance(), any(3, 4), any(3, 4)),
    Bilinear: layer(() => new nn.Bilinear(3, 4, 2), any(5, 3), any(5, 4)),
    Dropout1d: layer(() => new nn.Dropout1d(0.3), any(3, 5)),
    Dropout2d: layer(() => new nn.Dropout2d(0.3), any(2, 3, 2, 2)),
    Dropout3d: layer(() => new nn.Dropout3d(0.3), any(2, 3, 1, 2, 2)),
    FeatureAlphaDropout: layer(() => new nn.FeatureAlphaDropout(0.3), any(2, 3, 2)),
    GroupNorm: layer(() => new nn.GroupNorm(2, 4), any(2, 4, 3)),
    InstanceNorm1d: layer(
      () => new nn.InstanceNorm1d(3, { affine: true, trackRunningStats: true }),
      any(3, 4),
    ),
    InstanceNorm2d: layer(() => new nn.InstanceNorm2d(2), any(2, 2, 3, 3)),
    InstanceNorm3d: layer(() => new nn.InstanceNorm3d(2), any(1, 2, 2, 2, 2)),
    LocalResponseNorm: layer(() => new nn.LocalResponseNorm(3), any(2, 4, 3)),
    RMSNorm: layer(() => new nn.RMSNorm(5), any(3, 5)),
  },
  // test/nn/containers.test.ts, reparametrise.test.ts, summary.test.ts
  notLayers: [
    ...["ModuleDict", "ModuleList", "ParameterDict", "ParameterList"],
    ...[
      "removeSpectralNorm",
      "removeWeightNorm",
      "spectralNorm",
      "weightNorm",
      "Summary",
      "summary",
    ],
  ],
};
