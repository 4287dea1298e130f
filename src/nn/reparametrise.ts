// weightNorm and spectralNorm: a layer's weight computed from other parameters whenever it is used.
import { ValueError } from "../core/errors.js";
import { checkDim, checkInt, checkOptions } from "../core/shape.js";
import { revise } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { clamp, sqrt } from "../ops/math.js";
import { div, mul, square } from "../ops/arithmetic.js";
import { clone } from "../ops/convert.js";
import { movedim } from "../ops/dims.js";
import { copy_ } from "../ops/inplace.js";
import { matmul } from "../ops/matmul.js";
import { randn } from "../ops/random.js";
import { sum } from "../ops/reduce.js";
import { reshape, transpose } from "../ops/views.js";
import { ConvolutionTranspose } from "./conv.js";
import { addHook, type ForwardPreHook, removeHook } from "./hooks.js";
import { Buffer, checkModule, lasting, type Module, Parameter } from "./module.js";
import { tidying } from "./plain.js";

type Computed = { [name: string]: unknown } & Module;

/**
 * Puts what `compute` makes of `parts`, new properties of the module, in the place of a parameter. It asks the
 * module that is read: a copy's weight is that of its own parts.
 */
function replace(
  module: Computed,
  name: string,
  parts: Record<string, Tensor>,
  compute: (module: Computed) => Tensor,
  before?: ForwardPreHook,
): void {
  Reflect.deleteProperty(module, name);
  Object.assign(module, parts);
  // An accessor is not enumerable here: the weight is no member of the module's any more.
  function get(this: Computed): Tensor {
    return tidy(() => compute(this));
  }
  Object.defineProperty(module, name, { configurable: true, get });
  tidying(module);
  if (before) {
    hooks.set(get, before);
    addHook(module, "before", before);
  }
  revise();
}

/** What goes before each forward, by the accessor of the weight: copies of modules share both. */
const hooks = /* @__PURE__ */ new WeakMap<object, ForwardPreHook>();

/** Makes the present value of a weight that is computed of `parts` an ordinary parameter again. */
function restore<M extends Module>(
  op: string,
  module: M,
  name: string,
  ends: readonly string[],
): M {
  const target = checkModule(op, module) as Computed & M;
  const computed = Object.getOwnPropertyDescriptor(target, name)?.get;
  const parts = ends.map((end) => name + end);
  if (!computed || !parts.every((part) => Object.hasOwn(target, part))) {
    throw new ValueError(op, `${name} of ${module.constructor.name} has none`);
  }
  const whole = lasting(() => new Parameter(target[name] as Tensor));
  for (const part of [name, ...parts]) Reflect.deleteProperty(target, part);
  Object.assign(target, { [name]: whole });
  const before = hooks.get(computed);
  if (before) removeHook(module, "before", before);
  revise();
  return module;
}

function parameterOf(op: string, module: Computed, name: string): Parameter {
  const found = Object.hasOwn(checkModule(op, module), name) ? module[name] : null;
  if (found instanceof Parameter) return found;
  throw new ValueError(op, `${module.constructor.name} has no parameter ${name}`);
}

/** The Euclidean norm over all dims but `dim`, dims kept; of all elements, a scalar, where it is null. */
function normExcept(v: Tensor, dim: number | null): Tensor {
  if (dim === null) return sqrt(sum(square(v)));
  const over = v.shape.flatMap((_, i) => (i === dim ? [] : [i]));
  return sqrt(sum(square(v), over, { keepdim: true }));
}

/**
 * Splits a weight into length and direction, weight = g v / |v| (Salimans and Kingma, 2016): the parameter
 * `name` becomes the parameters `nameG` and `nameV` (weight_g and weight_v in a state dict).
 * @param options.name Default: "weight".
 * @param options.dim each slice along it has a length of its own; null and, as in PyTorch, -1: the whole weight
 *   has one. Default: 0.
 * @throws ValueError where there is no such parameter; IndexError for a dim that it does not have
 */
export function weightNorm<M extends Module>(
  module: M,
  options: { name?: string; dim?: number | null } = {},
): M {
  const { name = "weight", dim = 0 } = checkOptions("weightNorm", options);
  const target = module as Computed & M;
  const weight = parameterOf("weightNorm", target, name);
  const at = dim === null || dim === -1 ? null : checkDim("weightNorm", dim, weight);
  const length = lasting(() => new Parameter(normExcept(weight, at)));
  const [g, v] = [`${name}G`, `${name}V`];
  replace(target, name, { [g]: length, [v]: weight }, (module) => {
    const direction = module[v] as Tensor;
    return mul(direction, div(module[g] as Tensor, normExcept(direction, at)));
  });
  return module;
}

/** Makes the present product of a weightNorm an ordinary parameter again. @throws ValueError where there is none. */
export function removeWeightNorm<M extends Module>(module: M, name = "weight"): M {
  return restore("removeWeightNorm", module, name, ["G", "V"]);
}

/** x / max(|x|, eps) */
function unit(x: Tensor, eps: number): Tensor {
  return div(x, clamp(normExcept(x, null), eps));
}

/**
 * Divides a weight by its largest singular value, which a power iteration in each training forward
 * estimates (Miyato et al., 2018): the parameter `name` becomes `nameOrig`, with the singular vectors'
 * estimates in the buffers `nameU` and `nameV`.
 * @param options.name Default: "weight". @param options.nPowerIterations Default: 1.
 * @param options.eps smallest length that is divided by. Default: 1e-12.
 * @param options.dim the rows of the matrix; the other dims are its columns. Default: 0; 1 of transposed
 *   convolutions.
 * @throws ValueError where there is no such parameter, or for less than one iteration; IndexError for a dim
 *   that the weight does not have
 */
export function spectralNorm<M extends Module>(
  module: M,
  options: { name?: string; nPowerIterations?: number; eps?: number; dim?: number } = {},
): M {
  const {
    name = "weight",
    nPowerIterations = 1,
    eps = 1e-12,
    dim = module instanceof ConvolutionTranspose ? 1 : 0,
  } = checkOptions("spectralNorm", options);
  const target = module as Computed & M;
  const weight = parameterOf("spectralNorm", target, name);
  const at = checkDim("spectralNorm", dim, weight);
  checkInt("spectralNorm", "nPowerIterations", nPowerIterations, 1);
  const [orig, u, v] = [`${name}Orig`, `${name}U`, `${name}V`];
  const matrix = (module: Computed): Tensor => {
    const whole = module[orig] as Tensor;
    return reshape(movedim(whole, at, 0), [whole.shape[at]!, -1]);
  };
  const start = (n: number): Buffer => lasting(() => new Buffer(unit(randn([n]), eps)));
  const h = weight.shape[at]!;
  const parts = { [orig]: weight, [u]: start(h), [v]: start(h === 0 ? 0 : weight.numel() / h) };
  const compute = (module: Computed): Tensor => {
    // The estimates are constants of this forward: the next iteration overwrites the buffers.
    const [left, right] = [clone(module[u] as Tensor), clone(module[v] as Tensor)];
    return div(module[orig] as Tensor, matmul(left, matmul(matrix(module), right)));
  };
  replace(target, name, parts, compute, (called) => {
    if (!called.training) return;
    lasting(() => {
      const present = called as Computed;
      const w = matrix(present);
      const [left, right] = [present[u] as Tensor, present[v] as Tensor];
      for (let i = 0; i < nPowerIterations; i++) {
        copy_(right, unit(matmul(transpose(w, 0, 1), left), eps));
        copy_(left, unit(matmul(w, right), eps));
      }
    });
  });
  return module;
}

/** Makes the present quotient of a spectralNorm an ordinary parameter again. @throws ValueError where there is none. */
export function removeSpectralNorm<M extends Module>(module: M, name = "weight"): M {
  return restore("removeSpectralNorm", module, name, ["Orig", "U", "V"]);
}
