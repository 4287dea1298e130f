// Positions in sorted sequences, and counts: of whole numbers, and of elements between edges. None has a
// derivative.
import { ValueError } from "../core/errors.js";
import { checkFloat, checkWhole, promote } from "../core/dtype.js";
import {
  sameShape,
  expectShape,
  checkList,
  checkShape,
  shapeOf,
  checkWord,
  checkInt,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { detach } from "../autograd/backward.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { noGrad } from "../autograd/mode.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { flatUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { asTensor, div, mul, type Operand, sub } from "./arithmetic.js";
import { ge, le, logicalAnd, where } from "./compare.js";
import { cast, clone, compute, to, withAllContiguous } from "./convert.js";
import { fillContiguous, full, linspace } from "./creation.js";
import { gather } from "./indexing.js";
import { clamp } from "./math.js";
import { bounds, checkWithin } from "./extremes.js";
import { sum } from "./reduce.js";
import { diff } from "./scan.js";
import { narrow, reshape } from "./views.js";

export interface SearchsortedOptions {
  /** Behind the elements equal to the value, not before them. Default: false. */
  right?: boolean;
  /** The same in words: "right" or "left". */
  side?: "left" | "right";
  /** Positions that sort the sequence (`argsort`), where it is not sorted; int32. */
  sorter?: Tensor;
}

/**
 * Where each value belongs in a sorted sequence, so that it stays sorted; int32, in values' shape. NaN
 * counts as the largest, and a value that is NaN goes to the very end.
 * @param sorted [n], or [..., n] with a row for each of the leading dims of `values` [..., m]
 */
export function searchsorted(
  sorted: Tensor,
  values: Operand,
  options: SearchsortedOptions = {},
): Tensor {
  const { right = options.side === "right", side, sorter } = checkOptions("searchsorted", options);
  checkWord("searchsorted", "side", side ?? "left", ["left", "right"]);
  if (right && side === "left") {
    throw new ValueError("searchsorted", "side and right contradict each other");
  }
  const shape = typeof values === "number" ? [] : shapeOf("searchsorted", values);
  const shared = shapeOf("searchsorted", sorted).length === 1;
  if (!shared && (sorted.ndim === 0 || !sameShape(sorted.shape.slice(0, -1), shape.slice(0, -1)))) {
    misfit("searchsorted", "leading dims must agree", sorted, { shape });
  }
  if (sorter !== undefined) expectShape("searchsorted", "sorter", sorter, sorted.shape);
  return tidy(() =>
    noGrad(() => {
      const rows = sorter === undefined ? sorted : gather(sorted, -1, sorter);
      return positions(rows, asTensor("searchsorted", values, rows), right);
    }),
  );
}

function positions(sorted: Tensor, values: Tensor, right: boolean): Tensor {
  const dtype = promote(promote(sorted.dtype, values.dtype), "int32");
  const operands = [cast(sorted, dtype), cast(values, dtype)] as const;
  const total = values.numel();
  const sizes = [sorted.shape.at(-1)!, values.shape.at(-1) ?? 1, total] as const;
  const flags = [Number(sorted.ndim === 1), Number(right), Number(dtype === "int32")] as const;
  return compute(
    "searchsorted",
    kernels.searchsorted32,
    flatUnits(total),
    operands,
    values.shape,
    [...sizes, ...flags],
    "int32",
  );
}

/** The index of the interval between sorted boundaries [n] that each element lies in; int32. */
export function bucketize(
  x: Operand,
  boundaries: Tensor,
  options: { right?: boolean } = {},
): Tensor {
  const { right = false } = checkOptions("bucketize", options);
  if (shapeOf("bucketize", boundaries).length !== 1) {
    misfit("bucketize", "boundaries must be a vector", boundaries);
  }
  return searchsorted(boundaries, x, { right });
}

/** Bins are found in float32, which tells no more of them apart. */
const MOST_BINS = 2 ** 24;

/** How often each of 0 ... bins-1 occurs in x (int32), or the sum of its weights. */
function count(op: string, x: Tensor, weights: Tensor | null, bins: number): Tensor {
  return withAllContiguous([x, weights], (x, weights) => {
    const out = allocateShape(op, checkShape(op, [bins]), weights === null ? "int32" : "float32");
    fillContiguous(out, 0);
    const [px, pw, po] = [x.address(), weights?.address() ?? 0, out.address()];
    run(kernels.bincount32, 1, px, pw, po, x.numel(), bins);
    return out;
  });
}

/**
 * How often each of 0 ... max(x) occurs in a vector of whole numbers >= 0: int32, or with weights the
 * sums of those: float32.
 * @param weights in x's shape
 * @param minlength at least as many counts. Default: 0
 */
export function bincount(x: Tensor, weights?: Tensor | null, minlength = 0): Tensor {
  checkWhole("bincount", x);
  if (x.ndim !== 1) {
    misfit("bincount", "x must be a vector", x);
  }
  if (weights != null) expectShape("bincount", "weights", weights, x.shape);
  checkInt("bincount", "minlength", minlength, 0);
  return tidy(() => {
    const from = cast(x, "int32");
    const greatest = checkWithin("bincount", "x must not be negative", from, Infinity);
    const given = weights == null ? null : cast(weights, "float32");
    return count("bincount", from, given, Math.max(greatest + 1, minlength));
  });
}

/** The range of a histogram: as given, or the data's; an empty one is made wider by `margin` on both sides. */
function rangeOf(
  op: string,
  x: Tensor,
  range: readonly [number, number] | null,
  margin: number,
): [number, number] {
  const given = checkList(op, range ?? [0, 0]);
  let [low, high] = given;
  if (range === null && x.numel() > 0) [low, high] = bounds(x);
  if (given.length !== 2 || !(low <= high && high - low < Infinity)) {
    throw new ValueError(op, `the range must be finite and ascending: got [${low}, ${high}]`);
  }
  return low === high ? [low - margin, high + margin] : [low, high];
}

/** Where low <= x <= high, `bin` (the last one includes high); else -1. */
function inside(x: Tensor, bin: Tensor, low: Operand, high: Operand, bins: number): Tensor {
  const within = logicalAnd(ge(x, low), le(x, high));
  return where(within, clamp(bin, 0, bins - 1), -1);
}

/**
 * How many elements lie in each of `bins` equal intervals from min to max, float32; what lies outside is
 * not counted. With min = max the range is that of x.
 */
export function histc(x: Tensor, bins = 100, min = 0, max = 0): Tensor {
  checkFloat("histc", "x", x);
  checkInt("histc", "bins", bins, 1, MOST_BINS);
  return tidy(() =>
    noGrad(() => {
      const [low, high] = rangeOf("histc", x, min === max ? null : [min, max], 1);
      // In float32, in PyTorch's order.
      const bin = div(mul(sub(x, low), bins), sub(full([], high), low));
      return to(
        count("histc", inside(x, to(bin, "int32"), low, high, bins), null, bins),
        "float32",
      );
    }),
  );
}

export interface HistogramOptions {
  /** From where to where the bins reach, where they are a number. Default: x's range. */
  range?: readonly [number, number];
  /** What each element counts, in x's shape. Default: 1. */
  weight?: Tensor;
  /** Divide by the total and by the widths of the bins. Default: false. */
  density?: boolean;
}

/**
 * How many elements lie in each bin, the last bin including its upper edge; both float32.
 * @param bins their number, or their edges [bins + 1] in ascending order
 */
export function histogram(
  x: Tensor,
  bins: number | Tensor,
  options: HistogramOptions = {},
): { hist: Tensor; binEdges: Tensor } {
  const { range, weight, density = false } = checkOptions("histogram", options);
  checkFloat("histogram", "x", x);
  if (typeof bins === "number") checkInt("histogram", "bins", bins, 1, MOST_BINS);
  else if (shapeOf("histogram", bins).length !== 1 || bins.numel() < 2) {
    misfit("histogram", "edges must be a vector of 2 or more", bins);
  }
  if (weight !== undefined) expectShape("histogram", "weight", weight, x.shape);
  return tidy(() =>
    noGrad(() => {
      const binEdges =
        typeof bins === "number"
          ? linspace(...rangeOf("histogram", x, range ?? null, 0.5), bins + 1)
          : clone(to(detach(bins), "float32"));
      const n = binEdges.numel() - 1;
      const [low, high] = [narrow(binEdges, 0, 0, 1), narrow(binEdges, 0, n, 1)];
      const flat = reshape(x, [-1]);
      const bin = sub(positions(binEdges, flat, true), 1);
      const given = weight === undefined ? null : cast(reshape(weight, [-1]), "float32");
      const hist = to(count("histogram", inside(flat, bin, low, high, n), given, n), "float32");
      return { hist: density ? div(hist, mul(sum(hist), diff(binEdges))) : hist, binEdges };
    }),
  );
}
