// Elementwise ops over random shapes that broadcast, operands anywhere in memory, every pair of
// dtypes; and the gradients of broadcasting.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import type { DType, Tensor } from "../../src/index.js";
import {
  broadcastAt,
  build,
  dtype,
  expectNd,
  make,
  narrower,
  recipe,
  settings,
  shapes,
  sumBack,
} from "./oracle.js";

/** Two or three operands whose shapes broadcast to `full`. */
const operands = shapes.chain((full) =>
  fc.record({
    shapes: fc.tuple(narrower(full), narrower(full), narrower(full)),
    recipes: fc.tuple(recipe, recipe, recipe),
    dtypes: fc.tuple(dtype, dtype),
  }),
);

/** NumPy's rule, from the right. */
function common(...list: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...list.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = list.map((s) => s[s.length - rank + i] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
}

const order: DType[] = ["bool", "int32", "float32"];
const promoted = (a: DType, b: DType): DType =>
  order[Math.max(order.indexOf(a), order.indexOf(b))]!;

type Scalar = (a: number, b: number) => number;
const truth = (value: boolean): number => Number(value);

/** By name: what it computes, and the result's dtype from the promoted one. */
const binaries: Readonly<Record<string, readonly [Scalar, (dtype: DType) => DType]>> = {
  add: [(a, b) => a + b, same],
  sub: [(a, b) => a - b, same],
  mul: [(a, b) => a * b, same],
  div: [(a, b) => Math.fround(a / b), () => "float32"],
  maximum: [Math.max, same],
  minimum: [Math.min, same],
  eq: [(a, b) => truth(a === b), () => "bool"],
  ne: [(a, b) => truth(a !== b), () => "bool"],
  lt: [(a, b) => truth(a < b), () => "bool"],
  le: [(a, b) => truth(a <= b), () => "bool"],
  gt: [(a, b) => truth(a > b), () => "bool"],
  ge: [(a, b) => truth(a >= b), () => "bool"],
  logicalAnd: [(a, b) => truth(a !== 0 && b !== 0), () => "bool"],
  logicalOr: [(a, b) => truth(a !== 0 || b !== 0), () => "bool"],
  logicalXor: [(a, b) => truth((a !== 0) !== (b !== 0)), () => "bool"],
};

function same(dtype: DType): DType {
  return dtype;
}

type Binary = (a: Tensor, b: Tensor | number) => Tensor;
const functions = sg as unknown as Record<string, Binary>;

describe("elementwise ops of two operands", () => {
  it.each(Object.entries(binaries))("%s", (name, [scalar, resultType]) => {
    fc.assert(
      fc.property(operands, ({ shapes, recipes, dtypes }) => {
        const a = make(shapes[0], recipes[0], dtypes[0]);
        const b = make(shapes[1], recipes[1], dtypes[1]);
        const call = (): Tensor => functions[name]!(a.x, b.x);
        if (name === "sub" && dtypes.includes("bool")) {
          expect(call).toThrow(sg.DTypeError);
          return;
        }
        const type = resultType(promoted(...dtypes));
        const wanted = build(common(shapes[0], shapes[1]), (i) => {
          const value = scalar(broadcastAt(a.nd, i), broadcastAt(b.nd, i));
          return type === "bool" ? truth(value !== 0) : value;
        });
        expectNd(call(), wanted, type);
      }),
      settings,
    );
  });

  it.each(Object.entries(binaries).filter(([name]) => !name.startsWith("logical")))(
    "%s with a number",
    (name, [scalar, resultType]) => {
      fc.assert(
        fc.property(shapes, recipe, dtype, fc.constantFrom(2, -1, 0, 0.5), (shape, r, type, s) => {
          const a = make(shape, r, type);
          const other = Number.isInteger(s) ? "int32" : "float32";
          const wanted = build(shape, (i) => scalar(broadcastAt(a.nd, i), s));
          const call = (): Tensor => functions[name]!(a.x, s);
          if (name === "sub" && type === "bool") {
            expect(call).toThrow(sg.DTypeError);
            return;
          }
          expectNd(call(), wanted, resultType(promoted(type, other)));
        }),
        { ...settings, numRuns: 60 },
      );
    },
  );

  it("where, over three shapes", () => {
    fc.assert(
      fc.property(operands, ({ shapes, recipes, dtypes }) => {
        const cond = make(shapes[2], recipes[2], "bool");
        const a = make(shapes[0], recipes[0], dtypes[0]);
        const b = make(shapes[1], recipes[1], dtypes[1]);
        const wanted = build(common(...shapes), (i) =>
          broadcastAt(broadcastAt(cond.nd, i) ? a.nd : b.nd, i),
        );
        expectNd(sg.where(cond.x, a.x, b.x), wanted, promoted(...dtypes));
      }),
      settings,
    );
  });

  it("NaN, infinities and zeros of both signs, scattered in memory", () => {
    const special = fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1, -1.5);
    const pairs = fc.array(fc.tuple(special, special), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(pairs, (list) => {
        // Columns of a matrix: every other element of memory.
        const both = sg.tensor(list.map(([a, b]) => [a, b]));
        const [x, y] = both.unbind(1) as [Tensor, Tensor];
        for (const name of ["add", "mul", "div", "maximum", "minimum"]) {
          const wanted = list.map(([a, b]) => Math.fround(binaries[name]![0](a, b)));
          expect([...functions[name]!(x, y).toTypedArray()]).toEqual(wanted);
        }
        expect(sg.eq(x, y).toArray()).toEqual(list.map(([a, b]) => a === b));
        expect(sg.lt(x, y).toArray()).toEqual(list.map(([a, b]) => a < b));
      }),
      settings,
    );
  });
});

describe("shapes that do not broadcast", () => {
  it("are refused, and no others", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const rank = Math.min(a.length, b.length);
        const fit = Array.from({ length: rank }, (_, i) => [a.at(-1 - i), b.at(-1 - i)]).every(
          ([m, n]) => m === n || m === 1 || n === 1,
        );
        fc.pre(!fit || common(a, b).reduce((x, y) => x * y, 1) <= 10_000);
        const call = (): Tensor => sg.zeros(a).add(sg.zeros(b));
        if (fit) expect(call().shape).toEqual(common(a, b));
        else expect(call).toThrow(sg.ShapeError);
      }),
      { ...settings, numRuns: 400 },
    );
  });
});

describe("gradients of broadcasting", () => {
  it("add up what was repeated: mul, sub, where, expand", () => {
    fc.assert(
      fc.property(operands, ({ shapes, recipes }) => {
        const [a, b] = [
          make(shapes[0], recipes[0], "float32"),
          make(shapes[1], recipes[1], "float32"),
        ];
        const cond = make(shapes[2], recipes[2], "bool");
        const full = common(...shapes);
        const dy = make(full, recipes[2], "float32");
        const x = a.x.detach();
        const y = b.x.detach();
        x.requiresGrad = y.requiresGrad = true;
        const both = common(shapes[0], shapes[1]);
        const dboth = make(both, recipes[2], "float32");
        const [mx, my] = sg.grad(x.mul(y), [x, y], { gradOutputs: dboth.x });
        const product = (other: typeof a) =>
          build(both, (i) => broadcastAt(dboth.nd, i) * broadcastAt(other.nd, i));
        expectNd(mx!, sumBack(product(b), shapes[0]), "float32");
        expectNd(my!, sumBack(product(a), shapes[1]), "float32");
        const [, sy] = sg.grad(x.sub(y), [x, y], { gradOutputs: dboth.x });
        const minus = build(both, (i) => -broadcastAt(dboth.nd, i));
        expectNd(sy!, sumBack(minus, shapes[1]), "float32");
        const [wx, wy] = sg.grad(sg.where(cond.x, x, y), [x, y], { gradOutputs: dy.x });
        const chosen = (side: number) =>
          build(full, (i) => (broadcastAt(cond.nd, i) === side ? broadcastAt(dy.nd, i) : 0));
        expectNd(wx!, sumBack(chosen(1), shapes[0]), "float32");
        expectNd(wy!, sumBack(chosen(0), shapes[1]), "float32");
        const [ex] = sg.grad(x.expand(full), x, { gradOutputs: dy.x });
        expectNd(ex!, sumBack(dy.nd, shapes[0]), "float32");
      }),
      settings,
    );
  });
});
