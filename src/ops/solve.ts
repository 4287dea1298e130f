// Linear systems, inverses, determinants and the Cholesky decomposition, batched over leading dims.
// The kernels compute in float64 and round once. What can't be solved throws a ValueError (PyTorch's
// LinAlgError) that names the matrix of the batch. Decompositions are in decompose.ts.
//
// Gradients: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
// differentiation" (2008); A^-T stands for the inverse of the transpose.
import { checkFloat } from "../core/dtype.js";
import { broadcastShapes, sameShape, type Shape, misfit, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, neg, sub } from "./arithmetic.js";
import { log } from "./math.js";
import { matmul } from "./matmul.js";
import { checkMatrix, eachMatrix, mirrored, mT } from "./matrix.js";
import { sum } from "./reduce.js";
import { tril, triu } from "./triangle.js";
import { expand, reshape, select, squeeze } from "./views.js";

/** Modes of solveF32. */
const GENERAL = 0;
const LOWER = 4;
const UPPER = 5;
const UNIT = 2;
const DET = 8;
const SLOGDET = 9;
const ADJUGATE = 10;

/** solveF32 on a [..., n, n] and b [..., n, r] (null: the unit matrix). Not recorded. */
function gauss(op: string, mode: number, a: Tensor, b: Tensor | null, shape: Shape): Tensor {
  const n = a.shape.at(-1)!;
  const r = b?.shape.at(-1) ?? (mode === DET || mode === SLOGDET ? 0 : n);
  // The logarithm's slope at 0 is infinite, not refused.
  const fault = mode < DET && op !== "slogdet" ? "is singular" : null;
  return eachMatrix(op, kernels.solveF32, a, shape, n * (n + r), fault, [n, r, mode], b);
}

/** X with A X = B, A being a triangle of `a` for the modes LOWER and UPPER. */
function system(op: string, mode: number, a: Tensor, b: Tensor): Tensor {
  const out = gauss(op, mode, a, b, b.shape.slice(-2));
  // The transpose of an upper triangle is a lower one.
  const turned = mode === GENERAL ? GENERAL : mode ^ 1;
  return record(op, out, [a, b], { a, out }, (dy, { a, out }) => {
    const db = (): Tensor => system(op, turned, mT(a), dy); // dB = A^-T dy
    const da = (): Tensor => neg(matmul(db(), mT(out))); // dA = -dB X^T
    const within = mode & UNIT ? 1 : 0;
    const part = (): Tensor => {
      if (mode === GENERAL) return da();
      return mode & 1 ? triu(da(), within) : tril(da(), -within);
    };
    return [part, db];
  });
}

/** `fn` on matrices whose batch dims agree: b's broadcast; it may be a vector or, with `vectors`, a batch of them. */
function broadcastSystem(
  op: string,
  a: Tensor,
  b: Tensor,
  left: boolean,
  vectors: boolean,
  fn: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const [n] = checkMatrix(op, a, true);
  checkFloat(op, "b", b);
  const outerA = a.shape.slice(0, -2);
  const vector = left && (b.ndim === 1 || (vectors && sameShape(b.shape, [...outerA, n])));
  const shape = vector ? [...b.shape, 1] : b.shape;
  if (shape.length < 2 || shape.at(left ? -2 : -1) !== n) {
    misfit(op, "takes [..., n, n] and [..., n] or [..., n, r]", a, b);
  }
  const outer = broadcastShapes(op, outerA, shape.slice(0, -2));
  return tidy(() => {
    const rhs = expand(reshape(b, shape), [...outer, ...shape.slice(-2)]);
    const A = expand(a, [...outer, n, n]);
    // X A = B is A^T X^T = B^T.
    const out = left ? fn(A, rhs) : mT(fn(mT(A), mT(rhs)));
    return vector ? squeeze(out, -1) : out;
  });
}

export interface SolveOptions {
  /** Solve A X = B; false: X A = B. Default: true. */
  left?: boolean;
}

/**
 * The X with A X = B, by LU decomposition with partial pivoting.
 * @param a [..., n, n]; the batch dims broadcast with b's
 * @param b [..., n, r], or vectors: [n] or a's shape without its last dim
 * @throws ValueError for a singular matrix
 * @example
 * console.log(solve(tensor([[2, 0], [1, 1]]), tensor([4, 5])).toArray()); // [ 2, 3 ]
 */
export function solve(a: Tensor, b: Tensor, options: SolveOptions = {}): Tensor {
  const { left = true } = checkOptions("solve", options);
  return broadcastSystem("solve", a, b, left, true, (a, b) => system("solve", GENERAL, a, b));
}

export interface SolveTriangularOptions extends SolveOptions {
  /** Which triangle of A counts; the other one is taken for zeros. */
  upper: boolean;
  /** Take A's diagonal for ones. Default: false. */
  unitriangular?: boolean;
}

/** As `solve` for a triangular A; a zero on its diagonal gives infinities and NaN, as in PyTorch. */
export function solveTriangular(a: Tensor, b: Tensor, options: SolveTriangularOptions): Tensor {
  const { upper, left = true, unitriangular = false } = checkOptions("solveTriangular", options);
  // X A = B is solved with A's transpose.
  const mode = (upper === left ? UPPER : LOWER) + (unitriangular ? UNIT : 0);
  return broadcastSystem("solveTriangular", a, b, left, false, (a, b) =>
    system("solveTriangular", mode, a, b),
  );
}

export interface TriangularSolveOptions {
  /** Default: true. */
  upper?: boolean;
  /** Solve A^T X = B. Default: false. */
  transpose?: boolean;
  /** Default: false. */
  unitriangular?: boolean;
}

/** PyTorch's older call for `solveTriangular`: b first, upper by default. A isn't handed back. */
export function triangularSolve(
  b: Tensor,
  a: Tensor,
  options: TriangularSolveOptions = {},
): { solution: Tensor } {
  const {
    upper = true,
    transpose = false,
    unitriangular = false,
  } = checkOptions("triangularSolve", options);
  return tidy(() => {
    const from = transpose ? mT(a) : a;
    return { solution: solveTriangular(from, b, { upper: upper !== transpose, unitriangular }) };
  });
}

/**
 * The inverse of square matrices.
 * @throws ValueError for a singular matrix
 */
export function inv(x: Tensor): Tensor {
  checkMatrix("inv", x, true);
  return inverse("inv", x);
}

function inverse(op: string, x: Tensor): Tensor {
  const out = gauss(op, GENERAL, x, null, x.shape.slice(-2));
  return record(op, out, [x], { out }, (dy, { out }) => [
    () => neg(matmul(matmul(mT(out), dy), mT(out))), // d(A^-1) = -A^-1 dA A^-1
  ]);
}

/** The determinants of square matrices; 1 for 0 x 0. Its gradient exists for singular matrices, too. */
export function det(x: Tensor): Tensor {
  checkMatrix("det", x, true);
  const out = gauss("det", DET, x, null, []);
  return record("det", out, [x], { x }, (dy, { x }) => [
    () => mul(spread(dy), mT(adjugate(x))), // d det(A) = tr(adj(A) dA)
  ]);
}

/** A number per matrix, to be broadcast over it. */
function spread(x: Tensor): Tensor {
  return reshape(x, [...x.shape, 1, 1]);
}

/** det(A) A^-1. Differentiable where A is not singular. */
function adjugate(x: Tensor): Tensor {
  const out = gauss("det", ADJUGATE, x, null, x.shape.slice(-2));
  return record("det", out, [x], { x, out }, (dy, { x, out }) => [
    () => {
      // d adj(A) = (tr(adj(A) dA) adj(A) - adj(A) dA adj(A)) / det(A)
      const turned = mT(out);
      const along = mul(sum(mul(dy, out), [-2, -1], { keepdim: true }), turned);
      return div(sub(along, matmul(matmul(turned, dy), turned)), spread(det(x)));
    },
  ]);
}

/**
 * ln |det A| = logabsdet and det A = sign exp(logabsdet); a singular matrix gives 0 and -Infinity, and
 * its gradient consists of infinities and NaN.
 */
export function slogdet(x: Tensor): { sign: Tensor; logabsdet: Tensor } {
  checkMatrix("slogdet", x, true);
  return tidy(() => {
    const both = gauss("slogdet", SLOGDET, x, null, [2]);
    const logabsdet = select(both, -1, 1);
    record("slogdet", logabsdet, [x], { x }, (dy, { x }) => [
      () => mul(spread(dy), mT(inverse("slogdet", x))), // d ln|det A| = tr(A^-1 dA)
    ]);
    return { sign: select(both, -1, 0), logabsdet };
  });
}

/** ln det A; NaN where the determinant is negative. */
export function logdet(x: Tensor): Tensor {
  checkMatrix("logdet", x, true);
  return tidy(() => {
    const { sign, logabsdet } = slogdet(x);
    return add(logabsdet, log(sign));
  });
}

export interface CholeskyOptions {
  /** Read the upper triangle and give the upper factor. Default: false. */
  upper?: boolean;
}

/**
 * The lower triangular L with x = L L^T, or with `upper` U = L^T. Only the lower (upper) triangle of x
 * is read.
 * @throws ValueError for a matrix that is not positive definite
 */
export function cholesky(x: Tensor, options: CholeskyOptions = {}): Tensor {
  const { upper = false } = checkOptions("cholesky", options);
  checkMatrix("cholesky", x, true);
  return upper ? tidy(() => mT(lowerFactor(mT(x)))) : lowerFactor(x);
}

function lowerFactor(x: Tensor): Tensor {
  const n = x.shape.at(-1)!;
  const fault = "is not positive definite";
  const out = eachMatrix("cholesky", kernels.choleskyF32, x, [n, n], n * n, fault, [n]);
  return record("cholesky", out, [x], { out }, (dy, { out }) => [
    () => {
      // dA = L^-T P L^-1, P being the lower triangle of L^T dL, made symmetric
      const both = mul(mirrored(matmul(mT(dy), out)), 0.5);
      const half = system("cholesky", UPPER, mT(out), both);
      return system("cholesky", UPPER, mT(out), mT(half));
    },
  ]);
}

/** The X with A X = b, where `factor` is A's Cholesky factor: the lower one, or with `upper` the upper. */
export function choleskySolve(b: Tensor, factor: Tensor, options: CholeskyOptions = {}): Tensor {
  const { upper = false } = checkOptions("choleskySolve", options);
  checkMatrix("choleskySolve", b);
  return broadcastSystem("choleskySolve", factor, b, true, false, (a, b) => {
    const lower = upper ? mT(a) : a;
    const half = system("choleskySolve", LOWER, lower, b);
    return system("choleskySolve", UPPER, mT(lower), half);
  });
}
