// Scaled dot-product attention: the fused kernels, and the composition of ops that does what they do
// not (gradients of gradients and of a mask, the weights themselves, heads of more than 512). The
// composition makes the [L, S] matrix, the kernels never do.
import { checkFloat, tensorOf } from "../core/dtype.js";
import { DTypeError, ValueError } from "../core/errors.js";
import {
  broadcastShapes,
  expandLayout,
  type Shape,
  sizeOf,
  checkInt,
  checkNumber,
  misfit,
  checkOptions,
} from "../core/shape.js";
import { isGradEnabled } from "../autograd/mode.js";
import type { Wanted } from "../autograd/node.js";
import { record, together } from "../autograd/record.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import { f32, run, type Stream } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { add, mul, sub } from "./arithmetic.js";
import { lt, ne, where } from "./compare.js";
import { contiguous, withContiguous } from "./convert.js";
import { arange, ones } from "./creation.js";
import { collapse } from "./dispatch.js";
import { matmul } from "./matmul.js";
import { mT } from "./matrix.js";
import { dropoutAt, generatorOf, type Generator } from "./random.js";
import { any, sum } from "./reduce.js";
import { softmax } from "./softmax.js";
import { expand, narrow, reshape, unsqueeze } from "./views.js";

const OP = "scaledDotProductAttention";

export interface AttentionOptions {
  /**
   * Broadcastable to [..., L, S]. bool: true where a key takes part; float32: added to the scores.
   * Default: none.
   */
  attnMask?: Tensor | null;
  /** The probability with which a weight is dropped; applied whenever it is > 0. Default: 0. */
  dropoutP?: number;
  /** Query i sees the keys up to i + causalOffset. Not together with attnMask. Default: false. */
  isCausal?: boolean;
  /**
   * Where the queries begin among the keys: S - L lets the last query see all keys, as it must with a
   * key-value cache. Default: 0, PyTorch's alignment at the upper left.
   */
  causalOffset?: number;
  /** What the scores are multiplied by. Default: 1 / sqrt(E). */
  scale?: number | null;
  /** q may have a multiple of the heads (dim -3) of k and v: neighbours share. Default: false. */
  enableGqa?: boolean;
  /** Where the dropout's numbers come from. Default: the one that manualSeed seeds. */
  generator?: Generator;
}

/** What the operands' shapes and the options come to. */
interface Plan {
  readonly mask: Tensor | null;
  /** The dims before [L, E] of q, and of k and v. */
  readonly outer: Shape;
  readonly shared: Shape;
  readonly L: number;
  readonly S: number;
  readonly group: number;
  readonly scale: number;
  /** Query i sees the keys [0, i + reach). */
  readonly reach: number;
  readonly p: number;
  /** Where this op's random numbers begin: the composition draws the same ones. */
  readonly stream: Stream;
}

/**
 * softmax(scale q k^T + mask) v, in memory that grows with L + S (Dao et al., 2022). A query all of
 * whose keys are masked gets 0 (as in PyTorch 2.5; before it was NaN). What isCausal hides is not
 * read; a masked key's value is multiplied by 0.
 *
 * Derivatives of the derivative, and of a float mask that requires gradients, are composed of other
 * ops, which take memory for [..., L, S].
 * @param q [..., L, E]
 * @param k [..., S, E]
 * @param v [..., S, Ev]; the dims before broadcast
 * @returns [..., L, Ev]
 * @throws ShapeError, DTypeError for operands that do not fit; ValueError for attnMask with isCausal
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  if (checkOptions(OP, options).isCausal && options.attnMask) {
    throw new ValueError(OP, "isCausal and attnMask exclude each other");
  }
  return attend(q, k, v, options, false).output;
}

/**
 * @internal The same; isCausal and attnMask may both be given. With `needWeights` composed, and the
 * weights [..., L, S] (after dropout) come along.
 */
export function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions,
  needWeights: boolean,
): { output: Tensor; weights: Tensor | null } {
  const plan = planFor(q, k, v, options);
  const { mask, outer, shared } = plan;
  return tidy(() => {
    const fit = (x: Tensor, lead: Shape): Tensor => expand(x, [...lead, ...x.shape.slice(-2)]);
    const [a, b, c] = [fit(q, outer), fit(k, shared), fit(v, shared)];
    const wide = Math.max(q.shape.at(-1)!, v.shape.at(-1)!) > 512;
    if (needWeights || wide || (mask?.requiresGrad && isGradEnabled())) {
      const weights = dropped(weightsOf(a, b, plan), plan);
      const output = matmul(weights, perQuery(c, plan));
      return { output, weights: needWeights ? weights : null };
    }
    return { output: fused(contiguous(a), headwise(b), headwise(c), plan), weights: null };
  });
}

function planFor(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Plan {
  const { attnMask: mask = null, dropoutP: p = 0, causalOffset = 0, enableGqa = false } = options;
  const generator = generatorOf(OP, options);
  const least = enableGqa ? 3 : 2;
  const group = groupOf(q, k, v, least);
  const [L, E] = q.shape.slice(-2) as [number, number];
  const S = k.shape.at(-2)!;
  const lead = [q, k, v]
    .map((x): Shape => x.shape.slice(0, -least))
    .reduce((a, b) => broadcastShapes(OP, a, b));
  const outer = [...lead, ...q.shape.slice(-least, -2)];
  checkNumber(OP, "dropoutP", p, 0, 1);
  checkInt(OP, "causalOffset", causalOffset);
  checkMask(mask, [...outer, L, S]);
  return {
    ...{ mask, outer, shared: [...lead, ...k.shape.slice(-least, -2)], L, S, group, p },
    scale: checkNumber(OP, "scale", options.scale ?? 1 / Math.sqrt(E)),
    reach: options.isCausal ? Math.max(-L, Math.min(S, 1 + causalOffset)) : S,
    // S numbers a query, rounded up to whole counters.
    stream: p === 0 ? [0, 0, 0, 0] : generator.take(sizeOf(outer) * L * Math.ceil(S / 4)),
  };
}

/** Refuses operands that don't fit; with `least` 3, gives how many heads of q share one of k and v. */
function groupOf(q: Tensor, k: Tensor, v: Tensor, least: number): number {
  checkFloat(OP, "q", q);
  checkFloat(OP, "k", k);
  checkFloat(OP, "v", v);
  const shared = least === 3;
  const group = shared ? q.shape.at(-3)! / k.shape.at(-3)! : 1;
  if (
    Math.min(q.ndim, k.ndim, v.ndim) < least ||
    k.shape.at(-1) !== q.shape.at(-1) ||
    v.shape.at(-2) !== k.shape.at(-2) ||
    (shared && (v.shape.at(-3) !== k.shape.at(-3) || !(group > 0 && Number.isInteger(group))))
  ) {
    const heads = shared ? ", the heads of k and v dividing q's" : "";
    misfit(OP, `q must be [..., L, E], k [..., S, E], v [..., S, Ev]${heads}`, q, k, v);
  }
  return group;
}

function checkMask(mask: Tensor | null, shape: Shape): void {
  if (mask === null) return;
  if (tensorOf(OP, mask).dtype === "int32") {
    throw new DTypeError(OP, `attnMask must be bool or float32: got ${mask.dtype}`);
  }
  expandLayout(OP, mask.layout, shape);
}

/** Elements from one head to the next, or null unless each head is contiguous and all lie evenly. */
function headStride(x: Tensor): number | null {
  const [rows, cols] = x.shape.slice(-2) as [number, number];
  const [down, across] = x.layout.strides.slice(-2) as [number, number];
  if ((cols > 1 && across !== 1) || (rows > 1 && down !== cols)) return null;
  const { inner, rank } = collapse(x.shape.slice(0, -2), [x.layout.strides.slice(0, -2)]);
  return rank === 0 && inner[0]! >= 0 ? inner[0]! : null;
}

/** x, or a copy: the kernels step evenly from head to head, as through a cache's part in use. */
function headwise(x: Tensor): Tensor {
  return headStride(x) === null ? contiguous(x) : x;
}

/** Pointers of a kernel call; what is missing is 0. */
type Operands = Record<"q" | "k" | "v" | "out" | "stats", Tensor> & {
  mask: Tensor | null;
  dy?: Tensor;
};
type Made = readonly (Tensor | null)[];

function call(
  kernel: typeof kernels.attentionF32,
  units: number,
  x: Operands,
  plan: Plan,
  made: Made,
): void {
  const { L, S, group, scale, reach, p, stream } = plan;
  const { q, k, v, out, stats, mask, dy } = x;
  const strides = mask && expandLayout(OP, mask.layout, [...plan.outer, L, S]).strides;
  // The mask's steps from head to head: size and stride of each dim, outermost first.
  const { cols, inner, dims } = collapse(plan.outer, [strides ?? plan.outer]);
  const heads = strides ? [...dims, cols, inner[0]!] : [];
  const at = (t: Tensor | null | undefined): number => t?.address() ?? 0;
  run(
    kernel,
    units,
    ...([at(q), at(k), at(v), at(mask), at(out), at(stats), at(dy)] as const),
    ...([at(made[0]), at(made[1]), at(made[2]), L, S, q.shape.at(-1)!, v.shape.at(-1)!] as const),
    ...([headStride(k)!, headStride(v)!, group, f32(scale), reach] as const),
    ...([mask?.dtype === "bool" ? 1 : 4, strides?.at(-2) ?? 0, strides?.at(-1) ?? 0] as const),
    ...([...stream, f32(p), heads.length / 2] as const),
    ...heads,
  );
}

/** The kernels: nothing of the size of [L, S] is made. */
function fused(q: Tensor, k: Tensor, v: Tensor, plan: Plan): Tensor {
  const { outer, shared, mask, L } = plan;
  const out = allocateShape(OP, [...outer, L, v.shape.at(-1)!], "float32");
  const stats = allocateShape(OP, [...outer, L, 2], "float32");
  const saved = { q, k, v, out, stats, mask };
  call(kernels.attentionF32, sizeOf(outer) * Math.ceil(L / 64), saved, plan, []);
  return record(OP, out, [q, k, v], saved, (dy, saved, wanted: Wanted) => {
    if (isGradEnabled()) return composedGrads(dy, { ...plan, ...saved });
    const inputs = [saved.q, saved.k, saved.v];
    return together(inputs, wanted, () => {
      const made = inputs.map((x) =>
        wanted(x.node) ? allocateShape(OP, x.shape, "float32") : null,
      );
      withContiguous(dy, (dy) =>
        call(kernels.attentionGradF32, sizeOf(shared), { ...saved, dy }, plan, made),
      );
      return made;
    });
  });
}

/** Which keys the queries see, [L, S]: key j of query i where j < i + reach. */
export function causalMask(L: number, S: number, reach: number): Tensor {
  return tidy(() => lt(arange(S), add(unsqueeze(arange(L), 1), reach)));
}

/** k or v with a head for each of q's. */
function perQuery(x: Tensor, { group, outer }: Plan): Tensor {
  if (group === 1) return x;
  const [rows, cols] = x.shape.slice(-2) as [number, number];
  const shape = [...x.shape.slice(0, -2), group, rows, cols];
  return reshape(expand(unsqueeze(x, -3), shape), [...outer, rows, cols]);
}

/** The transpose of `perQuery`: the sum over the heads that share one. */
function perKey(x: Tensor, { group, shared }: Plan): Tensor {
  if (group === 1) return x;
  return sum(reshape(x, [...shared, group, ...x.shape.slice(-2)]), -3);
}

/** The probabilities [..., L, S], differentiable. */
function weightsOf(q: Tensor, k: Tensor, plan: Plan): Tensor {
  const { mask, L, S, reach } = plan;
  let scores = mul(matmul(q, mT(perQuery(k, plan))), plan.scale);
  if (mask !== null) {
    scores = mask.dtype === "bool" ? where(mask, scores, -Infinity) : add(scores, mask);
  }
  if (reach < S) scores = where(causalMask(L, S, reach), scores, -Infinity);
  else if (mask === null) return softmax(scores, -1);
  const live = any(ne(scores, -Infinity), -1, { keepdim: true });
  return where(live, softmax(where(live, scores, 0), -1), 0);
}

/** With the dropout that the kernels compute: a query's numbers begin at a counter of their own. */
function dropped(weights: Tensor, plan: Plan): Tensor {
  const { p, S, stream } = plan;
  if (p === 0) return weights;
  const rows = [...weights.shape.slice(0, -1), 4 * Math.ceil(S / 4)];
  return mul(weights, narrow(dropoutAt(ones(rows), p, stream), -1, 0, S));
}

/** The formulas of assembly/attention/backward.ts in differentiable ops: for second derivatives. */
function composedGrads(dy: Tensor, plan: Plan & Record<"q" | "k" | "v", Tensor>): (() => Tensor)[] {
  const { q, k, v } = plan;
  const toScores = (): Tensor => {
    const weights = weightsOf(q, k, plan);
    const d = dropped(matmul(dy, mT(perQuery(v, plan))), plan);
    const centred = sub(d, sum(mul(d, weights), -1, { keepdim: true }));
    return mul(mul(centred, weights), plan.scale);
  };
  return [
    () => matmul(toScores(), perQuery(k, plan)),
    () => perKey(matmul(mT(toScores()), q), plan),
    () => perKey(matmul(mT(dropped(weightsOf(q, k, plan), plan)), dy), plan),
  ];
}
