// The tests' rows of linear algebra.
import * as sg from "../../../src/index.js";
import type { Tensor } from "../../../src/index.js";
import { type Family, on, type Table } from "../case.js";
import { any, fixed, type Make } from "../inputs.js";
import { linalgEdges } from "./linalg-edges.js";
import { linalgRefusals } from "./linalg-refusals.js";

/** m x n with 0.8, 1.4, 2, ... on the diagonal and small numbers beside it: far from singular. */
const regular =
  (m: number, n: number, ...outer: number[]): Make =>
  (seed) => {
    const small = any(...outer, m, n)(seed);
    const values = Float32Array.from(small.toTypedArray(), (v, at) => {
      const [i, j] = [Math.floor(at / n) % m, at % n];
      return i === j ? 0.8 + 0.6 * i + 0.1 * Math.abs(v) : 0.25 * v;
    });
    small.dispose();
    return sg.tensor(values, { shape: [...outer, m, n], requiresGrad: true });
  };

/** The argument made symmetric, since the ops read one triangle only. */
const symmetric = (x: Tensor | undefined): Tensor =>
  sg.tidy(() => x!.add(x!.transpose(-2, -1)).mul(0.5));

/** The second list of points moved away from the first. */
const apart = ([a, b]: Tensor[]): Tensor[] => [a!, sg.tidy(() => b!.mul(0.5).add(3))];

const products: Table = {
  addmv: [on([any(3), any(3, 4), any(4)], (x) => [...x, { beta: 0.5, alpha: 2 }])],
  addr: [on([any(3, 4), any(3), any(4)], (x) => [...x, { beta: 0 }])],
  baddbmm: [on([any(3, 2), any(2, 3, 4), any(2, 4, 2)], (x) => [...x, { alpha: -1 }])],
  bmm: [on([any(2, 3, 4), any(2, 4, 2)])],
  cross: [on([any(2, 3), any(1, 3)]), on([any(3, 2), any(3, 2)], (x) => [...x, 0])],
  dot: [on([any(5), any(5)])],
  einsum: [
    on([any(2, 3), any(3, 4)], (x) => ["ij,jk", ...x]),
    on([any(2, 1, 3), any(2, 3, 2)], (x) => ["...ij,...jk->k...i", ...x]),
    on([any(3, 2, 3), any(2), any(3)], (x) => ["iji,j,i->ij", x]),
    on([any(3, 3)], (x) => ["ii", ...x]),
  ],
  ger: [on([any(3), any(2)])],
  inner: [on([any(2, 3), any(4, 3)]), on([any(2, 3), any()])],
  kron: [on([any(2, 2), any(1, 3)]), on([any(2), any(2, 1)])],
  matrixPower: [
    on([regular(3, 3)], (x) => [...x, 5]),
    on([regular(2, 2, 2)], (x) => [...x, -2]),
    on([any(2, 2)], (x) => [...x, 1]),
  ],
  mm: [on([any(3, 4), any(4, 2)])],
  mv: [on([any(3, 4), any(4)])],
  outer: [on([any(3), any(2)])],
  tensordot: [
    on([any(2, 3, 2), any(3, 2, 2)]),
    on([any(2, 3), any(4, 2)], (x) => [...x, [[0], [-1]]]),
  ],
  trace: [on([any(3, 4)]), on([any(3, 2)])],
  vdot: [on([any(5), any(5)])],
};

const systems: Table = {
  cholesky: [
    on([regular(3, 3, 2)], ([x]) => [symmetric(x)]),
    on([regular(3, 3)], ([x]) => [symmetric(x), { upper: true }]),
  ],
  choleskySolve: [
    on([any(3, 2), regular(3, 3)]),
    on([any(3, 2), regular(3, 3, 2)], (x) => [...x, { upper: true }]),
  ],
  det: [on([regular(3, 3, 2)]), on([any(1, 1)])],
  inv: [on([regular(3, 3, 2)])],
  logdet: [on([regular(3, 3)])],
  slogdet: [on([regular(3, 3, 2)])],
  solve: [
    on([regular(3, 3), any(3)]),
    on([regular(3, 3, 2, 1), any(2, 3, 2)]),
    on([regular(3, 3), any(2, 3)], (x) => [...x, { left: false }]),
  ],
  solveTriangular: [
    on([regular(3, 3, 2), any(3, 2)], (x) => [...x, { upper: true }]),
    on([regular(3, 3), any(3, 2)], (x) => [...x, { upper: false, unitriangular: true }]),
    on([regular(3, 3), any(2, 3)], (x) => [...x, { upper: true, left: false }]),
  ],
  triangularSolve: [on([any(3, 2), regular(3, 3)], (x) => [...x, { transpose: true }])],
};

const decompositions: Table = {
  eigh: [
    on([regular(3, 3, 2)], ([x]) => [symmetric(x)]),
    on([regular(3, 3)], ([x]) => [symmetric(x), { UPLO: "U" }]),
  ],
  eigvalsh: [on([regular(3, 3)], ([x]) => [symmetric(x)])],
  lstsq: [
    on([regular(4, 2), any(4, 2)]),
    on([regular(2, 3, 2), any(2, 2)], (x) => [...x, { rcond: 1e-3 }]),
  ],
  pinv: [on([regular(4, 3)]), on([regular(2, 3, 2)], (x) => [...x, { rtol: 1e-3 }])],
  qr: [
    on([regular(4, 3, 2)]),
    on([regular(2, 3)]),
    on([regular(3, 3)], (x) => [...x, { mode: "complete" }]),
  ],
  svd: [
    on([regular(4, 3, 2)], (x) => [...x, { fullMatrices: false }]),
    on([regular(2, 3)], (x) => [...x, { fullMatrices: false }]),
    on([regular(3, 3)]),
  ],
  svdvals: [on([regular(3, 4)])],
};

const distances: Table = {
  cdist: [
    on([any(3, 2), any(2, 2)], (x) => [...apart(x)]),
    on([any(2, 3, 2), any(2, 2)], (x) => [...apart(x), 3]),
    on([any(3, 2), fixed(any(2, 2))], (x) => [...apart(x), 1]),
    on([any(3, 2), any(2, 2)], (x) => [...apart(x), Infinity]),
  ],
  cosineSimilarity: [on([any(3, 4), any(1, 4)]), on([any(3, 2), any(3, 2)], (x) => [...x, 0])],
  matrixNorm: [
    on([any(2, 3, 2)]),
    on([regular(3, 2)], (x) => [...x, "nuc"]),
    on([regular(3, 3)], (x) => [...x, -2, [1, 0], { keepdim: true }]),
    on([any(3, 2)], (x) => [...x, 1]),
    on([any(3, 2)], (x) => [...x, -Infinity]),
  ],
  normalize: [on([any(3, 4)]), on([any(3, 2, 2)], (x) => [...x, 3, [0, 2], 0.1])],
  pairwiseDistance: [on([any(3, 4), any(4)]), on([any(3, 4), any(3, 4)], (x) => [...x, 1.5])],
  vectorNorm: [
    on([any(3, 4)]),
    on([any(3, 4)], (x) => [...x, 3, 1, { keepdim: true }]),
    on([any(3, 4)], (x) => [...x, -Infinity, 0]),
    on([any(3, 2, 2)], (x) => [...x, 0.5, [0, 2]]),
    on([any(3, 2)], (x) => [...x, 1]),
  ],
};

export const linalg: Family = {
  differentiable: { ...products, ...systems, ...decompositions, ...distances },
  underivable: {
    matrixRank: [on([regular(3, 4)]), on([fixed(any(3, 3))], (x) => [...x, { atol: 1 }])],
  },
  functionsOnly: [
    ...["solve", "solveTriangular", "eigvalsh", "lstsq", "svdvals", "tensordot"],
    ...["cdist", "cosineSimilarity", "matrixNorm", "normalize", "pairwiseDistance"],
    "vectorNorm",
  ],
  tolerant: ["kron"],
  spokenOf: {
    eigvalsh: ["eigh"],
    logdet: ["logdet", "slogdet"],
    matrixPower: ["matrixPower", "inv"],
    matrixRank: ["matrixRank", "svd"],
    pinv: ["pinv", "svd"],
    svdvals: ["svd"],
    triangularSolve: ["solveTriangular"],
  },
  edges: linalgEdges,
  refusals: linalgRefusals,
};
