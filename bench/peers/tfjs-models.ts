/**
 * The models in TensorFlow.js: NHWC, Linear weights [in, out], its fused matmul + bias + relu where
 * it has one, and its own Adam. What its WebAssembly backend lacks (gelu, layerNorm, the gradient of
 * a lookup) is composed from its ops.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Job } from "../contestant.js";
import type { Floats, Inputs } from "../inputs.js";
import {
  ADAM,
  CHECKED_STEPS,
  CLASSES,
  type Gpt,
  LAYER_NORM_EPS,
  LEARNING_RATE,
  type Model,
  type Task,
} from "../tasks.js";

export const toTensor = ({ data, shape }: Floats): tf.Tensor => tf.tensor(data, [...shape]);

interface Setup {
  readonly forward: () => tf.Tensor;
  readonly loss: (output: tf.Tensor) => tf.Scalar;
  readonly steps: number;
}

function job({ forward, loss, steps }: Setup, mode: Model["mode"]): Job {
  if (mode === "forward") {
    return {
      run: () => tf.dispose(tf.tidy(forward)),
      check: () => tf.tidy(() => forward().dataSync<"float32">()),
    };
  }
  const optimizer = tf.train.adam(LEARNING_RATE, ADAM.beta1, ADAM.beta2, ADAM.eps);
  const value = (): tf.Scalar => loss(forward());
  const step = (): number => tf.tidy(() => optimizer.minimize(value, true)!.dataSync()[0]!);
  return {
    run: () => optimizer.minimize(value),
    check: () => Array.from({ length: steps }, step),
  };
}

const crossEntropy = (logits: tf.Tensor, oneHot: tf.Tensor): tf.Scalar =>
  tf.losses.softmaxCrossEntropy(oneHot, logits) as tf.Scalar;

const oneHotOf = (classes: Int32Array, depth: number): tf.Tensor =>
  tf.cast(tf.oneHot(tf.tensor1d(classes, "int32"), depth), "float32");

interface Weights {
  readonly weight: tf.Variable;
  readonly bias: tf.Variable;
}

/** Of a Linear, turned to [in, out], or of a convolution, turned to HWIO. */
function toWeights(weight: Floats, bias: Floats): Weights {
  const order = weight.shape.length === 4 ? [2, 3, 1, 0] : [1, 0];
  return {
    weight: tf.variable(tf.transpose(toTensor(weight), order)),
    bias: tf.variable(toTensor(bias)),
  };
}

const toLayers = ({ layers }: Inputs): Weights[] =>
  layers.map(({ weight, bias }) => toWeights(weight, bias));

function mlp(task: Task & { kind: "mlp" }, inputs: Inputs): Setup {
  const [x, target] = inputs.operands.map(toTensor) as [tf.Tensor2D, tf.Tensor2D];
  const oneHot = oneHotOf(inputs.classes, CLASSES);
  const layers = toLayers(inputs);
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
  return {
    forward,
    loss: (y) =>
      task.loss === "mse"
        ? (tf.losses.meanSquaredError(target, y) as tf.Scalar)
        : crossEntropy(y, oneHot),
    steps: CHECKED_STEPS.mlp,
  };
}

function lenet(inputs: Inputs): Setup {
  const x = tf.transpose(toTensor(inputs.operands[0]!) as tf.Tensor4D, [0, 2, 3, 1]);
  const oneHot = oneHotOf(inputs.classes, CLASSES);
  const [c1, c2, fc] = toLayers(inputs) as [Weights, Weights, Weights];
  const block = (h: tf.Tensor4D, { weight, bias }: Weights): tf.Tensor4D => {
    const filter = weight as tf.Tensor as tf.Tensor4D;
    const y = tf.fused.conv2d({ x: h, filter, bias, strides: 1, pad: "same", activation: "relu" });
    return tf.maxPool(y, 2, 2, "valid");
  };
  return {
    forward: () => {
      const h = tf.transpose(block(block(x, c1), c2), [0, 3, 1, 2]);
      const flat = tf.reshape(h, [x.shape[0], -1]);
      return tf.add(tf.matMul(flat, fc.weight), fc.bias);
    },
    loss: (y) => crossEntropy(y, oneHot),
    steps: CHECKED_STEPS.lenet,
  };
}

/** The input's share of all gates as one product; a step adds the hidden state's. */
function lstm(task: Task & { kind: "lstm" }, inputs: Inputs): Setup {
  const { steps, batch, hidden } = task;
  const x = tf.reshape(toTensor(inputs.operands[0]!), [steps * batch, task.inputs]);
  const oneHot = oneHotOf(inputs.classes, CLASSES);
  const of = (name: string): Floats => inputs.weights[`lstm.${name}`]!;
  const ih = toWeights(of("weight_ih_l0"), of("bias_ih_l0"));
  const hh = toWeights(of("weight_hh_l0"), of("bias_hh_l0"));
  const [fc] = toLayers(inputs) as [Weights];
  const forward = (): tf.Tensor => {
    const all = tf.add(tf.add(tf.matMul(x, ih.weight), ih.bias), hh.bias);
    const shares = tf.unstack(tf.reshape(all, [steps, batch, 4 * hidden]));
    let h: tf.Tensor = tf.zeros([batch, hidden]);
    let c: tf.Tensor = tf.zeros([batch, hidden]);
    for (const share of shares) {
      const gates = tf.add(share, tf.matMul(h, hh.weight));
      const [i, f, g, o] = tf.split(gates, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    }
    return tf.add(tf.matMul(h, fc.weight), fc.bias);
  };
  return { forward, loss: (y) => crossEntropy(y, oneHot), steps: CHECKED_STEPS.lstm };
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);

/** Its tanh form, composed: tfjs-core has no op for it. */
export function gelu(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), GELU_SCALE);
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

/** Over the last dim, composed: tfjs-core has no op for it. */
export function layerNorm(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const unit = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, LAYER_NORM_EPS)));
  return tf.add(tf.mul(unit, w), b);
}

/** Causal attention over q, k and v of [batch, heads, tokens, width / heads]. */
function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape.at(-1)!));
  return tf.matMul(tf.softmax(tf.add(scores, mask)), v);
}

/** -1e9 where a token would see a later one. */
function causalMask(tokens: number): tf.Tensor {
  const rows = Array.from({ length: tokens }, (_, i) =>
    Array.from({ length: tokens }, (_, j) => (j > i ? -1e9 : 0)),
  );
  return tf.tensor2d(rows);
}

/** A decoder's weights, as variables. */
function gptWeights({ depth }: Gpt, { weights }: Inputs) {
  const plain = (name: string): tf.Variable => tf.variable(toTensor(weights[name]!));
  const layer = (name: string): Weights =>
    toWeights(weights[`${name}.weight`]!, weights[`${name}.bias`]!);
  const norm = (name: string): Weights => {
    return { weight: plain(`${name}.weight`), bias: plain(`${name}.bias`) };
  };
  return {
    blocks: Array.from({ length: depth }, (_, i) => ({
      norm1: norm(`h.${i}.norm1`),
      attend: layer(`h.${i}.attend`),
      project: layer(`h.${i}.project`),
      norm2: norm(`h.${i}.norm2`),
      widen: layer(`h.${i}.widen`),
      narrow: layer(`h.${i}.narrow`),
    })),
    table: plain("words.weight"),
    places: plain("places.weight"),
    last: norm("norm"),
    head: tf.variable(tf.transpose(toTensor(weights["head.weight"]!))),
  };
}

function gpt(task: Gpt, inputs: Inputs): Setup {
  const { batch, tokens, width, heads, words } = task;
  const count = batch * tokens;
  const { blocks, table, places, last, head } = gptWeights(task, inputs);
  // The backend has no gradient of a lookup: a product with one-hot rows is the same, and cheap here.
  const rows = oneHotOf(inputs.tokens, words);
  const next = oneHotOf(inputs.classes, words);
  const mask = causalMask(tokens);

  const linear = (x: tf.Tensor, { weight, bias }: Weights): tf.Tensor =>
    tf.fused.matMul({ a: x, b: weight, bias });
  const mix = (x: tf.Tensor, { attend, project }: (typeof blocks)[number]): tf.Tensor => {
    const parts = tf.split(linear(x, attend), 3, 1);
    const [q, k, v] = parts.map((part) =>
      tf.transpose(tf.reshape(part, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]),
    ) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const mixed = tf.transpose(attention(q, k, v, mask), [0, 2, 1, 3]);
    return linear(tf.reshape(mixed, [count, width]), project);
  };
  const forward = (): tf.Tensor => {
    const looked = tf.reshape(tf.matMul(rows, table), [batch, tokens, width]);
    let x = tf.reshape(tf.add(looked, places), [count, width]);
    for (const block of blocks) {
      x = tf.add(x, mix(layerNorm(x, block.norm1.weight, block.norm1.bias), block));
      const wide = linear(layerNorm(x, block.norm2.weight, block.norm2.bias), block.widen);
      x = tf.add(x, linear(gelu(wide), block.narrow));
    }
    return tf.matMul(layerNorm(x, last.weight, last.bias), head);
  };
  return { forward, loss: (y) => crossEntropy(y, next), steps: CHECKED_STEPS.gpt };
}

/** The job of a task that is about a model. */
export function modelJob(task: Extract<Task, { mode: string }>, inputs: Inputs): Job {
  switch (task.kind) {
    case "mlp":
      return job(mlp(task, inputs), task.mode);
    case "lenet":
      return job(lenet(inputs), task.mode);
    case "lstm":
      return job(lstm(task, inputs), task.mode);
    case "gpt":
      return job(gpt(task, inputs), task.mode);
  }
}
