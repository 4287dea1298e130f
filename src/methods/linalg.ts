// Methods of linear algebra.
import { eigh, matrixRank, pinv, qr, svd } from "../ops/decompose.js";
import {
  addmm,
  addmv,
  addr,
  baddbmm,
  bmm,
  cross,
  dot,
  ger,
  inner,
  kron,
  matrixPower,
  mm,
  mv,
  outer,
  trace,
  vdot,
} from "../ops/products.js";
import {
  cholesky,
  choleskySolve,
  det,
  inv,
  logdet,
  slogdet,
  triangularSolve,
} from "../ops/solve.js";

export const linalgMethods = {
  ...{ dot, vdot, inner, outer, ger, mv, mm, bmm, addmm, addmv, addr, baddbmm, kron, cross, trace },
  ...{ matrixPower, det, slogdet, logdet, inv, cholesky, choleskySolve },
  ...{ triangularSolve, qr, svd, eigh, pinv, matrixRank },
};
