// The only place where graph nodes are born. An op computes its result, then calls `record` with
// what its backward needs; without an input that requires gradients that costs nothing.
import { GradError } from "../core/errors.js";
import { showShape } from "../core/shape.js";
import { tidy, untracked } from "../memory/scope.js";
import { NO_HISTORY, sharesElements, Tensor } from "./tensor.js";
import { isGradEnabled } from "./mode.js";
import { type Backward, Node, type Saved, type Wanted } from "./node.js";

/** Thunks that compute the gradient of each input from dL/dout, in the order of the inputs. */
export type Gradients = ReturnType<Backward>;

/**
 * Records an op and returns `out`.
 *
 * @param name what errors and graphs call it
 * @param out its result, computed without recording from the inputs' values
 * @param inputs the tensors it was computed from; null for an operand that was not given
 * @param saved tensors (inputs, `out`, or others) that `backward` needs, in an object of its own;
 *   the graph puts handles of its own in their place, which are checked for modification in place, and
 *   released once `backward` has run
 * @param backward given dL/dout and `saved`, returns one thunk per input, each giving dL/dinput in
 *   the input's shape (null: no derivative). Written in differentiable ops, it gives second
 *   derivatives as well. Only thunks whose result is needed run; `wanted`, asked about the node of an
 *   input, tells which, where one kernel computes several.
 */
export function record<S extends Record<string, Tensor | null>>(
  name: string,
  out: Tensor,
  inputs: readonly (Tensor | null)[],
  saved: S,
  backward: (dy: Tensor, saved: S, wanted: Wanted) => Gradients,
): Tensor {
  const node = nodeFor(name, out, inputs);
  if (node === null) return out;
  out.node = node;
  hold(node, saved, backward);
  return out;
}

/**
 * Whether `record` would do anything for these inputs: the most frequent ops ask first, since what
 * they would give it takes a third of the time of a small one.
 */
export function recorded(a: Tensor, b: Tensor): boolean {
  return isGradEnabled() && !(isPlain(a) && isPlain(b));
}

/** Belongs to no graph, and its memory to none that it doesn't know of. */
function isPlain(x: Tensor): boolean {
  return x.node === null && x.history === x.buffer.history;
}

/**
 * Gradients of these inputs that `all` makes together, when the first is asked for. What is not wanted goes with
 * the temporaries.
 */
export function together(
  inputs: readonly (Tensor | null)[],
  wanted: Wanted,
  all: () => readonly (Tensor | null)[],
): Gradients {
  let made: readonly (Tensor | null)[] | null = null;
  const asked = (): (Tensor | null)[] =>
    all().map((grad, i) => (wanted(inputs[i]?.node ?? null) ? grad : null));
  return inputs.map((_, i) => () => (made ??= untracked(() => tidy(asked)))[i]!);
}

/**
 * `record` for ops outside of the library, where nothing may be released early: the backward may
 * keep the tensors it gets and makes.
 *
 * @example
 * function cube(x: Tensor): Tensor {
 *   const out = noGrad(() => x.mul(x).mul(x));
 *   return record("cube", out, [x], { x }, (dy, { x }) => [() => dy.mul(x.mul(x).mul(3))]);
 * }
 * const x = tensor(2, { requiresGrad: true });
 * cube(x).backward();
 * console.log(x.grad?.item()); // 12
 */
export function recordCustom<S extends Record<string, Tensor>>(
  name: string,
  out: Tensor,
  inputs: readonly Tensor[],
  saved: S,
  backward: (dy: Tensor, saved: S) => Gradients,
): Tensor {
  if (inputs.includes(out))
    throw new GradError(name, "out must be a tensor of its own, not an input");
  record(name, out, inputs, { ...saved }, backward);
  if (out.node !== null) out.node.foreign = true;
  return out;
}

/**
 * Records an op that has overwritten `x`. Its old history becomes the input; other tensors on the
 * same memory have a history that no longer fits and are refused from now on.
 */
export function recordInPlace<S extends Record<string, Tensor | null>>(
  name: string,
  x: Tensor,
  others: readonly Tensor[],
  saved: S,
  backward: (dy: Tensor, saved: S) => Gradients,
): Tensor {
  x.buffer.version++;
  x.buffer.writer = name;
  if (x.dtype !== "float32") return x; // nothing else has a derivative
  const node = nodeFor(name, x, [x, ...others]);
  if (node === null) return x;
  x.node = node;
  x.history = ++x.buffer.history;
  hold(node, saved, backward);
  return x;
}

/** Refuses, before anything is written, what an in-place op must not touch. */
export function checkInPlace(name: string, x: Tensor, others: readonly Tensor[]): void {
  if (sharesElements(x)) {
    throw new GradError(name, "an expanded tensor shares elements: clone() it first");
  }
  if (!isGradEnabled()) return;
  if (x.node?.isLeaf) {
    throw new GradError(name, "a leaf that requires gradients can be changed in noGrad() only");
  }
  if (x.isView && (x.node !== null || others.some((t) => t.node !== null))) {
    throw new GradError(
      name,
      "a view that takes part in a graph can't be changed: clone() it first",
    );
  }
  checkHistory(name, x);
  for (const other of others) checkHistory(name, other);
}

function nodeFor(name: string, out: Tensor, inputs: readonly (Tensor | null)[]): Node | null {
  if (!isGradEnabled()) return null;
  let needed = false;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i]!;
    if (x === null) continue;
    if (x.node !== null) needed = true;
    checkHistory(name, x);
  }
  if (!needed) return null;
  const nodes = new Array<Node | null>(inputs.length);
  for (let i = 0; i < inputs.length; i++) nodes[i] = inputs[i]?.node ?? null;
  return new Node(name, out.shape, nodes);
}

function hold<S extends Record<string, Tensor | null>>(
  node: Node,
  saved: S,
  backward: (dy: Tensor, saved: S, wanted: Wanted) => Gradients,
): void {
  node.backward = backward as Backward;
  const held: Saved = saved;
  for (const key in held) {
    const x = held[key] ?? null;
    held[key] = x && holdOne(x);
    node.saved = held;
  }
}

/** The graph's own handle on a saved tensor: the program may drop or dispose of its own. */
function holdOne(x: Tensor): Tensor {
  const held = new Tensor(x.buffer.retain(), x.layout, x.dtype, true);
  held.node = x.node;
  held.history = x.history;
  held.isView = x.isView;
  held.version = x.buffer.version;
  return held;
}

/** Refuses a tensor whose memory an in-place op has given another history. */
function checkHistory(name: string, x: Tensor): void {
  if (x.history === x.buffer.history || x.history === NO_HISTORY) return;
  throw new GradError(
    name,
    `an input of ${showShape(x.shape)} shares memory with a tensor that ${x.buffer.writer} has ` +
      `changed since: make the view again`,
  );
}
