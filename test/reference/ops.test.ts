// Functional ops against PyTorch: outputs, gradients and second gradients.
import { describe, expect, it } from "vitest";
import { load, toTensor } from "./fixtures.js";
import { families } from "./families/index.js";
import { checkOp, type OpCase } from "./opCase.js";
import { checkPage, factsOf } from "./opFacts.js";
import { table } from "./opTable.js";
import { twinned } from "./twins.js";
import { checkView, views } from "./unmeasured.js";

const own = ["binary", "unary", "reductions", "shapes", "creation", "losses", "second"];
const fixtures = [...own, ...families.flatMap((family) => family.fixtures)];
const cases = new Map(fixtures.map((family) => [family, load<OpCase>(family)]));
cases.set("methods in place", twinned([...cases.values()].flat()));

function check(test: OpCase): void {
  const row = table[test.op];
  if (row === undefined) return expect.fail(`no row for ${test.op}`);
  const facts = factsOf(test.op);
  const outs = checkOp(test, row, facts);
  // What is made of nothing is known by what comes out.
  const seen = test.x.length > 0 ? test.x.map((x) => toTensor(x)) : outs;
  for (const x of seen) facts.dtypes.add(x.dtype);
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
