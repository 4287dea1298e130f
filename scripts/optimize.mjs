// Optimises a build of the kernels by Binaryen itself, since asc's -O3 makes copies of functions of up to
// 70 nodes wherever they are called. What higher levels than -O2 do costs 2 kB of the download, and gains
// nothing that V8 does not do by itself, but in one place: see `shareLoads`. (Measured: fifty kernels one
// by one, all ops, training steps.)
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

/** What kernels may use; asc does not write it down. */
const FEATURES = [
  ...["simd", "bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals"],
  "relaxed-simd",
];
/** Locals that share a number, the frequent ones first, make functions more alike. */
const LOCALS = ["simplify-locals-nostructure", "coalesce-locals", "reorder-locals"];
/** Loops over polynomials in four vectors at a time, by what asc calls them. */
const POLYNOMIALS = /<.*\/(Exp|Log|Erf|Tanh|Sigmoid|Elu|EluGrad|Gelu|Silu)>$/;

/** Optimises a .wasm file for speed, in place. The second round finds what the first has left. */
export function optimize(file) {
  const features = FEATURES.map((name) => `--enable-${name}`);
  const inlining = ["-aimfs", "50", "-fimfs", "50", "-ocimfs", "200", "-ifwl"];
  // What functions do to memory is known in the second round.
  const passes = ["-O2", ...inlining, "--generate-global-effects", "-O2"];
  const locals = LOCALS.map((name) => `--${name}`);
  const args = ["node_modules/binaryen/bin/wasm-opt", file, "-g", "-o", file];
  execFileSync(process.execPath, [...args, ...features, ...passes, ...locals], {
    stdio: "inherit",
  });
  const module = binaryen.readBinary(readFileSync(file));
  module.setFeatures(binaryen.Features.All);
  shareLoads(module);
  module.runPasses(["strip-debug"]);
  writeFileSync(file, module.emitBinary());
  module.dispose();
}

/**
 * Coefficients that all vectors need are loaded once: engines don't see that the loads are the same, and
 * each is an instruction. exp takes 0.85 of the time, sigmoid 0.8; each function grows by 50 to 100 bytes.
 */
function shareLoads(module) {
  binaryen.setOptimizeLevel(2); // at 0, as it is by itself, local-cse does nothing
  binaryen.setShrinkLevel(0);
  for (let i = 0; i < module.getNumFunctions(); i++) {
    const { name } = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
    if (!POLYNOMIALS.test(name)) continue;
    for (const pass of ["flatten", "local-cse", "simplify-locals", "vacuum", ...LOCALS])
      module.runPassesOnFunction(name, [pass]);
  }
}
