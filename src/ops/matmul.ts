// Matrix products. Operands of any strides go to the kernel as they are; it packs what it must.
import { DTypeError, ShapeError } from "../core/errors.js";
import {
  broadcastShapes,
  contiguousLayout,
  expandLayout,
  showShape,
  stridedLayout,
} from "../core/shape.js";
import { alias, allocate, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { matmulUnits } from "../kernels/units.js";
import { sumTo } from "./arithmetic.js";
import { copyOf } from "./convert.js";
import { collapse } from "./dispatch.js";
import { sum } from "./reduce.js";
import { reshape, squeeze, transpose, unsqueeze } from "./views.js";
import { tidy } from "../memory/scope.js";

/**
 * The matrix product with PyTorch's rules: the last two dims multiply, those before broadcast; a
 * vector on the left is a row, on the right a column, and that dim disappears from the result.
 * [..., M, K] @ [..., K, N] = [..., M, N].
 * @throws ShapeError for scalars and for inner sizes that differ; DTypeError unless both are float32
 * @example
 * console.log(tensor([[1, 2], [3, 4]]).matmul(tensor([1, 1])).toArray()); // [ 3, 7 ]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  check("matmul", a, b);
  if (a.ndim === 1 || b.ndim === 1) {
    return tidy(() => {
      const row = a.ndim === 1 ? unsqueeze(a, 0) : a;
      const column = b.ndim === 1 ? unsqueeze(b, 1) : b;
      const out = matmul(row, column);
      const flat = a.ndim === 1 ? squeeze(out, -2) : out;
      return b.ndim === 1 ? squeeze(flat, -1) : flat;
    });
  }
  const out = product("matmul", a, b, null);
  return record("matmul", out, [a, b], { a, b }, (dy, { a, b }) => [
    () => sumTo(matmul(dy, transpose(b, -2, -1)), a.shape), // dC/dA: dy B^T
    () => sumTo(matmul(transpose(a, -2, -1), dy), b.shape), // dC/dB: A^T dy
  ]);
}

function check(op: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== "float32" || b.dtype !== "float32") {
    throw new DTypeError(op, `both operands must be float32: got a ${a.dtype}, b ${b.dtype}`);
  }
  const inner = b.ndim === 1 ? b.shape[0] : b.shape[b.ndim - 2];
  if (a.ndim === 0 || b.ndim === 0 || a.shape[a.ndim - 1] !== inner) {
    throw new ShapeError(
      op,
      `inner sizes must match: got a=${showShape(a.shape)}, b=${showShape(b.shape)}`,
    );
  }
}

/** a @ b (+ bias along the columns) for at least 2 dims each. Not recorded. */
function product(op: string, a: Tensor, b: Tensor, bias: Tensor | null): Tensor {
  const M = a.shape[a.ndim - 2]!;
  const K = a.shape[a.ndim - 1]!;
  const N = b.shape[b.ndim - 1]!;
  const outer = broadcastShapes(op, a.shape.slice(0, -2), b.shape.slice(0, -2));
  const la = expandLayout(op, a.layout, [...outer, M, K]).strides;
  const lb = expandLayout(op, b.layout, [...outer, K, N]).strides;
  const out = allocate(op, contiguousLayout([...outer, M, N]), "float32");
  if (out.numel() === 0) return out;
  const n = outer.length;
  const { rows, cols, inner, dims } = collapse(outer, [la.slice(0, n), lb.slice(0, n)]);
  const batch = rows * cols;
  // The kernel counts every batch dim alike: the innermost joins the list.
  const batches = batch > 1 ? [...dims, cols, ...inner] : [];
  run(
    kernels.matmulF32,
    matmulUnits(batch, M, N),
    ...([a.address(), b.address(), out.address(), bias?.address() ?? 0] as const),
    ...([M, N, K, la[n]!, la[n + 1]!, lb[n]!, lb[n + 1]!, batch, batches.length / 3] as const),
    ...batches,
  );
  return out;
}

/**
 * x W^T + b: the last dim of x, `in`, becomes `out`.
 * @param x [..., in]
 * @param weight [out, in]
 * @param bias [out], or null
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  if (weight.ndim !== 2 || x.ndim === 0 || x.shape[x.ndim - 1] !== weight.shape[1]) {
    throw new ShapeError(
      "linear",
      `x must be [..., in] and weight [out, in]: got x=${showShape(x.shape)}, weight=${showShape(weight.shape)}`,
    );
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new ShapeError(
      "linear",
      `bias must be [${weight.shape[0]}]: got ${showShape(bias.shape)}`,
    );
  }
  for (const operand of [x, weight, ...(bias === null ? [] : [bias])]) {
    if (operand.dtype !== "float32") {
      throw new DTypeError("linear", `operands must be float32: got ${operand.dtype}`);
    }
  }
  if (x.ndim !== 2) {
    return tidy(() => {
      const rows = reshape(x, [-1, x.shape[x.ndim - 1]!]);
      return reshape(linear(rows, weight, bias), [...x.shape.slice(0, -1), weight.shape[0]!]);
    });
  }
  return linear2d(x, weight, bias);
}

function linear2d(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const [out_, in_] = weight.shape as [number, number];
  const [down, across] = weight.layout.strides as [number, number];
  const columns = alias(weight, stridedLayout([in_, out_], [across, down], weight.layout.offset));
  const packed = bias === null || bias.layout.contiguous ? bias : copyOf("linear", bias);
  const out = product("linear", x, columns, packed);
  columns.dispose();
  if (packed !== bias) packed?.dispose();
  const inputs = bias === null ? [x, weight] : [x, weight, bias];
  return record("linear", out, inputs, { x, weight }, (dy, { x, weight }) => [
    () => matmul(dy, weight), // dx = dy W
    () => matmul(transpose(dy, 0, 1), x), // dW = dy^T x
    () => sum(dy, 0), // db = the sum over the rows
  ]);
}
