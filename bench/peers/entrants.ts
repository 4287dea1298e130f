/** The peers as entrants: what can be said about them without loading them. */
import { fileURLToPath } from "node:url";
import type { Entrant } from "../contestant.js";
import { model } from "./onnx.js";

export const folder = fileURLToPath(new URL(".", import.meta.url));

const TFJS_WASM = "@tensorflow/tfjs-backend-wasm";
// Emscripten fetches one of three builds; this is the one for a page with SIMD, unthreaded.
const TFJS_KERNELS = `node_modules/${TFJS_WASM}/dist/tfjs-backend-wasm-simd.wasm`;
// The one build for processors: it runs with one thread, too.
const ORT_KERNELS = "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm";

/** [3] + [1], as base64. */
function smallestModel(): string {
  const bytes = model({
    inputs: [
      { name: "a", shape: [3] },
      { name: "b", shape: [1] },
    ],
    outputs: [{ name: "y", shape: [3] }],
    nodes: [{ op: "Add", inputs: ["a", "b"], outputs: ["y"] }],
    weights: {},
  });
  return Buffer.from(bytes).toString("base64");
}

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
    pageFiles: [TFJS_KERNELS],
    kernels: TFJS_KERNELS,
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
  {
    name: "ort-web",
    module: new URL("./ort.ts", import.meta.url).href,
    cwd: folder,
    packages: ["onnxruntime-web"],
    firstResult: `
      import { env, InferenceSession, Tensor } from "onnxruntime-web";
      env.wasm.numThreads = 1;
      const session = await InferenceSession.create(Buffer.from("${smallestModel()}", "base64"));
      const a = new Tensor("float32", Float32Array.of(1, 2, 3), [3]);
      const b = new Tensor("float32", Float32Array.of(1), [1]);
      globalThis.result = (await session.run({ a, b })).y.data;`,
    pageEntry: `export * from "onnxruntime-web/wasm";`,
    pageFiles: [ORT_KERNELS],
    kernels: ORT_KERNELS,
  },
];
