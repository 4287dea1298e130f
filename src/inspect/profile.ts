// profile: where the time of a function goes, kernel by kernel.
import { checkFunction, checkOptions } from "../core/shape.js";
import { callsBegun, evictionStats } from "../memory/eviction.js";
import { watchAddresses } from "../memory/buffer.js";
import { refusePromise } from "../memory/scope.js";
import { observeCalls } from "../kernels/run.js";
import { type Limits, measureLimits } from "./limits.js";
import { flopsOf } from "./work.js";

/** What one op (one kernel: forward and gradient are two) took. */
export interface ProfileRow {
  /**
   * The kernel's name without its dtype, "chain" for neighbouring ops of a captured function, elementwise or by rows
   * (a relu is part of the product or the convolution that it follows); "(JavaScript)" for what is no kernel.
   */
  readonly op: string;
  /** How often the kernel ran. */
  readonly calls: number;
  /** Their time, in milliseconds. */
  readonly ms: number;
  /** Multiplications and additions, 10^9 a second; null for ops that are bound by memory. */
  readonly gflops: number | null;
  /** Bytes of the tensors that its calls read or wrote, 10^9 a second; null in replays of captured steps. */
  readonly gbps: number | null;
  /** The rate over this machine's limit (see `measureLimits`), 0 to 1; above 1 where a cache is faster than memory. */
  readonly ofLimit: number | null;
  /** The most bytes that tensors took at any of its calls; 0 for "(JavaScript)". */
  readonly peakBytes: number;
}

export interface Profile<R> {
  /** What the function returned. */
  readonly result: R;
  /** The time of all, in milliseconds. */
  readonly ms: number;
  /** The slowest first. */
  readonly rows: readonly ProfileRow[];
  /** The most bytes that tensors took at any kernel call. */
  readonly peakBytes: number;
  /** A table. */
  toString(): string;
  /** JSON for chrome://tracing and Perfetto: an event for each call. */
  chromeTrace(): string;
}

export interface ProfileOptions {
  /** Prints the table. Default: true. */
  print?: boolean;
}

interface Call {
  readonly op: string;
  readonly begin: number;
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
  /** Bytes that tensors took. */
  readonly live: number;
}

const JAVASCRIPT = "(JavaScript)";

/** This machine's, measured by the first profile. */
let limits: Limits | null = null;

/**
 * Runs `fn` once and measures each kernel call in it, also those of captured steps.
 *
 * Call `fn` a few times before: the first calls of anything are compiled by a fast compiler into slow code.
 * @throws ValueError when `fn` returns a promise: what it runs later would not be measured
 * @example
 * const [a, b] = [randn([64, 64]), randn([64, 64])];
 * const { rows } = profile(() => a.matmul(b).relu(), { print: false });
 * console.log(rows.some(({ op, calls }) => op === "matmul" && calls === 1)); // true
 */
export function profile<R>(fn: () => R, options: ProfileOptions = {}): Profile<R> {
  checkFunction("profile", "fn", fn);
  checkOptions("profile", options);
  limits ??= measureLimits();
  const calls: Call[] = [];
  // Bytes of the buffers that the next call was given.
  const given = new Map<object, number>();
  let since = -1;
  const watching = watchAddresses((buffer, address) => {
    // What a copy was given, which is no kernel, is not the next kernel's.
    if (since !== callsBegun()) given.clear();
    since = callsBegun();
    given.set(buffer, buffer.bytes);
    // A recording, or a profile around this one.
    return watching?.(buffer, address) ?? address;
  });
  const observing = observeCalls((kernel, args, units, call, isReplay) => {
    const bytes = isReplay ? 0 : [...given.values()].reduce((sum, n) => sum + n, 0);
    given.clear();
    const begin = performance.now();
    if (observing === null) call();
    else observing(kernel, args, units, call, isReplay);
    const ms = performance.now() - begin;
    const flops = flopsOf(kernel, args, units);
    const op = kernel.replace(/(F32|I32|Bool|32|8)$/, "");
    calls.push({ op, begin, ms, flops, bytes, live: evictionStats().liveBytes });
  });
  const begin = performance.now();
  let result: R;
  try {
    result = refusePromise("profile", fn());
  } finally {
    observeCalls(observing);
    watchAddresses(watching);
  }
  const ms = performance.now() - begin;
  const rows = rowsOf(calls, ms, limits);
  const report: Profile<R> = {
    ...{ result, ms, rows, peakBytes: Math.max(...rows.map((row) => row.peakBytes)) },
    toString: () => tableOf(report),
    chromeTrace: () => traceOf(calls, begin, ms),
  };
  // eslint-disable-next-line no-console -- what it is for
  if (options.print ?? true) console.log(report.toString());
  return report;
}

function rowsOf(calls: readonly Call[], totalMs: number, limits: Limits): ProfileRow[] {
  const groups = new Map<string, Call[]>();
  for (const call of calls) {
    const group = groups.get(call.op);
    if (group === undefined) groups.set(call.op, [call]);
    else group.push(call);
  }
  const rows = [...groups].map(([op, all]): ProfileRow => {
    const total = (key: "ms" | "flops" | "bytes"): number =>
      all.reduce((sum, c) => sum + c[key], 0);
    const ms = total("ms");
    const rate = (work: number): number | null => (work > 0 && ms > 0 ? work / ms / 1e6 : null);
    const [gflops, gbps] = [rate(total("flops")), rate(total("bytes"))];
    const share = gflops === null ? (gbps ?? 0) / limits.gbps : gflops / limits.gflops;
    const peakBytes = all.reduce((most, c) => Math.max(most, c.live), 0);
    return {
      op,
      calls: all.length,
      ms,
      gflops,
      gbps,
      ofLimit: share > 0 ? share : null,
      peakBytes,
    };
  });
  const inKernels = rows.reduce((sum, row) => sum + row.ms, 0);
  const none = { gflops: null, gbps: null, ofLimit: null, peakBytes: 0 };
  rows.push({ op: JAVASCRIPT, calls: 0, ms: Math.max(0, totalMs - inKernels), ...none });
  return rows.sort((a, b) => b.ms - a.ms);
}

function rateOf({ gflops, gbps }: ProfileRow): string {
  if (gflops !== null) return `${gflops.toPrecision(3)} GFLOP/s`;
  return gbps === null ? "" : `${gbps.toPrecision(3)} GB/s`;
}

const shownBytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

function tableOf({ rows, ms, peakBytes }: Profile<unknown>): string {
  const cells = [
    ["op", "calls", "ms", "share", "rate", "of limit", "memory"],
    ...rows.map((row) => [
      row.op,
      row.calls === 0 ? "" : String(row.calls),
      row.ms.toFixed(3),
      `${((100 * row.ms) / ms).toFixed(1)}%`,
      rateOf(row),
      row.ofLimit === null ? "" : `${(100 * row.ofLimit).toFixed(0)}%`,
      row.calls === 0 ? "" : shownBytes(row.peakBytes),
    ]),
  ];
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  const lines = cells.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
  const total = `${ms.toFixed(3)} ms; at most ${shownBytes(peakBytes)} of tensors`;
  return [...lines, total].join("\n");
}

function traceOf(calls: readonly Call[], begin: number, ms: number): string {
  const event = (name: string, at: number, took: number, args: object): object => ({
    ...{ name, ph: "X", pid: 1, tid: 1, ts: 1000 * (at - begin), dur: 1000 * took, args },
  });
  const events = calls.map(({ op, begin: at, ms, flops, bytes, live }) =>
    event(op, at, ms, { flops, bytes, live }),
  );
  return JSON.stringify({ traceEvents: [event("profile", begin, ms, {}), ...events] });
}
