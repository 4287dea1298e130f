// PlainLayer: the library's own layers that keep neither what they get nor what they return, so that
// Sequential may release what passes between two of them.
import { Module } from "./module.js";

/** A layer whose forward leaves no reference to its input or output behind. */
export abstract class PlainLayer extends Module {}

/** Whether the forward that a call runs is such a layer's own: not that of a subclass, nor a hook's. */
export function isPlain(layer: Module): boolean {
  let owner: object = layer;
  while (!Object.hasOwn(owner, "forward")) owner = Object.getPrototypeOf(owner) as object;
  return Object.getPrototypeOf(owner) === PlainLayer.prototype;
}
