// What hosts have that can run threads, each in its own way: Node's worker_threads, a page's workers.

/** Node's module of that name. */
interface NodeThreads {
  readonly Worker: new (
    source: string,
    options: { eval: true; name: string; execArgv: readonly string[] },
  ) => NodeWorker;
  /** In a worker: what leads to the thread that started it. */
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

/** What a page has (and Deno, and Bun). */
interface Web {
  readonly Worker: new (url: string) => WebWorker;
  readonly Blob: new (parts: string[], options: { type: string }) => object;
  readonly URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
  /** In a worker: the message from whoever started it, and an answer. */
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  /** Whether memory may be shared with workers; undefined outside of pages. */
  readonly crossOriginIsolated?: boolean;
}

interface WebWorker {
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string }) => void) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}

/** Node's threads, from Node 20.16 on; undefined elsewhere. */
export function nodeThreads(): NodeThreads | undefined {
  const process = Reflect.get(globalThis, "process") as
    { getBuiltinModule?(name: "node:worker_threads"): NodeThreads } | undefined;
  return process?.getBuiltinModule?.("node:worker_threads");
}

/** The global scope of a page or of its worker. */
export const web = globalThis as object as Web;
