/**
 * What a task is, and what may be asked of one: its kinds with their sizes, the bar it is held to,
 * the arithmetic it amounts to. The table of tasks is entries.ts, their numbers are inputs.ts, and
 * nothing here runs anything: a contestant turns a task into a job (contestant.ts).
 */

/** Work that every contestant is given in the same words; shapes are PyTorch's (NCHW, [out, in]). */
export type Task =
  /** One small addition as a user writes it: nothing is released by hand. */
  | { kind: "eagerAdd"; n: number; recorded: boolean }
  | { kind: "matmul"; batch: number; m: number; n: number; k: number; transposed: "" | "a" | "b" }
  | Conv
  | { kind: "unary"; fn: UnaryFn; n: number }
  /** `addRow` adds a row to every row of a square; the others take two operands of one shape. */
  | { kind: "binary"; fn: "add" | "mul" | "addRow"; n: number }
  /** ((a - b) b + a)^2, step by step, by libraries that record or compile as one function. */
  | { kind: "chain"; n: number }
  /** (x - m) s w + b with m, s [rows, 1] and w, b [cols], in the same way. */
  | { kind: "standardise"; rows: number; cols: number }
  | { kind: "rows"; fn: "softmax" | "layerNorm"; rows: number; cols: number }
  /**
   * In the same way, of x, y [rows, cols] and w, b [cols]: layer norm of x + y, times w and b added;
   * x / sqrt(mean(x^2) + eps) w, as whoever writes a Llama writes it.
   */
  | { kind: "norm"; fn: "residual" | "rms"; rows: number; cols: number }
  | { kind: "sum"; dim: 0 | 1 | null; rows: number; cols: number }
  | Mlp
  /** Two convolutions of 5x5 with pools of 2x2, and a Linear: [batch,1,28,28] to 10 classes. */
  | ({ kind: "lenet"; batch: number } & Model)
  /** A sequence [steps, batch, inputs] through an LSTM; a Linear makes 10 classes of its last output. */
  | ({ kind: "lstm"; steps: number; batch: number; inputs: number; hidden: number } & Model)
  | Gpt;

export type UnaryFn = "exp" | "tanh" | "gelu" | "sigmoid" | "relu";

export interface Conv {
  readonly kind: "conv2d";
  readonly x: Shape4;
  readonly outChannels: number;
  readonly kernel: number;
  readonly padding: number;
  readonly groups: number;
  /** With a relu behind it, in one call by libraries that have one. */
  readonly relu?: boolean;
}

export interface Mlp extends Model {
  readonly kind: "mlp";
  readonly sizes: readonly number[];
  readonly batch: number;
  readonly loss: "crossEntropy" | "mse";
}

/**
 * A decoder as GPT-2's: token and position embeddings, `depth` blocks of layer norm, causal
 * attention, layer norm and a GELU (tanh form) of four times the width, each behind a residual; a
 * last layer norm, and a head without bias. Trained on the next token at every place.
 */
export interface Gpt extends Model {
  readonly kind: "gpt";
  readonly batch: number;
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  readonly depth: number;
  readonly words: number;
}

/** What is done with a model: a training step (forward, loss, backward, Adam), or a forward pass without gradients. */
export interface Model {
  readonly mode: "train" | "forward";
  /** Recorded and replayed, by libraries that can; the others run it as always. */
  readonly captured?: boolean;
}

export type Shape4 = readonly [number, number, number, number];

/** A bar; judge.ts holds a row against it. All that is given must hold. */
export interface Bar {
  /** At least `by` times the speed of the named peer, or of the fastest peer. */
  readonly faster?: { readonly than: string; readonly by: number };
  /** At least this share of the limit that was measured in the same rounds. */
  readonly ofLimit?: number;
  /** Elements a nanosecond where SIMD multiplies and adds at `REFERENCE_GFLOPS`; elsewhere in proportion. */
  readonly perNs?: number;
  /** At most so many milliseconds; on a slower machine the same bar as a ratio to a peer. */
  readonly atMostMs?: number;
  readonly orRatio?: { readonly than: string; readonly by: number };
  /** At least so many times the speed of the entry that it shares peers with, which has one thread. */
  readonly overOneThread?: number;
}

/** The machine on which the bars in elements a nanosecond were set. */
export const REFERENCE_GFLOPS = 64;

export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly task: Task;
  readonly bar: Bar;
  /** Floating-point operations, or bytes read and written: what the rate column is made from. */
  readonly flops?: number;
  readonly bytes?: number;
  /** Show calls per second rather than nothing in the rate column. */
  readonly perSecond?: boolean;
  /** Answers may differ by this much, times the largest absolute value of the answer. */
  readonly tolerance: number;
  /** Who needs seconds for a call: one round, and none at all with --quick. */
  readonly slowFor?: readonly string[];
  /** The entry with the same work for every peer: they run once for both. */
  readonly peersOf?: string;
  /** Threads of the library; peers have one. Default: 1. */
  readonly threads?: number;
}

/** Training answers are losses of so many steps: enough that a wrong gradient or optimiser shows. */
export const CHECKED_STEPS = { mlp: 10, lenet: 2, lstm: 5, gpt: 3 } as const;
export const LEARNING_RATE = 1e-3;
export const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const;
export const LAYER_NORM_EPS = 1e-5;
export const CLASSES = 10;

/** A square of the elements of a binary task, for `addRow`. */
export const sideOf = ({ n }: { readonly n: number }): number => Math.sqrt(n);
