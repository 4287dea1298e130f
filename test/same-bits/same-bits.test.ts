// The same weights to the last bit: in Node (here), in Chromium (test/browser), from the release and the
// debug build of the kernels, with one, two and three threads. One committed hash binds all machines. When arithmetic changes on purpose,
// `node scripts/same-bits.mjs` prints the new one.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as simdgrad from "../../src/index.js";
import { libraryWith } from "./build.js";
import { readDigits } from "./digits.js";
import committed from "./hash.json" with { type: "json" };
import { STEPS, train, various } from "./train.js";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const digits = readDigits();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "simdgrad-bits-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the weights of the MNIST network", () => {
  it(`have the committed hash after ${STEPS} steps`, () => {
    expect(sha256(train(simdgrad, digits))).toBe(committed.sha256);
  });

  it("don't depend on what ran before", () => {
    const first = sha256(train(simdgrad, digits, 10));
    simdgrad.manualSeed(99);
    simdgrad.randn([17]).mul(2);
    expect(sha256(train(simdgrad, digits, 10))).toBe(first);
  });

  it.each(["release", "debug"] as const)(
    "are the same from the %s build, bundled",
    async (build) => {
      const library = await libraryWith(build, folder);
      expect(sha256(train(library, digits))).toBe(committed.sha256);
      expect(sha256(train(library, digits, STEPS, true))).toBe(committed.sha256);
    },
  );

  it("are other ones after another step or from other digits", () => {
    const ten = sha256(train(simdgrad, digits, 10));
    expect(sha256(train(simdgrad, digits, 11))).not.toBe(ten);
    const images = digits.images.slice();
    images[300] = images[300] === 0.5 ? 0.75 : 0.5;
    expect(sha256(train(simdgrad, { ...digits, images }, 10))).not.toBe(ten);
  });
});

describe("a bit of everything", () => {
  it("has the committed hash", () => {
    expect(sha256(various(simdgrad))).toBe(committed.various);
  });

  it.each(["release", "debug"] as const)("from the %s build, bundled, too", async (build) => {
    const library = await libraryWith(build, folder);
    expect(sha256(various(library))).toBe(committed.various);
  });
});

describe.each(["release", "debug"] as const)("threads, %s build", (build) => {
  it("lead to the committed hashes, too", async () => {
    const library = await libraryWith(build, folder);
    library.forceThreads();
    for (const threads of [2, 3]) {
      expect(await library.setThreads(threads)).toBe(threads);
      expect(sha256(train(library, digits))).toBe(committed.sha256);
      expect(sha256(train(library, digits, STEPS, true))).toBe(committed.sha256);
      expect(sha256(various(library))).toBe(committed.various);
    }
    expect(await library.setThreads(1)).toBe(1);
  });
});
