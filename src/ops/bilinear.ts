// The bilinear form of two vectors, one matrix an output.
import { checkFloat } from "../core/dtype.js";
import { expectShape, sameShape, sizeOf, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add } from "./arithmetic.js";
import { matmul } from "./matmul.js";
import { reshape, transpose } from "./views.js";

/**
 * out_k = x1^T W_k x2 + bias_k on the last dims.
 * @param x1 [..., in1] @param x2 [..., in2], with the same leading dims
 * @param weight [out, in1, in2] @param bias [out] or null
 */
export function bilinear(
  x1: Tensor,
  x2: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
): Tensor {
  for (const [name, t] of Object.entries({ x1, x2, weight })) checkFloat("bilinear", name, t);
  const [O, I, J] = weight.shape as readonly [number, number, number];
  const lead = x1.shape.slice(0, -1);
  if (
    weight.ndim !== 3 ||
    x1.ndim === 0 ||
    !sameShape(x1.shape, [...lead, I]) ||
    !sameShape(x2.shape, [...lead, J])
  ) {
    misfit(
      "bilinear",
      "x1 and x2 must be [..., in1] and [..., in2], weight [out, in1, in2]",
      x1,
      x2,
      weight,
    );
  }
  if (bias !== null) {
    checkFloat("bilinear", "bias", bias);
    expectShape("bilinear", "bias", bias, [O]);
  }
  const rows = sizeOf(lead);
  return tidy(() => {
    const matrices = reshape(transpose(weight, 0, 1), [I, O * J]);
    const left = reshape(matmul(reshape(x1, [rows, I]), matrices), [rows, O, J]);
    const out = reshape(matmul(left, reshape(x2, [rows, J, 1])), [...lead, O]);
    return bias === null ? out : add(out, bias);
  });
}
