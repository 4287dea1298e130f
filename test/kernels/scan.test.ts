// Scans, sorting and searching against plain float64 loops: lines of [outer, R, inner], any split of
// the units, NaN, infinities, ties, zeros of both signs.
import { beforeEach, describe, expect, test } from "vitest";
import type { KernelName } from "../../src/kernels/contract.js";
import { flatUnits } from "../../src/kernels/units.js";
import { Bench, builds, type Operand } from "./harness.js";
import { fractions } from "./sequences.js";

type Shape = readonly [outer: number, R: number, inner: number];
type Data = Float32Array | Int32Array;

const shapes: Shape[] = [
  ...[0, 1, 2, 3, 5, 7, 13, 17, 32, 33, 67, 257].flatMap((R): Shape[] => [[3, R, 1], [2, R, 5]]), // prettier-ignore
  [1, 1100, 2],
  [2, 4, 1100],
  [0, 3, 2],
  [2, 3, 0],
];

const sizeOf = ([outer, R, inner]: Shape): number => outer * R * inner;

function floats(n: number, seed = 1, low = -1.5, high = 2.5): Float32Array {
  const next = fractions(seed);
  return Float32Array.from({ length: n }, () => low + next() * (high - low));
}

/** Few values, so that they repeat, and what compares in a way of its own. */
function special(n: number, seed = 1): Float32Array {
  const values = [0, -0, 1, 1, -1, 2.5, Infinity, -Infinity, NaN, 1e-45, -1e-45, 3e38];
  const next = fractions(seed);
  return Float32Array.from({ length: n }, () => values[Math.floor(next() * values.length)]!);
}

function integers(n: number, range: number, seed = 1): Int32Array {
  const next = fractions(seed);
  return Int32Array.from({ length: n }, () => Math.floor(next() * range) - (range >> 1));
}

/** The elements of each line, and where they lie. */
function positions([outer, R, inner]: Shape): number[][] {
  return Array.from({ length: outer * inner }, (_, u) => {
    const from = Math.floor(u / inner) * R * inner + (u % inner);
    return Array.from({ length: R }, (_, r) => from + r * inner);
  });
}

/** fn of each line, put where the line lies. */
function eachLine(shape: Shape, fn: (at: readonly number[]) => number[]): number[] {
  const out = new Array<number>(sizeOf(shape)).fill(NaN);
  for (const at of positions(shape)) fn(at).forEach((v, r) => (out[at[r]!] = v));
  return out;
}

/** The kernel's output for all units, checked to be the same for a split of them. */
function outputs<T extends Data>(
  bench: Bench,
  kernel: KernelName,
  units: number,
  blank: T,
  params: (out: Operand) => (number | Operand)[],
): T {
  const cut = Math.ceil(units / 3);
  const [out, again] = [bench.put(blank, 4), bench.put(blank.slice() as T)];
  bench.run(kernel, units, ...params(out));
  bench.run(kernel, [[cut, units], [0, cut]], ...params(again)); // prettier-ignore
  // Bit by bit, but for those of NaN: which of two NaNs a sum passes on is up to the engine.
  const [first, second] = [out.read(), again.read()];
  const same = first.every((v, i) => Object.is(v, second[i]));
  expect(same, `${kernel}, units split`).toBe(true);
  return first;
}

/** Equal element by element; NaN to NaN, zeros by sign if wanted. */
function expectSame(got: Data, want: readonly number[], what: string): void {
  const wrong = want.findIndex((w, i) => got[i] !== w && !(w !== w && got[i] !== got[i]));
  expect(got.length, what).toBe(want.length);
  if (wrong >= 0) throw new Error(`${what}: [${wrong}] is ${got[wrong]}, not ${want[wrong]}`);
}

/** h[r] = a[r] h[r-1] + b[r], or from the end; see assembly/scan/scan.ts. */
function recurred(
  a: Data | null,
  b: Data | null,
  at: readonly number[],
  reverse: boolean,
): number[] {
  const line = reverse ? [...at].reverse() : [...at];
  const wrap = (v: number): number => ((a ?? b) instanceof Int32Array ? v | 0 : v);
  let h = 0;
  const out = line.map((i, r) => {
    if (r === 0) return (h = b === null ? a![i]! : b[i]!);
    const factor = a === null ? 1 : a[reverse ? line[r - 1]! : i]!;
    const product = a instanceof Int32Array ? Math.imul(h, factor) : h * factor;
    return (h = wrap(product + (b === null ? -0 : b[i]!)));
  });
  return reverse ? out.reverse() : out;
}

describe.each(builds)("scans, %s build", (build) => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench(build)));

  test.each([
    ["sums", false, true, false],
    ["sums from the end", false, true, true],
    ["products", true, false, false],
    ["recurrences", true, true, false],
    ["recurrences from the end", true, true, true],
  ] as const)(
    "%s have the bits of a float64 loop, integers those of a wrapping one",
    (_, hasA, hasB, reverse) => {
      for (const shape of shapes) {
        const [outer, R, inner] = shape;
        const n = sizeOf(shape);
        const units = outer * inner;
        for (const make of [floats, special, (n: number, s: number) => integers(n, 2 ** 32, s)]) {
          const a = hasA ? make(n, 2) : null;
          const b = hasB ? make(n, 3) : null;
          const [pa, pb] = [a && bench.put(a), b && bench.put(b)];
          const x = (a ?? b)!;
          const kernel = x instanceof Int32Array ? "recurI32" : "recurF32";
          const blank = x.slice().fill(7);
          const rest = [R, inner, Number(reverse)];
          const got = outputs(bench, kernel, units, blank, (out) => [
            pa ?? 0,
            pb ?? 0,
            out,
            ...rest,
            0,
          ]);
          const want = eachLine(shape, (at) => recurred(a, b, at, reverse));
          const round = (v: number): number => (x instanceof Int32Array ? v : Math.fround(v));
          expectSame(got, want.map(round), `${kernel} ${shape.join()}`);
          if (reverse) continue;
          const Type = x.constructor as new (n: number) => Data;
          const last = new Type(units).fill(7);
          const ends = positions(shape).map((at) => (R === 0 ? 7 : round(want[at[R - 1]!]!)));
          const total = outputs(bench, kernel, units, last, (out) => [
            pa ?? 0,
            pb ?? 0,
            out,
            ...rest,
            1,
          ]);
          expectSame(total, ends, `${kernel} ${shape.join()}, total`);
        }
      }
    },
  );

  test("extremes so far: NaN wins, then the last of equals", () => {
    for (const shape of shapes.filter(([, R]) => R > 0)) {
      const [outer, R, inner] = shape;
      const n = sizeOf(shape);
      for (const x of [special(n), floats(n), integers(n, 9)]) {
        for (const smallest of [0, 1]) {
          const want = eachLine(shape, (at) => {
            let best = 0;
            return at.map((i, r) => {
              const [v, top] = [x[i]!, x[at[best]!]!];
              const wins = top === top && (smallest ? v <= top : v >= top);
              if (v !== v || wins) best = r;
              return best;
            });
          });
          const from = bench.put(x);
          const kernel = "cumExtreme32";
          const integers = Number(x instanceof Int32Array);
          const units = outer * inner;
          const blank = new Int32Array(n).fill(7);
          const got = outputs(bench, kernel, units, blank, (out) => [
            from,
            out,
            R,
            inner,
            smallest,
            integers,
          ]);
          expectSame(got, want, `${kernel} ${shape.join()}`);
        }
      }
    }
  });

  test("log-sum-exps so far are those of float64 within 1 ulp (their terms have 2^-29)", () => {
    for (const shape of shapes) {
      const [outer, R, inner] = shape;
      const n = sizeOf(shape);
      for (const x of [floats(n), floats(n, 2, -300, 300), floats(n, 3, -1e-3, 1e-3), special(n)]) {
        const want = eachLine(shape, (at) => {
          let [m, sum] = [-Infinity, 0];
          return at.map((i) => {
            const v = x[i]!;
            const top = v !== v || m !== m ? NaN : Math.max(m, v);
            const term = (e: number): number => (e === top ? 1 : Math.exp(e - top));
            sum = (sum === 0 ? 0 : sum * term(m)) + term(v);
            m = top;
            return m + Math.log(sum);
          });
        });
        const from = bench.put(x);
        const units = outer * inner;
        const got = outputs(bench, "logcumsumexpF32", units, new Float32Array(n), (out) => [
          ...[from, out, R, inner],
        ]);
        want.forEach((w, i) => {
          const bound = Math.max(Math.abs(w), 2 ** -3) * 2 ** -23;
          const same = Object.is(got[i], w) || Math.fround(w) === got[i];
          if (!same && !(Math.abs(got[i]! - w) <= bound)) {
            throw new Error(`logcumsumexp ${shape.join()}: [${i}] is ${got[i]}, not ${w}`);
          }
        });
      }
    }
  });
});

/** Ascending, NaN last, ties by position. */
function compare(x: Data, descending: boolean): (a: number, b: number) => number {
  return (a, b) => {
    const [v, w] = descending ? [x[b]!, x[a]!] : [x[a]!, x[b]!];
    if (v !== v || w !== w) return Number(v !== v) - Number(w !== w) || a - b;
    return v < w ? -1 : v > w ? 1 : a - b;
  };
}

describe.each(builds)("orders, %s build", (build) => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench(build)));

  const longer: Shape[] = [[1, 65280, 1], [2, 65281, 1]]; // prettier-ignore

  test("of lines are stable, NaN last, in either direction", () => {
    for (const shape of [...shapes, ...longer]) {
      const [outer, R, inner] = shape;
      const n = sizeOf(shape);
      const long = R > 10000;
      const kinds = [floats(n), integers(n, 9), special(n), integers(n, 2 ** 32)];
      for (const x of long ? kinds.slice(0, 2) : kinds) {
        for (const descending of long ? [true] : [false, true]) {
          const from = bench.put(x);
          const lines = outer * inner;
          const work = R > 65280 ? bench.put(new Int32Array(lines * R * 4)) : 0;
          const flags = [R, inner, inner, 1, Number(x instanceof Int32Array), Number(descending)];
          const all = eachLine(shape, (at) =>
            Array.from(at.keys()).sort(
              compare(at.map((i) => x[i]!) as unknown as Data, descending),
            ),
          );
          // All of them, or so few that the others are not sorted.
          for (const first of new Set([R, (R >> 3) + 1, R >> 3, 1, 0]).values()) {
            if (first > R) continue;
            const blank = new Int32Array(outer * first * inner).fill(7);
            const got = outputs(bench, "argsort32", lines, blank, (out) => [
              from,
              out,
              work,
              ...flags,
              first,
            ]);
            const want = all.filter((_, i) => Math.floor(i / inner) % R < first);
            expectSame(got, want, `argsort ${shape.join()}, ${first}, ${String(descending)}`);
          }
        }
      }
    }
  });

  test("of rows are lexicographic and stable", () => {
    for (const [R, keys] of [
      [1, 3],
      [7, 1],
      [20, 3],
      [33, 2],
      [300, 4],
      [5, 0],
    ] as const) {
      for (const x of [integers(R * keys, 3), special(R * keys)]) {
        const from = bench.put(x);
        const flags = [R, 1, keys, keys, Number(x instanceof Int32Array), 0, R];
        const got = outputs(bench, "argsort32", 1, new Int32Array(R), (out) => [
          from,
          out,
          0,
          ...flags,
        ]);
        const order = compare(x, false);
        const columns = Array.from({ length: keys }, (_, k) => k);
        // Keys that compare equal leave the decision to the next one.
        const equal = (a: number, b: number): boolean =>
          x[a] === x[b] || (x[a]! !== x[a]! && x[b]! !== x[b]!);
        const want = Array.from({ length: R }, (_, r) => r).sort((a, b) => {
          const k = columns.find((k) => !equal(a * keys + k, b * keys + k));
          return k === undefined ? a - b : order(a * keys + k, b * keys + k);
        });
        expectSame(got, want, `argsort of rows ${R},${keys}`);
      }
    }
  });

  test("positions in sorted rows", () => {
    for (const [rows, n, m] of [
      [1, 0, 3],
      [1, 1, 5],
      [2, 7, 3],
      [3, 33, 1000],
      [1, 1000, 2500],
    ] as const) {
      for (const make of [special, floats, (n: number, s: number) => integers(n, 9, s)]) {
        for (const shared of [0, 1]) {
          const lines = Array.from({ length: shared ? 1 : rows }, (_, r) => {
            const line = make(n, r + 1);
            const order = Array.from(line.keys()).sort(compare(line, false));
            return order.map((i) => line[i]!);
          });
          const values = make(rows * m, 9);
          const Type = values.constructor as new (x: number[]) => Data;
          const [sorted, wanted] = [bench.put(new Type(lines.flat())), bench.put(values)];
          const kernel = "searchsorted32";
          const integers = Number(values instanceof Int32Array);
          for (const right of [0, 1]) {
            const rest = [n, m, rows * m, shared, right, integers];
            const blank = new Int32Array(rows * m).fill(7);
            const units = flatUnits(rows * m);
            const got = outputs(bench, kernel, units, blank, (out) => [
              sorted,
              wanted,
              out,
              ...rest,
            ]);
            // As many come before as a walk from the left passes. A NaN in the row stops all but NaN.
            const want = Array.from(values, (v, i) => {
              const line = lines[shared ? 0 : Math.floor(i / m)]!;
              const stops = (s: number): boolean => (s !== s ? v === v : right ? s > v : s >= v);
              const at = line.findIndex(stops);
              return at < 0 ? n : at;
            });
            expectSame(got, want, `${kernel} ${rows},${n},${m}`);
          }
        }
      }
    }
  });

  test("counts, and sums of weights in their order; nothing outside", () => {
    for (const n of [0, 1, 7, 1000]) {
      const x = integers(n, 20);
      const weights = floats(n);
      const [from, given] = [bench.put(x), bench.put(weights)];
      const want = new Float32Array(9);
      const counts = new Int32Array(9);
      x.forEach((v, i) => {
        if (v < 0 || v >= 9) return;
        want[v] = want[v]! + weights[i]!;
        counts[v]!++;
      });
      const sums = bench.put(new Float32Array(9));
      bench.run("bincount32", 1, from, given, sums, n, 9);
      expectSame(sums.read(), [...want], `sums of ${n}`);
      const counted = bench.put(new Int32Array(9));
      bench.run("bincount32", 1, from, 0, counted, n, 9);
      expectSame(counted.read(), [...counts], `counts of ${n}`);
    }
  });
});
