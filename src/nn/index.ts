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
export {
  Embedding,
  EmbeddingBag,
  type EmbeddingBagLayerOptions,
  type EmbeddingLayerOptions,
} from "./embedding.js";
export * as init from "./init.js";
export { AvgPool2d, Conv2d, Dropout, Flatten, Identity, Linear, MaxPool2d } from "./layers.js";
export { BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss } from "./losses.js";
export { Buffer, Module, Parameter, type StateDict } from "./module.js";
export { BatchNorm1d, BatchNorm2d, LayerNorm } from "./norm.js";
export { type Layer, Sequential } from "./sequential.js";
