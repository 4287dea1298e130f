// Random chains of views against an oracle that keeps, for each element, where it lies in the base;
// and writes through a view, which the base and all other views on it see.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import type { DType, Tensor } from "../../src/index.js";
import {
  at,
  build,
  dtype,
  expectNd,
  indices,
  type Nd,
  numbers,
  rank,
  settings,
  shapes,
  sizeOf,
} from "./oracle.js";

/** A view as the oracle sees it: positions in a store of numbers, by index. */
interface View {
  readonly positions: Nd;
  readonly store: number[];
}

interface Pair {
  readonly x: Tensor;
  readonly view: View;
}

/** One step of a chain: which op, and numbers that it makes its arguments of. */
const step = fc.record({
  op: fc.nat(8),
  a: fc.nat(1000),
  b: fc.nat(1000),
  c: fc.integer({ min: -3, max: 3 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const values = (view: View): Nd => ({
  shape: view.positions.shape,
  data: view.positions.data.map((p) => view.store[p]!),
});

function moved(view: View, shape: readonly number[], from: (index: number[]) => number[]): View {
  return { store: view.store, positions: build(shape, (i) => at(view.positions, from(i))) };
}

function copied(view: View): View {
  const { shape, data } = values(view);
  return { store: [...data], positions: { shape, data: data.map((_, i) => i) } };
}

/** Whether strides can express these positions: the step along each dim is the same everywhere. */
function affine({ shape, data }: Nd): boolean {
  if (data.length === 0) return true;
  const steps = shape.map((n, d) => {
    const one = shape.map((_, i) => (i === d ? 1 : 0));
    return n > 1 ? data[rank(shape, one)]! - data[0]! : 0;
  });
  return indices(shape).every(
    (index, k) => data[k] === data[0]! + index.reduce((sum, i, d) => sum + i * steps[d]!, 0),
  );
}

/** Another shape of the same size: factors dealt out again. */
function regrouped(shape: readonly number[], a: number, b: number): number[] {
  const flat = shape.filter((n) => n !== 1);
  const joined = flat.length > 1 ? a % (flat.length - 1) : -1;
  const merged = flat.flatMap((n, i) =>
    i === joined ? [n * flat[i + 1]!] : i === joined + 1 && joined >= 0 ? [] : [n],
  );
  if (merged.length < 4) merged.splice(b % (merged.length + 1), 0, 1);
  return merged;
}

const ops: readonly ((p: Pair, s: Step) => Pair)[] = [
  function reshape({ x, view }, { a, b }) {
    const shape = regrouped(x.shape, a, b);
    const positions = { shape, data: view.positions.data };
    const y = sg.reshape(x, shape);
    const shares = affine(positions);
    expect(
      y.buffer === x.buffer,
      `reshape of [${x.shape.join(",")}] to [${shape.join(",")}] shares`,
    ).toBe(shares);
    const same = { store: view.store, positions };
    return { x: y, view: shares ? same : copied(same) };
  },
  function permute({ x, view }, { a }) {
    const order = x.shape.map((_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const k = (a >> i) % (i + 1);
      [order[i], order[k]] = [order[k]!, order[i]!];
    }
    const shape = order.map((d) => x.shape[d]!);
    const back = (index: number[]): number[] => order.map((_, d) => index[order.indexOf(d)]!);
    return { x: x.permute(order), view: moved(view, shape, back) };
  },
  function transpose({ x, view }, { a, b }) {
    if (x.ndim === 0) return { x, view };
    const [i, k] = [a % x.ndim, b % x.ndim];
    const swap = (list: readonly number[]): number[] =>
      list.map((v, d) => (d === i ? list[k]! : d === k ? list[i]! : v));
    return { x: x.transpose(i, k - x.ndim), view: moved(view, swap(x.shape), swap) };
  },
  function slice({ x, view }, { a, b, c }) {
    if (x.ndim === 0) return { x, view };
    const dim = a % x.ndim;
    const n = x.shape[dim]!;
    const by = c === 0 ? 1 : c;
    // Bounds from beyond the end on one side to beyond it on the other.
    const [start, end] = [(b % (2 * n + 3)) - n - 1, ((b >> 4) % (2 * n + 3)) - n - 1];
    const all = Array.from({ length: n }, (_, i) => i);
    const kept = pythonSlice(all, start, end, by);
    const shape = x.shape.map((m, d) => (d === dim ? kept.length : m));
    const y = x.slice(start, end, { dim, step: by });
    const part = moved(view, shape, (i) => i.map((v, d) => (d === dim ? kept[v]! : v)));
    return { x: y, view: by > 0 ? part : copied(part) };
  },
  function squeeze({ x, view }, { a }) {
    const one = x.ndim > 0 && a % 2 === 0 ? a % x.ndim : undefined;
    const kept = x.shape.flatMap((n, d) => (n === 1 && (one ?? d) === d ? [] : [d]));
    const shape = kept.map((d) => x.shape[d]!);
    const from = (i: number[]): number[] =>
      x.shape.map((_, d) => (kept.includes(d) ? i[kept.indexOf(d)]! : 0));
    return { x: x.squeeze(one), view: moved(view, shape, from) };
  },
  function unsqueeze({ x, view }, { a }) {
    if (x.ndim >= 4) return { x, view };
    const dim = a % (x.ndim + 1);
    const shape = [...x.shape.slice(0, dim), 1, ...x.shape.slice(dim)];
    const from = (i: number[]): number[] => i.filter((_, d) => d !== dim);
    return { x: x.unsqueeze(dim - x.ndim - 1), view: moved(view, shape, from) };
  },
  function expand({ x, view }, { a, b }) {
    const lead = x.ndim < 4 && sizeOf(x.shape) < 200 ? [b % 3] : [];
    const grown = x.shape.map((n, d) => (n === 1 && (a >> d) % 2 === 1 ? 3 : n));
    const shape = [...lead, ...grown];
    if (sizeOf(shape) > 2000) return { x, view };
    const from = (i: number[]): number[] =>
      i.slice(lead.length).map((v, d) => (x.shape[d] === 1 ? 0 : v));
    const asked = [...lead, ...grown.map((n, d) => (n === x.shape[d] && d % 2 === 0 ? -1 : n))];
    return { x: x.expand(asked), view: moved(view, shape, from) };
  },
  function narrow({ x, view }, { a, b }) {
    if (x.ndim === 0) return { x, view };
    const dim = a % x.ndim;
    const n = x.shape[dim]!;
    const start = b % (n + 1);
    const length = (b >> 3) % (n - start + 1);
    const shape = x.shape.map((m, d) => (d === dim ? length : m));
    const from = (i: number[]): number[] => i.map((v, d) => (d === dim ? v + start : v));
    const asked = start < n && b % 2 === 0 ? start - n : start;
    return { x: x.narrow(dim, asked, length), view: moved(view, shape, from) };
  },
  function select({ x, view }, { a, b }) {
    const dim = x.ndim === 0 ? 0 : a % x.ndim;
    const n = x.shape[dim] ?? 0;
    if (n === 0) return { x, view };
    const index = b % n;
    const shape = x.shape.filter((_, d) => d !== dim);
    const from = (i: number[]): number[] => [...i.slice(0, dim), index, ...i.slice(dim)];
    return { x: x.select(dim, b % 2 === 0 ? index - n : index), view: moved(view, shape, from) };
  },
];

/** list[start:end:step] as Python's reference defines it. */
function pythonSlice(list: readonly number[], start: number, end: number, step: number): number[] {
  const n = list.length;
  const clip = (v: number): number => {
    const from = v < 0 ? v + n : v;
    return step > 0 ? Math.min(Math.max(from, 0), n) : Math.min(Math.max(from, -1), n - 1);
  };
  const kept: number[] = [];
  for (let i = clip(start); step > 0 ? i < clip(end) : i > clip(end); i += step)
    kept.push(list[i]!);
  return kept;
}

/** A base and a chain of views on it, the base first. */
function chainOf(
  shape: readonly number[],
  type: DType,
  seed: number,
  steps: readonly Step[],
): Pair[] {
  const store = numbers(sizeOf(shape), seed, type);
  const x = sg.tensor(Float32Array.from(store), { shape: [...shape], dtype: type });
  const chain: Pair[] = [
    { x, view: { store, positions: { shape, data: store.map((_, i) => i) } } },
  ];
  for (const s of steps) chain.push(ops[s.op]!(chain.at(-1)!, s));
  return chain;
}

const chains = [shapes, dtype, fc.nat(2 ** 30), fc.array(step, { maxLength: 6 })] as const;
const many = { ...settings, numRuns: 600 };

describe("chains of views", () => {
  it("show the elements that the oracle shows", () => {
    fc.assert(
      fc.property(...chains, (shape, type, seed, steps) => {
        for (const { x, view } of chainOf(shape, type, seed, steps)) {
          expectNd(x, values(view), type);
          expect(x.buffer === x.clone().buffer).toBe(false);
        }
      }),
      many,
    );
  });

  it("see what is written through any of them", () => {
    fc.assert(
      fc.property(...chains, fc.nat(1000), fc.nat(3), (shape, type, seed, steps, pick, how) => {
        const chain = chainOf(shape, type === "bool" ? "int32" : type, seed, steps);
        const { x, view } = chain[pick % chain.length]!;
        if (new Set(view.positions.data).size < view.positions.data.length) {
          expect(() => x.add_(1)).toThrow(/an expanded tensor shares elements/);
          return;
        }
        const old = values(view).data;
        const fresh = numbers(old.length, seed + 1, "int32");
        const source = sg.tensor(Float32Array.from(fresh), { shape: [...x.shape], dtype: x.dtype });
        if (how === 0) x.add_(2);
        else if (how === 1) x.mul_(source);
        else if (how === 2) x.fill_(9);
        else x.copy_(source);
        view.positions.data.forEach((p, i) => {
          const by = [old[i]! + 2, old[i]! * fresh[i]!, 9, fresh[i]!];
          view.store[p] = by[how]!;
        });
        for (const each of chain) expectNd(each.x, values(each.view), x.dtype);
      }),
      many,
    );
  });

  it("give every element of the base the number of its copies as gradient", () => {
    fc.assert(
      fc.property(...chains, (shape, _, seed, steps) => {
        const store = numbers(sizeOf(shape), seed, "float32");
        const base = sg.tensor(Float32Array.from(store), { shape: [...shape], requiresGrad: true });
        // Positions all the way back to the base: the oracle's stores hold them as values.
        const where = { shape, data: store.map((_, i) => i) };
        let pair: Pair = { x: base, view: { store: [...where.data], positions: where } };
        for (const s of steps) pair = ops[s.op]!(pair, s);
        const weights = pair.x.detach().mul(0).add(2);
        const dx = sg.grad(pair.x, base, { gradOutputs: weights })[0]!;
        const counts = store.map(() => 0);
        for (const p of values(pair.view).data) counts[p]! += 2;
        expectNd(dx, { shape, data: counts }, "float32");
      }),
      many,
    );
  });
});
