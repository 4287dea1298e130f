// The passes that poolings are made of: largest elements and means over windows of planes, each with
// its transpose, so that derivatives of any order are passes again. Checks nothing: see pool.ts.
import { type Shape, sizeOf } from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { add } from "./arithmetic.js";
import { lt, where } from "./compare.js";
import { withContiguous, compute } from "./convert.js";
import { arange } from "./creation.js";
import type { ValuesAndIndices } from "./reduce.js";
import { reshape } from "./views.js";

/** The windows along one dim of n elements. A stride of 0: adaptive windows, which divide it. */
export interface Side {
  readonly n: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** Windows that are an element each. */
function single(n: number): Side {
  return { n, out: n, kernel: 1, stride: 1, padding: 0, dilation: 1 };
}

/** Elements of planes, and planes of fewer elements that were taken from them. */
export interface Places {
  readonly planes: number;
  readonly inPlane: number;
  readonly outPlane: number;
  readonly from: Shape;
  readonly to: Shape;
}

/** Planes of rows.n x cols.n to planes of rows.out x cols.out. */
interface Pass extends Places {
  readonly rows: Side;
  readonly cols: Side;
}

function passOf(planes: number, rows: Side, cols: Side, from: Shape, to: Shape): Pass {
  const inPlane = rows.n * cols.n;
  return { planes, inPlane, outPlane: rows.out * cols.out, from, to, rows, cols };
}

/**
 * One pass over windows of 1 or 2 dims; in 3 dims a second one along the depth, in which height and
 * width are one dim. The windows are boxes and the order of their elements is depth first, so
 * nothing but the rounding of sums tells the two from one.
 */
function passes(shape: Shape, sides: readonly Side[]): [Pass, Pass?] {
  const lead = shape.slice(0, shape.length - sides.length);
  const planes = sizeOf(lead);
  const to = [...lead, ...sides.map((side) => side.out)];
  const cols = sides.at(-1)!;
  const rows = sides.at(-2) ?? single(1);
  const depth = sides.at(-3);
  if (depth === undefined) return [passOf(planes, rows, cols, shape, to)];
  const between = [...lead, depth.n, rows.out, cols.out];
  return [
    passOf(planes * depth.n, rows, cols, shape, between),
    passOf(planes, depth, single(rows.out * cols.out), between, to),
  ];
}

/** The largest element of each window, and where in its plane (or, in 3 dims, its image) it lies. */
export function largest(op: string, x: Tensor, sides: readonly Side[]): ValuesAndIndices {
  const [flat, depth] = passes(x.shape, sides);
  if (depth === undefined) return largestOf(op, x, flat);
  return tidy(() => {
    const inner = largestOf(op, x, flat);
    const { values, indices } = largestOf(op, inner.values, depth);
    // From places in the slices' planes to places in the image.
    const slices = depth.rows.n;
    const starts = arange(0, slices * flat.inPlane, flat.inPlane, { dtype: "int32" });
    const places = add(inner.indices, reshape(starts, [slices, 1, 1]));
    const won = atWinners(op, places, indices, depth);
    // -1 where a window holds nothing.
    return { values, indices: where(lt(indices, 0), -1, won) };
  });
}

function largestOf(op: string, x: Tensor, pass: Pass): ValuesAndIndices {
  const { planes, rows, cols, to } = pass;
  const values = allocateShape(op, to, "float32");
  const indices = allocateShape(op, to, "int32");
  withContiguous(x, (x) => {
    const [px, po, pi] = [x.address(), values.address(), indices.address()];
    const args = [...windowsOf(pass), rows.dilation, cols.dilation] as const;
    run(kernels.maxPool2dF32, planes, px, po, pi, ...args);
  });
  record(op, values, [x], { indices }, (dy, { indices }) => [
    () => toWinners(op, dy, indices, pass),
  ]);
  return { values, indices };
}

/** dL/dx: each dy goes to the element that won its window. */
function toWinners(op: string, dy: Tensor, indices: Tensor, at: Places): Tensor {
  const operands = [dy, indices] as const;
  const planes = [at.inPlane, at.outPlane] as const;
  const units = at.planes;
  const out = compute(op, kernels.maxPool2dGradF32, units, operands, at.from, planes);
  return record(op, out, [dy], { indices }, (d, { indices }) => [
    () => atWinners(op, d, indices, at),
  ]);
}

/** x at the winners of each window: the transpose of `toWinners`. */
export function atWinners(op: string, x: Tensor, indices: Tensor, at: Places): Tensor {
  const operands = [x, indices] as const;
  const planes = [at.inPlane, at.outPlane] as const;
  const units = at.planes;
  const out = compute(op, kernels.maxPool2dGather32, units, operands, at.to, planes, x.dtype);
  return record(op, out, [x], { indices }, (d, { indices }) => [
    () => toWinners(op, d, indices, at),
  ]);
}

/**
 * The mean of each window.
 * @param countIncludePad whether padded zeros count as elements
 * @param divisor what the windows' sums are divided by instead; 0: none
 */
export function averages(
  op: string,
  x: Tensor,
  sides: readonly Side[],
  countIncludePad: boolean,
  divisor: number,
): Tensor {
  const [flat, depth] = passes(x.shape, sides);
  if (depth === undefined) return averaged(op, x, flat, countIncludePad, divisor);
  return tidy(() => {
    const slices = averaged(op, x, flat, countIncludePad, divisor === 0 ? 0 : 1);
    return averaged(op, slices, depth, countIncludePad, divisor);
  });
}

function averaged(op: string, x: Tensor, pass: Pass, count: boolean, divisor: number): Tensor {
  const args = [...windowsOf(pass), Number(count), divisor] as const;
  const out = compute(op, kernels.avgPool2dF32, pass.planes, [x], pass.to, args);
  return record(op, out, [x], {}, (dy) => [() => spreadBack(op, dy, pass, count, divisor)]);
}

/** dL/dx: each dy in equal shares to the elements of its window. */
function spreadBack(op: string, dy: Tensor, pass: Pass, count: boolean, divisor: number): Tensor {
  const args = [...windowsOf(pass), Number(count), divisor] as const;
  const out = compute(op, kernels.avgPool2dGradF32, pass.planes, [dy], pass.from, args);
  return record(op, out, [dy], {}, (d) => [() => averaged(op, d, pass, count, divisor)]);
}

/** H, W, OH, OW, kh, kw, strideH, strideW, padH, padW: the kernels' parameters behind the pointers. */
function windowsOf({ rows, cols }: Pass) {
  return [
    ...([rows.n, cols.n, rows.out, cols.out, rows.kernel, cols.kernel] as const),
    ...([rows.stride, cols.stride, rows.padding, cols.padding] as const),
  ] as const;
}
