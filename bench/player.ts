/** One contestant at one entry: a process (worker.ts), asked over IPC. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { CannotError, type Runner } from "./contestant.js";
import type { Budget, Timing } from "./measure.js";
import type { Entry } from "./tasks.js";
import type { Reply, Request } from "./worker.js";

const workerPath = fileURLToPath(new URL("./worker.ts", import.meta.url));
/** A call that answers nothing for so long counts as failed. */
const TIMEOUT_MS = 300_000;

/** Every failure, crashes included, is a rejection; a CannotError only where the library says so. */
export class Player {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #stderr = "";

  constructor(runner: Runner, entry: Entry) {
    this.#child = fork(workerPath, [runner.module, entry.id], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#ended = new Promise((resolve) => this.#child.once("exit", () => resolve()));
  }

  #ask(request: Request): Promise<Exclude<Reply, { error: string; cannot: boolean }>> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit);
        finish();
      };
      const onMessage = (reply: Reply): void =>
        settle(() => {
          if (!("error" in reply)) resolve(reply);
          else reject(reply.cannot ? new CannotError(reply.error) : new Error(reply.error));
        });
      const onExit = (code: number | null): void =>
        settle(() => reject(new Error(`ended with ${code}: ${this.#stderr.trim().slice(-300)}`)));
      const timer = setTimeout(
        () => settle(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`))),
        TIMEOUT_MS,
      );
      child.on("message", onMessage).on("exit", onExit);
      if (child.exitCode !== null || !child.connected) onExit(child.exitCode);
      else child.send(request);
    });
  }

  async check(): Promise<Float64Array> {
    const reply = await this.#ask({ ask: "check" });
    if (!("answer" in reply)) throw new Error("expected an answer");
    return reply.answer;
  }

  async measure(budget: Budget): Promise<Timing> {
    const reply = await this.#ask({ ask: "measure", budget });
    if (!("ms" in reply)) throw new Error("expected a time");
    return reply;
  }

  /** Ends the process; what it took of the processor counts as ours once it is gone. */
  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
