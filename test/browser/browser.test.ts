// The packed library in a real page: as plain modules, bundled by Vite without configuration, and with
// the same bits as in Node.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import ts from "typescript";
import { Consumer, root } from "../package/consumer.js";
import { readDigits } from "../same-bits/digits.js";
import committed from "../same-bits/hash.json" with { type: "json" };
import { Browser, type Files, executablePath, folder, without } from "./browser.js";

/** Trains a small MLP on XOR and reports: first and last loss, right answers, an error, a dtype. */
const program = (from: string): string => `
import { manualSeed, tensor, nn, optim, mseLoss, noGrad, ShapeError, ones } from "${from}";
manualSeed(3);
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
const y = tensor([[0], [1], [1], [0]]);
let first, last;
for (let step = 0; step < 300; step++) {
  const loss = mseLoss(model.forward(x), y);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  last = loss.item();
  first ??= last;
}
const right = noGrad(() => model.forward(x).gt(0.5).eq(y.gt(0.5)).sum().item());
let error = "";
try { ones([2, 3]).matmul(ones([4, 5])); } catch (e) { error = (e instanceof ShapeError) + e.message; }
report({ first, last, right, error, list: x.add(1).transpose(0, 1).toArray(), dtype: y.gt(0).dtype });
`;

const page = (script: string): string =>
  `<!doctype html><html lang="en"><title>t</title><script type="module">${script}</script></html>`;

interface Learned {
  readonly first: number;
  readonly last: number;
}

function expectLearned(result: unknown): void {
  expect(result).toMatchObject({
    right: 4,
    error: expect.stringMatching(/^true\[matmul\] /) as string,
    list: [
      [1, 1, 2, 2],
      [1, 2, 1, 2],
    ],
    dtype: "bool",
  });
  const { first, last } = result as Learned;
  expect(last).toBeLessThan(first / 10);
}

describe.skipIf(executablePath === undefined)(`in Chromium${without}`, () => {
  let consumer: Consumer;
  let browser: Browser;
  let dist: Files;
  beforeAll(async () => {
    consumer = new Consumer();
    browser = await Browser.start();
    dist = folder(join(consumer.installed, "dist"));
  });
  afterAll(async () => {
    await browser?.close();
    consumer?.remove();
  });

  it("a page without a bundler trains from a <script type=module>", async () => {
    const { result, problems, requests } = await browser.open((path) =>
      path === "/" ? page(program("./index.js")) : dist(path),
    );
    expect(problems).toEqual([]);
    expectLearned(result);
    // Modules only: no .wasm file to host, nothing fetched later.
    expect(requests.filter((path) => path !== "/" && !path.endsWith(".js"))).toEqual([]);
  });

  it("a page gets every sub-path as plain modules", async () => {
    const { result, problems } = await browser.open((path) =>
      path === "/"
        ? page(`
            import { nn, Tensor, tensor } from "./index.js";
            import { Linear } from "./nn.js";
            import { SGD } from "./optim.js";
            import { DataLoader } from "./data.js";
            import { saveSafetensors, loadSafetensors } from "./io.js";
            const { x } = loadSafetensors(saveSafetensors({ x: tensor([1, 2.5]) }));
            report([nn.Linear === Linear, x instanceof Tensor, x.toArray(), typeof SGD, typeof DataLoader]);`)
        : dist(path),
    );
    expect(problems).toEqual([]);
    expect(result).toEqual([true, true, [1, 2.5], "function", "function"]);
  });

  it("a page profiles, and computes in the other precision and back", async () => {
    const { result, problems } = await browser.open((path) =>
      path === "/"
        ? page(`
            import { manualSeed, randn } from "./index.js";
            import { profile } from "./inspect.js";
            import { getPrecision, setPrecision } from "./fast.js";
            manualSeed(1);
            const [a, b] = [randn([40, 70]), randn([70, 50])];
            const product = () => [...a.matmul(b).toTypedArray()];
            const exact = product();
            const { rows, ms } = profile(() => a.matmul(b).relu(), { print: false });
            const got = await setPrecision("fast");
            const fast = product();
            const largest = Math.max(...fast.map((v, i) => Math.abs(v - exact[i])));
            const same = [got === getPrecision(), await setPrecision("exact"), getPrecision()];
            const back = product().every((v, i) => v === exact[i]);
            report({ ops: rows.map((row) => row.op), took: ms > 0, got, largest, same, back });`)
        : dist(path),
    );
    expect(problems).toEqual([]);
    expect(result).toMatchObject({ took: true, same: [true, "exact", "exact"], back: true });
    const { ops, got, largest } = result as { ops: string[]; got: string; largest: number };
    expect(ops).toEqual(expect.arrayContaining(["matmul", "relu"]));
    expect(["exact", "fast"]).toContain(got);
    // Other bits where there is another build, by roundings of sums of 70 terms of about 1.
    if (got === "fast") expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(1e-4);
  });

  it("a page bundled by Vite without any configuration trains", async () => {
    consumer.write("index.html", '<!doctype html><script type="module" src="/main.js"></script>');
    consumer.write("main.js", program("simdgrad"));
    const built = consumer.run(join(root, "node_modules/vite/bin/vite.js"), "build");
    expect(built.status, built.stdout + built.stderr).toBe(0);
    expect(built.stderr).toBe("");
    expect(existsSync(join(consumer.folder, "dist/index.html"))).toBe(true);
    const { result, problems } = await browser.open(folder(join(consumer.folder, "dist")));
    expect(problems).toEqual([]);
    expectLearned(result);
  });

  it("200 steps of the MNIST network, and a bit of everything, give the committed bits", async () => {
    const digits = readDigits();
    const source = readFileSync(join(root, "test/same-bits/train.ts"), "utf8");
    const module = ts.transpile(source, {
      module: ts.ModuleKind.ES2022,
      target: ts.ScriptTarget.ES2022,
    });
    const main = `
      import * as simdgrad from "./index.js";
      import { train, various } from "./train.js";
      const bytes = async (path) => (await fetch(path)).arrayBuffer();
      const images = new Float32Array(await bytes("images.bin"));
      const labels = new Int32Array(await bytes("labels.bin"));
      const sha256 = async (data) => {
        const hash = await crypto.subtle.digest("SHA-256", data);
        return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      };
      report({
        sha256: await sha256(train(simdgrad, { images, labels })),
        captured: await sha256(train(simdgrad, { images, labels }, 200, true)),
        various: await sha256(various(simdgrad)),
      });`;
    const files: Record<string, Buffer | string> = {
      "/": page(main),
      "/train.js": module,
      "/images.bin": Buffer.from(digits.images.buffer),
      "/labels.bin": Buffer.from(digits.labels.buffer),
    };
    const { result, problems } = await browser.open((path) => files[path] ?? dist(path));
    expect(problems).toEqual([]);
    expect(result).toEqual({ ...committed, captured: committed.sha256 });
  });

  const threaded = `
    import { getThreads, manualSeed, randn, setThreads } from "./index.js";
    const product = () => {
      manualSeed(5);
      const x = randn([300, 300]);
      return x.matmul(x).softmax(1).sum(0).toArray();
    };
    const alone = product();`;

  it("an isolated page computes with three threads, the same bits", async () => {
    const isolated = {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    };
    const script = `${threaded}
      const threads = [await setThreads(3), getThreads()];
      const same = [];
      for (let i = 0; i < 50; i++) same.push(product().every((value, k) => value === alone[k]));
      report({ threads, isolated: crossOriginIsolated, same: same.every((yes) => yes) });`;
    const { result, problems } = await browser.open(
      (path) => (path === "/" ? page(script) : dist(path)),
      isolated,
    );
    expect(problems).toEqual([]);
    expect(result).toEqual({ threads: [3, 3], isolated: true, same: true });
  });

  it("a page that is not isolated gets one warning and goes on with one thread", async () => {
    const script = `${threaded}
      const warnings = [];
      console.warn = (text) => warnings.push(text);
      const threads = [await setThreads(2), await setThreads(3), getThreads()];
      report({ threads, warnings, same: product().every((value, k) => value === alone[k]) });`;
    const { result, problems } = await browser.open((path) =>
      path === "/" ? page(script) : dist(path),
    );
    expect(problems).toEqual([]);
    expect(result).toEqual({
      threads: [1, 1, 1],
      warnings: [expect.stringMatching(/^\[setThreads\] this page may not share memory/)],
      same: true,
    });
  });

  it("a page whose policy forbids workers is told so", async () => {
    const script = `${threaded}
      const error = await setThreads(2).then(String, (e) => e.message);
      report({ error, threads: getThreads(), same: product().every((value, k) => value === alone[k]) });`;
    const { result, problems } = await browser.open(
      (path) => (path === "/" ? page(script) : dist(path)),
      {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "content-security-policy": "worker-src 'none'",
      },
      /Content Security Policy/,
    );
    expect(problems).toEqual([]);
    expect(result).toMatchObject({
      error: expect.stringMatching(/^\[setThreads\] /) as string,
      threads: 1,
      same: true,
    });
  });
});
