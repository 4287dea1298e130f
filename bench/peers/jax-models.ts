/**
 * The models in jax-js: a training step is one jitted function of the whole state, with Adam written
 * out. Ownership: passing an array consumes it, `.ref` keeps it; results are waited for, as jax-js
 * is lazy.
 */
import { blockUntilReady, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import type { Job } from "../contestant.js";
import type { Floats, Inputs } from "../inputs.js";
import {
  ADAM,
  CHECKED_STEPS,
  CLASSES,
  type Gpt,
  LAYER_NORM_EPS,
  LEARNING_RATE,
  type Task,
} from "../tasks.js";

/** Weights by name: a tree that jax-js maps over. */
type Params = Record<string, np.Array>;
type State = { params: Params; m: Params; v: Params; beta1: np.Array; beta2: np.Array };

export const toArray = ({ data, shape }: Floats): np.Array =>
  np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] });

/** `forward` and `loss` consume their arguments. */
interface Setup {
  readonly params: Params;
  readonly x: np.Array;
  readonly target: np.Array;
  readonly forward: (params: Params, x: np.Array) => np.Array;
  readonly loss: (output: np.Array, target: np.Array) => np.Array;
  readonly steps: number;
}

/** torch's Adam: p -= lr * m^ / (sqrt(v^) + eps); beta1 and beta2 carry the powers of the betas. */
function adam({ params, m, v, beta1, beta2 }: State, grads: Params): State {
  const b1 = beta1.mul(ADAM.beta1);
  const b2 = beta2.mul(ADAM.beta2);
  const m2 = tree.map(
    (m: np.Array, g: np.Array) => m.mul(ADAM.beta1).add(g.mul(1 - ADAM.beta1)),
    m,
    tree.ref(grads),
  ) as Params;
  const v2 = tree.map(
    (v: np.Array, g: np.Array) => v.mul(ADAM.beta2).add(np.square(g).mul(1 - ADAM.beta2)),
    v,
    grads,
  ) as Params;
  const rate = np.trueDivide(LEARNING_RATE, np.subtract(1, b1.ref));
  const scale = np.reciprocal(np.sqrt(np.subtract(1, b2.ref)));
  const next = tree.map(
    (p: np.Array, m: np.Array, v: np.Array) =>
      p.sub(m.mul(rate.ref).div(np.sqrt(v).mul(scale.ref).add(ADAM.eps))),
    params,
    tree.ref(m2),
    tree.ref(v2),
  ) as Params;
  rate.dispose();
  scale.dispose();
  return { params: next, m: m2, v: v2, beta1: b1, beta2: b2 };
}

function training({ params, x, target, forward, loss, steps }: Setup): Job {
  const zeros = (): Params =>
    tree.map((p: np.Array) => np.zerosLike(p), tree.ref(params)) as Params;
  let state: State = { params, m: zeros(), v: zeros(), beta1: np.array(1), beta2: np.array(1) };
  const whole = (params: Params, x: np.Array, target: np.Array): np.Array =>
    loss(forward(params, x), target);
  const jitted = jit((state: State, x: np.Array, target: np.Array): [np.Array, State] => {
    const [value, grads] = valueAndGrad(whole)(tree.ref(state.params), x, target);
    return [value, adam(state, grads as Params)];
  });
  const step = async (): Promise<np.Array> => {
    const [value, next] = jitted(state, x.ref, target.ref);
    state = next;
    await blockUntilReady(state);
    return value;
  };
  return {
    async run() {
      (await step()).dispose();
    },
    async check() {
      const losses: number[] = [];
      for (let i = 0; i < steps; i++) losses.push((await step()).item());
      return losses;
    },
  };
}

function inference({ params, x, forward }: Setup): Job {
  const jitted = jit(forward);
  const compute = (): np.Array => jitted(tree.ref(params), x.ref);
  return {
    async run() {
      (await compute().blockUntilReady()).dispose();
    },
    check: () => compute().data() as Promise<Float32Array>,
  };
}

function crossEntropy(logits: np.Array, oneHot: np.Array): np.Array {
  const batch = logits.shape[0]!;
  return np.sum(nn.logSoftmax(logits, 1).mul(oneHot)).mul(-1 / batch);
}

const oneHotOf = (classes: Int32Array, depth: number): np.Array =>
  nn.oneHot(np.array(classes as Int32Array<ArrayBuffer>), depth);

/** Linear weights are kept as [in, out]. */
function toWeights(values: Inputs["weights"]): Params {
  const turned = Object.entries(values).map(([name, floats]) => {
    const isLinear = floats.shape.length === 2 && !/^(words|places)\./.test(name);
    return [name, isLinear ? np.transpose(toArray(floats)) : toArray(floats)] as const;
  });
  return Object.fromEntries(turned);
}

const toLayers = ({ layers }: Inputs): Params =>
  toWeights(
    Object.fromEntries(
      layers.flatMap(({ weight, bias }, i) => [
        [`${i}.weight`, weight],
        [`${i}.bias`, bias],
      ]),
    ),
  );

const linear = (x: np.Array, params: Params, name: string): np.Array =>
  np.matmul(x, params[`${name}.weight`]!).add(params[`${name}.bias`]!);

function mlp(task: Task & { kind: "mlp" }, inputs: Inputs): Setup {
  const [x, y] = inputs.operands.map(toArray) as [np.Array, np.Array];
  const count = inputs.layers.length;
  return {
    params: toLayers(inputs),
    x,
    target: task.loss === "mse" ? y : oneHotOf(inputs.classes, CLASSES),
    forward: (params, x) => {
      let h = x;
      for (let i = 0; i < count; i++) {
        const z = linear(h, params, String(i));
        h = i < count - 1 ? nn.relu(z) : z;
      }
      return h;
    },
    loss: (out, target) =>
      task.loss === "mse" ? np.mean(np.square(out.sub(target))) : crossEntropy(out, target),
    steps: CHECKED_STEPS.mlp,
  };
}

/** [N,C,H,W] -> [N,C,H/2,W/2], the maximum of each 2 x 2 window. */
function maxPool2(x: np.Array): np.Array {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return np.max(x.reshape([n, c, h / 2, 2, w / 2, 2]), [3, 5]);
}

function lenet(inputs: Inputs): Setup {
  const same: [number, number][] = [
    [2, 2],
    [2, 2],
  ];
  const block = (h: np.Array, params: Params, i: number): np.Array => {
    const y = lax.convGeneralDilated(h, params[`${i}.weight`]!, [1, 1], same);
    return maxPool2(nn.relu(y.add(params[`${i}.bias`]!.reshape([1, -1, 1, 1]))));
  };
  return {
    params: toLayers(inputs),
    x: toArray(inputs.operands[0]!),
    target: oneHotOf(inputs.classes, CLASSES),
    forward: (params, x) => {
      const h = block(block(x, params, 0), params, 1);
      return linear(h.reshape([h.shape[0]!, 64 * 7 * 7]), params, "2");
    },
    loss: crossEntropy,
    steps: CHECKED_STEPS.lenet,
  };
}

/** The input's share of all gates as one product; a step adds the hidden state's. jax-js has no scan. */
function lstm(task: Task & { kind: "lstm" }, inputs: Inputs): Setup {
  const { steps, batch, hidden } = task;
  return {
    params: { ...toWeights(inputs.weights), ...toLayers(inputs) },
    x: toArray(inputs.operands[0]!).reshape([steps * batch, task.inputs]),
    target: oneHotOf(inputs.classes, CLASSES),
    forward: (params, x) => {
      const weight = params["lstm.weight_hh_l0"]!;
      const all = np
        .matmul(x, params["lstm.weight_ih_l0"]!)
        .add(params["lstm.bias_ih_l0"]!)
        .add(params["lstm.bias_hh_l0"]!);
      const shares = np.split(all, steps, 0);
      let h = np.zeros([batch, hidden]);
      let c = np.zeros([batch, hidden]);
      for (const share of shares) {
        const gates = share.add(np.matmul(h, weight.ref));
        const [i, f, g, o] = np.split(gates, 4, 1) as [np.Array, np.Array, np.Array, np.Array];
        c = nn
          .sigmoid(f)
          .mul(c)
          .add(nn.sigmoid(i).mul(np.tanh(g)));
        h = nn.sigmoid(o).mul(np.tanh(c.ref));
      }
      c.dispose();
      weight.dispose();
      return linear(h, params, "0");
    },
    loss: crossEntropy,
    steps: CHECKED_STEPS.lstm,
  };
}

/** Over the last dim; jax-js's standardize has no weight and bias. */
export function layerNorm(x: np.Array, w: np.Array, b: np.Array): np.Array {
  return nn.standardize(x, -1, { epsilon: LAYER_NORM_EPS }).mul(w).add(b);
}

/**
 * Causal attention over [batch, heads, tokens, width / heads]. jax-js has its own, written with an
 * einsum that asks for iterator helpers, which Node 20 lacks.
 */
function attention(q: np.Array, k: np.Array, v: np.Array): np.Array {
  const [tokens, width] = q.shape.slice(-2) as [number, number];
  const later = np.subtract(1, np.tri(tokens)).mul(-1e9);
  const scores = np.matmul(q, np.swapaxes(k, -2, -1)).mul(1 / Math.sqrt(width));
  return np.matmul(nn.softmax(scores.add(later), -1), v);
}

function gpt(task: Gpt, inputs: Inputs): Setup {
  const { batch, tokens, width, heads, depth, words } = task;
  const norm = (x: np.Array, params: Params, name: string): np.Array =>
    layerNorm(x, params[`${name}.weight`]!, params[`${name}.bias`]!);
  const apart = (part: np.Array): np.Array =>
    np.swapaxes(part.reshape([batch, tokens, heads, width / heads]), 1, 2);
  const mix = (x: np.Array, params: Params, i: number): np.Array => {
    const split = np.split(linear(x, params, `h.${i}.attend`), 3, 1);
    const [q, k, v] = split.map(apart) as [np.Array, np.Array, np.Array];
    const mixed = np.swapaxes(attention(q, k, v), 1, 2).reshape([batch * tokens, width]);
    return linear(mixed, params, `h.${i}.project`);
  };
  return {
    params: toWeights(inputs.weights),
    // A lookup as a product with one-hot rows: cheap at so few words, and so is its gradient.
    x: oneHotOf(inputs.tokens, words),
    target: oneHotOf(inputs.classes, words),
    forward: (params, x) => {
      const looked = np.matmul(x, params["words.weight"]!).reshape([batch, tokens, width]);
      let h = looked.add(params["places.weight"]!).reshape([batch * tokens, width]);
      for (let i = 0; i < depth; i++) {
        h = h.ref.add(mix(norm(h, params, `h.${i}.norm1`), params, i));
        const wide = linear(norm(h.ref, params, `h.${i}.norm2`), params, `h.${i}.widen`);
        h = h.add(linear(nn.gelu(wide), params, `h.${i}.narrow`));
      }
      return np.matmul(norm(h, params, "norm"), params["head.weight"]!);
    },
    loss: crossEntropy,
    steps: CHECKED_STEPS.gpt,
  };
}

function setup(task: Extract<Task, { mode: string }>, inputs: Inputs): Setup {
  switch (task.kind) {
    case "mlp":
      return mlp(task, inputs);
    case "lenet":
      return lenet(inputs);
    case "lstm":
      return lstm(task, inputs);
    case "gpt":
      return gpt(task, inputs);
  }
}

/** The job of a task that is about a model. */
export const modelJob = (task: Extract<Task, { mode: string }>, inputs: Inputs): Job =>
  task.mode === "forward" ? inference(setup(task, inputs)) : training(setup(task, inputs));
