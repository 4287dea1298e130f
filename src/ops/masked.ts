// Ops that read or write where a mask is true, in row-major order.
import { ShapeError } from "../core/errors.js";
import { expectDType } from "../core/dtype.js";
import { commonShape, broadcastShapes, expandLayout } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { checkInPlace } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import type { Operand } from "./arithmetic.js";
import { where } from "./compare.js";
import { item, writeInto } from "./convert.js";
import { pick } from "./indexing.js";
import { positions } from "./nonzero.js";
import { put } from "./put.js";
import { sum } from "./reduce.js";
import { checkScalarOf, checkWrite, scalar, written } from "./scatter.js";
import { expand, narrow, reshape } from "./views.js";

function checkMask(op: string, mask: Tensor): void {
  expectDType(op, "mask", mask, "bool");
}

/**
 * The elements of x at which the mask is true, in row-major order: [k]. Both are broadcast together.
 * @param mask bool
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  checkMask("maskedSelect", mask);
  const shape = commonShape("maskedSelect", [x, mask]);
  return tidy(() => {
    const at = positions("maskedSelect", expand(mask, shape));
    return pick("maskedSelect", reshape(expand(x, shape), [-1]), 0, at);
  });
}

/**
 * A copy of x with one value wherever the mask is true; both are broadcast together.
 * @param mask bool
 * @param value a number, or a scalar of x's dtype
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  checkMask("maskedFill", mask);
  checkScalarOf("maskedFill", x, value);
  commonShape("maskedFill", [x, mask]);
  return tidy(() => where(mask, scalar(x, value), x));
}

/** `maskedFill` of x itself, which is returned; the mask broadcasts to x. */
export function maskedFill_(x: Tensor, mask: Tensor, value: Operand): Tensor {
  checkMask("maskedFill_", mask);
  checkScalarOf("maskedFill_", x, value);
  const others = typeof value === "number" ? [] : [value];
  checkInPlace("maskedFill_", x, others);
  expandLayout("maskedFill_", mask.layout, x.shape);
  return tidy(() => {
    const write = (out: Tensor): void =>
      withGrad(false, () => writeInto(out, out.layout, where(mask, scalar(x, value), x)));
    return written("maskedFill_", x, true, others, write, { mask }, (dy, { mask }) => [
      () => maskedFill(dy, mask, 0),
      () => sum(where(mask, dy, 0)),
    ]);
  });
}

/**
 * A copy of x in which the elements where the mask is true are those of source, one after the other
 * in row-major order; x and the mask are broadcast together.
 * @param mask bool
 * @param source any shape, of x's dtype, with at least as many elements as the mask has true ones
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  return putMasked("maskedScatter", x, mask, source, false);
}

/** `maskedScatter` into x itself, which is returned; the mask broadcasts to x. */
export function maskedScatter_(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  return putMasked("maskedScatter_", x, mask, source, true);
}

function putMasked(op: string, x: Tensor, mask: Tensor, source: Tensor, inPlace: boolean): Tensor {
  checkMask(op, mask);
  checkWrite(op, x, "source", source);
  if (inPlace) {
    expandLayout(op, mask.layout, x.shape);
    checkInPlace(op, x, [source]);
  }
  const shape = inPlace ? x.shape : broadcastShapes(op, x.shape, mask.shape);
  return tidy(() => {
    const places = expand(mask, shape);
    const k = item(sum(places));
    if (source.numel() < k) {
      throw new ShapeError(op, `the mask picks ${k} elements: source has ${source.numel()}`);
    }
    const values = narrow(reshape(source, [-1]), 0, 0, k);
    return put(op, inPlace ? x : expand(x, shape), [places], values, { inPlace });
  });
}
