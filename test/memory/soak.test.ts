// Long synchronous loops without tidy, dispose, using or await, each in a process of its own: the
// heap is flat after the first hundred steps and stays under 128 MiB, the process under 500 MiB.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const MiB = 2 ** 20;
const run = promisify(execFile);
const program = new URL("./soak.mjs", import.meta.url).pathname;

interface Report {
  steps: number;
  heapAtStart: number;
  heapAtEnd: number;
  rss: number;
}

describe("memory stays bounded", () => {
  for (const [name, steps] of [
    ["mlp", 20_000],
    ["tiny", 100_000],
    ["forward", 5_000],
    ["adds", 1_000_000],
  ] as const) {
    it(`${name}: ${steps} steps`, async () => {
      const { stdout } = await run(process.execPath, [program, name, String(steps)]);
      const report = JSON.parse(stdout) as Report;
      expect(report.steps).toBe(steps);
      expect(report.heapAtEnd).toBe(report.heapAtStart);
      expect(report.heapAtEnd).toBeLessThan(128 * MiB);
      expect(report.rss).toBeLessThan(500 * MiB);
    }, 600_000);
  }
});
