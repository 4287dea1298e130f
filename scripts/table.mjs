// Kernels without their names: those that JavaScript has anyway are its only ones, as a list, and the
// kernels lie in the module's table in the same order. Names do not compress well amid code: 0.9 kB of the
// download, of which the list takes half. (What tests read, build/*.wasm, still has them.)
import { readFileSync } from "node:fs";
import binaryen from "binaryen";

/** Exports of assembly/abi.ts, and the table. */
const OTHERS = ["heapBase", "replay", "setScratch", "table"];

/** The end of a kernel's name that others have, too, and what is before it. */
function parts(name) {
  const [, base, type = ""] = /^(.+?)((?:Grad)?(?:[FI]?32|Bool|8))?$/.exec(name);
  return { type, base };
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** Names in order, as loader.ts takes them apart: "F32 abs add/I32 add". Ends once for all: 0.2 kB less. */
function inGroups(names) {
  const groups = new Map();
  for (const { type, base } of names.map(parts))
    groups.set(type, [...(groups.get(type) ?? []), base]);
  return [...groups].map(([type, bases]) => [type, ...bases].join(" ")).join("/");
}

/** The bytes of a .wasm file with its kernels at the end of the table, and their names in that order. */
export function tabled(file) {
  const module = binaryen.readBinary(readFileSync(file));
  module.setFeatures(binaryen.Features.All);
  const kernels = Array.from({ length: module.getNumExports() }, (_, i) =>
    binaryen.getExportInfo(module.getExportByIndex(i)),
  )
    .filter(({ name }) => !OTHERS.includes(name))
    .map((kernel) => ({ ...kernel, ...parts(kernel.name) }))
    .sort((a, b) => compare(a.type, b.type) || compare(a.base, b.base));
  const table = binaryen.getTableInfo(module.getTableByIndex(0));
  // What the compiler has put there, from 1 on, stays: the code knows it by its places.
  const before = Array.from({ length: module.getNumElementSegments() }, (_, i) =>
    binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(i)),
  ).flatMap(({ name, data }) => {
    module.removeElementSegment(name);
    return data;
  });
  if (before.length !== table.initial - 1) throw new Error("the table is not as asc fills it");
  for (const { name } of kernels) module.removeExport(name);
  module.removeTable(table.name);
  module.addTable(table.name, table.initial + kernels.length, -1);
  const functions = [...before, ...kernels.map(({ value }) => value)];
  module.addActiveElementSegment(table.name, "kernels", functions, module.i32.const(1));
  const bytes = module.emitBinary();
  module.dispose();
  return { bytes, names: inGroups(kernels.map(({ name }) => name)) };
}
