/**
 * What it costs to have a library at all: the time from a fresh Node process to its first result
 * (less that of an empty process), the bytes that a page downloads for the whole of it, and those of
 * its compiled kernels.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type RolldownOutput, rolldown } from "rolldown";
import type { Score } from "./contest.js";
import { median } from "./contest.js";
import type { Entrant } from "./contestant.js";

/** Milliseconds from spawn to exit of a Node process that runs `code` as a module in `cwd`. */
function processMs(code: string, cwd: string): number {
  const begin = process.hrtime.bigint();
  const args = ["--input-type=module", "--eval", code];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  if (status !== 0)
    throw new Error(stderr.split("\n").find((line) => /Error/.test(line)) ?? stderr);
  return ms;
}

/** Import to first result over an empty process: medians of alternating spawns. */
export function startup(entrants: readonly Entrant[], spawns: number): Record<string, Score> {
  const empty: number[] = [];
  const runners = entrants.map((entrant) => ({ entrant, times: [] as number[], cannot: "" }));
  // The first spawn of each fills the file cache and is not counted.
  for (let spawn = 0; spawn <= spawns; spawn++) {
    const keep = (times: number[], ms: number): void => {
      if (spawn > 0) times.push(ms);
    };
    keep(empty, processMs("", entrants[0]!.cwd));
    for (const runner of runners.filter((r) => !r.cannot)) {
      try {
        keep(runner.times, processMs(runner.entrant.firstResult, runner.entrant.cwd));
      } catch (error) {
        runner.cannot = String(error);
      }
    }
  }
  return Object.fromEntries(
    runners.map(({ entrant, times, cannot }): [string, Score] => [
      entrant.name,
      cannot ? { cannot } : { ms: median(times) - median(empty) },
    ]),
  );
}

/** The chunks that load with the entry; what is imported dynamically is not downloaded with it. */
function loadedWithEntry(output: RolldownOutput["output"]): string[] {
  const chunks = output.filter((part) => part.type === "chunk");
  const wanted = new Set(chunks.filter((chunk) => chunk.isEntry).map((chunk) => chunk.fileName));
  for (const name of wanted) {
    for (const next of chunks.find((chunk) => chunk.fileName === name)?.imports ?? [])
      wanted.add(next);
  }
  return chunks.filter((chunk) => wanted.has(chunk.fileName)).map((chunk) => chunk.code);
}

async function pageBytesOf(entrant: Entrant): Promise<number> {
  const entry = join(entrant.cwd, "page-entry.js");
  const bundle = await rolldown({
    input: entry,
    cwd: entrant.cwd,
    platform: "browser",
    // A name that does not resolve would be left out of the bundle, and so of its size.
    onLog: (_level, log) => {
      if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
    },
    plugins: [
      {
        name: "page-entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? entrant.pageEntry : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  const files = entrant.pageFiles.map((file) => readFileSync(join(entrant.cwd, file)));
  return [...loadedWithEntry(output).map((code) => Buffer.from(code)), ...files]
    .map(gzipped)
    .reduce((a, b) => a + b, 0);
}

const gzipped = (bytes: Buffer): number => gzipSync(bytes, { level: 9 }).length;

/** Bytes, or why there are none. */
export type Sizes = Readonly<Record<string, number | string>>;

/** Bytes of every kernel as a page downloads it, gzipped. */
export function kernelBytes(entrants: readonly Entrant[]): Sizes {
  const size = ({ kernels, cwd }: Entrant): number | string =>
    kernels === undefined
      ? "writes its kernels as it runs"
      : gzipped(readFileSync(join(cwd, kernels)));
  return Object.fromEntries(entrants.map((entrant) => [entrant.name, size(entrant)]));
}

/** Bytes of the whole package, minified and gzipped, with the files it fetches. */
export async function pageBytes(entrants: readonly Entrant[]): Promise<Sizes> {
  const sizes: Record<string, number | string> = {};
  for (const entrant of entrants) {
    sizes[entrant.name] = await pageBytesOf(entrant).catch((error: unknown) => String(error));
  }
  return sizes;
}
