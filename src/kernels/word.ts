// Words of a job (see job.ts), each of those that change at a cache line of its own. Constants one by one:
// the names of an object's fields would be downloaded, twice.

/** Counts jobs: who waits for one waits for it to change. */
export const job = 0;
/** Threads that wait in Atomics.wait, to be woken. */
export const asleep = 16;
export const open = 32;
export const active = 48;
/** Whether the thread that gave the job waits in Atomics.wait for `active` to become 0. */
export const waiting = 64;
export const next = 80;
/** The number of a thread in which a kernel failed; 0 for none. */
export const failed = 96;
// What the job is: written while it is closed.
export const kernel = 112;
export const args = 113;
export const units = 114;
export const threads = 115;
