/**
 * Runs the entries: each contestant in a fresh process per entry, all of them alive at once and
 * idle but for the one that is being timed; rounds alternate, so that a slow minute of the machine
 * falls on everybody. Returns plain results; judging and printing is report.ts.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Entrant } from "./contestant.js";
import type { Budget } from "./measure.js";
import { type Entry, entries } from "./tasks.js";
import type { Reply, Request } from "./worker.js";

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
  /** Why there is no figure. */
  readonly cannot?: string;
  /** Largest absolute difference to the first contestant's answer, over its largest value. */
  readonly difference?: number;
}

export interface Row {
  readonly entry: Entry;
  readonly scores: Readonly<Record<string, Score>>;
  /** The first contestant at the entry that the bar likens this one to, in the same rounds. */
  readonly like?: Score;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const workerPath = fileURLToPath(new URL("./worker.ts", import.meta.url));
/** A call that answers nothing for so long counts as failed. */
const TIMEOUT_MS = 300_000;
/** Rounds of a contestant whose single call takes seconds. */
const SLOW_ROUNDS = 2;

/** One contestant at one entry, over IPC. Every failure, crashes included, is a rejection. */
class Player {
  readonly #child: ChildProcess;
  #stderr = "";

  constructor(entrant: Entrant, entry: Entry) {
    this.#child = fork(workerPath, [entrant.module, entry.id], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
  }

  #ask(request: Request): Promise<Exclude<Reply, { error: string }>> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit);
        finish();
      };
      const onMessage = (reply: Reply): void =>
        settle(() => ("error" in reply ? reject(new Error(reply.error)) : resolve(reply)));
      const onExit = (code: number | null): void =>
        settle(() => reject(new Error(`ended with ${code}: ${this.#stderr.trim().slice(-300)}`)));
      const timer = setTimeout(
        () => settle(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`))),
        TIMEOUT_MS,
      );
      child.on("message", onMessage).on("exit", onExit);
      if (child.exitCode !== null || !child.connected) onExit(child.exitCode);
      else child.send(request);
    });
  }

  async check(): Promise<Float64Array> {
    const reply = await this.#ask({ ask: "check" });
    if (!("answer" in reply)) throw new Error("expected an answer");
    return reply.answer;
  }

  async measure(budget: Budget): Promise<number> {
    const reply = await this.#ask({ ask: "measure", budget });
    if (!("ms" in reply)) throw new Error("expected a time");
    return reply.ms;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

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

interface Standing {
  readonly name: string;
  readonly player: Player;
  readonly rounds: number[];
  answer?: Float64Array;
  cannot?: string;
}

async function attempt(standing: Standing, act: () => Promise<void>): Promise<void> {
  if (standing.cannot !== undefined) return;
  try {
    await act();
  } catch (error) {
    standing.cannot = error instanceof Error ? error.message : String(error);
  }
}

export async function play(
  entry: Entry,
  entrants: readonly Entrant[],
  effort: Effort,
): Promise<Row> {
  const isSlow = (name: string): boolean => entry.slowFor?.includes(name) ?? false;
  const isSkipped = ({ name }: Entrant): boolean => effort.skipSlow && isSlow(name);
  const enter = (e: Entrant, played: Entry): Standing => {
    return { name: e.name, player: new Player(e, played), rounds: [] };
  };
  const standings = entrants.filter((e) => !isSkipped(e)).map((e) => enter(e, entry));
  const likened = entries.find(({ id }) => id === entry.bar.like?.id);
  const like = likened && entrants[0] ? enter(entrants[0], likened) : undefined;
  const everybody = like ? [...standings, like] : standings;
  try {
    for (const s of everybody) {
      await attempt(s, async () => {
        s.answer = await s.player.check();
      });
    }
    for (let round = 0; round < effort.rounds; round++) {
      // Later rounds find the code warm; a few calls suffice to refill the caches.
      const warmupMs = round === 0 ? effort.warmupMs : effort.warmupMs / 10;
      for (const s of everybody) {
        if (isSlow(s.name) && round >= SLOW_ROUNDS) continue;
        await attempt(s, async () => {
          s.rounds.push(await s.player.measure({ measureMs: effort.measureMs, warmupMs }));
        });
      }
    }
  } finally {
    for (const { player } of everybody) player.stop();
  }
  const scores = scoresOf(standings, entrants.filter(isSkipped));
  return { entry, scores, ...(like && { like: scoreOf(like) }) };
}

const scoreOf = ({ cannot, rounds }: Standing): Score =>
  cannot === undefined ? { ms: median(rounds), rounds } : { cannot };

function scoresOf(
  standings: readonly Standing[],
  skipped: readonly Entrant[],
): Record<string, Score> {
  const scores: Record<string, Score> = {};
  const reference = standings.find((s) => s.answer)?.answer;
  for (const standing of standings) {
    const { name, answer } = standing;
    const compared = answer && reference ? { difference: difference(reference, answer) } : {};
    scores[name] = { ...scoreOf(standing), ...compared };
  }
  for (const { name } of skipped) scores[name] = { cannot: "skipped (takes seconds a call)" };
  return scores;
}
