// Ops that overwrite their first operand. The result keeps its dtype and shape; the version counter
// of its memory tells a graph that saved the old values. Each computes as its out-of-place twin does.
import { DTypeError } from "../core/errors.js";
import { promote } from "../core/dtype.js";
import { expandLayout } from "../core/shape.js";
import { alias, type Tensor } from "../autograd/tensor.js";
import { isGradEnabled, withGrad } from "../autograd/mode.js";
import { checkInPlace, recordInPlace } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, neg, type Operand, sub, sumTo } from "./arithmetic.js";
import { cast, clone, copyOf, writeInto } from "./convert.js";
import { full, zerosLike } from "./creation.js";

/** Refuses, before anything is computed, what can't be written over x. */
function check(op: string, x: Tensor, others: readonly Tensor[]): void {
  checkInPlace(op, x, others);
  for (const other of others) expandLayout(op, other.layout, x.shape);
}

/** Checks, computes `value` without recording, and writes it, broadcast, over x. */
export function overwrite(
  op: string,
  x: Tensor,
  others: readonly Tensor[],
  value: () => Tensor,
): void {
  check(op, x, others);
  const result = withGrad(false, value);
  try {
    if (promote(result.dtype, x.dtype) !== x.dtype) {
      throw new DTypeError(op, `a result of ${result.dtype} can't be stored in ${x.dtype}`);
    }
    result.layout = expandLayout(op, result.layout, x.shape);
    const cast_ = cast(result, x.dtype);
    writeInto(x, x.layout, cast_);
    if (cast_ !== result) cast_.dispose();
  } finally {
    result.dispose();
  }
}

function tensors(other: Operand): Tensor[] {
  return typeof other === "number" ? [] : [other];
}

function shapeOf(other: Operand): readonly number[] {
  return typeof other === "number" ? [] : other.shape;
}

/** x += other, with other broadcast to x's shape. Returns x. */
export function add_(x: Tensor, other: Operand): Tensor {
  const shape = shapeOf(other);
  overwrite("add_", x, tensors(other), () => add(x, other));
  return recordInPlace("add_", x, tensors(other), {}, (dy) => [() => dy, () => sumTo(dy, shape)]);
}

/** x -= other. Returns x. */
export function sub_(x: Tensor, other: Operand): Tensor {
  const shape = shapeOf(other);
  overwrite("sub_", x, tensors(other), () => sub(x, other));
  return recordInPlace("sub_", x, tensors(other), {}, (dy) => [
    () => dy,
    () => neg(sumTo(dy, shape)),
  ]);
}

/** x *= other. Returns x. */
export function mul_(x: Tensor, other: Operand): Tensor {
  return scale_("mul_", x, other, mul, (dy, old) => mul(dy, old), mul);
}

/** x /= other; x must be float32. Returns x. */
export function div_(x: Tensor, other: Operand): Tensor {
  // d(x/b)/db = -x/b^2
  return scale_("div_", x, other, div, (dy, old, b) => neg(div(div(mul(dy, old), b), b)), div);
}

function scale_(
  op: string,
  x: Tensor,
  other: Operand,
  forward: (a: Tensor, b: Operand) => Tensor,
  gradOther: (dy: Tensor, old: Tensor, b: Tensor) => Tensor,
  gradX: (dy: Tensor, b: Operand) => Tensor,
): Tensor {
  if (typeof other === "number") {
    overwrite(op, x, [], () => forward(x, other));
    return recordInPlace(op, x, [], {}, (dy) => [() => gradX(dy, other)]);
  }
  check(op, x, [other]);
  return tidy(() => {
    // The old values are gone after the write: the gradient of `other` needs a copy of them, and
    // that of x needs one of `other` where both share memory.
    const old = other.requiresGrad ? clone(x) : null;
    const b = other.buffer === x.buffer ? clone(other) : other;
    overwrite(op, x, [b], () => forward(x, b));
    return recordInPlace(op, x, [b], { b, old }, (dy, { b, old }) => [
      () => gradX(dy, b),
      () => sumTo(gradOther(dy, old!, b), b.shape),
    ]);
  });
}

/** Sets every element to `value`. Returns x. */
export function fill_(x: Tensor, value: number): Tensor {
  overwrite("fill_", x, [], () => full([], value, { dtype: x.dtype }));
  return recordInPlace("fill_", x, [], {}, (dy) => [() => zerosLike(dy)]);
}

/** Sets every element to 0. Returns x. */
export function zero_(x: Tensor): Tensor {
  return fill_(x, 0);
}

/** Copies `source`, broadcast to x's shape and converted to its dtype, into x. Returns x. */
export function copy_(x: Tensor, source: Tensor): Tensor {
  const shape = source.shape;
  // A copy first, where both share memory and might overlap.
  const shared = source.buffer === x.buffer;
  overwrite("copy_", x, [source], () => {
    const from = cast(source, x.dtype);
    if (from !== source) return from;
    return shared ? copyOf("copy_", source) : alias(source, source.layout);
  });
  return recordInPlace("copy_", x, [source], {}, (dy) => [
    () => zerosLike(dy),
    () => sumTo(dy, shape),
  ]);
}

/**
 * x becomes f(x), an op of x and `others` with x's shape: any op's in-place twin. What f records holds
 * a copy of the old values, as x's own are gone.
 */
export function becomes(
  op: string,
  x: Tensor,
  others: readonly Tensor[],
  f: (x: Tensor) => Tensor,
): Tensor {
  check(op, x, others);
  return tidy(() => {
    const recorded = isGradEnabled() && [x, ...others].some((t) => t.node !== null);
    const y = f(recorded ? clone(x) : x);
    overwrite(op, x, [y], () => alias(y, y.layout));
    return recordInPlace(op, x, [y], {}, (dy) => [null, () => dy]);
  });
}
