/** The peers as entrants: what can be said about them without loading them. */
import { fileURLToPath } from "node:url";
import type { Entrant } from "../contestant.js";

export const folder = fileURLToPath(new URL(".", import.meta.url));

const TFJS_WASM = "@tensorflow/tfjs-backend-wasm";

export const peers: readonly Entrant[] = [
  {
    name: "tfjs-wasm",
    module: new URL("./tfjs.ts", import.meta.url).href,
    cwd: folder,
    packages: [TFJS_WASM, "@tensorflow/tfjs-core"],
    firstResult: `
      import * as tf from "@tensorflow/tfjs-core";
      import { setThreadsCount } from "${TFJS_WASM}";
      setThreadsCount(1);
      await tf.setBackend("wasm");
      globalThis.result = tf.add(tf.tensor([1, 2, 3]), 1).dataSync();`,
    pageEntry: `export * from "@tensorflow/tfjs-core"; export * from "${TFJS_WASM}";`,
    // Emscripten fetches one of three builds; this is the one for a page with SIMD, unthreaded.
    pageFiles: [`node_modules/${TFJS_WASM}/dist/tfjs-backend-wasm-simd.wasm`],
  },
  {
    name: "jax-js",
    module: new URL("./jax.ts", import.meta.url).href,
    cwd: folder,
    packages: ["@jax-js/jax"],
    firstResult: `
      import { defaultDevice, init, numpy as np } from "@jax-js/jax";
      await init("wasm");
      defaultDevice("wasm");
      globalThis.result = np.array([1, 2, 3]).add(1).dataSync();`,
    pageEntry: `export * from "@jax-js/jax";`,
    pageFiles: [],
  },
];
