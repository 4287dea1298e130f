/**
 * The process in which one contestant does one task: it is asked over IPC to check its answer or to
 * time itself, and waits idle in between while the other contestants have the core.
 * Arguments: the URL of the contestant's module, the id of the entry.
 */
import { CannotError, type Contestant, type Job } from "./contestant.js";
import { entries } from "./entries.js";
import { inputsOf } from "./inputs.js";
import { type Budget, type Timing, measure } from "./measure.js";

export type Request = { ask: "check" } | { ask: "measure"; budget: Budget };
export type Reply = { answer: Float64Array } | Timing | { error: string; cannot: boolean };

async function prepare(moduleUrl: string, id: string): Promise<Job> {
  const entry = entries.find((e) => e.id === id);
  if (!entry) throw new Error(`no entry is called ${id}`);
  const loaded = (await import(moduleUrl)) as { default: Contestant };
  await loaded.default.start(entry.threads ?? 1);
  const inputs = inputsOf(entry.task);
  return asked(() => loaded.default.prepare(entry.task, inputs));
}

/** What a library is asked to do for the first time: its refusal means that it cannot. */
async function asked<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CannotError(String(error));
  }
}

const [moduleUrl = "", id = ""] = process.argv.slice(2);
let job: Job | undefined;

async function reply(request: Request): Promise<Reply> {
  const ready = (job ??= await prepare(moduleUrl, id));
  if (request.ask === "check") {
    return { answer: Float64Array.from(await asked(() => ready.check())) };
  }
  return measure(ready, request.budget);
}

process.on("message", (request: Request) => {
  void reply(request)
    .catch((error: unknown): Reply => {
      const cannot = error instanceof CannotError;
      return { error: cannot ? error.message : String(error), cannot };
    })
    .then((message) => process.send?.(message));
});
process.on("disconnect", () => process.exit(0));
