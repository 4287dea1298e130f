// The nodes of the autograd graph: one per recorded op, one per leaf. Edges lead from a result to
// the inputs it was made from, so the collector frees a graph with the last tensor that ends it.
import type { Shape } from "../core/shape.js";
import type { Tensor } from "./tensor.js";

/** What an op keeps for its backward, by name. */
export type Saved = Record<string, Tensor | null>;

/** Whether the thunk of an input with this node will be run. */
export type Wanted = (input: Node | null) => boolean;

/**
 * Given dL/dout, one thunk per input that computes dL/dinput, which has the shape that it is told;
 * null where there is no derivative.
 */
export type Backward = (
  dy: Tensor,
  saved: Saved,
  wanted: Wanted,
) => readonly (((shape: Shape) => Tensor) | null)[];

export type Hook = (grad: Tensor) => Tensor | null | void;

/** Told of each use of a gradient before it happens: a recording (ops/capture.ts). */
export type GradWatch = (node: Node, writes: boolean) => void;

let watch: GradWatch | null = null;

/** Calls `next` for each use of a gradient from now on; null ends it. */
export function watchGrads(next: GradWatch | null): void {
  watch = next;
}

let sequence = 0;

/** An op that was recorded, or a leaf: what `backward` walks over. */
export class Node {
  /** Inputs are always older: larger numbers are processed first. */
  declare readonly seq: number;
  /** The nodes of the inputs; null for an input that needs no gradient. */
  declare inputs: readonly (Node | null)[];
  declare saved: Saved | null;
  declare backward: Backward | null;
  /** Written by a user: its backward may keep what it is given and what it makes. */
  declare foreign: boolean;
  /** The graph was released by an earlier backward. */
  declare consumed: boolean;
  declare isLeaf: boolean;
  /** Whether `backward` stores a gradient here: leaves, and others by retainGrad(). */
  declare retainsGrad: boolean;
  /** What `grad` gives. */
  declare heldGrad: Tensor | null;
  /** The program has read `grad` and may hold it, so it is not ours to dispose of. */
  declare gradSeen: boolean;
  declare hooks: Hook[] | null;
  /** The last walk that has listed it: see `newestFirst`. */
  declare walk: number;
  /** Its place in the list of the walk in progress. */
  declare place: number;
  declare readonly op: string;
  declare readonly shape: Shape;

  constructor(op: string, shape: Shape, inputs: readonly (Node | null)[]) {
    this.seq = sequence++;
    this.inputs = inputs;
    this.saved = null;
    this.backward = null;
    this.foreign = false;
    this.consumed = false;
    this.isLeaf = this.retainsGrad = inputs.length === 0;
    this.heldGrad = null;
    this.gradSeen = false;
    this.hooks = null;
    this.walk = 0;
    this.place = 0;
    this.op = op;
    this.shape = shape;
  }

  get grad(): Tensor | null {
    if (watch !== null) watch(this, false);
    return this.heldGrad;
  }

  /** Replaces the gradient; the old one is released unless the program may hold it. */
  setGrad(value: Tensor | null): void {
    if (watch !== null) watch(this, true);
    const old = this.heldGrad;
    if (old !== null && old !== value && !this.gradSeen) old.dispose();
    this.heldGrad = value;
    this.gradSeen = false;
  }

  /** Lets go of what backward saved. */
  release(): void {
    if (this.saved === null) return;
    for (const key in this.saved) this.saved[key]?.dispose();
    this.saved = null;
    this.backward = null;
    this.inputs = [];
    this.consumed = true;
  }
}
