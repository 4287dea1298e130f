// Lists and dictionaries of modules and of parameters: their members are found under numbers or keys.
import { shown } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import { checkList, checkPlace, checkWord } from "../core/shape.js";
import { revise } from "../autograd/mode.js";
import { Module, Parameter } from "./module.js";

/** What the four share: they hold items of one kind. */
abstract class Container<T extends object> extends Module {
  /** The class in errors, and that of the items. */
  protected abstract kind(): readonly [string, typeof Module | typeof Parameter];

  /** Refuses what is not of the kind; what is there changes otherwise. */
  protected check(item: T): void {
    const [name, kind] = this.kind();
    if (!(item instanceof kind)) {
      throw new ValueError(name, `takes ${name.startsWith("M") ? "modules" : "parameters"} only`);
    }
    revise({}, this);
  }

  /** A container computes nothing: call its members. */
  forward(): never {
    throw new ValueError(this.kind()[0], "has no forward: call its members");
  }
}

/** A list of modules or parameters: what ModuleList and ParameterList share. */
abstract class List<T extends object> extends Container<T> {
  private readonly items: T[] = [];

  constructor(items: Iterable<T> = []) {
    super();
    this.extend(items);
  }

  protected override namedMembers(): [string, unknown][] {
    return this.items.map((item, i) => [String(i), item]);
  }

  /** How many items there are. */
  get length(): number {
    return this.items.length;
  }

  /** The item of a number; negative ones count from the end. @throws IndexError outside of the list. */
  at(index: number): T {
    return this.items[checkPlace(this.kind()[0], "index", index, this.length)]!;
  }

  /** Adds an item at the end. @throws ValueError for what is not of the kind */
  append(item: T): this {
    return this.insert(this.length, item);
  }

  /** Adds items at the end. @throws ValueError for what is not of the kind */
  extend(items: Iterable<T>): this {
    const list =
      Symbol.iterator in Object(items) ? items : checkList(this.kind()[0], items as never);
    for (const item of [...list]) this.append(item); // the list may be this one
    return this;
  }

  /** Adds an item before the one of number `index`. @throws ValueError for what is not of the kind */
  insert(index: number, item: T): this {
    this.check(item);
    this.items.splice(index, 0, item);
    return this;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.items[Symbol.iterator]();
  }
}

/** Modules in a list; their names in a state dict are their numbers. */
export class ModuleList<T extends Module = Module> extends List<T> {
  protected kind(): readonly [string, typeof Module] {
    return ["ModuleList", Module];
  }
}

/** Parameters in a list; their names in a state dict are their numbers. */
export class ParameterList extends List<Parameter> {
  protected kind(): readonly [string, typeof Parameter] {
    return ["ParameterList", Parameter];
  }
}

/** A dictionary of modules or parameters: what ModuleDict and ParameterDict share. */
abstract class Dict<T extends object> extends Container<T> {
  private readonly items = new Map<string, T>();

  constructor(items: Readonly<Record<string, T>> = {}) {
    super();
    checkWord(this.kind()[0], "items", items && typeof items, ["object"]);
    for (const [key, item] of Object.entries(items)) this.set(key, item);
  }

  protected override namedMembers(): [string, unknown][] {
    return [...this.items];
  }

  /** The item of a key. @throws ValueError when there is none. */
  get(key: string): T {
    const item = this.items.get(key);
    if (item === undefined) {
      throw new ValueError(this.kind()[0], `no item ${key}: there are ${shown([...this.keys()])}`);
    }
    return item;
  }

  /** Puts an item under a key, in the place of the one that is there. @throws ValueError for what is not of the kind */
  set(key: string, item: T): this {
    this.check(item);
    this.items.set(key, item);
    return this;
  }

  /** Whether there is an item under a key. */
  has(key: string): boolean {
    return this.items.has(key);
  }

  /** Takes an item out; false where there was none. */
  delete(key: string): boolean {
    revise({}, this);
    return this.items.delete(key);
  }

  /** The keys, in the order in which they came. */
  keys(): IterableIterator<string> {
    return this.items.keys();
  }

  /** The items, in the order of the keys. */
  values(): IterableIterator<T> {
    return this.items.values();
  }

  /** Keys and items. */
  entries(): IterableIterator<[string, T]> {
    return this.items.entries();
  }
}

/** Modules by key; the keys are their names in a state dict. */
export class ModuleDict<T extends Module = Module> extends Dict<T> {
  protected kind(): readonly [string, typeof Module] {
    return ["ModuleDict", Module];
  }
}

/** Parameters by key; the keys are their names in a state dict. */
export class ParameterDict extends Dict<Parameter> {
  protected kind(): readonly [string, typeof Parameter] {
    return ["ParameterDict", Parameter];
  }
}
