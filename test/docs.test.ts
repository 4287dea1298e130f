// The documentation runs: each ```ts block of README.md and docs/, and each @example in src/, is
// type-checked and executed against the built library, and prints what the comment behind its
// console.log says.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import {
  compile,
  exampleBlocks,
  expectedOutput,
  markdownBlocks,
  packagedExports,
  squeeze,
  toModule,
} from "./docs/blocks.js";

interface Outcome {
  readonly error: string;
  readonly output: readonly { readonly line: number; readonly text: string }[];
}

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
/** Inside of the package, so that "simdgrad" means the package itself. */
const folder = join(root, "build/docs");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const MODULES = [
  "simdgrad",
  ...["nn", "optim", "data", "io", "inspect", "fast"].map((name) => `simdgrad/${name}`),
];

function files(under: string, extension: string): string[] {
  if (!existsSync(join(root, under))) return [];
  return readdirSync(join(root, under), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(extension))
    .map((path) => `${under}/${path}`)
    .sort();
}

const pages = ["README.md", ...files("docs", ".md")].filter((path) => existsSync(join(root, path)));
const blocks = [
  ...pages.flatMap((path) => markdownBlocks(root, path)),
  ...files("src", ".ts").flatMap((path) => exampleBlocks(root, path)),
];
const names = packagedExports(MODULES, folder);
const sources = blocks.map(({ id, code }) => {
  const file = join(folder, `${id}.ts`);
  writeFileSync(file, toModule(code, names));
  return file;
});
const complaints = compile(sources);

// One process for all of them, in a folder where they may write.
const cwd = mkdtempSync(join(tmpdir(), "simdgrad-docs-"));
const compiled = sources.map((file) => file.replace(/\.ts$/, ".js"));
const run = spawnSync(process.execPath, [join(root, "test/docs/run.mjs"), ...compiled], {
  cwd,
  encoding: "utf8",
  maxBuffer: 1 << 26,
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe("the documentation", () => {
  it("has a README with programs in it", () => {
    expect(pages).toContain("README.md");
    expect(blocks.filter(({ title }) => title.startsWith("README.md")).length).toBeGreaterThan(0);
  });

  it("runs to its end", () => {
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
  });
});

const outcomes = run.status === 0 ? (JSON.parse(run.stdout) as Outcome[]) : [];

describe.each(blocks.map((block, i) => ({ ...block, i })))("$title", ({ code, i }) => {
  it("type-checks, runs, and prints what it says", () => {
    expect(complaints.get(sources[i]!) ?? []).toEqual([]);
    const { error, output } = outcomes[i]!;
    expect(error).toBe("");
    for (const { line, texts } of expectedOutput(code)) {
      const printed = output
        .filter((entry) => entry.line === line)
        .map((entry) => squeeze(entry.text));
      expect(texts, `${code.split("\n")[line]!.trim()} printed ${printed.join(" | ")}`).toContain(
        printed.join(" "),
      );
    }
  });
});
