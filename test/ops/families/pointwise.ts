// The tests' rows of elementwise functions, binary and ternary ops, bitwise ops, activations.
import * as sg from "../../../src/index.js";
import { type Family, on, op, type Table } from "../case.js";
import { E, type Edges, ids, s, yes } from "../edge.js";
import { any, between, bools, fixed, ints, positive, unit } from "../inputs.js";
import { layer, type LayerCases } from "../layer.js";
import { badDim, broadcast, dtype, f, late, type Refusals, shape, value } from "../refusal.js";

const above1: typeof positive =
  (...sizes) =>
  (seed) => {
    const x = positive(...sizes)(seed);
    const moved = sg.noGrad(() => x.add(0.75)); // 1.25 to 2.75
    x.dispose();
    moved.requiresGrad = true;
    return moved;
  };
const below1: typeof positive =
  (...sizes) =>
  (seed) => {
    const x = positive(...sizes)(seed);
    const moved = sg.noGrad(() => x.mul(0.4)); // 0.2 to 0.8
    x.dispose();
    moved.requiresGrad = true;
    return moved;
  };

const functions: Table = {
  exp2: [on([any(3, 5)])],
  log2: [on([positive(3, 5)])],
  log10: [on([positive(3, 5)])],
  cbrt: [on([any(3, 5)])],
  asin: [on([unit(3, 5)])],
  acos: [on([unit(3, 5)])],
  atan: [on([any(3, 5)])],
  sinh: [on([any(3, 5)])],
  cosh: [on([any(3, 5)])],
  asinh: [on([any(3, 5)])],
  acosh: [on([above1(3, 5)])],
  atanh: [on([unit(3, 5)])],
  erfc: [on([any(3, 5)])],
  erfinv: [on([unit(3, 5)])],
  lgamma: [on([positive(3, 5)])],
  digamma: [on([positive(3, 5)])],
  polygamma: [on([above1(3, 5)], ([x]) => [1, x]), on([above1(7)], ([x]) => [2, x])],
  logit: [on([below1(3, 5)]), on([below1(7)], ([x]) => [x, 0.1])],
  frac: [on([between(7)])],
  nanToNum: [on([any(3, 5)], ([x]) => [x, { nan: 1 }])],
};

const pairs: Table = {
  atan2: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [x, 1.5])],
  hypot: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [1.5, x])],
  fmax: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [x, 0.5])],
  fmin: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [0.5, x])],
  logaddexp: [on([any(3, 1, 5), any(2, 1)]), on([any(7)], ([x]) => [x, 0.5])],
  xlogy: [on([any(3, 1, 5), positive(2, 1)]), on([positive(7)], ([x]) => [0.5, x])],
  remainder: [on([between(7), fixed(positive(7))]), on([between(7)], ([x]) => [x, -1.5])],
  fmod: [on([between(7), fixed(positive(7))]), on([between(7)], ([x]) => [x, -1.5])],
  lerp: [
    on([any(3, 5), any(5), unit(3, 1)]),
    on([any(7), any(7)], (x) => [...x, 0.25]),
    on([any(7), any(7)], (x) => [...x, 1.25]),
  ],
  addcmul: [on([any(3, 5), any(5), any(3, 1)], (x) => [...x, { value: -0.5 }])],
  addcdiv: [on([any(3, 5), any(5), positive(3, 1)], (x) => [...x, { value: -0.5 }])],
  addmm: [
    on([any(5), any(3, 2), any(2, 5)], (x) => [...x, { beta: 0.75, alpha: -0.5 }]),
    on([any(3, 3), any(3, 2), any(2, 3)]),
  ],
};

const activations: Table = {
  relu6: [on([any(3, 5)])],
  hardtanh: [on([any(3, 5)])],
  hardswish: [on([any(3, 5)])],
  hardsigmoid: [on([any(3, 5)])],
  mish: [on([any(3, 5)])],
  selu: [on([any(3, 5)])],
  celu: [on([any(3, 5)]), on([any(7)], ([x]) => [x, 0.4])],
  glu: [on([any(3, 4)]), on([any(2, 3)], ([x]) => [x, 0])],
  prelu: [on([any(2, 3, 2), any(3)]), on([any(7), any()])],
  rrelu: [
    on([any(3, 5)]),
    on([any(7)], ([x]) => [x, { training: true, generator: new sg.Generator(3) }]),
  ],
  softsign: [on([any(3, 5)])],
  tanhshrink: [on([any(3, 5)])],
  softshrink: [on([any(3, 5)], ([x]) => [x, 0.61])],
  hardshrink: [on([any(3, 5)], ([x]) => [x, 0.61])],
  threshold: [on([any(3, 5)], ([x]) => [x, 0.13, 2])],
  logsigmoid: [on([any(3, 5)])],
  softmin: [on([any(3, 5)], ([x]) => [x, 1])],
};

const underivable: Table = {
  bitwiseAnd: [on([ints(-3, 9, 3, 1), ints(0, 5, 5)]), on([bools(3, 1), bools(5)])],
  bitwiseOr: [on([ints(-3, 9, 3, 1), ints(0, 5, 5)]), on([bools(3), bools(3)])],
  bitwiseXor: [on([ints(-3, 9, 3, 1), bools(5)]), on([ints(0, 9, 7)], ([x]) => [x, 5])],
  bitwiseNot: [on([ints(-3, 9, 7)]), on([bools(3, 5)])],
  bitwiseLeftShift: [on([ints(-3, 9, 3, 1), ints(0, 5, 5)])],
  bitwiseRightShift: [on([ints(-3, 9, 3, 1), ints(0, 5, 5)])],
};

const near: Table = {
  isclose: [
    on([any(3, 1), any(5)], (x) => [...x, { atol: 0.5 }]),
    on([ints(0, 3, 7), ints(0, 3, 7)]),
  ],
  allclose: [on([any(3, 5), any(3, 5)], (x) => [...x, { atol: 2 }]), on([ints(0, 3, 7), any(7)])],
  equal: [on([bools(3, 5), bools(3, 5)]), on([any(7), any(3)]), on([any(7)], ([x]) => [x, x])],
};

/** Shapes that a function of one operand has for a scalar and for nothing. */
const one = (names: readonly string[]): Edges =>
  Object.fromEntries(
    names.map((name) => [
      name,
      [
        [() => op(name)(s()), []],
        [() => op(name)(E(0, 3)), [0, 3]],
      ],
    ]),
  );
const two = (names: readonly string[], make: (...sizes: number[]) => sg.Tensor): Edges =>
  Object.fromEntries(
    names.map((name) => [
      name,
      [
        [() => op(name)(make(), make(0)), [0]],
        [() => op(name)(make(0, 3), make(3)), [0, 3]],
        [() => op(name)(make(2, 0, 3), make(1, 1, 1)), [2, 0, 3]],
      ],
    ]),
  );

const edges: Edges = {
  ...one([
    ...Object.keys(functions).filter((name) => name !== "polygamma"),
    ...Object.keys(activations).filter((name) => !/glu|prelu|threshold|softmin/.test(name)),
  ]),
  ...two(Object.keys(pairs).slice(0, 8), E),
  floorDivide: [[() => sg.floorDivide(E(0, 3), E(3)), [0, 3]]],
  ...two(
    Object.keys(underivable).filter((name) => name !== "bitwiseNot"),
    ids,
  ),
  bitwiseNot: [
    [() => sg.bitwiseNot(ids()), []],
    [() => sg.bitwiseNot(yes(0, 3)), [0, 3]],
  ],
  isclose: [
    [() => sg.isclose(s(), s()), []],
    [() => sg.isclose(E(0, 3), E(3)), [0, 3]],
  ],
  allclose: [[() => sg.tensor(sg.allclose(E(0, 3), E(3))), []]],
  equal: [[() => sg.tensor(sg.equal(E(0, 3), E(0, 3))), []]],
  polygamma: [
    [() => sg.polygamma(1, s()), []],
    [() => sg.polygamma(0, E(0, 3)), [0, 3]],
  ],
  lerp: [
    [() => sg.lerp(s(), s(), 0.5), []],
    [() => sg.lerp(E(0, 3), E(3), s()), [0, 3]],
  ],
  addcmul: [
    [() => sg.addcmul(s(), s(), s()), []],
    [() => sg.addcmul(E(0, 3), E(3), s()), [0, 3]],
  ],
  addcdiv: [
    [() => sg.addcdiv(s(), s(), s()), []],
    [() => sg.addcdiv(E(0, 3), E(1), s()), [0, 3]],
  ],
  addmm: [
    [() => sg.addmm(s(), E(0, 3), E(3, 2)), [0, 2]],
    [() => sg.addmm(E(2), E(3, 0), E(0, 2)), [3, 2]],
  ],
  glu: [
    [() => sg.glu(E(0, 4)), [0, 2]],
    [() => sg.glu(E(3, 0)), [3, 0]],
  ],
  prelu: [
    [() => sg.prelu(s(), s()), []],
    [() => sg.prelu(E(0, 3), E(3)), [0, 3]],
    [() => sg.prelu(E(2, 0), E(1)), [2, 0]],
  ],
  threshold: [
    [() => sg.threshold(s(), 1, 2), []],
    [() => sg.threshold(E(0, 3), 1, 2), [0, 3]],
  ],
  softmin: [
    [() => sg.softmin(s(), 0), []],
    [() => sg.softmin(E(0, 3), 1), [0, 3]],
  ],
};

const noZeros = (name: "fmod" | "remainder" | "floorDivide") => [
  late(value(/an int32 divisor must not be 0/, () => sg[name](f.int3, f.int3))),
  late(value(/an int32 divisor must not be 0/, () => sg[name](f.int3, 0))),
  dtype(/two bools have no quotient/, () => sg[name](f.bool3, f.bool3)),
];
const apart = (call: (x: sg.Tensor, a: sg.Tensor, b: sg.Tensor) => unknown) => [
  shape(/must broadcast .*\[2,3\], b=\[5\]/, () => call(f.m23, f.v5, f.scalar)),
  shape(/must broadcast .*\[2,3\], b=\[5\]/, () => call(f.scalar, f.m23, f.v5)),
];
const noFloats = (call: (a: sg.Tensor, b: sg.Tensor) => unknown, allowed: string) => [
  shape(/must broadcast .*a=\[3\], b=\[5\]/, () => call(f.int3, f.int5)),
  dtype(new RegExp(`operands must be ${allowed}: got float32 and int32`), () => call(f.v3, f.int3)),
];

const refusals: Refusals = {
  neg: [dtype(/a bool can't be subtracted or negated/, () => sg.neg(f.bool3))],
  round: [value(/decimals must be an integer: got 0.5/, () => sg.round(f.v3, { decimals: 0.5 }))],
  polygamma: [
    value(/n must be an integer in \[0, 170\]: got -1/, () => sg.polygamma(-1, f.v3)),
    value(/n must be an integer in \[0, 170\]: got 0.5/, () => sg.polygamma(0.5, f.v3)),
  ],
  frac: [dtype(/x must be float32: got int32/, () => sg.frac(f.int3))],
  ...Object.fromEntries(
    (["atan2", "hypot", "fmax", "fmin", "logaddexp", "xlogy"] as const).map((name) => [
      name,
      [...broadcast(sg[name]), dtype(/needs a tensor: got/, () => sg[name](1, 2))],
    ]),
  ),
  remainder: [...broadcast(sg.remainder).slice(0, 2), ...noZeros("remainder")],
  fmod: [...broadcast(sg.fmod).slice(0, 2), ...noZeros("fmod")],
  floorDivide: [...broadcast(sg.floorDivide).slice(0, 2), ...noZeros("floorDivide")],
  bitwiseAnd: noFloats(sg.bitwiseAnd, "int32 or bool"),
  bitwiseOr: noFloats(sg.bitwiseOr, "int32 or bool"),
  bitwiseXor: noFloats(sg.bitwiseXor, "int32 or bool"),
  bitwiseNot: [dtype(/x must be int32 or bool: got float32/, () => sg.bitwiseNot(f.v3))],
  bitwiseLeftShift: [
    ...noFloats(sg.bitwiseLeftShift, "int32"),
    dtype(/operands must be int32: got bool and bool/, () => sg.bitwiseLeftShift(f.bool3, f.bool3)),
  ],
  bitwiseRightShift: noFloats(sg.bitwiseRightShift, "int32"),
  isclose: [
    ...broadcast(sg.isclose).slice(0, 2),
    value(/rtol must be a number >= 0: got -1/, () => sg.isclose(f.v3, f.v3, { rtol: -1 })),
    value(/atol must be a number >= 0: got -1/, () => sg.isclose(f.v3, f.v3, { atol: -1 })),
  ],
  allclose: [shape(/must broadcast .*a=\[3\], b=\[5\]/, () => sg.allclose(f.v3, f.v5))],
  equal: [dtype(/equal.*needs a tensor: got 1/, () => sg.equal(f.v3, 1 as never))],
  lerp: [
    ...apart(sg.lerp),
    dtype(/b must be float32: got int32/, () => sg.lerp(f.v3, f.int3, 0.5)),
    dtype(/weight must be float32: got bool/, () => sg.lerp(f.v3, f.v3, f.bool3)),
  ],
  addcmul: apart(sg.addcmul),
  addcdiv: apart(sg.addcdiv),
  hardtanh: [
    value(/min must be a number in \[-Infinity, -1\]: got 1/, () => sg.hardtanh(f.v3, 1, -1)),
  ],
  celu: [value(/alpha must not be 0/, () => sg.celu(f.v3, 0))],
  glu: [...badDim(sg.glu), shape(/must be of even size: got 3/, () => sg.glu(f.m23))],
  prelu: [
    shape(/one element or one a channel: got \[2,3\] and \[5\]/, () => sg.prelu(f.m23, f.v5)),
    shape(/one element or one a channel/, () => sg.prelu(f.m23, f.m23)),
  ],
  rrelu: [
    value(/lower must be a number in \[-Infinity, 0\]: got 1/, () =>
      sg.rrelu(f.v3, { lower: 1, upper: 0 }),
    ),
  ],
  softshrink: [value(/lambd must be a number >= 0: got -1/, () => sg.softshrink(f.v3, -1))],
  pow_: [value(/no negative whole power: got -1/, () => f.int3.pow_(-1))],
};

const layers: LayerCases = {
  ReLU6: layer(() => new sg.nn.ReLU6(), any(3, 5)),
  Hardtanh: layer(() => new sg.nn.Hardtanh(), any(3, 5)),
  Hardswish: layer(() => new sg.nn.Hardswish(), any(3, 5)),
  Hardsigmoid: layer(() => new sg.nn.Hardsigmoid(), any(3, 5)),
  Mish: layer(() => new sg.nn.Mish(), any(3, 5)),
  SELU: layer(() => new sg.nn.SELU(), any(3, 5)),
  CELU: layer(() => new sg.nn.CELU(0.5), any(3, 5)),
  GLU: layer(() => new sg.nn.GLU(), any(3, 4)),
  PReLU: layer(() => new sg.nn.PReLU(3), any(2, 3, 2)),
  RReLU: layer(() => new sg.nn.RReLU(), any(3, 5)),
  Softsign: layer(() => new sg.nn.Softsign(), any(3, 5)),
  Tanhshrink: layer(() => new sg.nn.Tanhshrink(), any(3, 5)),
  Softshrink: layer(() => new sg.nn.Softshrink(), any(3, 5)),
  Hardshrink: layer(() => new sg.nn.Hardshrink(), any(3, 5)),
  Threshold: layer(() => new sg.nn.Threshold(0.1, 2), any(3, 5)),
  LogSigmoid: layer(() => new sg.nn.LogSigmoid(), any(3, 5)),
  Softmin: layer(() => new sg.nn.Softmin(1), any(3, 5)),
  Softmax2d: layer(() => new sg.nn.Softmax2d(), any(2, 3, 2, 2)),
};

/** Twins of ops with one operand, which take x alone. */
const twins = [
  ...["abs_", "ceil_", "cos_", "exp_", "expm1_", "floor_", "log_", "log1p_", "neg_", "reciprocal_"],
  ...["relu_", "round_", "rsqrt_", "sigmoid_", "sin_", "sqrt_", "square_", "tanh_", "trunc_"],
];

export const pointwise: Family = {
  differentiable: {
    ...functions,
    ...pairs,
    floorDivide: [on([between(7), positive(7)]), on([between(7)], ([x]) => [x, -1.5])],
    ...activations,
  },
  underivable: { ...underivable, ...near },
  inPlace: {
    ...Object.fromEntries(twins.map((name) => [name, [on([positive(3, 5)])]])),
    nanToNum_: [on([any(3, 5)])],
    erfinv_: [on([unit(3, 5)])],
    clamp_: [on([any(3, 5)], ([x]) => [x, -0.75, 1]), on([any(3, 5), any(5)])],
    pow_: [on([positive(3, 5)], ([x]) => [x, 1.5]), on([positive(3, 5), any(5)])],
    remainder_: [on([between(7)], ([x]) => [x, -1.5])],
    fmod_: [on([between(7), positive(7)])],
    floorDivide_: [on([between(7), positive(7)])],
    bitwiseAnd_: [on([ints(-3, 9, 3, 5), ints(0, 5, 5)])],
    bitwiseOr_: [on([ints(-3, 9, 3, 5), ints(0, 5, 5)])],
    bitwiseXor_: [on([ints(-3, 9, 3, 5), ints(0, 5, 5)])],
    bitwiseNot_: [on([ints(-3, 9, 7)])],
    lerp_: [on([any(3, 5), any(5)], (x) => [...x, 0.25]), on([any(3, 5), any(5), unit(5)])],
    addcmul_: [on([any(3, 5), any(5), any(3, 1)], (x) => [...x, { value: -0.5 }])],
    addcdiv_: [on([any(3, 5), any(5), positive(3, 1)], (x) => [...x, { value: -0.5 }])],
  },
  flat: ["floorDivide"],
  functionsOnly: ["polygamma"],
  edges,
  refusals,
  tolerant: [
    ...["exp2", "log2", "log10", "cbrt", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh"],
    ...["atanh", "erfc", "erfinv", "lgamma", "digamma", "logit", "nanToNum"],
    ...["relu6", "hardswish", "hardsigmoid", "mish", "selu", "softsign", "tanhshrink"],
    ...["hardshrink", "threshold", "logsigmoid", "softmin"],
    // Their rules are those of the ops whose twins they are, and of every in-place op.
    ...twins,
    ...["nanToNum_", "erfinv_", "clamp_", "remainder_", "fmod_", "floorDivide_", "bitwiseAnd_"],
    ...["bitwiseOr_", "bitwiseXor_", "bitwiseNot_", "lerp_", "addcmul_", "addcdiv_"],
  ],
  spokenOf: { pow_: ["pow"] },
  layers,
};
