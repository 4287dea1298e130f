// conv2d and its gradients by whichever kernels the sizes choose, against naive loops in float64. Operands
// are small integers, so that every sum is exact and must come out to the bit.
import { describe, expect, it } from "vitest";
import { capture, conv2d, grad, noGrad, tensor } from "../../src/index.js";
import type { Tensor } from "../../src/index.js";
import {
  integers,
  operands,
  oracle,
  outH,
  outW,
  type Results,
  type Shape,
} from "../kernels/convOracle.js";
import { scattered } from "./inputs.js";

/** N C H W, O, taps, padding, groups */
// prettier-ignore
const rows: [number, number, number, number, number, number, number, number][] = [
  // Products of matrices: one pixel, no image, one channel, more rows than columns and fewer.
  [2, 3, 1, 1, 4, 1, 0, 1],
  [0, 3, 5, 5, 4, 1, 0, 1],
  [3, 1, 5, 7, 1, 1, 0, 1],
  [2, 17, 4, 3, 70, 1, 0, 1],
  [3, 33, 14, 13, 7, 1, 0, 1],
  [1, 300, 2, 9, 5, 1, 0, 1],
  [1, 2, 20, 21, 3, 1, 0, 1],
  // Not quite: padding, groups.
  [2, 3, 4, 5, 4, 1, 1, 1],
  [2, 4, 4, 5, 6, 1, 0, 2],
  // A group for each channel: 3 x 3 taps, and what is left to the general kernels.
  [2, 5, 7, 9, 5, 3, 1, 5],
  [1, 3, 3, 3, 3, 3, 0, 3],
  [1, 3, 2, 3, 3, 3, 2, 3],
  [1, 3, 2, 3, 3, 3, 3, 3],
  [1, 3, 4, 3, 6, 3, 1, 3],
  [1, 3, 7, 6, 3, 5, 2, 3],
];
const shapes = rows.map(([N, C, H, W, O, k, p, groups]): Shape => {
  return { N, C, H, W, O, kh: k, kw: k, sh: 1, sw: 1, ph: p, pw: p, dh: 1, dw: 1, groups };
});

/** Sums of integers are exact, but a sum of no products may be 0 or -0. */
function expectExact(got: Tensor, want: Float64Array): void {
  expect(Array.from(got.toTypedArray(), (v) => v + 0)).toEqual(Array.from(want, (v) => v + 0));
}

describe("conv2d by the kernels that its sizes choose", () => {
  it.each(shapes.map((s) => [Object.values(s).join(" "), s] as const))("%s", (_, s) => {
    const values = operands(s, integers);
    const x = tensor(values.x).reshape([s.N, s.C, s.H, s.W]);
    const w = tensor(values.w).reshape([s.O, s.C / s.groups, s.kh, s.kw]);
    const dy = tensor(values.dy).reshape([s.N, s.O, outH(s), outW(s)]);
    const bias = tensor(values.bias);
    const options = { padding: s.ph, groups: s.groups };
    const want = oracle(s, values);
    const plain: Results<Float64Array> = oracle(s, { ...values, bias: values.bias.fill(0) });
    for (const make of [(t: Tensor): Tensor => t, scattered]) {
      const leaves = [x, w].map((t) => make(t).detach());
      for (const t of leaves) t.requiresGrad = true;
      const y = conv2d(leaves[0]!, leaves[1]!, bias, options);
      const gradOutputs = [make(dy)];
      const [dx, dw] = grad(y, leaves, { gradOutputs });
      expectExact(y, want.y);
      expectExact(dx!, want.dx);
      expectExact(dw!, want.dw);
      expectExact(
        noGrad(() => conv2d(make(x), make(w), null, options)),
        plain.y,
      );
    }
  });

  it("is replayed by capture to the same bits", () => {
    const pointwise = tensor(integers(20, 1)).reshape([4, 5, 1, 1]);
    const depthwise = tensor(integers(36, 2)).reshape([4, 1, 3, 3]);
    const both = (x: Tensor): Tensor =>
      conv2d(conv2d(x, pointwise), depthwise, null, { padding: 1, groups: 4 });
    const captured = capture(both);
    for (let seed = 1; seed < 4; seed++) {
      const x = tensor(integers(2 * 5 * 7 * 6, seed))
        .div(3)
        .reshape([2, 5, 7, 6]);
      expect(noGrad(() => captured(x)).toArray()).toEqual(noGrad(() => both(x)).toArray());
    }
  });
});
