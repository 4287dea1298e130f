/** Holds a row against its bar. Nothing here prints. */
import type { Row, Score } from "./contest.js";
import { LIMIT_FLOPS, loopOf } from "./limit.js";
import { type Bar, REFERENCE_GFLOPS } from "./tasks.js";

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
type Scores = Readonly<Record<string, Score>>;

/** Those of the peers that could do it, with their times. */
export function peersOf(scores: Scores): Named[] {
  return Object.entries(scores).flatMap(([name, { ms }]) =>
    name === OURS || ms === undefined ? [] : [{ name, ms }],
  );
}

/** The named peer's speed, or that of the fastest. */
function peer(scores: Scores, than: string): Named | undefined {
  const peers = peersOf(scores).sort((a, b) => a.ms - b.ms);
  return than === "best" ? peers[0] : peers.find(({ name }) => name === than);
}

const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 0)}x`;
const percent = (share: number): string => `${(share * 100).toFixed(0)}%`;

/** Bars that are times or rates, and those that are ratios, in words. */
function words({ atMostMs, orRatio, ofLimit, perNs, faster, overOneThread }: Bar): string {
  const beside = ({ than, by }: { than: string; by: number }): string =>
    `${times(by)} ${than === "best" ? "the best peer" : than}`;
  const parts: string[] = [];
  if (atMostMs !== undefined) parts.push(`at most ${duration(atMostMs)}`);
  if (orRatio) parts.push(`or ${beside(orRatio)}`);
  if (ofLimit !== undefined) parts.push(`${percent(ofLimit)} of the limit`);
  if (perNs !== undefined) parts.push(`${perNs}/ns at ${REFERENCE_GFLOPS} GFLOP/s`);
  if (faster) parts.push(beside(faster));
  if (overOneThread !== undefined) parts.push(`${times(overOneThread)} one thread`);
  return parts.join(", ");
}

/** Milliseconds in the unit that gives three digits. */
export function duration(ms: number): string {
  if (ms < 1e-3) return `${(ms * 1e6).toFixed(0)} ns`;
  if (ms < 0.9995) return `${(ms * 1e3).toPrecision(3)} us`; // or 1.00e+3 us
  return `${ms < 1000 ? ms.toPrecision(3) : ms.toFixed(0)} ms`;
}

const isUnable = ({ scores }: Row, name: string): boolean => {
  const { cannot, failed } = scores[name] ?? {};
  return cannot !== undefined && !failed && !cannot.startsWith("skipped");
};

function isFaster(row: Row, than: string, by: number): boolean | undefined {
  const ours = row.scores[OURS]?.ms;
  const theirs = peer(row.scores, than)?.ms;
  if (ours === undefined) return undefined;
  // A peer that cannot do the work at all is beaten; one that was not asked or fell over is not.
  if (theirs === undefined) return isUnable(row, than) ? true : undefined;
  return theirs / ours >= by;
}

/** The limit of arithmetic that was measured beside this row, if that is its limit. */
export function limitGflops({ entry, limit }: Row): number | undefined {
  if (limit?.ms === undefined || loopOf(entry.task) !== "multiplyAdd") return undefined;
  return LIMIT_FLOPS / limit.ms / 1e6;
}

/** What ours reaches of the limit that was measured in the same rounds. */
export function shareOfLimit(row: Row): number | undefined {
  const ms = row.scores[OURS]?.ms;
  if (ms === undefined || row.limit?.ms === undefined) return undefined;
  const gflops = limitGflops(row);
  if (gflops === undefined) return row.limit.ms / ms;
  return row.entry.flops === undefined ? undefined : row.entry.flops / ms / 1e6 / gflops;
}

/** How many times faster than the same with one thread. */
function overOneThread({ scores, alone }: Row): number | undefined {
  const ours = scores[OURS]?.ms;
  return ours === undefined || alone?.ms === undefined ? undefined : alone.ms / ours;
}

/** Elements a nanosecond, for the ops on one large operand. */
export function elementsPerNs({ entry, scores }: Row): number | undefined {
  const ms = scores[OURS]?.ms;
  return ms !== undefined && entry.task.kind === "unary" ? entry.task.n / ms / 1e6 : undefined;
}

/** The answers' differences that are too large. */
function differing({ entry, scores }: Row): string[] {
  return Object.entries(scores).flatMap(([name, { difference = 0 }]) =>
    difference > entry.tolerance ? [`${name} DIFFERS by ${difference.toExponential(1)}`] : [],
  );
}

/** All conditions of the bar; an absolute one is met by its ratio too, as machines differ. */
export function judge(row: Row): Verdict {
  const { bar } = row.entry;
  const ours = row.scores[OURS]?.ms;
  const met: (boolean | undefined)[] = [];
  const notes: string[] = [];
  if (bar.atMostMs !== undefined) {
    const absolute = ours === undefined ? undefined : ours <= bar.atMostMs;
    const ratio = bar.orRatio && isFaster(row, bar.orRatio.than, bar.orRatio.by);
    met.push(ratio === true ? true : absolute);
    if (absolute === false && ratio) notes.push("by ratio");
  }
  if (bar.ofLimit !== undefined) {
    const share = shareOfLimit(row);
    met.push(share === undefined ? undefined : share >= bar.ofLimit);
  }
  if (bar.perNs !== undefined) {
    const [rate, gflops] = [elementsPerNs(row), limitGflops(row)];
    const share = rate && gflops && rate / ((bar.perNs * gflops) / REFERENCE_GFLOPS);
    met.push(share === undefined ? undefined : share >= 1);
    if (share !== undefined) notes.push(`${percent(share)} of it`);
  }
  if (bar.faster) met.push(isFaster(row, bar.faster.than, bar.faster.by));
  if (bar.overOneThread !== undefined) {
    const gain = overOneThread(row);
    met.push(gain === undefined ? undefined : gain >= bar.overOneThread);
    if (gain !== undefined) notes.push(times(gain));
  }
  const wrong = differing(row);
  if (wrong.length > 0) met.push(false);
  const all = met.includes(false) ? false : met.includes(undefined) ? undefined : true;
  const note = [...notes, ...wrong].join("; ");
  return { bar: words(bar), met: ours === undefined ? undefined : all, note };
}
