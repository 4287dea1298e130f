// conv2d and its gradients by Winograd's algorithm against the direct way, as ops: where it is taken,
// values, derivatives of both orders, and the switch.
import { afterEach, describe, expect, it } from "vitest";
import {
  capture,
  conv2d,
  convTranspose2d,
  enableGrad,
  grad,
  gradcheck,
  noGrad,
  nn,
  setConvAlgorithm,
  tensor,
  tidy,
  ValueError,
} from "../../src/index.js";
import type { Tensor } from "../../src/index.js";
import { scattered } from "./inputs.js";

/** As in test/kernels/winograd.test.ts: beside the largest value. */
const TOLERANCE = { 3: 2e-6, 5: 1e-5 };

function fractions(shape: number[], seed: number): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const hash = (i: number): number => Math.imul(Math.imul(i + seed, 0x9e3779b1) ^ i, 0x85ebca6b);
  return tensor(Float32Array.from({ length: n }, (_, i) => hash(i) / 2 ** 31)).reshape(shape);
}

function distance(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  const scale = Math.max(1, b.abs().amax().item());
  return a.sub(b).abs().amax().item() / scale;
}

/** Values, gradients, and the gradients of a sum of those gradients' squares. */
function everything(fn: (x: Tensor, w: Tensor, b: Tensor) => Tensor, inputs: Tensor[]): Tensor[] {
  const leaves = inputs.map((t) => t.clone().detach());
  for (const t of leaves) t.requiresGrad = true;
  const y = fn(...(leaves as [Tensor, Tensor, Tensor]));
  const first = grad(y.mul(y).mean(), leaves, { createGraph: true });
  const total = first.map((g) => g.mul(g).mean()).reduce((a, b) => a.add(b));
  const second = grad(total, leaves, { allowUnused: true });
  return [y, ...first, ...second.filter((g): g is Tensor => g !== null)];
}

const bits = (t: Tensor): string => Buffer.from(t.toTypedArray().buffer).toString("base64");

/** N C H W, O, padding, taps: all large enough for Winograd's algorithm. */
const shapes = [
  [1, 16, 28, 27, 16, 1, 3],
  [2, 24, 22, 22, 16, 0, 3],
  [3, 9, 17, 18, 26, 2, 3],
  [1, 70, 20, 19, 68, 1, 3],
  [2, 9, 20, 17, 17, 2, 5],
  [1, 66, 23, 18, 9, 0, 5],
] as const;

afterEach(() => setConvAlgorithm("auto"));

describe("convolution by Winograd's algorithm", () => {
  it.each(shapes)("equals the direct one, derivatives too: %i %i %i %i %i %i %i", (...sizes) => {
    const [N, C, H, W, O, padding, taps] = sizes;
    const weight = fractions([O, C, taps, taps], 2);
    const inputs = [fractions([N, C, H, W], 1), weight, fractions([O], 3)];
    const ways = (make: (t: Tensor) => Tensor): Tensor[] =>
      everything((x, w, b) => conv2d(make(x), make(w), make(b), { padding }), inputs);
    const fast = ways((t) => t);
    const fromScattered = ways(scattered);
    setConvAlgorithm("direct");
    const direct = ways((t) => t);
    expect(fast.length).toBe(7);
    fast.forEach((t, i) => {
      expect(distance(t, direct[i]!), `result ${i}`).toBeLessThan(TOLERANCE[taps]);
      if (i !== 3) expect(bits(t), `result ${i}`).not.toBe(bits(direct[i]!)); // 3: db, a sum
      expect(bits(t), `result ${i}, scattered`).toBe(bits(fromScattered[i]!));
    });
  });

  it("equals it in transposed convolutions", () => {
    const inputs = [
      fractions([2, 24, 20, 20], 1),
      fractions([24, 10, 3, 3], 2),
      fractions([10], 3),
    ];
    const run = (): Tensor[] => everything((x, w, b) => convTranspose2d(x, w, b), inputs);
    const fast = run();
    setConvAlgorithm("direct");
    run().forEach((t, i) => expect(distance(fast[i]!, t)).toBeLessThan(TOLERANCE[3]));
  });

  it("has the derivatives that finite differences find, of both orders", () => {
    // Along a few directions: the inputs are too many to try each.
    const x = fractions([1, 16, 28, 28], 1);
    const w = fractions([16, 16, 3, 3], 2).mul(0.1);
    const [dx, dw] = [fractions([1, 16, 28, 28], 3), fractions([16, 16, 3, 3], 4).mul(0.1)];
    const f = (s: Tensor, t: Tensor): Tensor =>
      conv2d(x.add(dx.mul(s)), w.add(dw.mul(t)), null, { padding: 1 })
        .square()
        .mean();
    const at = [tensor(0.3, { requiresGrad: true }), tensor(-0.4, { requiresGrad: true })];
    const options = { atol: 3e-3, rtol: 3e-3 };
    expect(gradcheck(f, at, options)).toBe(true);
    const slope = (s: Tensor, t: Tensor): Tensor =>
      enableGrad(() => {
        const leaves = [s, t].map((x) => (x.requiresGrad ? x : x.detach())) as [Tensor, Tensor];
        for (const x of leaves) x.requiresGrad = true;
        const [ds, dt] = grad(f(...leaves), leaves, { createGraph: true });
        return ds!.add(dt!.mul(0.7));
      });
    expect(gradcheck(slope, at, options)).toBe(true);
  });

  it("is replayed by capture to the same bits", () => {
    const layer = new nn.Conv2d(16, 16, 3, { padding: 1 });
    const step = (x: Tensor): Tensor => layer.forward(x).square().mean();
    const captured = capture(step);
    for (let seed = 1; seed < 4; seed++) {
      const x = fractions([1, 16, 28, 28], seed);
      expect(bits(noGrad(() => captured(x)))).toBe(bits(noGrad(() => step(x))));
    }
  });
});

describe("setConvAlgorithm", () => {
  /** Whether "auto" and "direct" do the same. */
  function same(x: number[], w: number[], options: object = {}): boolean {
    return tidy(() => {
      const both = (["auto", "direct"] as const).map((name) => {
        setConvAlgorithm(name);
        return bits(conv2d(fractions(x, 1), fractions(w, 2), null, options));
      });
      return both[0] === both[1];
    });
  }

  it("leaves small convolutions, and all but 3 x 3 and 5 x 5 with steps of 1, to the direct way", () => {
    expect(same([1, 16, 22, 22], [16, 16, 3, 3])).toBe(false);
    expect(same([1, 16, 22, 22], [16, 16, 5, 5])).toBe(false);
    expect(same([1, 16, 5, 5], [16, 16, 5, 5])).toBe(true);
    expect(same([1, 16, 22, 22], [16, 16, 4, 4])).toBe(true);
    expect(same([1, 16, 22, 22], [16, 16, 7, 7])).toBe(true);
    expect(same([1, 16, 22, 22], [16, 16, 3, 5])).toBe(true);
    expect(same([1, 16, 8, 8], [16, 16, 3, 3])).toBe(true);
    // Tiles are multiplied eight at a time: four of them cost as much.
    expect(same([1, 64, 8, 8], [64, 64, 3, 3], { padding: 1 })).toBe(true);
    expect(same([2, 64, 8, 8], [64, 64, 3, 3], { padding: 1 })).toBe(false);
    expect(same([1, 7, 40, 40], [64, 7, 3, 3])).toBe(true);
    expect(same([1, 64, 40, 40], [7, 64, 3, 3])).toBe(true);
    expect(same([0, 16, 22, 22], [16, 16, 3, 3])).toBe(true);
    expect(same([1, 16, 22, 22], [16, 16, 3, 4])).toBe(true);
    expect(same([1, 16, 22, 22], [16, 16, 2, 3])).toBe(true);
    expect(same([1, 16, 88, 88], [16, 16, 3, 3], { stride: 2 })).toBe(true);
    expect(same([1, 16, 40, 40], [16, 16, 3, 3], { dilation: [1, 2] })).toBe(true);
    expect(same([1, 32, 22, 22], [32, 16, 3, 3], { groups: 2 })).toBe(true);
  });

  it("refuses other names", () => {
    expect(() => setConvAlgorithm("fft" as "auto")).toThrow(ValueError);
    expect(() => setConvAlgorithm("fft" as "auto")).toThrow(
      /name must be auto or direct: got "fft"/,
    );
  });
});
