/**
 * TensorFlow.js with its WebAssembly backend: one thread, SIMD, its own layouts (NHWC, HWIO,
 * Linear weight [in, out]), its fused matmul + bias + relu where it has one, and its own Adam.
 * What it lacks (gelu, layerNorm) is composed from its ops.
 */
import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import type { Contestant, Job } from "../contestant.js";
import {
  ADAM,
  CHECKED_STEPS,
  type Floats,
  type Inputs,
  LAYER_NORM_EPS,
  LEARNING_RATE,
  type Task,
} from "../tasks.js";

const toTensor = ({ data, shape }: Floats): tf.Tensor => tf.tensor(data, [...shape]);

/** A job that runs one op and disposes of its result; `answer` puts it into PyTorch's layout. */
function op(compute: () => tf.Tensor, answer = (y: tf.Tensor): tf.Tensor => y): Job {
  return {
    run: () => tf.dispose(tf.tidy(compute)),
    check: () => tf.tidy(() => answer(compute()).dataSync<"float32">()),
  };
}

function training(loss: () => tf.Scalar, steps: number): Job {
  const optimizer = tf.train.adam(LEARNING_RATE, ADAM.beta1, ADAM.beta2, ADAM.eps);
  const step = (): number => tf.tidy(() => optimizer.minimize(loss, true)!.dataSync()[0]!);
  return {
    run: () => optimizer.minimize(loss),
    check: () => Array.from({ length: steps }, step),
  };
}

const crossEntropy = (logits: tf.Tensor, oneHot: tf.Tensor): tf.Scalar =>
  tf.losses.softmaxCrossEntropy(oneHot, logits) as tf.Scalar;

function mlp(task: Task & { kind: "mlp" }, inputs: Inputs): Job {
  const [x, target] = inputs.operands.map(toTensor) as [tf.Tensor2D, tf.Tensor2D];
  const oneHot = tf.oneHot(tf.tensor1d(inputs.classes, "int32"), 10);
  const layers = inputs.layers.map(({ weight, bias }) => ({
    weight: tf.variable(tf.transpose(toTensor(weight) as tf.Tensor2D)),
    bias: tf.variable(toTensor(bias)),
  }));
  const forward = (): tf.Tensor =>
    layers.reduce<tf.Tensor>(
      (h, { weight, bias }, i) =>
        tf.fused.matMul({
          a: h,
          b: weight,
          bias,
          activation: i < layers.length - 1 ? "relu" : "linear",
        }),
      x,
    );
  const loss = (): tf.Scalar =>
    task.loss === "mse"
      ? (tf.losses.meanSquaredError(target, forward()) as tf.Scalar)
      : crossEntropy(forward(), oneHot);
  return training(loss, CHECKED_STEPS.mlp);
}

function lenet(inputs: Inputs): Job {
  const x = tf.transpose(toTensor(inputs.operands[0]!) as tf.Tensor4D, [0, 2, 3, 1]);
  const oneHot = tf.oneHot(tf.tensor1d(inputs.classes, "int32"), 10);
  const [c1, c2, fc] = inputs.layers.map(({ weight, bias }) => {
    const w = toTensor(weight);
    const order = w.rank === 4 ? [2, 3, 1, 0] : [1, 0];
    return { weight: tf.variable(tf.transpose(w, order)), bias: tf.variable(toTensor(bias)) };
  });
  type Block = { weight: tf.Variable; bias: tf.Variable };
  const block = (h: tf.Tensor4D, { weight, bias }: Block): tf.Tensor4D => {
    const y = tf.add(tf.conv2d(h, weight as tf.Tensor as tf.Tensor4D, 1, "same"), bias);
    return tf.maxPool(tf.relu(y) as tf.Tensor4D, 2, 2, "valid");
  };
  return training(() => {
    const h = tf.transpose(block(block(x, c1!), c2!), [0, 3, 1, 2]);
    const flat = tf.reshape(h, [x.shape[0], -1]);
    return crossEntropy(tf.add(tf.matMul(flat, fc!.weight), fc!.bias), oneHot);
  }, CHECKED_STEPS.lenet);
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);

const unary = {
  exp: (x: tf.Tensor) => tf.exp(x),
  tanh: (x: tf.Tensor) => tf.tanh(x),
  gelu: (x: tf.Tensor) => {
    const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), GELU_SCALE);
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  },
};

function layerNorm(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, 1, true);
  const unit = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, LAYER_NORM_EPS)));
  return tf.add(tf.mul(unit, w), b);
}

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
    if (task.kind === "mlp") return mlp(task, inputs);
    if (task.kind === "lenet") return lenet(inputs);
    const [a, b, c] = inputs.operands.map(toTensor) as [tf.Tensor, tf.Tensor, tf.Tensor];
    switch (task.kind) {
      case "add":
        return { run: () => tf.add(a, b).dispose(), check: () => tf.add(a, b).dataSync() };
      case "matmul":
        return op(() => tf.matMul(a, b, task.transposed === "a", task.transposed === "b"));
      case "conv2d": {
        const x = tf.transpose(a as tf.Tensor4D, [0, 2, 3, 1]);
        const w = tf.transpose(b as tf.Tensor4D, [2, 3, 1, 0]);
        return op(
          () => tf.conv2d(x, w, 1, task.padding),
          (y) => tf.transpose(y, [0, 3, 1, 2]),
        );
      }
      case "unary":
        return op(() => unary[task.fn](a));
      case "rows":
        return op(() => (task.fn === "softmax" ? tf.softmax(a, 1) : layerNorm(a, b, c)));
      case "sum":
        return op(() => tf.sum(a, task.dim ?? undefined));
    }
  },
};

export default contestant;
