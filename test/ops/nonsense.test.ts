// Arguments of another kind than they should be: every public op is called as its rows call it, with one
// argument, or one option, replaced. It may make sense of it; if it refuses, then with an error of its own.
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import { type Case, op, tensorsIn } from "./case.js";
import { differentiable, underivable } from "./table.js";

const nonsense: readonly unknown[] = [
  ...[undefined, null, 1.5, NaN, "x", "", true, {}, [], ["x"], [1.5], [[1]], () => 1],
];

/** The same arguments with one of them, or one of the options among them, replaced by `wrong`. */
function* replaced(args: readonly unknown[], wrong: unknown): Generator<unknown[]> {
  for (const [i, arg] of args.entries()) {
    const put = (value: unknown): unknown[] => args.map((a, k) => (k === i ? value : a));
    if (typeof arg === "object" && arg?.constructor === Object) {
      for (const key of Object.keys(arg)) yield put({ ...arg, [key]: wrong });
    } else {
      yield put(wrong);
      if (Array.isArray(arg)) yield put([...(arg as unknown[]).slice(0, -1), wrong]);
    }
  }
}

/** What a call with nonsense did that it should not. */
function fault(name: string, args: readonly unknown[], wrong: unknown): string | null {
  const before = sg.memory().handles;
  try {
    const given = tensorsIn(args);
    for (const t of new Set(tensorsIn(op(name)(...args)))) if (!given.includes(t)) t.dispose();
    return null;
  } catch (error) {
    const left = sg.memory().handles - before;
    if (error instanceof sg.SimdgradError && left === 0) return null;
    const what = Array.isArray(wrong) ? `[${String(wrong)}]` : String(wrong);
    return `${args.indexOf(wrong)} ${what}: ${String(error)}, ${left} handles left`;
  }
}

function faults(name: string, one: Case): string[] {
  const inputs = one.inputs.map((make, i) => make(i));
  const args = one.args(inputs);
  const found = nonsense.flatMap((wrong) =>
    [...replaced(args, wrong)].map((given) => fault(name, given, wrong)),
  );
  for (const t of [...inputs, ...tensorsIn(args)]) t.dispose();
  return found.filter((f): f is string => f !== null);
}

describe("nonsense is refused by an error of simdgrad's own", () => {
  it.each(Object.entries({ ...differentiable, ...underivable }))("%s", (name, cases) => {
    // What a graph has saved when an op in the middle refuses is the collector's.
    const found = sg.noGrad(() => cases.flatMap((one) => faults(name, one)));
    expect(found.length, found.join("\n")).toBe(0);
  });
});

/** Where a function takes options: the place of its parameter of that name, as its text says. */
function placeOfOptions(fn: (...args: never[]) => unknown): number {
  const text = fn.toString();
  let parameters = "";
  let depth = 0;
  for (const letter of text.slice(text.indexOf("(") + 1)) {
    if ("([{".includes(letter)) depth++;
    if (")]}".includes(letter) && depth-- === 0) break;
    if (depth === 0) parameters += letter;
  }
  return parameters.split(",").findIndex((p) => /^\s*options\b/.test(p));
}

/** `tensors.reduce(add)` passes an index there; unfold takes a size. */
const INDEXED: readonly string[] = ["add", "sub", "div", "unfold"];

describe("what stands where options should is refused by name", () => {
  const ops = Object.entries({ ...differentiable, ...underivable })
    .map(([name, cases]) => [name, cases[0]!, placeOfOptions(op(name))] as const)
    .filter(([name, , place]) => place >= 0 && !INDEXED.includes(name));

  it("in nearly two hundred ops", () => {
    expect(ops.length).toBeGreaterThan(160);
  });

  it.each(ops)("%s", (name, { inputs, args }, place) => {
    const given = [...args(inputs.map((make, i) => make(i)))];
    while (given.length < place) given.push(undefined);
    for (const wrong of [null, true, 2, "x", sg.zeros([2])]) {
      const before = sg.memory().handles;
      const call = (): unknown => op(name)(...given.slice(0, place), wrong);
      expect(call).toThrow(sg.ValueError);
      expect(call).toThrow(
        new RegExp(`^\\[${name}\\] options must be an object: got (null|true|2|"x"|tensor)`),
      );
      expect(sg.memory().handles).toBe(before);
    }
    const pythons = (): unknown => op(name)(...given.slice(0, place), { requires_grad: true });
    expect(pythons).toThrow(`[${name}] options are in camelCase: got requires_grad`);
  });
});
