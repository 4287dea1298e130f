// simdgrad/fast: the same results but for rounding, where the engine has relaxed SIMD, and the default's
// bits again afterwards.
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  capture,
  conv2d,
  getThreads,
  manualSeed,
  nn,
  randn,
  setThreads,
  type Tensor,
  ValueError,
} from "../../src/index.js";
import { getPrecision, type Precision, setPrecision } from "../../src/fast/index.js";
import { nodeThreads } from "../../src/kernels/host.js";
import { isSupported } from "../../src/kernels/loader.js";
import { packed } from "../../src/fast/wasm.generated.js";
import { forceThreads } from "../../src/kernels/threads.js";

/** In the project "relaxed" Node takes the build; elsewhere it is Node 22 that does. */
const relaxed = process.env["KERNELS"] === "relaxed";

afterEach(() => setPrecision("exact"));

function compute(): Float32Array {
  manualSeed(3);
  const x = randn([70, 90]);
  const image = conv2d(randn([2, 5, 13, 13]), randn([7, 5, 3, 3])).flatten();
  const { output } = new nn.LSTM(6, 5).forward(randn([4, 3, 6]));
  const parts = [x.matmul(x.t()).flatten(), image, output.flatten()];
  return Float32Array.from(parts.flatMap((t) => [...(t.detach().toTypedArray() as Float32Array)]));
}

const largest = (x: Float32Array): number =>
  x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe("setPrecision", () => {
  it.runIf(relaxed)("computes otherwise, but not worse", async () => {
    const exact = compute();
    expect(await setPrecision("fast")).toBe("fast");
    expect(getPrecision()).toBe("fast");
    const fast = compute();
    expect(fast).not.toEqual(exact);
    const differences = fast.map((value, i) => value - exact[i]!);
    expect(largest(differences)).toBeLessThan(1e-6 * largest(exact));
    expect(await setPrecision("exact")).toBe("exact");
    expect(compute()).toEqual(exact);
  });

  it.runIf(relaxed)("reaches threads and captured steps", async () => {
    const a = randn([130, 90]);
    const step = capture((x: Tensor) => x.matmul(a));
    const x = randn([70, 130]);
    for (let i = 0; i < 3; i++) step(x);
    const exact = step(x).toArray();
    await setPrecision("fast");
    const fast = step(x).toArray();
    expect(fast).not.toEqual(exact);
    expect(fast).toEqual(x.matmul(a).toArray());
    forceThreads();
    await setThreads(2);
    expect(step(x).toArray()).toEqual(fast);
    await setPrecision("exact");
    expect(step(x).toArray()).toEqual(exact);
    await setThreads(1);
    expect(step(x).toArray()).toEqual(exact);
  });

  it.runIf(relaxed)("is told as it is where the threads don't start anew", async () => {
    await setThreads(2);
    const { Worker } = nodeThreads()!;
    const post = vi.spyOn(
      Worker.prototype as { postMessage(message: object): void },
      "postMessage",
    );
    post.mockImplementation(function (this: { terminate(): void }) {
      this.terminate();
    });
    try {
      await expect(setPrecision("fast")).rejects.toThrow("[setThreads] a worker thread has ended");
    } finally {
      post.mockRestore();
    }
    expect(getPrecision()).toBe("fast");
    expect(getThreads()).toBe(1);
  });

  it.skipIf(relaxed)("stays exact where the engine has no relaxed SIMD", async () => {
    const without = !isSupported(packed);
    const exact = compute();
    expect(await setPrecision("fast")).toBe(without ? "exact" : "fast");
    expect(getPrecision()).toBe(without ? "exact" : "fast");
    if (without) expect(compute()).toEqual(exact);
  });

  it.each(["loose", ["fast"], null, Symbol("fast")])("refuses other words", async (word) => {
    await expect(setPrecision(word as Precision)).rejects.toThrow(ValueError);
    await expect(setPrecision(word as Precision)).rejects.toThrow(
      "[setPrecision] precision must be exact or fast: got ",
    );
  });
});
