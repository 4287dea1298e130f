// weightNorm and spectralNorm: a layer's weight computed from other parameters whenever it is used.
import { ValueError } from "../core/errors.js";
import { withGrad } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy, untracked } from "../memory/scope.js";
import { clamp, sqrt } from "../ops/math.js";
import { div, mul, square } from "../ops/arithmetic.js";
import { clone } from "../ops/convert.js";
import { copy_ } from "../ops/inplace.js";
import { matmul } from "../ops/matmul.js";
import { randn } from "../ops/random.js";
import { sum } from "../ops/reduce.js";
import { permute, reshape, transpose } from "../ops/views.js";
import { addHook } from "./hooks.js";
import { Buffer, type Module, Parameter } from "./module.js";

type Computed = { [name: string]: unknown } & Module;

/**
 * Replaces a parameter by what `compute` makes of others. A forward releases what it asked for; who reads
 * the property outside of a forward gets a tensor of their own.
 * @returns what puts a parameter there again
 */
function replace(module: Computed, name: string, compute: () => Tensor): () => void {
  let inForward: Tensor[] | null = null;
  const begin = addHook(module, "before", () => void (inForward = []));
  const end = addHook(module, "after", () => {
    for (const weight of inForward ?? []) weight.dispose();
    inForward = null;
  });
  // An accessor is not enumerable here: the weight is no member of the module's any more.
  Object.defineProperty(module, name, {
    configurable: true,
    get() {
      const weight = tidy(compute);
      inForward?.push(weight);
      return weight;
    },
  });
  return () => {
    begin();
    end();
    Reflect.deleteProperty(module, name);
  };
}

function parameterOf(op: string, module: Computed, name: string): Parameter {
  const found = Object.hasOwn(module, name) ? module[name] : null;
  if (found instanceof Parameter) return found;
  throw new ValueError(op, `${module.constructor.name} has no parameter ${name}`);
}

function own<T>(make: () => T): T {
  return untracked(() => withGrad(false, make));
}

/** The Euclidean norm over all dims but `dim`, dims kept; of all elements, a scalar, where it is null. */
function normExcept(v: Tensor, dim: number | null): Tensor {
  if (dim === null) return sqrt(sum(square(v)));
  const over = v.shape.flatMap((_, i) => (i === dim ? [] : [i]));
  return sqrt(sum(square(v), over, { keepdim: true }));
}

const removals = /* @__PURE__ */ new WeakMap<Module, Map<string, () => void>>();

/**
 * Splits a weight into length and direction, weight = g v / |v| (Salimans and Kingma, 2016): the parameter
 * `name` becomes the parameters `nameG` and `nameV` (weight_g and weight_v in a state dict).
 * @param options.name Default: "weight".
 * @param options.dim each slice along it has a length of its own; null: the whole weight has one. Default: 0.
 */
export function weightNorm<M extends Module>(
  module: M,
  options: { name?: string; dim?: number | null } = {},
): M {
  const { name = "weight", dim = 0 } = options;
  const target = module as Computed & M;
  const weight = parameterOf("weightNorm", target, name);
  const at = dim === null || dim >= 0 ? dim : dim + weight.ndim;
  const length = own(() => tidy(() => new Parameter(normExcept(weight, at))));
  Reflect.deleteProperty(target, name);
  const [g, v] = [`${name}G`, `${name}V`];
  Object.assign(target, { [g]: length, [v]: weight });
  const compute = (): Tensor => {
    const direction = target[v] as Tensor;
    return mul(direction, div(target[g] as Tensor, normExcept(direction, at)));
  };
  const off = replace(target, name, compute);
  const undo = (): void => {
    const whole = own(() => tidy(() => new Parameter(compute())));
    off();
    Reflect.deleteProperty(target, g);
    Reflect.deleteProperty(target, v);
    Object.assign(target, { [name]: whole });
  };
  removals.set(module, (removals.get(module) ?? new Map<string, () => void>()).set(name, undo));
  return module;
}

/** Makes the present product of a weightNorm an ordinary parameter again. */
export function removeWeightNorm<M extends Module>(module: M, name = "weight"): M {
  const undo = removals.get(module)?.get(name);
  if (undo === undefined) {
    throw new ValueError("removeWeightNorm", `${name} of ${module.constructor.name} has none`);
  }
  undo();
  removals.get(module)!.delete(name);
  return module;
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
 * @param options.dim the rows of the matrix; the other dims are its columns. Default: 0.
 */
export function spectralNorm<M extends Module>(
  module: M,
  options: { name?: string; nPowerIterations?: number; eps?: number; dim?: number } = {},
): M {
  const { name = "weight", nPowerIterations = 1, eps = 1e-12, dim = 0 } = options;
  const target = module as Computed & M;
  const weight = parameterOf("spectralNorm", target, name);
  const matrix = (): Tensor => {
    const whole = target[`${name}Orig`] as Tensor;
    const others = whole.shape.flatMap((_, i) => (i === dim ? [] : [i]));
    return reshape(permute(whole, [dim, ...others]), [whole.shape[dim]!, -1]);
  };
  const start = (n: number): Buffer => own(() => tidy(() => new Buffer(unit(randn([n]), eps))));
  const h = weight.shape[dim]!;
  Reflect.deleteProperty(target, name);
  const [u, v] = [start(h), start(h === 0 ? 0 : weight.numel() / h)];
  Object.assign(target, { [`${name}Orig`]: weight, [`${name}U`]: u, [`${name}V`]: v });
  addHook(module, "before", () => {
    if (!module.training) return;
    own(() =>
      tidy(() => {
        const w = matrix();
        for (let i = 0; i < nPowerIterations; i++) {
          copy_(v, unit(matmul(transpose(w, 0, 1), u), eps));
          copy_(u, unit(matmul(w, v), eps));
        }
      }),
    );
  });
  replace(target, name, () => {
    // The estimates are constants of this forward: the next iteration overwrites the buffers.
    const [left, right] = [clone(u), clone(v)];
    return div(target[`${name}Orig`] as Tensor, matmul(left, matmul(matrix(), right)));
  });
  return module;
}
