// x.add(y) sugar: puts the ops on Tensor.prototype. Each method is the function of the same name
// with the tensor as its first argument; the functions hold the documentation. The order of these imports is
// that of the modules in the bundle: see index.ts.
import {
  sum,
  mean,
  amax,
  amin,
  max,
  min,
  argmax,
  argmin,
  std,
  any,
  all,
  type ReduceOptions,
  type ValuesAndIndices,
  variance,
} from "./ops/reduce.js";
import { indexingMethods } from "./methods/indexing.js";
import {
  abs,
  sign,
  floor,
  ceil,
  round,
  trunc,
  sqrt,
  rsqrt,
  reciprocal,
  exp,
  expm1,
  log,
  log1p,
  sin,
  cos,
  tan,
  erf,
  tanh,
  sigmoid,
  clamp,
} from "./ops/math.js";
import { relu, gelu, silu, softplus, leakyRelu, elu } from "./ops/activations.js";
import { polygamma } from "./ops/special.js";
import {
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  logicalAnd,
  logicalOr,
  logicalXor,
  logicalNot,
  isnan,
  isinf,
  isfinite,
  where,
} from "./ops/compare.js";
import { to, clone, contiguous, toTypedArray, toArray, item } from "./ops/convert.js";
import { softmax, logSoftmax, logsumexp } from "./ops/softmax.js";
import { type OverloadedReduceMethods, reduceMethods } from "./methods/reduce.js";
import { median, nanmedian } from "./ops/ranks.js";
import { unique, uniqueConsecutive } from "./ops/unique.js";
import { at, type Index } from "./ops/at.js";
import { matmul } from "./ops/matmul.js";
import { backward, detach, registerHook, retainGrad } from "./autograd/backward.js";
import "./ops/gradient.js";
import { viewsMethods } from "./methods/views.js";
import { linalgMethods } from "./methods/linalg.js";
import { toText } from "./ops/format.js";
import { add_, sub_, mul_, div_, fill_, zero_, copy_ } from "./ops/inplace.js";
import {
  add,
  sub,
  mul,
  div,
  neg,
  square,
  pow,
  maximum,
  minimum,
  type Operand,
} from "./ops/arithmetic.js";
import { indexSelect, gather, oneHot } from "./ops/indexing.js";
import {
  reshape,
  flatten,
  permute,
  transpose,
  t,
  squeeze,
  unsqueeze,
  expand,
  narrow,
  select,
  slice,
  unbind,
  split,
  chunk,
} from "./ops/views.js";
import { pointwiseMethods } from "./methods/pointwise.js";
import { Tensor } from "./autograd/tensor.js";
import { imageMethods } from "./methods/image.js";
import { dropout } from "./ops/random.js";
import { mT } from "./ops/matrix.js";

/** A function whose first parameter is the tensor, as the method without it. */
// prettier-ignore
type Method<F> = F extends (x: Tensor, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;

/** Ops that are methods, by their names; more families lie in src/methods. */
const methods = {
  ...{ add, sub, mul, div, neg, square, pow, maximum, minimum },
  ...{ eq, ne, lt, le, gt, ge, logicalAnd, logicalOr, logicalXor, logicalNot },
  ...{ isnan, isinf, isfinite },
  ...{ to, clone, contiguous, toTypedArray, toArray, item },
  ...{ indexSelect, gather, oneHot },
  ...{ add_, sub_, mul_, div_, fill_, zero_, copy_ },
  ...{ abs, sign, floor, ceil, round, trunc, sqrt, rsqrt, reciprocal, exp, expm1 },
  ...{ log, log1p, sin, cos, tan, erf, tanh, sigmoid, clamp },
  ...{ relu, gelu, silu, softplus, leakyRelu, elu },
  ...{ sum, mean, amax, amin, argmax, argmin, std, any, all, var: variance },
  ...{ softmax, logSoftmax, logsumexp },
  ...{ matmul },
  ...{ reshape, flatten, permute, transpose, t, squeeze, unsqueeze, expand },
  ...{ narrow, select, slice, unbind, split, chunk },
  ...{ dropout },
  ...{ backward, detach, retainGrad, registerHook },
};

type Families = typeof methods &
  typeof pointwiseMethods &
  typeof reduceMethods &
  typeof linalgMethods &
  typeof viewsMethods &
  typeof indexingMethods &
  typeof imageMethods;
type Methods = { [K in keyof Families]: Method<Families[K]> };

declare module "./autograd/tensor.js" {
  interface Tensor extends Methods, OverloadedReduceMethods {
    /** The largest of all elements, or along a dim with its indices: see `max`. */
    max(): Tensor;
    max(dim: number, options?: ReduceOptions): ValuesAndIndices;
    /** The smallest of all elements, or along a dim with its indices: see `min`. */
    min(): Tensor;
    min(dim: number, options?: ReduceOptions): ValuesAndIndices;
    /** cond.where(a, b): a where this is true, else b. */
    where(a: Operand, b: Operand): Tensor;
    /** The nth derivative of digamma: see `polygamma`. */
    polygamma(n: number): Tensor;
    /** Where it is not 0: see `where`. */
    where(): Tensor[];
    /** As float32. */
    float(): Tensor;
    /** As int32, truncated. */
    int(): Tensor;
    /** As bool: what is not 0 is true. */
    bool(): Tensor;
    /** A view with all dims in reverse order. */
    readonly T: Tensor;
    /** A view with the last two dims swapped. */
    readonly mT: Tensor;
    /** Values, shape and dtype for people; large tensors are elided. */
    toString(): string;
  }
}

function define(name: string | symbol, method: (this: Tensor, ...rest: never[]) => unknown): void {
  Object.defineProperty(Tensor.prototype, name, {
    value: method,
    writable: true,
    configurable: true,
  });
}

// Family by family: for one object of so many names V8 copies its list of names with each, 3 ms of an import.
for (const [name, op] of [
  methods,
  pointwiseMethods,
  reduceMethods,
  linalgMethods,
  viewsMethods,
  indexingMethods,
  imageMethods,
  {
    ...{ max, min, median, nanmedian, unique, uniqueConsecutive, where, toString: toText },
    polygamma: (x: Tensor, n: number) => polygamma(n, x),
    float: (x: Tensor) => to(x, "float32"),
    int: (x: Tensor) => to(x, "int32"),
    bool: (x: Tensor) => to(x, "bool"),
  },
].flatMap(Object.entries<unknown>)) {
  const call = op as (x: Tensor, ...rest: unknown[]) => unknown;
  // Written out for the usual numbers of arguments: a rest array costs more than a small op.
  // prettier-ignore
  define(name, function (this: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown) {
    if (d !== undefined || e !== undefined) return call(this, a, b, c, d, e);
    return c !== undefined
      ? call(this, a, b, c)
      : b !== undefined
        ? call(this, a, b)
        : call(this, a);
  });
}

// Any number of indices; null is one as well.
define("at", function (...indices: Index[]) {
  return at(this, ...indices);
});
for (const [name, get] of [
  ["T", (x: Tensor) => permute(x, x.shape.map((_, i) => -1 - i))], // prettier-ignore
  ["mT", mT],
] as const) {
  Object.defineProperty(Tensor.prototype, name, {
    get(this: Tensor) {
      return get(this);
    },
    configurable: true,
  });
}
// What console.log shows in Node.
define(Symbol.for("nodejs.util.inspect.custom"), function () {
  return toText(this);
});

export { Tensor };
