// What the library may release while modules run: what passes between its own layers, which keep neither
// what they get nor what they return. Hooks and a program's own modules may.
import { tidy } from "../memory/scope.js";
import { Module } from "./module.js";

/** A layer whose forward leaves no reference to its input or output behind. */
export abstract class PlainLayer extends Module {}

/** A module of the library that calls others, between which it keeps nothing either. */
export abstract class Composed extends Module {
  /**
   * @internal Whether all else that it calls is the library's own. A class whose direct subclasses are
   * Composed defines it anew: by that they are told from a program's.
   */
  callsOwn(): boolean {
    return true;
  }
}

/** What is known of a `forward`, the prototype above its owner: looking for it takes as long as a small op. */
const bases = /* @__PURE__ */ new WeakMap<object, object>();

function baseOf(module: Module): object {
  const found = bases.get(module.forward);
  if (found !== undefined) return found;
  let owner: object = module;
  while (!Object.hasOwn(owner, "forward")) owner = Object.getPrototypeOf(owner) as object;
  const base = Object.getPrototypeOf(owner) as object;
  bases.set(module.forward, base);
  return base;
}

/** Whether the forward that a call runs is such a layer's own: not that of a subclass, nor a hook's. */
export function isPlain(layer: Module): boolean {
  return baseOf(layer) === PlainLayer.prototype;
}

function isOwn(module: Module): boolean {
  if (isPlain(module)) return true;
  return (
    module instanceof Composed && Object.hasOwn(baseOf(module), "callsOwn") && module.callsOwn()
  );
}

/** What runs a forward of `module`: `tidy` where nobody else sees what it makes. */
export function scopeOf(module: Module): <T>(fn: () => T) => T {
  return module.namedModules().every(([, m]) => isOwn(m)) ? tidy : (fn) => fn();
}
