// Reference rows of attention and Transformers.
import * as sg from "../../../src/index.js";
import { CHAIN, EXACT, LAYERS, SUMS } from "../fixtures.js";
import { optionsWith, type ReferenceFamily, rows } from "../row.js";

interface Args {
  readonly options: never;
  readonly heads: number;
  readonly L: number;
  readonly S: number;
}

export const attention: ReferenceFamily = {
  fixtures: ["attention"],
  modules: ["attentionModules"],
  rows: {
    // Second gradients compare with LAYERS; sums of sums of products.
    ...rows<Args>(SUMS, LAYERS, {
      scaledDotProductAttention: ([q, k, v, ...mask], a) =>
        sg.scaledDotProductAttention(q, k, v, optionsWith(a, ["attnMask"], mask)),
    }),
    // The angles' own roundings: positions times frequencies, up to 20.
    ...rows<Args>(SUMS, SUMS, { rotaryEmbedding: ([x], a) => sg.rotaryEmbedding(x, a.options) }),
    ...rows<Args>(CHAIN, EXACT, {
      alibiSlopes: (_, a) => sg.alibiSlopes(a.heads),
      alibiBias: (_, a) => sg.alibiBias(a.heads, a.L, a.S, a.options),
    }),
  },
  // test/reference/attention.test.ts
  elsewhere: [
    "MultiheadAttention",
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
  ],
};
