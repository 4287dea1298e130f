// What a page downloads, minified and gzipped, kernels included. Pages as they are written stay under
// 100 kB. Everything there is does not: its limit is what was reached, so that nothing grows unseen.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";
import { root } from "./consumer.js";

const EVERYTHING = 137_040;
const PAGE = 100_000;
const dist = join(root, "dist");

/** The chunks that a bundler makes of a program for the browser. */
async function bundled(program: string): Promise<string[]> {
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
  return output.map((file) => {
    if (file.type !== "chunk") throw new Error(`not JavaScript: ${file.fileName}`);
    return file.code;
  });
}

async function download(program: string): Promise<number> {
  const files = await bundled(program);
  return files.reduce((sum, code) => sum + gzipSync(code, { level: 9 }).length, 0);
}

// Text of the modules that a program without layers and optimisers must not download: names in
// errors, of states and of options survive the minifier.
const MARKS = {
  "nn/module": "ownParameters",
  "nn/hooks": "registerFullBackwardHook",
  "nn/conv": "paddingMode",
  "nn/layers": "outFeatures",
  "nn/norm": "numBatchesTracked",
  "nn/recurrent": "weightIh",
  "nn/attention": "inProjWeight",
  "nn/transformer": "dimFeedforward",
  "nn/losses": "CrossEntropyLoss",
  "optim/optimizer": "addParamGroup",
  "optim/adam": "momentumDecay",
  "optim/lbfgs": "strongWolfe",
  "optim/scheduler": "baseLrs",
  "optim/cycles": "ReduceLROnPlateau",
  "data/loader": "DataLoader",
  "io/safetensors": "data_offsets",
};

async function marksIn(program: string): Promise<string[]> {
  const code = (await bundled(program)).join("\n");
  return Object.entries(MARKS).flatMap(([module, mark]) => (code.includes(mark) ? [module] : []));
}

describe("the size of a page's download", () => {
  it(`is at most ${EVERYTHING} bytes for everything there is`, async () => {
    const bytes = await download(`import * as all from "simdgrad"; globalThis.all = all;`);
    expect(bytes).toBeGreaterThan(10_000); // or the kernels aren't in it
    expect(bytes).toBeLessThanOrEqual(EVERYTHING);
  });

  const pages: Record<string, string> = {
    "tensors and autograd, every op a method": `
      import { tensor, grad } from "simdgrad"; globalThis.used = [tensor, grad];`,
    "a convolutional network that trains": `
      import { capture, crossEntropy, nn, optim, randn } from "simdgrad";
      globalThis.used = [capture, crossEntropy, randn, nn.Sequential, nn.Conv2d, nn.BatchNorm2d,
        nn.ReLU, nn.MaxPool2d, nn.Flatten, nn.Linear, nn.Dropout, optim.Adam, optim.OneCycleLR];`,
    "a Transformer and an LSTM that train": `
      import { capture, crossEntropy, loadSafetensors, saveSafetensors, nn, optim } from "simdgrad";
      globalThis.used = [capture, crossEntropy, loadSafetensors, saveSafetensors, nn.Transformer,
        nn.LSTM, nn.Embedding, nn.Linear, nn.LayerNorm, optim.AdamW, optim.clipGradNorm];`,
  };

  it.each(Object.entries(pages))(`is at most ${PAGE} bytes for %s`, async (_, program) => {
    const bytes = await download(program);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(PAGE);
  });

  it("comes in a handful of files, the kernels once", () => {
    expect(existsSync(join(dist, "index.js"))).toBe(true);
    // Served without a bundler, every chunk is one request: there may be a handful of them. Node has
    // files of its own.
    const files = readdirSync(dist).filter((name) => /^(?!node).*\.js$/.test(name));
    expect(files.length).toBeLessThanOrEqual(13);
    const packed = files.filter((name) =>
      /"[#-\[\]-c]{10000,}"/.test(readFileSync(join(dist, name), "utf8")),
    );
    // The kernels are there once, before all JavaScript; those of simdgrad/fast only in its file.
    expect(packed.sort()).toEqual(["fast.js", "kernels.js"]);
  });

  it("has no layers, optimisers, schedulers or losses for a program that uses none", async () => {
    const all = await marksIn(`import * as all from "simdgrad"; globalThis.all = all;`);
    expect(all).toEqual(Object.keys(MARKS)); // or they are marks of nothing
    const program = `import { tensor } from "simdgrad"; globalThis.t = tensor([1]).add(1);`;
    expect(await marksIn(program)).toEqual([]);
  });

  it("has no other layers for a program that uses one", async () => {
    const program = `import { Linear } from "simdgrad/nn"; globalThis.layer = new Linear(1, 1);`;
    expect(await marksIn(program)).toEqual(["nn/module", "nn/hooks", "nn/layers"]);
    const namespaced = `import { nn } from "simdgrad"; globalThis.layer = new nn.Linear(1, 1);`;
    expect(await marksIn(namespaced)).toEqual(await marksIn(program));
  });
});
