// Optimisers: each updates the parameters it was given from their gradients, in fused kernels.
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
export { Optimizer, type OptimizerState, type ParamGroup } from "./optimizer.js";
export { SGD, type SGDOptions } from "./sgd.js";
