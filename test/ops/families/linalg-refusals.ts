// Bad input to linear algebra: what each op refuses, with which error and which words.
import * as sg from "../../../src/index.js";
import type { Tensor } from "../../../src/index.js";
import { badDim, badDims, dtype, f, late, type Refusal, type Refusals, shape, value } from "../refusal.js"; // prettier-ignore

const singular = sg.tensor([
  [
    [2, 1],
    [1, 2],
  ],
  [
    [1, 2],
    [2, 4],
  ],
]);
const notFinite = sg.tensor([
  [1, NaN],
  [NaN, 1],
]);
const transposed = f.cube.transpose(1, 2);
const twos = sg.ones([2, 2]);
const intMatrix = sg.ones([5, 5], { dtype: "int32" });

const square = (op: (x: Tensor) => unknown): Refusal[] => [
  shape(/takes square matrices \[\.\.\., n, n\]: got \[2,3\]/, () => op(f.m23)),
  shape(/takes square matrices .*got \[3\]/, () => op(f.v3)),
  dtype(/x must be float32: got int32/, () => op(intMatrix)),
];
const anyMatrix = (op: (x: Tensor) => unknown): Refusal[] => [
  shape(/takes matrices \[\.\.\., m, n\]: got \[3\]/, () => op(f.v3)),
  dtype(/x must be float32: got int32/, () => op(intMatrix)),
];
const finite = (op: (x: Tensor) => unknown): Refusal =>
  late(value(/matrix 0 of the batch holds NaN or infinity/, () => op(notFinite)));
const isSingular = (op: (x: Tensor) => unknown): Refusal =>
  late(value(/matrix 1 of the batch is singular/, () => op(singular)));
const ranks = (a: number, b: number, op: (a: Tensor, b: Tensor) => unknown): Refusal[] => [
  shape(new RegExp(`takes ${a} and ${b} dims: got \\[2,3,4\\] and \\[\\]`), () =>
    op(f.cube, f.scalar),
  ),
];

const products: Refusals = {
  addmm: [
    ...ranks(2, 2, (a, b) => sg.addmm(f.v3, a, b)),
    shape(/sizes must match: got \[2,3\] and \[4,5\]/, () => sg.addmm(f.v3, f.m23, f.m45)),
    shape(/a tensor of \[3\] cannot be expanded to \[4,5\]/, () => sg.addmm(f.v3, f.m45, f.m55)),
    dtype(/a must be float32: got int32/, () => sg.addmm(f.v3, f.int23, f.m55)),
  ],
  addmv: [
    ...ranks(2, 1, (a, b) => sg.addmv(f.v3, a, b)),
    shape(/a tensor of \[2,3\] cannot be expanded to \[2\]/, () => sg.addmv(f.m23, f.m23, f.v3)),
  ],
  addr: [
    ...ranks(1, 1, (a, b) => sg.addr(f.v3, a, b)),
    shape(/a tensor of \[2,3\] cannot be expanded to \[3,5\]/, () => sg.addr(f.m23, f.v3, f.v5)),
  ],
  baddbmm: [
    ...ranks(3, 3, (a, b) => sg.baddbmm(f.v3, a, b)),
    shape(/a tensor of \[5\] cannot be expanded to \[2,3,3\]/, () =>
      sg.baddbmm(f.v5, f.cube, transposed),
    ),
  ],
  bmm: [
    ...ranks(3, 3, sg.bmm),
    shape(/sizes must match: got \[2,3,4\] and \[3,4,2\]/, () => sg.bmm(f.cube, f.cube342)),
  ],
  cross: [
    shape(/needs a dim of size 3 of both: got \[5\] and \[5\]/, () => sg.cross(f.v5, f.v5)),
    shape(/needs a dim of size 3/, () => sg.cross(f.m23, f.m23, 0)),
    shape(/shapes must broadcast/, () => sg.cross(f.v3, f.v5)),
  ],
  dot: [
    ...ranks(1, 1, sg.dot),
    shape(/sizes must match: got \[3\] and \[5\]/, () => sg.dot(f.v3, f.v5)),
    dtype(/b must be float32: got int32/, () => sg.dot(f.v3, f.int3)),
  ],
  vdot: ranks(1, 1, sg.vdot),
  einsum: [
    value(/must be like "ij,jk->ik": got "i->j->k" for 1/, () => sg.einsum("i->j->k", f.v3)),
    value(/must be like/, () => sg.einsum("i..", f.v3)),
    value(/must be like/, () => sg.einsum("i1", f.m23)),
    value(/each operand needs its letters: got "i,i" for 1 operands/, () => sg.einsum("i,i", f.v3)),
    shape(/"i" must name each dim: got \[2,3\]/, () => sg.einsum("i", f.m23)),
    shape(/"ijk\.\.\." must name each dim/, () => sg.einsum("ijk...", f.m23)),
    value(/"k" must occur in an operand/, () => sg.einsum("ij->k", f.m23)),
    value(/"j" must occur .* once in the result/, () => sg.einsum("ij->jj", f.m23)),
    shape(/named "j" must have one size: got \[2,3\] and \[4,5\]/, () => sg.einsum("ij,jk", f.m23, f.m45)), // prettier-ignore
    shape(/named "i" must have one size/, () => sg.einsum("ii", f.m13)),
    dtype(/a must be float32: got int32/, () => sg.einsum("i,i", f.int3, f.v3)),
  ],
  ger: ranks(1, 1, sg.ger),
  outer: ranks(1, 1, sg.outer),
  inner: [
    shape(/last sizes must match: got \[3\] and \[5\]/, () => sg.inner(f.v3, f.v5)),
    dtype(/a must be float32: got int32/, () => sg.inner(f.int3, f.v3)),
  ],
  mm: [
    ...ranks(2, 2, sg.mm),
    shape(/sizes must match: got \[2,3\] and \[4,5\]/, () => sg.mm(f.m23, f.m45)),
  ],
  mv: [
    ...ranks(2, 1, sg.mv),
    shape(/sizes must match: got \[2,3\] and \[5\]/, () => sg.mv(f.m23, f.v5)),
  ],
  tensordot: [
    shape(/paired dims must have one size, each named once: got \[2,3\] and \[4,5\]/, () =>
      sg.tensordot(f.m23, f.m45),
    ),
    value(/dims must be an integer >= 0: got -1/, () => sg.tensordot(f.v3, f.v3, -1)),
    ...badDim((x, dim) => sg.tensordot(x, f.v3, [[dim], [0]])),
    dtype(/a must be float32: got int32/, () => sg.tensordot(f.int3, f.v3)),
  ],
  trace: [shape(/takes a matrix: got \[2,3,4\]/, () => sg.trace(f.cube))],
  matrixPower: [
    ...square((x) => sg.matrixPower(x, 2)),
    value(/n must be an integer: got 0\.5/, () => sg.matrixPower(f.m55, 0.5)),
    isSingular((x) => sg.matrixPower(x, -1)),
  ],
};

const systems: Refusals = {
  cholesky: [
    ...square(sg.cholesky),
    late(value(/matrix 1 of the batch is not positive definite/, () => sg.cholesky(singular))),
    late(value(/matrix 0 of the batch is not positive/, () => sg.cholesky(notFinite))),
  ],
  choleskySolve: [
    ...square((x) => sg.choleskySolve(f.m23, x)),
    shape(/got \[5,5\] and \[2,3\]/, () => sg.choleskySolve(f.m23, f.m55)),
    shape(/takes matrices/, () => sg.choleskySolve(f.v3, f.m55)),
  ],
  det: square(sg.det),
  inv: [...square(sg.inv), isSingular(sg.inv)],
  logdet: square(sg.logdet),
  slogdet: square(sg.slogdet),
  solve: [
    ...square((x) => sg.solve(x, f.m23)),
    isSingular((x) => sg.solve(x, twos)),
    shape(/takes \[\.\.\., n, n\] and .*: got \[5,5\] and \[3\]/, () => sg.solve(f.m55, f.v3)),
    shape(/got \[5,5\] and \[5\]/, () => sg.solve(f.m55, f.v5, { left: false })),
    dtype(/b must be float32: got int32/, () => sg.solve(f.m55, f.int5)),
  ],
  solveTriangular: square((x) => sg.solveTriangular(x, f.m23, { upper: true })),
  triangularSolve: [shape(/got \[5,5\] and \[2,3\]/, () => sg.triangularSolve(f.m23, f.m55))],
  eigh: [...square(sg.eigh), finite(sg.eigh)],
  eigvalsh: [...square(sg.eigvalsh), finite(sg.eigvalsh)],
  lstsq: [
    ...anyMatrix((x) => sg.lstsq(x, f.m23)),
    shape(/got \[4,5\] and \[2,3\]/, () => sg.lstsq(f.m45, f.m23)),
  ],
  pinv: [...anyMatrix(sg.pinv), finite(sg.pinv)],
  matrixRank: [...anyMatrix(sg.matrixRank), finite(sg.matrixRank)],
  qr: [...anyMatrix(sg.qr), value(/mode must be/, () => sg.qr(f.m23, { mode: "full" as never }))],
  svd: [...anyMatrix(sg.svd), finite(sg.svd)],
  svdvals: [...anyMatrix(sg.svdvals), finite(sg.svdvals)],
};

const distances: Refusals = {
  cdist: [
    shape(/takes \[\.\.\., P, M\] and .*: got \[2,3\] and \[4,5\]/, () => sg.cdist(f.m23, f.m45)),
    shape(/takes/, () => sg.cdist(f.v3, f.v3)),
    value(/p must be a number >= 0: got -1/, () => sg.cdist(f.m23, f.m23, -1)),
    value(/p must be a number >= 0: got NaN/, () => sg.cdist(f.m23, f.m23, NaN)),
    dtype(/b must be float32: got int32/, () => sg.cdist(f.m23, f.int23)),
  ],
  cosineSimilarity: [
    ...badDim((x, dim) => sg.cosineSimilarity(x, x, dim)),
    shape(/shapes must broadcast/, () => sg.cosineSimilarity(f.v3, f.v5)),
    dtype(/a must be float32: got int32/, () => sg.cosineSimilarity(f.int3, f.v3)),
  ],
  normalize: [
    ...badDims((x, dims) => sg.normalize(x, 2, dims)),
    value(/p must be a number: got NaN/, () => sg.normalize(f.m23, NaN)),
    dtype(/x must be float32: got int32/, () => sg.normalize(f.int23)),
  ],
  pairwiseDistance: [
    shape(/shapes must broadcast/, () => sg.pairwiseDistance(f.v3, f.v5)),
    dtype(/a must be float32: got int32/, () => sg.pairwiseDistance(f.int3, f.v3)),
  ],
  matrixNorm: [
    ...anyMatrix(sg.matrixNorm),
    value(/ord must be .*: got 3/, () => sg.matrixNorm(f.m23, 3)),
    value(/ord must be fro or nuc or 1 or 2 or Infinity: got "nuk"/, () =>
      sg.matrixNorm(f.m23, "nuk" as never),
    ),
    value(/each dim may be named once/, () => sg.matrixNorm(f.m23, "fro", [0, 0])),
    ...badDims((x, dims) => sg.matrixNorm(x, "fro", [dims, -1].flat() as never)).slice(0, 4),
  ],
  vectorNorm: [
    ...badDims((x, dims) => sg.vectorNorm(x, 2, dims)),
    value(/ord must be a number: got NaN/, () => sg.vectorNorm(f.v3, NaN)),
    shape(/an empty dim has no elements: got \[0,3\]/, () => sg.vectorNorm(f.empty, -Infinity, 0)),
    dtype(/x must be float32: got int32/, () => sg.vectorNorm(f.int3)),
  ],
};

export const linalgRefusals: Refusals = { ...products, ...systems, ...distances };
