// What the library may release while modules run: what passes between its own layers, which keep neither
// what they get nor what they return. Hooks and a program's own modules may.
import { tidy } from "../memory/scope.js";
import { Module } from "./module.js";

/** A layer whose forward leaves no reference to its input or output behind. */
export abstract class PlainLayer extends Module {}

/** A module of the library that calls others, between which it keeps nothing either. */
export abstract class Composed extends Module {
  /** @internal Whether all that its forward calls are the library's own. */
  abstract callsOwn(): boolean;
}

/** What is known of a `forward`: looking for its owner takes as long as a small op. */
const known = /* @__PURE__ */ new WeakMap<object, boolean>();

/** Whether the forward that a call runs is its class's first: not that of a subclass, nor a hook's. */
function isFirst(layer: Module): boolean {
  const first = known.get(layer.forward);
  if (first !== undefined) return first;
  let owner: object = layer;
  while (!Object.hasOwn(owner, "forward")) owner = Object.getPrototypeOf(owner) as object;
  const found = !("forward" in (Object.getPrototypeOf(owner) as object));
  known.set(layer.forward, found);
  return found;
}

/** Whether a call runs such a layer's own forward. */
export function isPlain(layer: Module): boolean {
  return layer instanceof PlainLayer && isFirst(layer);
}

/** Lets a plain layer release what its forward makes on the way, such as a weight that is computed. */
export function tidying(layer: Module): void {
  if (Object.hasOwn(layer, "forward") || !isPlain(layer)) return;
  const forward = layer.forward as (...inputs: unknown[]) => unknown;
  layer.forward = function (this: Module, ...inputs: unknown[]) {
    return tidy(() => forward.apply(this, inputs));
  };
  known.set(layer.forward, true);
}

/** Whether nobody but the library sees what passes through modules (null: none). */
export function areOwn(...modules: readonly (Module | null)[]): boolean {
  return modules.every(
    (m) => m === null || isPlain(m) || (m instanceof Composed && isFirst(m) && m.callsOwn()),
  );
}

/** What runs a forward of `module`: `tidy` where nobody else sees what it makes. */
export function scopeOf(module: Module): <T>(fn: () => T) => T {
  return areOwn(module) ? tidy : (fn) => fn();
}
