// Ops that overwrite their first operand. The result keeps its dtype and shape; the version counter
// of its memory tells a graph that saved the old values. Each computes as its out-of-place twin does.
import { DTypeError } from "../core/errors.js";
import { promote } from "../core/dtype.js";
import { expandLayout } from "../core/shape.js";
import { alias, type Tensor } from "../autograd/tensor.js";
import { isGradEnabled, withGrad } from "../autograd/mode.js";
import { checkInPlace, type Gradients, recordInPlace } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { add, div, mul, neg, type Operand, sub, sumTo } from "./arithmetic.js";
import { cast, clone, copyOf, writeInto } from "./convert.js";
import { full, zerosLike } from "./creation.js";

/** Refuses, before anything is computed, what can't be written over x. */
function check(op: string, x: Tensor, others: readonly Tensor[]): void {
  checkInPlace(op, x, others);
  for (const other of others) expandLayout(op, other.layout, x.shape);
}

/** Checks, computes `value` without recording, writes it, broadcast, over x, and records that. */
export function overwrite<S extends Record<string, Tensor | null>>(
  op: string,
  x: Tensor,
  others: readonly Tensor[],
  value: () => Tensor,
  saved: S,
  backward: (dy: Tensor, saved: S) => Gradients,
): Tensor {
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
  return recordInPlace(op, x, others, saved, backward);
}

function tensors(other: Operand): Tensor[] {
  return typeof other === "number" ? [] : [other];
}

/** x += other, with other broadcast to x's shape. Returns x. */
export function add_(x: Tensor, other: Operand): Tensor {
  return overwrite(
    "add_",
    x,
    tensors(other),
    () => add(x, other),
    {},
    (dy) => [() => dy, (shape) => sumTo(dy, shape)],
  );
}

/** x -= other. Returns x. */
export function sub_(x: Tensor, other: Operand): Tensor {
  return overwrite(
    "sub_",
    x,
    tensors(other),
    () => sub(x, other),
    {},
    (dy) => [() => dy, (shape) => neg(sumTo(dy, shape))],
  );
}

/** x *= other. Returns x. */
export function mul_(x: Tensor, other: Operand): Tensor {
  return scale_("mul_", x, other, mul, mul);
}

/** x /= other; x must be float32. Returns x. */
export function div_(x: Tensor, other: Operand): Tensor {
  // d(x/b)/db = -x/b^2
  return scale_("div_", x, other, div, (dy, old, b) => neg(div(div(mul(dy, old), b), b)));
}

function scale_(
  op: string,
  x: Tensor,
  other: Operand,
  scale: (a: Tensor, b: Operand) => Tensor,
  gradOther: (dy: Tensor, old: Tensor, b: Tensor) => Tensor,
): Tensor {
  if (typeof other === "number") {
    return overwrite(
      op,
      x,
      [],
      () => scale(x, other),
      {},
      (dy) => [() => scale(dy, other)],
    );
  }
  check(op, x, [other]);
  return tidy(() => {
    // The old values are gone after the write: the gradient of `other` needs a copy of them, and
    // that of x needs one of `other` where both share memory.
    const old = other.requiresGrad ? clone(x) : null;
    const b = other.buffer === x.buffer ? clone(other) : other;
    return overwrite(
      op,
      x,
      [b],
      () => scale(x, b),
      { b, old },
      (dy, { b, old }) => [() => scale(dy, b), () => sumTo(gradOther(dy, old!, b), b.shape)],
    );
  });
}

/** Sets every element to `value`. Returns x. */
export function fill_(x: Tensor, value: number): Tensor {
  return renew("fill_", x, () => full([], value, { dtype: x.dtype }));
}

/** Overwrites x, whose gradient ends here. */
export function renew(op: string, x: Tensor, value: () => Tensor): Tensor {
  return overwrite(op, x, [], value, {}, (dy) => [() => zerosLike(dy)]);
}

/** Sets every element to 0. Returns x. */
export function zero_(x: Tensor): Tensor {
  return fill_(x, 0);
}

/** Copies `source`, broadcast to x's shape and converted to its dtype, into x. Returns x. */
export function copy_(x: Tensor, source: Tensor): Tensor {
  // A copy first, where both share memory and might overlap.
  const shared = source.buffer === x.buffer;
  const value = (): Tensor => {
    const from = cast(source, x.dtype);
    if (from !== source) return from;
    return shared ? copyOf("copy_", source) : alias(source, source.layout);
  };
  return overwrite("copy_", x, [source], value, {}, (dy) => [
    () => zerosLike(dy),
    (shape) => sumTo(dy, shape),
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
    return overwrite(
      op,
      x,
      [y],
      () => alias(y, y.layout),
      {},
      (dy) => [null, () => dy],
    );
  });
}
