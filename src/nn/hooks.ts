// Hooks of modules. A module without hooks pays nothing: the first one puts a `forward` of its own on the
// module, which calls the class's, and the last one to go takes it away.
import { GradError } from "../core/errors.js";
import { checkFunction } from "../core/shape.js";
import { isGradEnabled, revise } from "../autograd/mode.js";
import { recordCustom } from "../autograd/record.js";
import { alias, Tensor } from "../autograd/tensor.js";
import { refusePromise } from "../memory/scope.js";
import { zeros } from "../ops/creation.js";
import type { Module } from "./module.js";

/** Sees the inputs before a forward; an array that it returns replaces them. */
export type ForwardPreHook = (module: Module, inputs: unknown[]) => unknown[] | void;
/** Sees inputs and output after a forward; what it returns, unless undefined, replaces the output. */
export type ForwardHook = (module: Module, inputs: unknown[], output: unknown) => unknown;
/** Sees the gradients of inputs and output; a tensor that it returns replaces that of the only input. */
export type BackwardHook = (
  module: Module,
  gradInputs: (Tensor | null)[],
  gradOutput: Tensor,
) => Tensor | void;

interface Hooks {
  readonly before: ForwardPreHook[];
  readonly after: ForwardHook[];
  readonly backward: BackwardHook[];
}

const KINDS = ["before", "after", "backward"] as const;

/** A module's hooks, and its forward where that was a property of its own. */
interface Installed extends Hooks {
  readonly own: PropertyDescriptor | undefined;
}

const hooksOf = /* @__PURE__ */ new WeakMap<Module, Installed>();

type Forward = (...inputs: unknown[]) => unknown;

/** Adds a hook of a kind; gives what removes it. */
export function addHook<K extends keyof Hooks>(
  module: Module,
  kind: K,
  hook: Hooks[K][number],
): () => void {
  checkFunction("Module", "hook", hook);
  let hooks = hooksOf.get(module);
  if (hooks === undefined) hooksOf.set(module, (hooks = install(module)));
  const list = hooks[kind] as Hooks[K][number][];
  list.push(hook);
  const key = {};
  revise(key, module);
  return () => {
    hooks &&= removeHook(module, kind, hook, hooks, key); // once: the same function may be there again
  };
}

/** Takes a hook away again, of a module that has hooks. */
export function removeHook<K extends keyof Hooks>(
  module: Module,
  kind: K,
  hook: Hooks[K][number],
  hooks = hooksOf.get(module)!,
  key = {},
): undefined {
  const list = hooks[kind] as unknown[];
  const i = list.indexOf(hook);
  if (i < 0) return; // it was removed before: what is there now is others'
  revise(key, module);
  list.splice(i, 1);
  if (KINDS.some((kind) => hooks[kind].length > 0)) return;
  delete (module as { forward?: unknown }).forward;
  if (hooks.own) Object.defineProperty(module, "forward", hooks.own);
  hooksOf.delete(module);
}

/** Puts the hooks of one module on its copy, and the forward that they call. */
export function copyHooks(from: Module, to: Module): void {
  const hooks = hooksOf.get(from);
  if (hooks === undefined) return;
  if (hooks.own) Object.defineProperty(to, "forward", hooks.own);
  for (const kind of KINDS) {
    for (const hook of hooks[kind]) addHook(to, kind, hook);
  }
}

function install(module: Module): Installed {
  const own = Object.getOwnPropertyDescriptor(module, "forward");
  const hooks: Installed = { before: [], after: [], backward: [], own };
  const forward = module.forward as Forward;
  const hooked: Forward = (...inputs) => {
    for (const hook of [...hooks.before]) {
      inputs = refusePromise("registerForwardPreHook", hook(module, inputs)) ?? inputs;
    }
    const watching = hooks.backward.length > 0 && isGradEnabled();
    const watch = watching ? watched(module, hooks.backward, inputs) : null;
    let output = forward.apply(module, watch?.inputs ?? inputs);
    if (watch !== null) output = watch.output(output);
    for (const hook of [...hooks.after]) {
      output = refusePromise("registerForwardHook", hook(module, inputs, output)) ?? output;
    }
    return output;
  };
  // Not enumerable: it's no member of the module's.
  Object.defineProperty(module, "forward", { value: hooked, configurable: true, writable: true });
  return hooks;
}

const OP = "registerFullBackwardHook";

/**
 * Inputs behind gates, and what puts the output behind one. All gates of inputs lead through one door, a
 * node older than they: when a walk comes there, each input has the gradient that it will get; 0, as in
 * PyTorch, where the output does not depend on it.
 */
function watched(
  module: Module,
  hooks: readonly BackwardHook[],
  inputs: unknown[],
): { inputs: unknown[]; output: (output: unknown) => unknown } {
  const needs = (x: unknown): x is Tensor => x instanceof Tensor && x.requiresGrad;
  const needing = inputs.filter(needs);
  const grads = inputs.map((): Tensor | null => null);
  let gradOutput: Tensor | null = null;
  const call = (): void => {
    if (gradOutput === null) return; // it has come past the output: PyTorch calls no hook either
    for (const hook of [...hooks]) {
      const replaced = refusePromise(OP, hook(module, [...grads], gradOutput));
      if (replaced === undefined) continue;
      if (needing.length !== 1) {
        throw new GradError(
          OP,
          `a hook can replace the gradient of one input: ${needing.length} of them need gradients`,
        );
      }
      grads[inputs.indexOf(needing[0])] = replaced;
    }
    gradOutput = null;
  };
  // Recorded as ops from outside are: hooks may keep what they see.
  const door =
    needing.length > 0 &&
    recordCustom(OP, zeros([]), needing, {}, () => {
      inputs.forEach((x, i) => needs(x) && (grads[i] ??= zeros(x.shape)));
      call();
      return grads.filter((grad) => grad !== null).map((grad) => () => grad);
    });
  const behind = inputs.map((x, i) => {
    if (!door || !needs(x)) return x;
    return recordCustom("gate", alias(x, x.layout), [door], {}, (dy) => [
      () => {
        grads[i] = dy;
        return zeros([]);
      },
    ]);
  });
  const output = (y: unknown): unknown => {
    if (!(y instanceof Tensor))
      throw new GradError(OP, `the output must be a tensor: got ${typeof y}`);
    if (!needs(y)) return y;
    return recordCustom("gate", alias(y, y.layout), [y], {}, (dy) => {
      grads.fill(null);
      gradOutput = dy;
      if (!door) call();
      return [() => dy];
    });
  };
  return { inputs: behind, output };
}
