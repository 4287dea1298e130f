// Threads: a call of more than one work unit becomes a job that workers and this thread share. Which of
// them does which units is left to chance; what comes out is not, since units are fixed by the shape
// and none of them minds who does the others, or when.
import { SimdgradError } from "../core/errors.js";
import { checkInt } from "../core/shape.js";
import { place, Storage, touch } from "../memory/eviction.js";
import { emptyBins, memory, newSharedMemory } from "../memory/heap.js";
import type { Packed } from "./bytes.js";
import { web } from "./host.js";
import { JOB_BYTES, takePart } from "./job.js";
import { compile, type Kernel, moveTo, SCRATCH_BYTES, useBuild } from "./loader.js";
import { runInParallel } from "./run.js";
import { startThread, type Thread } from "./thread.js";
import * as Word from "./word.js";

const MOST = 64;
/** How long a worker looks for the next job before it sleeps, in microseconds. */
const SPIN = 100;
/** Looks that this thread takes at the workers' progress before it sleeps, where it may. */
const LOOKS = 20_000;

/** Calls that take fewer milliseconds are not shared: telling the others would cost as much. */
let worth = 0.008;
/** A worker that comes so many milliseconds later than this thread, and than 20 times its own share, is lost. */
let lost = 30_000;

/**
 * Test mode: every call of more than one unit is shared, with `least` above 0 as usual, if its units then take
 * longer; a worker is lost after `late` milliseconds.
 */
export function forceThreads(late = 30_000, least = 0): void {
  worth = least;
  lost = late;
}

/** Whether this thread may sleep: a page's main thread may not. */
function maySleep(words: Int32Array): boolean {
  try {
    Atomics.wait(words, Word.waiting, 1, 0); // it is 0: there is nothing to wait for
    return true;
  } catch {
    return false;
  }
}

/** Memory of the heap that is never given back. */
const reserved = { bins: emptyBins(), storages: new Set<Storage>(), dissolved: false };

/** Scratch of workers that are no more, for those to come. */
const scratches: number[] = [];

/** Scratch for a worker. */
function newScratch(): number {
  const storage = new Storage(SCRATCH_BYTES, "setThreads");
  place(storage, SCRATCH_BYTES, reserved);
  return touch(storage);
}

/** This thread and its workers. */
class Crew {
  private readonly threads: Thread[] = [];
  private readonly scratch: number[] = [];
  /** The job's words, of this crew alone: the last one's workers may still look at theirs. */
  readonly words = new Int32Array(new SharedArrayBuffer(JOB_BYTES));
  private readonly sleeps = maySleep(this.words);
  /** Milliseconds that a unit took of late, by kernel and number of units; 0: not known. */
  private readonly costs = new Float64Array(1024);
  /** How a worker has ended that should not have. */
  failure: string | null = null;

  constructor(readonly size: number) {
    this.words[Word.threads] = size;
  }

  /** Starts the workers and waits until they are ready. */
  async start(module: WebAssembly.Module): Promise<void> {
    const { words } = this;
    for (let thread = 1; thread < this.size; thread++) {
      const scratch = scratches.pop() ?? newScratch();
      this.scratch.push(scratch);
      const start = { module, memory, scratch, words, thread, spin: SPIN };
      this.threads.push(startThread(start, (how) => (this.failure ??= how)));
    }
    await Promise.all(this.threads.map((thread) => thread.ready));
  }

  /** Ends the workers, none of which has a part of a job. */
  stop(): void {
    for (const thread of this.threads) thread.stop();
    scratches.push(...this.scratch);
  }

  readonly run = (kernel: Kernel<readonly number[]>, args: number, units: number): void => {
    if (this.failure) this.giveUp(this.failure); // before anything is written
    const key = (31 * kernel.index + units) & 1023;
    const known = this.costs[key]!;
    const begun = performance.now();
    let from = 0;
    if (known * units < worth) {
      // Small, or never seen: this thread goes ahead, and shares the rest if that took long.
      from = known > 0 ? units : Math.ceil(units / 8);
      kernel.entry(args, 0, from);
      const each = (performance.now() - begun) / from;
      this.costs[key] = Math.max(each, 0.9 * known);
      if (each * (units - from) < worth) {
        if (from < units) kernel.entry(args, from, units);
        return;
      }
    }
    this.share(kernel, args, from, units);
    const each = (performance.now() - begun) / units;
    this.costs[key] = Math.max(each, 0.9 * known);
  };

  /** Does units [from, units) together with the workers. */
  private share(
    kernel: Kernel<readonly number[]>,
    args: number,
    from: number,
    units: number,
  ): void {
    const { words } = this;
    const begun = performance.now();
    words[Word.kernel] = kernel.index;
    words[Word.args] = args;
    words[Word.units] = units;
    words[Word.next] = from;
    Atomics.store(words, Word.open, 1);
    Atomics.add(words, Word.job, 1);
    if (Atomics.load(words, Word.asleep) > 0) Atomics.notify(words, Word.job);
    try {
      takePart(words, kernel.entry);
    } finally {
      Atomics.store(words, Word.open, 0);
      this.awaitOthers(kernel.name, lost + 20 * (performance.now() - begun));
    }
    const failed = Atomics.exchange(words, Word.failed, 0);
    if (failed !== 0) {
      throw new SimdgradError("setThreads", `${kernel.name} failed in worker thread ${failed}`);
    }
  }

  /** @param patience how long it waits, in milliseconds; an interval in which all stood still is short */
  private awaitOthers(kernel: string, patience: number): void {
    const { words } = this;
    let last = performance.now();
    for (let looks = 1; ; looks++) {
      const active = Atomics.load(words, Word.active);
      if (active === 0) return;
      if (looks < LOOKS) continue;
      if (this.sleeps) {
        Atomics.store(words, Word.waiting, 1);
        Atomics.wait(words, Word.active, active, Math.min(100, lost));
        Atomics.store(words, Word.waiting, 0);
      } else if (looks % LOOKS > 0) continue;
      const now = performance.now();
      patience -= Math.min(now - last, 200);
      last = now;
      if (patience < 0) {
        this.scratch.length = 0; // it may come back before it is stopped
        this.giveUp(`a worker thread has not come back with its part of ${kernel}`);
      }
    }
  }

  /** Goes on without workers, after an error that says so. */
  private giveUp(why: string): never {
    dismiss();
    throw new SimdgradError("setThreads", `${why}; one thread goes on alone`);
  }
}

/** Who computes; null: this thread alone. */
let crew: Crew | null = null;
/** The kernels for a memory that threads share, once the heap lies in such a one. */
let shared: WebAssembly.Module | null = null;
/** Settles when the last `setThreads` has. */
let settled: Promise<unknown> = Promise.resolve();
let warned = false;
const NOT_ISOLATED =
  "[setThreads] this page may not share memory: one thread computes. It may with the headers " +
  "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";

function dismiss(): void {
  crew?.stop();
  crew = null;
  runInParallel(null);
}

async function assemble(size: number): Promise<number> {
  if (size === getThreads() && !crew?.failure) return size;
  dismiss();
  if (size === 1) return 1;
  if (web.crossOriginIsolated === false || typeof SharedArrayBuffer === "undefined") {
    // eslint-disable-next-line no-console -- nothing is wrong, but somebody may wonder
    if (!warned) console.warn(NOT_ISOLATED);
    warned = true;
    return 1;
  }
  if (shared === null) {
    const module = compile(true);
    moveTo(module, newSharedMemory());
    shared = module;
  }
  const next = new Crew(size);
  try {
    await next.start(shared);
  } catch (error) {
    next.stop();
    throw error;
  }
  crew = next;
  runInParallel(next.run);
  return size;
}

/**
 * Lets `n` threads compute: this one and n - 1 workers (worker_threads in Node, Web Workers in a page).
 * At any time, as often as you like; results are the same bits for every n. What already exists stays
 * valid, captured steps too. Workers keep no process alive.
 *
 * A page must be cross-origin isolated for that (the two headers that the warning names): otherwise it
 * is warned, and one thread goes on. Its content security policy must allow workers from `blob:`.
 *
 * @param n 1 (default at start) to 64; more than the machine has cores makes it slower
 * @returns how many threads compute from now on
 * @throws ValueError for another n; SimdgradError when a worker does not start, and, from the next op
 *   on which it is noticed, when one has died: then one thread goes on
 * @example
 * await setThreads(2);
 * console.log(getThreads()); // 2
 */
export async function setThreads(n: number): Promise<number> {
  checkInt("setThreads", "n", n, 1, MOST);
  const done = settled.then(() => assemble(n));
  settled = done.catch(() => undefined);
  return done;
}

/** Goes on with another build of the kernels, in as many threads as now; `changed` hears when it is in use. */
export async function changeBuild(next: Packed, changed: () => void): Promise<void> {
  const change = async (): Promise<void> => {
    const size = getThreads();
    const module = compile(shared !== null, next);
    dismiss();
    moveTo(module, memory);
    useBuild(next);
    if (shared !== null) shared = module;
    changed();
    await assemble(size);
  };
  const done = settled.then(change);
  settled = done.catch(() => undefined);
  return done;
}

/** @internal Who computes together; null: one thread alone. */
export function currentCrew(): Crew | null {
  return crew;
}

/** How many threads compute: 1, or what `setThreads` has reached. */
export function getThreads(): number {
  return crew?.size ?? 1;
}
