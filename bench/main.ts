/** The command line that both `run.ts` files share: options, the run, the table. */
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { type Effort, type Row, play } from "./contest.js";
import type { Entrant } from "./contestant.js";
import { root } from "./entrants.js";
import { pageBytes, startup } from "./footprint.js";
import { duration } from "./judge.js";
import { measureLimits } from "simdgrad/inspect";
import { type Results, cells, loadNote, machine, markdown, plainTable, reasons } from "./report.js";
import { entries } from "./tasks.js";

const FULL: Effort = { rounds: 5, measureMs: 300, warmupMs: 300, skipSlow: false };
const QUICK: Effort = { rounds: 1, measureMs: 100, warmupMs: 100, skipSlow: true };
const SPAWNS = { full: 15, quick: 3 };

const HELP = `Options:
  --quick         one short round; leaves out what takes a peer seconds a call
  --only <text>   only entries whose id contains the text (repeatable; also startup, bytes)
  --rounds <n>    alternating rounds per entry
  --json <file>   write the results as JSON too
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

/** Runs everything that was asked for; `docs` is where the page goes, if a page is wanted. */
export async function main(
  entrants: readonly Entrant[],
  command: string,
  docs?: string,
): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      rounds: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`--rounds must be a whole number above 0, got ${values.rounds}`);
  }
  const basis = values.quick ? QUICK : FULL;
  const effort = rounds === undefined ? basis : { ...basis, rounds };
  const isWanted = (id: string): boolean =>
    values.only.length === 0 || values.only.some((text) => id.includes(text));

  const [load = 0] = loadavg();
  const peakBefore = measureLimits().gflops;
  const rows: Row[] = [];
  for (const entry of entries.filter(({ id }) => isWanted(id))) {
    rows.push(await play(entry, entrants, effort));
    progress(rows.at(-1)!);
  }
  const spawns = values.quick ? SPAWNS.quick : SPAWNS.full;
  const results: Results = {
    names: entrants.map(({ name }) => name),
    rows,
    startup: isWanted("startup") ? startup(entrants, spawns) : {},
    bytes: isWanted("bytes") ? await pageBytes(entrants) : {},
    load,
    // A ceiling: the better of two, as anything else on the machine can only lower it.
    peak: Math.max(peakBefore, measureLimits().gflops),
  };
  console.log(`\n${machine()}; peak ${results.peak.toFixed(1)} GFLOP/s; ${loadNote(results)}\n`);
  console.log(plainTable(cells(results)));
  for (const line of reasons(results)) console.log(`cannot: ${line}`);
  if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 2));
  if (docs && !values.quick && values.only.length === 0) {
    const versions = Object.assign({}, ...entrants.map(versionOf)) as Record<string, string>;
    const page = markdown(results, versions, command);
    writeFileSync(docs, await format(page, { parser: "markdown", printWidth: 100 }));
    console.log(`\nwrote ${docs}`);
  }
}
