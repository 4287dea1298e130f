// The dropout layers: what they drop, what they keep, and that evaluation leaves their input alone.
import { describe, expect, it } from "vitest";
import {
  alphaDropout,
  featureDropout,
  Generator,
  nn,
  ones,
  randn,
  ValueError,
} from "../../src/index.js";

describe("channel dropout", () => {
  it("drops whole channels and scales the others", () => {
    const y = featureDropout(ones([50, 20, 3]), 0.25, { generator: new Generator(1) });
    const channels = y.toArray() as number[][][];
    const kept = channels.flat().filter((c) => c[0] !== 0);
    for (const c of channels.flat()) expect(new Set(c).size).toBe(1);
    for (const c of kept) expect(c[0]).toBeCloseTo(4 / 3, 6);
    expect(kept.length / 1000).toBeGreaterThan(0.7);
    expect(kept.length / 1000).toBeLessThan(0.8);
  });

  it.each([
    [nn.Dropout1d, [4, 3]],
    [nn.Dropout3d, [4, 2, 3, 2]],
  ])("%s takes one sample", (Layer, shape) => {
    const y = new Layer(0.5).forward(ones(shape));
    expect(y.shape).toEqual(shape);
    for (const c of y.reshape([4, -1]).toArray() as number[][]) expect(new Set(c).size).toBe(1);
  });
});

describe("alpha dropout", () => {
  it("keeps mean 0 and variance 1", () => {
    const x = randn([200_000], { generator: new Generator(2) });
    const y = alphaDropout(x, 0.3, { generator: new Generator(3) });
    expect(y.mean().item()).toBeCloseTo(0, 1);
    expect(y.var().item()).toBeCloseTo(1, 1);
    expect(alphaDropout(x, 1).amax().item()).toBe(0);
  });
});

it("all of them return their input in evaluation, and refuse what is no probability", () => {
  const kinds = [
    ...[nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d],
    ...[nn.AlphaDropout, nn.FeatureAlphaDropout],
  ];
  for (const Layer of kinds) {
    const layer = new Layer();
    const x = ones([2, 3, 4]);
    expect(layer.eval().forward(x)).toBe(x);
    expect(layer.train().forward(x)).not.toBe(x);
    expect(() => new Layer(1.5)).toThrow(ValueError);
  }
});
