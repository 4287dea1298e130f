// Methods that overwrite their tensor, held against PyTorch's values for the op of the same name: in
// every case of it whose result fits where its first operand lies.
import type { Tensor } from "../../src/index.js";
import type { Encoded } from "./fixtures.js";
import { toTensor } from "./fixtures.js";
import type { Run } from "./row.js";

/** The arguments of the cases that are no tensors, as their generators wrote them. */
interface Args {
  readonly options: never;
  readonly other: number;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  readonly weight?: number;
  readonly dim: number;
  readonly alpha: number;
  readonly accumulate: boolean;
}

const functions: Readonly<Record<string, Run<Args>>> = {
  abs_: ([x]) => x.clone().abs_(),
  bitwiseNot_: ([x]) => x.clone().bitwiseNot_(),
  ceil_: ([x]) => x.clone().ceil_(),
  clamp_: ([x], a) => x.clone().clamp_(a.min, a.max),
  cos_: ([x]) => x.clone().cos_(),
  erfinv_: ([x]) => x.clone().erfinv_(),
  exp_: ([x]) => x.clone().exp_(),
  expm1_: ([x]) => x.clone().expm1_(),
  floor_: ([x]) => x.clone().floor_(),
  log1p_: ([x]) => x.clone().log1p_(),
  log_: ([x]) => x.clone().log_(),
  nanToNum_: ([x], a) => x.clone().nanToNum_(a.options),
  neg_: ([x]) => x.clone().neg_(),
  reciprocal_: ([x]) => x.clone().reciprocal_(),
  relu_: ([x]) => x.clone().relu_(),
  round_: ([x]) => x.clone().round_(),
  rsqrt_: ([x]) => x.clone().rsqrt_(),
  sigmoid_: ([x]) => x.clone().sigmoid_(),
  sin_: ([x]) => x.clone().sin_(),
  sqrt_: ([x]) => x.clone().sqrt_(),
  square_: ([x]) => x.clone().square_(),
  tanh_: ([x]) => x.clone().tanh_(),
  trunc_: ([x]) => x.clone().trunc_(),
};

const pairs: Readonly<Record<string, Run<Args>>> = {
  add_: ([x, y], a) => x.clone().add_(y ?? a.other),
  sub_: ([x, y], a) => x.clone().sub_(y ?? a.other),
  mul_: ([x, y], a) => x.clone().mul_(y ?? a.other),
  div_: ([x, y], a) => x.clone().div_(y ?? a.other),
  pow_: ([x, y], a) => x.clone().pow_(y ?? a.other),
  remainder_: ([x, y]) => x.clone().remainder_(y),
  fmod_: ([x, y]) => x.clone().fmod_(y),
  floorDivide_: ([x, y]) => x.clone().floorDivide_(y),
  bitwiseAnd_: ([x, y]) => x.clone().bitwiseAnd_(y),
  bitwiseOr_: ([x, y]) => x.clone().bitwiseOr_(y),
  bitwiseXor_: ([x, y]) => x.clone().bitwiseXor_(y),
  lerp_: ([x, y, w], a) => x.clone().lerp_(y, a.weight ?? w),
  addcmul_: ([x, y, z], a) => x.clone().addcmul_(y, z, a),
  addcdiv_: ([x, y, z], a) => x.clone().addcdiv_(y, z, a),
};

const places: Readonly<Record<string, Run<Args>>> = {
  indexAdd_: ([x, i, src], { dim, alpha }) => x.clone().indexAdd_(dim, i, src, { alpha }),
  indexCopy_: ([x, i, src], a) => x.clone().indexCopy_(a.dim, i, src),
  indexFill_: ([x, i], a) => x.clone().indexFill_(a.dim, i, a.value),
  indexPut_: ([x, v, ...tensors], { accumulate }) =>
    x.clone().indexPut_(present(tensors), v, { accumulate }),
  scatter_: ([x, i, src], a) => x.clone().scatter_(a.dim, i, src),
  scatterAdd_: ([x, i, src], a) => x.clone().scatterAdd_(a.dim, i, src),
  maskedFill_: ([x, mask], a) => x.clone().maskedFill_(mask, a.value),
  maskedScatter_: ([x, mask, src]) => x.clone().maskedScatter_(mask, src),
};

const present = (tensors: readonly (Tensor | undefined)[]): Tensor[] =>
  tensors.filter((t) => t !== undefined);

export const twins: Readonly<Record<string, Run>> = { ...functions, ...pairs, ...places };

interface Twinned {
  readonly op: string;
  readonly x: readonly Encoded[];
  readonly y: readonly Encoded[];
}

/** The cases again, for the methods, where a result has the first operand's shape and dtype. */
export function twinned<Case extends Twinned>(cases: readonly Case[]): Case[] {
  return cases
    .filter(({ op, x, y }) => `${op}_` in twins && y.length === 1 && fits(x[0]!, y[0]!))
    .map((test) => ({ ...test, op: `${test.op}_` }));
}

function fits(x: Encoded, y: Encoded): boolean {
  const [a, b] = [toTensor(x), toTensor(y)];
  return a.dtype === b.dtype && a.shape.join() === b.shape.join();
}
