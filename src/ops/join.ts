// Ops that put tensors together: cat, stack, pad. Each input is written into its window of the result.
import { ShapeError, ValueError } from "../core/errors.js";
import { promote } from "../core/dtype.js";
import { checkDim, contiguousLayout, sameShape, showShape, stridedLayout } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { detach } from "../autograd/backward.js";
import { tidy } from "../memory/scope.js";
import { cast, writeInto } from "./convert.js";
import { fillContiguous } from "./creation.js";
import { narrow, unsqueeze } from "./views.js";

/**
 * Joins tensors along a dim; the other dims must agree. The dtype is the promoted one.
 * @throws ValueError for an empty list; ShapeError for shapes that differ elsewhere
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new ValueError("cat", "needs at least one tensor");
  if (first.ndim === 0) throw new ShapeError("cat", "scalars can't be joined: use stack");
  const at = checkDim("cat", dim, first.ndim);
  for (const x of tensors) {
    if (x.ndim !== first.ndim || x.shape.some((n, i) => i !== at && n !== first.shape[i])) {
      throw new ShapeError(
        "cat",
        `all dims but ${at} must agree: got ${showShape(first.shape)} and ${showShape(x.shape)}`,
      );
    }
  }
  const total = tensors.reduce((n, x) => n + x.shape[at]!, 0);
  const dtype = tensors.reduce((d, x) => promote(d, x.dtype), first.dtype);
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
  const sizes = tensors.map((x) => x.shape[at]!);
  return record("cat", out, tensors, {}, (dy) =>
    sizes.map((n, i) => () => narrow(dy, at, starts[i]!, n)),
  );
}

/** Joins tensors of one shape along a new dim. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new ValueError("stack", "needs at least one tensor");
  for (const x of tensors) {
    if (!sameShape(x.shape, first.shape)) {
      throw new ShapeError(
        "stack",
        `all shapes must agree: got ${showShape(first.shape)} and ${showShape(x.shape)}`,
      );
    }
  }
  const at = checkDim("stack", dim, first.ndim + 1);
  return tidy(() =>
    cat(
      tensors.map((x) => unsqueeze(x, at)),
      at,
    ),
  );
}

export interface PadOptions {
  /** What the new elements are. Default: 0. */
  value?: number;
}

/**
 * Adds elements around x. `padding` is [before, after] of the last dim, then of the one before it,
 * and so on, as in PyTorch; negative numbers crop.
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  if (padding.length % 2 !== 0 || padding.length > 2 * x.ndim || !padding.every(Number.isInteger)) {
    throw new ValueError(
      "pad",
      `padding must be pairs of integers, at most ${x.ndim}: got [${padding.join(",")}]`,
    );
  }
  const before = x.shape.map((_, i) => padding[2 * (x.ndim - 1 - i)] ?? 0);
  const after = x.shape.map((_, i) => padding[2 * (x.ndim - 1 - i) + 1] ?? 0);
  const shape = x.shape.map((n, i) => n + before[i]! + after[i]!);
  // The part of x that stays.
  const kept = x.shape.map((n, i) => n + Math.min(0, before[i]!) + Math.min(0, after[i]!));
  if (kept.some((n) => n < 0)) {
    throw new ShapeError(
      "pad",
      `crops more than there is: ${showShape(x.shape)} by [${padding.join(",")}]`,
    );
  }
  const out = allocateShape("pad", shape, x.dtype);
  fillContiguous(out, options.value ?? 0);
  const { strides } = contiguousLayout(shape);
  const offset = before.reduce((o, b, i) => o + Math.max(0, b) * strides[i]!, 0);
  tidy(() => {
    const part = kept.reduce((y, n, i) => narrow(y, i, Math.max(0, -before[i]!), n), detach(x));
    writeInto(out, stridedLayout(kept, strides, offset), part);
  });
  const back = padding.map((n) => -n);
  return record("pad", out, [x], {}, (dy) => [() => pad(dy, back)]);
}
