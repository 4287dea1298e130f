// Every differentiable op against finite differences: its first derivative, and the derivative of
// that; with inputs in row-major memory and with scattered ones.
import { describe, expect, it } from "vitest";
import {
  enableGrad,
  grad,
  gradcheck,
  GradError,
  noGrad,
  record,
  tensor,
  tidy,
} from "../../src/index.js";
import type { Tensor } from "../../src/index.js";
import { cat, square, sum } from "../../src/index.js";
import { type Case, op, tensorsIn } from "./case.js";
import { scattered } from "./inputs.js";
import { differentiable, inPlace } from "./table.js";

type Fn = (...x: Tensor[]) => Tensor;

/** The float32 results of a call as one vector. */
function vector(result: unknown): Tensor {
  const parts = tensorsIn(result).filter((t) => t.dtype === "float32");
  return cat(parts.map((t) => t.reshape([-1])));
}

/** Numbers to weight the terms with, different for each element. */
function weights(x: Tensor): Tensor {
  return tensor(Float32Array.from({ length: x.numel() }, (_, i) => [0.8, -0.5, 0.6, 0.3][i % 4]!));
}

/**
 * The gradient of the weighted squares of fn's results, as one vector. The squares make dL/dout
 * depend on the inputs, so that its derivative goes through both arguments of each op's backward.
 */
function slopes(fn: Fn, which: readonly boolean[], createGraph = true): Fn {
  return (...x) =>
    enableGrad(() => {
      const leaves = x.map((t, i) => {
        if (!which[i] || t.requiresGrad) return t;
        const leaf = t.detach();
        leaf.requiresGrad = true;
        return leaf;
      });
      const out = fn(...leaves);
      const total = sum(square(out).mul(weights(out)));
      const wanted = leaves.filter((_, i) => which[i]);
      const found = grad(total, wanted, { createGraph, allowUnused: true });
      // Where a derivative is 0 or none there is no graph: 0 x makes one.
      const zero = (t: Tensor): Tensor => t.mul(0);
      return cat(wanted.map((t, i) => (found[i]?.add(zero(t)) ?? zero(t)).reshape([-1])));
    });
}

/**
 * Gradients with a graph and without one, which come from different code where a kernel of their own
 * makes them: some roundings of each term apart.
 */
function expectSame(withGraph: Tensor, without: Tensor): void {
  const [a, b] = [withGraph.toTypedArray(), without.toTypedArray()];
  a.forEach((v, i) => {
    const apart = Math.abs(v - b[i]!);
    expect(apart, `${v} with a graph, ${b[i]} without`).toBeLessThan(2e-6 * (1 + Math.abs(v)));
  });
}

function check(fn: Fn, { inputs }: Case): void {
  const x = inputs.map((make, i) => make(i));
  const which = x.map((t) => t.requiresGrad);
  const options = { atol: 3e-3, rtol: 3e-3 };
  tidy(() => {
    expect(gradcheck(fn, x, options)).toBe(true);
    expect(gradcheck(slopes(fn, which), x, options)).toBe(true);
    expectSame(slopes(fn, which)(...x), slopes(fn, which, false)(...x));
  });
}

const memories = [
  ["row-major", (x: Tensor) => x],
  ["scattered", scattered],
] as const;

describe.each(memories)("gradients of first and second order, %s inputs", (_, placed) => {
  it.each(Object.entries(differentiable))("%s", (name, cases) => {
    for (const one of cases) check((...x) => vector(op(name)(...one.args(x.map(placed)))), one);
  });

  // Bits have no derivative.
  const twins = Object.entries(inPlace).filter(([name]) => !name.startsWith("bitwise"));

  it.each(twins)("%s", (name, cases) => {
    for (const one of cases) {
      check((...x) => {
        const [first, ...rest] = one.args(x.map(placed)) as [Tensor, ...unknown[]];
        const own = first.clone();
        const method = (own as unknown as Record<string, (...a: unknown[]) => Tensor>)[name]!;
        return vector(method.apply(own, rest));
      }, one);
    }
  });
});

describe("gradcheck", () => {
  it("finds a wrong gradient and names input, element and numbers", () => {
    const x = tensor([0.5, 1], { requiresGrad: true });
    const wrong = (t: Tensor): Tensor => t.mul(t.detach());
    expect(() => gradcheck((t) => wrong(t).sum(), [tensor([1]), x])).toThrow(GradError);
    expect(() => gradcheck(wrong, [x])).toThrow(
      /\[gradcheck\] input 0, element 0: backward gives 0\.5, differences give [01]\.\d+/,
    );
  });

  it("finds a wrong second derivative where the first is right", () => {
    const x = tensor([0.5, 1], { requiresGrad: true });
    // d/dx of x^3 as 3 x0^2: the right number, and a constant in the eyes of its own derivative.
    const cube = (t: Tensor): Tensor =>
      record("cube", noGrad(() => t.pow(3)), [t], {}, (dy) => [
        () => dy.mul(t.detach().square().mul(3)),
      ]); // prettier-ignore
    expect(gradcheck(cube, [x])).toBe(true);
    expect(
      gradcheck(
        slopes((t) => t.pow(3), [true]),
        [x],
      ),
    ).toBe(true);
    expect(() => gradcheck(slopes(cube, [true]), [x])).toThrow(
      /\[gradcheck\] input 0, element 0: backward gives -?\d.*differences give -?\d/,
    );
  });
});
