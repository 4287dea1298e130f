// docs/layers.md has a row of every class and function that simdgrad/nn and simdgrad/optim export: those
// without values of PyTorch's are listed here, with the file of their own tests.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nn, optim } from "../../src/index.js";
import { checkNames, checkRows, namesOnPage } from "./layersPage.js";

const HELD: Readonly<Record<string, readonly string[]>> = {
  "test/nn/module.test.ts": ["Buffer", "Module", "Parameter"],
  "test/nn/sequential.test.ts": ["Sequential"],
  "test/nn/containers.test.ts": ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList"],
  "test/nn/attention.test.ts": ["KVCache"],
  "test/nn/reparametrise.test.ts": ["removeSpectralNorm", "removeWeightNorm"],
  "test/nn/summary.test.ts": ["Summary", "summary"],
  "test/nn/init.test.ts": ["init.fans", "init.orthogonal_", "init.sparse_", "init.truncNormal_"],
  "test/nn/layers.test.ts": [
    ...["init.constant_", "init.normal_", "init.ones_", "init.uniform_", "init.xavierNormal_"],
    ...["init.xavierUniform_", "init.zeros_"],
  ],
  "test/optim/optimizer.test.ts": ["Optimizer"],
  "test/optim/schedulers.test.ts": ["LRScheduler", "Scheduler"],
  "test/optim/weights.test.ts": [
    ...["ExponentialMovingAverage", "clipGradNorm", "clipGradValue", "parametersToVector"],
    "vectorToParameters",
  ],
};

/** Of nn.init, what PyTorch's bounds and values hold. */
const INITIAL = ["calculateGain", "dirac_", "eye_", "kaimingNormal_", "kaimingUniform_"];

const rows = Object.fromEntries([
  ...Object.entries(HELD).flatMap(([file, names]) => names.map((name) => [name, [file]])),
  ...INITIAL.map((name) => [`init.${name}`, ["PyTorch, test/reference/initial.test.ts"]]),
]) as Readonly<Record<string, readonly string[]>>;

const { init, ...layers } = nn;
const exported = [
  ...[...Object.keys(layers), ...Object.keys(optim)],
  ...Object.keys(init).map((name) => `init.${name}`),
];

describe("docs/layers.md", () => {
  it("says what holds the other exports", () => {
    checkRows("Everything else", rows);
    checkNames("Everything else", Object.keys(rows));
  });

  it("has one row of each export of simdgrad/nn and simdgrad/optim, and no others", () => {
    expect([...namesOnPage()].sort()).toEqual([...exported].sort());
  });

  it.each(Object.entries(HELD))("%s tests what it is said to", (file, names) => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    const missing = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(source));
    expect(missing).toEqual([]);
  });
});
