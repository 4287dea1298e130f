// Running results along a dim: sums, products, extremes, the log-sum-exp; the product of all; differences
// of neighbours. The gradients of the running ones are first-order linear recurrences, whose gradients
// are linear recurrences again.
import { ShapeError } from "../core/errors.js";
import { checkFloat } from "../core/dtype.js";
import {
  checkDim,
  checkDims,
  checkInt,
  reducedShape,
  sizeOf,
  checkOptions,
} from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { mul, sub } from "./arithmetic.js";
import { eq, logicalXor, where } from "./compare.js";
import { clone, compute } from "./convert.js";
import { fillContiguous, fullLike, zeros, zerosLike } from "./creation.js";
import { gather } from "./indexing.js";
import { cat } from "./join.js";
import { exp } from "./math.js";
import { asNumbers, middleAt, withMiddle } from "./middle.js";
import type { Dims, ReduceOptions, ValuesAndIndices } from "./reduce.js";
import { narrow, permute, reshape } from "./views.js";

/** h[i] = a[i] h[i-1] + b[i] along `at`, in reverse h[i] = a[i+1] h[i+1] + b[i]. Not recorded. */
function recur(
  op: string,
  a: Tensor | null,
  b: Tensor | null,
  at: number,
  reverse = false,
): Tensor {
  const x = (a ?? b)!;
  const { outer, R, inner } = middleAt(x, at);
  const kernel = x.dtype === "int32" ? kernels.recurI32 : kernels.recurF32;
  const args = [R, inner, Number(reverse), 0];
  return compute(op, kernel, outer * inner, [a, b], x.shape, args, x.dtype);
}

/** The same, recorded. */
function recurrence(a: Tensor, b: Tensor, at: number, reverse: boolean): Tensor {
  const out = recur("recurrence", a, b, at, reverse);
  return record("recurrence", out, [a, b], { a, out }, (g, { a, out }) => [
    () => {
      // dL/da[i] = G[i] h[i-1], in reverse G[i-1] h[i], where G = dL/db
      const G = recurrence(a, g, at, !reverse);
      return reverse ? mul(shift(G, at, 0), out) : mul(G, shift(out, at, 0));
    },
    () => recurrence(a, g, at, !reverse), // G[i] = g[i] + a[i+1] G[i+1]
  ]);
}

/** out[i] = x[i-1] along `at`, out[0] = first. */
function shift(x: Tensor, at: number, first: number): Tensor {
  if (x.numel() === 0) return x;
  if (x.ndim === 0) return fullLike(x, first);
  const head = fullLike(narrow(x, at, 0, 1), first);
  return cat([head, narrow(x, at, 0, x.shape[at]! - 1)], at);
}

function running(op: string, x: Tensor, at: number, reverse: boolean): Tensor {
  const out = asNumbers(x, (x) => recur(op, null, x, at, reverse));
  return record(op, out, [x], {}, (dy) => [() => running(op, dy, at, !reverse)]);
}

/** out[i] = x[0] + ... + x[i] along a dim, added in this order in float64; bool and int32 give int32. */
export function cumsum(x: Tensor, dim: number): Tensor {
  return running("cumsum", x, checkDim("cumsum", dim, x), false);
}

/** out[i] = x[0] ... x[i] along a dim; bool and int32 give int32. Its gradient is right at zeros, too. */
export function cumprod(x: Tensor, dim: number): Tensor {
  const at = checkDim("cumprod", dim, x);
  const out = asNumbers(x, (x) => recur("cumprod", x, null, at));
  return record("cumprod", out, [x], { x, out }, (dy, { x, out }) => [
    // dL/dx[j] = x[0] ... x[j-1] S[j], S[j] = dy[j] + x[j+1] S[j+1]
    () => mul(shift(out, at, 1), recurrence(x, dy, at, true)),
  ]);
}

/** The product over `dims` (1 over no elements), in float64; bool and int32 give int32. */
export function prod(x: Tensor, dims?: Dims, options: ReduceOptions = {}): Tensor {
  const over = checkDims("prod", dims, x, options);
  const shape = reducedShape(x.shape, over, options.keepdim ?? false);
  const out = asNumbers(x, (x) =>
    withMiddle(x, over, (x, { outer, R, inner }) => {
      const out = allocateShape("prod", shape, x.dtype);
      const kernel = x.dtype === "int32" ? kernels.recurI32 : kernels.recurF32;
      if (R === 0) fillContiguous(out, 1);
      run(kernel, outer * inner, x.address(), 0, out.address(), R, inner, 0, 1);
      return out;
    }),
  );
  return record("prod", out, [x], { x }, (dy, { x }) => [() => prodGrad(dy, x, over)]);
}

/** dy times the product of all the other elements: of those before, and of those behind. */
function prodGrad(dy: Tensor, x: Tensor, over: readonly number[]): Tensor {
  if (x.numel() === 0) return zerosLike(x);
  const order = [...x.shape.keys()].filter((d) => !over.includes(d)).concat(over);
  const sizes = order.map((d) => x.shape[d]!);
  const outer = sizes.slice(0, x.ndim - over.length);
  const R = sizeOf(sizes.slice(outer.length));
  const at = outer.length;
  const rows = reshape(permute(x, order), [...outer, R]);
  const before = shift(cumprod(rows, at), at, 1);
  const last = cat([zeros([...outer, R - 1]), reshape(dy, [...outer, 1])], at);
  const dx = mul(before, recurrence(rows, last, at, true));
  return permute(
    reshape(dx, sizes),
    order.map((_, d) => order.indexOf(d)),
  );
}

/** The largest element so far along a dim, and where it stands: the last of equals; NaN wins. */
export function cummax(x: Tensor, dim: number): ValuesAndIndices {
  return cumExtreme("cummax", x, dim, 0);
}

/** The smallest element so far along a dim, and where it stands: the last of equals; NaN wins. */
export function cummin(x: Tensor, dim: number): ValuesAndIndices {
  return cumExtreme("cummin", x, dim, 1);
}

function cumExtreme(op: string, x: Tensor, dim: number, smallest: number): ValuesAndIndices {
  const at = checkDim(op, dim, x);
  const { outer, R, inner } = middleAt(x, at);
  const indices = asNumbers(x, (x) =>
    compute(
      op,
      kernels.cumExtreme32,
      outer * inner,
      [x],
      x.shape,
      [R, inner, smallest, Number(x.dtype === "int32")],
      "int32",
    ),
  );
  return { values: gather(x, at, indices), indices };
}

/** ln(exp(x[0]) + ... + exp(x[i])) along a dim, without overflow. */
export function logcumsumexp(x: Tensor, dim: number): Tensor {
  checkFloat("logcumsumexp", "x", x);
  const at = checkDim("logcumsumexp", dim, x);
  const { outer, R, inner } = middleAt(x, at);
  const units = outer * inner;
  const out = compute("logcumsumexp", kernels.logcumsumexpF32, units, [x], x.shape, [R, inner]);
  return record("logcumsumexp", out, [x], { x, out }, (dy, { x, out }) => [
    () => {
      // dL/dx[j] = exp(x[j] - out[j]) T[j], T[j] = dy[j] + exp(out[j] - out[j+1]) T[j+1]
      const safe = where(eq(out, -Infinity), 0, out);
      const decay = exp(sub(shift(out, at, -Infinity), safe));
      return mul(exp(sub(x, safe)), recurrence(decay, dy, at, true));
    },
  ]);
}

export interface DiffOptions {
  /** What is put before x along the dim. */
  prepend?: Tensor;
  /** What is put behind it. */
  append?: Tensor;
}

/** x[i+1] - x[i] along a dim, n times over; of bools whether they differ. */
export function diff(x: Tensor, n = 1, dim = -1, options: DiffOptions = {}): Tensor {
  const { prepend, append } = checkOptions("diff", options);
  checkInt("diff", "n", n, 0);
  const at = checkDim("diff", dim, x);
  if (x.ndim === 0) throw new ShapeError("diff", "a scalar has no neighbours");
  return tidy(() => {
    const parts = [prepend, x, append].filter((t) => t !== undefined);
    let y = parts.length > 1 ? cat(parts, at) : x;
    for (let i = 0; i < n && y.shape[at]! > 0; i++) {
      const m = y.shape[at]! - 1;
      const [next, own] = [narrow(y, at, 1, m), narrow(y, at, 0, m)];
      y = y.dtype === "bool" ? logicalXor(next, own) : sub(next, own);
    }
    return y === x ? clone(x) : y;
  });
}
