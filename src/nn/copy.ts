// Copies of modules, as Python's deepcopy makes them: the Transformer's layers begin as copies of one.
import { withGrad } from "../autograd/mode.js";
import { untracked } from "../memory/scope.js";
import { clone } from "../ops/convert.js";
import { Buffer, Module, Parameter } from "./module.js";

/**
 * A module of the same class with parameters, buffers and modules of its own, equal to those of
 * `module`; what else its properties hold (options, functions) both share.
 */
export function copyModule<M extends Module>(module: M): M {
  return withGrad(false, () => untracked(() => copyOf(module, new Map<object, unknown>()))) as M;
}

function copyOf(value: unknown, made: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  // What was shared stays shared among the copies.
  if (made.has(value)) return made.get(value);
  if (value instanceof Parameter || value instanceof Buffer) {
    const data = clone(value);
    const copy = value instanceof Buffer ? new Buffer(data) : new Parameter(data, value);
    data.dispose();
    made.set(value, copy);
    return copy;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => copyOf(item, made));
  if (!(value instanceof Module)) return value;
  const copy = Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>;
  made.set(value, copy);
  for (const [name, item] of Object.entries(value)) copy[name] = copyOf(item, made);
  return copy;
}
