// Linear algebra of scalars, vectors and matrices without elements: calls with the shapes of their results.
import * as sg from "../../../src/index.js";
import { E, type Edges, s } from "../edge.js";

export const linalgEdges: Edges = {
  addmv: [[() => sg.addmv(E(0), E(0, 3), E(3)), [0]], [() => sg.addmv(s(), E(2, 0), E(0)), [2]]], // prettier-ignore
  addr: [[() => sg.addr(E(0, 3), E(0), E(3)), [0, 3]]],
  baddbmm: [[() => sg.baddbmm(s(), E(2, 3, 0), E(2, 0, 1)), [2, 3, 1]]],
  bmm: [[() => sg.bmm(E(0, 2, 3), E(0, 3, 1)), [0, 2, 1]]],
  cross: [[() => sg.cross(E(0, 3), E(0, 3)), [0, 3]]],
  dot: [[() => sg.dot(E(0), E(0)), []]],
  einsum: [
    [() => sg.einsum("", s()), []],
    [() => sg.einsum("i,i", E(0), E(0)), []],
    [() => sg.einsum("ii->i", E(0, 0)), [0]],
    [() => sg.einsum("...,...", s(), E(0, 3)), [0, 3]],
    [() => sg.einsum("ij,jk->ik", E(2, 0), E(0, 3)), [2, 3]],
  ],
  ger: [[() => sg.ger(E(0), E(3)), [0, 3]]],
  inner: [
    [() => sg.inner(s(), s()), []],
    [() => sg.inner(E(2, 0), E(3, 0)), [2, 3]],
  ],
  kron: [
    [() => sg.kron(s(), E(2)), [2]],
    [() => sg.kron(E(0, 2), E(3, 1)), [0, 2]],
  ],
  matrixPower: [
    [() => sg.matrixPower(E(0, 0), 3), [0, 0]],
    [() => sg.matrixPower(E(0, 2, 2), 0), [0, 2, 2]],
  ],
  mm: [[() => sg.mm(E(2, 0), E(0, 3)), [2, 3]]],
  mv: [[() => sg.mv(E(2, 0), E(0)), [2]]],
  outer: [[() => sg.outer(E(0), E(3)), [0, 3]]],
  tensordot: [
    [() => sg.tensordot(s(), E(0, 2), 0), [0, 2]],
    [() => sg.tensordot(E(2, 0), E(0, 3), 1), [2, 3]],
  ],
  trace: [[() => sg.trace(E(0, 3)), []]],
  vdot: [[() => sg.vdot(E(0), E(0)), []]],
  cholesky: [
    [() => sg.cholesky(E(0, 0)), [0, 0]],
    [() => sg.cholesky(E(0, 3, 3)), [0, 3, 3]],
  ],
  choleskySolve: [[() => sg.choleskySolve(E(0, 2), E(0, 0)), [0, 2]]],
  det: [
    [() => sg.det(E(0, 0)), []],
    [() => sg.det(E(2, 0, 0)), [2]],
    [() => sg.det(E(2, 3, 3)), [2]],
    [() => sg.det(E(0, 3, 3)), [0]],
  ],
  inv: [
    [() => sg.inv(E(0, 0)), [0, 0]],
    [() => sg.inv(E(0, 3, 3)), [0, 3, 3]],
  ],
  logdet: [[() => sg.logdet(E(2, 0, 0)), [2]]],
  slogdet: [
    [() => sg.slogdet(E(0, 0)), [], []],
    [() => sg.slogdet(E(0, 3, 3)), [0], [0]],
  ],
  solve: [
    [() => sg.solve(E(0, 0), E(0)), [0]],
    [() => sg.solve(E(0, 0), E(0, 3)), [0, 3]],
    [() => sg.solve(E(0, 2, 2), E(2, 1)), [0, 2, 1]],
  ],
  solveTriangular: [[() => sg.solveTriangular(E(0, 0), E(0, 3), { upper: true }), [0, 3]]],
  triangularSolve: [[() => sg.triangularSolve(E(0, 3), E(0, 0)), [0, 3]]],
  eigh: [
    [() => sg.eigh(E(0, 0)), [0], [0, 0]],
    [() => sg.eigh(E(3, 3)), [3], [3, 3]],
    [() => sg.eigh(E(0, 2, 2)), [0, 2], [0, 2, 2]],
  ],
  eigvalsh: [[() => sg.eigvalsh(E(0, 0)), [0]]],
  lstsq: [
    [() => sg.lstsq(E(3, 0), E(3, 2)), [0, 2], [2], [], [0]],
    [() => sg.lstsq(E(0, 2), E(0)), [2], [0], [], [0]],
  ],
  pinv: [
    [() => sg.pinv(E(0, 3)), [3, 0]],
    [() => sg.pinv(E(2, 3)), [3, 2]],
  ],
  qr: [
    [() => sg.qr(E(0, 3)), [0, 0], [0, 3]],
    [() => sg.qr(E(3, 0)), [3, 0], [0, 0]],
    [() => sg.noGrad(() => sg.qr(E(3, 0), { mode: "complete" })), [3, 3], [3, 0]],
    [() => sg.qr(E(0, 2, 2)), [0, 2, 2], [0, 2, 2]],
  ],
  svd: [
    [() => sg.svd(E(0, 3)), [0, 0], [0], [3, 3]],
    [() => sg.svd(E(3, 0)), [3, 3], [0], [0, 0]],
    [() => sg.svd(E(3, 2), { fullMatrices: false }), [3, 2], [2], [2, 2]],
    [() => sg.svd(E(0, 2, 2)), [0, 2, 2], [0, 2], [0, 2, 2]],
  ],
  svdvals: [[() => sg.svdvals(E(0, 3)), [0]]],
  cdist: [
    [() => sg.cdist(E(0, 3), E(2, 3)), [0, 2]],
    [() => sg.cdist(E(2, 3), E(0, 3)), [2, 0]],
    [() => sg.cdist(E(2, 0), E(3, 0)), [2, 3]],
    [() => sg.cdist(E(2, 3), E(3, 3), 1), [2, 3]],
  ],
  cosineSimilarity: [
    [() => sg.cosineSimilarity(s(), s(), 0), []],
    [() => sg.cosineSimilarity(E(0, 3), E(0, 3)), [0]],
    [() => sg.cosineSimilarity(E(3, 0), E(3, 0)), [3]],
  ],
  matrixNorm: [
    [() => sg.matrixNorm(E(0, 3)), []],
    [() => sg.matrixNorm(E(0, 3), "nuc"), []],
    [() => sg.matrixNorm(E(0, 2, 3), 2), [0]],
  ],
  normalize: [
    [() => sg.normalize(s(), 2, 0), []],
    [() => sg.normalize(E(0, 3)), [0, 3]],
    [() => sg.normalize(E(3, 0)), [3, 0]],
  ],
  pairwiseDistance: [
    [() => sg.pairwiseDistance(s(), s()), []],
    [() => sg.pairwiseDistance(E(0, 3), E(3)), [0]],
  ],
  vectorNorm: [
    [() => sg.vectorNorm(s()), []],
    [() => sg.vectorNorm(E(0)), []],
    [() => sg.vectorNorm(E(0, 3), Infinity, 1), [0]],
    [() => sg.vectorNorm(E(3, 0), 0, 1), [3]],
    [() => sg.vectorNorm(E(2, 3), 2, 1), [2]],
  ],
  matrixRank: [
    [() => sg.matrixRank(E(0, 3)), []],
    [() => sg.matrixRank(E(2, 3, 3)), [2]],
  ],
};
