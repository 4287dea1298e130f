// QR, eigenvalues of symmetric matrices, singular values, and what they give: pseudo-inverse, rank,
// least squares. Batched over leading dims. The kernels compute in float64 and round once.
//
// A kernel writes all its results one behind the other into one tensor, which is what is recorded, so
// that their gradients meet in one formula. Gradients: M. Giles, "Collected matrix derivative
// results" (2008), in the form of PyTorch's documentation.
import { GradError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import {
  type Shape,
  sameShape,
  checkNumber,
  checkWord,
  misfit,
  broadcastShapes,
  checkOptions,
} from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { tidy } from "../memory/scope.js";
import { add, div, maximum, mul, square, sub } from "./arithmetic.js";
import { eq, gt, where } from "./compare.js";
import { item } from "./convert.js";
import { zeros } from "./creation.js";
import { cat } from "./join.js";
import { matmul } from "./matmul.js";
import { all, sum } from "./reduce.js";
import { checkMatrix, eachMatrix, mirrored, mT, ratio, unpack } from "./matrix.js";
import { solveTriangular } from "./solve.js";
import { narrow, squeeze, unsqueeze } from "./views.js";

const INFINITE = "holds NaN or infinity";

/** How much of Q and R to give. */
export type QrMode = "reduced" | "complete" | "r";

export interface QrOptions {
  /**
   * "reduced": Q is [m, k] and R [k, n], k = min(m, n); "complete": [m, m] and [m, n]; "r": R of
   * "reduced" and a Q without elements. Default: "reduced".
   */
  mode?: QrMode;
}

/**
 * x = Q R, the columns of Q orthonormal, R upper triangular; the signs on R's diagonal are LAPACK's.
 * Differentiable in mode "reduced", and in "complete" where m <= n; x's first k columns must be
 * independent.
 */
export function qr(x: Tensor, options: QrOptions = {}): { Q: Tensor; R: Tensor } {
  const { mode = "reduced" } = checkOptions("qr", options);
  const [m, n] = checkMatrix("qr", x);
  checkWord("qr", "mode", mode, ["reduced", "complete", "r"]);
  if (mode !== "r" && m < n) return tidy(() => wideQr(x, m, n));
  const p = mode === "complete" ? m : mode === "r" ? 0 : n;
  const rows = mode === "r" ? Math.min(m, n) : p;
  return tidy(() => {
    const work = m * (n + p + 1);
    const out = eachMatrix("qr", kernels.qrF32, x, [m * p + rows * n], work, null, [m, n, p]);
    const parts = [
      [m, p],
      [rows, n],
    ];
    const [Q, R] = recordParts("qr", x, out, parts, (dy, out) => {
      if (p !== n) {
        throw new GradError("qr", `mode "${mode}" has no derivative where m = ${m}, n = ${n}`);
      }
      return qrGrad(dy, out);
    }) as [Tensor, Tensor];
    return mode === "r" ? { Q: zeros([0]), R } : { Q, R };
  });
}

/** [X | Y] = Q [R | Q^T Y]: only the square X is decomposed. */
function wideQr(x: Tensor, m: number, n: number): { Q: Tensor; R: Tensor } {
  const { Q, R } = qr(narrow(x, -1, 0, m));
  return { Q, R: cat([R, matmul(mT(Q), narrow(x, -1, m, n - m))], -1) };
}

/** dA = (dQ + Q S) R^-T, S being the upper triangle of dR R^T - Q^T dQ, made symmetric. */
function qrGrad([dQ, dR]: Tensor[], [Q, R]: Tensor[]): Tensor {
  const both = sub(matmul(dR!, mT(R!)), matmul(mT(Q!), dQ!));
  const right = mT(add(dQ!, matmul(Q!, mirrored(both))));
  return mT(solveTriangular(R!, right, { upper: true }));
}

/** Records `out`, a kernel's results one behind the other, and gives them; `grad` gets them apart, too. */
function recordParts(
  op: string,
  x: Tensor,
  out: Tensor,
  parts: readonly Shape[],
  grad: (dy: Tensor[], out: Tensor[]) => Tensor,
): Tensor[] {
  record(op, out, [x], { out }, (dy, { out }) => [
    () => grad(unpack(dy, parts), unpack(out, parts)),
  ]);
  return unpack(out, parts);
}

export interface EighOptions {
  /** Which triangle of x is read: "L" or "U". Default: "L". */
  UPLO?: "L" | "U";
}

/** The antisymmetric part of x, twice. */
function skew(x: Tensor): Tensor {
  return sub(x, mT(x));
}

/** out[i][j] = x[j] - x[i], or their sum. */
function pairs(x: Tensor, fn: (a: Tensor, b: Tensor) => Tensor): Tensor {
  return fn(unsqueeze(x, -2), unsqueeze(x, -1));
}

/**
 * Eigenvalues of symmetric matrices, ascending, and orthonormal eigenvectors, the columns of
 * `eigenvectors`, each up to its sign: x = V diag(L) V^T. The gradient, symmetric like x, is only
 * meaningful where the loss depends neither on those signs nor on the choice of vectors for equal
 * eigenvalues; what it would be infinite by, where it does, is left out.
 * @throws ValueError for NaN and infinities
 */
export function eigh(
  x: Tensor,
  options: EighOptions = {},
): { eigenvalues: Tensor; eigenvectors: Tensor } {
  const { UPLO = "L" } = checkOptions("eigh", options);
  const [n] = checkMatrix("eigh", x, true);
  checkWord("eigh", "UPLO", UPLO, ["L", "U"]);
  return tidy(() => {
    const from = UPLO === "U" ? mT(x) : x;
    const size = n * (n + 1);
    const out = eachMatrix("eigh", kernels.eighF32, from, [size], 2 * n * n, INFINITE, [n]);
    const parts = [[n, n], [n]];
    const [eigenvectors, eigenvalues] = recordParts("eigh", x, out, parts, eighGrad) as [
      Tensor,
      Tensor,
    ];
    return { eigenvalues, eigenvectors };
  });
}

/** dA = V (diag(dL) + skew(V^T dV) / 2E) V^T, E[i][j] = L[j] - L[i]. */
function eighGrad([dV, dL]: Tensor[], [V, L]: Tensor[]): Tensor {
  const turn = ratio(mul(skew(matmul(mT(V!), dV!)), 0.5), pairs(L!, sub));
  return add(matmul(mul(V!, unsqueeze(dL!, -2)), mT(V!)), matmul(matmul(V!, turn), mT(V!)));
}

/** The eigenvalues of `eigh`. */
export function eigvalsh(x: Tensor, options: EighOptions = {}): Tensor {
  return tidy(() => eigh(x, checkOptions("eigvalsh", options)).eigenvalues);
}

export interface SvdOptions {
  /** U [m, m] and Vh [n, n] instead of [m, k] and [k, n], k = min(m, n). Default: true. */
  fullMatrices?: boolean;
}

/**
 * x = U diag(S) Vh: orthonormal columns of U and rows of Vh, each pair up to its sign, and the singular
 * values, descending. The gradient takes no account of what `fullMatrices` adds, and is only meaningful
 * where the loss doesn't depend on the signs; equal singular values are treated as `eigh`'s.
 * @throws ValueError for NaN and infinities
 */
export function svd(x: Tensor, options: SvdOptions = {}): { U: Tensor; S: Tensor; Vh: Tensor } {
  const { fullMatrices = true } = checkOptions("svd", options);
  const [m, n] = checkMatrix("svd", x);
  if (m >= n) return tidy(() => tallSvd(x, fullMatrices));
  return tidy(() => {
    const { U, S, Vh } = tallSvd(mT(x), fullMatrices);
    return { U: mT(Vh), S, Vh: mT(U) };
  });
}

function tallSvd(x: Tensor, fullMatrices: boolean): { U: Tensor; S: Tensor; Vh: Tensor } {
  const [m, n] = x.shape.slice(-2) as [number, number];
  const p = fullMatrices ? m : n;
  const size = m * p + n + n * n;
  const work = 2 * n * n + m * p;
  const out = eachMatrix("svd", kernels.svdF32, x, [size], work, INFINITE, [m, n, p]);
  const parts = [[m, p], [n], [n, n]];
  const [U, S, Vh] = recordParts("svd", x, out, parts, (dy, out) => svdGrad(dy, out, m > n)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  return { U, S, Vh };
}

/**
 * dA = U (skew(U^T dU) / E S + S skew(V^T dV) / E + diag(dS)) V^T, E[i][j] = S[j]^2 - S[i]^2, and
 * for a tall A (1 - U U^T) dU S^-1 V^T.
 */
function svdGrad([dFull, dS, dVh]: Tensor[], [full, S, Vh]: Tensor[], tall: boolean): Tensor {
  const n = S!.shape.at(-1)!;
  const [U, dU] = [narrow(full!, -1, 0, n), narrow(dFull!, -1, 0, n)];
  const row = unsqueeze(S!, -2);
  const E = mul(pairs(S!, sub), pairs(S!, add));
  const UdU = matmul(mT(U), dU);
  const left = mul(ratio(skew(UdU), E), row);
  const right = mul(unsqueeze(S!, -1), ratio(skew(matmul(Vh!, mT(dVh!))), E));
  let inner = matmul(U, add(left, right));
  inner = add(inner, mul(U, unsqueeze(dS!, -2)));
  if (tall) inner = add(inner, ratio(sub(dU, matmul(U, UdU)), row));
  return matmul(inner, Vh!);
}

/** The singular values, descending. */
export function svdvals(x: Tensor): Tensor {
  return tidy(() => svd(x, { fullMatrices: false }).S);
}

export interface ToleranceOptions {
  /** Singular values up to this count as 0. Default: 0. */
  atol?: number;
  /**
   * Singular values up to this part of the greatest count as 0. Default: max(m, n) 2^-23, or 0 beside
   * an `atol`.
   */
  rtol?: number;
}

type Tolerances = { readonly [K in keyof ToleranceOptions]: number | undefined };

/** Which singular values S of an m x n matrix count; bool. */
function counted(op: string, S: Tensor, x: Tensor, options: Tolerances): Tensor {
  const { atol, rtol } = checkOptions(op, options);
  for (const t of [atol, rtol]) checkNumber(op, "tolerances", t ?? 0);
  const [m, n] = x.shape.slice(-2) as [number, number];
  const part = rtol ?? (atol ? 0 : Math.max(m, n) * 2 ** -23);
  const greatest = narrow(S, -1, 0, Math.min(1, S.shape.at(-1)!));
  return gt(S, maximum(mul(greatest, part), atol ?? 0));
}

/** The number of singular values beyond the tolerance; int32. */
export function matrixRank(x: Tensor, options: ToleranceOptions = {}): Tensor {
  checkMatrix("matrixRank", x);
  return tidy(() => withGrad(false, () => sum(counted("matrixRank", svdvals(x), x, options), -1)));
}

/** The Moore-Penrose inverse, of matrices of any shape and rank. */
export function pinv(x: Tensor, options: ToleranceOptions = {}): Tensor {
  checkMatrix("pinv", x);
  return tidy(() => pseudoInverse("pinv", x, options)[0]);
}

function pseudoInverse(
  op: string,
  x: Tensor,
  options: Tolerances,
): readonly [inverse: Tensor, rank: Tensor] {
  const [inverse, rank] = withGrad(false, () => {
    const { U, S, Vh } = svd(x, { fullMatrices: false });
    const keep = counted(op, S, x, options);
    const inverse = matmul(mul(mT(Vh), unsqueeze(where(keep, div(1, S), 0), -2)), mT(U));
    return [inverse, sum(keep, -1)] as const;
  });
  record(op, inverse, [x], { x, P: inverse }, (dy, { x, P }) => [
    () => {
      // G. Golub, V. Pereyra (1973): dP = -P dA P + P P^T dA^T (1 - A P) + (1 - P A) dA^T P^T P
      const [T, G] = [mT(P), mT(dy)];
      const first = matmul(matmul(G, P), T);
      const second = matmul(matmul(T, P), G);
      return add(
        sub(sub(first, matmul(x, matmul(P, first))), matmul(matmul(T, dy), T)),
        sub(second, matmul(matmul(second, P), x)),
      );
    },
  ]);
  return [inverse, rank];
}

export interface LstsqOptions {
  /** Singular values up to this part of the greatest count as 0. Default: max(m, n) 2^-23. */
  rcond?: number;
}

export interface LstsqResult {
  /** The X that makes |A X - B| least, and of several the one of least norm: [..., n, r]. */
  solution: Tensor;
  /** The squares of |A X - B| by column, where m > n and all matrices have full rank; else [0]. */
  residuals: Tensor;
  /** int32, [...]. */
  rank: Tensor;
  /** [0], as PyTorch's default driver leaves them: see `svdvals`. */
  singularValues: Tensor;
}

/**
 * Least squares by singular values, so that A may have any rank.
 * @param a [..., m, n]
 * @param b [..., m, r], or vectors: a's shape without its last dim
 */
export function lstsq(a: Tensor, b: Tensor, options: LstsqOptions = {}): LstsqResult {
  const { rcond } = checkOptions("lstsq", options);
  const [m, n] = checkMatrix("lstsq", a);
  checkFloat("lstsq", "b", b);
  const vector = sameShape(b.shape, a.shape.slice(0, -1));
  const shape = vector ? [...b.shape, 1] : b.shape;
  if (shape.length < 2 || shape.at(-2) !== m) {
    misfit("lstsq", "takes [..., m, n] and [..., m] or [..., m, r]", a, b);
  }
  broadcastShapes("lstsq", a.shape.slice(0, -2), shape.slice(0, -2));
  return tidy(() => {
    const [inverse, rank] = pseudoInverse("lstsq", a, { rtol: rcond });
    const B = vector ? unsqueeze(b, -1) : b;
    const X = matmul(inverse, B);
    const full = m > n && item(all(eq(rank, n))) === 1;
    return {
      solution: vector ? squeeze(X, -1) : X,
      residuals: full ? sum(square(sub(matmul(a, X), B)), -2) : zeros([0]),
      rank,
      singularValues: zeros([0]),
    };
  });
}
