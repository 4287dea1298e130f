// What the reference tests find out about each op while they run, and docs/ops.md made of it.
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { differentiable, inPlace, underivable } from "../ops/table.js";
import { lists } from "../ops/families/index.js";
import { counted, errorText, type Facts, gradientText, noFacts, plain } from "./facts.js";
import { checkSpeeds, UNMEASURED } from "./unmeasured.js";

interface OpFacts extends Facts {
  readonly dtypes: Set<string>;
}

const facts = new Map<string, OpFacts>();

/** Rows of the reference tests that are calls of an op under another name. */
const CALLS: Readonly<Record<string, string>> = {
  ...{
    addScaled: "add",
    subScaled: "sub",
    divRounded: "div",
    searchsortedBy: "searchsorted",
    powWhole: "pow",
    roundTo: "round",
  },
  ...{ clampAbove: "clamp", clampBetween: "clamp", softplusScaled: "softplus" },
  ...{ asStridedOfExpanded: "asStrided", asStridedOfTransposed: "asStrided" },
  ...{
    squeezeDims: "squeeze",
    viewOfPermuted: "view",
    padThenSquare: "pad",
    unfoldColumns: "unfold",
  },
  ...{
    embeddingByFrequency: "embedding",
    embeddingRenormed: "embedding",
    oneHotInferred: "oneHot",
  },
  ...{ scatterInt: "scatterAdd", scatterValue: "scatter", whereAlone: "where" },
  ...{
    maxPool1dIndices: "maxPool1d",
    maxPool2dIndices: "maxPool2d",
    maxPool3dIndices: "maxPool3d",
  },
  ...{ lstsqRest: "lstsq", slogdetSign: "slogdet", svdFull: "svd", histogramAt: "histogram" },
  ...{ batchNormTrain: "batchNorm", matmulOfTransposed: "matmul" },
};

export function factsOf(row: string): OpFacts {
  const op = CALLS[row] ?? row;
  const found = facts.get(op) ?? { ...noFacts(), dtypes: new Set<string>() };
  facts.set(op, found);
  return found;
}

const measured = JSON.parse(
  readFileSync(new URL("../../bench/ops.json", import.meta.url), "utf8"),
) as { readonly machine: string; readonly speeds: Readonly<Record<string, string>> };

const naming = (file: string, ...ops: string[]): Record<string, string> =>
  Object.fromEntries(ops.map((op) => [op, file]));

/** The tests of ops that PyTorch has no values for: statistics of what they draw, round trips, zeros. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...naming("test/ops/sampling.test.ts", "bernoulli", "bernoulli_", "exponential", "exponential_"),
  ...naming("test/ops/sampling.test.ts", "gumbel", "gumbelSoftmax", "multinomial", "normal"),
  ...naming("test/ops/sampling.test.ts", "normal_", "rand", "randLike", "randint", "randintLike"),
  ...naming("test/ops/sampling.test.ts", "randn", "randnLike", "randperm", "uniform", "uniform_"),
  ...naming("test/nn/dropout.test.ts", "alphaDropout", "dropout", "featureAlphaDropout"),
  ...naming("test/nn/dropout.test.ts", "featureDropout"),
  ...naming("test/ops/data.test.ts", "empty", "emptyLike", "item", "tensor", "toArray"),
  ...naming("test/ops/data.test.ts", "toTypedArray"),
  ...naming("test/io/safetensors.test.ts", "saveSafetensors"),
};

/** Second derivatives that a GradError refuses, as in PyTorch, and the tests that see it. */
const REFUSED: Readonly<Record<string, string>> = { ctcLoss: "refused (test/ops/ctc.test.ts)" };
/** Methods of bits, which have no derivative: test/ops/gradcheck.test.ts leaves them out. */
const UNCHECKED = /^bitwise.*_$/;

/** The row of an op: what was compared with PyTorch's values, else what test/ops holds it against. */
function rowOf(op: string, table: "derivative" | "none" | "in place"): string[] {
  const found = facts.get(op);
  const speed = measured.speeds[op] ?? UNMEASURED[op] ?? "-";
  const forward = found === undefined ? (ELSEWHERE[op] ?? "-") : counted(found.cases);
  const dtypes = found === undefined ? "-" : [...found.dtypes].sort().join(", ") || "-";
  const error = found === undefined ? "-" : errorText(found);
  // Of these gradcheck has no row: a gradient or none is what PyTorch's values say.
  const unchecked = table === "none" || UNCHECKED.test(op);
  const otherwise = unchecked ? "none" : "differences";
  const gradient = found?.gradient ? gradientText(found) : otherwise;
  const flat = lists("flat").includes(op) && !unchecked;
  const second = found?.second ? "PyTorch" : (REFUSED[op] ?? (flat ? "0" : otherwise));
  return [op, dtypes, forward, gradient, second, error, speed];
}

const HEAD = ["op", "dtypes", "forward", "gradient", "second gradient", "maximum error", "speed"];

function tableOf(ops: readonly string[], table: Parameters<typeof rowOf>[1]): string {
  const rows = [HEAD, HEAD.map(() => "---"), ...[...ops].sort().map((op) => rowOf(op, table))];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const INTRODUCTION = `# Every op, and what holds it

Made by the tests (\`npm run docs:ops\`) and compared with them at every run: an op fails them that has no row, nothing that holds its values, or no speed.

- **forward**: cases compared with PyTorch's values, computed in float64 and rounded once; or the file with the op's own tests, where PyTorch has no values (random numbers, reading and writing).
- **gradient**, **second gradient**: compared with PyTorch's (and the greatest error found over the largest magnitude in the gradient), or with finite differences (\`test/ops/gradcheck.test.ts\`, for every op in the first and the last table, both orders).
- **maximum error** of the outputs in those cases: in units in the last place, or where results are sums of many terms, over the largest magnitude in the result. Measured maxima of the mathematical functions over their whole range stand beside them in \`assembly/simd\`.
- **speed** of the forward call: one core (${measured.machine}), \`npm run bench:ops\` (what each is given stands in \`bench/ops/\`): bytes read and written, or multiplications and additions, a second. \`view\`: no data moves, the result is a look at the same memory, which the tests see.
`;

function page(): string {
  return [
    INTRODUCTION,
    "## Ops with a derivative\n",
    tableOf(Object.keys(differentiable), "derivative"),
    "\n## Ops without a derivative\n",
    tableOf(Object.keys(underivable), "none"),
    "\n## Methods that write to their tensor\n",
    tableOf(Object.keys(inPlace), "in place"),
    "",
  ].join("\n");
}

/** Each row has PyTorch's cases or a test that calls the op, and nothing stands for no row. */
function checkHolders(rows: readonly string[]): void {
  const compared = (op: string): boolean => facts.has(op);
  expect(rows.filter((op) => !compared(op) && !(op in ELSEWHERE))).toEqual([]);
  const named = Object.keys(ELSEWHERE);
  expect(named.filter((op) => !rows.includes(op) || compared(op))).toEqual([]);
  for (const [op, path] of Object.entries(ELSEWHERE)) {
    const source = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    expect(source, `${path} tests ${op}`).toMatch(new RegExp(`\\b${op}\\(`));
  }
}

/** Compares docs/ops.md with what the tests have found, or writes it (UPDATE_DOCS=1). */
export function checkPage(): void {
  const rows = Object.keys({ ...differentiable, ...underivable, ...inPlace });
  checkSpeeds(rows, measured.speeds);
  checkHolders(rows);
  // Programs of several ops have no row.
  const strangers = [...facts.keys()].filter((op) => !rows.includes(op));
  expect(strangers.sort()).toEqual(["resnet", "rowMul_", "viewOfView", "viewThenOp"]);
  const file = new URL("../../docs/ops.md", import.meta.url);
  const made = page();
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, made);
  expect(plain(readFileSync(file, "utf8")).split("\n")).toEqual(plain(made).split("\n"));
}
