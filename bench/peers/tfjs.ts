/**
 * TensorFlow.js with its WebAssembly backend: one thread, SIMD, its own layouts (NHWC, HWIO). Its
 * models are tfjs-models.ts.
 */
import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import type { Contestant, Job } from "../contestant.js";
import { type Conv, LAYER_NORM_EPS } from "../tasks.js";
import { gelu, layerNorm, modelJob, toTensor } from "./tfjs-models.js";

/** A job that runs one op and disposes of its result; `answer` puts it into PyTorch's layout. */
function op(compute: () => tf.Tensor, answer = (y: tf.Tensor): tf.Tensor => y): Job {
  return {
    run: () => tf.dispose(tf.tidy(compute)),
    check: () => tf.tidy(() => answer(compute()).dataSync<"float32">()),
  };
}

function conv(task: Conv, a: tf.Tensor, b: tf.Tensor): Job {
  const { groups, padding: pad, relu } = task;
  const isDepthwise = groups > 1 && groups === task.x[1] && groups === task.outChannels;
  if (groups > 1 && !isDepthwise) throw new Error("groups are not supported but for depthwise");
  const x = tf.transpose(a as tf.Tensor4D, [0, 2, 3, 1]);
  const w = tf.transpose(b as tf.Tensor4D, isDepthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]);
  // The backend pads by number in tf.conv2d, but not in its depthwise convolution.
  const fused = { x, filter: w, strides: 1, activation: "relu" } as const;
  const run = isDepthwise
    ? () =>
        relu
          ? tf.fused.depthwiseConv2d({ ...fused, pad: "same" })
          : tf.depthwiseConv2d(x, w, 1, "same")
    : () => (relu ? tf.fused.conv2d({ ...fused, pad }) : tf.conv2d(x, w, 1, pad));
  return op(run, (y) => tf.transpose(y, [0, 3, 1, 2]));
}

const unary = { exp: tf.exp, tanh: tf.tanh, gelu, sigmoid: tf.sigmoid, relu: tf.relu };

function rmsNorm(x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  const mean = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(mean, LAYER_NORM_EPS))), w);
}

type Operands = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];

const contestant: Contestant = {
  async start() {
    // tfjs-core comes without gradients; its module of them is written for bundlers (extensionless
    // ESM in a CommonJS package), which tsx's require reads. The registry they go to is global.
    createRequire(import.meta.url)("@tensorflow/tfjs-core/dist/register_all_gradients");
    setThreadsCount(1);
    await tf.setBackend("wasm");
    await tf.ready();
    if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) throw new Error("no SIMD");
  },
  prepare(task, inputs) {
    if ("mode" in task) return modelJob(task, inputs);
    const [a, b, c, d, e] = inputs.operands.map(toTensor) as Operands;
    switch (task.kind) {
      case "eagerAdd":
        if (task.recorded) throw new Error("records ops only inside of a gradient function");
        return { run: () => tf.add(a, b).dispose(), check: () => tf.add(a, b).dataSync() };
      case "matmul":
        return op(() => tf.matMul(a, b, task.transposed === "a", task.transposed === "b"));
      case "conv2d":
        return conv(task, a, b);
      case "unary":
        return op(() => unary[task.fn](a));
      case "binary":
        return op(() => (task.fn === "mul" ? tf.mul : tf.add)(a, b));
      case "chain":
        return op(() => tf.square(tf.add(tf.mul(tf.sub(a, b), b), a)));
      case "standardise":
        return op(() => tf.add(tf.mul(tf.mul(tf.sub(a, b), c), d), e));
      case "rows":
        return op(() => (task.fn === "softmax" ? tf.softmax(a, 1) : layerNorm(a, b, c)));
      case "norm":
        return op(() => (task.fn === "rms" ? rmsNorm(a, c) : layerNorm(tf.add(a, b), c, d)));
      case "sum":
        return op(() => tf.sum(a, task.dim ?? undefined));
    }
  },
};

export default contestant;
