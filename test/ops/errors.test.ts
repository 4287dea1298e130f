// Bad input: a typed error that names the op, the rule and what came, thrown before anything is
// allocated. The lists are in refusals-*.ts; here is what all of them have in common.
import { describe, expect, it, vi } from "vitest";
import * as sg from "../../src/index.js";
import { Buffer } from "../../src/memory/buffer.js";
import { lists as namesIn, merged } from "./families/index.js";
import type { Refusal } from "./refusal.js";
import { shapeRefusals } from "./refusals-shapes.js";
import { valueRefusals } from "./refusals-values.js";
import { differentiable, inPlace, underivable } from "./table.js";

/** Names in brackets that differ from the function's: what does the work speaks. */
const spokenOf: Readonly<Record<string, readonly string[]>> = {
  record: ["own"],
  ...merged("spokenOf"),
};

/** Ops that take whatever they are given: any float32, int32 or bool tensor of any shape. */
const tolerant = [
  ...[
    "abs",
    "ceil",
    "cos",
    "erf",
    "exp",
    "elu",
    "expm1",
    "floor",
    "leakyRelu",
    "log",
    "log1p",
    "reciprocal",
  ],
  ...["relu", "rsqrt", "sigmoid", "sign", "silu", "sin", "softplus", "sqrt", "square"],
  ...["tan", "tanh", "trunc", "logicalNot", "isnan", "isinf", "isfinite"],
  ...["clone", "contiguous", "detach", "toArray", "toTypedArray"],
  // Their rules are those of others, which they call under their names.
  ...["sub_", "zero_", "saveSafetensors"],
  ...namesIn("tolerant"),
];

const lists = [...shapeRefusals, ...valueRefusals, merged("refusals")].flatMap((list) =>
  Object.entries(list),
);

it("errors keep their names where classes lose theirs: in minified programs", () => {
  const e = class extends sg.SimdgradError {};
  expect(new e("op", "message").name).toBe("SimdgradError");
  expect(new sg.ShapeError("op", "message").name).toBe("ShapeError");
});

describe("bad input is refused", () => {
  it("by every op that has something to refuse", () => {
    const ops = Object.keys({ ...differentiable, ...underivable, ...inPlace });
    const named = new Set(lists.map(([name]) => name));
    expect(ops.filter((name) => !named.has(name)).sort()).toEqual([...tolerant].sort());
  });

  it.each(lists)("%s", (name, refusals) => {
    for (const refusal of refusals) expectRefusal(name, refusal);
  });
});

function expectRefusal(name: string, { error, message, call, late }: Refusal): void {
  const allocate = vi.spyOn(Buffer, "allocate");
  const before = sg.memory();
  const thrown = errorOf(call);
  const after = sg.memory();
  const allocations = allocate.mock.calls.length;
  allocate.mockRestore();
  const said = `${name}: ${thrown.message}`;
  expect(thrown, said).toBeInstanceOf(error);
  expect(spokenOf[name] ?? [name], said).toContain(opOf(thrown));
  expect(thrown.message).toMatch(message);
  expect(thrown.message.startsWith(`[${opOf(thrown)}] `), said).toBe(true);
  expect(after.handles - before.handles, `${said}: handles`).toBe(0);
  // What is live counts where it lies in the heap: as much as before if nothing has moved.
  const moved = (m: sg.MemoryStats): number => m.spilledBytes + m.restoredBytes;
  if (moved(after) === moved(before)) {
    expect(after.liveBytes - before.liveBytes, `${said}: bytes`).toBe(0);
  }
  if (!late) expect(allocations, `${said}: allocations`).toBe(0);
}

/** The op that an error says refused. */
function opOf(error: Error): string {
  return error instanceof sg.SimdgradError ? error.op : "";
}

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`nothing was thrown by ${String(call)}`);
}

describe("error classes", () => {
  it("are all SimdgradErrors, with a name and an op", () => {
    const classes = Object.entries(sg).filter(([name]) => name.endsWith("Error"));
    expect(classes.length).toBe(10);
    for (const [name, Class] of classes) {
      const made = new (Class as typeof sg.ShapeError)("op", "rule");
      expect(made).toBeInstanceOf(sg.SimdgradError);
      expect([made.name, made.op, made.message]).toEqual([name, "op", "[op] rule"]);
    }
  });

  it("a disposed tensor is refused by name of its shape", () => {
    const x = sg.ones([2, 3]);
    x.dispose();
    for (const use of [() => x.add(1), () => x.reshape([6]), () => x.sum(), () => x.toArray()]) {
      expect(use).toThrow(sg.DisposedError);
      expect(use).toThrow(/a tensor of \[2,3\] was used after dispose\(\)/);
    }
  });
});
