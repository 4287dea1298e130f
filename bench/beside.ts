/**
 * What ran beside a benchmark: processor time of other processes, and time that the host took away,
 * while it ran. Known on Linux only, from /proc.
 */
import { readFileSync } from "node:fs";

/** Seconds of one core. */
interface Clock {
  readonly wall: number;
  readonly busy: number;
  readonly stolen: number;
  readonly own: number;
}

export interface Beside {
  /** Cores that other processes kept busy, on average. */
  readonly others: number;
  /** Cores that the host withheld, on average. */
  readonly stolen: number;
}

/** Of /proc/stat and /proc/self/stat: a hundredth of a second everywhere that Linux runs Node. */
const TICKS_A_SECOND = 100;

/** All processors' time, from the first line of /proc/stat; undefined where there is no such file. */
function readClock(): Clock | undefined {
  try {
    const [first = ""] = readFileSync("/proc/stat", "utf8").split("\n");
    const [user, nice, system, , , irq, softirq, steal] = first.split(/\s+/).slice(1).map(Number);
    // The name may hold blanks: what follows its bracket is state, ppid ... with utime as the twelfth.
    const self = readFileSync("/proc/self/stat", "utf8");
    const fields = self.slice(self.lastIndexOf(")") + 2).split(" ");
    // utime, stime, and those of the children that have ended.
    const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
    return {
      wall: performance.now() / 1e3,
      busy: (user! + nice! + system! + irq! + softirq!) / TICKS_A_SECOND,
      stolen: (steal ?? 0) / TICKS_A_SECOND,
      own: own / TICKS_A_SECOND,
    };
  } catch {
    return undefined;
  }
}

/** Begins to watch; the function it returns says what was seen since. */
export function watch(): () => Beside | undefined {
  const from = readClock();
  return () => {
    const to = readClock();
    if (!from || !to) return undefined;
    const seconds = to.wall - from.wall;
    const others = (to.busy - from.busy - (to.own - from.own)) / seconds;
    return { others: Math.max(0, others), stolen: (to.stolen - from.stolen) / seconds };
  };
}

/** Less than this, in cores, does not show in a median. */
const NEGLIGIBLE = 0.1;

/** In words, for whoever reads the figures. */
export function besideNote(beside: Beside | undefined): string {
  if (!beside) return "What ran beside it is not known on this system";
  const { others, stolen } = beside;
  const busy = others + stolen > NEGLIGIBLE;
  const trust = busy ? ": TRUST NO TIME here, and ratios only roughly" : "";
  return `While it ran, other processes used ${others.toFixed(2)} cores and the host withheld ${stolen.toFixed(2)}${trust}`;
}
