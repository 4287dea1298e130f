// What a worker thread runs: an instance of the kernels of its own in the shared memory, and a loop that
// takes part in jobs. The build makes one text of it (worker.generated.ts), since the library has no
// files of its own to load: it imports what it needs of its host and of a job, and nothing else.
import { nodeThreads, web } from "./host.js";
import { takePart } from "./job.js";
import * as Word from "./word.js";

/** The first and only message to a worker. */
export interface Start {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
  /** The job's words. */
  readonly words: Int32Array;
  /** Its number, from 1 on. */
  readonly thread: number;
  /** Microseconds that it looks for the next job before it sleeps. */
  readonly spin: number;
}

type Entry = (args: number, start: number, end: number) => void;

/** Waits until there is another job than the last one, `seen`, and returns its number. */
function nextJob(words: Int32Array, seen: number, spin: number): number {
  const until = performance.now() + spin / 1000;
  for (let i = 1; ; i++) {
    const job = Atomics.load(words, Word.job);
    if (job !== seen) return job;
    if (i % 64 === 0 && performance.now() > until) break;
  }
  Atomics.add(words, Word.asleep, 1);
  Atomics.wait(words, Word.job, seen);
  Atomics.sub(words, Word.asleep, 1);
  return Atomics.load(words, Word.job);
}

/** Takes part in the present job, if it is still open. */
function help(words: Int32Array, entries: readonly Entry[], thread: number): void {
  Atomics.add(words, Word.active, 1);
  if (Atomics.load(words, Word.open) === 1) {
    try {
      takePart(words, entries[words[Word.kernel]!]!);
    } catch {
      Atomics.store(words, Word.failed, thread);
    }
  }
  Atomics.sub(words, Word.active, 1);
  if (Atomics.load(words, Word.waiting) === 1) Atomics.notify(words, Word.active);
}

function serve(start: Start, ready: () => void): void {
  const { module, memory, scratch, words, thread, spin } = start;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports["setScratch"] as (ptr: number) => void)(scratch);
  const table = exports["table"] as WebAssembly.Table;
  const entries = Array.from({ length: table.length }, (_, i) => table.get(i) as Entry);
  let seen = Atomics.load(words, Word.job);
  ready();
  for (;;) {
    seen = nextJob(words, seen, spin);
    help(words, entries, thread);
  }
}

const port = nodeThreads()?.parentPort;
if (port) port.once("message", (start) => serve(start as Start, () => port.postMessage("ready")));
else web.onmessage = ({ data }) => serve(data as Start, () => web.postMessage("ready"));
