// What a page downloads for the whole library, kernels included: 60 kB, minified and gzipped.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";
import { root } from "./consumer.js";

const LIMIT = 60_000;
const dist = join(root, "dist");

async function download(program: string): Promise<number> {
  const entry = "\0entry.js";
  const build = await rolldown({
    input: entry,
    plugins: [
      {
        name: "entry",
        resolveId: (id) => {
          if (id === entry) return entry;
          return id.startsWith("simdgrad") ? join(dist, `${id.slice(9) || "index"}.js`) : null;
        },
        load: (id) => (id === entry ? program : null),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  await build.close();
  const gzipped = output.map((file) => {
    if (file.type !== "chunk") throw new Error(`not JavaScript: ${file.fileName}`);
    return gzipSync(file.code, { level: 9 }).length;
  });
  return gzipped.reduce((sum, bytes) => sum + bytes, 0);
}

describe("the size of a page's download", () => {
  it(`is at most ${LIMIT} bytes for everything there is`, async () => {
    const bytes = await download(`import * as all from "simdgrad"; globalThis.all = all;`);
    expect(bytes).toBeGreaterThan(10_000); // or the kernels aren't in it
    expect(bytes).toBeLessThanOrEqual(LIMIT);
  });

  it("comes in a handful of files, the kernels once", () => {
    expect(existsSync(join(dist, "index.js"))).toBe(true);
    // Served without a bundler, every chunk is one request: there may be a handful of them.
    expect(readdirSync(dist).filter((name) => name.endsWith(".js")).length).toBeLessThanOrEqual(13);
    const packed = readdirSync(dist).filter((name) =>
      /"[A-Za-z0-9+/=]{10000,}"/.test(
        name.endsWith(".js") ? readFileSync(join(dist, name), "utf8") : "",
      ),
    );
    expect(packed).toEqual(["kernels.js"]); // the kernels are there once, before all JavaScript
  });
});
