// Worker threads of whichever host there is, Node or a browser, made from a text.
import { SimdgradError } from "../core/errors.js";
import type { Start } from "./worker.js";
import { workerSource } from "./worker.generated.js";

/** A worker that runs `worker.ts`. */
export interface Thread {
  /** Settles when it is ready to take part, or cannot be. */
  readonly ready: Promise<void>;
  stop(): void;
}

function failure(detail: unknown): SimdgradError {
  return new SimdgradError("setThreads", `a worker thread has ended: ${String(detail)}`);
}

/** Starts one. `died` hears of its end, unless that was `stop`. */
export function startThread(start: Start, died: (error: SimdgradError) => void): Thread {
  const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
  return node ? nodeThread(node, start, died) : webThread(start, died);
}

function nodeThread(node: NodeThreads, start: Start, died: (error: SimdgradError) => void): Thread {
  const options = { eval: true, name: "simdgrad", execArgv: [] } as const;
  const worker = new node.Worker(workerSource, options);
  let stopped = false;
  const ready = new Promise<void>((resolve, reject) => {
    const end = (detail: unknown): void => {
      if (stopped) return;
      stopped = true;
      reject(failure(detail));
      died(failure(detail));
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

function webThread(start: Start, died: (error: SimdgradError) => void): Thread {
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  const worker = new Worker(url);
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      resolve();
    };
    worker.onerror = ({ message }) => {
      const error = failure(message ?? "the page's policy may forbid workers from blob: addresses");
      reject(error);
      died(error);
    };
  });
  worker.postMessage(start);
  return { ready, stop: () => worker.terminate() };
}
