// What a program can put into a graph: hooks, retained gradients, ops of its own.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import {
  DTypeError,
  grad,
  GradError,
  noGrad,
  record,
  ShapeError,
  tensor,
} from "../../src/index.js";
import type { Tensor } from "../../src/index.js";

const leaf = (values: number | number[]): Tensor => tensor(values, { requiresGrad: true });

describe("hooks", () => {
  it("see the gradient of a leaf and of a result, once all parts have arrived", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const seen: unknown[] = [];
    x.registerHook((g) => void seen.push(["x", g.toArray()]));
    y.registerHook((g) => void seen.push(["y", g.toArray()]));
    y.add(y.square()).sum().backward();
    expect(seen).toEqual([
      ["y", [7, 13]],
      ["x", [21, 39]],
    ]);
  });

  it("replace the gradient, one after the other", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    y.registerHook((g) => g.mul(2));
    y.registerHook((g) => g.add(1));
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual([9, 9]);
  });

  it("that return null change nothing", () => {
    const x = leaf([1, 2]);
    x.registerHook(() => null);
    x.mul(3).sum().backward();
    expect(x.grad!.toArray()).toEqual([3, 3]);
  });

  it("end when removed, others stay", () => {
    const x = leaf(1);
    const calls: string[] = [];
    const remove = x.registerHook(() => void calls.push("a"));
    x.registerHook(() => void calls.push("b"));
    x.mul(2).backward();
    remove();
    remove();
    x.mul(2).backward();
    expect(calls).toEqual(["a", "b", "b"]);
  });

  it("may remove themselves while they run", () => {
    const x = leaf(1);
    const calls: string[] = [];
    const remove = x.registerHook(() => {
      calls.push("once");
      remove();
    });
    x.registerHook(() => void calls.push("always"));
    x.mul(2).backward();
    x.mul(2).backward();
    expect(calls).toEqual(["once", "always", "always"]);
  });

  it("may keep what they are given", () => {
    const x = leaf([1, 2]);
    const kept: Tensor[] = [];
    const y = x.mul(3);
    y.registerHook((g) => void kept.push(g));
    y.square().sum().backward();
    x.mul(5).sum().backward();
    expect(kept[0]!.toArray()).toEqual([6, 12]);
    expect(x.grad!.toArray()).toEqual([23, 41]);
  });

  it("that return another shape are refused; what they throw comes through", () => {
    const x = leaf([1, 2]);
    x.registerHook((g) => g.sum());
    expect(() => x.mul(2).sum().backward()).toThrow(ShapeError);
    expect(() => x.mul(2).sum().backward()).toThrow(
      "[registerHook] its gradient must be float32 [2]: got float32 []",
    );
    const z = leaf([1, 2]);
    z.registerHook((g) => g.int());
    expect(() => z.mul(2).sum().backward()).toThrow(DTypeError);
    const y = leaf(1);
    y.registerHook(() => {
      throw new Error("mine");
    });
    expect(() => y.mul(2).backward()).toThrow("mine");
    expect(sg.isGradEnabled()).toBe(true);
  });

  it("run for grad as well, and change what it gives", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    y.registerHook((g) => g.mul(10));
    const [dx, dy] = grad(y.sum(), [x, y]);
    expect([dx!.toArray(), dy!.toArray()]).toEqual([
      [30, 30],
      [10, 10],
    ]);
  });
});

describe("retainGrad", () => {
  it("keeps the gradient of a result, and adds to it", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const z = y.mul(2);
    y.retainGrad();
    const loss = z.square().sum();
    loss.backward(null, { retainGraph: true });
    expect([y.grad!.toArray(), z.grad]).toEqual([[24, 48], null]);
    loss.backward();
    expect(y.grad!.toArray()).toEqual([48, 96]);
  });

  it("is nothing new to a leaf", () => {
    const x = leaf(2);
    x.retainGrad();
    x.square().backward();
    expect(x.grad!.item()).toBe(4);
  });
});

describe("record", () => {
  /** x^3, with a backward of its own. */
  function cube(x: Tensor): Tensor {
    const out = noGrad(() => x.mul(x).mul(x));
    return record("cube", out, [x], { x }, (dy, { x }) => [() => dy.mul(x.mul(x).mul(3))]);
  }

  it("makes an op of one's own, which differentiates twice", () => {
    const x = leaf([1, 2]);
    const [d] = grad(cube(x).sum(), x, { createGraph: true });
    const [dd] = grad(d!.sum(), x);
    expect([d!.toArray(), dd!.toArray()]).toEqual([
      [3, 12],
      [6, 12],
    ]);
    expect(sg.gradcheck((t) => cube(t), [leaf([0.5, -1])])).toBe(true);
  });

  it("records nothing where no input requires gradients, or in noGrad", () => {
    expect(cube(tensor(2)).requiresGrad).toBe(false);
    expect(noGrad(() => cube(leaf(2))).requiresGrad).toBe(false);
  });

  it("keeps what it saved though the program disposes of it", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const z = cube(y).sum();
    y.dispose();
    z.backward();
    expect(x.grad!.toArray()).toEqual([24, 96]);
  });

  it("its name stands in errors: a modified tensor, a wrong shape, a second backward", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const z = cube(y).sum();
    y.mul_(2);
    expect(() => z.backward()).toThrow(
      /\[backward\] cube saved a tensor of \[2\] that mul_ has modified since/,
    );
    const wrong = record("wrong", x.detach(), [x], {}, (dy) => [() => dy.sum()]);
    expect(() => wrong.sum().backward()).toThrow(
      "[wrong] its gradient of input 0 must be float32 [2]: got float32 []",
    );
    const twice = cube(x).sum();
    twice.backward();
    expect(() => twice.backward()).toThrow(/the graph of cube was released/);
  });

  it("refuses promises and numbers in place of gradients", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const twice = (backward: unknown): Tensor =>
      record("twice", tensor([2, 4]), [x], {}, backward as () => []).sum();
    const late = (): Promise<unknown> => Promise.resolve([]);
    const got = "must be float32 [2]: got undefined [undefined]";
    expect(() => twice(() => [late]).backward()).toThrow(`[twice] its gradient of input 0 ${got}`);
    const y = x.mul(2);
    y.registerHook(late as never);
    expect(() => y.sum().backward()).toThrow(`[registerHook] its gradient ${got}`);
    expect(() => (x.grad = 3 as never)).toThrow(`[grad] the gradient ${got}`);
    expect(x.grad).toBeNull();
  });

  it("refuses a gradient of another dtype", () => {
    const x = leaf([1, 2]);
    const y = record("whole", tensor([1, 2]), [x], {}, (dy) => [() => dy.int()]).sum();
    expect(() => y.backward()).toThrow(DTypeError);
    expect(x.grad).toBe(null);
  });

  it("null means no derivative", () => {
    const [x, y] = [leaf(2), leaf(3)];
    const out = record(
      "first",
      noGrad(() => x.mul(1)),
      [x, y],
      {},
      (dy) => [() => dy, null],
    );
    out.backward();
    expect([x.grad!.item(), y.grad]).toEqual([1, null]);
    expect(() =>
      grad(
        record("none", y.detach(), [y], {}, () => [null]),
        y,
      ),
    ).toThrow(GradError);
  });

  it("may return dy itself, or keep it, without harm", () => {
    const [x, kept] = [leaf([1, 2]), [] as Tensor[]];
    const pass = (t: Tensor): Tensor =>
      record("pass", t.detach(), [t], {}, (dy) => {
        kept.push(dy);
        return [() => dy];
      });
    pass(pass(x).mul(3)).sum().backward();
    x.mul(2).sum().backward();
    expect(kept.map((t) => t.toArray())).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(x.grad!.toArray()).toEqual([5, 5]);
  });
});
