// Sequential: layers one after the other. It releases what it knows to be dead: a tensor between two
// of the library's own layers that keep no reference to it.
import type { Tensor } from "../autograd/tensor.js";
import { checkModule, type Module } from "./module.js";
import { areOwn, Composed, isPlain } from "./plain.js";

/** A module that takes a tensor and gives one. */
export type Layer = Module & { forward(x: Tensor): Tensor };

/** Layers one after the other; their names in a state dict are their numbers. */
export class Sequential extends Composed {
  /** The layers, in order. */
  declare readonly layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    super();
    layers.forEach((layer, i) => checkModule("Sequential", layer, `layer ${i}`));
    this.layers = layers;
  }

  protected override namedMembers(): [string, Module][] {
    return this.layers.map((layer, i) => [String(i), layer]);
  }

  override callsOwn(): boolean {
    return areOwn(...this.layers);
  }

  forward(x: Tensor): Tensor {
    let present = x;
    let ours = false;
    for (const layer of this.layers) {
      const knows = isPlain(layer);
      const next = layer.forward(present);
      if (next === present) continue;
      if (ours && knows) present.dispose();
      present = next;
      ours = knows;
    }
    return present;
  }
}
