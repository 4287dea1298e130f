// What fills memory: 1M elements written, by constants, sequences, windows, random numbers.
import * as sg from "simdgrad";
import { flat, N, square } from "./inputs.js";
import { bytes, each, type Jobs } from "./job.js";

const data = flat.toTypedArray();
const shape = [1024, 1024];
const triangle = (1024 * 1025) / 2;

const constants: Jobs = {
  ...each(["empty", "ones", "zeros"], 4 * N, shape),
  ...each(["emptyLike", "onesLike", "zerosLike"], 4 * N, square),
  full: bytes(4 * N, () => sg.full(shape, 2)),
  fullLike: bytes(4 * N, () => sg.fullLike(square, 2)),
  tensor: bytes(8 * N, () => sg.tensor(data)),
};

const sequences: Jobs = {
  alibiBias: bytes(4 * N, () => sg.alibiBias(4, 512)),
  arange: bytes(4 * N, () => sg.arange(N)),
  eye: bytes(4 * N, () => sg.eye(1024)),
  linspace: bytes(4 * N, () => sg.linspace(0, 1, N)),
  logspace: bytes(4 * N, () => sg.logspace(0, 1, N)),
  ...each(["trilIndices", "triuIndices"], 8 * triangle, 1024, 1024),
  ...each(["bartlettWindow", "blackmanWindow", "hammingWindow", "hannWindow"], 4 * N, N),
  ...each(["fftfreq", "kaiserWindow"], 4 * N, N),
  rfftfreq: bytes(2 * N, () => sg.rfftfreq(N)),
};

const random: Jobs = {
  ...each(["exponential", "gumbel", "rand", "randn"], 4 * N, shape),
  ...each(["randLike", "randnLike"], 4 * N, square),
  bernoulli: bytes(4 * N, () => sg.bernoulli(shape, 0.3)),
  gumbelSoftmax: bytes(8 * N, () => sg.gumbelSoftmax(square)),
  // Ten draws from each of 1024 rows of weights.
  multinomial: bytes(4 * N, () => sg.multinomial(square, 10)),
  normal: bytes(4 * N, () => sg.normal(1, 2, shape)),
  randint: bytes(4 * N, () => sg.randint(0, 1000, shape)),
  randintLike: bytes(4 * N, () => sg.randintLike(square, 0, 1000)),
  randperm: bytes(4 * N, () => sg.randperm(N)),
  uniform: bytes(4 * N, () => sg.uniform(shape, -1, 1)),
};

export const creation: Jobs = { ...constants, ...sequences, ...random };
