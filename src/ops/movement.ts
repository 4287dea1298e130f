// Elements in another order, or several times: reversals, rotations, repetitions. Each makes one copy
// out of views.
import { tensorOf } from "../core/dtype.js";
import { ShapeError, ValueError } from "../core/errors.js";
import {
  checkDim,
  checkDims,
  checkInt,
  checkRank,
  checkShape,
  listOf,
  type Shape,
  showShape,
  stridedLayout,
  shapeOf,
  checkList,
  misfit,
} from "../core/shape.js";
import { alias, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { kernels } from "../kernels/loader.js";
import { permutationUnits } from "../kernels/units.js";
import { tidy } from "../memory/scope.js";
import { cast, clone, compute, copyOf, item } from "./convert.js";
import { full } from "./creation.js";
import { checkIndex, indexSelect } from "./indexing.js";
import { cat } from "./join.js";
import { amin, sum } from "./reduce.js";
import { checkPair } from "./strided.js";
import { expand, flatten, narrow, reshape, select, transpose } from "./views.js";

/** The elements of the dims (one or several) in reverse order, as a copy. */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  return flipped("flip", x, listOf("flip", dims));
}

function flipped(op: string, x: Tensor, dims: readonly number[]): Tensor {
  const which = dims.length === 0 ? [] : checkDims(op, dims, x);
  const { shape, strides, offset } = x.layout;
  const back = (i: number): boolean => which.includes(i) && shape[i]! > 0;
  const reversed = stridedLayout(
    shape,
    strides.map((s, i) => (back(i) ? -s : s)),
    offset + shape.reduce((at, n, i) => at + (back(i) ? (n - 1) * strides[i]! : 0), 0),
  );
  const out = tidy(() => copyOf(op, alias(x, reversed)));
  return record(op, out, [x], {}, (dy) => [() => flipped(op, dy, which)]);
}

/** The columns (dim 1) in reverse order. @throws ShapeError for fewer than 2 dims */
export function fliplr(x: Tensor): Tensor {
  checkRank("fliplr", x, 2);
  return flipped("fliplr", x, [1]);
}

/** The rows (dim 0) in reverse order. @throws ShapeError for scalars */
export function flipud(x: Tensor): Tensor {
  checkRank("flipud", x, 1);
  return flipped("flipud", x, [0]);
}

/**
 * Moves elements along dims, each by its shift; what leaves at the end comes back at the start.
 * Without dims the elements move in row-major order.
 */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor {
  const by = listOf("roll", shifts);
  const along = dims === undefined ? [] : listOf("roll", dims);
  for (const shift of by) checkInt("roll", "shifts", shift);
  if (by.length !== (along.length || 1)) {
    throw new ValueError(
      "roll",
      `shifts and dims must be equally many: got ${by.length}, ${along.length}`,
    );
  }
  const at = along.map((d) => checkDim("roll", d, x));
  shapeOf("roll", x);
  return tidy(() => {
    if (x.ndim === 0 || at.length === 0) return reshape(rolled(flatten(x), by[0]!, 0), x.shape);
    return at.reduce((y, dim, i) => rolled(y, by[i]!, dim), x);
  });
}

function rolled(x: Tensor, shift: number, dim: number): Tensor {
  const n = x.shape[dim]!;
  if (n === 0) return clone(x);
  const cut = n - (((shift % n) + n) % n);
  return cat([narrow(x, dim, cut, n - cut), narrow(x, dim, 0, cut)], dim);
}

/** Turns the plane of two dims by k quarters, from the first dim towards the second. */
export function rot90(x: Tensor, k = 1, dims: readonly [number, number] = [0, 1]): Tensor {
  checkInt("rot90", "k", k);
  const [a, b] = checkPair("rot90", x, ...checkList("rot90", dims));
  const turns = ((k % 4) + 4) % 4;
  return tidy(() => {
    if (turns === 0) return clone(x);
    if (turns === 2) return flip(x, [a, b]);
    // A quarter: (i, j) comes from (j, n - 1 - i), so swap and reverse the first; back: the second.
    return flip(transpose(x, a, b), turns === 1 ? a : b);
  });
}

/** x repeated `sizes[i]` times along each dim; more sizes than dims add dims in front. */
export function repeat(x: Tensor, sizes: Shape): Tensor {
  return repeated("repeat", x, checkShape("repeat", sizes));
}

/** As `repeat`, but fewer sizes than dims are those of the last dims. */
export function tile(x: Tensor, sizes: Shape): Tensor {
  const times = checkShape("tile", sizes);
  const lead = Math.max(0, shapeOf("tile", x).length - times.length);
  return repeated("tile", x, [...new Array<number>(lead).fill(1), ...times]);
}

function repeated(op: string, x: Tensor, times: Shape): Tensor {
  const lead = times.length - shapeOf(op, x).length;
  if (lead < 0) {
    throw new ShapeError(op, `needs a size for each of ${x.ndim} dims: got ${showShape(times)}`);
  }
  const shape = times.map((_, i) => (i < lead ? 1 : x.shape[i - lead]!));
  const out = checkShape(
    op,
    shape.map((n, i) => n * times[i]!),
  );
  return tidy(() => {
    // Each dim behind one of size 1, which is stretched: the reshape back makes the only copy.
    const apart = reshape(
      x,
      shape.flatMap((n) => [1, n]),
    );
    const wide = expand(
      apart,
      shape.flatMap((n, i) => [times[i]!, n]),
    );
    return own(reshape(wide, out), x);
  });
}

/** A copy where `y` still shares x's memory, as where nothing was repeated. */
export function own(y: Tensor, x: Tensor): Tensor {
  return y.buffer === x.buffer ? clone(y) : y;
}

/**
 * Each element of a dim several times in a row: a number for all, or an int32 vector with one for each.
 * Without a dim x is flattened first.
 * @throws ValueError for a negative number; ShapeError where there is not one for each element
 */
export function repeatInterleave(x: Tensor, repeats: number | Tensor, dim?: number): Tensor {
  const at = dim === undefined ? 0 : checkDim("repeatInterleave", dim, x);
  const n = dim === undefined ? tensorOf("repeatInterleave", x).numel() : (x.shape[at] ?? 1);
  if (typeof repeats === "number") {
    checkInt("repeatInterleave", "repeats", repeats, 0);
  } else {
    checkIndex("repeatInterleave", repeats);
    if (repeats.ndim > 1 || (repeats.numel() !== n && repeats.numel() !== 1)) {
      misfit("repeatInterleave", `repeats must be [${n}] or one number`, repeats);
    }
    if (repeats.numel() > 0)
      tidy(() => checkInt("repeatInterleave", "repeats", item(amin(repeats)), 0));
  }
  return tidy(() => {
    const from = dim === undefined || x.ndim === 0 ? flatten(x) : x;
    const counts =
      typeof repeats === "number" ? full([n], repeats, { dtype: "int32" }) : expand(repeats, [n]);
    return indexSelect(from, at, select(repeatIndices("repeatInterleave", counts), 0, 0));
  });
}

/**
 * int32 [2, total]: each i as often as counts[i] says, and below it 0, 1, ... for each i. Not
 * recorded.
 * @param counts int32 >= 0, one dim
 */
export function repeatIndices(op: string, counts: Tensor): Tensor {
  const n = counts.numel();
  // In float32 first: a total beyond int32 would wrap round.
  const total = tidy(() => {
    checkShape(op, [Math.ceil(item(sum(cast(counts, "float32"))))]);
    return item(sum(counts));
  });
  const units = permutationUnits(total);
  return compute(op, kernels.repeatI32, units, [counts], [2, total], [n, total], "int32");
}
