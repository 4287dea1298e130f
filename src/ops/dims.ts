// Views under other names than reshape's and permute's: dims moved, split and matched to another tensor.
import { ValueError } from "../core/errors.js";
import { checkDim, listOf, type Shape, showShape, shapeOf } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { expand, inferred, permute, reshape, transpose, view } from "./views.js";

/** Splits a dim into several; one size may be -1 and is inferred. */
export function unflatten(x: Tensor, dim: number, sizes: Shape): Tensor {
  const at = checkDim("unflatten", dim, x);
  const parts = inferred(sizes, x.shape[at] ?? 1, "unflatten");
  return reshape(x, [...x.shape.slice(0, at), ...parts, ...x.shape.slice(at + 1)]);
}

/** Moves dims to other places; those that aren't named keep their order. */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  const from = listOf("movedim", source).map((d) => checkDim("movedim", d, x));
  const to = listOf("movedim", destination).map((d) => checkDim("movedim", d, x));
  if (from.length !== to.length || [from, to].some((dims) => new Set(dims).size < dims.length)) {
    throw new ValueError(
      "movedim",
      `source and destination must name as many dims, each once: got ${showShape(from)}, ${showShape(to)}`,
    );
  }
  const rest = [...x.shape.keys()].filter((d) => !from.includes(d));
  const order = x.shape.map((_, i) => (to.includes(i) ? from[to.indexOf(i)]! : rest.shift()!));
  return permute(x, order);
}

/** `movedim` by NumPy's name. */
export const moveaxis = movedim;
/** `transpose` by NumPy's name. */
export const swapaxes = transpose;
/** `expand` by NumPy's name. */
export const broadcastTo = expand;

/** x expanded to other's shape. */
export function expandAs(x: Tensor, other: Tensor): Tensor {
  return expand(x, shapeOf("expandAs", other));
}

/** x reshaped to other's shape. */
export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  return reshape(x, shapeOf("reshapeAs", other));
}

/** x viewed in other's shape, never copied. */
export function viewAs(x: Tensor, other: Tensor): Tensor {
  return view(x, shapeOf("viewAs", other));
}
