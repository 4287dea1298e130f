// Functional ops against PyTorch: outputs, gradients and second gradients.
import { describe, expect, it } from "vitest";
import { add, grad, mul, sum, zerosLike, type Tensor } from "../../src/index.js";
import { expectTensor, LAYERS, load, toTensor, type Encoded, type Tolerance } from "./fixtures.js";
import { families } from "./families/index.js";
import { errorsOf, gradientError } from "./errors.js";
import { checkPage, factsOf } from "./opFacts.js";
import { table } from "./opTable.js";
import { twinned } from "./twins.js";
import { checkView, views } from "./unmeasured.js";

/** See generator/case.py. */
interface OpCase {
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

const own = ["binary", "unary", "reductions", "shapes", "creation", "losses", "second"];
const fixtures = [...own, ...families.flatMap((family) => family.fixtures)];
const cases = new Map(fixtures.map((family) => [family, load<OpCase>(family)]));
cases.set("methods in place", twinned([...cases.values()].flat()));

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

function check(test: OpCase): void {
  const row = table[test.op];
  if (row === undefined) return expect.fail(`no row for ${test.op}`);
  const inputs = test.x.map((x, i) => toTensor(x, (test.dx?.[i] ?? null) !== null));
  const result = row.run(inputs as never, (test.args ?? {}) as never);
  const outs = Array.isArray(result) ? [...(result as Tensor[])] : [result as Tensor];
  expectAll("y", outs, test.y, row.out);
  note(test, outs);
  if (test.dy === undefined || test.dx === undefined) return;
  const wanted = inputs.filter((x) => x.requiresGrad);
  const second = test.ddx !== undefined;
  const dys = test.dy.map((dy) => toTensor(dy, second));
  const smooth = outs.filter((y) => y.dtype === "float32");
  const dxs = gradients(smooth, wanted, dys, second);
  expectAll("dx", dxs, present(test.dx), row.gradient);
  noteGradients(test, dxs, second);
  if (second) checkSecond(test, wanted, dys, dxs);
}

/** Keeps for docs/ops.md what a case has shown. */
function note(test: OpCase, outs: readonly Tensor[]): void {
  const facts = factsOf(test.op);
  facts.cases++;
  // What is made of nothing is known by what comes out.
  const seen = test.x.length > 0 ? test.x.map((x) => toTensor(x)) : outs;
  for (const x of seen) facts.dtypes.add(x.dtype);
  outs.forEach((y, i) => {
    if (y.dtype !== "float32") return;
    const { ulp, relative } = errorsOf(y, test.y[i]!);
    facts.ulp = Math.max(facts.ulp, ulp);
    facts.relative = Math.max(facts.relative, relative);
  });
}

function noteGradients(test: OpCase, dxs: readonly Tensor[], second: boolean): void {
  const facts = factsOf(test.op);
  facts.gradient = true;
  facts.second ||= second;
  const error = gradientError(dxs, present(test.dx!));
  facts.gradientError = Math.max(facts.gradientError, error);
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

describe.each([...cases])("PyTorch's %s", (_, family) => {
  it.each(family.map((test) => [`${test.op}: ${test.name}`, test] as const))("%s", (_, test) => {
    check(test);
  });
});

it("every row of the table has a case", () => {
  const used = new Set([...cases.values()].flat().map((test) => test.op));
  expect(Object.keys(table).filter((op) => !used.has(op))).toEqual([]);
});

it.each(views)("%s moves no data, as docs/ops.md says", checkView);

// Last: by now every case has run.
it("docs/ops.md says of every op what these tests have found", () => {
  checkPage();
});
