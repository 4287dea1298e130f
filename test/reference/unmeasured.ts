// Ops without a speed in docs/ops.md, and what stands there instead. Every other row needs a figure in
// bench/ops.json; that the views are views is tested.
import { expect } from "vitest";
import { Tensor } from "../../src/index.js";
import { op, tensorsIn } from "../ops/case.js";
import { differentiable, underivable } from "../ops/table.js";

const VIEW = "view";

export const views: readonly string[] = [
  ...["asStrided", "atleast1d", "atleast2d", "atleast3d", "broadcastTensors", "broadcastTo"],
  ...["chunk", "detach", "diagonal", "dsplit", "expand", "expandAs", "flatten", "hsplit", "imag"],
  ...["meshgrid", "moveaxis", "movedim", "narrow", "permute", "real", "reshape", "reshapeAs"],
  ...["select", "slice", "split", "squeeze", "swapaxes", "t", "tensorSplit", "transpose"],
  ...["unbind", "unflatten", "unsqueeze", "view", "viewAs", "vsplit"],
];

export const UNMEASURED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(views.map((name) => [name, VIEW])),
  item: "one value",
  alibiSlopes: "a value a head",
};

/** Sees that the results of some call are looks at the memory of its operands: nothing has moved. */
export function checkView(name: string): void {
  const cases = { ...differentiable, ...underivable }[name] ?? [];
  const moved = cases.filter(({ inputs, args }) => {
    const given = args(inputs.map((make, i) => make(i)));
    const buffers = given.flat().map((x) => (x instanceof Tensor ? x.buffer : null));
    return !tensorsIn(op(name)(...given)).every((y) => buffers.includes(y.buffer));
  });
  expect(moved.length, `${name}: calls that move`).toBeLessThan(cases.length);
}

/** Each row has a figure or a reason, no more than one of them, and nothing stands for no row. */
export function checkSpeeds(
  rows: readonly string[],
  speeds: Readonly<Record<string, string>>,
): void {
  expect(rows.filter((name) => !(name in speeds) && !(name in UNMEASURED)).sort()).toEqual([]);
  const known = Object.keys(UNMEASURED);
  expect(known.filter((name) => !rows.includes(name) || name in speeds)).toEqual([]);
  expect(Object.keys(speeds).filter((name) => !rows.includes(name))).toEqual([]);
}
