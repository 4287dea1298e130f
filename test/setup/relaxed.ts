// Set-up of the "relaxed" project: Node 20 has relaxed SIMD, but only on request.
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

const bytes = readFileSync(new URL("../../build/kernels.relaxed.wasm", import.meta.url));
if (!WebAssembly.validate(bytes)) setFlagsFromString("--experimental-wasm-relaxed-simd");
if (!WebAssembly.validate(bytes)) throw new Error("this Node has no relaxed SIMD");
