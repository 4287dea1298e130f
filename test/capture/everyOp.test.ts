// Every op, replayed on other values than it was recorded with: result and gradients have the bits that
// they have without capture. Ops that look at values are refused, by name.
import { describe, expect, it } from "vitest";
import {
  capture,
  type CaptureArgument,
  CaptureError,
  manualSeed,
  type Tensor,
} from "../../src/index.js";
import { type Case, op, tensorsIn } from "../ops/case.js";
import { differentiable, inPlace, underivable } from "../ops/table.js";

/** Ops that look at values, to check them or to know the size of the result, in some of their cases at least. */
const LOOK: readonly string[] = [
  "argwhere",
  "at",
  "bce",
  "bincount",
  "embeddingBag",
  "gaussianNLLLoss",
  "histc",
  "indexPut",
  "istft",
  "item",
  ...["allclose", "equal"],
  "lstsq",
  "maskedScatter",
  "maskedScatter_",
  "maskedSelect",
  "nonzero",
  "normal",
  "oneHot",
  "repeatInterleave",
  "saveSafetensors",
  "scatterAdd_",
  "scatterReduce",
  "scatter_",
  "toArray",
  "toTypedArray",
  "trilIndices",
  "triuIndices",
  "unique",
  "uniqueConsecutive",
];
/** Ops with a case that makes a generator: it would begin anew at each call, and not in a replay. */
const SEED: readonly string[] = [
  "alphaDropout",
  "bernoulli",
  "bernoulli_",
  "dropout",
  "exponential_",
  "featureAlphaDropout",
  "featureDropout",
  "gumbelSoftmax",
  "multinomial",
  "normal",
  "normal_",
  "rrelu",
  "scaledDotProductAttention",
  "uniform_",
];

function call(name: string, given: readonly unknown[]): unknown {
  if (!name.endsWith("_")) return op(name)(...given);
  const [first, ...rest] = given as [Tensor, ...unknown[]];
  return (first as unknown as Record<string, (...a: unknown[]) => unknown>)[name]!(...rest);
}

/** The op with its gradients, as a function of the inputs' values. */
function stepOf(name: string, one: Case, wanted: readonly boolean[]) {
  return (...values: readonly CaptureArgument[]): (Tensor | null)[] => {
    const x = (values as Tensor[]).map((value, i) => {
      const leaf = value.clone();
      leaf.requiresGrad = wanted[i]!;
      return leaf;
    });
    const given = one.args(x);
    if (name.endsWith("_")) given[0] = (given[0] as Tensor).clone();
    const results = tensorsIn(call(name, given));
    for (const y of results)
      if (y.requiresGrad) y.mul(y).sum().backward(null, { retainGraph: true });
    return [...results.map((y) => y.detach()), ...x.map((leaf) => leaf.grad)];
  };
}

const bits = (results: unknown): unknown =>
  (results as (Tensor | null)[]).map((x) => x && [x.dtype, x.shape, x.toTypedArray()]);

function refusal(run: () => void): string | null {
  try {
    run();
  } catch (error) {
    if (error instanceof CaptureError) return error.op;
    throw error;
  }
  return null;
}

function compare(name: string, one: Case): void {
  const inputs = (seed: number): Tensor[] => one.inputs.map((make, i) => make(i + seed));
  const wanted = inputs(0).map((x) => x.requiresGrad);
  const step = stepOf(name, one, wanted);
  const captured = capture(step);
  const seeded = (fn: typeof step, seed: number): unknown => {
    manualSeed(seed);
    return bits(fn(...inputs(seed).map((x) => x.detach())));
  };
  for (const seed of [0, 0, 100, 0]) expect(seeded(captured, seed)).toEqual(seeded(step, seed));
}

const ops = Object.entries({ ...differentiable, ...underivable, ...inPlace });

describe("replayed", () => {
  it.each(ops)("%s", (name, cases) => {
    const refusals = new Set(cases.map((one) => refusal(() => compare(name, one))));
    refusals.delete(null);
    const expected = [
      ...(LOOK.includes(name) ? ["toTypedArray"] : []),
      ...(SEED.includes(name) ? ["manualSeed"] : []),
    ];
    expect([...refusals].sort()).toEqual(expected.sort());
  });
});
