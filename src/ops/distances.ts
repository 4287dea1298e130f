// Norms of vectors and matrices, and distances between vectors.
import { checkFloat } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import {
  broadcastShapes,
  checkDim,
  checkDims,
  reducedShape,
  commonShape,
  showShape,
  checkNumber,
  misfit,
  checkWord,
  checkOptions,
} from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, sub } from "./arithmetic.js";
import { svdvals } from "./decompose.js";
import { zeros } from "./creation.js";
import { movedim } from "./dims.js";
import { cat } from "./join.js";
import { abs, clamp } from "./math.js";
import { matmul } from "./matmul.js";
import { amax, amin, type Dims, type ReduceOptions, sum } from "./reduce.js";
import { checkFloats, checkMatrix, mT, ratio } from "./matrix.js";
import { normGrad, normOf, pNorm } from "./norms.js";
import { expand, narrow, reshape, squeeze, unsqueeze } from "./views.js";

/**
 * (sum |x|^ord)^(1/ord) over `dims` (default: all); ord = Infinity the greatest |x|, -Infinity the
 * least, 0 the number of elements other than 0. The gradient of a norm that is 0 is 0; equal
 * extremes share it.
 * @param ord default 2
 */
export function vectorNorm(
  x: Tensor,
  ord = 2,
  dims: Dims = null,
  options: ReduceOptions = {},
): Tensor {
  checkFloat("vectorNorm", "x", x);
  return pNorm("vectorNorm", x, checkNumber("vectorNorm", "ord", ord), dims, options);
}

/** Of singular values: "nuc" their sum, 2 and -2 the greatest and the least. Of sums of |x|: 1, -1 by column, Infinity, -Infinity by row. "fro": the vector norm of all elements. */
export type MatrixOrd = "fro" | "nuc" | number;

/**
 * A norm of matrices.
 * @param ord default "fro"
 * @param dims rows and columns; default the last two
 */
export function matrixNorm(
  x: Tensor,
  ord: MatrixOrd = "fro",
  dims: readonly [number, number] = [-2, -1],
  options: ReduceOptions = {},
): Tensor {
  const { keepdim = false } = checkOptions("matrixNorm", options);
  checkMatrix("matrixNorm", x);
  const over = checkDims("matrixNorm", dims, x);
  const size = typeof ord === "number" ? Math.abs(ord) : ord;
  checkWord("matrixNorm", "ord", size, ["fro", "nuc", 1, 2, Infinity]);
  if (over.length !== 2)
    throw new ValueError("matrixNorm", `takes two dims: got ${showShape(over)}`);
  return tidy(() => {
    const out = matrixNormOf(movedim(x, dims, [-2, -1]), ord, size);
    return keepdim ? reshape(out, reducedShape(x.shape, over, true)) : out;
  });
}

function matrixNormOf(x: Tensor, ord: MatrixOrd, size: MatrixOrd): Tensor {
  if (ord === "fro") return vectorNorm(x, 2, [-2, -1]);
  if (ord === "nuc") return sum(svdvals(x), -1);
  const list = size === 2 ? svdvals(x) : sum(abs(x), size === 1 ? -2 : -1);
  return ord > 0 ? amax(list, -1) : amin(list, -1);
}

/** Differences that cdist holds at once. */
const BLOCK = 2 ** 22;

/**
 * `part` of the rows [..., P, ...] of operands, block by block of at most BLOCK differences between
 * x [..., P, M] and R others, one below the other.
 */
function inBlocks(x: Tensor, R: number, part: (rows: (t: Tensor) => Tensor) => Tensor): Tensor {
  const P = x.shape.at(-2)!;
  const step = Math.max(1, Math.floor((BLOCK * P) / Math.max(1, x.numel() * R)));
  const parts: Tensor[] = [];
  for (let i = 0; i === 0 || i < P; i += step) {
    parts.push(tidy(() => part((t) => narrow(t, -2, i, Math.min(step, P - i)))));
  }
  return parts.length === 1 ? parts[0]! : cat(parts, -2);
}

/** x1 [..., P, M] and x2 [..., R, M] as differences [..., P, R, M]. */
function differences(x1: Tensor, x2: Tensor): Tensor {
  return sub(unsqueeze(x1, -2), unsqueeze(x2, -3));
}

/**
 * The p-norm distances between the vectors of two lists: [..., P, M] and [..., R, M] give [..., P, R].
 * Computed from differences, so that it is 0 between equal vectors; the gradient there is 0. (So is the
 * gradient, but that of p = 2 is made of products where the differences are too many to be held at once.)
 * @param p at least 0
 * @throws ShapeError, ValueError
 */
export function cdist(x1: Tensor, x2: Tensor, p = 2): Tensor {
  checkFloats("cdist", x1, x2);
  if (x1.ndim < 2 || x2.ndim < 2 || x1.shape.at(-1) !== x2.shape.at(-1)) {
    misfit("cdist", "takes [..., P, M] and [..., R, M]", x1, x2);
  }
  checkNumber("cdist", "p", p, 0);
  const outer = broadcastShapes("cdist", x1.shape.slice(0, -2), x2.shape.slice(0, -2));
  return tidy(() =>
    distances(
      expand(x1, [...outer, ...x1.shape.slice(-2)]),
      expand(x2, [...outer, ...x2.shape.slice(-2)]),
      p,
    ),
  );
}

function distances(x1: Tensor, x2: Tensor, p: number): Tensor {
  const R = x2.shape.at(-2)!;
  if (x1.shape.at(-1) === 0) return zeros([...x1.shape.slice(0, -1), R]);
  const out = withGrad(false, () =>
    inBlocks(x1, R, (rows) => squeeze(normOf(differences(rows(x1), x2), p, [x1.ndim]), -1)),
  );
  return record("cdist", out, [x1, x2], { x1, x2, out }, (dy, { x1, x2, out }) => [
    () => distanceGrad(x1, x2, out, dy, p),
    () => distanceGrad(x2, x1, mT(out), mT(dy), p),
  ]);
}

/** dL/dx1 of the distances y between x1 and x2. */
function distanceGrad(x1: Tensor, x2: Tensor, y: Tensor, dy: Tensor, p: number): Tensor {
  const R = x2.shape.at(-2)!;
  // Exact, but for p = 2 only where there is room for all differences.
  if (p !== 2 || x1.numel() * R <= BLOCK) {
    return inBlocks(x1, R, (rows) => {
      const [by, dby] = [unsqueeze(rows(y), -1), unsqueeze(rows(dy), -1)];
      return sum(normGrad(differences(rows(x1), x2), by, dby, p), -2);
    });
  }
  // sum_j w_ij (x1_i - x2_j) with w = dy / y, of vectors moved to where they are small
  const w = ratio(dy, y);
  const centre = div(sum(detach(x2), -2, { keepdim: true }), Math.max(1, R));
  const [near1, near2] = [sub(x1, centre), sub(x2, centre)];
  return sub(mul(near1, sum(w, -1, { keepdim: true })), matmul(w, near2));
}

/** The p-norm of x1 - x2 + eps over the last dim. */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  p = 2,
  eps = 1e-6,
  options: ReduceOptions = {},
): Tensor {
  checkFloats("pairwiseDistance", x1, x2);
  commonShape("pairwiseDistance", [x1, x2]);
  checkNumber("pairwiseDistance", "p", p);
  return tidy(() => pNorm("pairwiseDistance", add(sub(x1, x2), eps), p, -1, options));
}

/**
 * The cosine of the angle between x1 and x2 along a dim: their product over their norms, each at least eps.
 * Its gradient is this formula's, also for norms below eps, where PyTorch's is not: it clamps outside of autograd.
 */
export function cosineSimilarity(x1: Tensor, x2: Tensor, dim = 1, eps = 1e-8): Tensor {
  checkFloats("cosineSimilarity", x1, x2);
  const shape = commonShape("cosineSimilarity", [x1, x2]);
  checkDim("cosineSimilarity", dim, { shape });
  return tidy(() => {
    const unit = (x: Tensor): Tensor => normalize(expand(x, shape), 2, dim, eps);
    return sum(mul(unit(x1), unit(x2)), dim);
  });
}

/**
 * x / max(|x|, eps), |x| the p-norm along `dim`: vectors of norm 1.
 * @param p default 2
 * @param dim default 1
 * @param eps default 1e-12
 */
export function normalize(x: Tensor, p = 2, dim: Dims = 1, eps = 1e-12): Tensor {
  checkFloat("normalize", "x", x);
  checkNumber("normalize", "p", p);
  return tidy(() => div(x, clamp(pNorm("normalize", x, p, dim, { keepdim: true }), eps)));
}
