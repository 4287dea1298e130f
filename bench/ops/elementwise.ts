// Functions of single elements: 1M of them, read once and written once.
import * as sg from "simdgrad";
import { flat, flat2, half, images, N, pixels, square, square2, whole } from "./inputs.js";
import { bytes, each, type Jobs } from "./job.js";

/** The first elements, for functions that take a microsecond each. */
const few = flat.narrow(0, 0, N / 16);
const shifts = sg.remainder(whole, 8);
/** Between 1.1 and 1.9. */
const above = flat.add(1);

const functions: Jobs = {
  ...each(
    [
      ...([
        "abs",
        "acos",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "cbrt",
        "ceil",
        "cos",
        "cosh",
      ] as const),
      ...(["digamma", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "floor", "frac"] as const),
      ...(["lgamma", "log", "log10", "log1p", "log2", "logit", "nanToNum", "neg"] as const),
      ...(["reciprocal", "round", "rsqrt", "sign", "sin", "sinh", "sqrt", "square"] as const),
      ...(["tan", "tanh", "trunc", "clone"] as const),
    ],
    8 * N,
    flat,
  ),
  acosh: bytes(8 * N, () => sg.acosh(above)),
  clamp: bytes(8 * N, () => sg.clamp(flat, 0.2, 0.7)),
  polygamma: bytes((8 * N) / 16, () => sg.polygamma(1, few)),
  to: bytes(8 * N, () => sg.to(whole, "float32")),
};

const activations: Jobs = {
  ...each(
    [
      ...(["celu", "elu", "gelu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh"] as const),
      ...([
        "leakyRelu",
        "logsigmoid",
        "mish",
        "relu",
        "relu6",
        "rrelu",
        "selu",
        "sigmoid",
      ] as const),
      ...(["silu", "softplus", "softshrink", "softsign", "tanhshrink"] as const),
    ],
    8 * N,
    flat,
  ),
  glu: bytes(6 * N, () => sg.glu(square)),
  prelu: bytes(2 * pixels, () => sg.prelu(images, sg.ones([64]))),
  threshold: bytes(8 * N, () => sg.threshold(flat, 0.5, 0)),
};

const pairs: Jobs = {
  ...each(
    [
      ...(["add", "sub", "mul", "div", "maximum", "minimum", "fmin", "fmax", "pow"] as const),
      ...(["atan2", "hypot", "logaddexp", "xlogy", "remainder", "fmod", "floorDivide"] as const),
    ],
    12 * N,
    flat,
    flat2,
  ),
  ...each(["bitwiseAnd", "bitwiseOr", "bitwiseXor"], 12 * N, whole, whole),
  ...each(["bitwiseLeftShift", "bitwiseRightShift"], 12 * N, whole, shifts),
  bitwiseNot: bytes(8 * N, () => sg.bitwiseNot(whole)),
  lerp: bytes(12 * N, () => sg.lerp(flat, flat2, 0.3)),
  ...each(["addcmul", "addcdiv"], 16 * N, flat, flat2, flat2),
  where: bytes(13 * N, () => sg.where(half, square, square2)),
};

const logic: Jobs = {
  ...each(["eq", "ne", "lt", "le", "gt", "ge"], 9 * N, flat, flat2),
  ...each(["logicalAnd", "logicalOr", "logicalXor"], 9 * N, flat, flat2),
  isclose: bytes(9 * N, () => sg.isclose(flat, flat2)),
  ...each(["allclose", "equal"], 8 * N, flat, flat),
  ...each(["isfinite", "isinf", "isnan", "logicalNot"], 5 * N, flat),
};

const dropouts: Jobs = {
  ...each(["alphaDropout", "dropout"], 8 * N, flat, 0.5),
  ...each(["featureAlphaDropout", "featureDropout"], 2 * pixels, images, 0.5),
};

export const elementwise: Jobs = { ...functions, ...activations, ...pairs, ...logic, ...dropouts };
