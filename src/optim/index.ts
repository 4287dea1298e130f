// Optimisers: each updates the parameters it was given from their gradients, in fused kernels.
export { Adam, AdamW, type AdamOptions } from "./adam.js";
export { Optimizer, type OptimizerState, type ParamGroup } from "./optimizer.js";
export { SGD, type SGDOptions } from "./sgd.js";
