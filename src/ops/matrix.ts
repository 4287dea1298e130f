// What the ops of linear algebra share: their checks, the call of a kernel for each matrix of a batch,
// and small pieces of their formulas.
import { checkFloat, is } from "../core/dtype.js";
import { ValueError } from "../core/errors.js";
import { type Shape, sizeOf, misfit } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import type { Kernel } from "../kernels/loader.js";
import { readStatus, run, statusSlot } from "../kernels/run.js";
import { matrixUnits } from "../kernels/units/linalg.js";
import { tidy } from "../memory/scope.js";
import { add, div } from "./arithmetic.js";
import { eq, where } from "./compare.js";
import { withAllContiguous } from "./convert.js";
import { triu } from "./triangle.js";
import { reshape, split, transpose } from "./views.js";

/** Refuses operands, called a, b, ..., that are not float32. */
export function checkFloats(op: string, ...operands: Tensor[]): void {
  operands.forEach((x, i) => checkFloat(op, (10 + i).toString(36), x));
}

/** Refuses operands that are neither all float32 nor all int32. */
export function checkFactors(op: string, ...operands: Tensor[]): void {
  if (operands.some((x) => !is(x, "int32"))) checkFloats(op, ...operands);
}

/** Refuses what is no batch of float32 matrices; `square`: or not square. Gives the last two sizes. */
export function checkMatrix(op: string, x: Tensor, square = false): [m: number, n: number] {
  checkFloat(op, "x", x);
  const [m, n] = x.shape.slice(-2) as [number, number];
  if (x.ndim < 2 || (square && m !== n)) {
    misfit(op, square ? "takes square matrices [..., n, n]" : "takes matrices [..., m, n]", x);
  }
  return [m, n];
}

/** Matrix, result, workspace, status, and what else the kernel takes. */
type MatrixKernel = Kernel<[number, number, number, number, ...number[]]>;

/**
 * out = a kernel's result for each matrix of x, [batch..., ...shape]. Not recorded.
 * @param doubles float64 numbers that the kernel works with, a matrix
 * @param fault what is wrong with a matrix that the kernel reports; null: nothing
 * @param b a second operand, the kernel's last
 */
export function eachMatrix(
  op: string,
  kernel: MatrixKernel,
  x: Tensor,
  shape: Shape,
  doubles: number,
  fault: string | null,
  sizes: readonly number[],
  b: Tensor | null = null,
): Tensor {
  const outer = x.shape.slice(0, -2);
  return withAllContiguous([x, b], (x, b) =>
    tidy(() => {
      const out = allocateShape(op, [...outer, ...shape], "float32");
      const work = allocateShape(op, [2 * doubles * sizeOf(outer)], "float32");
      const status = statusSlot();
      const [px, po, pw, pb] = [x.address(), out.address(), work.address(), b?.address() ?? 0];
      run(kernel, matrixUnits(outer), px, po, pw, status, ...sizes, pb);
      const bad = readStatus(status, ValueError);
      if (bad >= 0 && fault) throw new ValueError(op, `matrix ${bad} of the batch ${fault}`);
      return out;
    }),
  );
}

/** The transposes of the matrices of a batch. */
export function mT(x: Tensor): Tensor {
  return transpose(x, -2, -1);
}

/** The symmetric matrices with the upper triangle of x. */
export function mirrored(x: Tensor): Tensor {
  return add(triu(x), mT(triu(x, 1)));
}

/** x / by, and 0 where `by` is 0. */
export function ratio(x: Tensor, by: Tensor): Tensor {
  const zero = eq(by, 0);
  return div(where(zero, 0, x), where(zero, 1, by));
}

/** Parts of the last dim, one behind the other, each in a shape of its own. */
export function unpack(x: Tensor, shapes: readonly Shape[]): Tensor[] {
  const parts = split(x, shapes.map(sizeOf), -1);
  return parts.map((part, i) => reshape(part, [...x.shape.slice(0, -1), ...shapes[i]!]));
}
