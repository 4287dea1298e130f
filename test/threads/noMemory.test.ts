// A machine that has no memory for threads to share.
import { expect, it, vi } from "vitest";
import { getThreads, ones, OutOfMemoryError, setThreads } from "../../src/index.js";

it("is told in a typed error, and one thread goes on", async () => {
  const { Memory } = WebAssembly;
  const refuse = vi.spyOn(WebAssembly, "Memory").mockImplementation(function (descriptor) {
    if (descriptor.shared) throw new RangeError("could not allocate memory");
    return new Memory(descriptor);
  });
  try {
    await expect(setThreads(2)).rejects.toThrow(OutOfMemoryError);
    await expect(setThreads(2)).rejects.toThrow(
      "[setThreads] no memory to share: RangeError: could not allocate memory",
    );
  } finally {
    refuse.mockRestore();
  }
  expect(getThreads()).toBe(1);
  expect(ones([300, 300]).sum().item()).toBe(90_000);
  expect(await setThreads(2)).toBe(2);
  await setThreads(1);
});
