// simdgrad: the public API, re-exports only. The map of the house, each layer importing only those
// below it:
//
//   methods.ts                     x.add(y): the ops as methods of Tensor
//   nn  optim  data  io            what people build with
//   ops/                           one file a family; an op's forward and backward in one function
//   autograd/                      Tensor, record (where graph nodes are born), backward
//   kernels/                       the WASM kernels' contract and loader
//   memory/                        heap, buffers, eviction, scopes
//   core/                          errors, dtypes, shapes
//
// docs/architecture.md follows a training step through it. Modules lie in the bundle in the order in which
// they are named here and in methods.ts: one that packs well (of 3,000 orders tried; 0.7 kB).
export * from "./core/errors.js";
export { type DType, type TypedArray } from "./core/dtype.js";
export { capture } from "./ops/capture.js";

export { Tensor } from "./methods.js";
export * from "./ops/unpool.js";
export {
  flip,
  fliplr,
  flipud,
  repeat,
  repeatInterleave,
  roll,
  rot90,
  tile,
} from "./ops/movement.js";
export { asStrided, diag, diagEmbed, diagonal, type DiagonalOptions } from "./ops/strided.js";
export {
  dropout,
  type DropoutOptions,
  Generator,
  manualSeed,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  type RandomOptions,
  randperm,
  uniform,
} from "./ops/random.js";
export * from "./ops/special.js";
export { scatter, scatterAdd, scatterReduce, type ScatterReduceOptions } from "./ops/scatter.js";
export { loadSafetensors, saveSafetensors } from "./io/index.js";
export * from "./ops/mixed.js";

export * as nn from "./nn/index.js";
export * from "./ops/margins.js";
export { type Shape } from "./core/shape.js";
export * from "./ops/decompose.js";
export { DataLoader, type DataLoaderOptions, TensorDataset } from "./data/index.js";
export * from "./ops/likelihoods.js";
export * from "./ops/ctc.js";
export { interpolate, type InterpolateMode, type InterpolateOptions } from "./ops/interpolate.js";
export {
  indexAdd,
  type IndexAddOptions,
  indexCopy,
  indexFill,
  indexPut,
  type IndexPutOptions,
  selectScatter,
  setAt,
  sliceScatter,
  type SliceScatterOptions,
} from "./ops/put.js";
export {
  alibiBias,
  type AlibiOptions,
  alibiSlopes,
  rotaryEmbedding,
  type RotaryOptions,
} from "./ops/positional.js";
export {
  clone,
  contiguous,
  item,
  type NestedArray,
  to,
  toArray,
  toTypedArray,
} from "./ops/convert.js";
export * from "./ops/pool.js";
export { gather, indexSelect, oneHot } from "./ops/indexing.js";
export * from "./ops/statistics.js";
export {
  add,
  type AddOptions,
  div,
  type DivOptions,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  pow,
  square,
  sub,
} from "./ops/arithmetic.js";
export * from "./ops/scan.js";
export * from "./ops/search.js";
export * from "./ops/distances.js";
export { linear, matmul } from "./ops/matmul.js";
export * from "./ops/unique.js";
export {
  embedding,
  embeddingBag,
  type EmbeddingBagOptions,
  type EmbeddingOptions,
} from "./ops/embedding.js";
export {
  bartlettWindow,
  blackmanWindow,
  fftfreq,
  hammingWindow,
  hannWindow,
  istft,
  kaiserWindow,
  rfftfreq,
  stft,
  type StftOptions,
  type WindowOptions,
} from "./ops/signal.js";
export { einsum, tensordot } from "./ops/einsum.js";
export {
  chunk,
  expand,
  flatten,
  narrow,
  permute,
  reshape,
  select,
  type Slice,
  slice,
  type SliceOptions,
  split,
  squeeze,
  t,
  transpose,
  unbind,
  unsqueeze,
  view,
} from "./ops/views.js";
export {
  batchNorm,
  type BatchNormOptions,
  layerNorm,
  type LayerNormOptions,
} from "./ops/normalize.js";
export { type LossOptions, type Reduction } from "./ops/lossOptions.js";
export {
  backward,
  type BackwardOptions,
  detach,
  grad,
  type GradOptions,
  registerHook,
  retainGrad,
} from "./autograd/backward.js";
export * from "./ops/softmax.js";
export { at, type Index, take, takeAlongDim } from "./ops/at.js";
export * from "./ops/ranks.js";
export * as data from "./data/index.js";
export { getThreads, setThreads } from "./kernels/threads.js";
export * from "./ops/triangle.js";
export * as optim from "./optim/index.js";
export { gradcheck, type GradcheckOptions } from "./ops/gradcheck.js";
export {
  bceWithLogits,
  type BceOptions,
  crossEntropy,
  type CrossEntropyOptions,
  l1Loss,
  mseLoss,
  nllLoss,
  type NllOptions,
} from "./ops/losses.js";

export * from "./ops/activations.js";
export {
  abs,
  ceil,
  clamp,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  reciprocal,
  round,
  type RoundOptions,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  tan,
  tanh,
  trunc,
} from "./ops/math.js";
export { affineGrid, gridSample, type GridSampleOptions } from "./ops/gridSample.js";
export { maskedFill, maskedScatter, maskedSelect } from "./ops/masked.js";
export { tidy } from "./memory/scope.js";
export { type AttentionOptions, scaledDotProductAttention } from "./ops/attention.js";
export * from "./ops/bends.js";
export { enableGrad, isGradEnabled, noGrad } from "./autograd/mode.js";
export * from "./ops/closeness.js";
export * from "./ops/dims.js";
export { alphaDropout, featureAlphaDropout, featureDropout } from "./ops/dropout.js";
export * from "./ops/adaptivePool.js";
export { cat, stack } from "./ops/join.js";
export {
  arange,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  tensor,
  type TensorData,
  type TensorOptions,
  zeros,
  zerosLike,
} from "./ops/creation.js";
export { type ConvAlgorithm, setConvAlgorithm } from "./ops/winograd.js";
export {
  conv1d,
  type Conv1dOptions,
  conv2d,
  type Conv2dOptions,
  conv3d,
  type Conv3dOptions,
} from "./ops/conv.js";
export {
  atan2,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  floorDivide,
  fmax,
  fmin,
  fmod,
  hypot,
  logaddexp,
  remainder,
  xlogy,
} from "./ops/pairs.js";
export { bilinear } from "./ops/bilinear.js";
export {
  argsort,
  kthvalue,
  msort,
  sort,
  type SortOptions,
  topk,
  type TopkOptions,
} from "./ops/sort.js";
export { type Gradients, recordCustom as record } from "./autograd/record.js";
export { memory, type MemoryStats, setHeapLimit } from "./autograd/memory.js";
export {
  complex,
  fft,
  fft2,
  type Fft2Options,
  type FftNorm,
  type FftOptions,
  ifft,
  ifft2,
  imag,
  irfft,
  irfft2,
  real,
  rfft,
  rfft2,
} from "./ops/fft.js";
export * from "./ops/products.js";
export {
  bernoulli,
  exponential,
  gumbel,
  gumbelSoftmax,
  type GumbelSoftmaxOptions,
  multinomial,
  type MultinomialOptions,
  normal,
} from "./ops/sampling.js";
export * from "./ops/compare.js";
export { type CaptureArgument } from "./ops/signature.js";
export {
  convTranspose1d,
  type ConvTranspose1dOptions,
  convTranspose2d,
  type ConvTranspose2dOptions,
  convTranspose3d,
  type ConvTranspose3dOptions,
} from "./ops/convTranspose.js";
export {
  groupNorm,
  instanceNorm,
  type InstanceNormOptions,
  localResponseNorm,
  type LocalResponseNormOptions,
  rmsNorm,
} from "./ops/groupNorm.js";

export {
  cholesky,
  type CholeskyOptions,
  choleskySolve,
  det,
  inv,
  logdet,
  slogdet,
  solve,
  type SolveOptions,
  solveTriangular,
  type SolveTriangularOptions,
  triangularSolve,
  type TriangularSolveOptions,
} from "./ops/solve.js";
export { pad, type PadMode, type PadOptions } from "./ops/padding.js";
export * from "./ops/stacking.js";
export {
  channelShuffle,
  fold,
  pixelShuffle,
  pixelUnshuffle,
  unfold,
  type UnfoldOptions,
} from "./ops/fold.js";
export type { Pair, PerDim, Single, Triple } from "./ops/window.js";
export * from "./ops/reduce.js";
export { argwhere, isin, type IsinOptions, nonzero, type NonzeroOptions } from "./ops/nonzero.js";
