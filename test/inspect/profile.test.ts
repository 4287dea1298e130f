// The profiler: what it counts, and that it looks on only.
import { afterEach, describe, expect, it, vi } from "vitest";
import { capture, conv2d, matmul, memory, ones, randn, type Tensor } from "../../src/index.js";
import { measureLimits, profile, type ProfileRow } from "../../src/inspect/index.js";
import { flopsOf, work } from "../../src/inspect/work.js";
import { contract } from "../../src/kernels/contract.js";
import * as nn from "../../src/nn/index.js";

const quiet = { print: false };
const row = (rows: readonly ProfileRow[], op: string): ProfileRow =>
  rows.find((r) => r.op === op) ?? expect.fail(`no row of ${op}`);

afterEach(() => vi.restoreAllMocks());

describe("the sizes that a kernel's work is made of", () => {
  const kernels: Readonly<Record<string, readonly string[]>> = contract;
  it.each(Object.entries(work))("stand in its slots: %s", (kernel, { slots }) => {
    for (const [name, slot] of Object.entries(slots)) {
      expect(kernels[kernel]![slot]).toBe(`${name}: u32`);
    }
  });

  const call = (sizes: Record<string, number>, kernel: string): number[] =>
    kernels[kernel]!.map((param) => sizes[param.split(":")[0]!] ?? 0);

  it("give the operations of products, convolutions, attention and recurrent steps", () => {
    const counted = (kernel: string, sizes: Record<string, number>, units = 1): number =>
      flopsOf(kernel, call(sizes, kernel), units);
    expect(counted("matmulF32", { M: 2, N: 3, K: 5, batch: 7 })).toBe(2 * 2 * 3 * 5 * 7);
    const image = { N: 2, C: 4, O: 6, kh: 3, kw: 5, OH: 7, OW: 8, groups: 2 };
    for (const kernel of ["conv2dF32", "conv2dInputGradF32", "conv2dWeightGradF32"]) {
      expect(counted(kernel, image)).toBe(2 * 2 * 6 * 7 * 8 * (4 / 2) * 3 * 5);
    }
    const tiled = { N: 2, C: 3, O: 5, OH: 9, OW: 4, points: 8 };
    for (const kernel of ["winogradConv2dF32", "winogradWeightGradF32"]) {
      expect(counted(kernel, tiled)).toBe(2 * 64 * (2 * 3 * 1) * 3 * 5);
    }
    for (const kernel of ["depthwiseF32", "depthwiseWeightGradF32"]) {
      expect(counted(kernel, { N: 2, C: 3, OH: 9, OW: 4 })).toBe(2 * 9 * (2 * 3 * 9 * 4));
    }
    const heads = { L: 65, S: 10, E: 4, Ev: 6, group: 3 };
    expect(counted("attentionF32", heads, 12)).toBe(2 * 6 * 65 * 10 * (4 + 6));
    expect(counted("attentionGradF32", heads, 2)).toBe(2 * 6 * 65 * 10 * (3 * 4 + 2 * 6));
    const steps = { T: 3, B: 2, H: 5, mode: 2 };
    expect(counted("recurrentF32", steps)).toBe(2 * 3 * 2 * 5 * 5 * 4);
    expect(counted("recurrentGradF32", { ...steps, mode: 3 })).toBe(2 * 2 * 3 * 2 * 5 * 5 * 3);
    expect(counted("addF32", { rows: 3, cols: 4 })).toBe(0);
  });
});

describe("profile", () => {
  it("counts calls, bytes and operations of each op, and gives the result", () => {
    const [a, b] = [randn([16, 8]), randn([8, 4])];
    const { result, rows, ms, peakBytes } = profile(() => a.matmul(b).relu().relu(), quiet);
    expect(result.toArray()).toEqual(matmul(a, b).relu().toArray());
    expect(rows.map(({ op, calls }) => [op, calls]).sort()).toEqual([
      ["(JavaScript)", 0],
      ["matmul", 1],
      ["relu", 2],
    ]);
    const product = row(rows, "matmul");
    expect(product.gflops! * product.ms * 1e6).toBeCloseTo(2 * 16 * 8 * 4);
    const relu = row(rows, "relu");
    expect(relu.gflops).toBe(null);
    expect(relu.gbps! * relu.ms * 1e6).toBeCloseTo(2 * 2 * 4 * 16 * 4);
    expect(rows.reduce((sum, r) => sum + r.ms, 0)).toBeCloseTo(ms);
    expect(peakBytes).toBeGreaterThan(0);
    expect(peakBytes).toBe(Math.max(product.peakBytes, relu.peakBytes));
    expect(row(rows, "(JavaScript)").peakBytes).toBe(0);
    expect(rows.map((r) => r.ms)).toEqual(rows.map((r) => r.ms).sort((x, y) => y - x));
  });

  it("sees the calls of captured steps, and changes nothing", () => {
    const model = new nn.Linear(8, 4);
    const step = capture((x: Tensor) => model.forward(x).gelu());
    const x = ones([16, 8]);
    const wanted = [step(x), step(x), step(x)][2]!.toArray();
    const { result, rows } = profile(() => step(x), quiet);
    expect(result.toArray()).toEqual(wanted);
    expect(row(rows, "matmul").gflops).toBeGreaterThan(0);
    expect(row(rows, "gelu")).toMatchObject({ calls: 1, gbps: null });
    expect(step(x).toArray()).toEqual(wanted);
  });

  it("prints a table unless told not to, and gives a trace for Chrome", () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const x = randn([1, 2, 6, 6]);
    const report = profile(() => conv2d(x, ones([3, 2, 3, 3])));
    expect(log).toHaveBeenCalledWith(report.toString());
    const lines = report.toString().split("\n");
    expect(lines[0]).toMatch(/^op +calls +ms +share +rate +of limit +memory$/);
    expect(lines.find((line) => line.startsWith("conv2d"))).toMatch(
      /^conv2d +1 +\d+\.\d{3} +\d+\.\d% +[\d.e+-]+ GFLOP\/s +\d+% +\d+\.\d\d MiB$/,
    );
    expect(lines.at(-1)).toMatch(/^\d+\.\d{3} ms; at most \d+\.\d\d MiB of tensors$/);
    const { traceEvents } = JSON.parse(report.chromeTrace()) as {
      traceEvents: { name: string; ph: string; ts: number; dur: number }[];
    };
    expect(traceEvents.map(({ name }) => name)).toEqual(["profile", "copy", "conv2d"]);
    const [whole, ...calls] = traceEvents;
    for (const { ph, ts, dur } of calls) {
      expect(ph).toBe("X");
      expect(ts).toBeGreaterThanOrEqual(whole!.ts);
      expect(ts + dur).toBeLessThanOrEqual(whole!.ts + whole!.dur);
    }
    log.mockClear();
    profile(() => x, quiet);
    expect(log).not.toHaveBeenCalled();
  });

  it("gives a kernel the bytes that it was given, not those of a copy before it", () => {
    const [large, small] = [randn([1000, 1000]), ones([16])];
    const { rows } = profile(() => {
      large.toTypedArray();
      large.clone();
      return small.add(1);
    }, quiet);
    const add = row(rows, "add");
    expect(add.gbps! * add.ms * 1e6).toBeCloseTo(2 * 4 * 16);
    const step = capture(() => small.add(large.sum()));
    for (let i = 0; i < 2; i++) step();
    const replay = profile(() => step(), quiet);
    expect(row(replay.rows, "add").gbps).toBe(null);
    expect(row(replay.rows, "sum").gbps).toBe(null);
  });

  it("in another one is seen by both", () => {
    const x = ones([8, 8]);
    const whole = profile(() => {
      x.relu();
      return profile(() => x.matmul(x), quiet);
    }, quiet);
    expect(row(whole.rows, "matmul")).toMatchObject({ calls: 1 });
    expect(row(whole.rows, "matmul").gbps).toBeGreaterThan(0);
    expect(row(whole.rows, "relu").calls).toBe(1);
    expect(whole.result.rows.map(({ op }) => op).sort()).toEqual(["(JavaScript)", "matmul"]);
  });

  it("stops looking on when the function throws, and leaves no handles", () => {
    const before = memory().handles;
    const fails = (): never => {
      throw new RangeError("broken");
    };
    expect(() => profile(fails, quiet)).toThrow(RangeError);
    expect(memory().handles).toBe(before);
    const late = (): Promise<number> => Promise.resolve(1);
    expect(() => profile(late, quiet)).toThrow("[profile] fn must be synchronous");
    const { rows } = profile(() => null, quiet);
    expect(rows.map(({ op }) => op)).toEqual(["(JavaScript)"]);
  });
});

describe("measureLimits", () => {
  it("gives rates", () => {
    const { gflops, gbps } = measureLimits();
    expect(gflops).toBeGreaterThan(0.1);
    expect(gbps).toBeGreaterThan(0.1);
  });
});
