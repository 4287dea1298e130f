// The comparison of ratios with the committed baseline, and the verdicts on rows: plain functions on
// made-up figures. Nothing is timed here.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { caches, heldBy } from "../../bench/caches.js";
import {
  type Baseline,
  compare,
  describe as tell,
  measuredElsewhere,
  newBaseline,
  ratiosOf,
  rowRatios,
  unmarked,
} from "../../bench/compare.js";
import { type Row, type Score, difference, groups, median } from "../../bench/contest.js";
import { entries } from "../../bench/entries.js";
import { duration, judge, shareOfLimit } from "../../bench/judge.js";
import { LIMIT_FLOPS } from "../../bench/limit.js";
import type { Bar, Entry } from "../../bench/tasks.js";

/** A score of rounds of so many milliseconds. */
const took = (...rounds: number[]): Score => ({ ms: median(rounds), rounds });

const baseline: Baseline = {
  gemm: { than: "a", ratio: 2 },
  lstm: { than: "limit", ratio: 0.5 },
  gpt: { than: "b", ratio: 10 },
};

describe("the processor of the baseline", () => {
  const page = "# Benchmarks\n\n- Machine: Fast(R) CPU (4th) (2 cores, one used), 24 GiB.\n";

  it("is named where it is not this one", () => {
    expect(measuredElsewhere(page, "Slow CPU")).toBe("Fast(R) CPU (4th)");
    expect(measuredElsewhere(page, "Fast(R) CPU (4th)")).toBe(null);
    expect(measuredElsewhere("no machine", "Slow CPU")).toBe(null);
  });

  it("is found in the committed page", () => {
    const committed = readFileSync("docs/benchmarks.md", "utf8");
    expect(measuredElsewhere(committed, "Slow CPU")).toMatch(/\w/);
  });
});

describe("ratios", () => {
  it("say how many times as much each other contestant needs", () => {
    expect(ratiosOf({ simdgrad: 2, a: 6, b: 1, limit: undefined })).toEqual({ a: 3, b: 0.5 });
  });

  it("are none without a figure of ours", () => {
    expect(ratiosOf({ simdgrad: undefined, a: 6 })).toEqual({});
    expect(ratiosOf({ a: 6 })).toEqual({});
  });

  it("of rows have the limit among them", () => {
    const row = rowOf({}, { simdgrad: took(4, 5), a: took(9, 8), b: { cannot: "so" } }, 1);
    expect(rowRatios([row])).toEqual({ row: { a: 2, limit: 0.25 } });
  });

  it("leave out whom one would have to wait for", () => {
    const scores = { simdgrad: took(4), a: took(9000), b: took(8) };
    expect(rowRatios([rowOf({}, scores, 1, { slowFor: ["a"] })])).toEqual({
      row: { b: 2, limit: 0.25 },
    });
  });

  it("with threads are those to one thread", () => {
    const row = rowOf({}, { simdgrad: took(4), a: took(8) }, 1, { threads: 2 });
    expect(rowRatios([{ ...row, alone: took(7, 6) }])).toEqual({ row: { "one thread": 1.5 } });
  });
});

describe("compare", () => {
  it("lets a fifth pass, and nothing more", () => {
    expect(compare(baseline, { gemm: { a: 1.6 } })).toEqual([]);
    expect(compare(baseline, { gemm: { a: 1.599 } })).toEqual([
      { id: "gemm", than: "a", ratio: 2, now: 1.599 },
    ]);
  });

  it("looks at the contestant of the mark, whoever else is closer now", () => {
    expect(compare(baseline, { gemm: { a: 2, b: 0.1, limit: 0.1 } })).toEqual([]);
    expect(compare(baseline, { lstm: { a: 9, limit: 0.3 } }).map(({ id }) => id)).toEqual(["lstm"]);
  });

  it("counts a figure that is gone as fallen, and entries that were not measured not at all", () => {
    expect(compare(baseline, { gemm: { b: 5 } })).toEqual([
      { id: "gemm", than: "a", ratio: 2, now: undefined },
    ]);
    expect(compare(baseline, { gemm: {} })).toHaveLength(1);
    expect(compare(baseline, {})).toEqual([]);
  });

  it("names the deepest fall first", () => {
    const falls = compare(baseline, { gemm: { a: 1.5 }, lstm: { limit: 0.1 }, gpt: { a: 1 } });
    expect(falls.map(({ id }) => id)).toEqual(["gpt", "lstm", "gemm"]);
  });

  it("tells what fell by how much", () => {
    const [fall] = compare(baseline, { gemm: { a: 1.5 } });
    expect(tell(fall!)).toBe("gemm: was 2.00 times a, now 1.50 (25% less)");
    expect(tell({ ...fall!, now: undefined })).toBe(
      "gemm: was 2.00 times a, now there is no such figure",
    );
  });

  it("tells which entries have no mark", () => {
    expect(unmarked(baseline, { gemm: { a: 1 }, conv: { a: 1 } })).toEqual(["conv"]);
  });
});

describe("a new baseline", () => {
  it("holds each entry against the peer that comes closest, or the limit", () => {
    const measured = { gemm: { a: 3.14159, b: 1.23456, limit: 0.9 }, lstm: { limit: 0.5 } };
    expect(newBaseline(measured)).toEqual({
      gemm: { than: "b", ratio: 1.23 },
      lstm: { than: "limit", ratio: 0.5 },
    });
  });

  it("keeps the marks of entries that were not measured or gave nothing, and drops unknown ones", () => {
    expect(newBaseline({ gemm: { a: 3 }, lstm: {} }, baseline, ["gemm", "lstm"])).toEqual({
      gemm: { than: "a", ratio: 3 },
      lstm: baseline["lstm"],
    });
  });

  it("is committed, with a mark for every entry", () => {
    const file = new URL("../../bench/baseline.json", import.meta.url);
    const committed = JSON.parse(readFileSync(file, "utf8")) as Baseline;
    const known = [...entries.map(({ id }) => id), "startup", "bytes", "kernels"];
    expect(Object.keys(committed).sort()).toEqual(known.sort());
    for (const { ratio } of Object.values(committed)) expect(ratio).toBeGreaterThan(0);
  });
});

function rowOf(bar: Bar, scores: Row["scores"], limitMs?: number, more: Partial<Entry> = {}): Row {
  const task = { kind: "unary", fn: "exp", n: 1e6 } as const;
  const entry: Entry = { id: "row", title: "row", task, tolerance: 1e-5, bar, ...more };
  return { entry, scores, ...(limitMs !== undefined && { limit: took(limitMs) }) };
}

/** The time of the limit's loop at so many GFLOP/s. */
const limitAt = (gflops: number): number => LIMIT_FLOPS / gflops / 1e6;

describe("a verdict", () => {
  const met = (bar: Bar, scores: Row["scores"], limitMs?: number, more?: Partial<Entry>) =>
    judge(rowOf(bar, scores, limitMs, more)).met;

  it("holds a ratio to a peer, or to the best", () => {
    const scores = { simdgrad: { ms: 2 }, a: { ms: 6 }, b: { ms: 3 } };
    expect(met({ faster: { than: "a", by: 3 } }, scores)).toBe(true);
    expect(met({ faster: { than: "best", by: 1.5 } }, scores)).toBe(true);
    expect(met({ faster: { than: "best", by: 1.6 } }, scores)).toBe(false);
  });

  it("counts a peer that cannot as beaten, one that was skipped or failed as unknown", () => {
    const faster = { than: "a", by: 3 };
    const ours = { simdgrad: { ms: 2 } };
    expect(met({ faster }, { ...ours, a: { cannot: "no such kernel" } })).toBe(true);
    expect(met({ faster }, { ...ours, a: { cannot: "skipped (slow)" } })).toBeUndefined();
    expect(met({ faster }, { ...ours, a: { cannot: "ended", failed: true } })).toBeUndefined();
    expect(met({ faster }, ours)).toBeUndefined();
  });

  it("takes a time, or its ratio", () => {
    const bar = { atMostMs: 1, orRatio: { than: "a", by: 4 } };
    expect(met(bar, { simdgrad: { ms: 1 }, a: { ms: 1 } })).toBe(true);
    expect(judge(rowOf(bar, { simdgrad: { ms: 2 }, a: { ms: 8 } }))).toMatchObject({
      met: true,
      note: "by ratio",
    });
    expect(met(bar, { simdgrad: { ms: 2 }, a: { ms: 7 } })).toBe(false);
  });

  it("scales elements a nanosecond to the limit beside the row", () => {
    const ours = { simdgrad: { ms: 1 } }; // one element a nanosecond
    expect(met({ perNs: 1 }, ours, limitAt(64))).toBe(true);
    expect(met({ perNs: 2 }, ours, limitAt(64))).toBe(false);
    expect(met({ perNs: 2 }, ours, limitAt(32))).toBe(true);
    expect(met({ perNs: 2 }, ours)).toBeUndefined();
  });

  it("holds a share of the limit: of arithmetic, or of the plain loop over memory", () => {
    const product = { flops: 32e6 };
    expect(shareOfLimit(rowOf({}, { simdgrad: { ms: 1 } }, limitAt(64), product))).toBeCloseTo(0.5);
    const task = { kind: "binary", fn: "add", n: 1e6 } as const;
    const half = rowOf({ ofLimit: 0.8 }, { simdgrad: { ms: 1 } }, 0.5, { task });
    expect(shareOfLimit(half)).toBe(0.5);
    expect(judge(half).met).toBe(false);
    expect(judge({ ...half, limit: took(0.9) }).met).toBe(true);
  });

  it("with two threads is about one thread in the same rounds", () => {
    const row = rowOf({ overOneThread: 1.7 }, { simdgrad: took(1) });
    expect(judge({ ...row, alone: took(1.8) })).toMatchObject({ met: true, note: "1.80x" });
    expect(judge({ ...row, alone: took(1.6) }).met).toBe(false);
    expect(judge(row).met).toBeUndefined();
  });

  it("is never good where answers differ", () => {
    const scores = { simdgrad: { ms: 1 }, a: { ms: 9, difference: 1e-3 } };
    expect(judge(rowOf({ faster: { than: "a", by: 2 } }, scores))).toMatchObject({
      met: false,
      note: "a DIFFERS by 1.0e-3",
    });
  });
});

describe("what measuring leans on", () => {
  it("takes medians", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("compares answers relative to the largest, and lets no NaN or other length pass", () => {
    const [a, b] = [Float64Array.of(1, -4), Float64Array.of(1.5, -4)];
    expect(difference(a, b)).toBe(0.125);
    expect(difference(a, Float64Array.of(1, NaN))).toBe(Infinity);
    expect(difference(a, Float64Array.of(1))).toBe(Infinity);
  });

  it("plays captured work beside the eager, so that the peers run once", () => {
    const ids = groups(entries).map((group) => group.map(({ id }) => id));
    expect(ids).toContainEqual(["lstm", "lstm-captured"]);
    expect(ids).toContainEqual(["lenet", "lenet-threads", "lenet-captured"]);
    expect(ids).toContainEqual(["gpt", "gpt-threads", "gpt-captured", "gpt-captured-threads"]);
    expect(ids).toContainEqual(["gpt-forward", "gpt-forward-captured"]);
    expect(ids.flat()).toEqual(entries.map(({ id }) => id));
    expect(groups(entries.filter(({ id }) => id === "gpt-captured"))).toHaveLength(1);
  });

  it("writes durations in three digits", () => {
    const written = [5e-5, 0.0123456, 0.9994, 0.9996, 12.345, 5500].map(duration);
    expect(written).toEqual(["50 ns", "12.3 us", "999 us", "1.00 ms", "12.3 ms", "5500 ms"]);
  });

  it("names the smallest cache that holds the data", () => {
    const known = [
      { name: "L1", bytes: 10 },
      { name: "L2", bytes: 100 },
    ];
    expect([10, 11, 101].map((bytes) => heldBy(known, bytes))).toEqual(["L1", "L2", "memory"]);
    expect(heldBy(caches("/no/such/folder"), 1)).toBe("unknown");
  });
});
