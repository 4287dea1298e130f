// Threads: a call of more than one work unit becomes a job that workers and this thread share. Which of
// them does which units is left to chance; what comes out is not, since units are fixed by the shape
// and none of them minds who does the others, or when.
import { OutOfMemoryError, SimdgradError, ValueError } from "../core/errors.js";
import { growHeap, heapI32, memory, newSharedMemory, takeBlock } from "../memory/heap.js";
import type { Packed } from "./bytes.js";
import { web } from "./host.js";
import { JOB_BYTES, takePart, Word } from "./job.js";
import { compile, type Kernel, kernels, moveTo, SCRATCH_BYTES, useBuild } from "./loader.js";
import { runInParallel } from "./run.js";
import { startThread, type Thread } from "./thread.js";

const MOST = 64;
/** How long a worker looks for the next job before it sleeps, in microseconds. */
const SPIN = 100;
/** Looks that this thread takes at the workers' progress before it sleeps, where it may. */
const LOOKS = 20_000;

/** Milliseconds. */
const limits = {
  /** Calls that take less than this are not shared: telling the others would cost as much. */
  worth: 0.008,
  /** A worker that comes so much later than this thread, and than 20 times its own share, is lost. */
  lost: 30_000,
};

/** Test mode: every call of more than one unit is shared; a worker is lost after `lost` milliseconds. */
export function forceThreads(lost = limits.lost): void {
  limits.worth = 0;
  limits.lost = lost;
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
function reserve(bytes: number): number {
  const block = takeBlock(bytes) ?? (growHeap(bytes, Infinity) ? takeBlock(bytes) : null);
  if (block === null) throw new OutOfMemoryError("setThreads", `no ${bytes} bytes are left for it`);
  return block.ptr;
}

/** Scratch of workers that are no more, for those to come. */
const scratches: number[] = [];

/** This thread and its workers. */
class Crew {
  private readonly threads: Thread[] = [];
  private readonly scratch: number[] = [];
  /** The job's words. */
  readonly words: Int32Array;
  private readonly sleeps: boolean;
  private readonly order: readonly Kernel<readonly number[]>[] = Object.values(kernels);
  private readonly places = new Map(this.order.map((kernel, i) => [kernel, i]));
  /** Milliseconds that a unit took of late, by kernel and number of units; 0: not known. */
  private readonly costs = new Float64Array(1024);
  /** How a worker has ended that should not have. */
  private failure: string | null = null;

  /** @param job address of the job's words: never used by another crew, whose workers may still look at them */
  constructor(
    readonly size: number,
    private readonly job: number,
  ) {
    this.words = heapI32.subarray(job >>> 2, (job + JOB_BYTES) >>> 2).fill(0);
    this.words[Word.threads] = size;
    this.sleeps = maySleep(this.words);
  }

  /** Starts the workers and waits until they are ready. */
  async start(module: WebAssembly.Module): Promise<void> {
    const { job } = this;
    const names = this.order.map((kernel) => kernel.name);
    for (let thread = 1; thread < this.size; thread++) {
      const scratch = scratches.pop() ?? reserve(SCRATCH_BYTES);
      this.scratch.push(scratch);
      const start = { module, memory, names, scratch, job, thread, spin: SPIN };
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
    const place = this.places.get(kernel)!;
    const key = (31 * place + units) & 1023;
    const known = this.costs[key]!;
    const begun = performance.now();
    let from = 0;
    if (known * units < limits.worth) {
      // Small, or never seen: this thread goes ahead, and shares the rest if that took long.
      from = known > 0 ? units : Math.ceil(units / 8);
      kernel.entry(args, 0, from);
      const each = (performance.now() - begun) / from;
      this.costs[key] = Math.max(each, 0.9 * known);
      if (each * (units - from) < limits.worth) {
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
    if (this.failure !== null) this.giveUp(this.failure);
    const begun = performance.now();
    words[Word.kernel] = this.places.get(kernel)!;
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
      const own = performance.now() - begun;
      this.awaitOthers(kernel.name, begun + limits.lost + 20 * own);
    }
    const failed = Atomics.exchange(words, Word.failed, 0);
    if (failed !== 0) {
      throw new SimdgradError("setThreads", `${kernel.name} failed in worker thread ${failed}`);
    }
  }

  private awaitOthers(kernel: string, deadline: number): void {
    const { words } = this;
    for (let looks = 1; ; looks++) {
      const active = Atomics.load(words, Word.active);
      if (active === 0) return;
      if (looks < LOOKS) continue;
      if (this.sleeps) {
        Atomics.store(words, Word.waiting, 1);
        Atomics.wait(words, Word.active, active, Math.min(100, limits.lost));
        Atomics.store(words, Word.waiting, 0);
      }
      if ((this.sleeps || looks % LOOKS === 0) && performance.now() > deadline) {
        this.scratch.length = 0; // it may come back before it is stopped
        this.giveUp(
          `a worker thread has not come back with its part of ${kernel}: it has died or was halted`,
        );
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

function dismiss(): void {
  crew?.stop();
  crew = null;
  runInParallel(null);
}

function warn(): void {
  if (warned) return;
  warned = true;
  // eslint-disable-next-line no-console -- nothing is wrong, but somebody may wonder
  console.warn(
    "[setThreads] this page may not share memory with workers, so one thread computes. A page is " +
      "isolated by the headers Cross-Origin-Opener-Policy: same-origin and " +
      "Cross-Origin-Embedder-Policy: require-corp",
  );
}

async function assemble(size: number): Promise<number> {
  if (size === getThreads()) return size;
  dismiss();
  if (size === 1) return 1;
  if (web.crossOriginIsolated === false || typeof SharedArrayBuffer === "undefined") {
    warn();
    return 1;
  }
  if (shared === null) {
    const module = compile(true);
    moveTo(module, newSharedMemory());
    shared = module;
  }
  const next = new Crew(size, reserve(JOB_BYTES));
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
 * A page must be cross-origin isolated for that (the two headers that the warning names), and its
 * content security policy must allow workers from `blob:`; otherwise one thread goes on.
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
  if (!Number.isInteger(n) || n < 1 || n > MOST) {
    throw new ValueError("setThreads", `a whole number of threads from 1 to ${MOST}: got ${n}`);
  }
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
