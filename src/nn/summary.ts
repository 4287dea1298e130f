// summary: a table of a model's layers, their output shapes, parameters and multiply-adds.
import type { DType } from "../core/dtype.js";
import { type Shape, showShape, checkList, checkOptions } from "../core/shape.js";
import { withGrad } from "../autograd/mode.js";
import { Tensor } from "../autograd/tensor.js";
import { zeros } from "../ops/creation.js";
import { MultiheadAttention } from "./attention.js";
import { ConvolutionTranspose } from "./conv.js";
import { Embedding, EmbeddingBag } from "./embedding.js";
import { RMSNorm } from "./groupNorm.js";
import { addHook } from "./hooks.js";
import { Bilinear } from "./layers.js";
import { checkModule, type Module, type Parameter } from "./module.js";
import { LayerNorm } from "./norm.js";
import { scopeOf } from "./plain.js";

/** Layers whose parameters take part in no product of matrices. */
const UNCOUNTED = [Embedding, EmbeddingBag, LayerNorm, RMSNorm];

export interface SummaryRow {
  /** Its path in the model; "" for the model itself. */
  name: string;
  /** The class. */
  type: string;
  /** The shape of its output (of the first tensor in it); null where it was not called. */
  outputShape: Shape | null;
  /** Parameters of its own, those below it left out. */
  parameters: number;
  /**
   * Multiplications with weights of its own, each with an addition, in one forward: of linear maps,
   * convolutions (transposed ones: before what they cut off), recurrent layers and attention's projections.
   * In modules of one's own, each parameter of two dims or more counts as a weight. Not counted: biases,
   * normalisations, other factors of elements, tables, products of inputs (attention's scores), and what
   * weightNorm and spectralNorm do to a weight.
   */
  multiplyAdds: number;
}

export interface SummaryOptions {
  /** Of inputs given as shapes: "int32" for token ids. Default: "float32". */
  dtype?: DType;
}

/** What `summary` found; as text it is a table. */
export class Summary {
  declare readonly totalParameters: number;
  declare readonly trainableParameters: number;
  declare readonly multiplyAdds: number;

  /** @internal */
  constructor(
    readonly rows: readonly SummaryRow[],
    model: Module,
  ) {
    const parameters = model.parameters();
    this.totalParameters = count(parameters);
    this.trainableParameters = count(parameters.filter((p) => p.requiresGrad));
    this.multiplyAdds = rows.reduce((n, row) => n + row.multiplyAdds, 0);
  }

  toString(): string {
    const table = [
      ["layer", "type", "output shape", "parameters", "multiply-adds"],
      ...this.rows.map((row) => [
        row.name === "" ? "(model)" : row.name,
        row.type,
        row.outputShape === null ? "-" : showShape(row.outputShape),
        row.parameters === 0 ? "-" : grouped(row.parameters),
        row.multiplyAdds === 0 ? "-" : grouped(row.multiplyAdds),
      ]),
    ];
    const widths = table[0]!.map((_, i) => Math.max(...table.map((cells) => cells[i]!.length)));
    const lines = table.map((cells) =>
      cells
        .map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  ")
        .trimEnd(),
    );
    lines.splice(1, 0, widths.map((n) => "-".repeat(n)).join("  "));
    const frozen = this.totalParameters - this.trainableParameters;
    return [
      ...lines,
      "",
      `parameters: ${grouped(this.totalParameters)}` +
        (frozen === 0 ? "" : `, ${grouped(frozen)} of them frozen`),
      `multiply-adds: ${grouped(this.multiplyAdds)}`,
    ].join("\n");
  }
}

/** 1234567 -> "1,234,567" */
function grouped(n: number): string {
  return n.toLocaleString("en");
}

/**
 * Runs a model once on zeros, in evaluation mode and without gradients, and lists its layers.
 * @param inputs the shape of its input, batch included; a list of shapes for several inputs; or
 *   the tensors themselves
 * @example
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 2));
 * console.log(String(nn.summary(model, [1, 4])));
 */
export function summary(
  model: Module,
  inputs: Shape | readonly (Shape | Tensor)[],
  options: SummaryOptions = {},
): Summary {
  checkModule("summary", model);
  checkOptions("summary", options);
  checkList("summary", inputs);
  const list = inputs.every((n): n is number => typeof n === "number") ? [inputs] : inputs;
  const rows = model.namedModules().map(([name, module]) => {
    return { module, row: blank(name, module), mode: module.training };
  });
  const scope = scopeOf(model); // as it is without our hooks
  const remove = rows.map(({ module, row }) =>
    addHook(module, "after", (_, inputs, output) => note(row, module, inputs, output)),
  );
  try {
    withGrad(false, () =>
      scope(() => {
        const given = list.map((x) => (x instanceof Tensor ? x : zeros(x, options)));
        model.eval();
        (model.forward as (...x: Tensor[]) => unknown)(...given);
      }),
    );
  } finally {
    for (const off of remove) off();
    for (const { module, mode } of rows) module.training = mode;
  }
  return new Summary(
    rows.map(({ row }) => row),
    model,
  );
}

function count(parameters: readonly Parameter[]): number {
  return parameters.reduce((n, p) => n + p.numel(), 0);
}

function blank(name: string, module: Module): SummaryRow {
  const parameters = count(module.ownParameters());
  return { name, type: module.constructor.name, outputShape: null, parameters, multiplyAdds: 0 };
}

function note(row: SummaryRow, module: Module, inputs: readonly unknown[], output: unknown): void {
  const out = firstTensor(output);
  if (out === null) return;
  row.outputShape ??= out.shape;
  // A table of vectors is looked up, a normalisation's weight scales elements.
  if (UNCOUNTED.some((kind) => module instanceof kind)) return;
  if (module instanceof MultiheadAttention) {
    // Rows of [kdim] each meet kdim x embedDim weights.
    const projected = (inputs as Tensor[]).slice(0, 3);
    row.multiplyAdds += projected.reduce((n, x) => n + x.numel() * module.embedDim, 0);
    return;
  }
  // A transposed convolution uses each weight once per point of its input.
  const turned = module instanceof ConvolutionTranspose;
  const points = turned ? (inputs[0] as Tensor) : out;
  for (const weight of module.ownParameters()) {
    if (weight.ndim < 2 || isLength(module, weight)) continue;
    // Each element is used once per row of the output, or once per point of a convolution's.
    const convolves = weight.ndim >= 3 && !(module instanceof Bilinear);
    const channels = points.shape.at(convolves ? 1 - weight.ndim : -1) || 1;
    row.multiplyAdds += (points.numel() / channels) * weight.numel();
  }
}

/** Whether weightNorm made a parameter of a weight's lengths: its directions are counted. */
function isLength(module: Module, parameter: Parameter): boolean {
  return Object.entries(module).some(
    ([name, value]: [string, unknown]) =>
      value === parameter &&
      Object.getOwnPropertyDescriptor(module, name.replace(/G$/, ""))?.get !== undefined,
  );
}

function firstTensor(value: unknown): Tensor | null {
  if (value instanceof Tensor) return value;
  if (typeof value !== "object" || value === null) return null;
  return Object.values(value).reduce<Tensor | null>(
    (found, item) => found ?? firstTensor(item),
    null,
  );
}
