/** Results as tables of cells: for the terminal, and for the page (page.ts). */
import { cpus, totalmem } from "node:os";
import { type Beside, besideNote } from "./beside.js";
import { type Cache, heldBy } from "./caches.js";
import { type Row, type Score, median } from "./contest.js";
import type { Sizes } from "./footprint.js";
import { OURS, duration, elementsPerNs, judge, limitGflops, shareOfLimit } from "./judge.js";
import type { Scaling } from "./scaling.js";

/** A table whose first row holds the titles. */
export type Cells = readonly (readonly string[])[];

export interface Results {
  readonly names: readonly string[];
  readonly rows: readonly Row[];
  readonly startup: Readonly<Record<string, Score>>;
  readonly bytes: Sizes;
  readonly kernels: Sizes;
  readonly scaling?: Scaling;
  /** What ran beside; undefined where the system does not say. */
  readonly beside: Beside | undefined;
}

const STARTUP_BAR_MS = 25;
const PAGE_BAR = 100_000;
const KERNELS_BAR = 45_000;
const NONE = "-";

const verdictWord = (met: boolean | undefined): string =>
  met === undefined ? NONE : met ? "ok" : "short";

function rate(row: Row): string {
  const { entry, scores } = row;
  const ms = scores[OURS]?.ms;
  if (ms === undefined) return NONE;
  const perNs = elementsPerNs(row);
  if (perNs !== undefined) return `${perNs.toFixed(2)}/ns`;
  if (entry.perSecond) return `${Math.round(1000 / ms).toLocaleString("en")}/s`;
  if (entry.flops) return `${(entry.flops / ms / 1e6).toFixed(1)} GFLOP/s`;
  return entry.bytes ? `${(entry.bytes / ms / 1e6).toFixed(1)} GB/s` : NONE;
}

const percent = (share: number | undefined): string =>
  share === undefined ? NONE : `${(share * 100).toFixed(0)}%`;

/** Bytes that a step moved out of the heap. */
function spilled({ scores }: Row): string {
  const bytes = scores[OURS]?.spilled;
  if (bytes === undefined) return NONE;
  return bytes < 1000 ? `${bytes.toFixed(0)} B` : `${(bytes / 1000).toFixed(1)} kB`;
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
      if (score?.failed) return "failed";
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

const isNumber = (size: number | string | undefined): size is number => typeof size === "number";

/** A row of sizes, held against a bar in bytes. */
function sizeRow(title: string, names: readonly string[], sizes: Sizes, bar: number): string[] {
  const ours = sizes[OURS];
  const number = (size: number | string | undefined): number | undefined =>
    isNumber(size) ? size : undefined;
  const shown = (size: number | string | undefined): string =>
    isNumber(size) ? `${(size / 1000).toFixed(1)} kB` : NONE;
  const peers = names.filter((name) => name !== OURS);
  const met = isNumber(ours) ? ours <= bar : undefined;
  return [
    ...[title, shown(ours), NONE, NONE],
    ...peers.map((name) => beside(number(sizes[name]), number(ours), shown(sizes[name]))),
    ...[NONE, NONE, `at most ${bar / 1000} kB`, verdictWord(met)],
  ];
}

function startupRow({ names, startup }: Results): string[] {
  const first = startup[OURS]?.ms;
  const met = first === undefined ? undefined : first <= STARTUP_BAR_MS;
  return [
    ...["import to first result, over an empty process", ourCell(startup[OURS]), NONE, NONE],
    ...peerCells(names, startup),
    ...[NONE, NONE, `at most ${STARTUP_BAR_MS} ms`, verdictWord(met)],
  ];
}

/** The table of all rows: its titles, then a line for each. */
export function cells(results: Results): Cells {
  const { names, rows, startup, bytes, kernels } = results;
  const peers = names.filter((name) => name !== OURS);
  const title = ["work", OURS, "rate", "of limit", ...peers];
  title.push("difference", "spilled a step", "bar", "verdict");
  const body = rows.map((row) => {
    const { bar, met, note } = judge(row);
    return [
      ...[row.entry.title, ourCell(row.scores[OURS]), rate(row), percent(shareOfLimit(row))],
      ...peerCells(names, row.scores),
      ...[largestDifference(row.scores), spilled(row), bar],
      [verdictWord(met), note].filter(Boolean).join(": "),
    ];
  });
  const has = (figures: object): boolean => Object.keys(figures).length > 0;
  const page = "page download of everything, minified and gzipped";
  return [
    title,
    ...body,
    ...(has(startup) ? [startupRow(results)] : []),
    ...(has(bytes) ? [sizeRow(page, names, bytes, PAGE_BAR)] : []),
    ...(has(kernels)
      ? [sizeRow("all kernels as downloaded, gzipped", names, kernels, KERNELS_BAR)]
      : []),
  ];
}

const shownBytes = (bytes: number): string =>
  bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;

const shownElements = (n: number): string => (n < 2 ** 20 ? `${n / 2 ** 10}K` : `${n / 2 ** 20}M`);

export const cacheWords = (caches: readonly Cache[]): string =>
  caches.map(({ name, bytes }) => `${name} ${shownBytes(bytes)}`).join(", ");

/** The table of times an element, by size. */
export function elementwiseCells({ elementwise, caches }: Scaling): Cells {
  return [
    ["elements", "add: data", "held by", "add: ns an element", "exp: ns an element"],
    ...elementwise.map(({ n, bytes, addNs, expNs }) => [
      ...[shownElements(n), shownBytes(bytes), heldBy(caches, bytes)],
      ...[addNs.toFixed(3), expNs.toFixed(3)],
    ]),
  ];
}

/** The table of rates of products, by size. */
export function matmulCells({ matmul, caches }: Scaling): Cells {
  return [
    ["matmul", "data", "held by", "GFLOP/s", "of limit"],
    ...matmul.map(({ n, bytes, gflops, share }) => [
      ...[`${n}x${n}`, shownBytes(bytes), heldBy(caches, bytes)],
      ...[gflops.toFixed(1), percent(share)],
    ]),
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
      return { name, what: "bytes", cannot: isNumber(size) ? undefined : size };
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

/** A table for the terminal. */
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

/** This machine's processor. */
export const processor = (): string => cpus()[0]?.model.trim() ?? "unknown";

/** Where it was measured, in a line. */
export function machine(): string {
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${processor()} (${cpus().length} cores, one used), ${memory} GiB, ${process.platform} ${process.arch}, Node ${process.version}`;
}

/** The limit of arithmetic over all rows: a wide range tells of a throttled machine. */
export function limitNote({ rows }: Results): string {
  const all = rows.flatMap((row) => limitGflops(row) ?? []);
  if (all.length === 0) return "not measured";
  const [middle, least, most] = [median(all), Math.min(...all), Math.max(...all)];
  return `${middle.toFixed(1)} GFLOP/s (${least.toFixed(1)} to ${most.toFixed(1)} beside the rows)`;
}

/** What the figures were taken on, and beside what. */
export const circumstances = (results: Results): string[] => [
  `Machine: ${machine()}.`,
  `SIMD128 multiply and add on one core: ${limitNote(results)}.`,
  `${besideNote(results.beside)}.`,
];
