// Comparisons, logic and selection. Their results are bool and have no derivative; `where` passes
// the gradient to the side that was chosen.
import { ValueError } from "../core/errors.js";
import { promote, tensorOf, expectDType } from "../core/dtype.js";
import { broadcastShapes, contiguousLayout, expandLayout, type Shape } from "../core/shape.js";
import { allocate, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { tidy } from "../memory/scope.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { type Operand, operandType, sumTo } from "./arithmetic.js";
import { binaryAs, cast, withCast } from "./convert.js";
import { full } from "./creation.js";
import {
  binary,
  type BinaryKernel,
  binaryScalar,
  collapse,
  elementwiseUnits,
  inOrder,
  unary,
} from "./dispatch.js";
import { nonzero } from "./nonzero.js";

interface Kernels {
  float32: BinaryKernel;
  int32: BinaryKernel;
}

/** f(a, b) or, with `swap`, f(b, a): a > b is b < a. */
function compare(op: string, fs: Kernels, a: Tensor, b: Operand, swap = false): Tensor {
  const dtype =
    promote(tensorOf(op, a).dtype, operandType(op, b, a)) === "float32" ? "float32" : "int32";
  if (typeof b === "number") {
    return withCast(op, a, dtype, (x) => binaryScalar(op, fs[dtype], x, b, "bool", swap));
  }
  if (!swap) return binaryAs(op, fs[dtype], a, b, dtype, "bool");
  broadcastShapes(op, a.shape, b.shape); // or a refusal names b first
  return binaryAs(op, fs[dtype], b, a, dtype, "bool");
}

/** The kernels of a comparison by dtype. */
const both = (op: "eq" | "ne" | "lt" | "le"): Kernels => ({
  float32: kernels[`${op}F32`],
  int32: kernels[`${op}I32`],
});
const eqs = /* @__PURE__ */ both("eq");
const nes = /* @__PURE__ */ both("ne");
const lts = /* @__PURE__ */ both("lt");
const les = /* @__PURE__ */ both("le");

/** a == b, elementwise with broadcasting; bool. NaN equals nothing. */
export function eq(a: Tensor, b: Operand): Tensor {
  return compare("eq", eqs, a, b);
}

/** a != b; bool. */
export function ne(a: Tensor, b: Operand): Tensor {
  return compare("ne", nes, a, b);
}

/** a < b; bool. */
export function lt(a: Tensor, b: Operand): Tensor {
  return compare("lt", lts, a, b);
}

/** a <= b; bool. */
export function le(a: Tensor, b: Operand): Tensor {
  return compare("le", les, a, b);
}

/** a > b; bool. */
export function gt(a: Tensor, b: Operand): Tensor {
  return compare("gt", lts, a, b, true);
}

/** a >= b; bool. */
export function ge(a: Tensor, b: Operand): Tensor {
  return compare("ge", les, a, b, true);
}

/** a and b; what is not 0 is true. */
export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  return binaryAs("logicalAnd", kernels.logicalAndBool, a, b, "bool");
}

/** a or b. */
export function logicalOr(a: Tensor, b: Tensor): Tensor {
  return binaryAs("logicalOr", kernels.logicalOrBool, a, b, "bool");
}

/** Exactly one of a and b. */
export function logicalXor(a: Tensor, b: Tensor): Tensor {
  return binaryAs("logicalXor", kernels.logicalXorBool, a, b, "bool");
}

/** Not x. */
export function logicalNot(x: Tensor): Tensor {
  return withCast("logicalNot", x, "bool", (x) =>
    binaryScalar("logicalNot", kernels.logicalXorBool, x, 1),
  );
}

/** Where x is NaN; bool. */
export function isnan(x: Tensor): Tensor {
  return withCast("isnan", x, "float32", (x) => binary("isnan", kernels.neF32, x, x, "bool"));
}

/** Where |x| compares to infinity. */
function sized(op: string, kernel: BinaryKernel, x: Tensor): Tensor {
  return withCast(op, x, "float32", (x) => {
    const size = unary(op, kernels.absF32, x);
    const out = binaryScalar(op, kernel, size, Infinity, "bool");
    size.dispose();
    return out;
  });
}

/** Where x is infinite; bool. */
export function isinf(x: Tensor): Tensor {
  return sized("isinf", kernels.eqF32, x);
}

/** Where x is neither infinite nor NaN; bool. */
export function isfinite(x: Tensor): Tensor {
  return sized("isfinite", kernels.ltF32, x);
}

/**
 * out = cond ? a : b, elementwise with broadcasting over all three, in the promoted dtype. Given cond
 * alone: its nonzero elements' indices, an int32 vector for each dim.
 * @throws DTypeError when cond is not bool.
 */
export function where(cond: Tensor): Tensor[];
export function where(cond: Tensor, a: Operand, b: Operand): Tensor;
export function where(cond: Tensor, a?: Operand, b?: Operand): Tensor | Tensor[] {
  if (a === undefined && b === undefined) return nonzero(cond, { asTuple: true });
  if (a === undefined || b === undefined) throw new ValueError("where", "a needs b");
  expectDType("where", "cond", cond, "bool");
  const dtype = promote(operandType("where", a, b), operandType("where", b, a));
  const sides = broadcastShapes("where", shapeOf(a), shapeOf(b));
  const shape = broadcastShapes("where", cond.shape, sides);
  if (dtype === "bool") {
    const [x, y] = [a, b] as [Tensor, Tensor];
    return tidy(() => logicalXor(y, logicalAnd(cond, logicalXor(x, y))));
  }
  const x = typeof a === "number" ? full([], a, { dtype }) : inOrder(cast(a, dtype));
  const y = typeof b === "number" ? full([], b, { dtype }) : inOrder(cast(b, dtype));
  const out = select(cond, x, y, shape);
  const inputs = [typeof a === "number" ? x : a, typeof b === "number" ? y : b];
  record("where", out, inputs, { cond }, (dy, { cond }) => [
    (shape) => sumTo(where(cond, dy, 0), shape), // dout/da = cond
    (shape) => sumTo(where(cond, 0, dy), shape), // dout/db = not cond
  ]);
  if (x !== a) x.dispose();
  if (y !== b) y.dispose();
  return out;
}

function shapeOf(a: Operand): Shape {
  return typeof a === "number" ? [] : a.shape;
}

function select(cond: Tensor, a: Tensor, b: Tensor, shape: Shape): Tensor {
  const operands = [cond, a, b].map((x) => expandLayout("where", x.layout, shape).strides);
  const { rows, cols, inner, rank, dims } = collapse(shape, operands);
  const out = allocate("where", contiguousLayout(shape), a.dtype);
  const units = elementwiseUnits(rows, cols);
  const [sc, sa, sb] = inner as [number, number, number];
  const [pc, pa, pb, po] = [cond.address(), a.address(), b.address(), out.address()];
  run(kernels.where32, units, pc, pa, pb, po, rows, cols, sc, sa, sb, rank, ...dims);
  return out;
}
