// Reference rows of elementwise functions, binary and ternary ops, bitwise ops, activations.
import * as sg from "../../../src/index.js";
import { CHAIN, EQUAL, EXACT, SUMS, ULPS } from "../fixtures.js";
import { type ReferenceFamily, rows, type Run } from "../row.js";

/** Arguments that are no tensors; `options` is handed on as it is. */
interface Args {
  readonly options: never;
  readonly n: number;
  readonly eps: number | null;
  readonly decimals: number;
  readonly mode: "trunc" | "floor";
  readonly alpha: number;
  readonly value: number;
  readonly weight?: number;
  readonly min: number;
  readonly max: number;
  readonly dim: number;
  readonly lambd: number;
  readonly threshold: number;
}

const functions = rows<Args>(ULPS, CHAIN, {
  exp2: ([x]) => sg.exp2(x),
  log2: ([x]) => sg.log2(x),
  log10: ([x]) => sg.log10(x),
  cbrt: ([x]) => sg.cbrt(x),
  asin: ([x]) => sg.asin(x),
  acos: ([x]) => sg.acos(x),
  atan: ([x]) => sg.atan(x),
  sinh: ([x]) => sg.sinh(x),
  cosh: ([x]) => sg.cosh(x),
  asinh: ([x]) => sg.asinh(x),
  acosh: ([x]) => sg.acosh(x),
  atanh: ([x]) => sg.atanh(x),
  erfc: ([x]) => sg.erfc(x),
  erfinv: ([x]) => sg.erfinv(x),
  lgamma: ([x]) => sg.lgamma(x),
  digamma: ([x]) => sg.digamma(x),
  polygamma: ([x], a) => sg.polygamma(a.n, x),
  logit: ([x], a) => sg.logit(x, a.eps),
  roundTo: ([x], a) => sg.round(x, { decimals: a.decimals }),
  atan2: ([x, y]) => sg.atan2(x, y),
  hypot: ([x, y]) => sg.hypot(x, y),
  xlogy: ([x, y]) => sg.xlogy(x, y),
});

// Sums near a cancellation.
const sums = rows<Args>(CHAIN, CHAIN, {
  logaddexp: ([x, y]) => sg.logaddexp(x, y),
  addScaled: ([x, y], a) => sg.add(x, y, { alpha: a.alpha }),
  subScaled: ([x, y], a) => sg.sub(x, y, { alpha: a.alpha }),
  lerp: ([x, y, w], a) => sg.lerp(x, y, a.weight ?? w),
  addcmul: ([x, y, z], a) => sg.addcmul(x, y, z, a),
  addcdiv: ([x, y, z], a) => sg.addcdiv(x, y, z, a),
  fmod: ([x, y]) => sg.fmod(x, y),
  remainder: ([x, y]) => sg.remainder(x, y),
});

const products = rows<Args>(SUMS, SUMS, {
  addmm: ([x, y, z], a) => sg.addmm(x, y, z, a.options),
});

const choices = rows<Args>(EQUAL, EQUAL, {
  frac: ([x]) => sg.frac(x),
  nanToNum: ([x], a) => sg.nanToNum(x, a.options),
  fmax: ([x, y]) => sg.fmax(x, y),
  fmin: ([x, y]) => sg.fmin(x, y),
  floorDivide: ([x, y]) => sg.floorDivide(x, y),
  divRounded: ([x, y], a) => sg.div(x, y, { roundingMode: a.mode }),
  powWhole: ([x, y]) => sg.pow(x, y),
  clampBetween: ([x, y, z]) => sg.clamp(x, y, z),
  clampAbove: ([x, y]) => sg.clamp(x, y),
});

const bits = rows<Args>(EXACT, EXACT, {
  bitwiseAnd: ([x, y]) => sg.bitwiseAnd(x, y),
  bitwiseOr: ([x, y]) => sg.bitwiseOr(x, y),
  bitwiseXor: ([x, y]) => sg.bitwiseXor(x, y),
  bitwiseNot: ([x]) => sg.bitwiseNot(x),
  bitwiseLeftShift: ([x, y]) => sg.bitwiseLeftShift(x, y),
  bitwiseRightShift: ([x, y]) => sg.bitwiseRightShift(x, y),
  isclose: ([x, y], a) => sg.isclose(x, y, a.options),
  allclose: ([x, y], a) => sg.tensor(sg.allclose(x, y, a.options)),
  equal: ([x, y]) => sg.tensor(sg.equal(x, y)),
});

const activations: Record<string, Run<Args>> = {
  relu6: ([x]) => sg.relu6(x),
  hardtanh: ([x], a) => sg.hardtanh(x, a.min, a.max),
  hardswish: ([x]) => sg.hardswish(x),
  hardsigmoid: ([x]) => sg.hardsigmoid(x),
  mish: ([x]) => sg.mish(x),
  selu: ([x]) => sg.selu(x),
  celu: ([x], a) => sg.celu(x, a.alpha),
  glu: ([x], a) => sg.glu(x, a.dim),
  prelu: ([x, w]) => sg.prelu(x, w),
  rrelu: ([x]) => sg.rrelu(x),
  softsign: ([x]) => sg.softsign(x),
  tanhshrink: ([x]) => sg.tanhshrink(x),
  softshrink: ([x], a) => sg.softshrink(x, a.lambd),
  hardshrink: ([x], a) => sg.hardshrink(x, a.lambd),
  threshold: ([x], a) => sg.threshold(x, a.threshold, a.value),
  logsigmoid: ([x]) => sg.logsigmoid(x),
  softmin: ([x], a) => sg.softmin(x, a.dim),
  softplusScaled: ([x], a) => sg.softplus(x, a.options),
};

export const pointwise: ReferenceFamily = {
  fixtures: ["specialFunctions", "pairs", "composedActivations"],
  rows: {
    ...functions,
    ...sums,
    ...products,
    ...choices,
    ...bits,
    ...rows<Args>(CHAIN, CHAIN, activations),
  },
  modules: ["activationLayers"],
};
