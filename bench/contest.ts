/**
 * Runs the entries: each contestant in a fresh process per entry, all of them alive at once and
 * idle but for the one that is being timed; rounds alternate, so that a slow minute of the machine
 * falls on everybody. Returns plain results; judging is judge.ts, printing report.ts.
 */
import { CannotError, type Entrant, type Runner } from "./contestant.js";
import { Player } from "./player.js";
import type { Timing } from "./measure.js";
import type { Entry } from "./tasks.js";

export interface Effort {
  readonly rounds: number;
  readonly measureMs: number;
  readonly warmupMs: number;
  /** Leave out what takes a contestant seconds a call. */
  readonly skipSlow: boolean;
}

export interface Score {
  /** Median over the rounds of each round's median, in milliseconds. */
  readonly ms?: number;
  /** Each round's median, in the order of the rounds. */
  readonly rounds?: readonly number[];
  /** Bytes that a call moved out of the library's heap, in the last round. */
  readonly spilled?: number;
  /** Why there is no figure. */
  readonly cannot?: string;
  /** Where that is not the library's own word but a crash, a timeout, a module that doesn't load. */
  readonly failed?: true;
  /** Largest absolute difference to the first contestant's answer, over its largest value. */
  readonly difference?: number;
}

export interface Row {
  readonly entry: Entry;
  readonly scores: Readonly<Record<string, Score>>;
  /** The limit's loop in the same rounds (limit.ts). */
  readonly limit?: Score;
  /** With threads: ours at the entry that is the same with one, in the same rounds. */
  readonly alone?: Score;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const LIMIT: Runner = { name: "limit", module: new URL("./limit.ts", import.meta.url).href };

/** max |a - b| over max |a|; infinite where shapes or NaNs differ, so that nothing slips through. */
export function difference(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Infinity;
  let scale = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(apart)) return Infinity;
    scale = Math.max(scale, Math.abs(a[i]!));
    largest = Math.max(largest, apart);
  }
  return largest / (scale || 1);
}

/** One contestant in the rounds of one entry. */
class Standing {
  readonly #player: Player;
  readonly #timings: Timing[] = [];
  answer: Float64Array | undefined;
  #cannot: string | undefined;
  #failed = false;

  constructor(
    readonly name: string,
    runner: Runner,
    entry: Entry,
    readonly isSlow: boolean,
  ) {
    this.#player = new Player(runner, entry);
  }

  /** A failure is noted, and ends this contestant's part. */
  async #attempt(act: () => Promise<void>): Promise<void> {
    if (this.#cannot !== undefined) return;
    try {
      await act();
    } catch (error) {
      this.#cannot = error instanceof Error ? error.message : String(error);
      this.#failed = !(error instanceof CannotError);
    }
  }

  check(): Promise<void> {
    return this.#attempt(async () => {
      this.answer = await this.#player.check();
    });
  }

  async round(round: number, { measureMs, warmupMs }: Effort): Promise<void> {
    // A call of seconds is its own warm-up (the check), and needs no second opinion.
    if (this.isSlow && round > 0) return;
    // Later rounds find the code warm; a few calls suffice to refill the caches.
    const budget = { measureMs, warmupMs: round === 0 ? warmupMs : warmupMs / 10 };
    await this.#attempt(async () => {
      this.#timings.push(await this.#player.measure(budget));
    });
  }

  score(reference: Float64Array | undefined): Score {
    const compared =
      this.answer && reference ? { difference: difference(reference, this.answer) } : {};
    if (this.#cannot !== undefined) {
      return { cannot: this.#cannot, ...(this.#failed && { failed: true }), ...compared };
    }
    const rounds = this.#timings.map(({ ms }) => ms);
    const spilled = this.#timings.at(-1)?.spilled;
    return { ms: median(rounds), rounds, ...(spilled !== undefined && { spilled }), ...compared };
  }

  stop(): Promise<void> {
    return this.#player.stop();
  }
}

const SKIPPED: Score = { cannot: "skipped (takes seconds a call)" };

/** Entries that give the peers the same work, with the first of them. */
export function groups(wanted: readonly Entry[]): Entry[][] {
  const made = new Map<string, Entry[]>();
  for (const entry of wanted) {
    const key = entry.peersOf ?? entry.id;
    made.set(key, [...(made.get(key) ?? []), entry]);
  }
  return [...made.values()];
}

/**
 * Plays entries of one group: the first entrant does each of them, the others and the limit do the
 * first. A row an entry.
 */
export async function play(
  group: readonly Entry[],
  [first, ...peers]: readonly [Entrant, ...Entrant[]],
  effort: Effort,
): Promise<Row[]> {
  const [leader] = group as [Entry, ...Entry[]];
  const isSlow = (name: string): boolean => leader.slowFor?.includes(name) ?? false;
  const isSkipped = ({ name }: Entrant): boolean => effort.skipSlow && isSlow(name);
  const enter = (runner: Runner, entry = leader): Standing =>
    new Standing(runner.name, runner, entry, isSlow(runner.name));
  const ours = group.map((entry) => enter(first, entry));
  const others = peers.filter((peer) => !isSkipped(peer)).map((peer) => enter(peer));
  const limit = enter(LIMIT);
  const everybody = [...ours, ...others, limit];
  try {
    for (const standing of everybody) await standing.check();
    for (let round = 0; round < effort.rounds; round++) {
      for (const standing of everybody) await standing.round(round, effort);
    }
  } finally {
    await Promise.all(everybody.map((standing) => standing.stop()));
  }
  return group.map((entry, i) => {
    const own = ours[i]!;
    const reference = own.answer ?? others.find(({ answer }) => answer)?.answer;
    const scores = Object.fromEntries([
      ...[own, ...others].map((standing) => [standing.name, standing.score(reference)] as const),
      ...peers.filter(isSkipped).map(({ name }) => [name, SKIPPED] as const),
    ]);
    const same = group.findIndex(({ task }) => task === entry.task);
    const alone = same < i && { alone: ours[same]!.score(undefined) };
    return { entry, scores, limit: limit.score(undefined), ...alone };
  });
}
