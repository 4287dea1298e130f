// What the tarball ships, and that it loads in Node by `import` and by `require()`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Consumer, root } from "./consumer.js";

interface Manifest {
  readonly exports: Record<string, string | Record<string, string>>;
  readonly [field: string]: unknown;
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
/** "simdgrad", "simdgrad/nn", ... */
const entries = Object.keys(manifest.exports)
  .filter((path) => !path.endsWith(".json"))
  .map((path) => `simdgrad${path.slice(1)}`);

let consumer: Consumer;
beforeAll(() => {
  consumer = new Consumer();
});
afterAll(() => consumer.remove());

describe("the tarball", () => {
  it("holds dist, README, LICENSE and package.json, and nothing else", () => {
    const paths = consumer.packed.files.map((file) => file.path);
    expect(paths.filter((path) => !path.startsWith("dist/")).sort()).toEqual([
      "LICENSE",
      "README.md",
      "package.json",
    ]);
    const strange = /^dist\/(?:.*\.d\.ts|[^/]+\.js|node(?:-fast)?\.js\.map)$/;
    expect(paths.filter((path) => path.startsWith("dist/") && !strange.test(path))).toEqual([]);
  });

  it("runs no script at its consumer's and depends on nothing", () => {
    const installed = JSON.parse(
      readFileSync(join(consumer.installed, "package.json"), "utf8"),
    ) as Manifest & { readonly scripts?: Record<string, string> };
    const scripts = Object.keys(installed.scripts ?? {});
    const run = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"];
    expect(scripts.filter((name) => run.includes(name))).toEqual([]);
    for (const field of [
      "dependencies",
      "peerDependencies",
      "optionalDependencies",
      "bundleDependencies",
    ]) {
      expect(installed[field]).toBeUndefined();
    }
    expect(installed["sideEffects"]).toBe(false);
    expect(installed["type"]).toBe("module");
    expect(installed["license"]).toBe("MIT");
  });

  it("says types first in every export", () => {
    for (const target of Object.values(manifest.exports)) {
      if (typeof target === "object") expect(Object.keys(target)[0]).toBe("types");
    }
  });

  it("imports nothing from outside of itself and awaits nothing at top level", () => {
    const files = consumer.installedFiles().filter((path) => path.endsWith(".js"));
    expect(files).not.toEqual([]);
    for (const path of files) {
      const text = readFileSync(join(consumer.installed, path), "utf8");
      const froms = [...text.matchAll(/^(?:import|export)\b[^"';]*?["']([^"']+)["']/gm)];
      for (const [, from] of froms) expect(from, path).toMatch(/^\.\.?\//);
      expect(text, path).not.toMatch(/import\.meta|\brequire\(/);
      expect(text, path).not.toMatch(/^await\b/m);
    }
  });
});

const train = `
  const { manualSeed, randn, tensor, nn, optim, crossEntropy } = simdgrad;
  manualSeed(1);
  const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 3));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
  const x = randn([12, 4]);
  const y = tensor(Int32Array.from({ length: 12 }, (_, i) => i % 3));
  const losses = [];
  for (let step = 0; step < 60; step++) {
    const loss = crossEntropy(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  }
  console.log(JSON.stringify([losses[0], losses[59]]));
`;

describe("a consumer's program", () => {
  it("trains by import", () => {
    const run = consumer.node("import.mjs", `import * as simdgrad from "simdgrad";${train}`);
    expect(run).toMatchObject({ status: 0, stderr: "" });
    const [first, last] = JSON.parse(run.stdout) as [number, number];
    expect(last).toBeLessThan(first / 2);
  });

  it("sees the functions that led to an error, and the sources' lines on request", () => {
    const program = 'import { ones } from "simdgrad"; ones([1, 2]).matmul(ones([1, 2]));';
    const { stderr } = consumer.node("error.mjs", program);
    expect(stderr).toMatch(
      /ShapeError: \[matmul\] inner sizes .*\n(?: {4}at .*\n)* {4}at matmul \(/,
    );
    expect(Math.max(...stderr.split("\n").map((line) => line.length))).toBeLessThan(300);
    const mapped = consumer.node(
      "mapped.mjs",
      `process.setSourceMapsEnabled(true); await import("./error.mjs");`,
    );
    expect(mapped.stderr).toMatch(/src\/ops\/matmul\.ts:\d+:\d+\)/);
  });

  it("sees classes by the names that they are exported by", () => {
    const { stdout } = consumer.node(
      "names.mjs",
      `import * as simdgrad from "simdgrad";
       const { nn, optim } = simdgrad;
       const classes = Object.entries({ ...simdgrad, ...nn, ...optim }).filter(([name]) => /^[A-Z]/.test(name));
       console.log(classes.length, classes.filter(([name, { name: own }]) => own.replace(/\\$.*/, "") !== name).join());`,
    );
    expect(stdout).toMatch(/^\d\d\d \n$/);
  });

  it("gets the same numbers by require()", () => {
    const required = consumer.node("require.cjs", `const simdgrad = require("simdgrad");${train}`);
    // Node 20 and 22 may say that require() of ESM is experimental. Nothing else may be said.
    const stderr = required.stderr.replace(
      /^\(node:\d+\) ExperimentalWarning:.*\n(?:\(Use .*\n)?/gm,
      "",
    );
    expect({ status: required.status, stderr }).toEqual({ status: 0, stderr: "" });
    const imported = consumer.node("import.mjs", `import * as simdgrad from "simdgrad";${train}`);
    expect(required.stdout).toBe(imported.stdout);
  });

  it("gets the same numbers from the files for pages", () => {
    const page = join(consumer.installed, "dist/index.js");
    const paged = consumer.node("page.mjs", `import * as simdgrad from "${page}";${train}`);
    const imported = consumer.node("import.mjs", `import * as simdgrad from "simdgrad";${train}`);
    expect(paged).toEqual(imported);
  });

  it.each(entries)("loads %s by import and by require()", (entry) => {
    const print =
      "console.log(Object.keys(m).filter((k) => m[k] === undefined).length, Object.keys(m).sort().join())";
    const imported = consumer.node("entry.mjs", `import * as m from "${entry}";${print}`);
    expect(imported).toMatchObject({ status: 0, stderr: "" });
    expect(imported.stdout).toMatch(/^0 \w+,\w+/);
    const required = consumer.node("entry.cjs", `const m = require("${entry}");${print}`);
    expect(required.status).toBe(0);
    expect(required.stdout).toBe(imported.stdout);
  });

  it("gets one Tensor class, whichever sub-paths it imports first", () => {
    const names = entries.map((entry, i) => `import * as m${i} from "${entry}";`).reverse();
    const run = consumer.node(
      "one.mjs",
      `${names.join("\n")}
       import { nn, optim, Tensor, tensor } from "simdgrad";
       import { Linear } from "simdgrad/nn";
       import { SGD } from "simdgrad/optim";
       const out = new Linear(2, 1).forward(tensor([[1, 2]]));
       console.log(Linear === nn.Linear, SGD === optim.SGD, out instanceof Tensor, typeof out.add);`,
    );
    expect(run).toEqual({ status: 0, stdout: "true true true function\n", stderr: "" });
  });

  it("has the methods even if it imports a sub-path alone", () => {
    const run = consumer.node(
      "alone.mjs",
      `import { Linear } from "simdgrad/nn";
       console.log(new Linear(2, 1).weight.mul(0).sum().item());`,
    );
    expect(run).toEqual({ status: 0, stdout: "0\n", stderr: "" });
  });

  it("gets a typed error that names the op", () => {
    const run = consumer.node(
      "error.mjs",
      `import { ShapeError, ones } from "simdgrad";
       try { ones([2, 3]).matmul(ones([4, 5])); }
       catch (e) { console.log(e instanceof ShapeError, e instanceof Error, e.name, e.message); }`,
    );
    expect(run.stdout).toMatch(/^true true ShapeError \[matmul\] /);
  });

  it("gets a typed error where there is no WebAssembly", () => {
    const program = consumer.write(
      "jitless.js",
      'import("simdgrad").catch(({ name, message }) => console.log(name, message));',
    );
    expect(consumer.run("--jitless", program)).toEqual({
      status: 0,
      stdout: "SimdgradError [load] this JavaScript engine has no WebAssembly\n",
      stderr: expect.any(String) as string,
    });
  });

  it("shows an error that nobody catches without a screen of code: Node prints the line of the throw", () => {
    const run = consumer.node(
      "uncaught.mjs",
      `import { ones } from "simdgrad"; ones([2, 3]).matmul(ones([4, 5]));`,
    );
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/ShapeError: \[matmul\] /);
    expect(run.stderr.length).toBeLessThan(3000);
  });
});
