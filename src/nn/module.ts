// Module: the base class of layers and models. Parameters, buffers and child modules are found by
// looking at its properties: assigning them is all it takes.
import { shown, tensorOf } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import { checkFunction, checkWord, expectShape, showShape, checkOptions } from "../core/shape.js";
import { born, redo, revise, withGrad } from "../autograd/mode.js";
import { checkInPlace } from "../autograd/record.js";
import { Tensor } from "../autograd/tensor.js";
import { tidy, untracked } from "../memory/scope.js";
import { copy_ } from "../ops/inplace.js";
import { addHook, type BackwardHook, type ForwardHook, type ForwardPreHook } from "./hooks.js";

/** Runs `fn` apart from scopes and graphs: what it returns lasts, what it makes on the way is released. */
export function lasting<T>(fn: () => T): T {
  return untracked(() => withGrad(false, () => tidy(fn)));
}

/** A tensor that a module learns. It shares the memory of the tensor it is made from. */
export class Parameter extends Tensor {
  /** @param data float32 @param options.requiresGrad false: frozen. Default: true. */
  constructor(data: Tensor, options: { requiresGrad?: boolean } = {}) {
    checkOptions("Parameter", options);
    super(tensorOf("Parameter", data).buffer.retain(), data.layout, data.dtype);
    this.requiresGrad = options.requiresGrad ?? true;
  }
}

/** A tensor that belongs to a module's state but is not learned, such as running statistics. */
export class Buffer extends Tensor {
  constructor(data: Tensor) {
    super(data.buffer.retain(), data.layout, data.dtype);
  }
}

/** Tensors by name, as PyTorch names them: "0.weight", "bn.running_mean". */
export type StateDict = Record<string, Tensor>;

/**
 * Base class of everything with parameters. Assign Parameters, Buffers and Modules (or arrays of
 * them) to properties, and write `forward`.
 *
 * Names in a state dict are the properties' names in snake case, as PyTorch writes them; two properties
 * with one such name are refused (a ValueError) by whatever looks for members.
 *
 * @example
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(4, 8);
 *   output = new nn.Linear(8, 2);
 *   forward(x: Tensor): Tensor {
 *     return this.output.forward(this.hidden.forward(x).relu());
 *   }
 * }
 * console.log(Object.keys(new Net().stateDict()).join(" "));
 * // hidden.weight hidden.bias output.weight output.bias
 */
export abstract class Module {
  private trains = true;

  constructor() {
    born(this);
  }

  /** Whether this layer behaves as in training (dropout, batch statistics). train() and eval() also set it below. */
  get training(): boolean {
    return this.trains;
  }

  set training(on: boolean) {
    if (this.trains === on) return;
    this.trains = on;
    revise(this);
    redo(this, (module) => (module.training = on));
  }

  /** What the module computes. */
  abstract forward(...inputs: never[]): unknown;

  /** Where parameters, buffers and children are looked for: the properties, arrays unfolded ("name.0"). */
  protected namedMembers(): [string, unknown][] {
    const properties = new Map<string, string>();
    return Object.entries(this).flatMap(([property, value]: [string, unknown]) =>
      unfold(snakeCase(property), value).filter(([name, item]) => {
        if (!(item instanceof Module || item instanceof Parameter || item instanceof Buffer))
          return false;
        const other = properties.get(name);
        properties.set(name, property);
        if (other === undefined) return true;
        throw new ValueError("Module", `${other} and ${property} would both be called ${name}`);
      }),
    );
  }

  /** Own child modules with their names. */
  namedChildren(): [string, Module][] {
    return this.namedMembers().filter((e): e is [string, Module] => e[1] instanceof Module);
  }

  /** Own child modules. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module and all below it; each once. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** This module and all below it, with their paths; each once. */
  namedModules(): [string, Module][] {
    return unique(this.everyPath());
  }

  /** Parameters of this module and those below it, with their names; each once. */
  namedParameters(): [string, Parameter][] {
    return unique(
      this.namedState().filter((e): e is [string, Parameter] => e[1] instanceof Parameter),
    );
  }

  /** Parameters of this module and those below it; each once. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Buffers of this module and those below it, with their names. */
  namedBuffers(): [string, Buffer][] {
    return this.namedState().filter(
      (entry): entry is [string, Buffer] => entry[1] instanceof Buffer,
    );
  }

  /** Buffers of this module and those below it. */
  buffers(): Buffer[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** Parameters of this module, those below it left out. */
  ownParameters(): Parameter[] {
    return this.namedMembers()
      .map(([, value]) => value)
      .filter((value) => value instanceof Parameter);
  }

  /** Parameters and buffers in the order of PyTorch's state dict; shared ones under each name. */
  private namedState(): [string, Tensor][] {
    return [...this.everyPath()].flatMap(([path, module]) =>
      module
        .namedMembers()
        .filter((e): e is [string, Tensor] => e[1] instanceof Tensor)
        .sort((a, b) => Number(a[1] instanceof Buffer) - Number(b[1] instanceof Buffer))
        .map(([name, value]): [string, Tensor] => [join(path, name), value]),
    );
  }

  private *everyPath(path = "", above: readonly Module[] = []): Generator<[string, Module]> {
    if (above.includes(this)) return; // a child may know its parent
    yield [path, this];
    for (const [name, child] of this.namedChildren()) {
      yield* child.everyPath(join(path, name), [...above, this]);
    }
  }

  /**
   * Calls `fn` once with every module below this one, children before parents, and with this one at last.
   * @param seen those that it has been called with, or is about to be
   */
  apply(fn: (module: Module) => void, seen: Set<Module> = new Set()): this {
    checkFunction("apply", "fn", fn);
    if (!seen.has(this)) {
      seen.add(this);
      for (const child of this.children()) child.apply(fn, seen);
      fn(this);
    }
    return this;
  }

  /**
   * Calls `hook` before each forward; an array that it returns replaces the inputs.
   * @returns a function that removes the hook
   * @throws ValueError from `forward` where the hook returns a promise
   */
  registerForwardPreHook(hook: ForwardPreHook): () => void {
    return addHook(this, "before", hook);
  }

  /**
   * Calls `hook` after each forward; what it returns, unless undefined, replaces the output.
   * @returns a function that removes the hook
   * @throws ValueError from `forward` where the hook returns a promise
   */
  registerForwardHook(hook: ForwardHook): () => void {
    return addHook(this, "after", hook);
  }

  /**
   * Calls `hook` in each backward through this module, with the gradients of the tensors among its
   * inputs (null for those that need none, 0 where the output does not depend on one) and of its output.
   * As in PyTorch it is not called where inputs need gradients and the output depends on none of them.
   * @param hook may return another gradient of the input, where just one of them needs any
   * @returns a function that removes the hook
   * @throws GradError from `forward` where the output is no tensor; ValueError from `backward` where the hook
   *   returns a promise
   */
  registerFullBackwardHook(hook: BackwardHook): () => void {
    return addHook(this, "backward", hook);
  }

  /**
   * The class, its settings and the shapes of its parameters; children on lines of their own.
   * @param above modules that are being shown: a child may know its parent
   */
  toString(above: readonly Module[] = []): string {
    const { name } = this.constructor;
    if (above.includes(this)) return `${name}(...)`;
    const all = Object.entries(this).flatMap(([key, value]: [string, unknown]) =>
      key === "trains" ? [] : setting(key, value),
    );
    const settings = [...new Set(all)]; // those of losses are also buffers
    const children = this.namedChildren().map(([key, child]) => {
      const text = child.toString([...above, this]).replaceAll("\n", "\n  ");
      return `\n  (${key}): ${text}`;
    });
    const end = children.length > 0 ? "\n" : "";
    return `${name}(${settings.join(", ")}${children.join("")}${end})`;
  }

  /** Puts this module and those below it into training mode (or, with false, out of it). */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Evaluation mode: no dropout, running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** Freezes (false) or thaws all parameters. */
  requiresGrad_(on = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = on;
    return this;
  }

  /** Parameters and buffers by PyTorch's names; the tensors themselves, not copies. */
  stateDict(): StateDict {
    return Object.fromEntries(this.namedState());
  }

  /**
   * Copies values into parameters and buffers of the same names.
   * @param options.strict false: names that only one side has are left out. Default: true.
   * @returns the names that the state lacked and those that the module lacks
   * @throws ValueError for names that differ (strict) and what is no tensor; ShapeError for shapes that
   *   differ; DisposedError for disposed tensors; GradError for own ones that share elements. Then nothing
   *   is changed.
   */
  loadStateDict(
    state: StateDict,
    options: { strict?: boolean } = {},
  ): { missing: string[]; unexpected: string[] } {
    checkWord("loadStateDict", "state", state && typeof state, ["object"]);
    const own = this.stateDict();
    const missing = Object.keys(own).filter((name) => !Object.hasOwn(state, name));
    const unexpected = Object.keys(state).filter((name) => !Object.hasOwn(own, name));
    const { strict = true } = checkOptions("loadStateDict", options);
    if (strict && missing.length + unexpected.length > 0) {
      throw new ValueError(
        "loadStateDict",
        `names must match: missing [${missing.join(", ")}], unexpected [${unexpected.join(", ")}]`,
      );
    }
    const shared = Object.keys(own).filter((name) => Object.hasOwn(state, name));
    withGrad(false, () => {
      for (const name of shared) {
        const [to, from] = [own[name]!, state[name]!];
        if (!(from instanceof Tensor))
          throw new ValueError("loadStateDict", `${name} is no tensor`);
        expectShape("loadStateDict", name, from, to.shape);
        checkInPlace("loadStateDict", to, []);
        void [to.buffer, from.buffer]; // throws when one was disposed of
      }
      for (const name of shared) copy_(own[name]!, state[name]!);
    });
    return { missing, unexpected };
  }
}

/** Refuses what is no module. */
export function checkModule<M extends Module>(op: string, module: M, name = "module"): M {
  if ((module as unknown) instanceof Module) return module;
  throw new ValueError(op, `${name} must be a Module: got ${shown(module)}`);
}

/** `name=value` of what says how a module was made. */
function setting(name: string, value: unknown): string[] {
  if (value instanceof Tensor) return [`${name}=${showShape(value.shape)}`];
  if (Array.isArray(value)) {
    return value.some((v) => typeof v === "number") ? [`${name}=[${value.join(", ")}]`] : [];
  }
  if (["number", "boolean", "string"].includes(typeof value)) {
    return [`${name}=${String(value)}`];
  }
  if (value == null || Object.getPrototypeOf(value) !== Object.prototype) return [];
  return Object.entries(value).flatMap(([key, v]: [string, unknown]) => setting(key, v));
}

function unfold(name: string, value: unknown): [string, unknown][] {
  if (!Array.isArray(value)) return [[name, value]];
  return value.flatMap((item: unknown, i) => unfold(`${name}.${i}`, item));
}

/** What is named, each once: under the first of its names. */
function unique<T>(named: Iterable<[string, T]>): [string, T][] {
  const seen = new Set<T>();
  return [...named].filter(([, value]) => !seen.has(value) && seen.add(value));
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** runningMean -> running_mean: PyTorch's spelling of the same name. */
function snakeCase(name: string): string {
  return name.replace(/[a-z0-9][A-Z]/g, (pair) => `${pair[0]}_${pair[1]!.toLowerCase()}`);
}
