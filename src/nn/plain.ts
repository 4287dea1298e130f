// PlainLayer: the library's own layers that keep neither what they get nor what they return, so that
// Sequential may release what passes between two of them.
import { Module } from "./module.js";

/** A layer whose forward leaves no reference to its input or output behind. */
export abstract class PlainLayer extends Module {}

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
