// In-place ops in graphs: versions, histories, views, and the gradients of all that is allowed.
import { describe, expect, it } from "vitest";
import { grad, GradError, noGrad, optim, tensor } from "../../src/index.js";
import type { Tensor } from "../../src/index.js";

const leaf = (values: number | number[] | number[][]): Tensor =>
  tensor(values, { requiresGrad: true });

describe("the version counter", () => {
  it.each([
    ["add_", (y: Tensor) => y.add_(1)],
    ["sub_", (y: Tensor) => y.sub_(1)],
    ["mul_", (y: Tensor) => y.mul_(2)],
    ["div_", (y: Tensor) => y.div_(2)],
    ["fill_", (y: Tensor) => y.fill_(1)],
    ["fill_", (y: Tensor) => y.zero_()],
    ["copy_", (y: Tensor) => y.copy_(tensor([5, 6]))],
  ] as const)("catches %s of a saved tensor and names both ops", (name, change) => {
    const x = leaf([1, 2]);
    const y = x.exp();
    const z = y.mul(y).sum();
    change(y);
    expect(() => z.backward()).toThrow(GradError);
    expect(() => z.backward()).toThrow(
      new RegExp(
        `\\[backward\\] (exp|mul) saved a tensor of \\[2\\] that ${name} has modified since ` +
          `\\(version 0, now 1\\): clone\\(\\) it first`,
      ),
    );
  });

  it("catches a write through a view, through detach, and in noGrad", () => {
    const writes: readonly ((y: Tensor) => unknown)[] = [
      (y) => noGrad(() => y.select(0, 0).add_(1)),
      (y) => y.detach().zero_(),
      (y) => noGrad(() => y.add_(1)),
    ];
    for (const write of writes) {
      const x = leaf([1, 2]);
      const y = x.exp();
      const z = y.square().sum();
      write(y);
      expect(() => z.backward()).toThrow(/has modified since/);
    }
  });

  it("catches an optimiser's step between forward and backward", () => {
    const x = leaf([1, 2]);
    const optimizer = new optim.SGD([x], { lr: 0.1 });
    x.square().sum().backward();
    const late = x.square().sum();
    optimizer.step();
    expect(() => late.backward()).toThrow(/square saved a tensor of \[2\] that SGD\.step has/);
  });

  it("lets pass what no backward needs", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3); // saves nothing
    const z = y.add(1);
    y.mul_(100);
    z.sum().backward();
    expect(x.grad!.toArray()).toEqual([3, 3]);
  });

  it("of one tensor is nobody else's", () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    const other = y.clone();
    const z = y.square().sum();
    other.zero_();
    z.backward();
    expect(x.grad!.toTypedArray()[0]).toBeCloseTo(2 * Math.exp(2), 4);
  });
});

describe("gradients through in-place ops", () => {
  it("follow the values that were there", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 5])];
    const y = x.mul(2);
    expect(y.mul_(w)).toBe(y);
    y.add_(x).sub_(w).div_(w);
    // y = (2 x w + x - w) / w = 2 x + x / w - 1
    y.sum().backward();
    const [dx, dw] = [x.grad!.toTypedArray(), w.grad!.toTypedArray()];
    [1, 2].forEach((v, i) => {
      const u = [3, 5][i]!;
      expect(dx[i]).toBeCloseTo(2 + 1 / u, 5);
      expect(dw[i]).toBeCloseTo(-v / (u * u), 5);
    });
  });

  it("broadcast the other operand back", () => {
    const [x, w] = [leaf([[1, 2], [3, 4]]), leaf([10, 20])]; // prettier-ignore
    x.clone().mul_(w).sum().backward();
    expect([x.grad!.toArray(), w.grad!.toArray()]).toEqual([
      [
        [10, 20],
        [10, 20],
      ],
      [4, 6],
    ]);
  });

  it("x.mul_(x) and x.div_(x) use the old values on both sides", () => {
    const x = leaf([2, 3]);
    const y = x.clone();
    y.mul_(y);
    y.sum().backward();
    expect([y.toArray(), x.grad!.toArray()]).toEqual([
      [4, 9],
      [4, 6],
    ]);
    const a = leaf([2, 4]);
    const b = a.clone();
    b.div_(b);
    b.sum().backward();
    expect([b.toArray(), a.grad!.toArray()]).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  it("an operand that is a view of the same memory counts with its old values", () => {
    const x = leaf([2, 3]);
    const y = x.clone();
    y.mul_(y.slice(null, null, { step: -1 }).detach().reshape([2]));
    expect(y.toArray()).toEqual([6, 6]);
    const a = leaf([2, 3]);
    const b = a.clone();
    b.mul_(b.select(0, 1)); // [2 * 3, 3 * 3]: db/da = [3, 2 + 2 * 3]
    b.sum().backward();
    expect([b.toArray(), a.grad!.toArray()]).toEqual([
      [6, 9],
      [3, 8],
    ]);
  });

  it("fill_, zero_ and copy_ cut off what was there", () => {
    const [x, w] = [leaf([1, 2]), leaf(5)];
    const y = x.mul(2);
    y.copy_(w);
    y.add_(x).sum().backward();
    expect([x.grad!.toArray(), w.grad!.item()]).toEqual([[1, 1], 2]);
    const z = x.mul(2).fill_(3);
    expect(grad(z.mul(x).sum(), x)[0]!.toArray()).toEqual([3, 3]);
    const none = x.mul(2).zero_();
    expect(grad(none.sum(), x)[0]!.toArray()).toEqual([0, 0]);
  });

  it("second derivatives know the old values, too", () => {
    const [x, w] = [leaf(2), leaf(3)];
    const y = x.mul(1).mul_(w).mul_(w); // x w^2
    const [dw] = grad(y, w, { createGraph: true });
    const [dwx] = grad(dw!, x); // d(2 x w)/dx = 2 w
    expect([dw!.item(), dwx!.item()]).toEqual([12, 6]);
  });

  it("a leaf that requires none joins the graph of what is added to it", () => {
    const [total, x] = [tensor([0, 0]), leaf([1, 2])];
    for (let i = 1; i <= 3; i++) total.add_(x.mul(i));
    total.sum().backward();
    expect(x.grad!.toArray()).toEqual([6, 6]);
  });
});

describe("views in graphs", () => {
  it("give their gradients to the right elements", () => {
    const x = leaf([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    const row = x.select(0, 1).slice(null, null, { step: 2 });
    const column = x.t().narrow(0, 1, 1);
    row.square().sum().add(column.sum()).backward();
    expect(x.grad!.toArray()).toEqual([
      [0, 1, 0],
      [8, 1, 12],
    ]);
  });

  it("made before their base was changed in the graph are refused from then on", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const view = y.select(0, 0);
    y.mul_(3);
    expect(() => view.mul(2)).toThrow(
      /\[mul\] an input of \[\] shares memory with a tensor that mul_ has changed since/,
    );
    y.select(0, 0).mul(2).backward();
    expect(x.grad!.toArray()).toEqual([12, 0]);
  });

  it("so refused write nothing, as operand or as what is written to", () => {
    const writes: readonly ((y: Tensor, stale: Tensor) => unknown)[] = [
      (y, stale) => y.add_(stale),
      (y, stale) => y.sub_(stale),
      (y, stale) => y.copy_(stale),
      (y, stale) => y.scatterAdd_(0, tensor([0, 1], { dtype: "int32" }), stale),
      (y, stale) => y.maskedFill_(tensor([true, false]), stale.select(0, 0)),
      (_, stale) => stale.fill_(1),
    ];
    for (const write of writes) {
      const y = tensor([1, 2]);
      const stale = y.reshape([2]);
      y.mul_(leaf([3, 3]));
      expect(() => write(y, stale)).toThrow(GradError);
      expect(y.toArray()).toEqual([3, 6]);
    }
  });

  it("can't be changed while they take part; their clones can", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    expect(() => y.select(0, 0).add_(1)).toThrow(/a view that takes part in a graph/);
    expect(() => tensor([1, 2]).select(0, 0).add_(x.sum())).toThrow(/a view that takes part/);
    expect(y.select(0, 0).clone().add_(1).item()).toBe(3);
    noGrad(() => x.select(0, 0).add_(10));
    expect(x.toArray()).toEqual([11, 2]);
  });

  it("of tensors without a graph write through, and are read by later ops", () => {
    const base = tensor([[1, 2], [3, 4]]); // prettier-ignore
    base.t().select(0, 1).mul_(10);
    const w = leaf(2);
    base.mul(w).sum().backward();
    expect([base.toArray(), w.grad!.item()]).toEqual([
      [
        [1, 20],
        [3, 40],
      ],
      64,
    ]);
  });
});
