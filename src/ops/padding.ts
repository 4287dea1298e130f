// Elements added around a tensor: a constant, or mirrored, repeated or wrapped ones of its own.
import { shown } from "../core/dtype.js";
import { ShapeError, ValueError } from "../core/errors.js";
import {
  contiguousLayout,
  stridedLayout,
  showShape,
  checkList,
  checkShape,
  shapeOf,
  checkScalar,
  checkWord,
  checkOptions,
} from "../core/shape.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { record } from "../autograd/record.js";
import { detach } from "../autograd/backward.js";
import { tidy } from "../memory/scope.js";
import { writeInto } from "./convert.js";
import { fillContiguous } from "./creation.js";
import { cat } from "./join.js";
import { flip, own } from "./movement.js";
import { expand, narrow } from "./views.js";

/** What the new elements are: `value`, or x's own: mirrored at the edge, the edge's, or wrapped. */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

const MODES: readonly PadMode[] = ["constant", "reflect", "replicate", "circular"];

export interface PadOptions {
  /** Default: "constant". */
  mode?: PadMode;
  /** What the new elements are in constant mode. Default: 0. */
  value?: number;
}

/**
 * Adds elements around x. `padding` is [before, after] of the last dim, then of the one before it,
 * and so on, as in PyTorch; negative numbers crop. The modes other than constant take 1 to 3 dims,
 * with one or two more in front.
 * @throws ShapeError for what a mode can't take from x: reflect needs more elements than it adds on a
 *   side, circular as many, replicate one
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  const { mode = "constant", value = 0 } = checkOptions("pad", options);
  const { length } = checkList("pad", padding);
  if (
    length % 2 !== 0 ||
    length > 2 * shapeOf("pad", x).length ||
    !padding.every(Number.isInteger)
  ) {
    throw new ValueError(
      "pad",
      `padding must be pairs of integers, at most ${x.ndim}: got ${shown(padding)}`,
    );
  }
  const before = x.shape.map((_, i) => padding[2 * (x.ndim - 1 - i)] ?? 0);
  const after = x.shape.map((_, i) => padding[2 * (x.ndim - 1 - i) + 1] ?? 0);
  // The part of x that stays.
  const kept = x.shape.map((n, i) => n + Math.min(0, before[i]!) + Math.min(0, after[i]!));
  if (kept.some((n) => n < 0)) {
    throw new ShapeError(
      "pad",
      `crops more than there is: ${showShape(x.shape)} by ${shown(padding)}`,
    );
  }
  if (mode === "constant") return padConstant(x, before, after, kept, value);
  checkWord("pad", "mode", mode, MODES);
  checkMode(x, padding, mode);
  return tidy(() => {
    const dims = [...x.shape.keys()].slice(-padding.length / 2);
    const out = dims.reduce((y, i) => padDim(y, i, before[i]!, after[i]!, mode), x);
    return own(out, x);
  });
}

function padConstant(
  x: Tensor,
  before: readonly number[],
  after: readonly number[],
  kept: readonly number[],
  value: number,
): Tensor {
  const shape = x.shape.map((n, i) => n + before[i]! + after[i]!);
  checkScalar("pad", "value", value);
  const out = allocateShape("pad", checkShape("pad", shape), x.dtype);
  fillContiguous(out, value);
  const { strides } = contiguousLayout(shape);
  const offset = before.reduce((o, b, i) => o + Math.max(0, b) * strides[i]!, 0);
  tidy(() => {
    const part = kept.reduce((y, n, i) => narrow(y, i, Math.max(0, -before[i]!), n), detach(x));
    writeInto(out, stridedLayout(kept, strides, offset), part);
  });
  const back = before.flatMap((_, i, all) => {
    const k = all.length - 1 - i;
    return [-before[k]!, -after[k]!];
  });
  return record("pad", out, [x], {}, (dy) => [() => pad(dy, back)]);
}

function checkMode(x: Tensor, padding: readonly number[], mode: PadMode): void {
  const padded = padding.length / 2;
  const front = x.ndim - padded;
  if (padded < 1 || padded > 3 || front < 1 || front > 2) {
    throw new ShapeError(
      "pad",
      `${mode} pads 1 to 3 dims behind 1 or 2: got ${padded} of ${x.ndim}`,
    );
  }
  padding.forEach((p, i) => {
    const whole = x.shape[x.ndim - 1 - (i >> 1)]!;
    // What a side may take: any number of copies of an edge, a dim (as the other side crops it) at most,
    // or all but its edge.
    const n = mode === "circular" ? whole + Math.min(0, padding[i ^ 1]!) : whole;
    const most = mode === "replicate" ? (n > 0 ? p : 0) : mode === "circular" ? n : n - 1;
    if (p > 0 && p > most) {
      throw new ShapeError("pad", `${mode} can't take ${p} elements from a dim of ${n}`);
    }
  });
}

/** all with `before` and `after` elements of its own around dim `i`; negative ones crop, and circular wraps what is left. */
function padDim(all: Tensor, i: number, before: number, after: number, mode: PadMode): Tensor {
  const first = Math.max(0, -before);
  const kept = narrow(all, i, first, all.shape[i]! - first + Math.min(0, after));
  const x = mode === "circular" ? kept : all;
  const n = x.shape[i]!;
  const part = (start: number, length: number): Tensor => narrow(x, i, start, length);
  const edge = (start: number, length: number): Tensor =>
    expand(
      part(start, 1),
      x.shape.map((n, k) => (k === i ? length : n)),
    );
  const parts = [kept];
  if (before > 0) {
    if (mode === "reflect") parts.unshift(flip(part(1, before), i));
    else parts.unshift(mode === "circular" ? part(n - before, before) : edge(0, before));
  }
  if (after > 0) {
    if (mode === "reflect") parts.push(flip(part(n - 1 - after, after), i));
    else parts.push(mode === "circular" ? part(0, after) : edge(n - 1, after));
  }
  return parts.length === 1 ? parts[0]! : cat(parts, i);
}
