// A parallel job as the threads see it: words in the shared memory that say which kernel to run, and how
// its work units are handed out. Both sides of it, threads.ts and worker.ts, work by these rules:
//
//  - Who wants to take part counts itself in ACTIVE first and looks at OPEN only then. The job of an
//    open one stays as it is until ACTIVE is 0 again: so nobody who comes late meets half of the next.
//  - NEXT is the first unit that nobody has taken yet. Whoever takes some does them, so a thread that
//    never comes is not waited for.

/** Words of a job, each of those that change at a cache line of its own. */
export const Word = {
  /** Counts jobs: who waits for one waits for it to change. */
  job: 0,
  /** Threads that wait in Atomics.wait, to be woken. */
  asleep: 16,
  open: 32,
  active: 48,
  /** Whether the thread that gave the job waits in Atomics.wait for `active` to become 0. */
  waiting: 64,
  next: 80,
  /** The number of a thread in which a kernel failed; 0 for none. */
  failed: 96,
  // What the job is: written while it is closed.
  kernel: 112,
  args: 113,
  units: 114,
  threads: 115,
} as const;

/** Bytes that the words take. */
export const JOB_BYTES = 512;

/** Does units of the job until none is left: many at once at first, so that threads end together. */
export function takePart(
  words: Int32Array,
  entry: (args: number, start: number, end: number) => void,
): void {
  const args = words[Word.args]!;
  const units = words[Word.units]!;
  const share = 2 * words[Word.threads]!;
  for (;;) {
    const start = Atomics.load(words, Word.next);
    if (start >= units) return;
    const end = start + Math.max(1, Math.floor((units - start) / share));
    if (Atomics.compareExchange(words, Word.next, start, end) === start) entry(args, start, end);
  }
}
