// Operands of many elements that lie column by column: what elementwise ops read through a copy gives what
// it gives in order, and nothing is left of the copy. Copies of few columns go by tiles, too.
import { describe, expect, it } from "vitest";
import { clamp, memory, randn, type Tensor, tensor, where } from "../../src/index.js";
import { profile } from "../../src/inspect/index.js";

/** A tensor [..., rows, columns] that lies column by column, and its elements in order. */
function turned(shape: readonly number[]): { x: Tensor; ordered: Tensor } {
  const [rows, cols] = shape.slice(-2) as [number, number];
  const outer = shape.slice(0, -2);
  const memory = randn([...outer, cols, rows]);
  const data = memory.toTypedArray();
  const at = (i: number): number => {
    const [plane, r, c] = [Math.floor(i / (rows * cols)), Math.floor(i / cols) % rows, i % cols];
    return data[plane * rows * cols + c * rows + r]!;
  };
  const ordered = tensor(data.map((_, i) => at(i))).reshape(shape);
  return { x: memory.transpose(-1, -2), ordered };
}

// Tiles of 4 x 4, of up to 64 rows or 16, and what is left of them.
const SHAPES = [
  [64, 64],
  [67, 129],
  [5000, 3],
  [1366, 3],
  [700, 7],
  [600, 8],
  [3, 5000],
  [4, 70, 9, 5],
];

describe.each(SHAPES.map((shape) => [shape]))("%j, column by column", (shape) => {
  const ops: Record<string, (x: Tensor, y: Tensor) => Tensor> = {
    contiguous: (x) => x.contiguous(),
    exp: (x) => x.exp(),
    clamp: (x) => clamp(x, -0.5, 0.5),
    "a number on the right": (x) => x.sub(2),
    "a number on the left": (x) => tensor(2).sub(x),
    "bools, integers": (x) => x.gt(0).logicalNot().to("int32").mul(3),
    "in order on the right": (x, y) => x.sub(y),
    "in order on the left": (x, y) => y.sub(x),
    "a choice of both": (x, y) => where(x.gt(y), x.mul(2), y.sub(x)).add(where(y.gt(0), x, -1)),
    "both of them": (x, y) => x.sub(x.mul(2)).div(x.add(y.narrow(0, 0, 1))),
  };

  it.each(Object.entries(ops))("%s", (_, op) => {
    const { x, ordered } = turned(shape);
    const y = randn(shape);
    expect(op(x, y).toTypedArray()).toEqual(op(ordered, y).toTypedArray());
  });

  it("leaves nothing", () => {
    const { x, ordered: y } = turned(shape);
    const more = y.gt(0);
    const { liveBytes } = memory();
    for (const op of [
      () => x.neg(),
      () => x.add(y),
      () => y.add(x),
      () => x.add(1),
      () => where(more, x, y),
      () => where(more, 1, x),
    ])
      op().dispose();
    expect(memory().liveBytes).toBeLessThanOrEqual(liveBytes); // others may be collected
  });
});

describe("copies are made", () => {
  const copies = (fn: () => Tensor): boolean =>
    profile(fn, { print: false }).rows.some(({ op }) => op === "copy");

  it("of what lies column by column, and of nothing else", () => {
    expect(copies(() => randn([64, 64]).transpose(0, 1).mul(2))).toBe(true);
    expect(copies(() => randn([64, 63]).transpose(0, 1).mul(2))).toBe(false);
    const bools = randn([64, 64]).gt(0);
    expect(copies(() => where(bools, randn([64, 64]).transpose(0, 1), randn([64, 64])))).toBe(true);
    expect(copies(() => where(bools, randn([64, 64]), randn([64, 64])))).toBe(false);
    expect(copies(() => randn([64, 1]).expand([64, 64]).mul(2))).toBe(false);
    expect(copies(() => randn([64, 128]).narrow(1, 0, 64).mul(2))).toBe(false);
    expect(
      copies(() =>
        randn([1, 5000])
          .transpose(0, 1)
          .mul(randn([3])),
      ),
    ).toBe(false);
  });
});
