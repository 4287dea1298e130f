// Reverse-mode differentiation: walks the recorded graph from the outputs to the leaves, newest
// node first, and adds up dL/dx for each x. No recursion: a chain of 100,000 ops is no problem.
import { tensorOf } from "../core/dtype.js";
import { GradError } from "../core/errors.js";
import { checkFunction, showShape, checkOptions } from "../core/shape.js";
import { scoped, track, untracked } from "../memory/scope.js";
import { redo, revise, withGrad } from "./mode.js";
import type { Hook, Node, Wanted } from "./node.js";
import { leadingTo, newestFirst } from "./order.js";
import { alias, checkGradient, NO_HISTORY, sharesElements, type Tensor } from "./tensor.js";

/** What the engine needs of ops/, which lies above it; given by ops/gradient.ts. */
export interface GradientOps {
  add(a: Tensor, b: Tensor): Tensor;
  /** a += b, where nothing else refers to a's memory. */
  accumulate(a: Tensor, b: Tensor): void;
  onesLike(x: Tensor): Tensor;
  clone(x: Tensor): Tensor;
}

let ops: GradientOps;

/** Called once by ops/gradient.ts: imports only go down, so ops/ hands itself in. */
export function provideGradientOps(provided: GradientOps): void {
  ops = provided;
}

export interface BackwardOptions {
  /** Keep the graph for another backward. Default: the value of `createGraph`. */
  retainGraph?: boolean;
  /** Record the backward itself, for derivatives of derivatives. Default: false. */
  createGraph?: boolean;
}

/**
 * Computes the gradient of `output` with respect to every leaf that it depends on and adds it to
 * the leaf's `grad`.
 *
 * @param gradient dL/doutput, in output's shape; may be left out for a tensor of one element (1)
 * @throws GradError when output does not require gradients, is not a scalar and `gradient` is
 *   missing, when its graph was released by an earlier backward, or when a saved tensor was modified
 */
export function backward(
  output: Tensor,
  gradient?: Tensor | null,
  options: BackwardOptions = {},
): void {
  walk("backward", [output], [gradient], checkOptions("backward", options), null);
}

/** A gradient on its way: `owned` means that nobody but this walk can refer to the handle. */
interface Flow {
  grad: Tensor;
  owned: boolean;
}

/** What flows to each node of a walk's list. */
type Flows = (Flow | null)[];

/** The list of the walk in progress, whose nodes know their places in it. */
let walking: readonly Node[] = [];

function number(order: readonly Node[]): void {
  walking = order;
  for (let i = 0; i < order.length; i++) order[i]!.place = i;
}

/** Runs `fn` while the nodes of a walk know their places: a hook may walk by itself through the same ones. */
function numbered(order: readonly Node[], fn: () => void): void {
  const outer = walking;
  number(order);
  try {
    fn();
  } finally {
    number(outer);
  }
}

/** @param targets nodes that get what flows to them, in place of leaves; null: leaves do */
function walk(
  op: string,
  outputs: readonly Tensor[],
  gradients: readonly (Tensor | null | undefined)[],
  { createGraph = false, retainGraph = createGraph }: BackwardOptions,
  targets: Map<Node, Tensor | null> | null,
): void {
  const roots = outputs.map((output) => rootOf(op, output));
  const order = newestFirst(roots);
  const needed = targets && leadingTo(order, targets);
  const wanted: Wanted = (node) => node !== null && (!needed || needed.has(node));
  const flows: Flows = new Array<Flow | null>(order.length).fill(null);
  const step = (node: Node): void => {
    const flow = flows[node.place]!;
    if (flow !== null && wanted(node)) {
      if (node.hooks !== null) runHooks(node, flow);
      if (targets === null) {
        if (node.retainsGrad) deposit(node, flow, createGraph);
      } else if (targets.has(node)) targets.set(node, ownHandle(flow));
      if (!node.isLeaf) propagate(node, flow, flows, wanted, createGraph);
      if (!retainGraph) node.release();
      if (flow.owned) flow.grad.dispose();
    }
    flows[node.place] = null;
  };
  const all = (): void => {
    try {
      roots.forEach((root, i) => {
        join(flows, root, seedFor(op, outputs[i]!, gradients[i]), createGraph);
      });
      order.forEach(step);
    } catch (error) {
      for (const flow of flows) if (flow?.owned) flow.grad.dispose();
      targets?.forEach((found) => found?.dispose());
      throw error;
    }
  };
  // The result of a walk outlives every scope around it: gradients of leaves do.
  untracked(() => withGrad(createGraph, () => numbered(order, all)));
}

const NOTHING = {};

/** Runs the thunks of a node and lets their results flow to its inputs. */
function propagate(
  node: Node,
  flow: Flow,
  flows: Flows,
  wanted: Wanted,
  createGraph: boolean,
): void {
  checkUsable(node);
  const dy = flow.grad;
  if (node.foreign) flow.owned = false;
  const thunks = node.backward!(dy, node.saved ?? NOTHING, wanted);
  for (let i = 0; i < node.inputs.length; i++) {
    const input = node.inputs[i]!;
    if (input === null || !wanted(input)) continue;
    const thunk = thunks[i];
    if (thunk == null) continue;
    const grad = node.foreign ? thunk(input.shape) : scoped(thunk, input.shape);
    checkGradient(node.op, grad, input.shape, "its gradient of input ", i);
    // A thunk may pass dy on (as add does): then each side needs a handle of its own.
    const passedOn = grad === dy || isSaved(node, grad);
    const own = passedOn ? aliasOf(grad) : grad;
    join(flows, input, { grad: own, owned: !node.foreign || passedOn }, createGraph);
  }
}

function isSaved(node: Node, x: Tensor): boolean {
  for (const key in node.saved) if (node.saved[key] === x) return true;
  return false;
}

/** Adds a contribution to what has already arrived at a node. */
function join(flows: Flows, node: Node, part: Flow, createGraph: boolean): void {
  const present = flows[node.place]!;
  if (present === null) {
    flows[node.place] = part;
    return;
  }
  if (!createGraph && isOurs(present)) ops.accumulate(present.grad, part.grad);
  else {
    const sum = ops.add(present.grad, part.grad);
    if (present.owned) present.grad.dispose();
    flows[node.place] = { grad: sum, owned: true };
  }
  if (part.owned) part.grad.dispose();
}

/** Whether nothing but this flow can see the memory of its gradient. */
function isOurs({ grad, owned }: Flow): boolean {
  return owned && grad.buffer.refs === 1 && grad.layout.contiguous;
}

/** Adds a flow to the gradient that a leaf (or a tensor with retainGrad) keeps. */
function deposit(node: Node, flow: Flow, createGraph: boolean): void {
  const present = node.grad;
  if (present === null) {
    // Memory of its own, as the next backward may add to it in place.
    node.setGrad(isOurs(flow) ? ownHandle(flow) : ops.clone(flow.grad));
  } else if (createGraph || sharesElements(present)) {
    node.setGrad(ops.add(present, flow.grad));
  } else {
    // In place, as in PyTorch: who holds x.grad sees it grow.
    ops.accumulate(present, flow.grad);
  }
}

/** A handle that outlives the flow: the flow's own when it is free, otherwise a copy. */
function ownHandle(flow: Flow): Tensor {
  if (!flow.owned) return aliasOf(flow.grad);
  flow.owned = false;
  return flow.grad;
}

/** Another handle with the same place in the graph. */
function aliasOf(x: Tensor): Tensor {
  const copy = alias(x, x.layout);
  copy.node = x.node;
  copy.history = x.history;
  return copy;
}

function runHooks(node: Node, flow: Flow): void {
  for (const hook of [...node.hooks!]) {
    const replaced = hook(flow.grad);
    // The program has seen this tensor and may keep it.
    flow.owned = false;
    if (replaced == null) continue;
    checkGradient("registerHook", replaced, node.shape, "its gradient");
    flow.grad = replaced;
  }
}

function checkUsable(node: Node): void {
  redo(node, checkUsable);
  if (node.consumed) {
    throw new GradError(
      "backward",
      `the graph of ${node.op} was released by an earlier backward: pass { retainGraph: true } to that one`,
    );
  }
  for (const key in node.saved) {
    const saved = node.saved[key];
    if (!saved) continue;
    const { buffer, shape, version } = saved;
    if (buffer.version !== version) {
      throw new GradError(
        "backward",
        `${node.op} saved a tensor of ${showShape(shape)} that ${buffer.writer} has modified since ` +
          `(version ${version}, now ${buffer.version}): clone() it first`,
      );
    }
  }
}

function rootOf(op: string, output: Tensor): Node {
  void output.buffer; // throws when disposed of
  if (output.node === null) {
    throw new GradError(
      op,
      "the output does not require gradients: no tensor it was made from has requiresGrad, or it was made in noGrad() or detached",
    );
  }
  return output.node;
}

function seedFor(op: string, output: Tensor, gradient: Tensor | null | undefined): Flow {
  if (gradient == null) {
    if (output.numel() !== 1) {
      throw new GradError(
        op,
        `a tensor of ${showShape(output.shape)} is no scalar: pass dL/doutput as the gradient`,
      );
    }
    return { grad: ops.onesLike(output), owned: true };
  }
  checkGradient(op, gradient, output.shape, "the gradient");
  return { grad: gradient, owned: false };
}

export interface GradOptions extends BackwardOptions {
  /** dL/doutput for each output; may be left out for scalars. */
  gradOutputs?: Tensor | readonly (Tensor | null)[];
  /** Inputs that the outputs do not depend on give null instead of an error. Default: false. */
  allowUnused?: boolean;
}

/**
 * The gradients of `outputs` (their sum, weighted by `gradOutputs`) with respect to `inputs`, as new
 * tensors; no `grad` is touched.
 * @throws GradError when an input was not used and `allowUnused` is not set, and where `backward` does.
 * @example
 * const x = tensor(3, { requiresGrad: true });
 * const [dx] = grad(x.pow(3), x, { createGraph: true }); // 3x^2 = 27
 * const [ddx] = grad(dx!, x); // 6x
 * console.log(dx!.item(), ddx!.item()); // 27 18
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions & { allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  const outs = asList(outputs);
  const ins = asList(inputs);
  const given = asList<Tensor | null>(
    checkOptions("grad", options).gradOutputs ?? outs.map(() => null),
  );
  if (given.length !== outs.length) {
    throw new GradError(
      "grad",
      `as many gradOutputs as outputs: got ${given.length}, ${outs.length}`,
    );
  }
  const targets = new Map<Node, Tensor | null>();
  for (const { node } of ins) {
    if (node === null) throw new GradError("grad", "every input must require gradients");
    targets.set(node, null);
  }
  walk("grad", outs, given, options, targets);
  const results = ins.map((x) => targets.get(x.node!) ?? null);
  if (!options.allowUnused && results.includes(null)) {
    targets.forEach((found) => found?.dispose());
    throw new GradError(
      "grad",
      `input ${results.indexOf(null)} was not used to make the outputs: { allowUnused: true } gives null`,
    );
  }
  targets.forEach((found) => found && track(found));
  return results;
}

function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/**
 * Keeps the gradient of a tensor that is no leaf in its `grad` when `backward` runs.
 * @throws GradError when it does not require gradients.
 */
export function retainGrad(x: Tensor): void {
  rootOf("retainGrad", x).retainsGrad = true;
}

/**
 * Calls `hook` with the gradient of `x` during backward; what it returns replaces the gradient.
 * @returns a function that removes the hook.
 * @throws GradError when `x` does not require gradients.
 */
export function registerHook(x: Tensor, hook: Hook): () => void {
  checkFunction("registerHook", "hook", hook);
  const node = rootOf("registerHook", x);
  const hooks = (node.hooks ??= []);
  const key = {};
  const isOuter = redo(node);
  hooks.push(hook);
  if (isOuter) revise(key);
  return () => {
    const i = hooks.indexOf(hook);
    if (i < 0) return;
    if (isOuter) revise(key);
    hooks.splice(i, 1);
  };
}

/** The same values outside of the graph: shares the memory, requires no gradient. */
export function detach(x: Tensor): Tensor {
  const out = alias(x, tensorOf("detach", x).layout);
  out.history = NO_HISTORY;
  return out;
}
