// A transform for asc, by which the relaxed build comes of the same sources: in the loops of products,
// `f32x4.add(c, f32x4.mul(a, b))` becomes one fused multiply-add. Polynomials stay as they are, since
// their bounds of error are those of the separate steps.
import { Transform } from "assemblyscript/transform";

const PRODUCTS = /^assembly\/(gemm|conv|winograd|attention|recurrent)\//;

/** The arguments of a call `f32x4.<name>(...)`; null: it is no such call. */
function argsOf(node, name) {
  const { expression, args } = node;
  const called = expression?.property?.text === name && expression.expression?.text === "f32x4";
  return called ? args : null;
}

/** asc asks for one class. */
export default class Fuse extends Transform {
  afterParse(parser) {
    let fused = 0;
    for (const source of parser.sources) {
      if (PRODUCTS.test(source.normalizedPath)) fused += fuseIn(source.statements, new Set());
    }
    if (fused < 50) throw new Error(`only ${fused} multiply-adds were found to fuse`);
  }
}

/** Fuses all there is in a syntax tree; returns how many. */
function fuseIn(node, seen) {
  if (node === null || typeof node !== "object" || seen.has(node)) return 0;
  seen.add(node);
  let fused = 0;
  for (const [key, child] of Object.entries(node)) {
    if (key !== "range") fused += fuseIn(child, seen);
  }
  const sum = argsOf(node, "add");
  const at = sum?.findIndex((arg) => argsOf(arg, "mul") !== null) ?? -1;
  if (at < 0) return fused;
  node.args = [...argsOf(sum[at], "mul"), sum[1 - at]];
  node.expression.property.text = "relaxed_madd";
  return fused + 1;
}
