// Batch norm in training is fused for images and composed of ops for [N, C]: the two agree, in
// values and in first and second gradients.
import { describe, expect, it } from "vitest";
import { batchNorm, grad, randn, type Tensor, tensor, zeros } from "../../src/index.js";

const [N, C, inner] = [3, 2, 9];

function expectClose(got: Tensor, want: Tensor, bound = 1e-5): void {
  expect(got.shape).toEqual(want.shape);
  const [a, b] = [got.toTypedArray(), want.toTypedArray()];
  a.forEach((v, i) => expect(Math.abs(v - b[i]!), `element ${i}`).toBeLessThan(bound));
}

describe("batchNorm in training", () => {
  const images = (rows: Tensor): Tensor => rows.reshape([N, inner, C]).permute([0, 2, 1]);
  const rowsOf = (x: Tensor): Tensor => x.permute([0, 2, 1]).reshape([N * inner, C]);
  const affine = [tensor([1.5, -0.5]), tensor([0.25, 2])];
  const x0 = randn([N * inner, C]);
  const dy0 = randn([N * inner, C]);
  const v0 = randn([N * inner, C]);

  /** y, then dx, dweight and dbias, then the gradients of <dx, v> + <dweight, 1>; running statistics. */
  function all(fused: boolean, parts: number): Tensor[] {
    const leaf = (t: Tensor): Tensor => {
      const copy = t.clone();
      copy.requiresGrad = true;
      return copy;
    };
    const x = leaf(x0);
    const dy = leaf(dy0);
    const [weight, bias] = affine.slice(0, parts).map(leaf);
    const running = [zeros([C]), zeros([C])] as const;
    const seen = fused ? images(x) : x;
    const given = [weight ?? null, bias ?? null] as const;
    const out = batchNorm(seen, ...running, ...given, { training: true });
    const y = fused ? rowsOf(out) : out;
    const inputs = [x, ...[weight, bias].filter((t) => t !== undefined)];
    const first = grad([y], inputs, { gradOutputs: [dy], retainGraph: true });
    const graph = grad([y], inputs, { gradOutputs: [dy], createGraph: true });
    let dot = graph[0]!.mul(v0).sum();
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
