// Matrix products. Operands of any strides go to the kernel as they are; it packs what it must.
import { checkFloat } from "../core/dtype.js";
import {
  type Shape,
  sizeOf,
  contiguousLayout,
  expectFloats,
  shapeOf,
  misfit,
  broadcastShapes,
  expandLayout,
} from "../core/shape.js";
import { allocate, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { matmulUnits } from "../kernels/units.js";
import { mul, sumTo } from "./arithmetic.js";
import { contiguous } from "./convert.js";
import { zeros } from "./creation.js";
import { collapse } from "./dispatch.js";
import { add_ } from "./inplace.js";
import { checkFactors } from "./matrix.js";
import { sum } from "./reduce.js";
import { narrow, reshape, squeeze, unsqueeze } from "./views.js";
import { tidy } from "../memory/scope.js";

/**
 * The matrix product with PyTorch's rules: the last two dims multiply, those before broadcast; a
 * vector on the left is a row, on the right a column, and that dim disappears from the result.
 * [..., M, K] @ [..., K, N] = [..., M, N].
 * @throws ShapeError for scalars and for inner sizes that differ; DTypeError unless both are float32, or both int32
 * (modulo 2^32)
 * @example
 * console.log(tensor([[1, 2], [3, 4]]).matmul(tensor([1, 1])).toArray()); // [ 3, 7 ]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  check("matmul", a, b);
  // One long sum: in order, as a product's elements are summed, it would wait for each addition.
  if (a.ndim === 1 && b.ndim === 1) return tidy(() => sum(mul(a, b)));
  if (a.ndim === 1 || b.ndim === 1) {
    return tidy(() => {
      const row = a.ndim === 1 ? unsqueeze(a, 0) : a;
      const column = b.ndim === 1 ? unsqueeze(b, 1) : b;
      const out = matmul(row, column);
      const flat = a.ndim === 1 ? squeeze(out, -2) : out;
      return b.ndim === 1 ? squeeze(flat, -1) : flat;
    });
  }
  return a.dtype === "int32" ? multiplyInts(a, b) : multiply("matmul", a, b, false, false, null);
}

function check(op: string, a: Tensor, b: Tensor): void {
  checkFactors(op, a, b);
  const inner = b.ndim === 1 ? b.shape[0] : b.shape[b.ndim - 2];
  if (a.ndim === 0 || b.ndim === 0 || a.shape[a.ndim - 1] !== inner) {
    misfit(op, "inner sizes must match", a, b);
  }
}

/**
 * A @ B + bias for at least 2 dims each, where A is a, or with `ta` its transpose, and B likewise.
 * Every derivative of such a product is one again, so no gradient ever copies a transpose.
 */
function multiply(
  op: string,
  a: Tensor,
  b: Tensor,
  ta: boolean,
  tb: boolean,
  bias: Tensor | null,
): Tensor {
  const out = product(op, a, b, ta, tb, bias);
  return record(op, out, [a, b, bias], { a, b }, (dy, { a, b }) => [
    // C = A B: dA = dy B^T and dB = A^T dy; where an operand is a transpose, the transpose of that.
    () =>
      sumTo(
        ta ? multiply(op, b, dy, tb, true, null) : multiply(op, dy, b, false, !tb, null),
        a.shape,
      ),
    () =>
      sumTo(
        tb ? multiply(op, dy, a, true, ta, null) : multiply(op, a, dy, !ta, false, null),
        b.shape,
      ),
    () => sum(dy, 0), // a bias comes with 2 dims only
  ]);
}

/** Products that `multiplyInts` holds at once, where a result is not larger. */
const BLOCK = 2 ** 20;

/** A @ B of int32, modulo 2^32, K in blocks. */
function multiplyInts(a: Tensor, b: Tensor): Tensor {
  const [M, K] = a.shape.slice(-2) as [number, number];
  const outer = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const out = zeros([...outer, M, b.shape.at(-1)!], { dtype: "int32" });
  const step = Math.ceil(BLOCK / Math.max(1, out.numel()));
  for (let k = 0; k < K; k += step) {
    const n = Math.min(step, K - k);
    tidy(() => {
      const columns = unsqueeze(narrow(a, -1, k, n), -1); // [..., M, n, 1]
      return add_(out, sum(mul(columns, unsqueeze(narrow(b, -2, k, n), -3)), -2));
    });
  }
  return out;
}

const NO_BATCHES: readonly number[] = [];

function product(
  op: string,
  a: Tensor,
  b: Tensor,
  ta: boolean,
  tb: boolean,
  bias: Tensor | null,
): Tensor {
  const [da, db] = [a.ndim - 2, b.ndim - 2];
  const [down, across] = ta ? [da + 1, da] : [da, da + 1];
  const [downB, acrossB] = tb ? [db + 1, db] : [db, db + 1];
  const M = a.shape[down]!;
  const K = a.shape[across]!;
  const N = b.shape[acrossB]!;
  const [sa, sb] = [a.layout.strides, b.layout.strides];
  const flat = da === 0 && db === 0;
  const outer = flat ? NO_BATCHES : broadcastShapes(op, a.shape.slice(0, da), b.shape.slice(0, db));
  const out = allocate(op, contiguousLayout([...outer, M, N]), "float32");
  if (out.numel() === 0) return out;
  const { batch, dims } = flat ? ONE_BATCH : batchesOf(op, a, b, outer);
  const units = matmulUnits(batch, M, N);
  const [pa, pb, pc, po] = [a.address(), b.address(), bias?.address() ?? 0, out.address()];
  const [sm, sk, tk, tn] = [sa[down]!, sa[across]!, sb[downB]!, sb[acrossB]!];
  const rank = dims.length / 3;
  run(kernels.matmulF32, units, pa, pb, pc, po, 0, M, N, K, sm, sk, tk, tn, batch, rank, ...dims);
  return out;
}

/** The number of products, and of each batch dim its size and both operands' strides. */
interface Batches {
  batch: number;
  dims: readonly number[];
}

const ONE_BATCH: Batches = { batch: 1, dims: NO_BATCHES };

function batchesOf(op: string, a: Tensor, b: Tensor, outer: Shape): Batches {
  const stridesOf = (x: Tensor): readonly number[] => {
    const matrix = x.shape.slice(-2);
    return expandLayout(op, x.layout, [...outer, ...matrix]).strides.slice(0, -2);
  };
  const { rows, cols, inner, dims } = collapse(outer, [stridesOf(a), stridesOf(b)]);
  const batch = rows * cols;
  // The kernel counts every batch dim alike: the innermost joins the list.
  return { batch, dims: batch > 1 ? [...dims, cols, ...inner] : NO_BATCHES };
}

/**
 * x W^T + b: the last dim of x, `in`, becomes `out`.
 * @param x [..., in]
 * @param weight [out, in]
 * @param bias [out], or null
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  if (shapeOf("linear", weight).length !== 2 || shapeOf("linear", x).at(-1) !== weight.shape[1]) {
    misfit("linear", "x must be [..., in] and weight [out, in]", x, weight);
  }
  checkFloat("linear", "x", x);
  checkFloat("linear", "weight", weight);
  expectFloats("linear", "bias", bias, [weight.shape[0]!]);
  if (x.ndim !== 2) {
    return tidy(() => {
      const rows = reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.ndim - 1]!]);
      return reshape(linear(rows, weight, bias), [...x.shape.slice(0, -1), weight.shape[0]!]);
    });
  }
  if (bias === null || bias.layout.contiguous)
    return multiply("linear", x, weight, false, true, bias);
  return tidy(() => multiply("linear", x, weight, false, true, contiguous(bias)));
}
