// Ops that read and write at indices, and those that join and divide, over random shapes; their
// gradients are each other.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import type { Tensor } from "../../src/index.js";
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

/** A shape of at least one dim, and one of its dims. */
const dimmed = shapes
  .filter((shape) => shape.length > 0)
  .chain((shape) => fc.record({ shape: fc.constant(shape), dim: fc.nat(shape.length - 1) }));

function whole(values: readonly number[], shape: readonly number[], strided: boolean): Tensor {
  const x = sg.tensor(Int32Array.from(values), { shape: [...shape] });
  return strided ? sg.stack([x, x], -1).select(-1, 1) : x;
}

/** Numbers in [0, n), one for each element. */
function below(n: number, count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => (Math.imul(seed + i, 2654435761) >>> 4) % n);
}

const replaced = (index: readonly number[], dim: number, by: number): number[] =>
  index.map((v, d) => (d === dim ? by : v));

/** Zeros of `shape`, with `values` (of all indices of `from`) added where `target` says. */
function added(shape: readonly number[], from: Nd, target: (index: number[]) => number[]): Nd {
  const data = indices(shape).map(() => 0);
  for (const i of indices(from.shape)) data[rank(shape, target(i))]! += at(from, i);
  return { shape, data };
}

function leaf(x: Tensor): Tensor {
  const out = x.detach();
  out.requiresGrad = true;
  return out;
}

describe("reading and writing at indices", () => {
  it("gather, and its gradient; scatterAdd, and its gradients", () => {
    fc.assert(
      fc.property(dimmed, recipe, fc.nat(6), fc.boolean(), ({ shape, dim }, r, count, strided) => {
        const n = shape[dim]!;
        fc.pre(n > 0);
        const sizes = shape.map((m, d) =>
          d === dim ? count : d % 2 === r.seed % 2 ? Math.ceil(m / 2) : m,
        );
        const picks: Nd = {
          shape: sizes,
          data: below(
            n,
            sizes.reduce((a, b) => a * b, 1),
            r.seed,
          ),
        };
        const index = whole(picks.data, sizes, strided);
        const base = make(shape, r, "float32");
        const src = make(sizes, { ...r, seed: r.seed + 1 }, "float32");
        const target = (i: number[]): number[] => replaced(i, dim, at(picks, i));
        const [x, s] = [leaf(base.x), leaf(src.x)];
        const read = build(sizes, (i) => at(base.nd, target(i)));
        const gathered = sg.gather(x, dim - shape.length, index);
        expectNd(gathered, read, "float32");
        const back = added(shape, src.nd, target);
        expectNd(sg.grad(gathered, x, { gradOutputs: src.x })[0]!, back, "float32");
        const sum = sg.scatterAdd(x, dim, index, s);
        expectNd(
          sum,
          build(shape, (i) => at(base.nd, i) + at(back, i)),
          "float32",
        );
        const [dx, ds] = sg.grad(sum, [x, s], { gradOutputs: base.x });
        expectNd(dx!, base.nd, "float32");
        expectNd(ds!, read, "float32");
      }),
      settings,
    );
  });

  it("gather and indexSelect of every dtype; the gradient of indexSelect", () => {
    fc.assert(
      fc.property(dimmed, recipe, dtype, fc.nat(6), ({ shape, dim }, r, type, count) => {
        const n = shape[dim]!;
        fc.pre(n > 0);
        const { x, nd } = make(shape, r, type);
        const picks = below(n, count, r.seed);
        const index = whole(picks, [count], r.seed % 2 === 0);
        const sizes = replaced(shape, dim, count);
        const wanted = build(sizes, (i) => at(nd, replaced(i, dim, picks[i[dim]!]!)));
        expectNd(sg.indexSelect(x, dim, index), wanted, type);
        const spread = index
          .reshape(
            replaced(
              shape.map(() => 1),
              dim,
              count,
            ),
          )
          .expand(sizes);
        expectNd(sg.gather(x, dim, spread), wanted, type);
        if (type !== "float32") return;
        const a = leaf(x);
        const dy = make(sizes, r, "float32");
        const [dx] = sg.grad(sg.indexSelect(a, dim, index), a, { gradOutputs: dy.x });
        const back = added(shape, dy.nd, (i) => replaced(i, dim, picks[i[dim]!]!));
        expectNd(dx!, back, "float32");
      }),
      settings,
    );
  });

  it("embedding and its gradient, with a padding row", () => {
    fc.assert(
      fc.property(
        shapes,
        recipe,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(5),
        (idShape, r, n, width) => {
          fc.pre(idShape.reduce((a, b) => a * b, 1) <= 100);
          const count = idShape.reduce((a, b) => a * b, 1);
          const picks: Nd = { shape: idShape, data: below(n, count, r.seed) };
          const table = make([n, width], r, "float32");
          const weight = leaf(table.x);
          const paddingIdx = r.seed % n;
          const ids = whole(picks.data, idShape, r.seed % 2 === 1);
          const out = sg.embedding(ids, weight, { paddingIdx: paddingIdx - n });
          const shape = [...idShape, width];
          const row = (i: number[]): number[] => [at(picks, i.slice(0, -1)), i.at(-1)!];
          expectNd(
            out,
            build(shape, (i) => at(table.nd, row(i))),
            "float32",
          );
          const dy = make(shape, r, "float32");
          const all = added([n, width], dy.nd, row);
          const wanted = build([n, width], (i) => (i[0] === paddingIdx ? 0 : at(all, i)));
          expectNd(sg.grad(out, weight, { gradOutputs: dy.x })[0]!, wanted, "float32");
        },
      ),
      settings,
    );
  });

  it("an index out of range anywhere is named with its position", () => {
    fc.assert(
      fc.property(
        dimmed,
        fc.nat(1000),
        fc.constantFrom(-1, 1000, 2 ** 31 - 1),
        ({ shape, dim }, pick, bad) => {
          const count = shape.reduce((a, b) => a * b, 1);
          fc.pre(count > 0);
          const values = new Array<number>(count).fill(0);
          values[pick % count] = bad;
          const index = whole(values, shape, pick % 2 === 0);
          const said = new RegExp(`got ${bad} at position ${pick % count}`);
          const x = sg.zeros(shape);
          expect(() => sg.gather(x, dim, index)).toThrow(said);
          expect(() => sg.scatterAdd(x, dim, index, x)).toThrow(said);
          expect(() => sg.embedding(index, sg.zeros([3, 2]))).toThrow(said);
        },
      ),
      settings,
    );
  });

  it("oneHot has its 1 where the class says", () => {
    fc.assert(
      fc.property(shapes, fc.nat(1000), (shape, seed) => {
        const picks: Nd = {
          shape,
          data: below(
            5,
            shape.reduce((a, b) => a * b, 1),
            seed,
          ),
        };
        const found = sg.oneHot(whole(picks.data, shape, seed % 2 === 0), 5);
        const wanted = build([...shape, 5], (i) => Number(at(picks, i.slice(0, -1)) === i.at(-1)));
        expectNd(found, wanted, "int32");
      }),
      settings,
    );
  });
});

describe("joining and dividing", () => {
  it("cat undoes split, stack undoes unbind, wherever the tensor lies", () => {
    fc.assert(
      fc.property(
        dimmed,
        recipe,
        dtype,
        fc.integer({ min: 1, max: 9 }),
        ({ shape, dim }, r, type, size) => {
          const { x, nd } = make(shape, r, type);
          const n = shape[dim]!;
          expectNd(sg.cat(x.split(size, dim - shape.length), dim), nd, type);
          const cut = r.seed % (n + 1);
          const parts = x.split([cut, 0, n - cut], dim);
          expect(parts.map((p) => p.shape[dim])).toEqual([cut, 0, n - cut]);
          expectNd(sg.cat(parts, dim), nd, type);
          expectNd(sg.cat(x.chunk(size, dim), dim), nd, type);
          if (n > 0) expectNd(sg.stack(x.unbind(dim), dim), nd, type);
        },
      ),
      settings,
    );
  });

  it("cat promotes dtypes, and gives each part its share of the gradient", () => {
    fc.assert(
      fc.property(dimmed, recipe, recipe, dtype, ({ shape, dim }, r, q, type) => {
        const a = make(shape, r, "float32");
        const b = make(replaced(shape, dim, 2), q, type);
        const x = leaf(a.x);
        const out = sg.cat([x, b.x, x], dim);
        const n = shape[dim]!;
        const sizes = replaced(shape, dim, 2 * n + 2);
        const from = (i: number[]): number => {
          const k = i[dim]!;
          if (k >= n && k < n + 2) return at(b.nd, replaced(i, dim, k - n));
          return at(a.nd, replaced(i, dim, k < n ? k : k - n - 2));
        };
        expectNd(out, build(sizes, from), "float32");
        const dy = make(sizes, q, "float32");
        const twice = build(
          shape,
          (i) => at(dy.nd, i) + at(dy.nd, replaced(i, dim, i[dim]! + n + 2)),
        );
        expectNd(sg.grad(out, x, { gradOutputs: dy.x })[0]!, twice, "float32");
      }),
      settings,
    );
  });

  it("pad adds and crops, and its gradient the other way round", () => {
    const amounts = fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(shapes, recipe, dtype, amounts, fc.nat(4), (shape, r, type, amount, pairs) => {
        const padding = amount.slice(0, 2 * Math.min(pairs, shape.length));
        const before = shape.map((_, d) => padding[2 * (shape.length - 1 - d)] ?? 0);
        const after = shape.map((_, d) => padding[2 * (shape.length - 1 - d) + 1] ?? 0);
        const kept = shape.map((n, d) => n + Math.min(0, before[d]!) + Math.min(0, after[d]!));
        const { x, nd } = make(shape, r, type);
        if (kept.some((n) => n < 0)) {
          expect(() => sg.pad(x, padding)).toThrow(sg.ShapeError);
          return;
        }
        const sizes = shape.map((n, d) => n + before[d]! + after[d]!);
        const inside = (i: readonly number[]): boolean =>
          i.every((v, d) => v >= 0 && v < shape[d]!);
        const from = (i: number[]): number[] => i.map((v, d) => v - before[d]!);
        const wanted = build(sizes, (i) => (inside(from(i)) ? at(nd, from(i)) : 1));
        expectNd(sg.pad(x, padding, { value: 1 }), wanted, type);
        if (type !== "float32") return;
        const a = leaf(x);
        const dy = make(sizes, r, "float32");
        const to = (i: number[]): number[] => i.map((v, d) => v + before[d]!);
        const fits = (i: number[]): boolean => to(i).every((v, d) => v >= 0 && v < sizes[d]!);
        const back = build(shape, (i) => (fits(i) ? at(dy.nd, to(i)) : 0));
        expectNd(sg.grad(sg.pad(a, padding), a, { gradOutputs: dy.x })[0]!, back, "float32");
      }),
      settings,
    );
  });
});
