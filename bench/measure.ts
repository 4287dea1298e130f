/**
 * Times one job with tinybench. Calls far shorter than the clock's grain are timed in batches.
 */
import { Bench } from "tinybench";
import type { Job } from "./contestant.js";

/** A sample shorter than this would measure the clock. */
const SAMPLE_MS = 0.05;

/** What a call compiles at first is nothing beside this: the check was its warm-up. */
const SECONDS = 2000;

const PATIENCE = 5;

export interface Budget {
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface Timing {
  /** Median time of a call. */
  readonly ms: number;
  /** Bytes spilled by a call, on average over all of them, where the job counts them. */
  readonly spilled?: number;
}

/** Runs a job, and counts how often it did. */
class Stopwatch {
  calls = 0;

  constructor(readonly job: Job) {}

  /** Milliseconds that `calls` runs take; a promise is waited for, a plain result is not. */
  async time(calls: number): Promise<number> {
    const { job } = this;
    this.calls += calls;
    const begin = performance.now();
    for (let i = 0; i < calls; i++) {
      const pending = job.run();
      if (pending instanceof Promise) await pending;
    }
    return performance.now() - begin;
  }

  /**
   * Runs until V8 has tiered up; what a call took at the end (the first ones are far slower). The
   * time is the processor's, as beside other work the clock's says little; but it is no longer than
   * PATIENCE times as much of the clock's, since a job may wait.
   */
  async warmUp(warmupMs: number): Promise<number> {
    const [begin, cpu] = [performance.now(), process.cpuUsage()];
    for (let calls = 1; ; calls *= 2) {
      const ms = await this.time(calls);
      const passed = performance.now() - begin;
      const { user, system } = process.cpuUsage(cpu);
      const worked = Math.min(passed, (user + system) / 1e3);
      if (Math.max(worked, passed / PATIENCE) >= warmupMs) return ms / calls;
    }
  }
}

async function medianMs(watch: Stopwatch, budget: Budget): Promise<number> {
  let ms = await watch.warmUp(budget.warmupMs);
  if (ms > SECONDS) return ms;
  if (ms > budget.measureMs) {
    // Either the job takes that long, and its second call is the sample, or the first one compiled
    // something: a cold call must never count, nor decide how many calls make a sample.
    ms = await watch.time(1);
    if (ms > budget.measureMs) return ms;
    ms = await watch.warmUp(budget.warmupMs);
  }
  const calls = Math.max(1, Math.ceil(SAMPLE_MS / ms));
  const bench = new Bench({ time: budget.measureMs, iterations: 3, warmup: false, throws: true });
  bench.add("job", async () => {
    const spent = await watch.time(calls);
    return { overriddenDuration: spent / calls, overriddenIterationCost: spent };
  });
  const [task] = await bench.run();
  const result = task?.result;
  if (result?.state !== "completed") throw new Error(`the benchmark ended as ${result?.state}`);
  return result.latency.p50;
}

/** Times a job, which must have run before (its check). */
export async function measure(job: Job, budget: Budget): Promise<Timing> {
  const watch = new Stopwatch(job);
  const before = job.spilledBytes?.() ?? 0;
  const ms = await medianMs(watch, budget);
  if (!job.spilledBytes) return { ms };
  return { ms, spilled: (job.spilledBytes() - before) / watch.calls };
}
