/**
 * jax-js on its WebAssembly device: everything but the eager add goes through `jit`. Its models are
 * jax-models.ts.
 */
import { defaultDevice, init, jit, lax, nn, numpy as np } from "@jax-js/jax";
import type { Contestant, Job } from "../contestant.js";
import { type Conv, LAYER_NORM_EPS } from "../tasks.js";
import { layerNorm, modelJob, toArray } from "./jax-models.js";

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

function rmsNorm(x: np.Array, w: np.Array): np.Array {
  const mean = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.div(np.sqrt(mean.add(LAYER_NORM_EPS))).mul(w);
}

function eagerAdd([a, b]: np.Array[]): Job {
  return {
    // Cheaper than reading the value (`dataSync`), which copies.
    async run() {
      (await np.add(a!.ref, b!.ref).blockUntilReady()).dispose();
    },
    check: () => np.add(a!.ref, b!.ref).dataSync(),
  };
}

function conv({ padding, groups, relu }: Conv, args: np.Array[]): Job {
  const pads: [number, number][] = [
    [padding, padding],
    [padding, padding],
  ];
  const options = { featureGroupCount: groups };
  return op((x, w) => {
    const y = lax.convGeneralDilated(x!, w!, [1, 1], pads, options);
    return relu ? nn.relu(y) : y;
  }, args);
}

const flip = (x: np.Array): np.Array => np.swapaxes(x, -2, -1);

const unary = {
  exp: np.exp,
  tanh: np.tanh,
  gelu: (x: np.Array) => nn.gelu(x),
  sigmoid: nn.sigmoid,
  relu: nn.relu,
};

const contestant: Contestant = {
  async start() {
    await init("wasm");
    defaultDevice("wasm");
  },
  prepare(task, inputs) {
    if ("mode" in task) return modelJob(task, inputs);
    const args = inputs.operands.map(toArray);
    switch (task.kind) {
      case "eagerAdd":
        if (task.recorded) throw new Error("records ops only inside of a gradient function");
        return eagerAdd(args);
      case "matmul": {
        const { transposed } = task;
        const left = transposed === "a" ? flip : (x: np.Array) => x;
        const right = transposed === "b" ? flip : (x: np.Array) => x;
        return op((a, b) => np.matmul(left(a!), right(b!)), args);
      }
      case "conv2d":
        return conv(task, args);
      case "unary":
        return op((x) => unary[task.fn](x!), args);
      case "binary":
        return op((a, b) => (task.fn === "mul" ? a!.mul(b!) : a!.add(b!)), args);
      case "chain":
        return op((a, b) => np.square(a!.ref.sub(b!.ref).mul(b!).add(a!)), args);
      case "standardise":
        return op((x, m, s, w, b) => x!.sub(m!).mul(s!).mul(w!).add(b!), args);
      case "rows":
        return task.fn === "softmax"
          ? op((x) => nn.softmax(x!, 1), args.slice(0, 1))
          : op((x, w, b) => layerNorm(x!, w!, b!), args);
      case "norm":
        return task.fn === "residual"
          ? op((x, y, w, b) => layerNorm(x!.add(y!), w!, b!), args)
          : op((x, w) => rmsNorm(x!, w!), [args[0]!, args[2]!]);
      case "sum":
        return op((x) => np.sum(x!, task.dim ?? undefined), args);
    }
  },
};

export default contestant;
