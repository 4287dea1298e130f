// The dropout layers: what they drop, what they keep, and that evaluation leaves their input alone.
import { describe, expect, it } from "vitest";
import {
  alphaDropout,
  dropout,
  featureAlphaDropout,
  featureDropout,
  Generator,
  nn,
  ones,
  randn,
  ValueError,
} from "../../src/index.js";

describe("dropout", () => {
  it("drops a share of the elements, scales the others, and the gradient likewise", () => {
    const x = ones([100_000], { requiresGrad: true });
    const y = dropout(x, 0.25, { generator: new Generator(4) });
    const values = y.toTypedArray();
    expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
    const kept = values.filter((v) => v !== 0).length / 100_000;
    // Three standard deviations of a share of 0.75.
    expect(Math.abs(kept - 0.75)).toBeLessThan(3 * Math.sqrt((0.75 * 0.25) / 100_000));
    y.sum().backward();
    expect(x.grad!.toTypedArray()).toEqual(values);
  });
});

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
    const n = 200_000;
    const x = randn([n], { generator: new Generator(2) });
    const y = alphaDropout(x, 0.3, { generator: new Generator(3) });
    expect(Math.abs(y.mean().item())).toBeLessThan(4 / Math.sqrt(n)); // 4 standard errors
    expect(Math.abs(y.var().item() - 1)).toBeLessThan(0.015);
    expect(alphaDropout(x, 1).abs().amax().item()).toBe(0);
  });
});

describe("alpha dropout of channels", () => {
  // What is dropped is -scale x alpha of SELU; all is then a x + b, so that mean 0 and variance 1 stay.
  const [p, low] = [0.3, -1.7580993408473766];
  const a = 1 / Math.sqrt((1 - p) * (1 + p * low * low));
  const b = -a * low * p;

  it("drops whole channels to one value, and shifts the others", () => {
    const x = randn([50, 20, 3], { generator: new Generator(5) });
    const y = featureAlphaDropout(x, p, { generator: new Generator(6) });
    const [before, after] = [x, y].map((t) => (t.toArray() as number[][][]).flat());
    let dropped = 0;
    after!.forEach((channel, i) => {
      const gone = Math.abs(channel[0]! - (a * low + b)) < 1e-5;
      dropped += Number(gone);
      channel.forEach((v, k) => {
        expect(v).toBeCloseTo(a * (gone ? low : before![i]![k]!) + b, 5);
      });
    });
    // Three standard deviations of a share of 0.3 in 1000 channels.
    expect(Math.abs(dropped / 1000 - p)).toBeLessThan(3 * Math.sqrt((p * (1 - p)) / 1000));
  });

  it("drops none with p = 0, all with p = 1", () => {
    const x = randn([2, 3, 4]);
    expect(featureAlphaDropout(x, 0).toArray()).toEqual(x.toArray());
    expect(featureAlphaDropout(x, 1).abs().amax().item()).toBe(0);
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
