/**
 * jax-js on its WebAssembly device: everything but the eager add goes through `jit`, training steps
 * as one jitted function of the whole state, with Adam written out. Ownership: passing an array
 * consumes it, `.ref` keeps it; results are waited for, as jax-js is lazy.
 */
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
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

type Params = { weight: np.Array; bias: np.Array }[];
type State = { params: Params; m: Params; v: Params; beta1: np.Array; beta2: np.Array };

const toArray = ({ data, shape }: Floats): np.Array =>
  np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] });

/** A job that runs a jitted op; `fn` consumes its arguments. */
function op(fn: (...args: np.Array[]) => np.Array, args: np.Array[]): Job {
  const jitted = jit(fn);
  const compute = (): np.Array => jitted(...args.map((x) => x.ref));
  return {
    async run() {
      (await compute().blockUntilReady()).dispose();
    },
    check: () => compute().data() as Promise<Float32Array>,
  };
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

/** Trains `loss(params, x, target)`, which consumes its arguments. */
function training(
  loss: (params: Params, x: np.Array, target: np.Array) => np.Array,
  params: Params,
  x: np.Array,
  target: np.Array,
  steps: number,
): Job {
  const zeros = (): Params =>
    tree.map((p: np.Array) => np.zerosLike(p), tree.ref(params)) as Params;
  let state: State = { params, m: zeros(), v: zeros(), beta1: np.array(1), beta2: np.array(1) };
  const jitted = jit((state: State, x: np.Array, target: np.Array): [np.Array, State] => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(state.params), x, target);
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

function crossEntropy(logits: np.Array, oneHot: np.Array): np.Array {
  const batch = logits.shape[0]!;
  return np.sum(nn.logSoftmax(logits, 1).mul(oneHot)).mul(-1 / batch);
}

const toParams = (inputs: Inputs): Params =>
  inputs.layers.map(({ weight, bias }) => ({
    weight: weight.shape.length === 2 ? np.transpose(toArray(weight)) : toArray(weight),
    bias: toArray(bias),
  }));

const toOneHot = (classes: Int32Array): np.Array =>
  nn.oneHot(np.array(classes as Int32Array<ArrayBuffer>), 10);

function mlp(task: Task & { kind: "mlp" }, inputs: Inputs): Job {
  const [x, y] = inputs.operands.map(toArray) as [np.Array, np.Array];
  const target = task.loss === "mse" ? y : toOneHot(inputs.classes);
  const loss = (params: Params, x: np.Array, target: np.Array): np.Array => {
    const out = params.reduce((h, { weight, bias }, i) => {
      const z = np.matmul(h, weight).add(bias);
      return i < params.length - 1 ? nn.relu(z) : z;
    }, x);
    return task.loss === "mse" ? np.mean(np.square(out.sub(target))) : crossEntropy(out, target);
  };
  return training(loss, toParams(inputs), x, target, CHECKED_STEPS.mlp);
}

/** [N,C,H,W] -> [N,C,H/2,W/2], the maximum of each 2 x 2 window. */
function maxPool2(x: np.Array): np.Array {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return np.max(x.reshape([n, c, h / 2, 2, w / 2, 2]), [3, 5]);
}

function lenet(inputs: Inputs): Job {
  const same: [number, number][] = [
    [2, 2],
    [2, 2],
  ];
  const loss = ([c1, c2, fc]: Params, x: np.Array, target: np.Array): np.Array => {
    const block = (h: np.Array, { weight, bias }: Params[number]): np.Array => {
      const y = lax.convGeneralDilated(h, weight, [1, 1], same);
      return maxPool2(nn.relu(y.add(bias.reshape([1, -1, 1, 1]))));
    };
    const h = block(block(x, c1!), c2!);
    const flat = h.reshape([h.shape[0]!, 64 * 7 * 7]);
    return crossEntropy(np.matmul(flat, fc!.weight).add(fc!.bias), target);
  };
  const x = toArray(inputs.operands[0]!);
  return training(loss, toParams(inputs), x, toOneHot(inputs.classes), CHECKED_STEPS.lenet);
}

function layerNorm(x: np.Array, w: np.Array, b: np.Array): np.Array {
  return nn.standardize(x, 1, { epsilon: LAYER_NORM_EPS }).mul(w).add(b);
}

const unary = { exp: np.exp, tanh: np.tanh, gelu: (x: np.Array) => nn.gelu(x) };

const contestant: Contestant = {
  async start() {
    await init("wasm");
    defaultDevice("wasm");
  },
  prepare(task, inputs) {
    if (task.kind === "mlp") return mlp(task, inputs);
    if (task.kind === "lenet") return lenet(inputs);
    const args = inputs.operands.map(toArray);
    switch (task.kind) {
      case "add": {
        const [a, b] = args as [np.Array, np.Array];
        return {
          // Cheaper than reading the value (`dataSync`), which copies.
          async run() {
            (await np.add(a.ref, b.ref).blockUntilReady()).dispose();
          },
          check: () => np.add(a.ref, b.ref).dataSync(),
        };
      }
      case "matmul": {
        const flip = (x: np.Array): np.Array => np.swapaxes(x, -2, -1);
        const { transposed } = task;
        return op(
          (a, b) =>
            np.matmul(transposed === "a" ? flip(a!) : a!, transposed === "b" ? flip(b!) : b!),
          args,
        );
      }
      case "conv2d": {
        const pads: [number, number][] = [
          [task.padding, task.padding],
          [task.padding, task.padding],
        ];
        return op((x, w) => lax.convGeneralDilated(x!, w!, [1, 1], pads), args);
      }
      case "unary":
        return op((x) => unary[task.fn](x!), args);
      case "rows":
        return task.fn === "softmax"
          ? op((x) => nn.softmax(x!, 1), args.slice(0, 1))
          : op((x, w, b) => layerNorm(x!, w!, b!), args);
      case "sum":
        return op((x) => np.sum(x!, task.dim ?? undefined), args);
    }
  },
};

export default contestant;
