// How threads begin and end: what they find, what becomes of a process, and what happens to those who
// ask for the impossible or lose a worker.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  capture,
  dropout,
  getThreads,
  manualSeed,
  memory,
  nn,
  ones,
  optim,
  randn,
  setHeapLimit,
  setThreads,
  SimdgradError,
  type Tensor,
  ValueError,
} from "../../src/index.js";
import { nodeThreads } from "../../src/kernels/host.js";
import * as Word from "../../src/kernels/word.js";
import { startThread } from "../../src/kernels/thread.js";
import { changeBuild, currentCrew, forceThreads } from "../../src/kernels/threads.js";
import { packed } from "../../src/kernels/wasm.generated.js";

forceThreads();
afterEach(() => setThreads(1));

/** Has more than one work unit. */
const shared = (): number => ones([300, 300]).add(1).sum(1).sum().item();

describe("setThreads", () => {
  it("says how many there are, in the order in which it was called", async () => {
    expect(getThreads()).toBe(1);
    const all = [setThreads(3), setThreads(1), setThreads(2)];
    expect(await Promise.all(all)).toEqual([3, 1, 2]);
    expect(getThreads()).toBe(2);
  });

  it.each([0, -1, 1.5, NaN, 65])("refuses %d threads", async (n) => {
    await expect(setThreads(n)).rejects.toThrow(ValueError);
    await expect(setThreads(n)).rejects.toThrow(
      `[setThreads] n must be an integer in [1, 64]: got ${n}`,
    );
    expect(getThreads()).toBe(1);
  });

  it("leaves tensors, gradients and captured steps as they are", async () => {
    const model = new nn.Linear(200, 150);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
    const step = (x: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = model.forward(x).square().mean();
      loss.backward();
      optimizer.step();
      return loss;
    };
    const captured = capture(step);
    const [x, kept] = [randn([64, 200]), randn([1000])];
    const values = kept.toArray();
    const losses = [captured(x), captured(x), captured(x)];
    await setThreads(2);
    losses.push(captured(x), captured(x));
    await setThreads(1);
    losses.push(captured(x), step(x));
    const found = losses.map((loss) => loss.item());
    expect(found).toEqual([...found].sort((a, b) => b - a)); // each step lowers the loss
    expect(new Set(found).size).toBe(7);
    expect(kept.toArray()).toEqual(values);
  });

  it("lets the heap grow", async () => {
    await setThreads(2);
    const before = memory().heapBytes;
    const x = ones([before / 4]);
    const y = x.add(1);
    expect(memory().heapBytes).toBeGreaterThan(before);
    expect(y.sum().item()).toBe(before / 2);
    [x, y].forEach((t) => t.dispose());
  });

  it("finds room in a full heap, and leaves no more of it taken each time", async () => {
    setHeapLimit(0); // the heap as it is
    const { heapBytes } = memory();
    const fill = (): void => {
      for (let i = 0; i < 2 * heapBytes; i += 1 << 20) ones([1 << 18]);
    };
    try {
      fill();
      await setThreads(2);
      const { residentBytes } = memory();
      for (let i = 0; i < 4; i++) {
        await setThreads(1);
        await setThreads(2);
        fill();
      }
      expect(memory().heapBytes).toBe(heapBytes);
      expect(memory().residentBytes).toBeLessThanOrEqual(residentBytes);
      expect(shared()).toBe(180_000);
    } finally {
      setHeapLimit(2 ** 32);
    }
  });

  it("keeps no process alive, nor lets one end too early", () => {
    const program = `
      import { setThreads, ones } from "./src/index.ts";
      console.log(await setThreads(2), ones([400, 400]).exp().sum(0).shape);`;
    const child = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", program],
      { cwd: fileURLToPath(new URL("../..", import.meta.url)), encoding: "utf8", timeout: 60_000 },
    );
    expect(child).toMatchObject({ status: 0, stdout: "2 [ 400 ]\n", stderr: "" });
  });
});

describe("a worker that dies", () => {
  const { Worker } = nodeThreads()! as unknown as { Worker: { prototype: { unref(): void } } };

  /** Starts two threads and hands out the worker. */
  async function worker(): Promise<{ terminate(): Promise<number> }> {
    const unref = vi.spyOn(Worker.prototype, "unref");
    await setThreads(2);
    const [found] = unref.mock.contexts;
    unref.mockRestore();
    return found as { terminate(): Promise<number> };
  }

  it("between two calls is noticed at the next, and one thread goes on", async () => {
    const victim = await worker();
    await victim.terminate();
    expect(shared).toThrow(SimdgradError);
    expect(getThreads()).toBe(1);
    expect(shared()).toBe(180_000);
    await setThreads(2);
    expect(shared()).toBe(180_000);
  });

  it("is replaced by the next that setThreads starts, if nothing has noticed yet", async () => {
    const victim = await worker();
    await victim.terminate();
    expect(await setThreads(2)).toBe(2);
    expect(shared()).toBe(180_000);
  });

  it("leaves an optimiser as it was, in a captured step that it was to help with", async () => {
    const losses = [];
    for (const dies of [false, true]) {
      await setThreads(1);
      manualSeed(5);
      const [x, model] = [randn([200, 300]), new nn.Linear(300, 50)];
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
      const step = capture(() => {
        optimizer.zeroGrad();
        const loss = dropout(model.forward(x)).square().mean();
        loss.backward();
        optimizer.step();
        return loss;
      });
      const victim = await worker();
      for (let i = 0; i < 3; i++) step();
      if (dies) {
        await victim.terminate();
        expect(step).toThrow(SimdgradError);
      }
      losses.push([step(), step(), step()].map((loss) => loss.item()));
    }
    expect(losses[1]).toEqual(losses[0]);
  });

  it("is noticed before anything of a call is computed, one never seen before, too", async () => {
    forceThreads(30_000, 1e-9);
    try {
      const victim = await worker();
      const weight = new nn.Parameter(ones([300_000]));
      const optimizer = new optim.SGD([weight], { lr: 0.5 });
      weight.grad = ones([300_000]);
      await victim.terminate();
      expect(() => optimizer.step()).toThrow(SimdgradError);
      optimizer.step();
      expect([weight.amin().item(), weight.amax().item()]).toEqual([0.5, 0.5]);
    } finally {
      forceThreads();
    }
  });

  it("in the middle of a call is not waited for in vain", async () => {
    forceThreads(50);
    try {
      await setThreads(2);
      const { words } = currentCrew()!;
      Atomics.add(words, Word.active, 1); // as it would leave it
      expect(shared).toThrow(
        /^\[setThreads\] a worker thread has not come back with its part of \w+/,
      );
      expect(getThreads()).toBe(1);
      expect(shared()).toBe(180_000);
    } finally {
      forceThreads();
    }
  });

  it("before it is ready is told to who waits for it", async () => {
    const post = vi.spyOn(
      Worker.prototype as unknown as { postMessage(m: object): void },
      "postMessage",
    );
    post.mockImplementation(function (this: { terminate(): void }) {
      this.terminate();
    });
    try {
      await expect(setThreads(2)).rejects.toThrow(
        "[setThreads] a worker thread has ended: exit code 0",
      );
    } finally {
      post.mockRestore();
    }
    expect(getThreads()).toBe(1);
    expect(shared()).toBe(180_000);
  });

  it("of a trap in a kernel is named", async () => {
    await setThreads(2);
    Atomics.store(currentCrew()!.words, Word.failed, 1); // as it would leave it
    expect(shared).toThrow(/^\[setThreads\] \w+ failed in worker thread 1$/);
    expect(shared()).toBe(180_000);
  });
});

it("a host that refuses a worker is heard", async () => {
  const refuse = function (): never {
    throw new Error("not allowed");
  };
  vi.stubGlobal("process", undefined);
  vi.stubGlobal("Worker", refuse);
  try {
    await expect(setThreads(2)).rejects.toThrow(
      new SimdgradError("setThreads", "no worker thread: Error: not allowed"),
    );
  } finally {
    vi.unstubAllGlobals();
  }
  expect(getThreads()).toBe(1);
});

describe("another build", () => {
  it("that does not compile leaves all as it was", async () => {
    await setThreads(2);
    const compile = vi.spyOn(WebAssembly, "Module").mockImplementationOnce(() => {
      throw new RangeError("no more");
    });
    try {
      await expect(changeBuild(packed, expect.unreachable)).rejects.toThrow("no more");
    } finally {
      compile.mockRestore();
    }
    expect(getThreads()).toBe(2);
    expect(shared()).toBe(180_000);
  });
});

describe("a page's worker", () => {
  const start = {} as Parameters<typeof startThread>[0];
  interface Fake {
    onmessage(): void;
    onerror(event: object): void;
    url: string;
  }

  it.each<[string, (worker: Fake, thread: ReturnType<typeof startThread>) => void]>([
    ["starts", (worker) => worker.onmessage()],
    ["fails", (worker) => worker.onerror({})],
    ["is stopped", (_, thread) => thread.stop()],
  ])("gives its address back when it %s", (_, happens) => {
    const made: Fake[] = [];
    const Worker = function (this: Fake & Record<string, unknown>, url: string) {
      this.url = url;
      this["postMessage"] = this["terminate"] = () => undefined;
      made.push(this);
    };
    const revoke = vi.spyOn(URL, "revokeObjectURL");
    vi.stubGlobal("Worker", Worker);
    vi.stubGlobal("process", undefined);
    try {
      const thread = startThread(start, () => undefined);
      thread.ready.catch(() => undefined);
      happens(made[0]!, thread);
      expect(revoke.mock.calls).toEqual([[made[0]!.url]]);
    } finally {
      vi.unstubAllGlobals();
      revoke.mockRestore();
    }
  });
});

describe("a page that is not isolated", () => {
  it("gets one warning and one thread", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.stubGlobal("crossOriginIsolated", false);
    try {
      expect(await setThreads(2)).toBe(1);
      expect(await setThreads(3)).toBe(1);
      expect(getThreads()).toBe(1);
      expect(warn.mock.calls.length).toBe(1);
      expect(warn.mock.calls[0]![0]).toMatch(/^\[setThreads\] this page may not share memory/);
    } finally {
      vi.unstubAllGlobals();
      warn.mockRestore();
    }
  });
});
