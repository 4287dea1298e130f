// What the library may release while modules run: what passes between its own layers, which keep neither
// what they get nor what they return. Hooks and a program's own modules may.
import { tidy } from "../memory/scope.js";
import { Module } from "./module.js";

/** A layer whose forward leaves no reference to its input or output behind. */
export abstract class PlainLayer extends Module {}

/** A module of the library that calls others, between which it keeps nothing either. */
export abstract class Composed extends Module {
  /** @internal Whether its forward and all that this calls are the library's own: not a subclass's, nor a hook's. */
  abstract callsOwn(): boolean;
}

/** What is known of a `forward`: looking for its owner takes as long as a small op. */
const known = /* @__PURE__ */ new WeakMap<object, boolean>();

/** Whether the forward that a call runs is such a layer's own: not that of a subclass, nor a hook's. */
export function isPlain(layer: Module): boolean {
  const plain = known.get(layer.forward);
  if (plain !== undefined) return plain;
  let owner: object = layer;
  while (!Object.hasOwn(owner, "forward")) owner = Object.getPrototypeOf(owner) as object;
  const found = Object.getPrototypeOf(owner) === PlainLayer.prototype;
  known.set(layer.forward, found);
  return found;
}

/** Whether nobody but the library sees what passes through modules (null: none). */
export function areOwn(...modules: readonly (Module | null)[]): boolean {
  return modules.every((m) => m === null || isPlain(m) || (m instanceof Composed && m.callsOwn()));
}

/** What runs a forward of `module`: `tidy` where nobody else sees what it makes. */
export function scopeOf(module: Module): <T>(fn: () => T) => T {
  return areOwn(module) ? tidy : (fn) => fn();
}
