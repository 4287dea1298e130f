// The line search of LBFGS: a step along a direction that fulfils the strong Wolfe conditions (Nocedal
// and Wright, Numerical Optimization, algorithms 3.5 and 3.6), as PyTorch does it.
import type { Tensor } from "../autograd/tensor.js";

/** The objective at a step t along the direction. */
export interface Point {
  t: number;
  loss: number;
  grad: Tensor;
  /** The derivative by t: grad times the direction. */
  slope: number;
}

const C1 = 1e-4;
const C2 = 0.9;
const MOST = 25;

/** The minimum of the cubic through two points with their slopes, kept between `low` and `high`. */
function cubic(a: Point, b: Point, low = Math.min(a.t, b.t), high = Math.max(a.t, b.t)): number {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const [x, y] = a.t <= b.t ? [a, b] : [b, a];
  const t = y.t - (y.t - x.t) * ((y.slope + d2 - d1) / (y.slope - x.slope + 2 * d2));
  return Math.min(Math.max(t, low), high);
}

/**
 * @param start the objective at t = 0
 * @param t the first step to try
 * @param evaluate the objective at t; the caller releases the gradients
 * @param norm the largest entry of the direction: a bracket shorter than toleranceChange / norm will do
 */
export function strongWolfe(
  start: Point,
  t: number,
  evaluate: (t: number) => Point,
  norm: number,
  toleranceChange: number,
): Point {
  const tooHigh = (p: Point): boolean => p.loss > start.loss + C1 * p.t * start.slope;
  const isFlat = (p: Point): boolean => Math.abs(p.slope) <= -C2 * start.slope;
  let previous = start;
  let now = evaluate(t);
  let count = 0;
  // Steps ahead until two points have a good one between them.
  for (; count < MOST; count++) {
    if (tooHigh(now) || (count > 1 && now.loss >= previous.loss)) break;
    if (isFlat(now)) return now;
    if (now.slope >= 0) break;
    const next = cubic(previous, now, now.t + 0.01 * (now.t - previous.t), now.t * 10);
    previous = now;
    now = evaluate(next);
  }
  // The bracket shrinks around a good step, unless the steps ahead have used up all evaluations.
  if (count === MOST) previous = start;
  let [low, high] = previous.loss <= now.loss ? [previous, now] : [now, previous];
  let stuck = false;
  for (; count < MOST && Math.abs(high.t - low.t) * norm >= toleranceChange; count++) {
    let t = cubic(low, high);
    const left = Math.min(low.t, high.t);
    const right = Math.max(low.t, high.t);
    const margin = 0.1 * (right - left);
    // Twice too near to an end of the bracket: a tenth of it away from that end.
    const isNear = Math.min(right - t, t - left) < margin;
    const mends: boolean = isNear && (stuck || t >= right || t <= left);
    if (mends) t = right - t < t - left ? right - margin : left + margin;
    stuck = isNear && !mends;
    now = evaluate(t);
    if (tooHigh(now) || now.loss >= low.loss) {
      [low, high] = now.loss < low.loss ? [now, low] : [low, now];
      continue;
    }
    if (isFlat(now)) return now;
    if (now.slope * (high.t - low.t) >= 0) high = low;
    low = now;
  }
  return low;
}
