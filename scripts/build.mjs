// Builds everything: kernels (release, relaxed and debug), the modules that inline their bytes, the
// bundled library in dist/ and its declaration files. `npm run build [-- --quiet] [--kernels]`: with
// --kernels nothing behind the inlined module, which is all that tests of the sources need.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { optimize } from "./optimize.mjs";
import { orderFunctions } from "./order.mjs";
import { packedModule } from "./pack.mjs";
import { tabled } from "./table.mjs";

const quiet = process.argv.includes("--quiet");
const kernelsOnly = process.argv.includes("--kernels");
const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

function step(name, work) {
  const start = performance.now();
  const done = work();
  const report = () => {
    if (!quiet) console.log(`${name}: ${Math.round(performance.now() - start)} ms`);
  };
  return done instanceof Promise ? done.then(report) : report();
}

/** Runs a package's command with this Node, so that no shell and no PATH is needed. */
function node(script, ...args) {
  execFileSync(process.execPath, [`node_modules/${script}`, ...args], { stdio: "inherit" });
}

function inlineKernels() {
  writeFileSync("src/kernels/wasm.generated.ts", packedModule("build/kernels.release.wasm"));
  writeFileSync("src/fast/wasm.generated.ts", packedModule("build/kernels.relaxed.wasm"));
}

/** The text that worker threads run: the library has no files of its own to load. */
async function inlineWorker() {
  const build = await rolldown({ input: "src/kernels/worker.ts" });
  const { output } = await build.generate({ format: "iife", minify: true });
  await build.close();
  writeFileSync(
    "src/kernels/worker.generated.ts",
    `// Made by scripts/build.mjs from worker.ts.\nexport const workerSource = ${JSON.stringify(output[0].code)};\n`,
  );
}

/**
 * `export * as nn` of the index stays an export of the file dist/nn.js: bundled, it would be an object
 * with all layers, of which a page that names three of them would download every one. So does nn.init.
 */
const namespaces = {
  name: "namespaces",
  resolveId(source, importer) {
    const [, folder] = /^\.\/(nn|optim|data|init)(?:\/index)?\.js$/.exec(source) ?? [];
    if (folder === undefined || !/src\/(nn\/)?index\.ts$/.test(importer)) return null;
    return { id: `./${folder}.js`, external: "relative" };
  },
};

/** Sub-path exports, by their folders. */
const ENTRIES = {
  index: "src/index.ts",
  nn: "src/nn/index.ts",
  optim: "src/optim/index.ts",
  data: "src/data/index.ts",
  io: "src/io/index.ts",
  inspect: "src/inspect/index.ts",
  fast: "src/fast/index.ts",
};

async function bundle(input, plugins, output) {
  const build = await rolldown({
    input,
    plugins,
    // methods.ts extends Tensor.prototype: it must lie in one chunk with Tensor, or a bundler that
    // trusts `sideEffects: false` (as this one would, too) drops it.
    treeshake: { moduleSideEffects: [{ test: /./, sideEffects: true }] },
  });
  await build.write({ dir: "dist", format: "esm", chunkFileNames: "[name].js", ...output });
  await build.close();
}

/** What pages and their bundlers get. */
function bundleForPages() {
  return bundle({ ...ENTRIES, init: "src/nn/init.ts" }, [namespaces], {
    codeSplitting: {
      groups: [
        // Before everything else: text that does not compress parts no JavaScript that does.
        { name: "kernels", test: /kernels[\\/]wasm\.generated/, priority: 1 },
        { name: "core", test: /src[\\/](core|memory|kernels|autograd|ops|methods)/ },
      ],
    },
  });
}

/**
 * What Node gets: it downloads nothing, but takes its time for each file, for unpacking and for parsing,
 * half of the import. One file for all, with the kernels' bytes as they are, without comments and with
 * short names within functions (5 to 8% of the import). Lines and the names of functions stay, since Node
 * prints the line in which an error was thrown and the functions that led there; debuggers follow the
 * source map.
 */
function bundleForNode() {
  const plain = {
    name: "plain kernels",
    load(id) {
      const [, folder] = /(kernels|fast)[\\/]wasm\.generated\.ts$/.exec(id) ?? [];
      if (folder !== undefined) {
        const build = folder === "fast" ? "relaxed" : "release";
        const { bytes, names } = tabled(`build/kernels.${build}.wasm`);
        const text = Buffer.from(bytes).toString("base64");
        const code = `export const packed = "${text}"; export const names = "${names}";`;
        return { code, map: { mappings: "" } }; // a source map does without the bytes
      }
      return /kernels[\\/]bytes\.ts$/.test(id)
        ? 'export const kernelBytes = (text) => Buffer.from(text, "base64");'
        : null;
    },
  };
  const entries = Object.entries(ENTRIES).map(([name, file]) => [`node-${name}`, file]);
  return bundle(Object.fromEntries(entries), [plain], {
    codeSplitting: { groups: [{ name: "node", test: /src[\\/](?!fast)/ }] },
    minify: {
      compress: false,
      mangle: { toplevel: false, keepNames: true },
      codegen: { removeWhitespace: false },
    },
    comments: false,
    sourcemap: true,
  });
}

mkdirSync("build", { recursive: true });
const asc = "assemblyscript/bin/asc.js";
// asc takes transforms from its command line only, not from a target of the configuration. With --debug
// it names functions, which the optimiser goes by.
const transforms = { relaxed: ["--transform", "./scripts/fma.mjs"] };
for (const target of ["release", "relaxed", "debug"]) {
  const options = ["--config", "asconfig.json", "--target", target, "--debug"];
  step(`kernels (${target})`, () => node(asc, ...options, ...(transforms[target] ?? [])));
  if (target === "debug") continue;
  step(`optimised (${target})`, () => optimize(`build/kernels.${target}.wasm`));
  // Pages download the former.
  const tries = target === "release" ? 6 : 1;
  step(`ordered (${target})`, () => orderFunctions(`build/kernels.${target}.wasm`, tries));
}
step("unpacker", () => node(asc, "--config", "assembly/unpack/asconfig.json"));
step("inlined kernels", inlineKernels);
await step("inlined worker", inlineWorker);
if (kernelsOnly) process.exit();
rmSync("dist", { recursive: true, force: true });
step("declarations", () => node("typescript/bin/tsc", "-p", "."));
await step("bundle for pages", bundleForPages);
await step("bundle for Node", bundleForNode);
