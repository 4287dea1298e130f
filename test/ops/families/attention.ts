// The tests' rows of attention and Transformers.
import * as sg from "../../../src/index.js";
import { Generator, nn, type Tensor } from "../../../src/index.js";
import { type Family, on, type Table } from "../case.js";
import { E, yes } from "../edge.js";
import { any, bools, fixed, type Make } from "../inputs.js";
import { layer, type LayerCases } from "../layer.js";
import { dtype, f, shape, value } from "../refusal.js";

const differentiable: Table = {
  rotaryEmbedding: [
    on([any(2, 3, 4)]),
    on([any(2, 4)], ([x]) => [x, { interleaved: true, offset: 3, base: 10 }]),
  ],
  scaledDotProductAttention: [
    on([any(2, 2, 3), any(2, 3, 3), any(2, 3, 2)]),
    on([any(3, 2), any(4, 2), any(4, 1), bools(3, 4)], ([q, k, v, attnMask]) => [
      ...[q, k, v],
      { attnMask },
    ]),
    on([any(3, 2), any(4, 2), any(4, 2)], (x) => [...x, { isCausal: true, causalOffset: 1 }]),
    on([any(4, 2, 2), any(2, 3, 2), any(2, 3, 2), fixed(any(3))], ([q, k, v, attnMask]) => [
      ...[q, k, v],
      { attnMask, enableGqa: true, scale: 0.7 },
    ]),
    on([any(2, 2), any(3, 2), any(3, 2), any(2, 3)], ([q, k, v, attnMask]) => [
      ...[q, k, v],
      { attnMask },
    ]),
    on([any(2, 2), any(3, 2), any(3, 2)], (x) => [
      ...x,
      { dropoutP: 0.4, generator: new Generator(3) },
    ]),
  ],
};

const underivable: Table = {
  alibiBias: [on([], () => [3, 2, 4, { isCausal: true, causalOffset: 2 }]), on([], () => [2, 3])],
  alibiSlopes: [on([], () => [6])],
};

/** Attention's output as a layer's: the weights are released. */
class Output extends nn.Module {
  readonly attention = new nn.MultiheadAttention(4, 2, {
    addBiasKv: true,
    addZeroAttn: true,
    dropout: 0.2,
  });

  forward(q: Tensor, k: Tensor, v: Tensor): Tensor {
    const { output, weights } = this.attention.forward(q, k, v, { isCausal: true });
    weights!.dispose();
    return output;
  }
}

const small = { dimFeedforward: 3 };
const sequence: Make[] = [any(3, 2, 4)];
const two: Make[] = [any(3, 2, 4), any(2, 2, 4)];

const layers: LayerCases = {
  MultiheadAttention: layer(() => new Output(), ...two, any(2, 2, 4)),
  RotaryEmbedding: layer(() => new nn.RotaryEmbedding({ interleaved: true }), ...sequence),
  SinusoidalPositionalEncoding: layer(
    () => new nn.SinusoidalPositionalEncoding(4, { dropout: 0.1 }),
    ...sequence,
  ),
  TransformerEncoderLayer: layer(() => new nn.TransformerEncoderLayer(4, 2, small), ...sequence),
  TransformerDecoderLayer: layer(() => new nn.TransformerDecoderLayer(4, 2, small), ...two),
  TransformerEncoder: layer(
    () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, small), 2),
    ...sequence,
  ),
  TransformerDecoder: layer(
    () =>
      new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2, small), 2, {
        norm: new nn.LayerNorm(4),
      }),
    ...two,
  ),
  Transformer: layer(
    () => new nn.Transformer(4, 2, { ...small, numEncoderLayers: 1, numDecoderLayers: 1 }),
    ...two,
  ),
};

const attend = sg.scaledDotProductAttention;
const oneHead = f.images.narrow(1, 0, 1);
const turned = f.cube342.transpose(1, 2);

export const attention: Family = {
  differentiable,
  underivable,
  functionsOnly: ["scaledDotProductAttention", "rotaryEmbedding"],
  layers,
  // test/nn/attention.test.ts
  notLayers: ["KVCache"],
  edges: {
    alibiBias: [
      [() => sg.alibiBias(2, 0, 3), [2, 0, 3]],
      [() => sg.alibiBias(1, 2, 0), [1, 2, 0]],
    ],
    alibiSlopes: [[() => sg.alibiSlopes(1), [1]]],
    rotaryEmbedding: [
      [() => sg.rotaryEmbedding(E(2, 0, 4)), [2, 0, 4]],
      [() => sg.rotaryEmbedding(E(3, 0)), [3, 0]],
      [() => sg.rotaryEmbedding(E(0, 2), { interleaved: true }), [0, 2]],
    ],
    scaledDotProductAttention: [
      [() => attend(E(0, 3), E(2, 3), E(2, 4)), [0, 4]],
      [() => attend(E(2, 3), E(0, 3), E(0, 4)), [2, 4]],
      [() => attend(E(2, 0), E(3, 0), E(3, 4), { scale: 1 }), [2, 4]],
      [() => attend(E(2, 3), E(4, 3), E(4, 0)), [2, 0]],
      [() => attend(E(0, 2, 3), E(0, 4, 3), E(0, 4, 1), { isCausal: true }), [0, 2, 1]],
      [() => attend(E(2, 3), E(4, 3), E(4, 1), { attnMask: yes(2, 4), dropoutP: 1 }), [2, 1]],
      [() => attend(E(0, 2, 3), E(4, 3), E(4, 1), { attnMask: E(4), dropoutP: 0.5 }), [0, 2, 1]],
    ],
  },
  refusals: {
    alibiSlopes: [
      value(/heads must be an integer in \[1, 16777216\]: got 0/, () => sg.alibiSlopes(0)),
    ],
    alibiBias: [
      value(/sizes must be integers >= 0: got \[1\.5,2,2\]/, () => sg.alibiBias(1.5, 2)),
      value(/heads must be an integer in \[1, 16777216\]: got 0/, () => sg.alibiBias(0, 2)),
    ],
    rotaryEmbedding: [
      shape(/an even D: got \[2,3\]/, () => sg.rotaryEmbedding(f.m23)),
      shape(/an even D: got \[3\]/, () => sg.rotaryEmbedding(f.v3)),
      dtype(/x must be float32: got int32/, () => sg.rotaryEmbedding(f.int23)),
    ],
    scaledDotProductAttention: [
      dtype(/q must be float32: got int32/, () => attend(f.int23, f.m23, f.m23)),
      dtype(/v must be float32: got int32/, () => attend(f.m23, f.m23, f.int23)),
      dtype(/attnMask must be bool or float32: got int32/, () =>
        attend(f.m23, f.m23, f.m23, { attnMask: f.int2 }),
      ),
      shape(/q must be \[\.\.\., L, E\].* got \[3\]/, () => attend(f.v3, f.m23, f.m23)),
      shape(/got \[2,3\] and \[4,5\] and \[4,5\]/, () => attend(f.m23, f.m45, f.m45)),
      shape(/got \[2,3\] and \[2,3\] and \[4,5\]/, () => attend(f.m23, f.m23, f.m45)),
      shape(/dividing q's: got/, () => attend(f.m23, f.m23, f.m23, { enableGqa: true })),
      shape(/the heads of k and v dividing q's: got \[1,1,4,4\] and \[1,2,4,4\]/, () =>
        attend(oneHead, f.images, f.images, { enableGqa: true }),
      ),
      shape(/must broadcast/, () => attend(turned, f.cube, f.cube)),
      shape(/\[3\] cannot be expanded to \[2,2\]/, () =>
        attend(f.m23, f.m23, f.m23, { attnMask: f.v3 }),
      ),
      value(/isCausal and attnMask exclude each other/, () =>
        attend(f.m23, f.m23, f.m23, { attnMask: f.int2, isCausal: true }),
      ),
      value(/dropoutP must be a number in \[0, 1\]: got NaN/, () =>
        attend(f.m23, f.m23, f.m23, { dropoutP: NaN }),
      ),
      value(/causalOffset must be an integer: got 0\.5/, () =>
        attend(f.m23, f.m23, f.m23, { causalOffset: 0.5 }),
      ),
    ],
  },
  spokenOf: { alibiBias: ["alibiBias", "alibiSlopes"] },
};
