// docs/dtypes.md: every op that its tables name, with every pair of dtypes they have a column for.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as sg from "../../src/index.js";
import type { DType, Tensor } from "../../src/index.js";
import { op } from "./case.js";

const text = readFileSync(new URL("../../docs/dtypes.md", import.meta.url), "utf8");

/** One call a row: the op, its operands as the column has them, and the dtype that the table says. */
function calls(name: string): [op: string, operands: string, said: string][] {
  const table = text.split(`<!-- ${name}: begin -->`)[1]!.split(`<!-- ${name}: end -->`)[0]!;
  const [head, , ...rows] = table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return rows.flatMap(([ops, ...cells]) =>
    ops!
      .split(", ")
      .flatMap((one) =>
        cells.map((said, i): [string, string, string] => [one, head![i + 1]!, said]),
      ),
  );
}

function operand(word: string): Tensor | number {
  if (word === "2" || word === "0.5") return Number(word);
  return sg.tensor([1, 1, 1], { dtype: word as DType });
}

function result(name: string, operands: readonly (Tensor | number)[]): string {
  try {
    return (op(name)(...operands) as Tensor).dtype;
  } catch (error) {
    expect(error).toBeInstanceOf(sg.DTypeError);
    return "refused";
  }
}

describe("the tables of docs/dtypes.md", () => {
  it.each(["table", "numbers", "unary"].flatMap(calls))("%s of %s: %s", (name, words, said) => {
    const operands = words.split(", ").map(operand);
    const limits = name === "clamp" ? [0, 1] : [];
    expect(result(name, [...operands, ...limits])).toBe(said);
    // A comparison has its tensor first.
    const turns = !/Shift|^(eq|ne|lt|le|gt|ge)$/.test(name);
    if (operands.length === 2 && turns) {
      expect(result(name, [...operands].reverse()), "the other way round").toBe(said);
    }
  });

  it("bools add up to their or, multiply to their and, and count as int32 beside numbers", () => {
    const a = sg.tensor([true, true, false, false]);
    const b = sg.tensor([true, false, true, false]);
    expect(a.add(b).toArray()).toEqual([true, true, true, false]);
    expect(a.mul(b).toArray()).toEqual([true, false, false, false]);
    expect(sg.maximum(a, b).toArray()).toEqual([true, true, true, false]);
    expect(sg.minimum(a, b).toArray()).toEqual([true, false, false, false]);
    expect(a.add(1).toArray()).toEqual([2, 2, 1, 1]);
    expect(a.square().toArray()).toEqual([1, 1, 0, 0]);
  });

  it("whole powers of int32 stay int32 and wrap round", () => {
    const x = sg.tensor([3, -2, 0, 65536], { dtype: "int32" });
    expect(x.pow(3).toArray()).toEqual([27, -8, 0, 0]);
    expect(sg.pow(2, sg.tensor([0, 5, 31, -1], { dtype: "int32" })).toArray()).toEqual([
      ...[1, 32, -(2 ** 31), 0],
    ]);
    expect(() => x.pow(-1)).toThrow(sg.ValueError);
  });
});
