/** Results as a table: for the terminal, and as docs/benchmarks.md. */
import { cpus, totalmem } from "node:os";
import type { Row, Score } from "./contest.js";
import { OURS, duration, judge } from "./judge.js";

/** A table whose first row holds the titles. */
type Cells = readonly (readonly string[])[];

export interface Results {
  readonly names: readonly string[];
  readonly rows: readonly Row[];
  readonly startup: Readonly<Record<string, Score>>;
  readonly bytes: Readonly<Record<string, number | string>>;
  /** GFLOP/s of multiply and add in SIMD128 on one core of this machine. */
  readonly peak: number;
  /** The machine's load average when the run began: what else was running. */
  readonly load: number;
}

const STARTUP_BAR_MS = 40;
const BYTES_BAR = 60_000;
const NONE = "-";

const verdictWord = (met: boolean | undefined): string =>
  met === undefined ? NONE : met ? "ok" : "short";

function rate({ entry, scores }: Row): string {
  const ms = scores[OURS]?.ms;
  if (ms === undefined) return NONE;
  if (entry.perSecond) return `${Math.round(1000 / ms).toLocaleString("en")}/s`;
  if (entry.flops) return `${(entry.flops / ms / 1e6).toFixed(1)} GFLOP/s`;
  return entry.bytes ? `${(entry.bytes / ms / 1e6).toFixed(1)} GB/s` : NONE;
}

function shareOfPeak({ entry, scores }: Row, peak: number): string {
  const ms = scores[OURS]?.ms;
  if (ms === undefined || !entry.flops) return NONE;
  return `${((entry.flops / ms / 1e6 / peak) * 100).toFixed(0)}%`;
}

/** A peer's figure and how many times ours beats it. */
function beside(theirs: number | undefined, ours: number | undefined, shown: string): string {
  if (theirs === undefined || ours === undefined) return shown;
  return `${shown} (${(theirs / ours).toFixed(2)}x)`;
}

function peerCells(names: readonly string[], scores: Readonly<Record<string, Score>>): string[] {
  const ours = scores[OURS]?.ms;
  return names
    .filter((name) => name !== OURS)
    .map((name) => {
      const score = scores[name];
      if (score?.ms !== undefined) return beside(score.ms, ours, duration(score.ms));
      return score?.cannot?.startsWith("skipped") ? "skipped" : "cannot";
    });
}

const ourCell = (score: Score | undefined): string =>
  score?.ms === undefined ? (score ? "cannot" : NONE) : duration(score.ms);

function largestDifference(scores: Readonly<Record<string, Score>>): string {
  const all = Object.values(scores).flatMap((s) =>
    s.difference === undefined ? [] : [s.difference],
  );
  return all.length < 2 ? NONE : Math.max(...all).toExponential(1);
}

function byteCells(names: readonly string[], bytes: Results["bytes"]): string[] {
  const ours = bytes[OURS];
  const shown = (size: number | string | undefined): string =>
    typeof size === "number" ? `${(size / 1000).toFixed(1)} kB` : "cannot";
  const number = (size: number | string | undefined): number | undefined =>
    typeof size === "number" ? size : undefined;
  const peers = names.filter((name) => name !== OURS);
  return [
    shown(ours),
    NONE,
    NONE,
    ...peers.map((name) => beside(number(bytes[name]), number(ours), shown(bytes[name]))),
  ];
}

export function cells({ names, rows, startup, bytes, peak }: Results): Cells {
  const peers = names.filter((name) => name !== OURS);
  const title = ["work", OURS, "rate", "of peak", ...peers, "difference", "bar", "verdict"];
  const body = rows.map((row) => {
    const { bar, met, note } = judge(row);
    return [
      row.entry.title,
      ourCell(row.scores[OURS]),
      rate(row),
      shareOfPeak(row, peak),
      ...peerCells(names, row.scores),
      largestDifference(row.scores),
      bar,
      [verdictWord(met), note].filter(Boolean).join(": "),
    ];
  });
  const first = startup[OURS]?.ms;
  const size = bytes[OURS];
  const startupRow = [
    "import to first result, over an empty process",
    ourCell(startup[OURS]),
    NONE,
    NONE,
    ...peerCells(names, startup),
    NONE,
    `at most ${STARTUP_BAR_MS} ms`,
    verdictWord(first === undefined ? undefined : first <= STARTUP_BAR_MS),
  ];
  const bytesRow = [
    "page download, minified and gzipped",
    ...byteCells(names, bytes),
    NONE,
    `at most ${BYTES_BAR / 1000} kB`,
    verdictWord(typeof size === "number" ? size <= BYTES_BAR : undefined),
  ];
  return [
    title,
    ...body,
    ...(Object.keys(startup).length ? [startupRow] : []),
    ...(Object.keys(bytes).length ? [bytesRow] : []),
  ];
}

/** What could not be done, with the reason that the library itself gave; the same reason once. */
export function reasons({ rows, startup, bytes }: Results): string[] {
  const failures = [
    ...rows.flatMap(({ entry, scores }) =>
      Object.entries(scores).map(([name, { cannot }]) => ({ name, what: entry.id, cannot })),
    ),
    ...Object.entries(startup).map(([name, { cannot }]) => ({ name, what: "startup", cannot })),
    ...Object.entries(bytes).map(([name, size]) => {
      return { name, what: "bytes", cannot: typeof size === "string" ? size : undefined };
    }),
  ];
  const whats = new Map<string, string[]>();
  for (const { name, what, cannot } of failures) {
    if (cannot === undefined || cannot.startsWith("skipped")) continue;
    const reason = `${name}: ${cannot.replace(/\s+/g, " ").slice(0, 240)}`;
    whats.set(reason, [...(whats.get(reason) ?? []), what]);
  }
  return [...whats].map(([reason, ids]) => `${reason} (${ids.join(", ")})`);
}

export function plainTable(table: Cells): string {
  const widths = table[0]!.map((_, i) => Math.max(...table.map((line) => line[i]!.length)));
  return table
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function markdownTable(table: Cells): string {
  const [title, ...body] = table.map((line) => `| ${line.join(" | ")} |`);
  return [title, `|${" --- |".repeat(table[0]!.length)}`, ...body].join("\n");
}

export function machine(): string {
  const [cpu] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpu?.model.trim()} (${cpus().length} cores, one used), ${memory} GiB, ${process.platform} ${process.arch}, Node ${process.version}`;
}

/** A run beside other work says little; whoever reads the figures must know. */
export function loadNote({ load }: Results): string {
  const busy = load > 1 ? ": OTHER WORK WAS RUNNING, do not trust these figures" : "";
  return `load average ${load.toFixed(1)} when the run began${busy}`;
}

export function markdown(
  results: Results,
  versions: Readonly<Record<string, string>>,
  command: string,
): string {
  const cannot = reasons(results);
  return `<!-- Written by \`${command}\`; do not edit. -->

# Benchmarks

- Machine: ${machine()}. SIMD128 multiply and add, measured in the same run: ${results.peak.toFixed(1)} GFLOP/s.
- The machine's ${loadNote(results)}.
- Versions: ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}.
- Date: ${new Date().toISOString().slice(0, 10)}.
- Repeat: \`${command}\` (installs the peers into \`bench/peers/node_modules\` when they are missing; \`--quick\` for a coarse run, \`--only <text>\` for some of the rows).

${markdownTable(cells(results))}

Times are medians of calls, the median of alternating rounds; in brackets, how many times simdgrad is faster.
Each contestant works in a process of its own with the same inputs, on one thread. Answers are compared:
"difference" is the largest absolute difference to simdgrad's answer over its largest value (for training,
of the losses of the first steps), and a row whose answers differ is not "ok". "of peak" is the share of the
multiply-and-add limit above. Where a bar is a time, the same bar is also given as a ratio to a peer, since
machines differ: the verdict is "by ratio" where only the ratio holds. Training steps are forward, loss,
backward and Adam; simdgrad's run without any disposal by hand, tfjs-wasm's under its own \`tidy\`, jax-js's
as one jitted function. Single ops release their results by hand in every library, but for simdgrad's eager
add, which disposes of nothing. tfjs-wasm works in its own layout (NHWC); jax-js's single ops are jitted too.
${cannot.length ? `\nCannot:\n\n${cannot.map((line) => `- ${line}`).join("\n")}\n` : ""}`;
}
