// Batch norm is fused for images and composed of ops for [N, C]: the two agree, in values and in first and
// second gradients, with the batch's statistics and with given ones.
import { describe, expect, it } from "vitest";
import { batchNorm, full, grad, randn, type Tensor, tensor, zeros } from "../../src/index.js";

const [N, C, inner] = [3, 2, 9];

function expectClose(got: Tensor, want: Tensor, bound = 1e-5): void {
  expect(got.shape).toEqual(want.shape);
  const [a, b] = [got.toTypedArray(), want.toTypedArray()];
  a.forEach((v, i) => expect(Math.abs(v - b[i]!), `element ${i}`).toBeLessThan(bound));
}

describe.each([true, false])("batchNorm, training: %s", (training) => {
  const images = (rows: Tensor): Tensor => rows.reshape([N, inner, C]).permute([0, 2, 1]);
  const rowsOf = (x: Tensor): Tensor => x.permute([0, 2, 1]).reshape([N * inner, C]);
  const affine = [tensor([1.5, -0.5]), tensor([0.25, 2])];
  const x0 = randn([N * inner, C]);
  const dy0 = randn([N * inner, C]);
  const v0 = randn([N * inner, C]);

  /** y, then dx, dweight and dbias, then the gradients of <dx, v x> + <dweight, 1>; running statistics. */
  function all(fused: boolean, parts: number): Tensor[] {
    const leaf = (t: Tensor): Tensor => {
      const copy = t.clone();
      copy.requiresGrad = true;
      return copy;
    };
    const x = leaf(x0);
    const dy = leaf(dy0);
    const [weight, bias] = affine.slice(0, parts).map(leaf);
    const running = [tensor([0.5, -1]), tensor([2, 0.25])] as const;
    const seen = fused ? images(x) : x;
    const given = [weight ?? null, bias ?? null] as const;
    const out = batchNorm(seen, ...running, ...given, { training });
    const y = fused ? rowsOf(out) : out;
    const inputs = [x, ...[weight, bias].filter((t) => t !== undefined)];
    const first = grad([y], inputs, { gradOutputs: [dy], retainGraph: true });
    const graph = grad([y], inputs, { gradOutputs: [dy], createGraph: true });
    let dot = graph[0]!.mul(v0).mul(x).sum(); // by x: with given statistics dx is the same for all x
    if (parts > 0) dot = dot.add(graph[1]!.sum());
    const second = grad([dot], [x, dy], {});
    return [y, ...first, ...graph, ...second, ...running].map((t) => t.detach());
  }

  it.each([0, 1, 2])("fused and composed agree, with %i of weight and bias", (parts) => {
    const [got, want] = [all(true, parts), all(false, parts)];
    expect(got.length).toBe(want.length);
    got.forEach((t, i) => expectClose(t, want[i]!));
  });
});

it.each([[[8, C]], [[2, C, 4, 4]]])(
  "given statistics of %j: no gradients, and a copy of them",
  (shape) => {
    const x = randn(shape, { requiresGrad: true });
    const [mean, variance] = [zeros([C]), tensor([4, 4])];
    const y = batchNorm(x, mean, variance);
    batchNorm(x, mean, variance, null, null, { training: true }); // changes them
    y.sum().backward();
    expectClose(x.grad!, full(shape, 0.5));
    const asking = zeros([C], { requiresGrad: true });
    expect(batchNorm(x.detach(), asking, variance).requiresGrad).toBe(false);
  },
);

it.each([[[0, 3]], [[0, 3, 5]], [[2, 3, 0]]])(
  "in training %j has nothing to normalise",
  (shape) => {
    const x = zeros(shape, { requiresGrad: true });
    const weight = full([3], 2, { requiresGrad: true });
    const running = [full([3], 5), full([3], 7)] as const;
    const y = batchNorm(x, ...running, weight, zeros([3]), { training: true });
    expect(y.shape).toEqual(shape);
    y.sum().backward();
    expect(x.grad!.shape).toEqual(shape);
    expect(weight.grad!.toArray()).toEqual([0, 0, 0]);
    expect(running.map((t) => t.toArray())).toEqual([Array(3).fill(5), Array(3).fill(7)]);
  },
);
