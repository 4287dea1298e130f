// ctcLossF32 against the sum over all alignments, one by one, in float64.
import { describe, expect, it } from "vitest";
import { Bench, builds, type Operand } from "./harness.js";
import { noise } from "./sequences.js";

const [T, N, C, S] = [5, 4, 3, 2];
const BLANK = 1;

/** Log-probabilities, [T, N, C]. */
function logProbs(seed: number): Float32Array {
  const x = noise(T * N * C, seed).map((v) => 2 * v);
  for (let i = 0; i < x.length; i += C) {
    const total = x.subarray(i, i + C).reduce((sum, v) => sum + Math.exp(v), 0);
    for (let c = 0; c < C; c++) x[i + c]! -= Math.log(total);
  }
  return x;
}

/** What an alignment spells: repeats joined, blanks left out. */
function spelt(path: number[]): string {
  return path.filter((c, t) => c !== BLANK && c !== path[t - 1]).join();
}

/** Loss and gradient (e^logp - posterior) of sequence n, over all C^steps alignments. */
function oracle(x: Float32Array, n: number, steps: number, labels: number[]): [number, number[][]] {
  const logp = (t: number, c: number): number => x[(t * N + n) * C + c]!;
  const counts = Array.from({ length: T }, () => new Array<number>(C).fill(0));
  let total = 0;
  for (let k = 0; k < C ** steps; k++) {
    const path = Array.from({ length: steps }, (_, t) => Math.floor(k / C ** t) % C);
    if (spelt(path) !== labels.join()) continue;
    const p = Math.exp(path.reduce((sum, c, t) => sum + logp(t, c), 0));
    total += p;
    path.forEach((c, t) => (counts[t]![c]! += p));
  }
  const grad = counts.map((row, t) =>
    row.map((count, c) => (t < steps ? Math.exp(logp(t, c)) - count / total : 0)),
  );
  return [-Math.log(total), grad];
}

const labels = [[0, 0], [2, 0], [2], []]; // prettier-ignore
const steps = [5, 4, 5, 3];
const targets = Int32Array.of(0, 0, 2, 0, 2, 9, 9, 9);
const sizes = Int32Array.from(steps.flatMap((n, i) => [n, labels[i]!.length, 2 * i]));

interface Run {
  loss: Float32Array;
  grad: Float32Array;
  status: number;
}

function run(
  bench: Bench,
  x: Float32Array,
  units: number | [number, number][],
  { withGrad = true, zeroInfinity = 0, lengths = sizes, classes = targets } = {},
): Run {
  const put = <A extends Float32Array | Int32Array>(a: A): Operand<A> => bench.put(a, 4);
  const loss = put(new Float32Array(N).fill(7));
  const grad = put(new Float32Array(T * N * C).fill(7));
  const work = put(new Float32Array(N * (T + 2) * (2 * S + 1) * 2));
  const status = put(Int32Array.of(-1));
  const operands = [put(x), put(classes), put(lengths), loss, withGrad ? grad : 0, work, status];
  bench.run("ctcLossF32", units, ...operands, T, N, C, S, BLANK, zeroInfinity);
  return { loss: loss.read(), grad: grad.read(), status: status.read()[0]! };
}

describe.each(builds)("ctcLossF32, %s build", (build) => {
  it("adds up all alignments, forward and backward", () => {
    for (const seed of [1, 2, 3]) {
      const x = logProbs(seed);
      const got = run(new Bench(build), x, N);
      expect(got.status).toBe(-1);
      for (let n = 0; n < N; n++) {
        const [loss, grad] = oracle(x, n, steps[n]!, labels[n]!);
        expect(Math.abs(got.loss[n]! - loss)).toBeLessThan(2e-7 * Math.max(1, loss));
        grad.forEach((row, t) =>
          row.forEach((g, c) => {
            expect(Math.abs(got.grad[(t * N + n) * C + c]! - g)).toBeLessThan(2e-7);
          }),
        );
      }
    }
  });

  it("gives the same loss without a gradient, however the units are split", () => {
    const x = logProbs(4);
    const whole = run(new Bench(build), x, N);
    const split: [number, number][] = [[3, 4], [0, 1], [2, 2], [1, 3]]; // prettier-ignore
    expect(run(new Bench(build), x, split)).toEqual(whole);
    const alone = run(new Bench(build), x, N, { withGrad: false });
    expect(alone.loss).toEqual(whole.loss);
    expect(alone.grad.every((g) => g === 7)).toBe(true);
  });

  it("has Infinity and NaN where nothing spells the target, or 0", () => {
    const lengths = Int32Array.from(sizes);
    lengths[0] = 2; // "0 0" takes three steps
    const x = logProbs(5);
    const isFirst = (i: number): boolean => Math.floor(i / C) % N === 0;
    const got = run(new Bench(build), x, N, { lengths });
    expect(got.loss[0]).toBe(Infinity);
    got.grad.forEach((g, i) => expect(Number.isNaN(g)).toBe(isFirst(i) && i < 2 * N * C));
    const zero = run(new Bench(build), x, N, { lengths, zeroInfinity: 1 });
    expect(zero.loss[0]).toBe(0);
    expect(zero.grad.every((g, i) => !isFirst(i) || g === 0)).toBe(true);
    expect(zero.loss.slice(1)).toEqual(got.loss.slice(1));
  });

  it("tells of the first class out of range, and reads nothing there", () => {
    const classes = Int32Array.from(targets);
    classes[4] = -1;
    classes[2] = 3;
    expect(run(new Bench(build), logProbs(6), [[2, 3], [1, 2]], { classes }).status).toBe(2); // prettier-ignore
  });

  it("holds where probabilities underflow, and passes NaN on", () => {
    const x = new Float32Array(T * N * C).fill(-3e4);
    const got = run(new Bench(build), x, N);
    // Sequence 2 over five steps: "2" with blanks around it, in 15 ways.
    expect(Math.abs(got.loss[2]! - (15e4 - Math.log(15)))).toBeLessThan(0.02);
    x[(1 * N + 2) * C + BLANK] = NaN;
    expect(run(new Bench(build), x, N).loss[2]).toBeNaN();
  });
});
