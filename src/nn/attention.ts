// Multi-head attention as a layer, and the cache of keys and values with which it generates.
import { checkInt, expectShape, type Shape, shapeOf, checkOptions } from "../core/shape.js";
import { refuseInCapture, withGrad } from "../autograd/mode.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy, untracked } from "../memory/scope.js";
import { add } from "../ops/arithmetic.js";
import { attend, causalMask } from "../ops/attention.js";
import { logicalNot, logicalOr, where } from "../ops/compare.js";
import { empty, zeros } from "../ops/creation.js";
import { unflatten } from "../ops/dims.js";
import { copy_ } from "../ops/inplace.js";
import { cat } from "../ops/join.js";
import { linear } from "../ops/matmul.js";
import { pad } from "../ops/padding.js";
import { checkProbability } from "../ops/random.js";
import { mean } from "../ops/reduce.js";
import {
  chunk,
  expand,
  narrow,
  permute,
  reshape,
  squeeze,
  transpose,
  unsqueeze,
} from "../ops/views.js";
import { xavierNormal_, xavierUniform_, zeros_ } from "./init.js";
import { checkParts, checkSizes, Linear, parameter } from "./layers.js";
import type { Parameter } from "./module.js";
import { areOwn, Composed, scopeOf } from "./plain.js";

const NAME = "MultiheadAttention";
const MOVES = "moves a position that JavaScript keeps";

/**
 * The keys and values of all positions so far, for generation step by step: what is appended is copied
 * behind what is there, into memory that doubles when it is full. No gradients flow through it.
 */
export class KVCache {
  /** Positions so far. */
  length = 0;
  private keys: Tensor | null = null;
  private values: Tensor | null = null;

  /** @param capacity positions that there is room for at first */
  constructor(private readonly capacity = 64) {
    checkSizes("KVCache", { capacity });
  }

  /**
   * Appends k [..., T, E] and v [..., T, Ev].
   * @returns all so far, [..., length, E] and [..., length, Ev]: views of the cache, which go on after `crop`
   *   is written over
   * @throws ShapeError when the other dims differ from those of earlier calls
   */
  append(k: Tensor, v: Tensor): { k: Tensor; v: Tensor } {
    refuseInCapture("KVCache", MOVES);
    const T = k.shape.at(-2)!;
    expectShape("KVCache", "k", k, sized(this.keys ?? k, T));
    expectShape("KVCache", "v", v, sized(this.values ?? v, T));
    const total = this.length + T;
    return withGrad(false, () => {
      this.keys = this.put(this.keys, k, total);
      this.values = this.put(this.values, v, total);
      this.length = total;
      return { k: narrow(this.keys, -2, 0, total), v: narrow(this.values, -2, 0, total) };
    });
  }

  private put(room: Tensor | null, x: Tensor, total: number): Tensor {
    const had = room?.shape.at(-2) ?? 0;
    const to =
      room !== null && had >= total
        ? room
        : untracked(() => empty(sized(x, Math.max(total, this.capacity, 2 * had))));
    tidy(() => {
      if (room !== null && to !== room) {
        copy_(narrow(to, -2, 0, this.length), narrow(room, -2, 0, this.length));
        room.dispose();
      }
      copy_(narrow(to, -2, this.length, total - this.length), x);
    });
    return to;
  }

  /** Keeps the first `length` positions, to go on from there. */
  crop(length: number): void {
    refuseInCapture("KVCache", MOVES);
    checkInt("KVCache", "length", length, 0, this.length);
    this.length = length;
  }

  /** Forgets all, and the memory too. */
  reset(): void {
    refuseInCapture("KVCache", MOVES);
    this.keys?.dispose();
    this.values?.dispose();
    this.keys = this.values = null;
    this.length = 0;
  }
}

/** x's shape with n for the dim before the last. */
function sized(x: Tensor, n: number): Shape {
  return [...x.shape.slice(0, -2), n, x.shape.at(-1)!];
}

export interface MultiheadAttentionOptions {
  /** The probability with which a weight is dropped in training. Default: 0. */
  dropout?: number | undefined;
  /** Biases of the projections. Default: true. */
  bias?: boolean | undefined;
  /** Append a learned key and value to the others. Default: false. */
  addBiasKv?: boolean | undefined;
  /** Append a key and a value of zeros. Default: false. */
  addZeroAttn?: boolean | undefined;
  /** Size of keys. Default: embedDim. */
  kdim?: number | undefined;
  /** Size of values. Default: embedDim. */
  vdim?: number | undefined;
  /** [N, T, E] instead of [T, N, E]. Default: false. */
  batchFirst?: boolean | undefined;
}

export interface MultiheadAttentionInputs {
  /** [N, S] (or [S]): bool, true where a key is ignored; or float32, added to the scores. */
  keyPaddingMask?: Tensor | null | undefined;
  /** Return the weights as well; without them nothing of the size of [L, S] is made. Default: true. */
  needWeights?: boolean | undefined;
  /** [L, S] or [N heads, L, S]: bool, true where a key is ignored (!); or float32, added. */
  attnMask?: Tensor | null | undefined;
  /** The weights' mean over the heads. Default: true. */
  averageAttnWeights?: boolean | undefined;
  /** Query i sees keys up to i, with a cache those before as well; needs no attnMask. Default: false. */
  isCausal?: boolean | undefined;
  /** Keys and values so far, to which this call's are appended. */
  cache?: KVCache | null | undefined;
}

/** Ignored keys as `attnMask` says them: bool, true where ignored, or float32 to be added. */
function merged(a: Tensor | null, b: Tensor | null): Tensor | null {
  if (a === null || b === null) return a ?? b;
  if (a.dtype === "bool" && b.dtype === "bool") return logicalOr(a, b);
  const term = (x: Tensor): Tensor => (x.dtype === "bool" ? where(x, -Infinity, 0) : x);
  return add(term(a), term(b));
}

/**
 * Attention of several heads side by side, each of embedDim / numHeads (Vaswani et al., 2017), between
 * projections of queries, keys, values and outputs. Of what PyTorch returns as a pair, `output` and
 * `weights` are the names here.
 */
export class MultiheadAttention extends Composed {
  /** [3 embedDim, embedDim]; null where kdim or vdim differs. */
  readonly inProjWeight: Parameter | null = null;
  readonly qProjWeight: Parameter | null = null;
  readonly kProjWeight: Parameter | null = null;
  readonly vProjWeight: Parameter | null = null;
  /** [3 embedDim] */
  declare readonly inProjBias: Parameter | null;
  /** [1, 1, embedDim] */
  declare readonly biasK: Parameter | null;
  declare readonly biasV: Parameter | null;
  declare readonly outProj: Linear;

  /** @throws ValueError for sizes and heads that are no integers, heads that do not divide embedDim, no probability */
  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    private readonly options: MultiheadAttentionOptions = {},
  ) {
    super();
    const {
      bias = true,
      addBiasKv = false,
      kdim = embedDim,
      vdim = embedDim,
    } = checkOptions(NAME, options);
    checkParts(NAME, "numHeads", numHeads, { embedDim }, options);
    checkSizes(NAME, { kdim, vdim });
    checkProbability(NAME, options.dropout ?? 0, "dropout");
    if (kdim === embedDim && vdim === embedDim) {
      this.inProjWeight = parameter([3 * embedDim, embedDim]);
    } else {
      this.qProjWeight = parameter([embedDim, embedDim]);
      this.kProjWeight = parameter([embedDim, kdim]);
      this.vProjWeight = parameter([embedDim, vdim]);
    }
    for (const weight of this.ownParameters()) xavierUniform_(weight);
    this.inProjBias = bias ? parameter([3 * embedDim]) : null;
    this.biasK = addBiasKv ? parameter([1, 1, embedDim]) : null;
    this.biasV = addBiasKv ? parameter([1, 1, embedDim]) : null;
    for (const added of [this.biasK, this.biasV]) if (added !== null) xavierNormal_(added);
    this.outProj = new Linear(embedDim, embedDim, { bias });
    if (this.outProj.bias !== null) zeros_(this.outProj.bias);
  }

  override callsOwn(): boolean {
    return areOwn(this.outProj);
  }

  /**
   * @param query [L, N, E], with batchFirst [N, L, E], or [L, E]
   * @param key [S, N, kdim] and so on
   * @param value [S, N, vdim]
   * @returns output as query; weights [N, L, S], of each head [N, heads, L, S], without N as query; or null
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    inputs: MultiheadAttentionInputs = {},
  ): { output: Tensor; weights: Tensor | null } {
    const {
      needWeights = true,
      averageAttnWeights = true,
      isCausal = false,
    } = checkOptions(NAME, inputs);
    this.check(query, key, value, inputs);
    return scopeOf(this)(() => {
      const single = query.ndim === 2;
      const first = single || this.options.batchFirst;
      const [q, k, v] = this.project([query, key, value]) as [Tensor, Tensor, Tensor];
      const { cache } = inputs;
      const causalOffset = cache?.length ?? 0;
      const all = this.extended(cache?.append(k, v) ?? { k, v });
      const [L, S] = [q.shape.at(-2)!, all.k.shape.at(-2)!];
      // What is appended to the keys is seen by all: then the causal mask stops before it.
      const own = all.extra > 0 && isCausal;
      const causal = own ? logicalNot(causalMask(L, S - all.extra, 1 + causalOffset)) : null;
      const options = {
        attnMask: this.maskFor(inputs, causal, q.shape[0]!, all.extra),
        ...{ isCausal: isCausal && !own, causalOffset },
        dropoutP: this.training ? (this.options.dropout ?? 0) : 0,
      };
      const { output, weights } = attend(q, all.k, all.v, options, needWeights);
      const shown = weights && averageAttnWeights ? mean(weights, 1) : weights;
      return {
        output: this.outProj.forward(
          reshape(permute(output, first ? [0, 2, 1, 3] : [2, 0, 1, 3]), query.shape),
        ),
        weights: shown && single ? squeeze(shown, 0) : shown,
      };
    });
  }

  private check(query: Tensor, key: Tensor, value: Tensor, inputs: MultiheadAttentionInputs): void {
    const { kdim = this.embedDim, vdim = this.embedDim, batchFirst = false } = this.options;
    const [batch, time] = batchFirst ? [0, -2] : [1, 0];
    const [L, S] = [query, key].map((x) => shapeOf(NAME, x).at(time)!) as [number, number];
    const N = query.ndim === 2 ? [] : [query.shape[batch]!];
    const sized = (T: number, E: number): Shape => (batchFirst ? [...N, T, E] : [T, ...N, E]);
    const { keyPaddingMask, attnMask, cache } = inputs;
    const keys = S + (cache?.length ?? 0);
    const heads = attnMask?.ndim === 3 ? [(N[0] ?? 1) * this.numHeads] : [];
    for (const [name, x, shape] of [
      ["query", query, sized(L, this.embedDim)],
      ["key", key, sized(S, kdim)],
      ["value", value, sized(S, vdim)],
      ["keyPaddingMask", keyPaddingMask, [...N, keys]],
      ["attnMask", attnMask, [...heads, L, keys]],
    ] as const) {
      if (x) expectShape(NAME, name, x, shape);
    }
  }

  /** Queries, keys and values of each head: [N, heads, T, embedDim / heads]. */
  private project(operands: readonly Tensor[]): Tensor[] {
    const { inProjWeight, inProjBias, numHeads } = this;
    const weights = inProjWeight
      ? chunk(inProjWeight, 3)
      : [this.qProjWeight!, this.kProjWeight!, this.vProjWeight!];
    const biases = inProjBias && chunk(inProjBias, 3);
    return operands.map((x, i) => {
      const y = linear(x, weights[i]!, biases && biases[i]!);
      const heads = unflatten(y, -1, [numHeads, this.embedDim / numHeads]);
      if (x.ndim === 2) return transpose(unsqueeze(heads, 0), 1, 2);
      return permute(heads, this.options.batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]);
    });
  }

  /** Keys and values with the learned and the zero ones behind. */
  private extended({ k, v }: { k: Tensor; v: Tensor }): { k: Tensor; v: Tensor; extra: number } {
    const { biasK, biasV, numHeads } = this;
    const extra = (biasK ? 1 : 0) + (this.options.addZeroAttn ? 1 : 0);
    const append = (x: Tensor, bias: Tensor | null): Tensor => {
      const row = sized(x, 1);
      const own = bias && expand(reshape(bias, [1, numHeads, 1, row[3]!]), row);
      const zero = this.options.addZeroAttn ? zeros(row) : null;
      return cat(
        [x, own, zero].filter((part) => part !== null),
        -2,
      );
    };
    return extra === 0 ? { k, v, extra } : { k: append(k, biasK), v: append(v, biasV), extra };
  }

  /** The masks as `attend` wants them: true where a key takes part, [N or 1, heads or 1, L or 1, S]. */
  private maskFor(
    inputs: MultiheadAttentionInputs,
    causal: Tensor | null,
    N: number,
    extra: number,
  ): Tensor | null {
    const { keyPaddingMask: padding = null, attnMask: given = null } = inputs;
    const rows = padding && reshape(padding, [N, 1, 1, padding.shape.at(-1)!]);
    const own = given?.ndim === 3 ? unflatten(given, 0, [N, this.numHeads]) : given;
    const mask = merged(merged(own, causal), rows);
    if (mask === null) return null;
    const wide = extra > 0 ? pad(mask, [0, extra]) : mask;
    return wide.dtype === "bool" ? logicalNot(wide) : wide;
  }
}
