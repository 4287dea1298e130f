// The tests' rows of attention and Transformers.
import { Generator } from "../../../src/index.js";
import { type Family, on, type Table } from "../case.js";
import { any, bools, fixed } from "../inputs.js";

const differentiable: Table = {
  scaledDotProductAttention: [
    on([any(2, 3, 4), any(2, 5, 4), any(2, 5, 3)]),
    on([any(3, 4), any(5, 4), any(5, 2), bools(3, 5)], ([q, k, v, attnMask]) => [
      ...[q, k, v],
      { attnMask },
    ]),
    on([any(3, 2), any(5, 2), any(5, 2)], (x) => [...x, { isCausal: true, causalOffset: 1 }]),
    on([any(4, 2, 3), any(2, 3, 3), any(2, 3, 3), fixed(any(3))], ([q, k, v, attnMask]) => [
      ...[q, k, v],
      { attnMask, enableGqa: true, scale: 0.7 },
    ]),
    on([any(2, 3), any(5, 3), any(5, 3), any(2, 5)], ([q, k, v, attnMask]) => [
      ...[q, k, v],
      { attnMask },
    ]),
    on([any(2, 3), any(5, 3), any(5, 3)], (x) => [
      ...x,
      { dropoutP: 0.4, generator: new Generator(3) },
    ]),
  ],
};

export const attention: Family = {
  differentiable,
  functionsOnly: ["scaledDotProductAttention"],
};
