// backward and grad: what they compute, accumulate, keep and release.
import { afterEach, describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import {
  backward,
  enableGrad,
  grad,
  GradError,
  noGrad,
  tensor,
  ValueError,
} from "../../src/index.js";
import type { Tensor } from "../../src/index.js";

const leaf = (values: number | number[]): Tensor => tensor(values, { requiresGrad: true });

describe("backward", () => {
  it("goes through a chain of 100,000 ops", () => {
    const x = leaf([1, 2]);
    let y: Tensor = x;
    for (let i = 0; i < 100_000; i++) y = i % 2 === 0 ? y.add(x) : y.mul(0.5);
    y.sum().backward();
    // Each pair of ops: y -> (y + x) / 2, whose slope in x tends to 1.
    expect(x.grad!.toArray()).toEqual([1, 1]);
  });

  it("goes through a graph whose paths double with every op", () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 100; i++) y = y.add(y);
    y.backward();
    expect(x.grad!.item()).toBe(2 ** 100);
  });

  it("may walk within a walk, through the same nodes", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const inner = x.mul(w);
    const y = w.mul(2).add(x);
    // Halfway, the gradients of w and x are partly on their way: the inner walks take none of that.
    const seen: unknown[] = [];
    y.registerHook(() => {
      enableGrad(() => {
        const found = grad(inner.sum(), [w, x], { retainGraph: true });
        seen.push(found.map((g) => g.toArray()));
        inner.sum().backward();
      });
    });
    y.mul(w).sum().backward();
    expect(seen).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    // d/dw of w x + (2 w + x) w, d/dx likewise
    expect(w.grad!.toArray()).toEqual([1 + 4 * 3 + 1, 2 + 4 * 4 + 2]);
    expect(x.grad!.toArray()).toEqual([3 + 3, 4 + 4]);
  });

  it("adds to the gradients of leaves, in place, for who holds them", () => {
    const x = leaf([1, 2]);
    x.mul(3).sum().backward();
    const held = x.grad!;
    x.mul(x).sum().backward();
    expect(held.toArray()).toEqual([5, 7]);
    expect(x.grad).toBe(held);
    x.grad = null;
    x.mul(2).sum().backward();
    expect([held.toArray(), x.grad!.toArray()]).toEqual([
      [5, 7],
      [2, 2],
    ]);
  });

  it("never shares the memory of two gradients, nor of a gradient and what was passed in", () => {
    const [a, b, seed] = [leaf([1, 2]), leaf([3, 4]), tensor([1, 1])];
    a.add(b).backward(seed);
    noGrad(() => a.grad!.mul_(10));
    expect([a.grad!.toArray(), b.grad!.toArray(), seed.toArray()]).toEqual([
      [10, 10],
      [1, 1],
      [1, 1],
    ]);
    const c = leaf([1, 2]);
    c.backward(seed);
    noGrad(() => c.grad!.add_(1));
    expect(seed.toArray()).toEqual([1, 1]);
  });

  it("after one with createGraph adds to this gradient alone, not to what it came from", () => {
    const [x, y, seed] = [leaf([1, 2, 3]), leaf([1, 2, 3]), tensor([1, 1, 1])];
    x.sum().backward(null, { createGraph: true }); // dy, expanded
    x.mul(tensor([1, 2, 3]))
      .sum()
      .backward();
    expect(x.grad!.toArray()).toEqual([2, 3, 4]);
    y.backward(seed, { createGraph: true });
    y.backward(tensor([5, 5, 5]));
    expect([y.grad!.toArray(), seed.toArray()]).toEqual([
      [6, 6, 6],
      [1, 1, 1],
    ]);
  });

  it("adds to a gradient whose elements share memory in memory of its own", () => {
    const [x, zero] = [leaf([1, 2, 3]), tensor([0])];
    x.grad = zero.expand([3]);
    x.backward(tensor([1, 2, 3]));
    expect([x.grad.toArray(), zero.toArray()]).toEqual([[1, 2, 3], [0]]);
  });

  it("of a leaf itself gives what came in", () => {
    const x = leaf(3);
    x.backward();
    expect(x.grad!.item()).toBe(1);
    x.backward(tensor(4));
    expect(x.grad!.item()).toBe(5);
  });

  it("weights the outputs by the gradient that is passed", () => {
    const x = leaf([1, 2, 3]);
    backward(x.square(), tensor([1, 0, -1]));
    expect(x.grad!.toArray()).toEqual([2, 0, -6]);
  });

  it("computes nothing for inputs that require no gradient", () => {
    const [x, y] = [leaf([1, 2]), tensor([3, 4])];
    let ran = 0;
    const out = sg.record(
      "own",
      noGrad(() => x.mul(y)),
      [x, y],
      { x, y },
      (dy, { x, y }) => [
        () => dy.mul(y),
        () => {
          ran++;
          return dy.mul(x);
        },
      ],
    );
    out.sum().backward();
    expect([ran, x.grad!.toArray(), y.grad]).toEqual([0, [3, 4], null]);
  });

  it("twice needs retainGraph, and says so", () => {
    const x = leaf([1, 2]);
    const y = x.exp().sum();
    y.backward(null, { retainGraph: true });
    y.backward();
    expect(x.grad!.toTypedArray()[0]).toBeCloseTo(2 * Math.E, 5);
    expect(() => y.backward()).toThrow(GradError);
    expect(() => y.backward()).toThrow(
      /\[backward\] the graph of exp was released by an earlier backward: pass \{ retainGraph: true \}/,
    );
  });

  it("leaves no handle when it throws, at the start or on the way", () => {
    const x = leaf([1, 2]);
    const used = sg.tidy(() => x.exp().sum());
    used.backward();
    const y = x.exp();
    const changed = sg.tidy(() => y.mul(y).mul(2).sum());
    noGrad(() => y.add_(1).dispose());
    const before = sg.memory().handles;
    expect(() => used.backward()).toThrow(GradError);
    expect(() => grad([changed, used], x)).toThrow(GradError);
    expect(() => grad([changed, x], x)).toThrow(/no scalar/);
    expect(() => changed.backward(null, { retainGraph: true })).toThrow(GradError);
    expect(sg.memory().handles - before).toBe(0);
  });

  it("leaves the gradients alone when it throws on the way", () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    const z = y.mul(y).sum();
    noGrad(() => y.add_(1));
    expect(() => z.backward()).toThrow(GradError);
    expect(x.grad).toBe(null);
  });
});

describe("grad", () => {
  it("gives gradients of leaves and of results, and touches no grad", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const y = a.mul(b);
    const z = y.square().sum();
    const [da, dy, db] = grad(z, [a, y, b]);
    expect([da!.toArray(), dy!.toArray(), db!.toArray()]).toEqual([
      [18, 64],
      [6, 16],
      [6, 32],
    ]);
    expect([a.grad, b.grad]).toEqual([null, null]);
  });

  it("adds up several outputs, weighted by gradOutputs", () => {
    const x = leaf([1, 2]);
    const outputs = [x.square(), x.sum()];
    const [dx] = grad(outputs, x, { gradOutputs: [tensor([1, 10]), null] });
    expect(dx!.toArray()).toEqual([3, 41]);
  });

  it("takes one of gradOutputs for each output, and says so", () => {
    const x = leaf([1, 2]);
    const two = [tensor(1), tensor(1)];
    for (const gradOutputs of [two, []]) {
      expect(() => grad(x.sum(), x, { gradOutputs })).toThrow(GradError);
      expect(() => grad(x.sum(), x, { gradOutputs })).toThrow(
        `[grad] as many gradOutputs as outputs: got ${gradOutputs.length}, 1`,
      );
    }
    expect(() => grad([x.sum(), x.mean()], x, { gradOutputs: tensor(1) })).toThrow(GradError);
  });

  it("names an unused input, or gives null for it", () => {
    const [x, y] = [leaf(2), leaf(3)];
    const z = x.mul(2);
    expect(() => grad(z, [x, y], { retainGraph: true })).toThrow(/input 1 was not used/);
    const found = grad(z, [x, y, x], { allowUnused: true });
    expect(found.map((g) => g?.item() ?? null)).toEqual([2, null, 2]);
  });

  it("of a tensor in itself is 1", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    expect(grad(y, y, { gradOutputs: tensor([5, 6]) })[0]!.toArray()).toEqual([5, 6]);
  });

  it("stops at what leads to no input", () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    const far = y.exp();
    const z = x.mul(far).sum();
    noGrad(() => y.add_(1)); // what exp saved is its own result, not y
    expect(grad(z, x)[0]!.toTypedArray()[0]).toBeCloseTo(Math.exp(3), 4);
  });

  it("lies in the scope around it", () => {
    const x = leaf(2);
    const before = sg.memory().handles;
    const [kept, gone] = ((): [Tensor, Tensor] => {
      let inner: Tensor | null = null;
      const outer = sg.tidy(() => {
        inner = grad(x.square(), x)[0]!;
        return grad(x.square(), x)[0]!;
      });
      return [outer, inner!];
    })();
    expect([kept.item(), gone.isDisposed]).toEqual([4, true]);
    expect(sg.memory().handles - before).toBe(1);
  });
});

describe("derivatives of derivatives", () => {
  it("of a composed function, against the closed form", () => {
    // f = sin(x^2) e^(-x): f' = (2x cos(x^2) - sin(x^2)) e^-x,
    // f'' = (2 cos(x^2) - 4x^2 sin(x^2) - 4x cos(x^2) + sin(x^2)) e^-x
    const points = [-1.2, -0.3, 0.4, 0.9, 1.5];
    const x = leaf(points);
    const y = x.square().sin().mul(x.neg().exp()).sum();
    const [d] = grad(y, x, { createGraph: true });
    const [dd] = grad(d!.sum(), x, { createGraph: true });
    const [ddd] = grad(dd!.sum(), x);
    const second = (v: number): number =>
      (2 * Math.cos(v * v) -
        4 * v * v * Math.sin(v * v) -
        4 * v * Math.cos(v * v) +
        Math.sin(v * v)) *
      Math.exp(-v);
    const third = (v: number): number => (second(v + 1e-5) - second(v - 1e-5)) / 2e-5;
    points.forEach((v, i) => {
      const first = (2 * v * Math.cos(v * v) - Math.sin(v * v)) * Math.exp(-v);
      expect(d!.toTypedArray()[i]).toBeCloseTo(first, 5);
      expect(dd!.toTypedArray()[i]).toBeCloseTo(second(v), 4);
      expect(ddd!.toTypedArray()[i]).toBeCloseTo(third(v), 3);
    });
  });

  it("of polynomials are exact, however often", () => {
    const x = leaf(2);
    let y = x.pow(5);
    const found: number[] = [];
    for (let i = 0; i < 5; i++) {
      y = grad(y, x, { createGraph: true })[0]!;
      found.push(y.item());
    }
    expect(found).toEqual([80, 160, 240, 240, 120]);
  });

  it("a Hessian times a vector: of x^T A x it is (A + A^T) v", () => {
    const A = tensor([
      [1, 2],
      [3, 5],
    ]);
    const x = leaf([0.5, -1]);
    const [d] = grad(x.matmul(A).matmul(x), x, { createGraph: true });
    const [hv] = grad(d!, x, { gradOutputs: tensor([1, 2]) });
    expect(hv!.toArray()).toEqual([12, 25]);
  });

  it("a gradient penalty trains through backward", () => {
    const [w, x] = [leaf([1, 2]), leaf([3, -1])];
    const out = w.mul(x).square().sum();
    const [dx] = grad(out, x, { createGraph: true });
    dx!.square().sum().backward(); // dx = 2 w^2 x, its square's slope in w: 16 w^3 x^2
    expect(w.grad!.toArray()).toEqual([144, 128]);
    expect(x.grad!.toArray()).toEqual([24, -128]);
  });

  it("backward with createGraph leaves gradients that can be differentiated", () => {
    const x = leaf(3);
    x.pow(3).backward(null, { createGraph: true });
    expect([x.grad!.item(), x.grad!.requiresGrad]).toEqual([27, true]);
    expect(grad(x.grad!, x)[0]!.item()).toBe(18);
  });

  it("without createGraph are constants", () => {
    const x = leaf(3);
    const [d] = grad(x.pow(3), x);
    expect([d!.requiresGrad, sg.isGradEnabled()]).toEqual([false, true]);
  });
});

describe("switching recording off", () => {
  afterEach(() => expect(sg.isGradEnabled()).toBe(true));

  it("noGrad and enableGrad nest, and switch back when fn throws", () => {
    const x = leaf(2);
    const inside = noGrad(() => [
      x.mul(2).requiresGrad,
      enableGrad(() => x.mul(2).requiresGrad),
      sg.isGradEnabled(),
    ]);
    expect(inside).toEqual([false, true, false]);
    expect(() =>
      noGrad(() => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
    for (const [name, run] of Object.entries({ noGrad, enableGrad })) {
      expect(() => run(() => Promise.resolve(1))).toThrow(ValueError);
      expect(() => run(() => Promise.resolve(1))).toThrow(
        `[${name}] fn must be synchronous: it returned a promise`,
      );
    }
  });

  it("detach shares the memory and ends the graph", () => {
    const x = leaf([1, 2]);
    const y = x.detach();
    expect([y.requiresGrad, y.isLeaf]).toEqual([false, true]);
    noGrad(() => x.add_(1));
    expect(y.toArray()).toEqual([2, 3]);
    x.mul(y).sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 3]);
  });

  it("requiresGrad can be changed on leaves only", () => {
    const x = tensor([1, 2]);
    x.requiresGrad = true;
    expect([x.requiresGrad, x.isLeaf]).toEqual([true, true]);
    const y = x.mul(2);
    expect(() => (y.requiresGrad = false)).toThrow(/only leaves can be changed: use detach/);
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
  });

  it("requiresGrad = false drops the gradient: its memory, unless the program may hold it", () => {
    const before = sg.memory().handles;
    const [x, y] = [leaf([1, 2]), leaf([1, 2])];
    const loss = sg.tidy(() => x.square().add(y).sum());
    loss.backward();
    const held = y.grad!;
    x.requiresGrad = y.requiresGrad = false;
    expect([x.grad, y.grad, held.toArray()]).toEqual([null, null, [1, 1]]);
    for (const t of [x, y, loss, held]) t.dispose();
    expect(sg.memory().handles - before).toBe(0);
  });
});
