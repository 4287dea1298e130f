// Neural-network layers: modules with parameters, PyTorch's names, defaults and initialisations.
export {
  ELU,
  GELU,
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "./activations.js";
export * as init from "./init.js";
export {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvLayerOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
} from "./conv.js";
export { Dropout, Embedding, Flatten, Identity, Linear } from "./layers.js";
export { BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss } from "./losses.js";
export { Buffer, Module, Parameter, type StateDict } from "./module.js";
export { BatchNorm1d, BatchNorm2d, LayerNorm } from "./norm.js";
export * from "./pool.js";
export { type Layer, Sequential } from "./sequential.js";
