// Lists and dictionaries of modules and of parameters: their members are found under numbers or keys.
import { IndexError, ValueError } from "../core/errors.js";
import { revise } from "../autograd/mode.js";
import { Module, Parameter } from "./module.js";

/** A list of modules or parameters: what ModuleList and ParameterList share. */
abstract class List<T extends object> extends Module {
  readonly #items: T[] = [];

  constructor(items: Iterable<T> = []) {
    super();
    this.extend(items);
  }

  /** Refuses what is not of the list's kind. */
  protected abstract check(item: T): void;

  protected override namedMembers(): [string, unknown][] {
    return this.#items.map((item, i) => [String(i), item]);
  }

  get length(): number {
    return this.#items.length;
  }

  /** The item of a number; negative ones count from the end. @throws IndexError outside of the list. */
  at(index: number): T {
    const item = this.#items.at(index);
    if (item === undefined || !Number.isInteger(index)) {
      const n = this.length;
      throw new IndexError(
        this.constructor.name,
        `index must lie in [${-n}, ${n - 1}]: got ${index}`,
      );
    }
    return item;
  }

  /** Adds an item at the end. */
  append(item: T): this {
    return this.insert(this.length, item);
  }

  /** Adds items at the end. */
  extend(items: Iterable<T>): this {
    for (const item of [...items]) this.append(item); // it may be this list
    return this;
  }

  /** Adds an item before the one of number `index`. */
  insert(index: number, item: T): this {
    this.check(item);
    this.#items.splice(index, 0, item);
    revise();
    return this;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#items[Symbol.iterator]();
  }

  /** A list computes nothing: call its members. */
  forward(): never {
    return noForward(this);
  }
}

/** Modules in a list; their names in a state dict are their numbers. */
export class ModuleList<T extends Module = Module> extends List<T> {
  protected check(item: T): void {
    if (!(item instanceof Module)) throw new ValueError("ModuleList", "takes modules only");
  }
}

/** Parameters in a list; their names in a state dict are their numbers. */
export class ParameterList extends List<Parameter> {
  protected check(item: Parameter): void {
    if (!(item instanceof Parameter))
      throw new ValueError("ParameterList", "takes parameters only");
  }
}

/** A dictionary of modules or parameters: what ModuleDict and ParameterDict share. */
abstract class Dict<T extends object> extends Module {
  readonly #items = new Map<string, T>();

  constructor(items: Readonly<Record<string, T>> = {}) {
    super();
    for (const [key, item] of Object.entries(items)) this.set(key, item);
  }

  /** Refuses what is not of the dictionary's kind. */
  protected abstract check(item: T): void;

  protected override namedMembers(): [string, unknown][] {
    return [...this.#items];
  }

  /** The item of a key. @throws ValueError when there is none. */
  get(key: string): T {
    const item = this.#items.get(key);
    if (item === undefined) {
      const keys = [...this.#items.keys()].join(", ");
      throw new ValueError(this.constructor.name, `no item ${key}: there are [${keys}]`);
    }
    return item;
  }

  set(key: string, item: T): this {
    this.check(item);
    this.#items.set(key, item);
    revise();
    return this;
  }

  has(key: string): boolean {
    return this.#items.has(key);
  }

  delete(key: string): boolean {
    revise();
    return this.#items.delete(key);
  }

  keys(): IterableIterator<string> {
    return this.#items.keys();
  }

  values(): IterableIterator<T> {
    return this.#items.values();
  }

  entries(): IterableIterator<[string, T]> {
    return this.#items.entries();
  }

  /** A dictionary computes nothing: call its members. */
  forward(): never {
    return noForward(this);
  }
}

/** Modules by key; the keys are their names in a state dict. */
export class ModuleDict<T extends Module = Module> extends Dict<T> {
  protected check(item: T): void {
    if (!(item instanceof Module)) throw new ValueError("ModuleDict", "takes modules only");
  }
}

/** Parameters by key; the keys are their names in a state dict. */
export class ParameterDict extends Dict<Parameter> {
  protected check(item: Parameter): void {
    if (!(item instanceof Parameter))
      throw new ValueError("ParameterDict", "takes parameters only");
  }
}

function noForward(container: Module): never {
  throw new ValueError(container.constructor.name, "has no forward: call its members");
}
