// A case of a functional op: what generator/case.py writes, and how a call is held against it.
import { expect } from "vitest";
import { add, grad, mul, sum, zerosLike, type Tensor } from "../../src/index.js";
import { type Facts, noteGradients, noteOutputs } from "./facts.js";
import { expectTensor, LAYERS, toTensor, type Encoded, type Tolerance } from "./fixtures.js";
import type { Row } from "./row.js";

/** See generator/case.py. */
export interface OpCase {
  readonly op: string;
  readonly name: string;
  readonly x: readonly Encoded[];
  readonly args?: object;
  readonly y: readonly Encoded[];
  readonly dy?: readonly Encoded[];
  readonly dx?: readonly (Encoded | null)[];
  readonly v?: readonly (Encoded | null)[];
  readonly ddx?: readonly (Encoded | null)[];
  readonly ddy?: readonly Encoded[];
}

const present = <T>(list: readonly (T | null)[]) => list.filter((item): item is T => item !== null);

/** Gradients of `outs`, zeros where nothing depends on an input, as PyTorch's table has them. */
function gradients(outs: Tensor[], inputs: Tensor[], gradOutputs: Tensor[], createGraph: boolean) {
  const found = grad(outs, inputs, { gradOutputs, createGraph, allowUnused: true });
  return found.map((g, i) => g ?? zerosLike(inputs[i]!));
}

function expectAll(what: string, got: Tensor[], wanted: readonly Encoded[], by: Tolerance): void {
  expect(got.length, `${what}: count`).toBe(wanted.length);
  wanted.forEach((value, i) => expectTensor(`${what}${i}`, got[i]!, value, by));
}

/** Compares outputs, gradients and second gradients, notes how far they are, and gives the outputs. */
export function checkOp(test: OpCase, row: Row, facts: Facts): readonly Tensor[] {
  const inputs = test.x.map((x, i) => toTensor(x, (test.dx?.[i] ?? null) !== null));
  const result = row.run(inputs as never, (test.args ?? {}) as never);
  const outs = Array.isArray(result) ? [...(result as Tensor[])] : [result as Tensor];
  expectAll("y", outs, test.y, row.out);
  facts.cases++;
  noteOutputs(facts, outs, test.y);
  if (test.dy === undefined || test.dx === undefined) return outs;
  const wanted = inputs.filter((x) => x.requiresGrad);
  const second = test.ddx !== undefined;
  const dys = test.dy.map((dy) => toTensor(dy, second));
  const smooth = outs.filter((y) => y.dtype === "float32");
  const dxs = gradients(smooth, wanted, dys, second);
  expectAll("dx", dxs, present(test.dx), row.gradient);
  noteGradients(facts, dxs, present(test.dx));
  if (second) checkSecond(test, wanted, dys, dxs);
  facts.second ||= second;
  return outs;
}

function checkSecond(test: OpCase, wanted: Tensor[], dys: Tensor[], dxs: Tensor[]): void {
  const vs = present(test.v!).map((v) => toTensor(v));
  const total = dxs.map((dx, i) => sum(mul(dx, vs[i]!))).reduce((a, b) => add(a, b));
  const expected = [...present(test.ddx!), ...test.ddy!];
  const inputs = [...wanted, ...dys];
  const found = total.requiresGrad
    ? gradients([total], inputs, [toTensor(1)], false)
    : inputs.map((x) => zerosLike(x));
  expectAll("second gradient ", found, expected, LAYERS);
}
