// Where a tensor is not 0: positions as int32 tensors, in row-major order. Nothing here has a derivative.
import { shapeOf, checkOptions } from "../core/shape.js";
import { promote, tensorOf } from "../core/dtype.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { flatUnits, maskUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { eq, logicalNot, ne } from "./compare.js";
import { cast, compute, item, withContiguous } from "./convert.js";
import { sum } from "./reduce.js";
import { sort } from "./sort.js";
import { reshape, unbind } from "./views.js";

/** The row-major positions at which x is not 0 (NaN isn't), ascending: int32 [k]. */
export function positions(op: string, x: Tensor): Tensor {
  return tidy(() =>
    withContiguous(cast(x, "bool"), (mask) => {
      const n = mask.numel();
      const units = maskUnits(n);
      const counts = allocateShape(op, [units], "int32");
      run(kernels.countTrueBool, units, mask.address(), counts.address(), 0, n);
      const out = allocateShape(op, [item(sum(counts))], "int32");
      const [px, pc, po] = [mask.address(), counts.address(), out.address()];
      run(kernels.trueIndexBool, units, px, pc, po, n);
      return out;
    }),
  );
}

export interface NonzeroOptions {
  /** An int32 vector for each dim instead of one matrix: what `at` takes. Default: false. */
  asTuple?: boolean;
}

/**
 * The indices of all elements that are not 0 (NaN is none), in row-major order: int32 [k, x.ndim], or
 * with `asTuple` a list of vectors [k], one for each dim (one for a scalar too).
 * @example
 * const x = tensor([[0, 5], [7, 0]]);
 * console.log(nonzero(x).toArray()); // [ [ 0, 1 ], [ 1, 0 ] ]
 * console.log(x.at(...nonzero(x, { asTuple: true })).toArray()); // [ 5, 7 ]
 */
export function nonzero(x: Tensor): Tensor;
export function nonzero(x: Tensor, options: { asTuple: true }): Tensor[];
export function nonzero(x: Tensor, options: NonzeroOptions): Tensor | Tensor[];
export function nonzero(x: Tensor, options: NonzeroOptions = {}): Tensor | Tensor[] {
  checkOptions("nonzero", options);
  return tidy(() => {
    const { asTuple = false } = options;
    const from = asTuple && shapeOf("nonzero", x).length === 0 ? reshape(x, [1]) : x;
    const at = positions("nonzero", from);
    const sizes = [at.numel(), from.ndim] as const;
    const args = [...sizes, ...from.shape] as const;
    const units = flatUnits(at.numel());
    const out = compute("nonzero", kernels.unravelI32, units, [at], sizes, args, "int32");
    return asTuple ? unbind(out, 1) : out;
  });
}

export interface IsinOptions {
  /** Where x is none of them instead. Default: false. */
  invert?: boolean;
}

/**
 * Where x's elements equal any of `among`'s (any shape), compared in the promoted dtype; NaN equals
 * nothing. Bool, with x's shape. among is sorted, and searched for each element of x.
 */
export function isin(x: Tensor, among: Tensor | number, options: IsinOptions = {}): Tensor {
  checkOptions("isin", options);
  if (typeof among === "number") return (options.invert ? ne : eq)(x, among);
  return tidy(() =>
    noGrad(() => {
      const dtype = promote(
        promote(tensorOf("isin", x).dtype, tensorOf("isin", among).dtype),
        "int32",
      );
      const n = x.numel();
      const kernel = dtype === "float32" ? kernels.isinF32 : kernels.isinI32;
      const sorted = sort(reshape(cast(among, dtype), [-1])).values;
      const operands = [cast(x, dtype), sorted] as const;
      const sizes = [n, among.numel()] as const;
      const out = compute("isin", kernel, flatUnits(n), operands, x.shape, sizes, "bool");
      return options.invert ? logicalNot(out) : out;
    }),
  );
}

/** The indices of all elements that are not 0, in row-major order: int32 [k, x.ndim]. */
export function argwhere(x: Tensor): Tensor {
  return nonzero(x);
}
