// The ABI: every export of the WASM module, and nothing else. Each kernel listed here has its
// parameters in src/kernels/contract.ts; a test compares the two.
export { heapBase, replay, setScratch } from "./abi";
export { maxPool2dF32, maxPool2dGather32, maxPool2dGradF32, maxUnpool2dF32 } from "./pool/max";
export { avgPool2dF32, avgPool2dGradF32 } from "./pool/average";

// elementwise
export {
  negF32,
  absF32,
  signF32,
  squareF32,
  sqrtF32,
  rsqrtF32,
  reciprocalF32,
  floorF32,
  ceilF32,
  roundF32,
  truncF32,
  addF32,
  subF32,
  mulF32,
  divF32,
  maximumF32,
  minimumF32,
  powF32,
  negI32,
  absI32,
  addI32,
  subI32,
  mulI32,
  maximumI32,
  minimumI32,
  logicalAndBool,
  logicalOrBool,
  logicalXorBool,
} from "./elementwise/arithmetic";
export {
  eqF32,
  neF32,
  ltF32,
  leF32,
  eqI32,
  neI32,
  ltI32,
  leI32,
  castF32ToI32,
  castI32ToF32,
  castBoolToF32,
  castBoolToI32,
} from "./elementwise/compare";
export {
  expF32,
  expm1F32,
  logF32,
  log1pF32,
  sinF32,
  cosF32,
  tanF32,
  erfF32,
} from "./elementwise/transcendental";
export {
  tanhF32,
  tanhGradF32,
  sigmoidF32,
  sigmoidGradF32,
  reluF32,
  reluGradF32,
  leakyReluF32,
  leakyReluGradF32,
  eluF32,
  eluGradF32,
  geluF32,
  geluGradF32,
  geluTanhF32,
  geluTanhGradF32,
  siluF32,
  siluGradF32,
  softplusF32,
  softplusGradF32,
  clampF32,
  clampGradF32,
} from "./elementwise/activations";
export { where32 } from "./elementwise/where";
export { copy32, copy8, scatterCopy32, scatterCopy8 } from "./elementwise/copy";
export { arangeF32, arangeI32 } from "./elementwise/fill";
export { uniformF32, randintI32, bernoulliF32, dropoutF32 } from "./random/distributions";
export { normalF32 } from "./random/normal";
export { permutationI32 } from "./random/permutation";
export { gather32, gather8, joinIndexI32 } from "./index-ops/gather";
export { sgdStepF32, adamStepF32 } from "./optim";
export { matmulF32 } from "./gemm/matmul";
export { sumF32 } from "./reduce/sum";
export { sumI32, sumBool, anyBool, allBool } from "./reduce/count";
export { conv2dF32, conv2dInputGradF32 } from "./conv/conv2d";
export { conv2dWeightGradF32 } from "./conv/weightGrad";
export {
  amaxF32,
  aminF32,
  amaxI32,
  aminI32,
  argmaxF32,
  argminF32,
  argmaxI32,
  argminI32,
} from "./reduce/extremes";
export { varF32 } from "./reduce/variance";
export { batchNormF32, batchNormGradF32, batchNormSumsF32 } from "./norm/batchNorm";
export { layerNormF32, layerNormGradF32 } from "./norm/layerNorm";
export { softmaxF32, softmaxGradF32, logSoftmaxF32, logSoftmaxGradF32 } from "./softmax";
export { crossEntropyF32, crossEntropyGradF32, nllLossF32, nllLossGradF32 } from "./crossEntropy";
export { scatter32, scatter8 } from "./index-ops/scatter";
export { indexSelect32, indexSelect8, indexAddF32 } from "./index-ops/select";
export { countTrueBool, isinF32, isinI32, trueIndexBool, unravelI32 } from "./index-ops/mask";
export { bagsI32 } from "./index-ops/bags";
export { recurF32, recurI32, cumExtreme32, logcumsumexpF32 } from "./scan/scan";
export { searchsorted32, bincount32 } from "./order/search";
export { chain32 } from "./elementwise/chain";
export { specialF32, specialPairF32, specialPairI32 } from "./elementwise/special";
export { solveF32 } from "./linalg/solve";
export { choleskyF32, qrF32 } from "./linalg/factor";
export { eighF32, svdF32 } from "./linalg/jacobi";
export { adaptiveStepF32 } from "./adaptive";
export { ctcLossF32 } from "./ctc";
export { attentionF32 } from "./attention/forward";
export { attentionGradF32 } from "./attention/backward";
export { bandF32 } from "./image/band";
export { foldF32, unfoldF32 } from "./image/windows";
export { fftF32 } from "./signal/fft";
export { repeatI32 } from "./index-ops/repeat";
export { multinomialI32 } from "./random/multinomial";
export { recurrentF32, recurrentGradF32 } from "./recurrent/recurrent";
export { winogradConv2dF32 } from "./winograd/conv2d";
export { winogradKernelF32 } from "./winograd/kernel";
export { winogradTapsF32, winogradWeightGradF32 } from "./winograd/weightGrad";
export { argsort32 } from "./order/sort";
export { depthwiseF32, depthwiseWeightGradF32 } from "./conv/depthwise";
