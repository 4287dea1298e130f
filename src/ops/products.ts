// Products of vectors and matrices: those that ask for exact ranks, and what is built from several.
import { tensorOf } from "../core/dtype.js";
import {
  type Shape,
  shapeOf,
  checkDim,
  checkInt,
  misfit,
  commonShape,
  expandLayout,
  checkOptions,
} from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { add, mul, sub } from "./arithmetic.js";
import { clone } from "./convert.js";
import { eye, tensor, zerosLike } from "./creation.js";
import { tensordot } from "./einsum.js";
import { indexSelect } from "./indexing.js";
import { matmul } from "./matmul.js";
import { sum } from "./reduce.js";
import { checkFactors, checkMatrix } from "./matrix.js";
import { inv } from "./solve.js";
import { diagonal } from "./strided.js";
import { expand, reshape, unsqueeze } from "./views.js";

/** Refuses operands of other ranks. */
function checkRanks(op: string, a: Tensor, rankA: number, b: Tensor, rankB: number): void {
  if (shapeOf(op, a).length !== rankA || shapeOf(op, b).length !== rankB)
    misfit(op, `takes ${rankA} and ${rankB} dims`, a, b);
}

/** Refuses what `product` doesn't take. */
function checkProduct(op: string, a: Tensor, rankA: number, b: Tensor, rankB: number): void {
  checkRanks(op, a, rankA, b, rankB);
  checkFactors(op, a, b);
  const inner = b.shape[rankB === 1 ? 0 : rankB - 2];
  if (a.shape[rankA - 1] !== inner || (rankA === 3 && a.shape[0] !== b.shape[0])) {
    misfit(op, "sizes must match", a, b);
  }
}

/** `matmul` of operands of exact ranks; leading dims don't broadcast. */
function product(op: string, a: Tensor, rankA: number, b: Tensor, rankB: number): Tensor {
  checkProduct(op, a, rankA, b, rankB);
  return matmul(a, b);
}

/** The sum of the products of two vectors. */
export function dot(a: Tensor, b: Tensor): Tensor {
  return product("dot", a, 1, b, 1);
}

/** `dot`: the numbers are real. */
export function vdot(a: Tensor, b: Tensor): Tensor {
  return product("vdot", a, 1, b, 1);
}

/** A matrix [M, K] times a vector [K]. */
export function mv(a: Tensor, b: Tensor): Tensor {
  return product("mv", a, 2, b, 1);
}

/** A matrix [M, K] times a matrix [K, N]; `matmul` without broadcasting. */
export function mm(a: Tensor, b: Tensor): Tensor {
  return product("mm", a, 2, b, 2);
}

/** Matrices [B, M, K] times matrices [B, K, N], one by one. */
export function bmm(a: Tensor, b: Tensor): Tensor {
  return product("bmm", a, 3, b, 3);
}

/** out[i][j] = a[i] b[j] for two vectors. */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkRanks("outer", a, 1, b, 1);
  return tidy(() => mul(unsqueeze(a, 1), b));
}

/** PyTorch's other name for `outer`. */
export function ger(a: Tensor, b: Tensor): Tensor {
  checkRanks("ger", a, 1, b, 1);
  return outer(a, b);
}

/** Sums over the last dims of both: [..., K] and [***, K] give [..., ***]. A scalar multiplies. */
export function inner(a: Tensor, b: Tensor): Tensor {
  if ([a, b].some((x) => shapeOf("inner", x).length === 0)) return mul(a, b);
  checkFactors("inner", a, b);
  if (a.shape.at(-1) !== b.shape.at(-1)) misfit("inner", "last sizes must match", a, b);
  return tensordot(a, b, [[-1], [-1]]);
}

export interface BlendOptions {
  /** Factor of the first operand; with 0 even its NaN is left out. Default: 1. */
  beta?: number;
  /** Factor of the product. Default: 1. */
  alpha?: number;
}

/** Options of `addmm`. */
export type AddmmOptions = BlendOptions;

/** beta x + alpha times the product of operands of exact ranks, of two vectors the outer one. */
function blend(
  op: string,
  x: Tensor,
  a: Tensor,
  rankA: number,
  b: Tensor,
  rankB: number,
  options: BlendOptions,
): Tensor {
  const { beta = 1, alpha = 1 } = checkOptions(op, options);
  const vectors = rankA === 1;
  (vectors ? checkRanks : checkProduct)(op, a, rankA, b, rankB);
  const rows = vectors ? a.shape : a.shape.slice(0, -1);
  expandLayout(op, tensorOf(op, x).layout, [...rows, ...b.shape.slice(rankA - 1)]);
  return tidy(() => {
    const product = vectors ? outer(a, b) : matmul(a, b);
    const scaled = alpha === 1 ? product : mul(product, alpha);
    return beta === 0 ? scaled : add(scaled, beta === 1 ? x : mul(x, beta));
  });
}

/**
 * beta x + alpha `mm`(a, b), with x broadcast to the product's shape, as in the three below.
 * @throws ShapeError for other ranks and sizes, or where x doesn't broadcast; DTypeError for a and b
 *   that are neither both float32 nor both int32
 */
export function addmm(x: Tensor, a: Tensor, b: Tensor, options: BlendOptions = {}): Tensor {
  return blend("addmm", x, a, 2, b, 2, options);
}

/** beta x + alpha `bmm`(a, b). */
export function baddbmm(x: Tensor, a: Tensor, b: Tensor, options: BlendOptions = {}): Tensor {
  return blend("baddbmm", x, a, 3, b, 3, options);
}

/** beta x + alpha `mv`(a, b). */
export function addmv(x: Tensor, a: Tensor, b: Tensor, options: BlendOptions = {}): Tensor {
  return blend("addmv", x, a, 2, b, 1, options);
}

/** beta x + alpha `outer`(a, b). */
export function addr(x: Tensor, a: Tensor, b: Tensor, options: BlendOptions = {}): Tensor {
  return blend("addr", x, a, 1, b, 1, options);
}

/** Kronecker's product: each element of a times the whole of b, as blocks. Missing dims are of size 1. */
export function kron(a: Tensor, b: Tensor): Tensor {
  const rank = Math.max(...[a, b].map((x) => shapeOf("kron", x).length));
  const padded = (x: Tensor): Shape => [...new Array<number>(rank - x.ndim).fill(1), ...x.shape];
  const [sa, sb] = [padded(a), padded(b)];
  return tidy(() => {
    const blocks = mul(
      reshape(a, sa.flatMap((n) => [n, 1])),
      reshape(b, sb.flatMap((n) => [1, n])),
    ); // prettier-ignore
    return reshape(blocks, sa.map((n, i) => n * sb[i]!)); // prettier-ignore
  });
}

/** The cross product along a dim of size 3; the others broadcast. Default: the first dim of size 3. */
export function cross(a: Tensor, b: Tensor, dim?: number): Tensor {
  const shape = commonShape("cross", [a, b]);
  const at = dim === undefined ? shape.indexOf(3) : checkDim("cross", dim, { shape });
  if (shape[at] !== 3 || a.ndim !== b.ndim || a.shape[at] !== 3 || b.shape[at] !== 3) {
    misfit("cross", "needs a dim of size 3 of both", a, b);
  }
  return tidy(() => {
    const next = tensor([1, 2, 0], { dtype: "int32" });
    const last = tensor([2, 0, 1], { dtype: "int32" });
    const pick = (x: Tensor, order: Tensor): Tensor => indexSelect(x, at, order);
    return sub(mul(pick(a, next), pick(b, last)), mul(pick(a, last), pick(b, next)));
  });
}

/** The sum of a matrix's diagonal. */
export function trace(x: Tensor): Tensor {
  if (shapeOf("trace", x).length !== 2) misfit("trace", "takes a matrix", x);
  return tidy(() => sum(diagonal(x)));
}

/** The n-th power of square matrices, n an integer; a negative one inverts. */
export function matrixPower(x: Tensor, n: number): Tensor {
  const [size] = checkMatrix("matrixPower", x, true);
  checkInt("matrixPower", "n", n);
  return tidy(() => {
    if (n === 0) {
      const ones = clone(expand(eye(size), x.shape));
      return record("matrixPower", ones, [x], {}, (dy) => [() => zerosLike(dy)]);
    }
    let base = n < 0 ? inv(x) : x;
    let out: Tensor | null = null;
    for (let rest = Math.abs(n); ; base = matmul(base, base)) {
      if (rest % 2 === 1) out = out === null ? base : matmul(out, base);
      rest = Math.floor(rest / 2);
      if (rest === 0) break;
    }
    return out === x ? clone(x) : out!;
  });
}
