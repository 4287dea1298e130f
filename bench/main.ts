/** The command line that both `run.ts` files share: options, the run, what becomes of its results. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { watch } from "./beside.js";
import {
  type Baseline,
  type Ratios,
  compare,
  describe,
  measuredElsewhere,
  newBaseline,
  ratiosOf,
  rowRatios,
  unmarked,
} from "./compare.js";
import { type Effort, type Row, groups, play } from "./contest.js";
import type { Entrant } from "./contestant.js";
import { root } from "./entrants.js";
import { entries } from "./entries.js";
import { kernelBytes, pageBytes, startup } from "./footprint.js";
import { duration } from "./judge.js";
import { markdown } from "./page.js";
import { picture } from "./picture.js";
import {
  type Results,
  cacheWords,
  cells,
  circumstances,
  elementwiseCells,
  matmulCells,
  plainTable,
  processor,
  reasons,
} from "./report.js";
import { scaling } from "./scaling.js";

type Wanted = (id: string) => boolean;
type Entrants = readonly [Entrant, ...Entrant[]];

interface Level extends Effort {
  /** Processes that are started to time the import. */
  readonly spawns: number;
  /** Rounds and milliseconds of the table of sizes. */
  readonly scaling: readonly [number, number];
}

const FULL: Level = {
  ...{ rounds: 5, measureMs: 150, warmupMs: 200, skipSlow: false },
  ...{ spawns: 15, scaling: [3, 60] },
};
const QUICK: Level = {
  ...{ rounds: 1, measureMs: 100, warmupMs: 100, skipSlow: true },
  ...{ spawns: 3, scaling: [1, 20] },
};
/** Enough for a ratio that is held within a fifth; what seems to have fallen is measured in full. */
const COARSE: Level = { ...QUICK, rounds: 3, measureMs: 60, spawns: 5 };

const BASELINE = join(root, "bench", "baseline.json");
/** Written in the same run as the baseline; it names the machine. */
const PAGE = join(root, "docs", "benchmarks.md");

const HELP = `Options:
  --quick         one short round; leaves out what takes a peer seconds a call
  --only <text>   only entries whose id contains the text (repeatable; also startup, bytes, kernels, scaling)
  --rounds <n>    alternating rounds per entry
  --scaling       only the table of sizes
  --json <file>   write the results as JSON too
  --compare       a coarse run, held against bench/baseline.json: exits with 1 if a ratio fell by more than 20%
  --write         the run's ratios become bench/baseline.json
  --help`;

function versionOf(entrant: Entrant): Record<string, string> {
  return Object.fromEntries(
    entrant.packages.map((name) => {
      const folder = name === "simdgrad" ? root : join(entrant.cwd, "node_modules", name);
      const text = readFileSync(join(folder, "package.json"), "utf8");
      return [name, (JSON.parse(text) as { version: string }).version];
    }),
  );
}

function progress(row: Row): void {
  const figures = Object.entries(row.scores).map(
    ([name, { ms }]) => `${name} ${ms === undefined ? "cannot" : duration(ms)}`,
  );
  console.error(`${row.entry.id.padEnd(20)} ${figures.join("  ")}`);
}

/** Plays what is wanted, with the entries that share its peers. */
async function playAll(isWanted: Wanted, entrants: Entrants, effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const group of groups(entries).filter((group) => group.some(({ id }) => isWanted(id)))) {
    const played = await play(group, entrants, effort);
    played.forEach(progress);
    rows.push(...played);
  }
  return rows;
}

async function run(entrants: Entrants, level: Level, isWanted: Wanted): Promise<Results> {
  const seen = watch();
  return {
    names: entrants.map(({ name }) => name),
    rows: await playAll(isWanted, entrants, level),
    startup: isWanted("startup") ? startup(entrants, level.spawns) : {},
    bytes: isWanted("bytes") ? await pageBytes(entrants) : {},
    kernels: isWanted("kernels") ? kernelBytes(entrants) : {},
    ...(isWanted("scaling") && { scaling: await scaling(...level.scaling) }),
    beside: seen(),
  };
}

function print(results: Results): void {
  console.log(`\n${circumstances(results).join("\n")}\n`);
  const { rows, scaling } = results;
  if (rows.length > 0 || !scaling) console.log(plainTable(cells(results)));
  for (const line of reasons(results)) console.log(`cannot: ${line}`);
  if (!scaling) return;
  console.log(`\nCaches of a core: ${cacheWords(scaling.caches) || "unknown"}`);
  console.log(`\n${plainTable(elementwiseCells(scaling))}\n\n${plainTable(matmulCells(scaling))}`);
}

/** All ratios of a run, those of times and those of sizes. */
function allRatios({ rows, startup, bytes, kernels }: Results): Ratios {
  const numbers = (sizes: Results["bytes"]): Record<string, number | undefined> =>
    Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [
        name,
        typeof size === "number" ? size : undefined,
      ]),
    );
  const times = Object.fromEntries(Object.entries(startup).map(([name, { ms }]) => [name, ms]));
  const has = (figures: object): boolean => Object.keys(figures).length > 0;
  return {
    ...rowRatios(rows),
    ...(has(startup) && { startup: ratiosOf(times) }),
    ...(has(bytes) && { bytes: ratiosOf(numbers(bytes)) }),
    ...(has(kernels) && { kernels: ratiosOf(numbers(kernels)) }),
  };
}

const readBaseline = (): Baseline =>
  existsSync(BASELINE) ? (JSON.parse(readFileSync(BASELINE, "utf8")) as Baseline) : {};

/** Compares a run with the baseline; rows that seem to have fallen are measured again, in full. */
async function holdAgainstBaseline(entrants: Entrants, results: Results): Promise<void> {
  const baseline = readBaseline();
  let measured = allRatios(results);
  const suspects = new Set(compare(baseline, measured).map(({ id }) => id));
  if (suspects.size > 0) {
    console.log(`\nonce more, in full: ${[...suspects].join(", ")}`);
    const again = await run(entrants, { ...FULL, skipSlow: true }, (id) => suspects.has(id));
    measured = { ...measured, ...allRatios(again) };
  }
  const fallen = compare(baseline, measured);
  const fresh = unmarked(baseline, measured);
  if (fresh.length > 0) console.log(`\nnot in the baseline yet: ${fresh.join(", ")}`);
  console.log(
    fallen.length > 0
      ? `\nFELL by more than 20%:\n${fallen.map((fall) => `  ${describe(fall)}`).join("\n")}`
      : `\nno ratio fell by more than 20% (${Object.keys(measured).length} held against the baseline)`,
  );
  if (fallen.length === 0) return;
  process.exitCode = 1;
  const elsewhere = existsSync(PAGE) && measuredElsewhere(readFileSync(PAGE, "utf8"), processor());
  if (elsewhere) {
    console.log(
      `The baseline is of another processor, ${elsewhere}, and ratios differ between processors: ` +
        "compare with what the version before yields here.",
    );
  }
}

async function writeBaseline(results: Results): Promise<void> {
  const known = [...entries.map(({ id }) => id), "startup", "bytes", "kernels"];
  const baseline = newBaseline(allRatios(results), readBaseline(), known);
  writeFileSync(
    BASELINE,
    await format(JSON.stringify(baseline), { parser: "json", printWidth: 100 }),
  );
  console.log(`\nwrote ${BASELINE}`);
}

/** The page and its picture, in `docs`. */
async function writeDocs(entrants: Entrants, results: Results, docs: Docs): Promise<void> {
  const versions = Object.assign({}, ...entrants.map(versionOf)) as Record<string, string>;
  const page = markdown(results, versions, docs.command);
  const file = join(docs.folder, "benchmarks.md");
  writeFileSync(file, await format(page, { parser: "markdown", printWidth: 100 }));
  writeFileSync(join(docs.folder, "benchmarks.svg"), picture(results));
  console.log(`\nwrote ${file} and its picture`);
}

interface Docs {
  readonly folder: string;
  /** How the page says that it is repeated. */
  readonly command: string;
}

const options = {
  quick: { type: "boolean", default: false },
  only: { type: "string", multiple: true, default: [] as string[] },
  rounds: { type: "string" },
  scaling: { type: "boolean", default: false },
  json: { type: "string" },
  compare: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  throw new Error(`--rounds must be a whole number above 0, got ${text}`);
}

/** Runs everything that was asked for; a full run writes the page, if `docs` says where it goes. */
export async function main(entrants: Entrants, docs?: Docs): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(HELP);
  if ((values.compare || values.write) && entrants.length === 1) {
    throw new Error("the baseline is about the peers: npm run bench:compare");
  }
  const basis = values.compare ? COARSE : values.quick ? QUICK : FULL;
  const level = values.rounds ? { ...basis, rounds: roundsOf(values.rounds) } : basis;
  const only = values.scaling ? ["scaling"] : values.only;
  const isWanted: Wanted = (id) =>
    only.length === 0
      ? !(values.compare && id === "scaling")
      : only.some((text) => id.includes(text));
  const results = await run(entrants, level, isWanted);
  print(results);
  if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 2));
  if (values.write) await writeBaseline(results);
  else if (values.compare) await holdAgainstBaseline(entrants, results);
  const isWhole = basis === FULL && level.rounds >= FULL.rounds && only.length === 0;
  if (docs && isWhole) await writeDocs(entrants, results, docs);
}
