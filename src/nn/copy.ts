// Copies of modules, as Python's deepcopy makes them: the Transformer's layers begin as copies of one.
import { clone } from "../ops/convert.js";
import { copyHooks } from "./hooks.js";
import { Buffer, lasting, Module, Parameter } from "./module.js";

/**
 * A module of the same class with parameters, buffers and modules of its own, equal to those of
 * `module`; what else its properties hold (options, functions) both share, hooks too. Private fields (#x)
 * nobody but their class can copy: a copy has none.
 */
export function copyModule<M extends Module>(module: M): M {
  return copyOf(module, new Map()) as M;
}

function copyOf(value: unknown, made: Map<unknown, unknown>): unknown {
  // What was shared stays shared among the copies.
  if (made.has(value)) return made.get(value);
  if (value instanceof Parameter || value instanceof Buffer) {
    const { requiresGrad } = value;
    const copy = lasting(() =>
      value instanceof Buffer
        ? new Buffer(clone(value))
        : new Parameter(clone(value), { requiresGrad }),
    );
    made.set(value, copy);
    return copy;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => copyOf(item, made));
  if (value instanceof Map) return new Map(copyOf([...value], made) as [unknown, unknown][]);
  if (!(value instanceof Module)) return value;
  const copy = Object.create(Object.getPrototypeOf(value) as object) as Module;
  made.set(value, copy);
  const properties = Object.getOwnPropertyDescriptors(value);
  for (const [name, own] of Object.entries<PropertyDescriptor>(properties)) {
    // What is computed (weightNorm) asks the module that it is read of.
    if (own.get) Object.defineProperty(copy, name, own);
    else if (own.enumerable) Reflect.set(copy, name, copyOf(own.value, made));
  }
  copyHooks(value, copy);
  return copy;
}
