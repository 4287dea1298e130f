// The tests' rows of optimisers, schedulers and what goes with them.
import * as sg from "../../../src/index.js";
import type { Family } from "../case.js";

export const optim: Family = {
  optimisers: {
    Adadelta: (p) => new sg.optim.Adadelta(p),
    Adagrad: (p) => new sg.optim.Adagrad(p, { maximize: true }),
    Adamax: (p) => new sg.optim.Adamax(p),
    Lion: (p) => new sg.optim.Lion(p),
    NAdam: (p) => new sg.optim.NAdam(p),
    RAdam: (p) => new sg.optim.RAdam(p),
    RMSprop: (p) => new sg.optim.RMSprop(p, { momentum: 0.9, centered: true }),
  },
  notOptimisers: [
    // test/reference/schedulers.test.ts, test/optim/schedulers.test.ts
    ...["Scheduler", "LRScheduler", "StepLR", "MultiStepLR", "ExponentialLR", "ConstantLR"],
    ...["LinearLR", "PolynomialLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "LambdaLR"],
    ...["MultiplicativeLR", "OneCycleLR", "ReduceLROnPlateau", "SequentialLR"],
    "ChainedScheduler",
    // test/reference/lbfgs.test.ts, test/optim/lbfgs.test.ts
    "LBFGS",
    // test/optim/weights.test.ts
    ...["clipGradNorm", "clipGradValue", "ExponentialMovingAverage"],
    ...["parametersToVector", "vectorToParameters"],
  ],
};
