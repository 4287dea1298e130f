// Optimises a build of the kernels by Binaryen itself, since asc's -O3 makes copies of functions of up to
// 70 nodes wherever they are called. What levels above -O2 do costs 2 kB of the download and gains nothing
// that V8 does not do by itself, but for loops over polynomials: see `POLYNOMIALS`. (Measured: all ops,
// fifty kernels one by one, training steps; Node 20 and 24.)
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

/** What kernels may use; asc does not write it down. */
const FEATURES = [
  ...["simd", "bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals"],
  "relaxed-simd",
];
/**
 * Loops over polynomials in four vectors at a time, by what asc calls them. At level 4, before inlining
 * and after it, coefficients are loaded once for all vectors, and each is finished where it is stored, which
 * takes fewer registers: 0.8 to 0.9 of the time, for some 120 bytes each.
 */
const POLYNOMIALS = /<.*\/(Exp|Log|Tanh|Sigmoid|Elu|Gelu|GeluTanh|Silu|Erf|Softplus)>$/;

/** Optimises a .wasm file, whose functions have names, for speed, in place. */
export function optimize(file) {
  polish(file);
  const inlining = ["-aimfs", "35", "-fimfs", "50", "-ocimfs", "200", "-ifwl"];
  // The second round finds what the first has left; what functions do to memory is known in it.
  run(file, "-O2", ...inlining, "--generate-global-effects", "-O2");
  polish(file);
  // Locals that share a number, the frequent ones first, make functions more alike.
  run(
    file,
    "--simplify-locals-nostructure",
    "--coalesce-locals",
    "--reorder-locals",
    "--strip-debug",
  );
}

/** Runs wasm-opt on a file, in place. */
function run(file, ...passes) {
  const features = FEATURES.map((name) => `--enable-${name}`);
  const args = ["node_modules/binaryen/bin/wasm-opt", file, "-g", "-o", file, ...features];
  execFileSync(process.execPath, [...args, ...passes], { stdio: "inherit" });
}

/** Optimises `POLYNOMIALS` at level 4, in place. */
function polish(file) {
  const module = binaryen.readBinary(readFileSync(file));
  module.setFeatures(binaryen.Features.All);
  binaryen.setOptimizeLevel(4);
  binaryen.setShrinkLevel(0);
  binaryen.setDebugInfo(true); // or the names are gone
  for (let i = 0; i < module.getNumFunctions(); i++) {
    const { name } = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
    if (POLYNOMIALS.test(name)) module.optimizeFunction(name);
  }
  writeFileSync(file, module.emitBinary());
  binaryen.setDebugInfo(false);
  module.dispose();
}
