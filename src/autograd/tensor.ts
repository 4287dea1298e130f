// class Tensor: a view (layout + dtype) of a buffer, and its place in the autograd graph. No maths
// here: what computes is in ops/, put on the prototype as methods by methods.ts.
/// <reference lib="esnext.disposable" preserve="true" />
import { DisposedError, DTypeError, GradError, ShapeError } from "../core/errors.js";
import { bytesOf, type DType } from "../core/dtype.js";
import { contiguousLayout, type Layout, sameShape, type Shape, showShape } from "../core/shape.js";
import { Buffer } from "../memory/buffer.js";
import { Handle, keep, track } from "../memory/scope.js";
import { redo, revise } from "./mode.js";
import { Node } from "./node.js";

let made = 0;
let released = 0;

/** Handles made and not yet released (those that the collector took are still counted). */
export function handleCount(): number {
  return made - released;
}

/** Handles made since the program began. */
export function handlesMade(): number {
  return made;
}

/** Leaves of tensors that were told not to require gradients: should they do so again, graphs know these. */
const frozen = new WeakMap<Tensor, Node>();

/** `history` of a tensor that takes no part in the histories of its buffer: one from `detach()`. */
export const NO_HISTORY = -1;

/** An n-dimensional array of float32, int32 or bool. Made by `tensor`, `zeros`, `randn`, and by ops. */
export class Tensor extends Handle {
  /** @internal The memory it views; null once it was disposed of. */
  declare storage: Buffer | null;
  /** @internal Where its elements lie in the buffer. */
  declare layout: Layout;
  /** "float32", "int32" or "bool". */
  declare readonly dtype: DType;
  /** @internal The graph node that made it, or the leaf that collects its gradient. */
  declare node: Node | null;
  /** @internal The buffer's `history` that `node` belongs to. */
  declare history: number;
  /** @internal Shares its buffer with the tensor it was made from. */
  declare isView: boolean;
  /** @internal Of a handle that a graph saved: the buffer's version then. */
  declare version: number;

  /** @internal Takes over one reference to `storage`. A handle of the graph belongs to no scope. */
  constructor(storage: Buffer, layout: Layout, dtype: DType, ofGraph = false) {
    super();
    this.storage = storage;
    this.layout = layout;
    this.dtype = dtype;
    this.node = null;
    this.history = storage.history;
    this.isView = false;
    this.version = 0;
    made++;
    if (!ofGraph) track(this);
  }

  /** Sizes of the dims, outermost first; [] for a scalar. */
  get shape(): Shape {
    return this.layout.shape;
  }

  /** Number of dims. */
  get ndim(): number {
    return this.layout.shape.length;
  }

  /** Number of elements. */
  numel(): number {
    return this.layout.size;
  }

  /** @internal The buffer, or a DisposedError. */
  get buffer(): Buffer {
    return this.storage ?? disposed(this);
  }

  /** @internal Address of its first element, valid until the next kernel call or copy. */
  address(): number {
    return this.buffer.address() + this.layout.offset * bytesOf(this.dtype);
  }

  /**
   * Whether `backward` computes gradients through it. Settable on leaves (tensors not made by a
   * recorded op); false drops `grad` and hooks.
   * @throws DTypeError for dtypes other than float32; GradError on a tensor that an op made.
   */
  get requiresGrad(): boolean {
    return this.node !== null;
  }

  set requiresGrad(on: boolean) {
    if (on === this.requiresGrad) return;
    if (!on && !this.isLeaf) {
      throw new GradError("requiresGrad", `only leaves can be changed: use detach()`);
    }
    if (on && this.dtype !== "float32") {
      throw new DTypeError(
        "requiresGrad",
        `only float32 tensors have gradients: got ${this.dtype}`,
      );
    }
    const known = this.node ?? frozen.get(this);
    const leaf = known ?? new Node("leaf", this.shape, []);
    if (known) leaf.setGrad(null);
    leaf.hooks = null;
    frozen.set(this, leaf);
    this.node = on ? leaf : null;
    const isOuter = redo(leaf, () => {
      this.requiresGrad = on;
    });
    // Of a new leaf nobody knows but recordings that used it when it was none.
    if (isOuter && (known || this.storage?.holds)) revise(leaf);
  }

  /** True for tensors that no recorded op made: inputs, parameters and detached ones. */
  get isLeaf(): boolean {
    return this.node === null || this.node.isLeaf;
  }

  /** The gradient that `backward` accumulated; null before. Same shape; float32. */
  get grad(): Tensor | null {
    const node = this.node;
    const grad = node?.grad ?? null;
    if (grad !== null) node!.gradSeen = true;
    return grad;
  }

  set grad(value: Tensor | null) {
    if (this.node === null) {
      if (value) throw new GradError("grad", "this tensor does not require gradients");
      return;
    }
    if (value) {
      checkGradient("grad", value, this.shape, "the gradient");
      keep(value);
    }
    this.node.setGrad(value ?? null);
    this.node.gradSeen = true;
  }

  /** Whether it was disposed of by hand. */
  get isDisposed(): boolean {
    return this.storage === null;
  }

  /** Frees its memory now, if nothing else (a view, a graph) needs it. Never needed, never harmful twice. */
  dispose(): void {
    if (this.storage === null) return;
    this.storage.release();
    this.storage = null;
    released++;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Refuses what is no gradient of a tensor of `shape`; the error calls it `name` and, of several, `i`. */
export function checkGradient(
  op: string,
  x: Tensor,
  shape: Shape,
  name: string,
  i: number | "" = "",
): void {
  const float = x.dtype === "float32";
  if (float && sameShape(x.shape, shape)) return;
  throw new (float ? ShapeError : DTypeError)(
    op,
    `${name}${i} must be float32 ${showShape(shape)}: got ${x.dtype} [${String(x.shape)}]`,
  );
}

/** Whether some of its elements lie at one place: an expanded tensor, which can't be written to. */
export function sharesElements(x: Tensor): boolean {
  const { layout } = x;
  return layout.size > 0 && layout.strides.some((s, i) => s === 0 && layout.shape[i]! > 1);
}

/** Uninitialised memory for the result of `op`. */
export function allocate(op: string, layout: Layout, dtype: DType): Tensor {
  return new Tensor(Buffer.allocate(layout.size * bytesOf(dtype), op), layout, dtype);
}

/** Uninitialised, row-major. */
export function allocateShape(op: string, shape: Shape, dtype: DType): Tensor {
  return allocate(op, contiguousLayout(shape), dtype);
}

/** Another handle on the same memory, seen through `layout`. Not recorded: see ops/views.ts. */
export function alias(x: Tensor, layout: Layout): Tensor {
  const view = new Tensor(x.buffer.retain(), layout, x.dtype);
  view.isView = true;
  return view;
}

function disposed(x: Tensor): never {
  throw new DisposedError(
    "tensor",
    `a tensor of ${showShape(x.shape)} was used after dispose(), using or tidy()`,
  );
}
