/**
 * What a contestant is: a library that turns tasks into jobs. A contestant's module lives in a
 * process of its own (worker.ts), so that a crash stops one job and nothing else; what can be said
 * about it without loading it is its `Entrant`.
 */
import type { Inputs } from "./inputs.js";
import type { Task } from "./tasks.js";

/** The library says that it can't do the task; all other errors are failures of the bench. */
export class CannotError extends Error {}

export interface Job {
  /** One unit of work, finished when it returns or when its promise resolves; results are dropped. */
  run(): unknown;
  /** The answer as plain numbers in PyTorch's layout; for training, the losses of the first steps. */
  check(): ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Bytes that all calls so far have moved out of the library's heap, where it has such a thing. */
  spilledBytes?(): number;
}

/** The default export of a contestant's module. */
export interface Contestant {
  /** Peers ignore `threads`: in Node, none of them has more than one. */
  start(threads: number): Promise<void>;
  /** Throws where the library cannot do the task. */
  prepare(task: Task, inputs: Inputs): Job | Promise<Job>;
}

/** Who takes part in the rounds. */
export interface Runner {
  readonly name: string;
  /** URL of the module whose default export is the Contestant. */
  readonly module: string;
}

export interface Entrant extends Runner {
  /** The folder from which its package resolves. */
  readonly cwd: string;
  readonly packages: readonly string[];
  /** A program that imports the package and prints nothing but holds its first result. */
  readonly firstResult: string;
  /** What a page would import, and the files it fetches besides. */
  readonly pageEntry: string;
  readonly pageFiles: readonly string[];
  /** The file with its compiled kernels that a page downloads, if there is one. */
  readonly kernels?: string;
}
