// Methods that write to their tensor: as the op of the same name, with the same values before each call.
import type { Tensor } from "simdgrad";
import { flat, flat2, half, N, rowInts, square, square2, squareInts, whole } from "./inputs.js";
import { bytes, type Job, type Jobs, onto } from "./job.js";

const target = flat.clone();
const rows = target.reshape([1024, 1024]);
const ints = whole.clone();

type Method = Exclude<
  { [K in keyof Tensor]: Tensor[K] extends (...args: never[]) => Tensor ? K : never }[keyof Tensor],
  undefined
>;

const on = (x: Tensor, name: Method, work: number, args: readonly unknown[]): Job =>
  bytes(work, () => (x[name] as (...args: unknown[]) => Tensor).apply(x, [...args]));

/** Several methods of one tensor that take the same arguments and move as many bytes. */
const each = (x: Tensor, names: readonly Method[], work: number, ...args: unknown[]): Jobs =>
  Object.fromEntries(names.map((name) => [name, on(x, name, work, args)]));

const floats: Jobs = {
  ...each(
    target,
    [
      ...([
        "abs_",
        "ceil_",
        "cos_",
        "erfinv_",
        "exp_",
        "expm1_",
        "floor_",
        "log1p_",
        "log_",
      ] as const),
      ...(["nanToNum_", "neg_", "reciprocal_", "relu_", "round_", "rsqrt_", "sigmoid_"] as const),
      ...(["sin_", "sqrt_", "square_", "tanh_", "trunc_"] as const),
    ],
    8 * N,
  ),
  ...each(
    target,
    ["add_", "div_", "floorDivide_", "fmod_", "mul_", "pow_", "remainder_", "sub_"],
    12 * N,
    flat2,
  ),
  ...each(target, ["addcdiv_", "addcmul_"], 16 * N, flat2, flat2),
  clamp_: on(target, "clamp_", 8 * N, [0.2, 0.7]),
  copy_: on(target, "copy_", 8 * N, [flat2]),
  fill_: on(target, "fill_", 4 * N, [2]),
  zero_: on(target, "zero_", 4 * N, []),
  lerp_: on(target, "lerp_", 12 * N, [flat2, 0.3]),
  ...each(target, ["bernoulli_", "exponential_", "normal_", "uniform_"], 4 * N),
};

// Only what is written over is read and written.
const places: Jobs = {
  ...each(rows, ["indexAdd_", "indexCopy_"], 8 * N, 0, rowInts, square2),
  indexFill_: on(rows, "indexFill_", 4 * N, [0, rowInts, 0]),
  indexPut_: on(rows, "indexPut_", 8 * N, [[rowInts], square2]),
  setAt: on(rows, "setAt", 8 * N, [[rowInts], square2]),
  ...each(rows, ["scatterAdd_", "scatter_"], 12 * N, 1, squareInts, square2),
  maskedFill_: on(rows, "maskedFill_", 5 * N, [half, 0]),
  maskedScatter_: on(rows, "maskedScatter_", 5 * N, [half, square2]),
};

const bits: Jobs = {
  ...each(ints, ["bitwiseAnd_", "bitwiseOr_", "bitwiseXor_"], 12 * N, whole),
  bitwiseNot_: on(ints, "bitwiseNot_", 8 * N, []),
};

export const inPlace: Jobs = {
  ...onto(target, flat, floats),
  ...onto(rows, square, places),
  ...onto(ints, whole, bits),
};
