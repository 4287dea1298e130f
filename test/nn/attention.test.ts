// Attention, its cache and Transformers beside what PyTorch's fixtures show: generation step by step,
// dropout, memory, copies, refusals.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import {
  grad,
  manualSeed,
  memory,
  nn,
  noGrad,
  scaledDotProductAttention,
  type Tensor,
  tidy,
} from "../../src/index.js";

/** The greatest difference, of values around 1. */
function distance(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return tidy(() => a.sub(b).abs().max().item());
}

const plain = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
  q
    .matmul(k.transpose(-2, -1))
    .div(Math.sqrt(q.shape.at(-1)!))
    .softmax(-1)
    .matmul(v);

describe("scaledDotProductAttention", () => {
  it("agrees with its formula, from one key to heads above 512", () => {
    manualSeed(1);
    for (const [L, S, E, Ev] of [
      [1, 1, 4, 4],
      [1, 200, 64, 64],
      [3, 7, 513, 2],
      [70, 70, 2, 600],
    ] as const) {
      const [q, k, v] = [sg.randn([2, L, E]), sg.randn([2, S, E]), sg.randn([2, S, Ev])];
      expect(distance(scaledDotProductAttention(q, k, v), plain(q, k, v))).toBeLessThan(2e-6);
    }
  });

  it("composes the same gradients as its kernel computes, dropout included", () => {
    manualSeed(2);
    const q = sg.randn([4, 67, 6], { requiresGrad: true });
    const [k, v] = [1, 2].map(() => sg.randn([2, 70, 6], { requiresGrad: true })) as [
      Tensor,
      Tensor,
    ];
    const options = () => ({
      enableGqa: true,
      isCausal: true,
      causalOffset: 3,
      dropoutP: 0.3,
      generator: new sg.Generator(5),
    });
    const out = scaledDotProductAttention(q, k, v, options());
    const again = scaledDotProductAttention(q, k, v, options());
    expect(distance(out, again)).toBe(0);
    const seed = sg.randn(out.shape);
    const fused = grad(out, [q, k, v], { gradOutputs: seed, retainGraph: true });
    const composed = grad(out, [q, k, v], { gradOutputs: seed, createGraph: true });
    fused.forEach((g, i) => expect(distance(g, composed[i]!)).toBeLessThan(1e-5));
    const [alone] = grad(out, [k], { gradOutputs: seed });
    expect(distance(alone!, fused[1]!)).toBe(0);
  });

  it("drops the part of the weights that it says, and moves the generator on", () => {
    const generator = new sg.Generator(9);
    const [q, k, v] = [sg.zeros([50, 2]), sg.zeros([402, 2]), sg.ones([402, 1])];
    const out = scaledDotProductAttention(q, k, v, { dropoutP: 0.3, generator });
    // Each output is the mean of 402 weights that are 0 or 1 / 0.7: 50 of them within 5 sigma.
    expect(Math.abs(out.mean().item() - 1)).toBeLessThan(
      (5 * Math.sqrt(0.3 / 0.7)) / Math.sqrt(50 * 402),
    );
    expect(out.std().item()).toBeGreaterThan(0.02);
    expect(generator.getState()[2]).toBe(50 * 101);
    expect(scaledDotProductAttention(q, k, v, { dropoutP: 1 }).abs().max().item()).toBe(0);
  });

  it("makes nothing of the size of L x S, forward and backward", () => {
    const [q, k, v] = [0, 1, 2].map(() => sg.randn([1, 1500, 4], { requiresGrad: true })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const before = memory();
    const out = scaledDotProductAttention(q, k, v, { isCausal: true });
    out.backward(out.detach());
    const after = memory();
    expect(after.peakLiveBytes).toBeLessThan(
      Math.max(before.peakLiveBytes, before.liveBytes + 1500 * 1500),
    );
  });

  it("gives 0 to a query without keys, and no gradient", () => {
    const [q, k, v] = [0, 1, 2].map(() => sg.randn([2, 3], { requiresGrad: true })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const attnMask = sg.tensor([
      [true, true],
      [false, false],
    ]);
    const out = scaledDotProductAttention(q, k, v, { attnMask });
    expect(out.select(0, 1).toArray()).toEqual([0, 0, 0]);
    out.sum().backward();
    expect(q.grad!.select(0, 1).toArray()).toEqual([0, 0, 0]);
  });
});

describe("KVCache", () => {
  it("gives all that was appended, whatever its capacity", () => {
    for (const capacity of [1, 4, 64]) {
      const cache = new nn.KVCache(capacity);
      const parts = [1, 3, 0, 2, 5].map((T) => sg.randn([2, 3, T, 4]));
      parts.forEach((part, i) => {
        const { k, v } = cache.append(part, part.narrow(-1, 0, 2));
        const wanted = sg.cat(parts.slice(0, i + 1), -2);
        expect(distance(k, wanted)).toBe(0);
        expect(distance(v, wanted.narrow(-1, 0, 2))).toBe(0);
        expect(cache.length).toBe(wanted.shape.at(-2));
      });
      cache.crop(4);
      const { k } = cache.append(parts[0]!, parts[0]!.narrow(-1, 0, 2));
      expect(distance(k, sg.cat([parts[0]!, parts[1]!, parts[0]!], -2))).toBe(0);
      cache.reset();
      expect(cache.append(sg.ones([5, 1]), sg.ones([5, 2])).v.shape).toEqual([5, 2]);
    }
  });

  it("keeps no handles but its own two", () => {
    const before = memory().handles;
    const cache = new nn.KVCache(1);
    const x = sg.ones([2, 3]);
    for (let i = 0; i < 9; i++) tidy(() => void cache.append(x, x));
    expect(memory().handles - before).toBe(3);
    cache.reset();
    x.dispose();
    expect(memory().handles - before).toBe(0);
  });

  it("refuses what does not go with what it holds", () => {
    const cache = new nn.KVCache();
    cache.append(sg.ones([2, 1, 4]), sg.ones([2, 1, 3]));
    const call = (k: number[], v: number[]) => () => cache.append(sg.ones(k), sg.ones(v));
    expect(call([2, 1, 5], [2, 1, 3])).toThrow(/\[KVCache\] k must be \[2,1,4\]: got \[2,1,5\]/);
    expect(call([2, 1, 4], [2, 2, 3])).toThrow(/\[KVCache\] v must be \[2,1,3\]: got \[2,2,3\]/);
    expect(cache.length).toBe(1);
    expect(() => cache.crop(2)).toThrow(/length must be an integer in \[0, 1\]: got 2/);
  });
});

/** Steps of generation: 4 positions at once, then one by one. */
const CUTS = [0, 4, 5, 6, 7];

function stepped(x: Tensor, dim: number, step: (part: Tensor) => Tensor): Tensor {
  const parts = CUTS.slice(1).map((end, i) => step(x.narrow(dim, CUTS[i]!, end - CUTS[i]!)));
  return sg.cat(parts, dim);
}

describe("generation step by step equals the whole at once", () => {
  it("MultiheadAttention, with weights and without", () => {
    manualSeed(3);
    const layer = new nn.MultiheadAttention(12, 3, { batchFirst: true }).eval();
    const x = sg.randn([2, 7, 12]);
    const whole = layer.forward(x, x, x, { isCausal: true }).output;
    for (const needWeights of [true, false]) {
      const cache = new nn.KVCache();
      const inputs = { isCausal: true, cache, needWeights };
      const got = noGrad(() =>
        stepped(x, 1, (part) => layer.forward(part, part, part, inputs).output),
      );
      expect(distance(got, whole)).toBeLessThan(1e-6);
    }
  });

  it("TransformerEncoder as a decoder-only model, time first", () => {
    manualSeed(4);
    const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 9, normFirst: true });
    const model = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(8) }).eval();
    const x = sg.randn([7, 2, 8]);
    const caches = [new nn.KVCache(), new nn.KVCache(2)];
    const whole = model.forward(x, { isCausal: true });
    const got = noGrad(() =>
      stepped(x, 0, (part) => model.forward(part, { isCausal: true, caches })),
    );
    expect(distance(got, whole)).toBeLessThan(2e-6);
    expect(() => model.forward(x, { caches: [caches[0]!] })).toThrow(
      /needs a cache for each of 2 layers: got 1/,
    );
  });

  it("TransformerDecoder with a memory", () => {
    manualSeed(5);
    const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 9, batchFirst: true });
    const model = new nn.TransformerDecoder(layer, 2).eval();
    const [x, source] = [sg.randn([2, 7, 8]), sg.randn([2, 3, 8])];
    const caches = [new nn.KVCache(), new nn.KVCache()];
    const whole = model.forward(x, source, { tgtIsCausal: true });
    const got = noGrad(() =>
      stepped(x, 1, (part) => model.forward(part, source, { tgtIsCausal: true, caches })),
    );
    expect(distance(got, whole)).toBeLessThan(2e-6);
  });

  it("rotary and sinusoidal positions", () => {
    const x = sg.randn([7, 6]);
    for (const layer of [
      new nn.RotaryEmbedding(),
      new nn.RotaryEmbedding({ interleaved: true }),
      new nn.SinusoidalPositionalEncoding(6),
    ]) {
      let offset = 0;
      const got = stepped(x, 0, (part) => {
        const y = layer.forward(part, { offset });
        offset += part.shape[0]!;
        return y;
      });
      expect(distance(got, layer.forward(x))).toBeLessThan(1e-6);
    }
  });
});

describe("SinusoidalPositionalEncoding", () => {
  it.each<[number[], boolean]>([
    [[7, 2, 1], false],
    [[7, 2, 5], false],
    [[6], false],
    [[2, 3, 7, 6], true],
    [[], true],
  ])("refuses %j (batchFirst: %j)", (shape, batchFirst) => {
    const layer = new nn.SinusoidalPositionalEncoding(6, { batchFirst });
    const lead = batchFirst ? "N, T" : "T, N";
    expect(() => layer.forward(sg.ones(shape))).toThrow(sg.ShapeError);
    expect(() => layer.forward(sg.ones(shape))).toThrow(`x must be [${lead}, 6] or [T, 6]: got`);
  });
});

describe("MultiheadAttention", () => {
  it("sees what is before, by isCausal as by a mask", () => {
    manualSeed(6);
    for (const options of [{}, { addBiasKv: true }, { addZeroAttn: true, addBiasKv: true }]) {
      const layer = new nn.MultiheadAttention(4, 2, options);
      const x = sg.randn([5, 3, 4]);
      const padding = sg.tensor([
        [false, false, false, false, true],
        [false, false, false, true, true],
        [false, true, false, false, false],
      ]);
      const attnMask = sg.arange(5).gt(sg.arange(5).unsqueeze(1));
      const wanted = layer.forward(x, x, x, { attnMask, keyPaddingMask: padding });
      for (const inputs of [
        { isCausal: true },
        { isCausal: true, attnMask: nn.Transformer.generateSquareSubsequentMask(5) },
      ]) {
        const got = layer.forward(x, x, x, { ...inputs, keyPaddingMask: padding });
        expect(distance(got.output, wanted.output)).toBeLessThan(1e-6);
        expect(distance(got.weights!, wanted.weights!)).toBeLessThan(1e-6);
        const bare = layer.forward(x, x, x, {
          ...inputs,
          keyPaddingMask: padding,
          needWeights: false,
        });
        expect(distance(bare.output, wanted.output)).toBeLessThan(1e-6);
        expect(bare.weights).toBeNull();
      }
    }
  });

  it("drops in training only, the weights that it returns too", () => {
    const layer = new nn.MultiheadAttention(4, 2, { dropout: 0.5 });
    const x = sg.randn([5, 4]);
    const inputs = { averageAttnWeights: false };
    expect(layer.forward(x, x, x, inputs).weights!.eq(0).any().item()).toBe(1);
    layer.eval();
    expect(layer.forward(x, x, x, inputs).weights!.eq(0).any().item()).toBe(0);
    expect(distance(layer.forward(x, x, x).output, layer.forward(x, x, x).output)).toBe(0);
  });

  it("refuses operands and masks that do not fit, by name", () => {
    const layer = new nn.MultiheadAttention(4, 2, { kdim: 3 });
    const [q, k, v] = [sg.ones([5, 2, 4]), sg.ones([6, 2, 3]), sg.ones([6, 2, 4])];
    const call =
      (inputs: object, x = [q, k, v]) =>
      () =>
        layer.forward(x[0]!, x[1]!, x[2]!, inputs);
    expect(() => new nn.MultiheadAttention(5, 2)).toThrow(
      /numHeads must divide embedDim: got 2, 5/,
    );
    expect(call({}, [q, q, v])).toThrow(/key must be \[5,2,3\]: got \[5,2,4\]/);
    expect(call({}, [q, k, q])).toThrow(/value must be \[6,2,4\]: got \[5,2,4\]/);
    expect(call({}, [k, k, v])).toThrow(/query must be \[6,2,4\]: got \[6,2,3\]/);
    expect(call({}, [q, k.select(1, 0), v])).toThrow(sg.ShapeError);
    expect(call({}, [q.narrow(1, 0, 1), k, v])).toThrow(sg.ShapeError);
    expect(call({ keyPaddingMask: sg.zeros([2, 5], { dtype: "bool" }) })).toThrow(
      /keyPaddingMask must be \[2,6\]: got \[2,5\]/,
    );
    expect(call({ attnMask: sg.zeros([3, 5, 6]) })).toThrow(
      /attnMask must be \[4,5,6\]: got \[3,5,6\]/,
    );
    expect(call({ attnMask: sg.zeros([5, 6], { dtype: "int32" }) })).toThrow(
      /attnMask must be bool or float32: got int32/,
    );
  });
});

describe("Transformers", () => {
  it("are made of copies that begin alike and learn apart", () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 3 });
    layer.linear1.weight.requiresGrad = false;
    const { layers } = new nn.TransformerEncoder(layer, 2);
    const [a, b] = layers as [nn.TransformerEncoderLayer, nn.TransformerEncoderLayer];
    expect(a.namedParameters().map(([name]) => name)).toEqual(
      layer.namedParameters().map(([name]) => name),
    );
    expect(a).toBeInstanceOf(nn.TransformerEncoderLayer);
    expect(a.linear1.weight.requiresGrad).toBe(false);
    expect(a.linear2.weight.requiresGrad).toBe(true);
    expect(distance(a.linear2.weight, b.linear2.weight)).toBe(0);
    noGrad(() => a.linear2.weight.zero_());
    expect(b.linear2.weight.abs().max().item()).toBeGreaterThan(0);
    expect(layer.linear2.weight.abs().max().item()).toBeGreaterThan(0);
    a.eval();
    expect(b.training).toBe(true);
    expect(a.selfAttn.training).toBe(false);
  });

  it("begin with Glorot's bounds; PyTorch's defaults", () => {
    const model = new nn.Transformer(8, 2, { numEncoderLayers: 1, numDecoderLayers: 1 });
    const state = model.stateDict();
    expect(state["encoder.layers.0.linear1.weight"]!.shape).toEqual([2048, 8]);
    const bound = Math.sqrt(6 / (2048 + 8));
    const largest = state["decoder.layers.0.linear1.weight"]!.abs().max().item();
    expect(largest).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest).toBeGreaterThan(0.99 * bound);
    expect(state["encoder.layers.0.self_attn.in_proj_bias"]!.abs().max().item()).toBe(0);
    expect(
      state["encoder.layers.0.self_attn.in_proj_weight"]!.abs().max().item(),
    ).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / 32)));
  });

  it("take a function for an activation, and refuse other words", () => {
    manualSeed(7);
    const named = new nn.TransformerEncoderLayer(4, 2, { activation: "gelu", dimFeedforward: 3 });
    const own = new nn.TransformerEncoderLayer(4, 2, {
      activation: (x) => sg.gelu(x),
      dimFeedforward: 3,
    });
    own.loadStateDict(named.stateDict());
    const x = sg.randn([3, 4]);
    expect(distance(named.eval().forward(x), own.eval().forward(x))).toBe(0);
    const activation = "tanh" as "relu";
    expect(() => new nn.TransformerEncoderLayer(4, 2, { activation })).toThrow(
      /must be relu or gelu: got "tanh"/,
    );
  });

  it("drop in training only", () => {
    const layer = new nn.TransformerDecoderLayer(4, 2, { dropout: 0.5, dimFeedforward: 3 });
    const x = sg.randn([3, 4]);
    expect(distance(layer.forward(x, x), layer.forward(x, x))).toBeGreaterThan(0);
    layer.eval();
    expect(distance(layer.forward(x, x), layer.forward(x, x))).toBe(0);
  });

  it("take an encoder of one's own", () => {
    class Twice extends nn.Module {
      forward(src: Tensor): Tensor {
        return src.mul(2);
      }
    }
    const model = new nn.Transformer(4, 2, {
      customEncoder: new Twice(),
      numDecoderLayers: 1,
      dropout: 0,
    });
    const x = sg.randn([3, 4]);
    expect(distance(model.forward(x, x), model.decoder.forward(x, x.mul(2)))).toBe(0);
  });

  it("generateSquareSubsequentMask", () => {
    const [o, i] = [0, -Infinity];
    expect(nn.Transformer.generateSquareSubsequentMask(3).toArray()).toEqual([
      [o, i, i],
      [o, o, i],
      [o, o, o],
    ]);
  });
});
