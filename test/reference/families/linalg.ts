// Reference rows of linear algebra. Signs that LAPACK is free to choose are squared away.
import * as sg from "../../../src/index.js";
import type { Tensor } from "../../../src/index.js";
import { CHAIN, SUMS, type Tolerance } from "../fixtures.js";
import { type ReferenceFamily, rows } from "../row.js";

interface Args {
  readonly options: never;
  readonly dim: number;
  readonly dims: number | number[];
  readonly n: number;
  readonly mode: never;
  readonly upper: boolean;
  readonly equation: string;
  readonly ord: number | string;
  readonly p: number | string;
  readonly eps: number;
}

/** Rounded once: half an ulp, and the fixture's own rounding. The absolute part is for exact zeros. */
const ROUNDED: Tolerance = { relative: 1.2e-7, absolute: 1e-9 };
/** The derivatives are products of float32 matrices with condition numbers of about 10. */
const MATRICES: Tolerance = { relative: 2e-5, absolute: 1e-5 };

/** Infinities come as words. */
const number = (p: number | string): number =>
  p === "inf" ? Infinity : p === "-inf" ? -Infinity : (p as number);

const symmetric = (x: Tensor): Tensor => x.add(x.transpose(-2, -1)).mul(0.5);
const gram = (x: Tensor): Tensor => x.matmul(x.transpose(-2, -1));

const products = rows<Args>(SUMS, SUMS, {
  dot: ([a, b]) => sg.dot(a, b),
  vdot: ([a, b]) => sg.vdot(a, b),
  inner: ([a, b]) => sg.inner(a, b),
  outer: ([a, b]) => sg.outer(a, b),
  ger: ([a, b]) => sg.ger(a, b),
  mv: ([a, b]) => sg.mv(a, b),
  mm: ([a, b]) => sg.mm(a, b),
  bmm: ([a, b]) => sg.bmm(a, b),
  addmv: ([x, a, b], { options }) => sg.addmv(x, a, b, options),
  addr: ([x, a, b], { options }) => sg.addr(x, a, b, options),
  baddbmm: ([x, a, b], { options }) => sg.baddbmm(x, a, b, options),
  kron: ([a, b]) => sg.kron(a, b),
  cross: ([a, b], { dim }) => sg.cross(a, b, dim),
  trace: ([x]) => sg.trace(x),
  tensordot: ([a, b], { dims }) => sg.tensordot(a, b, dims as number),
  einsum: (x, { equation }) => sg.einsum(equation, x),
  matrixPower: ([x], { n }) => sg.matrixPower(x, n),
});

const systems = rows<Args>(ROUNDED, MATRICES, {
  det: ([x]) => sg.det(x),
  logdet: ([x]) => sg.logdet(x),
  slogdet: ([x]) => sg.slogdet(x).logabsdet,
  slogdetSign: ([x]) => sg.slogdet(x).sign,
  inv: ([x]) => sg.inv(x),
  solve: ([a, b], { options }) => sg.solve(a, b, options),
  solveTriangular: ([a, b], { options }) => sg.solveTriangular(a, b, options),
  triangularSolve: ([b, a], { options }) => sg.triangularSolve(b, a, options).solution,
});

/** What comes from a decomposition by float32 products, or is given them. */
const composed = rows<Args>(CHAIN, MATRICES, {
  cholesky: ([x], { upper }) =>
    sg.cholesky(gram(x).add(sg.eye(x.shape.at(-1)!)), { upper: upper ?? false }),
  choleskySolve: ([b, x], { upper }) => sg.choleskySolve(b, x, { upper }),
  qr: ([x], { mode }) => {
    const { Q, R } = sg.qr(x, { mode: mode ?? "reduced" });
    return [Q, R];
  },
  eigh: ([x], { options }) => {
    const { eigenvalues, eigenvectors } = sg.eigh(symmetric(x), options);
    return [eigenvalues, eigenvectors.square()];
  },
  eigvalsh: ([x]) => sg.eigvalsh(symmetric(x)),
  svd: ([x]) => {
    const { U, S, Vh } = sg.svd(x, { fullMatrices: false });
    return [S, U.square(), Vh.square()];
  },
  svdFull: ([x]) => {
    const { U, S, Vh } = sg.svd(x);
    return [S, gram(U), gram(Vh)];
  },
  svdvals: ([x]) => sg.svdvals(x),
  pinv: ([x], { options }) => sg.pinv(x, options),
  matrixRank: ([x], { options }) => sg.matrixRank(x, options),
  lstsq: ([a, b], { options }) => sg.lstsq(a, b, options).solution,
  lstsqRest: ([a, b], { options }) => {
    const { residuals, rank } = sg.lstsq(a, b, options);
    return [residuals, rank];
  },
});

const distances = rows<Args>(CHAIN, MATRICES, {
  vectorNorm: ([x], { ord, dims, options }) =>
    sg.vectorNorm(x, number(ord ?? 2), dims ?? null, options),
  matrixNorm: ([x], { ord, dims, options }) =>
    sg.matrixNorm(x, number(ord), (dims ?? [-2, -1]) as [number, number], options),
  cdist: ([a, b], { p }) => sg.cdist(a, b, number(p ?? 2)),
  pairwiseDistance: ([a, b], { p }) => sg.pairwiseDistance(a, b, p as number),
  cosineSimilarity: ([a, b], { dim }) => sg.cosineSimilarity(a, b, dim),
  normalize: ([x], { p, dims, eps }) => sg.normalize(x, number(p ?? 2), dims, eps),
});

export const linalg: ReferenceFamily = {
  fixtures: ["matrixProducts", "systems", "decompositions", "distances"],
  rows: { ...products, ...systems, ...composed, ...distances },
};
