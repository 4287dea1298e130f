/**
 * Whether cost grows as the work grows: time an element from 1K to 16M for elementwise ops, GFLOP/s
 * from 256 to 2048 for matmul, and which cache holds the data of each size. Sizes alternate in
 * rounds, all in this process.
 */
import { add, exp, matmul, randn } from "simdgrad";
import { type Cache, caches } from "./caches.js";
import type { Job } from "./contestant.js";
import { median } from "./contest.js";
import limit, { LIMIT_FLOPS } from "./limit.js";
import { measure } from "./measure.js";
import type { Task } from "./tasks.js";

const ELEMENTS = [10, 12, 14, 16, 18, 20, 22, 24].map((power) => 2 ** power);
const SIZES = [256, 512, 1024, 2048];

interface Point {
  /** Elements, or the side of a square. */
  readonly n: number;
  /** Operands and result. */
  readonly bytes: number;
}

export interface ElementwisePoint extends Point {
  readonly addNs: number;
  readonly expNs: number;
}

export interface MatmulPoint extends Point {
  readonly gflops: number;
  /** Of the limit that was measured in the same rounds. */
  readonly share: number;
}

export interface Scaling {
  readonly elementwise: readonly ElementwisePoint[];
  readonly matmul: readonly MatmulPoint[];
  /** Smallest first; none where the system does not say. */
  readonly caches: readonly Cache[];
}

/** Medians of several jobs over alternating rounds, in milliseconds. */
async function alternate(
  jobs: readonly Job[],
  rounds: number,
  measureMs: number,
): Promise<number[]> {
  const times = jobs.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, job] of jobs.entries()) {
      const { ms } = await measure(job, { measureMs, warmupMs: measureMs / (round === 0 ? 1 : 5) });
      times[i]!.push(ms);
    }
  }
  return times.map(median);
}

const op = (compute: () => { dispose(): void }): Job => {
  return { run: () => compute().dispose(), check: () => [] };
};

async function elementwise(rounds: number, measureMs: number): Promise<ElementwisePoint[]> {
  const jobs = ELEMENTS.flatMap((n) => {
    const [a, b] = [randn([n]), randn([n])];
    return [op(() => add(a, b)), op(() => exp(a))];
  });
  const ms = await alternate(jobs, rounds, measureMs);
  return ELEMENTS.map((n, i) => ({
    n,
    bytes: 12 * n,
    addNs: (ms[2 * i]! * 1e6) / n,
    expNs: (ms[2 * i + 1]! * 1e6) / n,
  }));
}

async function squares(rounds: number, measureMs: number): Promise<MatmulPoint[]> {
  const task: Task = { kind: "matmul", batch: 1, m: 1, n: 1, k: 1, transposed: "" };
  const none = new Int32Array(0);
  const loop = await limit.prepare(task, {
    ...{ operands: [], layers: [], weights: {}, classes: none, tokens: none },
  });
  const jobs = SIZES.flatMap((n) => {
    const [a, b] = [randn([n, n]), randn([n, n])];
    return [op(() => matmul(a, b)), loop];
  });
  const ms = await alternate(jobs, rounds, measureMs);
  return SIZES.map((n, i) => {
    const gflops = (2 * n ** 3) / ms[2 * i]! / 1e6;
    const peak = LIMIT_FLOPS / ms[2 * i + 1]! / 1e6;
    return { n, bytes: 12 * n * n, gflops, share: gflops / peak };
  });
}

/** Measures both: about ten seconds at three rounds of 60 ms. */
export async function scaling(rounds: number, measureMs: number): Promise<Scaling> {
  return {
    elementwise: await elementwise(rounds, measureMs),
    matmul: await squares(rounds, measureMs),
    caches: caches(),
  };
}
