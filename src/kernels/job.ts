// A parallel job as the threads see it: words in the shared memory that say which kernel to run, and how
// its work units are handed out. Both sides of it, threads.ts and worker.ts, work by these rules:
//
//  - Who wants to take part counts itself in ACTIVE first and looks at OPEN only then. The job of an
//    open one stays as it is until ACTIVE is 0 again: so nobody who comes late meets half of the next.
//  - NEXT is the first unit that nobody has taken yet. Whoever takes some does them, so a thread that
//    never comes is not waited for.

import * as Word from "./word.js";

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
