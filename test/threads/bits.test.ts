// What threads compute is to the last bit what one thread does. (The kernels' own tests hold that no
// unit minds the others, test/kernels/harness.ts; the hash of test/same-bits is met by threads, too.)
import { afterAll, describe, expect, it } from "vitest";
import { getThreads, setThreads } from "../../src/index.js";
import { forceThreads } from "../../src/kernels/threads.js";
import { bytesOf, programs } from "./programs.js";

forceThreads();
const alone = new Map(Object.entries(programs).map(([name, program]) => [name, bytesOf(program)]));

afterAll(() => setThreads(1));

describe.each([2, 3, 1])("%i threads", (threads) => {
  it("start", async () => {
    expect(await setThreads(threads)).toBe(threads);
    expect(getThreads()).toBe(threads);
  });

  it.each(Object.keys(programs))("compute the same: %s", (name) => {
    for (let round = 0; round < 3; round++) {
      const bytes = bytesOf(programs[name]!);
      expect(bytes.length).toBeGreaterThan(400);
      expect(Buffer.compare(bytes, alone.get(name)!)).toBe(0);
    }
  });
});
