// Worker threads of whichever host there is, Node or a browser, made from a text.
import { SimdgradError } from "../core/errors.js";
import { nodeThreads, web } from "./host.js";
import type { Start } from "./worker.js";
import { workerSource } from "./worker.generated.js";

/** A worker that runs `worker.ts`. */
export interface Thread {
  /** Settles when it is ready to take part, or cannot be. */
  readonly ready: Promise<void>;
  stop(): void;
}

/** Told how a worker has ended. */
type Died = (how: string) => void;

function failure(how: string): SimdgradError {
  return new SimdgradError("setThreads", how);
}

/** The error for the end of one, of which `died` hears, too. */
function ended(detail: unknown, died: Died): SimdgradError {
  const how = `a worker thread has ended: ${String(detail)}`;
  died(how);
  return failure(how);
}

/** Starts one. `died` hears of its end, unless that was `stop`. */
export function startThread(start: Start, died: Died): Thread {
  try {
    return nodeThreads() ? nodeThread(start, died) : webThread(start, died);
  } catch (cause) {
    throw failure(`no worker thread: ${String(cause)}`);
  }
}

function nodeThread(start: Start, died: Died): Thread {
  const options = { eval: true, name: "simdgrad", execArgv: [] } as const;
  const worker = new (nodeThreads()!.Worker)(workerSource, options);
  let stopped = false;
  const ready = new Promise<void>((resolve, reject) => {
    const end = (detail: unknown): void => {
      if (stopped) return;
      stopped = true;
      reject(ended(detail, died));
    };
    worker.on("message", () => {
      worker.unref(); // from here on it keeps no process alive
      resolve();
    });
    worker.on("error", end);
    worker.on("exit", (code) => end(`exit code ${String(code)}`));
  });
  worker.postMessage(start);
  const stop = (): void => {
    stopped = true;
    worker.terminate();
  };
  return { ready, stop };
}

function webThread(start: Start, died: Died): Thread {
  const url = web.URL.createObjectURL(new web.Blob([workerSource], { type: "text/javascript" }));
  const release = (): void => web.URL.revokeObjectURL(url);
  const worker = new web.Worker(url);
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => {
      release();
      resolve();
    };
    worker.onerror = ({ message }) => {
      release();
      const why = message ?? "the page's policy may forbid workers from blob: addresses";
      reject(ended(why, died));
    };
  });
  worker.postMessage(start);
  const stop = (): void => {
    release();
    worker.terminate();
  };
  return { ready, stop };
}
