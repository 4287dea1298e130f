// Triangles of matrices, and the positions in them.
import { checkInt, checkRank, checkShape } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { add, sub } from "./arithmetic.js";
import { ge, le, where } from "./compare.js";
import { arange, zeros } from "./creation.js";
import { indexSelect } from "./indexing.js";
import { stack } from "./join.js";
import { clamp } from "./math.js";
import { repeatIndices } from "./movement.js";
import { select, unsqueeze } from "./views.js";

/** The lower triangle of the last two dims, zeros above diagonal `offset`. Any dtype. */
export function tril(x: Tensor, offset = 0): Tensor {
  return triangle("tril", x, offset, le);
}

/** The upper triangle of the last two dims, zeros below diagonal `offset`. Any dtype. */
export function triu(x: Tensor, offset = 0): Tensor {
  return triangle("triu", x, offset, ge);
}

function triangle(op: string, x: Tensor, offset: number, side: typeof le): Tensor {
  checkInt(op, "offset", offset);
  checkRank(op, x, 2);
  return tidy(() => {
    const [rows, cols] = x.shape.slice(-2) as [number, number];
    const kept = side(sub(arange(cols), unsqueeze(arange(rows), -1)), offset);
    return where(kept, x, zeros([], { dtype: x.dtype }));
  });
}

/** int32 [2, n]: row and column of each element of a lower triangle, in row-major order. */
export function trilIndices(rows: number, cols: number, offset = 0): Tensor {
  return positions("trilIndices", rows, cols, offset, false);
}

/** int32 [2, n]: row and column of each element of an upper triangle, in row-major order. */
export function triuIndices(rows: number, cols: number, offset = 0): Tensor {
  return positions("triuIndices", rows, cols, offset, true);
}

function positions(op: string, rows: number, cols: number, offset: number, upper: boolean): Tensor {
  checkShape(op, [rows, cols]);
  checkInt(op, "offset", offset);
  return tidy(() => {
    // Row i has its diagonal in column i + offset: what is left of it, or from it on.
    const diagonals = add(arange(rows), offset);
    const first = clamp(diagonals, 0, cols);
    const counts = upper ? sub(cols, first) : clamp(add(diagonals, 1), 0, cols);
    const found = repeatIndices(op, counts);
    if (!upper) return found;
    const row = select(found, 0, 0);
    return stack([row, add(select(found, 0, 1), indexSelect(first, 0, row))]);
  });
}
