// Ops that put tensors together: cat and stack. Each input is written into its window of the result.
import { ShapeError, ValueError } from "../core/errors.js";
import { promote, tensorOf } from "../core/dtype.js";
import {
  checkDim,
  checkPlace,
  sameShape,
  stridedLayout,
  checkList,
  misfit,
} from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { cast, writeInto } from "./convert.js";
import { narrow, unsqueeze } from "./views.js";

/** Refuses what is no list of tensors, or an empty one; gives the first. */
export function checkTensors(op: string, tensors: readonly Tensor[]): Tensor {
  for (const x of checkList(op, tensors)) tensorOf(op, x);
  if (tensors.length === 0) throw new ValueError(op, "needs at least one tensor");
  return tensors[0]!;
}

/**
 * Joins tensors along a dim; the other dims must agree. The dtype is the promoted one. Empty vectors may
 * stand among tensors of more dims, as where a loop begins.
 * @throws ValueError for an empty list; ShapeError for shapes that differ elsewhere
 */
export function cat(all: readonly Tensor[], dim = 0): Tensor {
  const { dtype: narrowest } = checkTensors("cat", all);
  const dtype = all.reduce((d, x) => promote(d, x.dtype), narrowest);
  const ranked = all.filter((x) => x.ndim !== 1 || x.numel() > 0);
  const tensors = ranked.some((x) => x.ndim > 1) ? ranked : all;
  const first = tensors[0]!;
  if (first.ndim === 0) throw new ShapeError("cat", "scalars can't be joined: use stack");
  const at = checkDim("cat", dim, first);
  for (const x of tensors) {
    if (x.ndim !== first.ndim || x.shape.some((n, i) => i !== at && n !== first.shape[i])) {
      misfit("cat", `all dims but ${at} must agree`, first, x);
    }
  }
  const total = tensors.reduce((n, x) => n + x.shape[at]!, 0);
  const out = allocateShape(
    "cat",
    first.shape.map((n, i) => (i === at ? total : n)),
    dtype,
  );
  const starts: number[] = [];
  let start = 0;
  for (const x of tensors) {
    const from = cast(x, dtype);
    const { strides } = out.layout;
    writeInto(out, stridedLayout(x.shape, strides, start * strides[at]!), from);
    if (from !== x) from.dispose();
    starts.push(start);
    start += x.shape[at]!;
  }
  return record("cat", out, tensors, {}, (dy) =>
    starts.map((start) => (shape) => narrow(dy, at, start, shape[at]!)),
  );
}

/** Joins tensors of one shape along a new dim. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = checkTensors("stack", tensors);
  for (const x of tensors) {
    if (!sameShape(x.shape, first.shape)) misfit("stack", "all shapes must agree", first, x);
  }
  const at = checkPlace("stack", "dim", dim, first.ndim + 1);
  return tidy(() =>
    cat(
      tensors.map((x) => unsqueeze(x, at)),
      at,
    ),
  );
}
