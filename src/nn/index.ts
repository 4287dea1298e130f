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
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvLayerOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
} from "./conv.js";
export {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  FeatureAlphaDropout,
} from "./dropout.js";
export {
  KVCache,
  MultiheadAttention,
  type MultiheadAttentionInputs,
  type MultiheadAttentionOptions,
} from "./attention.js";
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormLayerOptions,
  LayerNorm,
  type LayerNormLayerOptions,
} from "./norm.js";
export {
  RotaryEmbedding,
  type SinusoidalOptions,
  SinusoidalPositionalEncoding,
} from "./positional.js";
export {
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LocalResponseNorm,
  RMSNorm,
} from "./groupNorm.js";
export { removeSpectralNorm, removeWeightNorm, spectralNorm, weightNorm } from "./reparametrise.js";
export {
  Embedding,
  EmbeddingBag,
  type EmbeddingBagLayerOptions,
  type EmbeddingLayerOptions,
  type PretrainedOptions,
} from "./embedding.js";
export {
  type Caches,
  type DecoderInputs,
  type DecoderLayerInputs,
  type EncoderInputs,
  type EncoderLayerInputs,
  type StackOptions,
  Transformer,
  type TransformerActivation,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerInputs,
  type TransformerLayerOptions,
  type TransformerOptions,
} from "./transformer.js";
export {
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
  type Padding,
  Unflatten,
} from "./padding.js";
export { ModuleDict, ModuleList, ParameterDict, ParameterList } from "./containers.js";
export { Summary, summary, type SummaryOptions, type SummaryRow } from "./summary.js";
export {
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  type LSTMState,
  type RecurrentOptions,
  type RecurrentOutput,
  RNN,
  RNNCell,
  type SequenceOptions,
} from "./recurrent.js";
export {
  ChannelShuffle,
  Fold,
  PixelShuffle,
  PixelUnshuffle,
  Unfold,
  Upsample,
  UpsamplingBilinear2d,
  UpsamplingNearest2d,
  type UpsamplingOptions,
} from "./image.js";
export { Buffer, Module, Parameter, type StateDict } from "./module.js";
export {
  Bilinear,
  CosineSimilarity,
  Flatten,
  Identity,
  Linear,
  PairwiseDistance,
} from "./layers.js";
export { type Layer, Sequential } from "./sequential.js";
export * as init from "./init.js";
export * from "./losses.js";
export type { BackwardHook, ForwardHook, ForwardPreHook } from "./hooks.js";
export * from "./bends.js";
export * from "./pool.js";
