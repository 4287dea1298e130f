// Reductions over any dims of random shapes, wherever the tensor lies, against sums in float64.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import type { Tensor } from "../../src/index.js";
import { observeCalls } from "../../src/kernels/run.js";
import {
  at,
  build,
  dtype,
  expectNd,
  indices,
  make,
  type Nd,
  rank,
  recipe,
  settings,
  shapes,
} from "./oracle.js";

/** A shape, dims of it in some order (undefined: all), counted from either end. */
const reduced = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    dims: fc.option(
      fc.shuffledSubarray(
        shape.map((_, i) => i),
        { minLength: Math.min(1, shape.length) },
      ),
      { nil: undefined },
    ),
    keepdim: fc.boolean(),
    r: recipe,
  }),
);
type Reduced = typeof reduced extends fc.Arbitrary<infer T> ? T : never;

/** The groups of numbers that fall into each element of the result. */
function groups(x: Nd, { dims, keepdim }: Pick<Reduced, "dims" | "keepdim">) {
  const over = dims === undefined || dims.length === 0 ? x.shape.map((_, i) => i) : dims;
  const kept = x.shape.map((n, d) => (over.includes(d) ? 1 : n));
  const lists = indices(kept).map((): number[] => []);
  for (const i of indices(x.shape)) {
    const own = i.map((v, d) => (over.includes(d) ? 0 : v));
    lists[rank(kept, own)]!.push(at(x, i));
  }
  const shape = keepdim ? kept : kept.filter((_, d) => !over.includes(d));
  const count = over.reduce((n, d) => n * x.shape[d]!, 1);
  return { shape, lists, count };
}

/** dims as the op takes them: some counted from the end, a single one at times as a number. */
function asked({ shape, dims, r }: Reduced): number | number[] | undefined {
  const list = dims?.map((d) => (r.seed % 3 === 0 ? d - shape.length : d));
  return list?.length === 1 && r.seed % 2 === 0 ? list[0] : list;
}

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const meanOf = (list: readonly number[]): number => total(list) / list.length;
const spread = (list: readonly number[]): number =>
  total(list.map((v) => (v - meanOf(list)) ** 2)) / Math.max(0, list.length - 1);

/** Scaled so that the numbers are not whole. */
function rough(x: Nd): { x: Nd; by: (t: Tensor) => Tensor } {
  const scale = Math.fround(0.37);
  const data = x.data.map((v) => Math.fround(Math.fround(v * scale) + scale));
  return { x: { ...x, data }, by: (t) => t.mul(scale).add(scale) };
}

type Fold = (
  x: Tensor,
  dims: number | number[] | undefined,
  options: { keepdim: boolean },
) => Tensor;

describe("reductions over any dims", () => {
  const floats: Readonly<Record<string, readonly [Fold, (list: number[]) => number]>> = {
    sum: [sg.sum, total],
    mean: [sg.mean, meanOf],
    variance: [sg.variance, spread],
    std: [sg.std, (list) => Math.sqrt(spread(list))],
    logsumexp: [sg.logsumexp, (list) => Math.log(total(list.map(Math.exp)))],
  };

  it.each(Object.entries(floats))("%s of float32", (_, [fold, oracle]) => {
    fc.assert(
      fc.property(reduced, (c) => {
        const made = make(c.shape, c.r, "float32");
        const { x, by } = rough(made.nd);
        const { shape, lists } = groups(x, c);
        const wanted = { shape, data: lists.map(oracle) };
        // A few roundings of the largest partial sum.
        const tolerance = { shape, data: lists.map((l) => 1e-6 * (1 + total(l.map(Math.abs)))) };
        const found = fold(placedAs(made.x, by), asked(c), { keepdim: c.keepdim });
        expectNd(found, wanted, "float32", tolerance);
      }),
      settings,
    );
  });

  it("sums of int32 and counts of bools are exact; means are float32", () => {
    fc.assert(
      fc.property(reduced, dtype, (c, type) => {
        const { x, nd } = make(c.shape, c.r, type);
        const { shape, lists } = groups(nd, c);
        const options = { keepdim: c.keepdim };
        const sums = { shape, data: lists.map(total) };
        expectNd(sg.sum(x, asked(c), options), sums, type === "float32" ? type : "int32");
        const means = { shape, data: lists.map((l) => Math.fround(meanOf(l))) };
        const near = { shape, data: means.data.map((m) => 2e-7 * Math.abs(m)) };
        expectNd(sg.mean(x, asked(c), options), means, "float32", near);
      }),
      settings,
    );
  });

  it("any and all of every dtype", () => {
    fc.assert(
      fc.property(reduced, dtype, (c, type) => {
        const { x, nd } = make(c.shape, c.r, type);
        const { shape, lists } = groups(nd, c);
        const options = { keepdim: c.keepdim };
        const some = { shape, data: lists.map((l) => Number(l.some((v) => v !== 0))) };
        const every = { shape, data: lists.map((l) => Number(l.every((v) => v !== 0))) };
        expectNd(sg.any(x, asked(c), options), some, "bool");
        expectNd(sg.all(x, asked(c), options), every, "bool");
      }),
      settings,
    );
  });

  it("extremes, and where they stand: the first of equals", () => {
    const types = fc.constantFrom<("float32" | "int32")[]>("float32", "int32");
    fc.assert(
      fc.property(reduced, types, (c, type) => {
        const { x, nd } = make(c.shape, c.r, type);
        const { shape, lists, count } = groups(nd, c);
        const options = { keepdim: c.keepdim };
        if (count === 0 && lists.length > 0) {
          expect(() => sg.amax(x, asked(c), options)).toThrow(/an empty dim has no elements/);
          return;
        }
        const largest = { shape, data: lists.map((l) => Math.max(...l)) };
        const smallest = { shape, data: lists.map((l) => Math.min(...l)) };
        expectNd(sg.amax(x, asked(c), options), largest, type);
        expectNd(sg.amin(x, asked(c), options), smallest, type);
        if (c.dims !== undefined && c.dims.length > 1) return;
        const dim = c.dims?.[0];
        const first = { shape, data: lists.map((l) => l.indexOf(Math.max(...l))) };
        const last = { shape, data: lists.map((l) => l.indexOf(Math.min(...l))) };
        expectNd(sg.argmax(x, dim, options), first, "int32");
        expectNd(sg.argmin(x, dim, options), last, "int32");
        if (dim === undefined) return;
        const { values, indices } = sg.max(x, dim, options);
        expectNd(values, largest, type);
        expectNd(indices, first, "int32");
      }),
      settings,
    );
  });

  it("copies nothing where dims lie apart: one run of them after the other, the longest first", () => {
    const x = sg.randn([2, 3, 1, 4, 5]);
    const seen: number[][] = [];
    const before = observeCalls((kernel, args, _, call) => {
      expect(kernel).toMatch(/^(sum|amax)F32$/);
      seen.push([...Array.from(args).slice(2, 4)]); // R, inner
      call();
    });
    try {
      sg.sum(x, [0, 2, 4]);
      sg.mean(x, [0, 3]);
      sg.amax(x, [1, 4]);
      sg.sum(x, [0, 1, 4]);
      sg.amax(x, [0, 2]);
    } finally {
      observeCalls(before);
    }
    const runs = [[5, 1], [2, 12], [4, 5], [2, 15], [5, 1], [3, 4], [6, 20], [5, 1], [2, 60]]; // prettier-ignore
    expect(seen).toEqual(runs);
    expect(sg.sum(sg.zeros([0, 3, 0]), [0, 2]).toArray()).toEqual([0, 0, 0]);
    expect(sg.sum(sg.ones([1, 3, 1]), [0, 2]).toArray()).toEqual([1, 1, 1]);
  });

  it("softmax and logSoftmax along any dim", () => {
    fc.assert(
      fc.property(reduced, (c) => {
        const dim = c.dims?.[0] ?? 0;
        const made = make(c.shape, c.r, "float32");
        const { x, by } = rough(made.nd);
        const { lists } = groups(x, {
          dims: c.shape.length === 0 ? undefined : [dim],
          keepdim: true,
        });
        const kept = c.shape.map((n, d) => (d === dim ? 1 : n));
        const wanted = build(c.shape, (i) => {
          const list =
            lists[
              rank(
                kept,
                i.map((v, d) => (d === dim ? 0 : v)),
              )
            ]!;
          return Math.exp(at(x, i)) / total(list.map(Math.exp));
        });
        const near = { shape: c.shape, data: wanted.data.map(() => 1e-6) };
        const placed = placedAs(made.x, by);
        expectNd(sg.softmax(placed, dim), wanted, "float32", near);
        const logs = { shape: c.shape, data: wanted.data.map(Math.log) };
        expectNd(sg.logSoftmax(placed, dim), logs, "float32", {
          ...near,
          data: near.data.map(() => 3e-6),
        });
      }),
      settings,
    );
  });

  it("the gradient of a sum is what came in, of a mean its share, of an extreme the winners'", () => {
    fc.assert(
      fc.property(reduced, (c) => {
        const { x, nd } = make(c.shape, c.r, "float32");
        const { shape, lists, count } = groups(nd, c);
        fc.pre(count > 0);
        const dy = make(shape, c.r, "float32");
        const a = x.detach();
        a.requiresGrad = true;
        const options = { keepdim: c.keepdim };
        const over = c.dims === undefined ? nd.shape.map((_, i) => i) : c.dims;
        const kept = nd.shape.map((n, d) => (over.includes(d) ? 1 : n));
        const group = (i: number[]): number =>
          rank(
            kept,
            i.map((v, d) => (over.includes(d) ? 0 : v)),
          );
        const incoming = build(c.shape, (i) => dy.nd.data[group(i)]!);
        const of = (y: Tensor): Tensor => sg.grad(y, a, { gradOutputs: dy.x })[0]!;
        expectNd(of(sg.sum(a, asked(c), options)), incoming, "float32");
        const near = { shape: c.shape, data: incoming.data.map(() => 1e-6) };
        const shares = { shape: c.shape, data: incoming.data.map((v) => v / count) };
        expectNd(of(sg.mean(a, asked(c), options)), shares, "float32", near);
        const winners = build(c.shape, (i) => {
          const list = lists[group(i)]!;
          const best = Math.max(...list);
          if (at(nd, i) !== best) return 0;
          return dy.nd.data[group(i)]! / list.filter((v) => v === best).length;
        });
        expectNd(of(sg.amax(a, asked(c), options)), winners, "float32", near);
      }),
      settings,
    );
  });
});

/** `by` of a tensor, with the tensor's strides where it is a view: ops give row-major results. */
function placedAs(x: Tensor, by: (t: Tensor) => Tensor): Tensor {
  const changed = by(x);
  if (x.ndim < 2) return changed;
  const order = x.shape.map((_, i) => (i + 1) % x.ndim);
  return changed
    .permute(order)
    .contiguous()
    .permute(order.map((_, i) => order.indexOf(i)));
}
