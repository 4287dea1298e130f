/**
 * Holds ratios against a committed baseline: times of this machine differ from day to day, how many
 * times faster than a peer in the same rounds much less. Nothing here measures or prints.
 */
import type { Row, Score } from "./contest.js";
import { OURS } from "./judge.js";

/** How many times ours is faster (or smaller) than each peer, and "limit"; by entry. */
export type Ratios = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What an entry is held to: its ratio to `than`. */
export interface Mark {
  readonly than: string;
  readonly ratio: number;
}

export type Baseline = Readonly<Record<string, Mark>>;

/** The machine's own limit, which stands in where no peer can do the work. */
export const LIMIT = "limit";
const ONE_THREAD = "one thread";

/** A ratio may be this share of its mark; below, it has fallen. */
export const KEPT = 0.8;

/** Ratios of an entry's figures, by contestant: times or sizes, the smaller the better. */
export function ratiosOf(figures: Readonly<Record<string, number | undefined>>): Ratios[string] {
  const { [OURS]: ours, ...others } = figures;
  if (ours === undefined) return {};
  return Object.fromEntries(
    Object.entries(others).flatMap(([name, figure]) =>
      figure === undefined ? [] : [[name, figure / ours]],
    ),
  );
}

/** The fastest round: whatever else runs can only make the others slower. */
const fastest = ({ rounds }: Score): number | undefined => rounds && Math.min(...rounds);

/**
 * Ratios of a row: to the peers, and to the limit, whose loop does the same work at every entry, so
 * that its time serves; with threads, to one thread. Peers that need seconds a call are left out:
 * whoever compares later shall not have to wait for them.
 */
function rowRatiosOf({ entry, scores, limit, alone }: Row): Ratios[string] {
  const ours = scores[OURS] && fastest(scores[OURS]);
  if (entry.threads !== undefined) {
    return ratiosOf({ [OURS]: ours, [ONE_THREAD]: alone && fastest(alone) });
  }
  const quick = Object.entries(scores).filter(([name]) => !entry.slowFor?.includes(name));
  const times = Object.fromEntries(quick.map(([name, score]) => [name, fastest(score)]));
  return ratiosOf({ ...times, [LIMIT]: limit && fastest(limit) });
}

export const rowRatios = (rows: readonly Row[]): Ratios =>
  Object.fromEntries(rows.map((row) => [row.entry.id, rowRatiosOf(row)]));

/** The mark of an entry: the peer that comes closest or, without any, the limit. */
function markOf(ratios: Readonly<Record<string, number>>): Mark | undefined {
  const peers = Object.entries(ratios).filter(([than]) => than !== LIMIT);
  const [closest] = peers.sort(([, a], [, b]) => a - b);
  const [than, ratio] = closest ?? [LIMIT, ratios[LIMIT]];
  return ratio === undefined ? undefined : { than, ratio: Number(ratio.toPrecision(3)) };
}

/** The marks of what was measured, and of `kept` those of entries that exist but were not. */
export function newBaseline(
  measured: Ratios,
  kept: Baseline = {},
  known: readonly string[] = Object.keys(measured),
): Baseline {
  const marks = known.map((id) => {
    const ratios = measured[id];
    return [id, ratios === undefined ? kept[id] : (markOf(ratios) ?? kept[id])] as const;
  });
  return Object.fromEntries(marks.flatMap(([id, mark]) => (mark ? [[id, mark]] : [])));
}

export interface Fall extends Mark {
  readonly id: string;
  /** The ratio now; undefined where one of the two gave no time. */
  readonly now: number | undefined;
}

/** The entries that were measured and lie more than a fifth below their marks, the deepest first. */
export function compare(baseline: Baseline, measured: Ratios): Fall[] {
  const falls = Object.entries(baseline).flatMap(([id, mark]): Fall[] => {
    const ratios = measured[id];
    if (ratios === undefined) return [];
    const now = ratios[mark.than];
    return now !== undefined && now >= KEPT * mark.ratio ? [] : [{ id, ...mark, now }];
  });
  const depth = ({ now = 0, ratio }: Fall): number => now / ratio;
  return falls.sort((a, b) => depth(a) - depth(b));
}

/** What was measured but has no mark yet. */
export const unmarked = (baseline: Baseline, measured: Ratios): string[] =>
  Object.keys(measured).filter((id) => !(id in baseline));

/** A row that fell, in a line. */
export function describe({ id, than, ratio, now }: Fall): string {
  const was = `${ratio.toPrecision(3)} times ${than}`;
  if (now === undefined) return `${id}: was ${was}, now there is no such figure`;
  const lost = ((1 - now / ratio) * 100).toFixed(0);
  return `${id}: was ${was}, now ${now.toPrecision(3)} (${lost}% less)`;
}

/**
 * The processor that the page of the baseline's run names, if it is not this one: ratios differ between
 * processors, some by more than a fifth, although nothing has changed.
 */
export function measuredElsewhere(page: string, processor: string): string | null {
  const theirs = /^- Machine: (.+) \(\d+ cores/m.exec(page)?.[1];
  return theirs === undefined || theirs === processor ? null : theirs;
}
