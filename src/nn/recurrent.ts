// Recurrent layers and their cells, with PyTorch's arguments, parameter names and gate order.
import { ValueError } from "../core/errors.js";
import { expectDType, shown } from "../core/dtype.js";
import { expectFloats, checkWord, checkInt, checkOptions } from "../core/shape.js";
import { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { toTypedArray } from "../ops/convert.js";
import { tensor, zeros } from "../ops/creation.js";
import { cat, stack } from "../ops/join.js";
import { linear } from "../ops/matmul.js";
import { checkProbability, dropout } from "../ops/random.js";
import { MODES, recurrent, type RecurrentMode, type Run } from "../ops/recurrent.js";
import { select, squeeze, transpose, unsqueeze } from "../ops/views.js";
import { checkRows, checkSizes, initialise, parameter } from "./layers.js";
import { Module, type Parameter } from "./module.js";

export interface RecurrentOptions {
  /** Layers, each on the outputs of the one before. Default: 1. */
  numLayers?: number;
  /** Learn b_ih and b_hh. Default: true. */
  bias?: boolean;
  /** Inputs and outputs are [B, T, ...] instead of [T, B, ...]. Default: false. */
  batchFirst?: boolean;
  /** Dropout of the outputs of all layers but the last, in training. Default: 0. */
  dropout?: number;
  /** A second direction, from the last step to the first; outputs are joined. Default: false. */
  bidirectional?: boolean;
}

export interface SequenceOptions {
  /**
   * The steps of each sequence, from 1 to T: numbers, or an int32 tensor [B]. Outputs behind a sequence's
   * end are 0, its last state is that of its last step, and the other direction begins there: what
   * PyTorch's packed sequences do. Default: all have T.
   */
  lengths?: readonly number[] | Tensor;
}

/** One layer in one direction: the gates' weights. */
type Weights = Record<"weightIh" | "weightHh" | "biasIh" | "biasHh", Parameter | null>;

/** New weights, uniform within 1 / sqrt(H). */
function newWeights(mode: RecurrentMode, inputs: number, H: number, bias: boolean): Weights {
  const rows = MODES[mode].gates * H;
  const made = {
    weightIh: parameter([rows, inputs]),
    weightHh: parameter([rows, H]),
    biasIh: bias ? parameter([rows]) : null,
    biasHh: bias ? parameter([rows]) : null,
  };
  initialise(H, ...Object.values(made));
  return made;
}

function checkHidden(layer: string, inputSize: number, hiddenSize: number, options: unknown): void {
  checkSizes(layer, { inputSize }, options);
  // The kernel keeps a row's gates in its scratch.
  checkInt(layer, "hiddenSize", hiddenSize, 1, 32768);
}

/** The layer of a mode, as errors name it: a minifier renames classes. */
function layerOf(mode: RecurrentMode): string {
  return MODES[mode].gates === 1 ? "RNN" : mode.toUpperCase();
}

/** The states that a mode has, [..., B, H] (without B if not `batched`); zeros for those not given. */
function statesOf(
  layer: string,
  mode: RecurrentMode,
  given: GivenState,
  shape: readonly number[],
  batched: boolean,
): { h0: Tensor; c0: Tensor | null } {
  const state = (name: "hidden" | "cell"): Tensor => {
    const x = given[name];
    if (x == null) return zeros(shape);
    expectFloats(layer, name, x, batched ? shape : [...shape.slice(0, -2), ...shape.slice(-1)]);
    return batched ? x : unsqueeze(x, -2);
  };
  return { h0: state("hidden"), c0: mode === "lstm" ? state("cell") : null };
}

/** What a recurrent layer returns; `cell` is null but for LSTM. */
interface Outcome {
  output: Tensor;
  hidden: Tensor;
  cell: Tensor | null;
}

/** What RNN, LSTM and GRU share. */
abstract class Recurrent extends Module {
  declare readonly numLayers: number;
  declare readonly batchFirst: boolean;
  declare readonly dropout: number;
  declare readonly bidirectional: boolean;

  constructor(
    protected readonly mode: RecurrentMode,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentOptions,
  ) {
    super();
    const layer = layerOf(mode);
    checkHidden(layer, inputSize, hiddenSize, options);
    const { numLayers = 1, bias = true, batchFirst = false } = options;
    const { dropout = 0, bidirectional = false } = options;
    checkInt(layer, "numLayers", numLayers, 1, 4096);
    checkProbability(layer, dropout, "dropout");
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    for (let i = 0; i < numLayers; i++) {
      const inputs = i === 0 ? inputSize : hiddenSize * this.directions;
      for (const suffix of this.suffixes(i)) {
        for (const [name, p] of Object.entries(newWeights(mode, inputs, hiddenSize, bias))) {
          if (p !== null) Object.assign(this, { [name + suffix]: p });
        }
      }
    }
  }

  private get directions(): 1 | 2 {
    return this.bidirectional ? 2 : 1;
  }

  /** What follows the names of layer i's weights: weight_ih_l0, weight_ih_l0_reverse. */
  private suffixes(i: number): string[] {
    return [`L${i}`, `L${i}Reverse`].slice(0, this.directions);
  }

  private weight(name: string): Parameter | null {
    return (Reflect.get(this, name) as Parameter | undefined) ?? null;
  }

  private lengthsOf(options: SequenceOptions, T: number, B: number, layer: string): Tensor | null {
    const { lengths } = checkOptions(layer, options);
    if (lengths === undefined) return null;
    if (lengths instanceof Tensor) expectDType(layer, "lengths", lengths, "int32");
    const values = lengths instanceof Tensor ? [...toTypedArray(lengths)] : lengths;
    if (values.length !== B || !values.every((n) => Number.isInteger(n) && n >= 1 && n <= T)) {
      throw new ValueError(
        layer,
        `lengths must be ${B} integers in [1, ${T}]: got ${shown(values)}`,
      );
    }
    return tensor(Int32Array.from(values));
  }

  /** Runs all layers over [T, B, I]. */
  private layers(x: Tensor, h0: Tensor, c0: Tensor | null, lengths: Tensor | null): Outcome {
    const all: Run[] = [];
    let y = x;
    for (let i = 0; i < this.numLayers; i++) {
      if (i > 0) y = dropout(y, this.dropout, { training: this.training });
      const runs = this.suffixes(i).map((suffix, d) => {
        const at = i * this.directions + d;
        const bias = this.weight(`biasHh${suffix}`);
        return recurrent(
          {
            x: linear(y, this.weight(`weightIh${suffix}`)!, this.weight(`biasIh${suffix}`)),
            ...{ weight: this.weight(`weightHh${suffix}`)!, bias },
            h0: select(h0, 0, at),
            c0: c0 && select(c0, 0, at),
          },
          { mode: this.mode, reverse: d === 1, lengths },
        );
      });
      y =
        runs.length === 1
          ? runs[0]!.output
          : cat(
              runs.map((r) => r.output),
              2,
            );
      all.push(...runs);
    }
    return {
      output: y,
      hidden: stack(all.map((r) => r.hidden)),
      cell: c0 && stack(all.map((r) => r.cell!)),
    };
  }

  protected sequence(x: Tensor, given: GivenState, options: SequenceOptions): Outcome {
    const lead = this.batchFirst ? "B, T, " : "T, B, ";
    const layer = layerOf(this.mode);
    checkRows(layer, x, this.inputSize, lead, "T, ");
    const batched = x.ndim === 3;
    const turned = batched && this.batchFirst;
    return tidy(() => {
      const steps = turned ? transpose(x, 0, 1) : batched ? x : unsqueeze(x, 1);
      const [T, B] = steps.shape as [number, number];
      const lengths = this.lengthsOf(options, T, B, layer);
      const shape = [this.numLayers * this.directions, B, this.hiddenSize];
      const { h0, c0 } = statesOf(layer, this.mode, given, shape, batched);
      const { output, hidden, cell } = this.layers(steps, h0, c0, lengths);
      const back = (y: Tensor): Tensor => (batched ? y : squeeze(y, 1));
      return {
        output: turned ? transpose(output, 0, 1) : back(output),
        hidden: back(hidden),
        cell: cell && back(cell),
      };
    });
  }
}

/** What a layer returns, D being its directions. */
export interface RecurrentOutput {
  /** [T, B, D H] or [T, D H]; with batchFirst [B, T, D H]. */
  output: Tensor;
  /** The last states, [layers x D, B, H] or [layers x D, H]. */
  hidden: Tensor;
}

/** LSTM's states, of D directions (of LSTMCell: [B, H]). */
export interface LSTMState {
  /** h, [layers x D, B, H] or [layers x D, H] */
  hidden: Tensor;
  /** c, of the same shape */
  cell: Tensor;
}

type GivenState = { [Part in keyof LSTMState]?: Tensor | null | undefined };

/** A state that was given, or none: [hidden, cell], as PyTorch has it, would go unseen. */
function wholeState(layer: string, state: LSTMState | null = null): GivenState {
  if (state === null) return {};
  if ((state as GivenState).hidden && (state as GivenState).cell) return state;
  throw new ValueError(layer, "a state is { hidden, cell }, both tensors");
}

/** Elman's recurrent layer: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), over [T, B, inputSize] or [T, inputSize]. */
export class RNN extends Recurrent {
  /** @param options.nonlinearity Default: "tanh". */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { nonlinearity?: "tanh" | "relu" } = {},
  ) {
    super(nonlinearityOf("RNN", options), inputSize, hiddenSize, options);
  }

  /** @param hidden [layers x D, B, H]. Default: zeros. */
  forward(x: Tensor, hidden?: Tensor | null, options: SequenceOptions = {}): RecurrentOutput {
    const { output, hidden: last } = this.sequence(x, { hidden }, options);
    return { output, hidden: last };
  }
}

function nonlinearityOf(layer: string, options: { nonlinearity?: "tanh" | "relu" }): RecurrentMode {
  const { nonlinearity = "tanh" } = checkOptions(layer, options);
  checkWord(layer, "nonlinearity", nonlinearity, ["tanh", "relu"]);
  return nonlinearity;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997) over [T, B, inputSize] or [T, inputSize]. Gates
 * i, f, g, o: c' = f c + i g, h' = o tanh(c').
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("lstm", inputSize, hiddenSize, options);
  }

  /** @param state both [layers x D, B, H]. Default: zeros. */
  forward(
    x: Tensor,
    state?: LSTMState | null,
    options: SequenceOptions = {},
  ): RecurrentOutput & LSTMState {
    const { output, hidden, cell } = this.sequence(x, wholeState("LSTM", state), options);
    return { output, hidden, cell: cell! };
  }
}

/**
 * Gated recurrent units (Cho et al., 2014) over [T, B, inputSize] or [T, inputSize]. Gates r, z, n:
 * n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("gru", inputSize, hiddenSize, options);
  }

  /** @param hidden [layers x D, B, H]. Default: zeros. */
  forward(x: Tensor, hidden?: Tensor | null, options: SequenceOptions = {}): RecurrentOutput {
    const { output, hidden: last } = this.sequence(x, { hidden }, options);
    return { output, hidden: last };
  }
}

/** What the cells share: one step of a layer on [B, inputSize] or [inputSize]. */
abstract class Cell extends Module {
  declare readonly weightIh: Parameter;
  declare readonly weightHh: Parameter;
  declare readonly biasIh: Parameter | null;
  declare readonly biasHh: Parameter | null;

  constructor(
    private readonly mode: RecurrentMode,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: { bias?: boolean },
  ) {
    super();
    checkHidden(layerOf(mode) + "Cell", inputSize, hiddenSize, options);
    Object.assign(this, newWeights(mode, inputSize, hiddenSize, options.bias ?? true));
  }

  protected step(x: Tensor, given: GivenState): { hidden: Tensor; cell: Tensor | null } {
    const { inputSize, hiddenSize, mode } = this;
    const layer = layerOf(mode) + "Cell";
    checkRows(layer, x, inputSize, "B, ", "");
    const batched = x.ndim === 2;
    return tidy(() => {
      const rows = batched ? x : unsqueeze(x, 0);
      const run = recurrent(
        {
          x: linear(unsqueeze(rows, 0), this.weightIh, this.biasIh),
          ...{ weight: this.weightHh, bias: this.biasHh },
          ...statesOf(layer, mode, given, [rows.shape[0]!, hiddenSize], batched),
        },
        { mode, reverse: false, lengths: null },
      );
      const back = (y: Tensor): Tensor => (batched ? y : squeeze(y, 0));
      return { hidden: back(run.hidden), cell: run.cell && back(run.cell) };
    });
  }
}

/** One step of RNN: [B, inputSize] and a state [B, hiddenSize] (default: zeros) to the next state. */
export class RNNCell extends Cell {
  /** @param options.nonlinearity Default: "tanh". @param options.bias Default: true. */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: { bias?: boolean; nonlinearity?: "tanh" | "relu" } = {},
  ) {
    super(nonlinearityOf("RNNCell", options), inputSize, hiddenSize, options);
  }

  forward(x: Tensor, hidden?: Tensor | null): Tensor {
    return this.step(x, { hidden }).hidden;
  }
}

/** One step of LSTM: [B, inputSize] and states [B, hiddenSize] (default: zeros) to the next states. */
export class LSTMCell extends Cell {
  /** @param options.bias Default: true. */
  constructor(inputSize: number, hiddenSize: number, options: { bias?: boolean } = {}) {
    super("lstm", inputSize, hiddenSize, options);
  }

  forward(x: Tensor, state?: LSTMState | null): LSTMState {
    const { hidden, cell } = this.step(x, wholeState("LSTMCell", state));
    return { hidden, cell: cell! };
  }
}

/** One step of GRU: [B, inputSize] and a state [B, hiddenSize] (default: zeros) to the next state. */
export class GRUCell extends Cell {
  /** @param options.bias Default: true. */
  constructor(inputSize: number, hiddenSize: number, options: { bias?: boolean } = {}) {
    super("gru", inputSize, hiddenSize, options);
  }

  forward(x: Tensor, hidden?: Tensor | null): Tensor {
    return this.step(x, { hidden }).hidden;
  }
}
