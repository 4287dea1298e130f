// Products of [512, 512], batches of 16 [128, 128], convolutions, attention; linear algebra. Counts of
// decompositions are those of the textbook's algorithms (Golub and Van Loan), whatever ours does.
import * as sg from "simdgrad";
import { flat, flat2, images, N, row, sounds, square, volumes } from "./inputs.js";
import { bytes, eachFlops, flops, type Jobs } from "./job.js";

const [m, k] = [sg.randn([512, 512]), sg.randn([512, 512])];
const [batch, batch2] = [sg.randn([16, 128, 128]), sg.randn([16, 128, 128])];
const heads = sg.randn([8, 4, 256, 64]);
const small = sg.randn([32, 32]);
const [left, right, core] = [sg.randn([128, 64]), sg.randn([128, 64]), sg.randn([64, 64, 64])];
const [arrows, arrows2] = [sg.randn([N / 4, 3]), sg.randn([N / 4, 3])];

const products: Jobs = {
  ...eachFlops(["inner", "linear", "matmul", "mm"], 2 * 512 ** 3, m, k),
  tensordot: flops(2 * 512 ** 3, () => sg.tensordot(m, k, 1)),
  addmm: flops(2 * 512 ** 3, () => sg.addmm(m, m, k)),
  bmm: flops(32 * 128 ** 3, () => sg.bmm(batch, batch2)),
  baddbmm: flops(32 * 128 ** 3, () => sg.baddbmm(batch, batch, batch2)),
  einsum: flops(32 * 128 ** 3, () => sg.einsum("bij,bjk->bik", batch, batch2)),
  mv: flops(2 * N, () => sg.mv(square, row)),
  addmv: flops(2 * N, () => sg.addmv(row, square, row)),
  ...eachFlops(["dot", "vdot"], 2 * N, flat, flat2),
  addr: bytes(8 * N, () => sg.addr(square, row, row)),
  outer: bytes(4 * N, () => sg.outer(row, row)),
  ger: bytes(4 * N, () => sg.ger(row, row)),
  kron: bytes(4 * N, () => sg.kron(small, small)),
  cross: bytes(9 * N, () => sg.cross(arrows, arrows2)),
  bilinear: flops(2 * 128 * 64 ** 3, () => sg.bilinear(left, right, core)),
  cdist: flops(3 * 512 ** 3, () => sg.cdist(m, k)),
  // Squared three times.
  matrixPower: flops(3 * 32 * 128 ** 3, () => sg.matrixPower(batch, 8)),
  scaledDotProductAttention: flops(4 * 32 * 256 * 256 * 64, () =>
    sg.scaledDotProductAttention(heads, heads, heads),
  ),
};

const positive = sg.tidy(() => batch.matmul(batch.mT).div(128).add(sg.eye(128)));
const lower = sg.cholesky(positive);
const upper = lower.mT.contiguous();
const few = batch.narrow(0, 0, 4).narrow(1, 0, 64).narrow(2, 0, 64).contiguous();
const fewSymmetric = few.add(few.mT);
const n3 = 16 * 128 ** 3;
const few3 = 4 * 64 ** 3;

const algebra: Jobs = {
  inv: flops(2 * n3, () => sg.inv(batch)),
  ...eachFlops(["det", "logdet", "slogdet"], (2 / 3) * n3, positive),
  solve: flops((8 / 3) * n3, () => sg.solve(batch, batch2)),
  solveTriangular: flops(n3, () => sg.solveTriangular(upper, batch, { upper: true })),
  triangularSolve: flops(n3, () => sg.triangularSolve(batch, upper)),
  cholesky: flops(n3 / 3, () => sg.cholesky(positive)),
  choleskySolve: flops(2 * n3, () => sg.choleskySolve(batch, lower)),
  qr: flops((8 / 3) * n3, () => sg.qr(batch)),
  // Iterations: 4 matrices of [64, 64].
  eigh: flops(9 * few3, () => sg.eigh(fewSymmetric)),
  eigvalsh: flops((4 / 3) * few3, () => sg.eigvalsh(fewSymmetric)),
  svd: flops(21 * few3, () => sg.svd(few)),
  ...eachFlops(["matrixRank", "svdvals"], (8 / 3) * few3, few),
  pinv: flops(23 * few3, () => sg.pinv(few)),
  lstsq: flops((4 / 3 + 3) * few3, () => sg.lstsq(few, fewSymmetric)),
};

const kernel = (...shape: number[]): sg.Tensor => sg.randn(shape);
const [w1, w2, w3] = [kernel(64, 64, 3), kernel(64, 64, 3, 3), kernel(16, 16, 3, 3, 3)];
const points = 8 * 64 * 64 * 2 * 784;
const voxels = 2 * 16 * 16 * 2 * 4096;
const same = { padding: 1 };

const convolutions: Jobs = {
  ...eachFlops(["conv1d", "convTranspose1d"], points * 3, sounds, w1, null, same),
  ...eachFlops(["conv2d", "convTranspose2d"], points * 9, images, w2, null, same),
  ...eachFlops(["conv3d", "convTranspose3d"], voxels * 27, volumes, w3, null, same),
};

export const computed: Jobs = { ...products, ...algebra, ...convolutions };
