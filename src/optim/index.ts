// Optimisers, each updating the parameters it was given from their gradients in fused kernels, and what
// goes with them: schedulers of the learning rate, clipping, averaged weights.
export {
  Adam,
  Adamax,
  AdamW,
  type AdamaxOptions,
  type AdamOptions,
  NAdam,
  type NAdamOptions,
  RAdam,
  type RAdamOptions,
} from "./adam.js";
export { SGD, type SGDOptions } from "./sgd.js";
export {
  type Lambda,
  type Lambdas,
  LRScheduler,
  type PerGroup,
  type Scheduled,
  type ScheduledGroup,
  Scheduler,
  type SchedulerState,
} from "./scheduler.js";
export { parametersToVector, vectorToParameters } from "./vectors.js";
export { ChainedScheduler, SequentialLR } from "./compound.js";
export {
  OneCycleLR,
  type OneCycleOptions,
  type PlateauOptions,
  ReduceLROnPlateau,
} from "./cycles.js";
export {
  Adadelta,
  type AdadeltaOptions,
  Adagrad,
  type AdagradOptions,
  Lion,
  type LionOptions,
  RMSprop,
  type RMSpropOptions,
} from "./adaptive.js";
export type { JoinedOptimizer, Steps } from "./joined.js";
export { type EMAOptions, type EMAState, ExponentialMovingAverage } from "./ema.js";
export { clipGradNorm, type ClipGradNormOptions, clipGradValue } from "./clip.js";
export { LBFGS, type LBFGSOptions } from "./lbfgs.js";
export {
  ConstantLR,
  type ConstantLROptions,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  type CosineOptions,
  ExponentialLR,
  type GammaOptions,
  LambdaLR,
  LinearLR,
  type LinearLROptions,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  type PolynomialLROptions,
  StepLR,
  type WarmRestartOptions,
} from "./schedulers.js";
export {
  Optimizer,
  type OptimizerState,
  type ParamGroup,
  type Params,
  type ParamState,
  type StepOptions,
} from "./optimizer.js";
