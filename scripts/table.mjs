// Kernels without their names: those that JavaScript has anyway are its only ones, as a list, and the
// kernels lie in the module's table in the same order, from its end. Names do not compress well amid code:
// 0.9 kB of the download, of which the list takes half. (What tests read, build/*.wasm, still has them.)
import { readdirSync, readFileSync } from "node:fs";
import binaryen from "binaryen";

/** Exports of assembly/abi.ts, and the table. */
const OTHERS = ["heapBase", "replay", "setScratch", "table"];

/** The end of a kernel's name that others have, too, and what is before it. */
function parts(name) {
  const [, base, type = ""] = /^(.+?)((?:Grad)?(?:[FI]?32|Bool|8))?$/.exec(name);
  return { type, base };
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

const folder = "src/kernels/contract";
const contract = [
  "src/kernels/contract.ts",
  ...readdirSync(folder).map((file) => `${folder}/${file}`),
]
  .map((file) => readFileSync(file, "utf8"))
  .join("");
/** How many pointers and scalars an elementwise kernel has, by name. */
const elementwise = new Map(
  Array.from(
    contract.matchAll(/^ {2}(\w+): (unary|binary|gradX|gradY|where)(\d?),/gm),
    ([, name, block, scalars]) => [name, { pointers: { unary: 2, where: 4 }[block] ?? 3, scalars }],
  ),
);

/**
 * Operands of kernels whose units are rows, all elements of 4 bytes. r: rows, read; w: rows, written; o, p: an
 * element of each row, read (only once), put there; s: as long as a row, shared by all. Then which rows: see
 * loader.ts.
 */
const rowwise = new Map([
  ...["sum", "amax", "amin", "argmax", "argmin"].flatMap((name) => [
    [`${name}F32`, "rp,1"],
    [`${name}I32`, "rp,1"],
  ]),
  ["varF32", "rp,1"],
  ["softmaxF32", "rw,1"],
  ["logSoftmaxF32", "rw,1"],
  ["softmaxGradF32", "rrw,1"],
  ["logSoftmaxGradF32", "rrw,1"],
  ["layerNormF32", "rsswpp,"],
  ["layerNormGradF32", "rrsooww,"],
  ["dropoutF32", "rw,2"],
  // What may take relu of its result: x, w, bias, the result's address, and whether it does.
  ...["matmul", "conv2d", "winogradConv2d", "depthwise"].map((name) => [`${name}F32`, ",3"]),
]);

/** Bytes of an elementwise kernel's elements, operand by operand, the result's last: "444"; "" for others. */
function sizesOf(name) {
  const sizes = new Array(elementwise.get(name)?.pointers ?? 0).fill(
    /(Bool|8)$/.test(name) ? 1 : 4,
  );
  if (/^(eq|ne|lt|le)[FI]32$/.test(name)) sizes[sizes.length - 1] = 1;
  if (/^(castBool|where)/.test(name)) sizes[0] = 1;
  return sizes.join("");
}

/** The sizes, and the number of scalars if there are any: "44,2"; "," for kernels that are not elementwise. */
function kindOf(name) {
  return rowwise.get(name) ?? `${sizesOf(name)},${elementwise.get(name)?.scalars ?? ""}`;
}

/**
 * Names in order, as loader.ts takes them apart: "F32,44, abs exp/F32,44,2 clamp/32,, fill". Ends once
 * for all: 0.2 kB less.
 */
function inGroups(kernels) {
  const groups = new Map();
  for (const { type, kind, base } of kernels) {
    const head = `${type},${kind}`;
    groups.set(head, [...(groups.get(head) ?? []), base]);
  }
  return [...groups].map(([head, bases]) => [head, ...bases].join(" ")).join("/");
}

/** The bytes of a .wasm file with its kernels at the end of the table, and their names, the last one's first. */
export function tabled(file) {
  const module = binaryen.readBinary(readFileSync(file));
  module.setFeatures(binaryen.Features.All);
  const kernels = Array.from({ length: module.getNumExports() }, (_, i) =>
    binaryen.getExportInfo(module.getExportByIndex(i)),
  )
    .filter(({ name }) => !OTHERS.includes(name))
    .map((kernel) => ({ ...kernel, ...parts(kernel.name), kind: kindOf(kernel.name) }))
    .sort((a, b) => compare(a.kind, b.kind) || compare(a.type, b.type) || compare(a.base, b.base));
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
  const functions = [...before, ...kernels.map(({ value }) => value).reverse()];
  module.addActiveElementSegment(table.name, "kernels", functions, module.i32.const(1));
  const bytes = module.emitBinary();
  module.dispose();
  return { bytes, names: inGroups(kernels) };
}
