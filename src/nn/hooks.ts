// Hooks of modules. A module without hooks pays nothing: the first one puts a `forward` of its own on the
// module, which calls the class's, and the last one to go takes it away.
import { GradError } from "../core/errors.js";
import { registerHook } from "../autograd/backward.js";
import { revise } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { alias, Tensor } from "../autograd/tensor.js";
import type { Module } from "./module.js";

export type ForwardPreHook = (module: Module, inputs: unknown[]) => unknown[] | void;
export type ForwardHook = (module: Module, inputs: unknown[], output: unknown) => unknown;
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
  let hooks = hooksOf.get(module);
  if (hooks === undefined) hooksOf.set(module, (hooks = install(module)));
  const list = hooks[kind] as Hooks[K][number][];
  list.push(hook);
  revise();
  return () => {
    const i = list.indexOf(hook);
    if (i < 0) return; // it was removed before: what is there now is others'
    revise();
    list.splice(i, 1);
    if (hooks.before.length + hooks.after.length + hooks.backward.length > 0) return;
    delete (module as { forward?: unknown }).forward;
    if (hooks.own) Object.defineProperty(module, "forward", hooks.own);
    hooksOf.delete(module);
  };
}

function install(module: Module): Installed {
  const own = Object.getOwnPropertyDescriptor(module, "forward");
  const hooks: Installed = { before: [], after: [], backward: [], own };
  const forward = module.forward as Forward;
  const hooked: Forward = (...inputs) => {
    for (const hook of [...hooks.before]) inputs = hook(module, inputs) ?? inputs;
    const watch = hooks.backward.length > 0 ? watched(module, hooks.backward, inputs) : null;
    let output = forward.apply(module, watch?.inputs ?? inputs);
    if (watch !== null) output = watch.output(output);
    for (const hook of [...hooks.after]) output = hook(module, inputs, output) ?? output;
    return output;
  };
  // Not enumerable: it's no member of the module's.
  Object.defineProperty(module, "forward", {
    value: hooked,
    configurable: true,
    writable: true,
  });
  return hooks;
}

/** The same values under a node of its own: where gradients that pass can be seen. */
function gate(x: Tensor): Tensor {
  return record("gate", alias(x, x.layout), [x], {}, (dy) => [() => dy]);
}

/** Inputs behind gates, and what puts the output behind one; the hooks run when all gradients are there. */
function watched(
  module: Module,
  hooks: readonly BackwardHook[],
  inputs: unknown[],
): { inputs: unknown[]; output: (output: unknown) => unknown } {
  const needs = (x: unknown): x is Tensor => x instanceof Tensor && x.requiresGrad;
  const count = inputs.filter(needs).length;
  const gradInputs = inputs.map((): Tensor | null => null);
  let gradOutput: Tensor | null = null;
  let arrived = 0;
  const arrive = (grad: Tensor, i: number): Tensor => {
    gradInputs[i] = grad;
    if (++arrived < count) return grad;
    arrived = 0;
    for (const hook of [...hooks]) {
      const replaced = hook(module, [...gradInputs], gradOutput!);
      if (replaced === undefined) continue;
      if (count > 1) {
        throw new GradError(
          "registerFullBackwardHook",
          `a hook can replace the gradient of one input: ${count} of them need gradients`,
        );
      }
      gradInputs[i] = replaced;
    }
    return gradInputs[i];
  };
  const behind = inputs.map((x, i) => {
    if (!needs(x)) return x;
    const own = gate(x);
    registerHook(own, (grad) => arrive(grad, i));
    return own;
  });
  const output = (y: unknown): unknown => {
    if (!needs(y)) return y;
    const own = gate(y);
    registerHook(own, (grad) => {
      gradOutput = grad;
      if (count > 0) return;
      for (const hook of [...hooks]) hook(module, [...gradInputs], grad);
    });
    return own;
  };
  return { inputs: behind, output };
}
