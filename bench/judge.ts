/** Holds a row against its bar. Nothing here prints. */
import type { Row, Score } from "./contest.js";
import { type Bar, entries } from "./tasks.js";

/** The contestant that is judged; all others are peers. */
export const OURS = "simdgrad";

export interface Verdict {
  /** The bar in words. */
  readonly bar: string;
  /** Whether each of its conditions holds; undefined where a figure that it needs is missing. */
  readonly met: boolean | undefined;
  /** How it was met or missed, where that is not plain from the row. */
  readonly note: string;
}

type Named = { readonly name: string; readonly ms: number };

export function peersOf(scores: Readonly<Record<string, Score>>): Named[] {
  return Object.entries(scores).flatMap(([name, { ms }]) =>
    name === OURS || ms === undefined ? [] : [{ name, ms }],
  );
}

/** The named peer's speed, or that of the fastest. */
function peer(scores: Readonly<Record<string, Score>>, than: string): Named | undefined {
  const peers = peersOf(scores).sort((a, b) => a.ms - b.ms);
  return than === "best" ? peers[0] : peers.find(({ name }) => name === than);
}

const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 0)}x`;

function words(bar: Bar): string {
  const parts: string[] = [];
  if (bar.atMostMs !== undefined) parts.push(`at most ${duration(bar.atMostMs)}`);
  if (bar.orRatio) parts.push(`or ${times(bar.orRatio.by)} ${bar.orRatio.than}`);
  if (bar.faster) {
    const { than, by } = bar.faster;
    parts.push(`${times(by)} ${than === "best" ? "the best peer" : than}`);
  }
  if (bar.like) parts.push(`${bar.like.id} within ${bar.like.within * 100}%`);
  return parts.join(", ");
}

export function duration(ms: number): string {
  if (ms < 1e-3) return `${(ms * 1e6).toFixed(0)} ns`;
  if (ms < 1) return `${(ms * 1e3).toPrecision(3)} us`;
  return `${ms < 1000 ? ms.toPrecision(3) : ms.toFixed(0)} ms`;
}

function isFaster(row: Row, than: string, by: number): boolean | undefined {
  const ours = row.scores[OURS]?.ms;
  const theirs = peer(row.scores, than)?.ms;
  if (ours === undefined) return undefined;
  // A peer that cannot do the work at all is beaten; one that was not asked is not.
  if (theirs === undefined) return than in row.scores && !isSkipped(row, than) ? true : undefined;
  return theirs / ours >= by;
}

const isSkipped = (row: Row, name: string): boolean =>
  row.scores[name]?.cannot?.startsWith("skipped") ?? false;

/** Arithmetic per second of ours at this entry, as a share of ours at the entry it is likened to. */
function likeness({ entry, scores, like }: Row): number | undefined {
  const model = entries.find(({ id }) => id === entry.bar.like?.id);
  const ours = scores[OURS]?.ms;
  if (!model?.flops || !entry.flops || !ours || !like?.ms) return undefined;
  return entry.flops / ours / (model.flops / like.ms);
}

/** All conditions of the bar; an absolute one is met by its ratio too, as machines differ. */
export function judge(row: Row): Verdict {
  const { bar, tolerance } = row.entry;
  const ours = row.scores[OURS]?.ms;
  const met: (boolean | undefined)[] = [];
  const notes: string[] = [];
  if (bar.atMostMs !== undefined) {
    const absolute = ours === undefined ? undefined : ours <= bar.atMostMs;
    const ratio = bar.orRatio && isFaster(row, bar.orRatio.than, bar.orRatio.by);
    met.push(ratio === true ? true : absolute);
    if (absolute === false && ratio) notes.push("by ratio");
  }
  if (bar.faster) met.push(isFaster(row, bar.faster.than, bar.faster.by));
  if (bar.like) {
    const share = likeness(row);
    met.push(share === undefined ? undefined : share >= 1 - bar.like.within);
    if (share !== undefined) notes.push(`${(share * 100).toFixed(0)}% of ${bar.like.id}`);
  }
  for (const [name, score] of Object.entries(row.scores)) {
    if (score.difference !== undefined && score.difference > tolerance) {
      notes.push(`${name} DIFFERS by ${score.difference.toExponential(1)}`);
      met.push(false);
    }
  }
  const all = met.includes(false) ? false : met.includes(undefined) ? undefined : true;
  return { bar: words(bar), met: ours === undefined ? undefined : all, note: notes.join("; ") };
}
