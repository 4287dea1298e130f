// The kernels of linear algebra against what defines their results, in float64: A X = B, A = Q R,
// A V = V L, A = U S V^T, orthonormal columns. Results are rounded once, so what they give back is off
// by a few float32 roundings of the greatest term.
import { describe, expect, test } from "vitest";
import { Bench, type Build, builds } from "./harness.js";
import { floats } from "./sequences.js";

type Matrix = number[][];

/** The matrix m x n that lies at `at` in a list. */
function matrix(x: ArrayLike<number>, at: number, m: number, n: number): Matrix {
  return Array.from({ length: m }, (_, i) =>
    Array.from({ length: n }, (_, j) => x[at + i * n + j]!),
  );
}

function times(a: Matrix, b: Matrix): Matrix {
  const columns = b[0]?.length ?? 0;
  return a.map((row) =>
    Array.from({ length: columns }, (_, j) => row.reduce((s, v, k) => s + v * b[k]![j]!, 0)),
  );
}

const turned = (a: Matrix, n: number): Matrix =>
  Array.from({ length: n }, (_, j) => a.map((row) => row[j]!));
const scaled = (a: Matrix, by: readonly number[]): Matrix =>
  a.map((row) => row.map((v, j) => v * by[j]!));
const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

/** Every |a - b| is at most `ulps` float32 roundings of the greatest of b. */
function expectNear(a: Matrix, b: Matrix, ulps: number, what: string): void {
  expect([a.length, a[0]?.length], what).toEqual([b.length, b[0]?.length]);
  const most = Math.max(1e-30, ...b.flat().map(Math.abs));
  const worst = Math.max(0, ...a.flatMap((row, i) => row.map((v, j) => Math.abs(v - b[i]![j]!))));
  expect(worst / most / 2 ** -24, what).toBeLessThan(ulps);
}

/** Three matrices at once, whole and with split units: the same bits. */
const split: [number, number][] = [[2, 3], [0, 2]]; // prettier-ignore

interface Call {
  readonly a: Float32Array;
  readonly out: number;
  readonly doubles: number;
  readonly sizes: readonly number[];
  readonly b?: Float32Array;
}

type Name = "solveF32" | "choleskyF32" | "qrF32" | "eighF32" | "svdF32";

function run(build: Build, name: Name, call: Call): { out: Float32Array; status: number } {
  const results = [3, split].map((units) => {
    const bench = new Bench(build);
    const a = bench.put(call.a, 4);
    const out = bench.put(new Float32Array(3 * call.out).fill(77), 4);
    const work = bench.put(new Float32Array(6 * call.doubles), 4);
    const status = bench.put(Int32Array.of(-1));
    const b = call.b === undefined ? [] : [bench.put(call.b, 4)];
    const rest = name === "solveF32" && b.length === 0 ? [0] : b;
    bench.run(name, units, a, out, work, status, ...call.sizes, ...rest);
    return { out: out.read(), status: status.read()[0]! };
  });
  expect(results[1]).toEqual(results[0]);
  return results[0]!;
}

const sizes = [0, 1, 2, 3, 5, 7, 13, 17, 33];

/** Three n x n matrices with a diagonal that keeps them far from singular. */
function regular(n: number): Float32Array {
  return floats(3 * n * n, n + 1).map((v, i) => ((i % (n * n)) % (n + 1) === 0 ? 3 + v : v));
}

describe.each(builds)("linear algebra, %s build", (build) => {
  test("solveF32 solves, by any right-hand side and by none", () => {
    for (const n of sizes) {
      for (const r of [0, 1, 5]) {
        const [a, b] = [regular(n), floats(3 * n * r, 7)];
        const { out } = run(build, "solveF32", { a, b, out: n * r, doubles: n * (n + r), sizes: [n, r, 0] }); // prettier-ignore
        for (let u = 0; u < 3; u++) {
          const x = matrix(out, u * n * r, n, r);
          expectNear(times(matrix(a, u * n * n, n, n), x), matrix(b, u * n * r, n, r), 12, `${n}, ${r}`); // prettier-ignore
        }
      }
      const a = regular(n);
      const { out } = run(build, "solveF32", { a, out: n * n, doubles: 2 * n * n, sizes: [n, n, 0] }); // prettier-ignore
      const product = times(matrix(a, 0, n, n), matrix(out, 0, n, n));
      expectNear(product, identity(n), 12, `inverse of ${n}`);
    }
  });

  test("solveF32 solves triangles, reading no more than those", () => {
    for (const n of sizes) {
      for (const mode of [4, 5, 6, 7]) {
        const [upper, unit] = [(mode & 1) === 1, (mode & 2) === 2];
        const [a, b] = [regular(n), floats(3 * n * 2, 9)];
        const inside = a.map((v, at) => {
          const [i, j] = [Math.floor((at % (n * n)) / n), at % n];
          if (i === j) return unit ? 1 : v;
          return i < j === upper ? v / n : 0;
        });
        const given = inside.map((v, at) => {
          const [i, j] = [Math.floor((at % (n * n)) / n), at % n];
          return i === j ? (unit ? 55 : v) : i < j === upper ? v : NaN;
        });
        const { out } = run(build, "solveF32", { a: given, b, out: n * 2, doubles: n * (n + 2), sizes: [n, 2, mode] }); // prettier-ignore
        const x = times(matrix(inside, n * n, n, n), matrix(out, n * 2, n, 2));
        expectNear(x, matrix(b, n * 2, n, 2), 12, `${n}, mode ${mode}`);
      }
    }
  });

  test("solveF32 gives determinants, their logarithms, and adjugates of singular matrices", () => {
    const a = Float32Array.of(2, 1, 1, 2, 1, 2, 2, 4, 0, 1, 0, 0);
    const call = { a, doubles: 8 };
    const det = run(build, "solveF32", { ...call, out: 1, sizes: [2, 0, 8] });
    expect([...det.out]).toEqual([3, -0, 0]);
    const log = run(build, "solveF32", { ...call, out: 2, sizes: [2, 0, 9] });
    expect(log.out[1]).toBeCloseTo(Math.log(3), 6);
    expect([log.out[0], Math.abs(log.out[2]!), ...log.out.slice(3)]).toEqual([1, 0, -Infinity, 0, -Infinity]); // prettier-ignore
    const adjugate = run(build, "solveF32", { ...call, out: 4, sizes: [2, 2, 10] });
    expect([...adjugate.out].map((v) => Math.round(v * 1e6) / 1e6 + 0)).toEqual([2, -1, -1, 2, 4, -2, -2, 1, 0, -1, 0, 0]); // prettier-ignore
  });

  test("solveF32 reports the first singular matrix, however the units are split", () => {
    const one = [1, 0, 0, 1];
    const none = [1, 2, 2, 4];
    const a = Float32Array.from([...one, ...none, ...none]);
    expect(run(build, "solveF32", { a, out: 4, doubles: 8, sizes: [2, 2, 0] }).status).toBe(1);
  });

  test("a determinant doesn't leave float64's range on the way", () => {
    const n = 33;
    const a = new Float32Array(3 * n * n);
    for (let u = 0; u < 3; u++) {
      for (let i = 0; i < n; i++) a[u * n * n + i * (n + 1)] = i <= 16 ? 2 ** 120 : 2 ** -120;
      a[u * n * n] = 3;
    }
    const { out } = run(build, "solveF32", { a, out: 1, doubles: n * n, sizes: [n, 0, 8] });
    expect([...out]).toEqual([3, 3, 3]);
    const log = run(build, "solveF32", { a, out: 2, doubles: n * n, sizes: [n, 0, 9] });
    expect(log.out[1]).toBeCloseTo(Math.log(3), 5);
  });

  test("choleskyF32 factors and reads the lower triangle only", () => {
    for (const n of sizes) {
      const root = matrix(floats(n * n, n), 0, n, n);
      const whole = times(root, turned(root, n)).map((row, i) => row.map((v, j) => Math.fround(v + (i === j ? 1 : 0)))); // prettier-ignore
      const low = whole.flatMap((row, i) => row.map((v, j) => (j > i ? NaN : v)));
      const a = Float32Array.from([...low, ...low, ...low]);
      const { out, status } = run(build, "choleskyF32", {
        a,
        out: n * n,
        doubles: n * n,
        sizes: [n],
      });
      const l = matrix(out, n * n, n, n);
      expectNear(times(l, turned(l, n)), whole, 8, `${n}`);
      expect(status).toBe(-1);
    }
    const bad = Float32Array.of(1, 0, 0, 1, 1, 0, 0, 0, NaN, 0, 0, 1);
    const { status } = run(build, "choleskyF32", { a: bad, out: 4, doubles: 4, sizes: [2] });
    expect(status).toBe(1);
  });

  const rectangles = [[1, 1], [3, 3], [5, 3], [3, 5], [7, 1], [1, 7], [17, 13], [33, 5], [0, 3], [3, 0]] as const; // prettier-ignore

  test("qrF32: orthonormal columns, a triangle, LAPACK's signs", () => {
    for (const [m, n] of rectangles) {
      const k = Math.min(m, n);
      for (const p of [k, m, 0]) {
        const rows = p === 0 ? k : p;
        const a = floats(3 * m * n, m + n);
        const size = m * p + rows * n;
        const { out } = run(build, "qrF32", { a, out: size, doubles: m * (n + p + 1), sizes: [m, n, p] }); // prettier-ignore
        const q = matrix(out, size, m, p);
        const r = matrix(out, size + m * p, rows, n);
        expect(r.every((row, i) => row.slice(0, i).every((v) => v === 0))).toBe(true);
        if (p === 0 || m * n === 0) continue;
        const what = `${m} x ${n}, ${p}`;
        expectNear(times(q, r), matrix(a, m * n, m, n), 8, what);
        expectNear(times(turned(q, p), q), identity(p), 8, what);
        // The first reflection leaves the sign of the first element to -R[0][0].
        if (m > 1) expect(Math.sign(r[0]![0]!), what).toBe(-Math.sign(a[m * n]!));
      }
    }
  });

  test("eighF32: eigenvectors, ascending eigenvalues, the lower triangle only", () => {
    for (const n of sizes) {
      const root = matrix(floats(n * n, n + 5), 0, n, n);
      const whole = root.map((row, i) => row.map((v, j) => (j > i ? root[j]![i]! : v)));
      const low = root.flatMap((row, i) => row.map((v, j) => (j > i ? 55 : v)));
      const a = Float32Array.from([...low, ...low, ...low]);
      const size = n * n + n;
      const { out, status } = run(build, "eighF32", {
        a,
        out: size,
        doubles: 2 * n * n,
        sizes: [n],
      });
      const v = matrix(out, size, n, n);
      const l = [...out.slice(size + n * n, 2 * size)];
      expectNear(times(whole, v), scaled(v, l), 12, `${n}`);
      expectNear(times(turned(v, n), v), identity(n), 8, `${n}`);
      expect([...l].sort((x, y) => x - y)).toEqual(l);
      expect(status).toBe(-1);
    }
    const bad = Float32Array.of(1, 0, 0, 1, 1, 0, Infinity, 0, NaN, 0, 0, 1);
    expect(run(build, "eighF32", { a: bad, out: 6, doubles: 8, sizes: [2] }).status).toBe(1);
  });

  test("svdF32: orthonormal bases whatever the rank, singular values descending", () => {
    const tall = rectangles.filter(([m, n]) => m >= n);
    for (const [m, n] of [...tall, [6, 4] as const]) {
      for (const p of [n, m]) {
        const full = floats(3 * m * n, m * n);
        // The second matrix has equal columns, the third is 0.
        const a = full.map((v, at) => (at < m * n ? v : at < 2 * m * n ? full[at - (at % n)]! : 0));
        const size = m * p + n + n * n;
        const { out } = run(build, "svdF32", { a, out: size, doubles: 2 * n * n + m * p, sizes: [m, n, p] }); // prettier-ignore
        for (let unit = 0; unit < 3; unit++) {
          const u = matrix(out, unit * size, m, p);
          const s = [...out.slice(unit * size + m * p, unit * size + m * p + n)];
          const vh = matrix(out, unit * size + m * p + n, n, n);
          const what = `${m} x ${n}, ${p}, ${unit}`;
          expectNear(times(turned(u, p), u), identity(p), 8, what);
          expectNear(times(vh, turned(vh, n)), identity(n), 8, what);
          expect(
            [...s].sort((x, y) => y - x),
            what,
          ).toEqual(s);
          if (n === 0) continue;
          const short = u.map((row) => row.slice(0, n));
          expectNear(times(scaled(short, s), vh), matrix(a, unit * m * n, m, n), 12, what);
        }
      }
    }
    const bad = Float32Array.of(1, 2, 3, NaN, 1, 1);
    expect(run(build, "svdF32", { a: bad, out: 4, doubles: 4, sizes: [2, 1, 1] }).status).toBe(1);
  });
});
