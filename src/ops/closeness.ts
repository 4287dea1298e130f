// Whether tensors are the same, exactly or nearly.
import { checkNumber, commonShape, sameShape, shapeOf, checkOptions } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add, mul, sub } from "./arithmetic.js";
import { eq, isfinite, isnan, le, logicalAnd, logicalOr } from "./compare.js";
import { cast, item } from "./convert.js";
import { abs } from "./math.js";
import { all } from "./reduce.js";

export interface CloseOptions {
  /** The tolerance as a share of |b|. Default: 1e-5. */
  rtol?: number;
  /** The tolerance beside it. Default: 1e-8. */
  atol?: number;
  /** NaN is close to NaN. Default: false. */
  equalNan?: boolean;
}

/**
 * |a - b| <= atol + rtol |b| elementwise, as bool; infinities are close to themselves alone. Of any
 * dtypes, broadcast.
 */
export function isclose(a: Tensor, b: Tensor, options?: CloseOptions): Tensor {
  return close("isclose", a, b, options);
}

/** Whether all elements are close (see isclose). It reads values. */
export function allclose(a: Tensor, b: Tensor, options?: CloseOptions): boolean {
  return tidy(() => holds(close("allclose", a, b, options)));
}

/** Whether shapes and all elements are the same; NaN equals nothing. It reads values. */
export function equal(a: Tensor, b: Tensor): boolean {
  return sameShape(shapeOf("equal", a), shapeOf("equal", b)) && tidy(() => holds(eq(a, b)));
}

function close(op: string, a: Tensor, b: Tensor, options: CloseOptions = {}): Tensor {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = checkOptions(op, options);
  commonShape(op, [a, b]);
  checkNumber(op, "rtol", rtol, 0);
  checkNumber(op, "atol", atol, 0);
  return tidy(() => {
    const y = cast(b, "float32");
    const gap = abs(sub(cast(a, "float32"), y));
    const near = logicalAnd(isfinite(gap), le(gap, add(mul(abs(y), rtol), atol)));
    const either = logicalOr(eq(a, b), near);
    return equalNan ? logicalOr(either, logicalAnd(isnan(a), isnan(b))) : either;
  });
}

function holds(b: Tensor): boolean {
  return item(all(b)) === 1;
}
