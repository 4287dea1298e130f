// The same weights to the last bit: in Node (here), in Chromium (test/browser), from the release and the
// debug build of the kernels. One committed hash binds all machines. When arithmetic changes on purpose,
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
import { STEPS, train } from "./train.js";

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

  it("don't depend on what ran before, nor on a second copy of the library", async () => {
    simdgrad.manualSeed(99);
    simdgrad.randn([17]).mul(2);
    const release = await libraryWith("release", folder);
    expect(sha256(train(release, digits, 10))).toBe(sha256(train(simdgrad, digits, 10)));
  });

  it("are the same from the debug build of the kernels", async () => {
    const debug = await libraryWith("debug", folder);
    // Debug kernels are slow: the first steps go through every kernel that all 200 use.
    expect(sha256(train(debug, digits, 10))).toBe(sha256(train(simdgrad, digits, 10)));
  });

  it("are other ones after another step or from other digits", () => {
    const ten = sha256(train(simdgrad, digits, 10));
    expect(sha256(train(simdgrad, digits, 11))).not.toBe(ten);
    const images = digits.images.slice();
    images[100 * 3] = 0.5;
    images[100 * 3] += digits.images[100 * 3] === 0.5 ? 0.25 : 0;
    expect(sha256(train(simdgrad, { ...digits, images }, 10))).not.toBe(ten);
  });
});
