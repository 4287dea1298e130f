// A recurrent layer over a whole sequence, in one direction: one matrix product for what the inputs give
// to the gates, one kernel call for all steps, and one for the way back through time.
import { enableGrad, isGradEnabled } from "../autograd/mode.js";
import { detach, grad } from "../autograd/backward.js";
import type { Wanted } from "../autograd/node.js";
import { type Gradients, record, together } from "../autograd/record.js";
import { allocateShape, type Tensor } from "../autograd/tensor.js";
import { kernels } from "../kernels/loader.js";
import { run } from "../kernels/run.js";
import { tidy } from "../memory/scope.js";
import { relu } from "./activations.js";
import { add, mul, type Operand, sub } from "./arithmetic.js";
import { withAllContiguous } from "./convert.js";
import { cat } from "./join.js";
import { sigmoid, tanh } from "./math.js";
import { linear, matmul } from "./matmul.js";
import { sum } from "./reduce.js";
import { narrow, reshape, select, transpose, unsqueeze } from "./views.js";
import { gt, where } from "./compare.js";

/** The kernels' modes, and the gates of each. */
export const MODES = {
  tanh: { code: 0, gates: 1 },
  relu: { code: 1, gates: 1 },
  lstm: { code: 2, gates: 4 },
  gru: { code: 3, gates: 3 },
} as const;

export type RecurrentMode = keyof typeof MODES;

/** How a sequence is run through. */
export interface Direction {
  readonly mode: RecurrentMode;
  /** From the last step to the first. */
  readonly reverse: boolean;
  /** int32 [B]: the steps of each row; null: all. */
  readonly lengths: Tensor | null;
}

/** What a layer is computed from. LSTM has c0, the others null. */
interface Operands {
  /** [T, B, G H]: W_ih x + b_ih */
  readonly x: Tensor;
  /** [G H, H] */
  readonly weight: Tensor;
  /** [G H] */
  readonly bias: Tensor | null;
  /** [B, H] */
  readonly h0: Tensor;
  readonly c0: Tensor | null;
}

/** Output [T, B, H], last state [B, H] and (LSTM) last cell state [B, H]. */
export interface Run {
  readonly output: Tensor;
  readonly hidden: Tensor;
  readonly cell: Tensor | null;
}

/** The recurrent part of a layer. Checked by the layers in nn/. */
export function recurrent(operands: Operands, direction: Direction): Run {
  const [B, H] = operands.h0.shape as [number, number];
  const T = operands.x.shape[0]!;
  return tidy(() => {
    const flat = sequence(operands, direction);
    const state = (at: number): Tensor => reshape(narrow(flat, 0, at * B * H, B * H), [B, H]);
    return {
      output: reshape(narrow(flat, 0, 0, T * B * H), [T, B, H]),
      hidden: state(T),
      cell: operands.c0 === null ? null : state(T + 1),
    };
  });
}

type Arrays = Readonly<Record<"before" | "gates" | "inner", Tensor>>;

/** Output, last h and last c one behind the other, as one recorded op. */
function sequence(operands: Operands, direction: Direction): Tensor {
  const { x, weight, bias, h0, c0 } = operands;
  const [T, B, GH] = x.shape as [number, number, number];
  const H = h0.shape[1]!;
  const made = {
    before: allocateShape("recurrent", [T * B, H], "float32"),
    gates: allocateShape("recurrent", [T * B, GH], "float32"),
    inner: allocateShape("recurrent", [T * B, H], "float32"),
  };
  const states = c0 === null ? 1 : 2;
  const out = allocateShape("recurrent", [(T + states) * B * H], "float32");
  // The kernel walks along the rows of W^T.
  const turned = transpose(detach(weight), 0, 1);
  withAllContiguous([x, turned, bias, h0, c0], (x, w, bias, h0, c0) => {
    call(kernels.recurrentF32, { ...made, x, w, bias, h0, c0, out }, [T, B, H], direction);
  });
  const saved = { ...made, x, weight, h0, bias, c0, lengths: direction.lengths };
  record("recurrent", out, [x, weight, h0, bias, c0], saved, (dy, saved, wanted) => {
    const where_ = { ...direction, lengths: saved.lengths };
    return (isGradEnabled() ? composedGrads : fusedGrads)(dy, saved, where_, wanted);
  });
  return out;
}

/** Runs a kernel: operands by the names of its slots, those left out are 0. */
function call(
  kernel: typeof kernels.recurrentF32,
  operands: Readonly<Record<string, Tensor | null>>,
  [T, B, H]: readonly [number, number, number],
  { mode, reverse, lengths }: Direction,
): void {
  const at = (name: string): number => operands[name]?.address() ?? 0;
  const length = lengths?.address() ?? 0;
  const [x, w, bias, h0, c0] = [at("x"), at("w"), at("bias"), at("h0"), at("c0")];
  const [out, before, inner, gates] = [at("out"), at("before"), at("inner"), at("gates")];
  const forward = [x, w, bias, h0, c0, length, out, before, inner, gates] as const;
  const back = [at("dy"), at("dx"), at("dhidden"), at("dh0"), at("dc0")] as const;
  run(kernel, B, ...forward, ...back, T, B, H, MODES[mode].code, Number(reverse));
}

/** All gradients of the sequential part by one kernel call; the weight's by a product over all steps. */
function fusedGrads(
  dy: Tensor,
  { x, weight, h0, bias, c0, before, gates, inner }: Operands & Arrays,
  direction: Direction,
  wanted: Wanted,
): Gradients {
  const [T, B, GH] = x.shape as [number, number, number];
  const H = weight.shape[1]!;
  return together([x, weight, h0, bias, c0], wanted, () => {
    const dx = allocateShape("recurrent", [T, B, GH], "float32");
    const dhidden =
      direction.mode === "gru" ? allocateShape("recurrent", [T, B, GH], "float32") : dx;
    const dh0 = allocateShape("recurrent", [B, H], "float32");
    const dc0 = c0 && allocateShape("recurrent", [B, H], "float32");
    withAllContiguous([dy, weight, c0], (dy, w, c0) => {
      const operands = { before, gates, inner, dy, w, c0, dx, dhidden, dh0, dc0 };
      call(kernels.recurrentGradF32, operands, [T, B, H], direction);
    });
    const flat = reshape(dhidden, [T * B, GH]);
    const dw = wanted(weight.node) ? matmul(transpose(flat, 0, 1), before) : null;
    const db = bias && wanted(bias.node) ? sum(flat, 0) : null;
    return [dx, dw, dh0, db, dc0];
  });
}

/** The same through the steps written in ops, for derivatives of derivatives. */
function composedGrads(
  dy: Tensor,
  { x, weight, h0, bias, c0 }: Operands,
  direction: Direction,
  wanted: Wanted,
): Gradients {
  // Nodes of their own: the gradients end there, whatever one input has to do with another.
  const own = <T extends Tensor | null>(t: T) =>
    (t && record("recurrent", detach(t), [t], {}, (d) => [() => d])) as T;
  return together([x, weight, h0, bias, c0], wanted, () =>
    enableGrad(() => {
      const operands = {
        x: own(x),
        weight: own(weight),
        h0: own(h0),
        bias: own(bias),
        c0: own(c0),
      };
      const all = Object.values(operands);
      const needed = all.filter((t) => t?.requiresGrad) as Tensor[];
      const found = grad(composed(operands, direction), needed, {
        gradOutputs: dy,
        createGraph: true,
      });
      return all.map((t) => found[needed.indexOf(t!)] ?? null);
    }),
  );
}

/** `sequence`, step by step in differentiable ops. */
function composed({ x, weight, bias, h0, c0 }: Operands, direction: Direction): Tensor {
  const { mode, reverse, lengths } = direction;
  const T = x.shape[0]!;
  const H = h0.shape[1]!;
  const outputs: Tensor[] = [];
  let [h, c] = [h0, c0];
  for (let s = 0; s < T; s++) {
    const t = reverse ? T - 1 - s : s;
    const given = select(x, 0, t);
    const hidden = linear(h, weight, bias);
    const part = (y: Tensor, g: number): Tensor => narrow(y, 1, g * H, H);
    const both = (g: number): Tensor => add(part(given, g), part(hidden, g));
    let [next, cell] = [h, c];
    if (mode === "tanh" || mode === "relu") next = (mode === "tanh" ? tanh : relu)(both(0));
    else if (mode === "lstm") {
      const [i, f, o] = [sigmoid(both(0)), sigmoid(both(1)), sigmoid(both(3))];
      cell = add(mul(f, c!), mul(i, tanh(both(2))));
      next = mul(o, tanh(cell));
    } else {
      const [r, z] = [sigmoid(both(0)), sigmoid(both(1))];
      const n = tanh(add(part(given, 2), mul(r, part(hidden, 2))));
      next = add(mul(sub(1, z), n), mul(z, h));
    }
    const present = lengths === null ? null : unsqueeze(gt(lengths, t), 1);
    const after = (y: Tensor, before: Operand): Tensor =>
      present === null ? y : where(present, y, before);
    outputs[t] = after(next, 0);
    h = after(next, h);
    if (c !== null) c = after(cell!, c);
  }
  const parts = [...outputs, h, ...(c === null ? [] : [c])];
  return cat(parts.map((p) => reshape(p, [-1])));
}
