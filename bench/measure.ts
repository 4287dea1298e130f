/**
 * Times one job with tinybench. Calls far shorter than the clock's grain are timed in batches.
 */
import { Bench } from "tinybench";
import type { Job } from "./contestant.js";

/** A sample shorter than this would measure the clock. */
const SAMPLE_MS = 0.05;

export interface Budget {
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** Milliseconds that `calls` runs take; a promise is waited for, a plain result is not. */
async function timeCalls(job: Job, calls: number): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) {
    const pending = job.run();
    if (pending instanceof Promise) await pending;
  }
  return performance.now() - begin;
}

/** Runs until V8 has tiered up; what a call took at the end (the first ones are far slower). */
async function warmUp(job: Job, warmupMs: number): Promise<number> {
  const end = performance.now() + warmupMs;
  for (let calls = 1; ; calls *= 2) {
    const ms = await timeCalls(job, calls);
    if (performance.now() >= end) return ms / calls;
  }
}

/** Median time of a call in milliseconds. The job must have run before (its check). */
export async function medianMs(job: Job, budget: Budget): Promise<number> {
  let ms = await warmUp(job, budget.warmupMs);
  if (ms > budget.measureMs) {
    // Either the job takes that long, and its second call is the sample, or the first one compiled
    // something: a cold call must never count, nor decide how many calls make a sample.
    ms = await timeCalls(job, 1);
    if (ms > budget.measureMs) return ms;
    ms = await warmUp(job, budget.warmupMs);
  }
  const calls = Math.max(1, Math.ceil(SAMPLE_MS / ms));
  const bench = new Bench({ time: budget.measureMs, iterations: 3, warmup: false, throws: true });
  bench.add("job", async () => {
    const spent = await timeCalls(job, calls);
    return { overriddenDuration: spent / calls, overriddenIterationCost: spent };
  });
  const [task] = await bench.run();
  const result = task?.result;
  if (result?.state !== "completed") throw new Error(`the benchmark ended as ${result?.state}`);
  return result.latency.p50;
}
