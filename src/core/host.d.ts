// What simdgrad needs of its host besides the language, so that neither the library nor those who
// compile against it need TypeScript's DOM library.
declare const performance: { now(): number };
declare const console: { log(text: string): void; warn(text: string): void };
/** Whether a page may share memory with workers; undefined outside of browsers. */
declare var crossOriginIsolated: boolean | undefined;

/** A worker of a browser, Deno or Bun. */
declare class Worker {
  constructor(url: string);
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string }) => void) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}
declare class Blob {
  constructor(parts: string[], options: { type: string });
}
declare const URL: { createObjectURL(blob: Blob): string; revokeObjectURL(url: string): void };

/** Node, from 20.16 on. */
declare var process: { getBuiltinModule?(name: "node:worker_threads"): NodeThreads } | undefined;
interface NodeThreads {
  readonly Worker: new (
    source: string,
    options: { eval: true; name: string; execArgv: readonly string[] },
  ) => NodeWorker;
  /** In a worker: what leads to whoever started it. */
  readonly parentPort: {
    once(event: "message", listener: (data: unknown) => void): void;
    postMessage(message: unknown): void;
  } | null;
}
interface NodeWorker {
  on(event: "message" | "error" | "exit", listener: (detail: unknown) => void): void;
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref(): void;
}
